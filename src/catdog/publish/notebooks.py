"""Notebooks: the chapters for Google Colab, with clean Markdown and no outputs.

Each chapter makes two: one with all its text, and a practice edition. One that
says `notebook: false` in its front matter makes none.
"""

import itertools
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from catdog._io import write_atomically
from catdog.publish import colab_links, dialect, wheel
from catdog.publish.chapter import Chapter, read_chapter
from catdog.publish.dialect import INLINE_CODE, MARKUP
from catdog.publish.first_cell import first_cell
from catdog.publish.links import check_links, page_address
from catdog.publish.listings import listings
from catdog.publish.pages import page
from catdog.publish.pandoc import compose, convert, fenced, floating
from catdog.publish.practice import (
    FOLDED,
    practice_edition,
    read_exercises,
)
from catdog.publish.project import (
    PublishError,
    has_notebook,
    read_project,
)

MARKDOWN = "commonmark+pipe_tables+tex_math_dollars-raw_html"
CELL_MARK = re.compile(r"^\u240c$", re.MULTILINE)  # written by filter.lua
END = "\u240d"  # between the text and each name to look up
REFERENCE = re.compile(r"@(?:fig|tbl|sec)-[\w-]+")
# The chapters that pandoc's filter leaves as links to files beside the notebook.
CHAPTER_LINK = re.compile(r"\[([^]]*)\]\(([\w-]+\.ipynb)\)")
METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
# Cells whose code the page hides are folded.
HIDING = {"echo": False, "include": False, "code-fold": True}
# A listing is there to be read and edited, though the page hides its call.
LISTING_HIDING = {"code-fold": True}
LEFTOVERS = MARKUP | {
    "a link within the page": r"\]\(#",
    "a link to a chapter's source": r"\.qmd\b",
    "raw HTML": r"</?[A-Za-z][\w-]*(?:\s[^>]*)?/?>|<!--",
}
# In code, the others may be meant.
LEFTOVERS_OF_CODE = {
    what: MARKUP[what]
    for what in ("a reference", "a cell option", "a shortcode")
}


def write_notebooks(root: Path) -> list[Path]:
    """Write both notebooks of each chapter of the project in `root`.

    With them go the pages' lines about them, and the package's wheel.

    Returns:
        The files.

    Raises:
        PublishError: for whatever is wrong with a chapter. Nothing is written
            then.
        WheelError: if the package cannot be built.
    """
    texts = _texts(root, colab_links.repository(read_project(root)))
    for path, text in texts.items():
        write_atomically(path, text)
    package = wheel.build(root)
    return [*texts, *([package] if package else [])]


def check_notebooks(root: Path) -> list[str]:
    """Compare the notebooks of the project in `root` with its chapters.

    Where `_quarto.yml` names no repository, the notebooks may keep the one that
    they have: a clone's `origin` makes no notebook stale.

    Returns:
        The names of notebooks that are missing, differ from their chapter, or
        have none.

    Raises:
        PublishError: for whatever is wrong with a chapter.
    """
    project = read_project(root)
    repository = colab_links.read_offers(root)["repository"]
    if project.website.get("repo-url"):
        repository = colab_links.repository(project)
    texts = _texts(root, repository)
    folder = project.root / colab_links.FOLDER
    stale = {
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    stale |= set(folder.rglob("*.ipynb")) - texts.keys()
    return sorted(path.relative_to(folder).as_posix() for path in stale)


def notebook(chapter: Chapter, repository: str | None = None) -> NotebookNode:
    """Return a chapter as a notebook.

    Args:
        chapter: the chapter.
        repository: web address of the repository that has the package. Without
            one, the first cell asks its reader for the package.

    Raises:
        PublishError: if a listing's code is not found, or if Quarto's own
            markup would be left.
    """
    texts, references = _convert(chapter)
    cells = [
        _markdown_cell(_title(chapter), "title"),
        _code_cell(first_cell(chapter, repository), "set-up-for-colab"),
    ]
    for number, (text, cell, listing) in enumerate(
        itertools.zip_longest(
            texts, chapter.evaluated_cells, listings(chapter)
        ),
        1,
    ):
        if text.strip():
            linked = _link_notebooks(chapter, repository, text)
            cells.append(_markdown_cell(linked, f"text-{number}"))
        if cell:
            options = cell.metadata.options
            name = options.get("label") or f"cell-{number}"
            source = listing or REFERENCE.sub(
                lambda at: references[at[0]], cell.source
            )
            hiding = LISTING_HIDING if listing else HIDING
            folded = any(options.get(key) == hiding[key] for key in hiding)
            cells.append(_code_cell(source, name, folded))
    whole = nbformat.v4.new_notebook(metadata=METADATA, cells=cells)
    faults = leftovers(whole)
    if faults:
        raise PublishError(
            "\n".join(f"{chapter.name}: {fault}." for fault in faults)
        )
    return whole


def leftovers(notebook: NotebookNode) -> list[str]:
    """Return what Colab would show as it stands: Quarto's markup, and raw HTML.

    Code in a text is not looked at, a code cell for some of it only.

    Returns:
        A line for each, with the cell's id; none if all is well.
    """
    return [
        f"the cell {cell.id} has {what} left: {match}"
        for cell in notebook.cells
        for what, match in _leftovers_of_cell(cell)
    ]


def _texts(root: Path, repository: str | None) -> dict[Path, str]:
    """Return what is to be written, by path."""
    project = read_project(root)
    chapters = [read_chapter(project, name) for name in project.pages]
    check_links(project, {chapter.name: page(chapter) for chapter in chapters})
    chapters = [c for c in chapters if has_notebook(project.root, c.name)]
    folder = project.root / colab_links.FOLDER
    offers = colab_links.offers_json(chapters, repository)
    texts = {project.root / colab_links.FILE: offers}
    names = [Path(chapter.name).stem for chapter in chapters]
    exercises = read_exercises(project, names)
    for name, chapter in zip(names, chapters, strict=True):
        whole = notebook(chapter, repository)
        practice = practice_edition(whole, exercises.get(name, {}), name)
        texts[folder / f"{name}.ipynb"] = _as_json(whole)
        texts[folder / f"practice/{name}.ipynb"] = _as_json(practice)
    return texts


def _convert(chapter: Chapter) -> tuple[list[str], dict[str, str]]:
    """Convert a chapter's text to Markdown that Colab reads.

    Returns:
        The texts before, between and after the cells that run, and the words
        for each reference in these cells: texts that cells write may refer to
        figures, too.
    """
    names = [
        name
        for cell in chapter.evaluated_cells
        for name in REFERENCE.findall(cell.source)
    ]
    document = "\n\n".join(
        [compose(chapter, _cell), *(f"{END}\n\n{name}" for name in names)]
    )
    text, *words = convert(document, MARKDOWN).split(END)
    references = dict(zip(names, map(str.strip, words), strict=True))
    return CELL_MARK.split(text), references


def _cell(cell: NotebookNode, _number: int) -> str:
    """Return a mark for a code cell that runs, with its caption."""
    options = cell.metadata.options
    if options.get("eval") is False:
        return fenced(cell.source, "python")
    return fenced("", "{.cell-code}") + "\n\n" + (floating(options) or "")


def _title(chapter: Chapter) -> str:
    title, time = chapter.meta["title"], colab_links.duration(chapter)
    description = chapter.meta.get("description", "")
    expected = f"*We expect {time}.*" if time else ""
    return f"# {title}\n\n{description}\n\n{expected}"


def _link_notebooks(chapter: Chapter, repository: str | None, text: str) -> str:
    """Let links to other chapters open in Colab; else turn them into words."""
    project = chapter.project
    pages = {
        f"{Path(name).stem}.ipynb": name
        for name in project.pages
        if not has_notebook(project.root, name)
    }

    def link(match: re.Match[str]) -> str:
        words, file = match.groups()
        if file in pages:
            address = page_address(project, pages[file])
            return f"[{words}]({address})" if address else words
        address = colab_links.colab_address(project, repository, file)
        return f"[{words}]({address})" if address else f"{words} (`{file}`)"

    return CHAPTER_LINK.sub(link, text)


def _leftovers_of_cell(cell: NotebookNode) -> list[tuple[str, str]]:
    if cell.cell_type == "code":
        return dialect.leftovers(cell.source, LEFTOVERS_OF_CODE)
    text = re.sub(r"(?ms)^[> ]*```.*?^[> ]*```", "", cell.source)
    return dialect.leftovers(INLINE_CODE.sub("", text), LEFTOVERS)


def _markdown_cell(text: str, name: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text.strip(), id=name)


def _code_cell(source: str, name: str, folded: bool = False) -> NotebookNode:
    return nbformat.v4.new_code_cell(
        source.strip(), id=name[:64], metadata=FOLDED if folded else {}
    )


def _as_json(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
