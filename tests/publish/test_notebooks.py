"""Chapters become notebooks that Colab shows well."""

import nbformat
import pytest
from projects import (
    ALL,
    GITHUB,
    IN_COLAB,
    SHORT,
    TUTORIAL,
    append,
    copy_with_package,
    copy_with_repository,
    git,
    markdown_of,
    read_notebook,
    replace,
)

from catdog.publish import colab_links, notebooks
from catdog.publish.project import PublishError


def code_ids(notebook):
    return [cell.id for cell in notebook.cells if cell.cell_type == "code"]


def test_each_chapter_has_both_editions_and_all_have_one(on_github):
    folder = on_github / "assets/notebooks"
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    assert sorted(paths) == [
        "01-all.ipynb",
        "02-short.ipynb",
        "all-chapters.ipynb",
        "offers.json",
        "practice",
        "practice/01-all.ipynb",
        "practice/02-short.ipynb",
    ]


@pytest.mark.parametrize(
    "folder", [None, TUTORIAL], ids=["fixture", "tutorial"]
)
def test_notebooks_are_valid_clean_and_ready_for_colab(on_github, folder):
    paths = sorted((folder or on_github).glob("assets/notebooks/**/*.ipynb"))
    assert len(paths) >= 4
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        meta = notebook.metadata
        assert (meta.accelerator, meta.colab.gpuType) == ("GPU", "T4")
        assert meta.colab.toc_visible and meta.kernelspec.name == "python3"
        labels = [cell.id for cell in notebook.cells]
        assert len(labels) == len(set(labels))
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
    assert code_ids(whole)[:4] == [
        "set-up-for-colab",
        "set-up",
        "words",
        "fig-line",
    ]
    cells = {cell.id: cell for cell in whole.cells}
    assert cells["folded"].source == "answer = 42\nanswer"
    assert cells["set-up"].metadata.cellView == "form"  # include: false
    assert cells["tbl-made"].metadata.jupyter.source_hidden  # echo: false
    assert not cells["words"].metadata


def test_code_that_writes_prose_has_its_references_resolved(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    chapter = project / f"{SHORT}.qmd"
    cell = "\n```{python}\nprint('as @fig-line shows')\n```\n"
    append(chapter, cell)
    notebooks.write_notebooks(project)
    source = read_notebook(project, "02-short.ipynb").cells[-1].source
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
    faults = " ".join(notebooks.leftovers(notebook))
    for what in notebooks.LEFTOVERS:
        assert (f"the cell here has {what} left" in faults) == (what in caught)


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
    faults = notebooks.leftovers(notebook)
    assert len(faults) == len(caught)
    assert all(
        what in fault for what, fault in zip(caught, faults, strict=True)
    )


def test_leftovers_stop_the_writing(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    chapter = project / f"{SHORT}.qmd"
    cell = "\n```{python}\n#| label: bad\nprint('{{< no >}}')\n```\n"
    append(chapter, cell)
    with pytest.raises(PublishError, match="the cell bad has a shortcode left"):
        notebooks.write_notebooks(project)
    assert not (project / "assets/notebooks").exists()


def test_links_between_notebooks_lead_where_colab_finds_them(
    on_github, tmp_path
):
    assert f"[link]({IN_COLAB}02-short.ipynb)" in markdown_of(
        read_notebook(on_github, "01-all.ipynb")
    )
    assert "Back." in markdown_of(read_notebook(on_github, "02-short.ipynb"))
    other = copy_with_repository(tmp_path / "project", None)
    notebooks.write_notebooks(other)
    text = markdown_of(read_notebook(other, "01-all.ipynb"))
    assert "a footnote (The note, with a link (`02-short.ipynb`).)" in text


def test_one_notebook_has_all_chapters_in_order(on_github):
    together = read_notebook(on_github, "all-chapters.ipynb")
    assert together.cells[0].source.startswith("# Two small pages")
    headings = [
        cell.source.splitlines()[0]
        for cell in together.cells[1:]
        if cell.source.startswith("# ") and cell.cell_type == "markdown"
    ]
    titles = ['# All constructs, on "one" page', "# 2. A short chapter"]
    assert headings == titles
    one, two = (
        read_notebook(on_github, name)
        for name in ("01-all.ipynb", "02-short.ipynb")
    )
    assert [c.source for c in together.cells if c.cell_type == "code"] == [
        *(c.source for c in one.cells if c.cell_type == "code"),
        *[c.source for c in two.cells if c.cell_type == "code"][1:],
    ]
    # What a link leads to is in the same notebook.
    assert "(The note, with a link.)" in markdown_of(together)


def test_no_chapters_no_notebook_for_all(draft):
    (offers,) = notebooks.write_notebooks(draft)
    assert offers.name == "offers.json"
    assert colab_links.read_offers(draft)["lines"] == {}


def test_stale_notebooks_are_named(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    assert len(notebooks.check_notebooks(project)) == 6
    first = [path.read_bytes() for path in notebooks.write_notebooks(project)]
    assert [
        path.read_bytes() for path in notebooks.write_notebooks(project)
    ] == first
    assert notebooks.check_notebooks(project) == []
    replace(project / f"{SHORT}.qmd", "The end", "The very end")
    (project / "assets/notebooks/03-gone.ipynb").touch()
    assert notebooks.check_notebooks(project) == [
        "02-short.ipynb",
        "03-gone.ipynb",
        "all-chapters.ipynb",
        "practice/02-short.ipynb",
    ]


def test_origin_of_a_clone_makes_no_notebook_stale(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    notebooks.write_notebooks(project)
    git(project, "init", "--quiet")
    git(project, "remote", "add", "origin", GITHUB)
    assert notebooks.check_notebooks(project) == []
    notebooks.write_notebooks(project)
    assert colab_links.read_offers(project)["repository"].address == GITHUB
    git(project, "remote", "remove", "origin")
    assert notebooks.check_notebooks(project) == []


def test_repository_in_the_settings_makes_notebooks_stale(tmp_path):
    project = copy_with_package(tmp_path / "project", GITHUB)
    notebooks.write_notebooks(project)
    replace(project / "_quarto.yml", "someone", "somebody")
    assert len(notebooks.check_notebooks(project)) == 6


@pytest.fixture
def with_appendix(tmp_path):
    """The fixture project, whose second chapter has no notebook."""
    project = copy_with_repository(tmp_path / "project", GITHUB)
    replace(project / f"{SHORT}.qmd", "title:", "notebook: false\ntitle:")
    notebooks.write_notebooks(project)
    return project


def test_page_without_a_notebook_is_offered_none(with_appendix):
    folder = with_appendix / "assets/notebooks"
    assert [path.name for path in folder.rglob("02-short*")] == []
    lines = colab_links.read_offers(with_appendix)["lines"]
    assert f"{ALL}.qmd" in lines and f"{SHORT}.qmd" not in lines
    assert notebooks.check_notebooks(with_appendix) == []


def test_link_to_a_page_without_a_notebook_is_words(with_appendix):
    name = "01-all.ipynb"
    text = markdown_of(read_notebook(with_appendix, name))
    assert "(The note, with a link.)" in text
    site = "page-navigation: true\n  site-url: https://example.org/cats/"
    replace(with_appendix / "_quarto.yml", "page-navigation: true", site)
    assert notebooks.check_notebooks(with_appendix) != []
    notebooks.write_notebooks(with_appendix)
    text = markdown_of(read_notebook(with_appendix, name))
    assert f"[link](https://example.org/cats/{SHORT}.html)" in text


def test_notebook_of_the_past_is_stale_on_a_page_without_one(with_appendix):
    (with_appendix / "assets/notebooks/02-short.ipynb").touch()
    assert notebooks.check_notebooks(with_appendix) == ["02-short.ipynb"]


@pytest.mark.parametrize("value", ["never", "0"])
def test_notebook_is_wanted_or_not(tmp_path, value):
    project = copy_with_repository(tmp_path / "project", None)
    replace(project / f"{SHORT}.qmd", "title:", f"notebook: {value}\ntitle:")
    match = rf"02-short.qmd: `notebook: {value}` is neither true nor false"
    with pytest.raises(PublishError, match=match):
        notebooks.check_notebooks(project)


def test_annotations_are_comments_and_lists(whole):
    cells = {cell.id: cell for cell in whole.cells}
    code = cells["annotated"].source
    assert code.splitlines()[::3] == ["total = 0  # (1)", "print(total)  # (1)"]
    text = markdown_of(whole)
    assert "1.  The *sum*, with a" in text and "2.  Grows by `number`." in text
    assert "plain = 1  # (1)\n```\n\n1.  It does not run." in text
