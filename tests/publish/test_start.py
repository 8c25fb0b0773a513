"""`catdog new` starts a project that both renderers can render, or says why not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from projects import TUTORIAL, names, read, read_notebook, replace, write
from samples import FLAT, write_folder, write_zip

from catdog import cli, settings
from catdog.publish import pages, start
from catdog.publish.chapter import read_chapter
from catdog.publish.dialect import refuse_settings
from catdog.publish.links import check_links
from catdog.publish.project import PublishError, read_project

TITLE = "Bees & ants: who is who?"
ANTS = [name.replace("cats", "ants").replace("dogs", "bees") for name in FLAT]


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("images") / "my pets", ANTS)


@pytest.fixture(scope="module")
def own(pets, tmp_path_factory):
    """A project about forty drawn images."""
    folder = tmp_path_factory.mktemp("started") / "own"
    start.start_project(folder, pets, TITLE)
    return folder


def test_project_has_what_both_renderers_need(own):
    project = read_project(own)
    refuse_settings(project)
    assert project.pages == read_project(TUTORIAL).pages
    assert project.website["title"] == TITLE
    drafts = {
        name: pages.page(read_chapter(project, name)) for name in project.pages
    }
    check_links(project, drafts)
    assert (
        f"<title>{TITLE.replace('&', '&amp;')}</title>" in drafts["index.qmd"]
    )
    # What Quarto looks for, and is not written while it renders.
    html = project.settings
    written = ["default", "assets/fonts.css"]
    themes = [*html["theme"]["light"], *html["theme"]["dark"], *html["css"]]
    files = [*themes, *html["filters"], *project.pre_render, "assets/text.js"]
    assert [
        name
        for name in files
        if name not in written and not (own / name).is_file()
    ] == []


def test_project_has_nothing_that_is_the_tutorials_own(own):
    assert names(own) == [
        ".gitignore", "LICENSE", "_environment", "_quarto.yml", "assets",
        "chapters", "index.qmd",
    ]  # fmt: skip
    kinds = {path.suffix for path in own.rglob("*") if path.is_file()}
    assert not kinds & {".ipynb", ".json", ".npz", ".webp", ".whl"}
    assert "src/catdog" not in read(own / "_quarto.yml")


def test_project_remembers_its_images_unless_others_are_asked_for(
    own, pets, monkeypatch
):
    monkeypatch.chdir(own)
    assert settings.data() == pets
    monkeypatch.setenv("CATDOG_DATA", "drawings")
    assert settings.data() == settings.DRAWINGS
    monkeypatch.setenv("CATDOG_DATA", "")
    assert settings.data() is None


def test_commands_in_the_project_use_its_images(own, pets, monkeypatch, capsys):
    monkeypatch.chdir(own)
    assert cli.main(["data"]) == 0
    assert f"photographs in {pets}" in capsys.readouterr().out
    assert cli.main(["render", "--with", "built-in"]) == 2
    assert "No run of model1, model2" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for npm")
def test_script_before_the_pages_runs_without_a_checkout(own, tmp_path):
    npm = write(tmp_path / "npm", "#!/bin/sh\nexit 1\n")
    npm.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "assets/prepare.py"],
        cwd=own,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    fonts, model = done.stderr.splitlines()
    assert fonts.startswith("The pages use the reader's own fonts: npm cannot")
    assert model.endswith(
        "cats from dogs, and the images here show ants and bees."
    )
    assert (own / "assets/fonts.css").exists()


def test_notebooks_ask_for_the_package_and_their_owner_is_told_how_to_get_it(
    own, tmp_path, monkeypatch, capsys, caplog
):
    project = shutil.copytree(own, tmp_path / "project")
    monkeypatch.chdir(project)
    replace(project / "_quarto.yml", "# repo-url: ", "repo-url: ")
    assert cli.main(["notebooks"]) == 0
    assert capsys.readouterr().out.count(".ipynb") == 15
    (said,) = caplog.messages
    assert (
        "asks for catdog_tutorial-….whl, which this project does not have"
        in said
    )
    assert f"`pip wheel --no-deps {TUTORIAL}`" in said
    # Not from the owner's repository, which has chapters alone.
    cell = read_notebook(project, "01-data.ipynb").cells[1].source
    assert "Choose the file catdog_tutorial-….whl" in cell
    assert "git+" not in cell


def test_command_says_how_to_go_on(pets, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["new", "my ants", "--data", str(pets), "--title", TITLE]
    assert cli.main(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "my ants has a tutorial about ants and bees. Go on with",
        "  cd 'my ants'",
        "  catdog train all",
        "  catdog render",
    ]
    monkeypatch.setenv("CATDOG_DATA", "drawings")
    assert cli.main([*words[:1], "others", *words[2:]]) == 0
    assert "  unset CATDOG_DATA\n  cd others\n" in capsys.readouterr().out


def test_zip_and_empty_folder_are_taken(tmp_path, monkeypatch):
    write_zip(tmp_path / "ants.zip", ANTS)
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    words = ["new", ".", "--data", "../ants.zip", "--title", "A"]
    assert cli.main(words) == 0
    assert settings.data() == tmp_path / "own/../ants.zip"
    assert (tmp_path / "own/index.qmd").exists()
    assert names(tmp_path) == ["ants.zip", "own"]


@pytest.mark.parametrize(
    ("folder", "data", "title", "message"),
    [
        ("full", "pets", "A", "full is there already, and is no empty folder"),
        ("full/a.txt", "pets", "A", "is there already"),
        ("new", "nowhere", "A", "nothing at nowhere: give --data a folder"),
        ("new", "full", "A", "no two folders"),
        ("new", "full/a.txt", "A", "broken archive"),
        ("new", "pets", " ", "The title ' ' is not one line of text"),
        ("new", "pets", "A\nB", r"The title 'A\nB' is not one line of text"),
    ],
)
def test_refusal_is_one_sentence_and_nothing_is_left_behind(
    folder, data, title, message, tmp_path, monkeypatch, capsys
):
    write(tmp_path / "full/a.txt", "x")
    write_folder(tmp_path / "pets", ANTS)
    monkeypatch.chdir(tmp_path)
    words = ["new", folder, "--data", data, "--title", title]
    assert cli.main(words) == 2
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1
    assert output.out == ""
    assert names(tmp_path) == ["full", "pets"]


@given(
    st.text(
        st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1
    )
)
def test_any_title_is_quoted(title):
    text = start._filled('a: 1\n  title: "Old"\ntitle: 2\n', "title", title)
    assert yaml.safe_load(text.replace("a: 1\n", "a:\n")) == {
        "a": {"title": title},
        "title": 2,
    }


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_path_is_read_as_it_was_written_or_refused(name):
    path = Path("/").joinpath(name.replace("/", ""))
    if "'" in name and ('"' in name or "\\" in name):
        with pytest.raises(PublishError, match="give the folder a simpler"):
            start._quoted(path)
        return
    line = f"CATDOG_DATA={start._quoted(path)}"
    ((_, single, double, bare),) = settings.ASSIGNMENT.findall(line)
    assert (single or double, bare) == (path.as_posix(), "")


def test_colors_of_the_project_count(own, monkeypatch):
    from catdog.report.palette import palette

    monkeypatch.chdir(own)
    colors = own / "assets/colors.scss"
    text = read(colors)
    write(colors, text.replace("cat: #d55e00", "cat: #123456"))
    palette.cache_clear()
    try:
        assert palette()["cat"][0] == "#123456"
    finally:
        write(colors, text)
        palette.cache_clear()
