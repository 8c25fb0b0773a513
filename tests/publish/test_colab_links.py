"""Pages say where their notebook is."""

import zipfile

import pypandoc
import pytest
from bs4 import BeautifulSoup
from projects import (
    ALL,
    GITHUB,
    IN_COLAB,
    SHORT,
    TUTORIAL,
    copy_with_package,
    copy_with_repository,
    git,
    read,
    read_notebook,
    replace,
    write,
)

from catdog.publish import colab_links, notebooks, pages
from catdog.publish.project import PublishError, read_project


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://github.com/someone/cats.git", GITHUB),
        ("https://github.com/someone/cats", GITHUB),
        ("https://someone:secret@github.com/someone/cats.git", GITHUB),
        ("git@github.com:someone/cats.git", GITHUB),
        ("ssh://git@github.com/someone/cats", GITHUB),
        ("https://example.org/someone/cats.git", None),
        ("https://notgithub.com/someone/cats", None),
        ("/somewhere/cats", None),
        (None, None),
    ],
)
def test_address_from_the_remote_if_that_is_on_github(
    tmp_path, origin, address
):
    project = copy_with_repository(tmp_path / "project", None)
    git(project, "init", "--quiet")
    if origin:
        git(project, "remote", "add", "origin", origin)
    found = colab_links.repository(read_project(project))
    assert (found and found.address) == address


def test_address_in_the_settings_comes_first(tmp_path):
    project = copy_with_repository(
        tmp_path / "project", "https://example.org/a/b"
    )
    git(project, "init", "--quiet")
    git(project, "remote", "add", "origin", GITHUB)
    found = colab_links.repository(read_project(project))
    assert found == ("https://example.org/a/b", "", "")


def test_no_git_no_address(tmp_path, monkeypatch):
    project = copy_with_repository(tmp_path / "project", None)
    monkeypatch.setenv("PATH", "")
    assert colab_links.repository(read_project(project)) is None


def test_branch_and_folder_are_part_of_both_addresses(tmp_path):
    project = copy_with_repository(tmp_path / "project", GITHUB)
    settings = project / "_quarto.yml"
    extra = "page-navigation: true\n  repo-branch: next\n  repo-subdir: post"
    replace(settings, "page-navigation: true", extra)
    settled = read_project(project)
    assert_addresses(settled, "next", "post")
    edit, issue = pages.source_actions(settled, "chapters/a.qmd")
    assert edit[1] == f"{GITHUB}/edit/next/post/chapters/a.qmd"
    assert issue[1] == f"{GITHUB}/issues/new"


def assert_addresses(project, branch, folder):
    """Where pip and Colab find the project in its repository."""
    found = colab_links.repository(project)
    assert colab_links.pip_address(found) == (
        f"git+{GITHUB}@{branch}#subdirectory={folder}"
    )
    assert colab_links.colab_address(found, "x.ipynb").endswith(
        f"/github/someone/cats/blob/{branch}/{folder}/assets/notebooks/x.ipynb"
    )


@pytest.fixture
def in_subfolder(tmp_path):
    """A project in a subfolder of a repository on the branch `master`."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "master")
    git(tmp_path, "remote", "add", "origin", GITHUB)
    return copy_with_repository(tmp_path / "posts/cats", None)


def test_branch_and_subfolder_are_what_git_says(in_subfolder):
    assert_addresses(read_project(in_subfolder), "master", "posts/cats")
    git(in_subfolder, "checkout", "--quiet", "-b", "attempt")
    assert_addresses(read_project(in_subfolder), "attempt", "posts/cats")
    head = ("refs/remotes/origin/HEAD", "refs/remotes/origin/master")
    git(in_subfolder, "symbolic-ref", *head)
    assert_addresses(read_project(in_subfolder), "master", "posts/cats")


def test_notebooks_of_a_subfolder_are_found_in_other_clones(in_subfolder):
    notebooks.write_notebooks(in_subfolder)
    git(in_subfolder, "checkout", "--quiet", "-b", "attempt")
    assert notebooks.check_notebooks(in_subfolder) == []
    line = colab_links.read_offers(in_subfolder)["lines"]["index.qmd"]
    assert "/blob/master/posts/cats/assets/notebooks/all-chapters" in line


def test_a_branch_that_git_cannot_tell_is_asked_for(in_subfolder):
    someone = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git(in_subfolder, *someone, "commit", "--quiet", "--allow-empty", "-m", "x")
    git(in_subfolder, "checkout", "--quiet", "--detach")
    with pytest.raises(
        PublishError, match=r"write `repo-branch:` with its name"
    ):
        colab_links.repository(read_project(in_subfolder))
    settings = in_subfolder / "_quarto.yml"
    replace(settings, "page-navigation", "repo-branch: next\n  page-navigation")
    assert_addresses(read_project(in_subfolder), "next", "posts/cats")


def test_a_repository_of_another_user_is_named(
    in_subfolder, monkeypatch, caplog
):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert colab_links.repository(read_project(in_subfolder)) is None
    (line,) = caplog.messages
    assert f"safe.directory '{in_subfolder}'" in line and "\n" not in line


def offer(html):
    """The links in a page's line on its notebook, and its text."""
    (line,) = BeautifulSoup(html, "html.parser").select(".notebook-offer")
    links = {a["href"]: a.get("download") for a in line.find_all("a")}
    return links, " ".join(line.get_text().split())


def test_page_opens_its_notebook_in_colab(site):
    links, text = offer(read(site / f"{SHORT}.html"))
    assert links == {
        f"{IN_COLAB}02-short.ipynb": None,
        f"{IN_COLAB}practice/02-short.ipynb": None,
    }
    assert text.startswith("Open in Colab")
    assert not (site / "assets/notebooks").exists()


def test_start_page_opens_the_notebook_with_all_chapters(site):
    links, text = offer(read(site / "index.html"))
    assert links == {f"{IN_COLAB}all-chapters.ipynb": None}
    assert text == "Open in Colab and run all chapters in one notebook."


def quarto_filter(project, page, folder, text="Words."):
    """What our filter for Quarto does in the real pandoc, given the little that
    it asks of Quarto.
    """
    prelude = folder / "prelude.lua"
    write(
        prelude,
        f"quarto = {{ project = {{ directory = '{project}' }},\n"
        f"  doc = {{ input_file = '{project}/{page}' }} }}\n"
        f"dofile('{TUTORIAL}/assets/offer.lua')\n",
    )
    filtered = ["--lua-filter", str(prelude)]
    return pypandoc.convert_text(text, "html", "markdown", filtered)


def test_quarto_shows_the_same_line(on_github, site, tmp_path):
    html = quarto_filter(on_github, f"{SHORT}.qmd", tmp_path)
    assert html.startswith('<div class="notebook-offer">')
    assert offer(html) == offer(read(site / f"{SHORT}.html"))
    html = quarto_filter(on_github, "index.qmd", tmp_path)
    assert offer(html) == offer(read(site / "index.html"))


def test_table_of_a_text_scrolls_in_a_box_in_quarto(on_github, tmp_path):
    html = quarto_filter(on_github, "index.qmd", tmp_path, "|a|\n|-|\n|b|")
    assert '<div class="table-box">\n<table>' in html


def test_quarto_lets_images_wait_with_and_without_an_offer(on_github, tmp_path):
    for project in (on_github, tmp_path):
        html = quarto_filter(
            project, f"{SHORT}.qmd", tmp_path, "![Purr](cat.png){width=50%}"
        )
        image = BeautifulSoup(html, "html.parser").img
        assert (image["loading"], image["src"]) == ("lazy", "cat.png")


def test_page_without_a_notebook_has_no_such_line(tmp_path):
    project = copy_with_repository(tmp_path / "project", GITHUB)
    replace(project / f"{SHORT}.qmd", "title:", "notebook: false\ntitle:")
    notebooks.write_notebooks(project)
    pages.render(project)
    assert "notebook-offer" in read(project / f"_site/{ALL}.html")
    assert "notebook-offer" not in read(project / f"_site/{SHORT}.html")
    html = quarto_filter(project, f"{SHORT}.qmd", tmp_path)
    assert html.strip() == "<p>Words.</p>"


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """A rendered project with a package, and no repository to get it from."""
    project = copy_with_package(
        tmp_path_factory.mktemp("downloads") / "project"
    )
    replace(project / f"{SHORT}.qmd", "title:", "colab-minutes: 3\ntitle:")
    replace(project / f"{ALL}.qmd", "title:", "colab-minutes: 4\ntitle:")
    notebooks.write_notebooks(project)
    for name in ("catdog-notebooks.zip", "cat_dog-1.2-py3-none-any.whl"):
        (project / "assets/notebooks" / name).unlink()
    pages.render(project)
    return project


def test_page_without_repository_offers_downloads(downloads):
    links, text = offer(read(downloads / f"_site/{SHORT}.html"))
    assert "about 3 minutes on a T4 GPU" in text and "Upload notebook" in text
    assert "all notebooks and the package" in text
    files = {
        "catdog-notebooks.zip": "catdog-notebooks.zip",
        "02-short.ipynb": "02-short.ipynb",
        "practice/02-short.ipynb": "practice-02-short.ipynb",
    }
    for path, saved in files.items():
        assert links.pop(f"../assets/notebooks/{path}") == saved
        assert (downloads / "_site/assets/notebooks" / path).is_file()
    assert list(links) == ["https://colab.research.google.com"]
    head = read_notebook(downloads, "02-short.ipynb").cells[0].source
    assert head.endswith("*We expect about 3 minutes on a T4 GPU.*")


def test_start_page_without_repository_offers_downloads(downloads):
    links, text = offer(read(downloads / "_site/index.html"))
    assert text.startswith("Run all chapters in Colab (about 7 minutes on a T4")
    for name in ("catdog-notebooks.zip", "all-chapters.ipynb"):
        assert links.pop(f"assets/notebooks/{name}") == name
        assert (downloads / "_site/assets/notebooks" / name).is_file()
    assert list(links) == ["https://colab.research.google.com"]
    head = read_notebook(downloads, "all-chapters.ipynb").cells[0].source
    assert head.endswith("*We expect about 7 minutes on a T4 GPU.*")


def test_download_holds_what_the_pages_offer(downloads):
    bundle = downloads / "_site/assets/notebooks/catdog-notebooks.zip"
    inside = set(zipfile.ZipFile(bundle).namelist())
    assert inside == {
        f"catdog-notebooks/{name}"
        for name in (
            "01-all.ipynb",
            "02-short.ipynb",
            "all-chapters.ipynb",
            "cat_dog-1.2-py3-none-any.whl",
            "practice/01-all.ipynb",
            "practice/02-short.ipynb",
        )
    }


def test_page_of_a_project_without_a_package_offers_notebooks_alone(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    notebooks.write_notebooks(project)
    lines = colab_links.read_offers(project)["lines"]
    assert len(lines) == 3 and not any("package" in x for x in lines.values())


@pytest.mark.parametrize("repository", [None, GITHUB])
def test_blanks_are_promised_where_there_are_some(tmp_path, repository):
    project = copy_with_repository(tmp_path / "project", repository)
    entry = "01-all: {folded: {blanks: ['42'], check: 'True', hint: Hm.}}"
    write(project / "chapters/_practice.yml", entry)
    notebooks.write_notebooks(project)
    lines = colab_links.read_offers(project)["lines"]
    assert [name for name, line in lines.items() if "blanks" in line] == [
        f"{ALL}.qmd"
    ]


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_broken_offers_are_named(tmp_path, text):
    project = copy_with_repository(tmp_path / "project", None)
    file = project / "assets/notebooks/offers.json"
    write(file, text)
    with pytest.raises(PublishError, match=r"offers.json is broken: delete it"):
        colab_links.read_offers(project)


def test_quarto_is_told_of_filter_zip_and_notebooks():
    settings = read_project(TUTORIAL)
    text = read(settings.root / "_quarto.yml")
    assert "assets/offer.lua" in text
    assert "    - src/catdog/publish/wheel.py" in text
    assert "assets/notebooks/*.zip" in text
