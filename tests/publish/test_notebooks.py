"""Chapters become notebooks that Colab shows well, and pages offer them."""

import ast
import builtins
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pypandoc
import pytest
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

from catdog import colab
from catdog.errors import CatdogError
from catdog.publish import colab_links, notebooks, pages, practice, wheel
from catdog.publish.execute import ThisPythonKernelManager
from catdog.publish.project import PublishError, read_project
from catdog.report import sentences, tables

PROJECT = Path(__file__).parents[2]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "site"
SHORT = "chapters/02-short"
ADDRESS = "https://github.com/someone/cats"
IN_COLAB = (
    "https://colab.research.google.com/github/someone/cats/blob/main/"
    "assets/notebooks/"
)
NAMING = (
    ast.Name,
    ast.alias,
    ast.arg,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.FunctionDef,
)
PACKAGE = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "cat-dog"
version = "1.2"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["cat_dog"]
"""


def copy_fixture(folder, repository=None):
    shutil.copytree(FIXTURE, folder, ignore=shutil.ignore_patterns("_site"))
    settings = folder / "_quarto.yml"
    said = f"repo-url: {repository}" if repository else ""
    text = re.sub("repo-url: .*", said, settings.read_text())
    settings.write_text(text)
    return folder


def with_package(folder):
    """The fixture with a package to build, and no repository."""
    copy_fixture(folder)
    (folder / "pyproject.toml").write_text(PACKAGE)
    (folder / "cat_dog").mkdir()
    (folder / "cat_dog/__init__.py").write_text("purr = 1\n")
    return folder


def read(project, name):
    path = project / "assets/notebooks" / name
    return nbformat.read(path, as_version=4)


def ids(notebook, kind="code"):
    return [cell.id for cell in notebook.cells if cell.cell_type == kind]


def markdown_of(notebook):
    return "\n\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks") / "project"
    copy_fixture(folder, ADDRESS)
    notebooks.write_notebooks(folder)
    return folder


@pytest.fixture(scope="module")
def whole(project):
    return read(project, "01-all.ipynb")


# What is in them


def test_each_chapter_has_both_editions_and_the_start_page_none(project):
    folder = project / "assets/notebooks"
    made = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    assert sorted(made) == [
        "01-all.ipynb",
        "02-short.ipynb",
        "offers.json",
        "practice",
        "practice/01-all.ipynb",
        "practice/02-short.ipynb",
    ]


@pytest.mark.parametrize("folder", [None, PROJECT], ids=["fixture", "tutorial"])
def test_notebooks_are_valid_clean_and_ready_for_colab(project, folder):
    found = sorted((folder or project).glob("assets/notebooks/**/*.ipynb"))
    assert len(found) >= 4
    for path in found:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        meta = notebook.metadata
        assert (meta.accelerator, meta.colab.gpuType) == ("GPU", "T4")
        assert meta.colab.toc_visible and meta.kernelspec.name == "python3"
        names = [cell.id for cell in notebook.cells]
        assert len(names) == len(set(names))
        for cell in notebook.cells:
            assert not cell.get("outputs") and not cell.get("execution_count")
        assert notebooks.leftovers(notebook) == []


def test_notebook_says_in_words_what_the_page_shows(whole):
    text = markdown_of(whole).replace("\u00a0", " ")
    assert text.startswith(
        '# All constructs, on "one" page\n\nEverything that a'
    )
    assert (
        "See Figure 2, Figure 1, Table 1, Table 2, Section 1, Section 1.1 and"
        in text
    )
    assert "> **A `titled` note**\n>\n> The body of the note." in text
    assert "**Figure 2:** A line: *rising*, with `code`." in text
    assert (
        "**Table 1:** A *plain* table." in text
        and text.count("plain* table") == 1
    )
    assert "$a^2 + b^2 = c^2$" in text and "| a    |     1 |" in text
    assert "raise SystemError" in text  # eval: false


def test_notebook_runs_its_cells_in_order_and_folds_what_the_page_hides(whole):
    assert ids(whole)[:4] == ["set-up-for-colab", "set-up", "words", "fig-line"]
    cells = {cell.id: cell for cell in whole.cells}
    assert cells["folded"].source == "answer = 42\nanswer"
    assert cells["set-up"].metadata.cellView == "form"  # include: false
    assert cells["tbl-made"].metadata.jupyter.source_hidden  # echo: false
    assert not cells["words"].metadata


def test_code_that_writes_prose_has_its_references_resolved(tmp_path):
    project = copy_fixture(tmp_path / "project")
    chapter = project / f"{SHORT}.qmd"
    cell = "\n```{python}\nprint('as @fig-line shows')\n```\n"
    chapter.write_text(chapter.read_text() + cell)
    notebooks.write_notebooks(project)
    source = read(project, "02-short.ipynb").cells[-1].source
    assert source.replace("\u00a0", " ") == "print('as Figure 1 shows')"


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("::: {.callout-note}\nwords\n:::", ["a fenced div", "an attribute"]),
        ("{{< video cat.mp4 >}}", ["a shortcode"]),
        ("as @fig-cat shows", ["a reference"]),
        ("as @tbl-cat shows", ["a reference"]),
        ("in @sec-cat", ["a reference"]),
        ("a lost one: ?@fig-cat", ["a reference"]),
        ("## Cats {#sec-cats}", ["an attribute"]),
        ("a [word]{.red}", ["an attribute"]),
        ("#| label: cat", ["a cell option"]),
        ("[here](#sec-cats)", ["a link within the page"]),
        ("[next](02-cats.qmd)", ["a link to a chapter's source"]),
        ("a <span>word</span>", ["raw HTML"]),
        ("<!-- a remark -->", ["raw HTML"]),
        ("`{{< in code >}}`, `a ::: b`, 1 < 2, a@b.org, {x}", []),
        ("> ```\n> ::: {.x} @fig-y\n> ```\n\n```\n#| x\n```\n\nwords", []),
        ("<https://example.org>", []),
    ],
)
def test_linter_catches_each_leftover(text, caught):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell(text, id="here")]
    found = " ".join(notebooks.leftovers(notebook))
    for why in notebooks.LEFTOVERS:
        assert (f"the cell here has {why} left" in found) == (why in caught)


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("#| label: cat\n1", ["a cell option"]),
        ("print('as @fig-cat shows')", ["a reference"]),
        ("print('{{< video cat.mp4 >}}')", ["a shortcode"]),
        ("{1: {2: 3}}  # | a comment ::: {.x}", []),
    ],
)
def test_linter_reads_code_cells_too(code, caught):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code, id="here")]
    found = notebooks.leftovers(notebook)
    assert len(found) == len(caught)
    assert all(why in fault for why, fault in zip(caught, found, strict=True))


def test_leftovers_stop_the_writing(tmp_path):
    project = copy_fixture(tmp_path / "project")
    chapter = project / f"{SHORT}.qmd"
    cell = "\n```{python}\n#| label: bad\nprint('{{< no >}}')\n```\n"
    chapter.write_text(chapter.read_text() + cell)
    with pytest.raises(PublishError, match="the cell bad has a shortcode left"):
        notebooks.write_notebooks(project)
    assert not (project / "assets/notebooks").exists()


# Same chapter, same bytes


def test_stale_notebooks_are_named(tmp_path):
    project = copy_fixture(tmp_path / "project")
    assert len(notebooks.check_notebooks(project)) == 5
    first = [path.read_bytes() for path in notebooks.write_notebooks(project)]
    assert [
        path.read_bytes() for path in notebooks.write_notebooks(project)
    ] == first
    assert notebooks.check_notebooks(project) == []
    chapter = project / f"{SHORT}.qmd"
    chapter.write_text(chapter.read_text().replace("The end", "The very end"))
    (project / "assets/notebooks/03-gone.ipynb").touch()
    assert notebooks.check_notebooks(project) == [
        "02-short.ipynb",
        "03-gone.ipynb",
        "practice/02-short.ipynb",
    ]


def test_origin_of_a_clone_makes_no_notebook_stale(tmp_path):
    project = copy_fixture(tmp_path / "project")
    notebooks.write_notebooks(project)
    git(project, "init", "--quiet")
    git(project, "remote", "add", "origin", ADDRESS)
    assert notebooks.check_notebooks(project) == []
    notebooks.write_notebooks(project)
    assert colab_links.read_offers(project)["repository"] == ADDRESS
    git(project, "remote", "remove", "origin")
    assert notebooks.check_notebooks(project) == []


def test_repository_in_the_settings_makes_notebooks_stale(tmp_path):
    project = copy_fixture(tmp_path / "project", ADDRESS)
    notebooks.write_notebooks(project)
    settings = project / "_quarto.yml"
    settings.write_text(settings.read_text().replace("someone", "somebody"))
    assert len(notebooks.check_notebooks(project)) == 5


# The practice edition


def test_practice_edition_has_headings_code_and_exercises(tmp_path):
    project = copy_fixture(tmp_path / "project")
    (project / f"{SHORT}.qmd").write_text(
        '---\ntitle: "2. Short"\ndescription: "In a line."\n---\n\n'
        "Prose.\n\n## A heading\n\nMore prose.\n\n- a point\n\n"
        "```bash\n# no heading\n```\n\n"
        "```{python}\n#| label: fig-line\n#| fig-cap: 'A caption.'\nx = 1\n```\n\n"
        "## What we saw\n\n"
        "```{python}\n#| label: answers\n#| echo: false\nprint(x)\n```\n\n"
        "```{python}\n#| label: line-words\n#| echo: false\ny = 2\nprint(y)\n```\n\n"
        "## Try it yourself {#sec-end}\n\n1. What is `x`?\n2. Why?\n\n"
        "::: {.callout-tip title='Answer'}\nIt is 1.\n:::\n\n"
        "Next: [back](../index.qmd).\n"
    )
    notebooks.write_notebooks(project)
    edition = read(project, "practice/02-short.ipynb")
    code = [c.source for c in edition.cells if c.cell_type == "code"][1:]
    assert code == ["x = 1", "y = 2", "# Your turn."]
    assert markdown_of(edition) == (
        f"# 2. Short\n\nIn a line.\n\n{practice.NOTE}\n\n"
        "## A heading\n\n## What we saw\n\n## Try it yourself\n\n"
        "1.  What is `x`?\n2.  Why?"
    )


@pytest.mark.parametrize(
    "path",
    sorted(PROJECT.glob("assets/notebooks/**/*.ipynb")),
    ids=lambda path: path.relative_to(PROJECT / "assets/notebooks").as_posix(),
)
def test_every_name_is_defined_before_its_use(path):
    """Above all where the practice edition has left cells out."""
    known = {*dir(builtins), "get_ipython"}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            code = TransformerManager().transform_cell(cell.source)
            names = [
                node
                for node in ast.walk(ast.parse(code))
                if isinstance(node, NAMING)
            ]
            for node in names:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    known.add(node.name)
                elif isinstance(node, ast.alias):
                    known.add((node.asname or node.name).split(".")[0])
                elif isinstance(node, ast.arg):
                    known.add(node.arg)
                elif isinstance(node, ast.ExceptHandler):
                    known.add(node.name)
                elif not isinstance(node.ctx, ast.Load):
                    known.add(node.id)
            used = {
                node.id
                for node in names
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            assert used <= known, f"{path.name}, cell {cell.id}"


# The address


def git(folder, *words):
    subprocess.run(["git", "-C", folder, *words], check=True)


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://github.com/someone/cats.git", ADDRESS),
        ("https://github.com/someone/cats", ADDRESS),
        ("https://someone:secret@github.com/someone/cats.git", ADDRESS),
        ("git@github.com:someone/cats.git", ADDRESS),
        ("ssh://git@github.com/someone/cats", ADDRESS),
        ("https://example.org/someone/cats.git", None),
        ("https://notgithub.com/someone/cats", None),
        ("/somewhere/cats", None),
        (None, None),
    ],
)
def test_address_from_the_remote_if_that_is_on_github(
    tmp_path, origin, address
):
    project = copy_fixture(tmp_path / "project")
    git(project, "init", "--quiet")
    if origin:
        git(project, "remote", "add", "origin", origin)
    assert colab_links.repository(read_project(project)) == address


def test_address_in_the_settings_comes_first(tmp_path, monkeypatch):
    project = copy_fixture(tmp_path / "project", "https://example.org/a/b")
    git(project, "init", "--quiet")
    git(project, "remote", "add", "origin", ADDRESS)
    assert (
        colab_links.repository(read_project(project))
        == "https://example.org/a/b"
    )


def test_no_git_no_address(tmp_path, monkeypatch):
    project = copy_fixture(tmp_path / "project")
    monkeypatch.setenv("PATH", "")
    assert colab_links.repository(read_project(project)) is None


def test_branch_and_folder_are_part_of_both_addresses(tmp_path):
    project = copy_fixture(tmp_path / "project", ADDRESS)
    settings = project / "_quarto.yml"
    extra = "page-navigation: true\n  repo-branch: next\n  repo-subdir: post"
    settings.write_text(
        settings.read_text().replace("page-navigation: true", extra)
    )
    read = read_project(project)
    assert colab_links.pip_address(read, ADDRESS) == (
        f"git+{ADDRESS}@next#subdirectory=post"
    )
    assert colab_links.colab_address(read, ADDRESS, "x.ipynb").endswith(
        "/github/someone/cats/blob/next/post/assets/notebooks/x.ipynb"
    )


def test_links_between_notebooks_lead_where_colab_finds_them(project, tmp_path):
    assert f"[link]({IN_COLAB}02-short.ipynb)" in markdown_of(
        read(project, "01-all.ipynb")
    )
    assert "Back." in markdown_of(read(project, "02-short.ipynb"))
    other = copy_fixture(tmp_path / "project")
    notebooks.write_notebooks(other)
    text = markdown_of(read(other, "01-all.ipynb"))
    assert "a footnote (The note, with a link (`02-short.ipynb`).)" in text


# The pages


def offer(html):
    """The links in a page's line on its notebook, and its text."""
    (found,) = BeautifulSoup(html, "html.parser").select(".notebook-offer")
    links = {a["href"]: a.get("download") for a in found.find_all("a")}
    return links, " ".join(found.get_text().split())


@pytest.fixture(scope="module")
def site(project):
    pages.render(project)
    return project / "_site"


def test_page_opens_its_notebook_in_colab(site):
    links, text = offer((site / f"{SHORT}.html").read_text())
    assert links == {
        f"{IN_COLAB}02-short.ipynb": None,
        f"{IN_COLAB}practice/02-short.ipynb": None,
    }
    assert text.startswith("Open in Colab")
    assert not (site / "assets/notebooks").exists()
    assert "notebook-offer" not in (site / "index.html").read_text()


def quarto_filter(project, page, folder):
    """What our filter for Quarto does in the real pandoc, given the little that
    it asks of Quarto.
    """
    prelude = folder / "prelude.lua"
    prelude.write_text(
        f"quarto = {{ project = {{ directory = '{project}' }},\n"
        f"  doc = {{ input_file = '{project}/{page}' }} }}\n"
        f"dofile('{PROJECT}/assets/offer.lua')\n"
    )
    filtered = ["--lua-filter", str(prelude)]
    return pypandoc.convert_text("Words.", "html", "markdown", filtered)


def test_quarto_shows_the_same_line(project, site, tmp_path):
    html = quarto_filter(project, f"{SHORT}.qmd", tmp_path)
    assert html.startswith('<div class="notebook-offer">')
    assert offer(html) == offer((site / f"{SHORT}.html").read_text())
    html = quarto_filter(project, "index.qmd", tmp_path)
    assert html.strip() == "<p>Words.</p>"


def test_page_without_repository_offers_downloads(tmp_path):
    project = with_package(tmp_path / "project")
    chapter = project / f"{SHORT}.qmd"
    chapter.write_text(
        chapter.read_text().replace("title:", "colab-minutes: 3\ntitle:", 1)
    )
    notebooks.write_notebooks(project)
    (project / "assets/notebooks/cat_dog-1.2-py3-none-any.whl").unlink()
    pages.render(project)
    links, text = offer((project / f"_site/{SHORT}.html").read_text())
    assert "about 3 minutes on a T4 GPU" in text and "Upload notebook" in text
    files = {
        "02-short.ipynb": "02-short.ipynb",
        "practice/02-short.ipynb": "practice-02-short.ipynb",
        "cat_dog-1.2-py3-none-any.whl": "cat_dog-1.2-py3-none-any.whl",
    }
    for path, saved in files.items():
        assert links.pop(f"../assets/notebooks/{path}") == saved
        assert (project / "_site/assets/notebooks" / path).is_file()
    assert list(links) == ["https://colab.research.google.com"]
    head = read(project, "02-short.ipynb").cells[0].source
    assert head.endswith("*We expect about 3 minutes on a T4 GPU.*")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_broken_offers_are_named(tmp_path, text):
    project = copy_fixture(tmp_path / "project")
    file = project / "assets/notebooks/offers.json"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(PublishError, match="offers.json is broken: delete it"):
        colab_links.read_offers(project)


def test_quarto_is_told_of_filter_wheel_and_notebooks():
    settings = read_project(PROJECT)
    text = (settings.root / "_quarto.yml").read_text()
    assert "assets/offer.lua" in text
    assert "pre-render: src/catdog/publish/wheel.py" in text
    assert "assets/notebooks/*.whl" in text


# The wheel


def test_wheel_is_the_package_with_records_and_style_and_always_the_same(
    tmp_path,
):
    sources = tmp_path / "sources"
    for name in ("src/catdog", "assets/runs", "README.md", "LICENSE"):
        copy(PROJECT / name, sources / name)
    for name in ("pyproject.toml", "assets/catdog.mplstyle", ".gitignore"):
        copy(PROJECT / name, sources / name)
    first = wheel.build(sources).read_bytes()
    for path in sources.rglob("*.py"):
        os.utime(path, (0, 10**9))
        path.chmod(0o600)
    (sources / "assets/runs/drawn").mkdir()
    (sources / "assets/runs/drawn/model1-0.json").touch()
    built = wheel.build(sources)
    assert built.read_bytes() == first
    assert built == sources / "assets/notebooks" / wheel.name(sources)
    names = set(zipfile.ZipFile(built).namelist())
    assert "catdog/assets/catdog.mplstyle" in names
    records = {path.name for path in (PROJECT / "assets/runs").glob("*.json")}
    assert {Path(n).name for n in names if n.endswith(".json")} == records
    modules = {p.name for p in (PROJECT / "src/catdog").rglob("*.py")}
    assert {Path(n).name for n in names if n.endswith(".py")} == modules


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "drawn", "own")
        shutil.copytree(source, target, ignore=ignored)
    else:
        shutil.copy(source, target)


def test_new_version_takes_the_old_wheels_place(tmp_path):
    project = with_package(tmp_path / "project")
    old = wheel.build(project)
    text = PACKAGE.replace("1.2", "1.3")
    (project / "pyproject.toml").write_text(text)
    new = wheel.build(project)
    assert new.name == "cat_dog-1.3-py3-none-any.whl" and not old.exists()
    assert os.listdir(new.parent) == [new.name]


def test_wheel_that_cannot_be_built_says_why(tmp_path):
    project = with_package(tmp_path / "project")
    text = PACKAGE.replace('version = "1.2"', "")
    (project / "pyproject.toml").write_text(text)
    match = r"^The package cannot be built \(.*\): correct pyproject.toml\.$"
    with pytest.raises(CatdogError, match=match):
        wheel.build(project)
    assert os.listdir(project / "assets/notebooks") == []


def test_project_without_a_package_has_no_wheel(tmp_path):
    assert wheel.build(tmp_path) is None


# The first cell


def run_set_up(notebook, folder, colab=True):
    """Run the first cell up to its import, with a pip that only takes notes."""
    (folder / "bin").mkdir(parents=True)
    pip = folder / "bin/pip"
    pip.write_text(f'#!/bin/sh\necho "$@" >> {folder}/pip.txt\n')
    pip.chmod(0o755)
    source = notebook.cells[1].source.partition("from catdog")[0]
    stand_in = (
        "import sys, types\n"
        "files = types.SimpleNamespace(upload=lambda: UPLOADED)\n"
        "sys.modules['google.colab'] = types.SimpleNamespace(files=files)\n"
    )
    upload = "UPLOADED = {'catdog-2-py3-none-any.whl': b''}\n"
    cells = [upload + stand_in * colab, source]
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in cells]
    )
    client = NotebookClient(
        made,
        kernel_manager_class=ThisPythonKernelManager,
        resources={"metadata": {"path": str(folder)}},
    )
    path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
    client.execute(env=os.environ | {"PATH": path})
    notes = folder / "pip.txt"
    said = notes.read_text().splitlines() if notes.exists() else []
    shown = "".join(output.text for output in made.cells[1].outputs)
    return said, shown


def test_first_cell_installs_in_colab_only(whole, tmp_path):
    assert run_set_up(whole, tmp_path / "here", colab=False) == ([], "")
    said, _ = run_set_up(whole, tmp_path / "colab")
    assert said == [f"install --quiet --no-deps git+{ADDRESS}"]


def test_first_cell_prefers_a_wheel_beside_the_notebook(whole, tmp_path):
    for version in (1, 2):
        (tmp_path / f"catdog-{version}-py3-none-any.whl").touch()
    said, _ = run_set_up(whole, tmp_path)
    assert said == ["install --quiet --no-deps catdog-2-py3-none-any.whl"]


def test_first_cell_without_an_address_asks_for_the_wheel(tmp_path):
    notebooks.write_notebooks(copy_fixture(tmp_path / "project"))
    notebook = read(tmp_path / "project", "02-short.ipynb")
    said, shown = run_set_up(notebook, tmp_path)
    assert said == ["install --quiet --no-deps catdog-2-py3-none-any.whl"]
    assert shown.startswith("Choose the file catdog-….whl")


def test_set_up_says_what_there_is(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    colab.set_up()
    shown = capsys.readouterr().out
    assert re.match(
        r"catdog \S+, TensorFlow 2\.\S+, Keras 3\.\S+, Python", shown
    )
    assert "CATDOG_TRAIN" not in os.environ


def test_set_up_in_colab_trains_and_tells_how_to_get_a_gpu(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "google.colab", None)
    monkeypatch.setenv("CATDOG_TRAIN", "")
    monkeypatch.setattr(colab, "install", lambda needed: print("gets", needed))
    colab.set_up()
    assert os.environ["CATDOG_TRAIN"] == "1"
    shown = capsys.readouterr().out
    assert shown.startswith("gets []\n")
    assert "GPU: " in shown or "Runtime > Change runtime type" in shown


def test_nothing_but_missing_packages_is_installed(monkeypatch):
    needed = ["tensorflow>=99", "not-there>=1", 'nor-this; extra == "dev"']
    monkeypatch.setattr(colab.metadata, "requires", lambda _: needed)
    assert colab.lacking() == ["not-there>=1"]
    commands = []
    monkeypatch.setattr(
        colab.subprocess, "run", lambda words, check: commands.append(words)
    )
    colab.install([])
    assert commands == []
    colab.install(colab.lacking())
    (words,) = commands
    assert words[-4] == "not-there>=1"
    assert [word.split("==")[0] for word in words[-3:]] == list(colab.GIVEN)


@pytest.mark.parametrize(
    ("notebook", "shown"),
    [
        (False, "[one](a.qmd#b), [two](https://x.org)"),
        (True, "one, [two](https://x.org)"),
    ],
)
def test_links_from_page_to_page_become_words_in_a_notebook(
    monkeypatch, notebook, shown
):
    monkeypatch.setattr(sentences, "in_notebook", lambda: notebook)
    text = sentences.markdown("[one](a.qmd#b), [two](https://x.org)")
    assert text._repr_markdown_() == shown


@pytest.mark.parametrize("notebook", [False, True])
def test_long_listings_are_not_folded_in_a_notebook(monkeypatch, notebook):
    monkeypatch.setattr(sentences, "in_notebook", lambda: notebook)
    assert ("<details>" in sentences.source(tables)) != notebook


def test_last_chapter_works_where_no_run_is_recorded():
    table = tables.specification({})
    assert (
        "| The best model is scored on test data | no run is recorded" in table
    )
