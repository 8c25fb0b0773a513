"""Notebooks: the chapters for Google Colab, with clean Markdown and no outputs.

Each chapter makes two: one with all its text, and a practice edition. One that
says `notebook: false` in its front matter makes none. One more notebook has all
chapters.
"""

import copy
import itertools
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from catdog._io import write_atomically
from catdog.publish import colab_links, dialect, wheel
from catdog.publish.chapter import Chapter, read_chapter
from catdog.publish.colab_links import Repository
from catdog.publish.dialect import ANNOTATION, INLINE_CODE, MARKUP
from catdog.publish.first_cell import advice, first_cell
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
    Project,
    PublishError,
    has_notebook,
    read_project,
)

log = logging.getLogger(__name__)

MARKDOWN = "commonmark+pipe_tables+tex_math_dollars-raw_html"
CELL_MARK = re.compile(r"^\u240c$", re.MULTILINE)  # written by filter.lua
END = "\u240d"  # between the text and each name to look up
REFERENCE = re.compile(r"@(?:fig|tbl|sec)-[\w-]+")
# The chapters that pandoc's filter leaves as links to files beside the notebook.
CHAPTER_LINK = re.compile(r"\[([^]]*)\]\(([\w-]+\.ipynb)\)")
SET_UP = "set-up-for-colab"
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
    """Write the notebooks of the project in `root`.

    With them go the pages' lines about them, the package's wheel, and a zip of
    all.

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
    package = wheel.bundle(root)
    if not package:
        log.warning(advice())
    return [*texts, *package]


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


def notebook(
    chapter: Chapter, repository: Repository | None = None
) -> NotebookNode:
    """Return a chapter as a notebook.

    Args:
        chapter: the chapter.
        repository: the one that has the package. Without it, the first
            cell asks its reader for the package.

    Raises:
        PublishError: if a listing's code is not found, or if Quarto's own
            markup would be left.
    """
    return _notebook(chapter, _body(chapter), repository)


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


def _texts(root: Path, repository: Repository | None) -> dict[Path, str]:
    """Return what is to be written, by path."""
    project = read_project(root)
    chapters = [read_chapter(project, name) for name in project.pages]
    check_links(project, {chapter.name: page(chapter) for chapter in chapters})
    chapters = [c for c in chapters if has_notebook(project.root, c.name)]
    folder = project.root / colab_links.FOLDER
    names = [Path(chapter.name).stem for chapter in chapters]
    exercises = read_exercises(project, names)
    bodies = list(map(_body, chapters))
    texts = {
        project.root / colab_links.FILE: colab_links.offers_json(
            project, chapters, repository, exercises
        )
    }
    for name, chapter, body in zip(names, chapters, bodies, strict=True):
        whole = _notebook(chapter, body, repository)
        practice = practice_edition(whole, exercises.get(name, {}), name)
        texts[folder / f"{name}.ipynb"] = _as_json(whole)
        texts[folder / f"practice/{name}.ipynb"] = _as_json(practice)
    if chapters:
        together = _all_chapters(project, chapters, bodies, repository)
        texts[folder / colab_links.ALL] = _as_json(together)
    return texts


def _body(chapter: Chapter) -> list[NotebookNode]:
    """Return a chapter's cells without its title.

    Links to other chapters are still links to files beside the notebook.

    Raises:
        PublishError: if a listing's code is not found, or if Quarto's own
            markup would be left.
    """
    texts, references = _convert(chapter)
    cells = []
    for number, (text, cell, listing) in enumerate(
        itertools.zip_longest(
            texts, chapter.evaluated_cells, listings(chapter)
        ),
        1,
    ):
        if text.strip():
            cells.append(_markdown_cell(text, f"text-{number}"))
        if cell:
            options = cell.metadata.options
            name = options.get("label") or f"cell-{number}"
            source = listing or REFERENCE.sub(
                lambda at: references[at[0]], cell.source
            )
            source = ANNOTATION.sub(r"# (\1)", source)
            hiding = LISTING_HIDING if listing else HIDING
            folded = any(options.get(key) == hiding[key] for key in hiding)
            cells.append(_code_cell(source, name, folded))
    faults = leftovers(nbformat.v4.new_notebook(cells=cells))
    if faults:
        raise PublishError(
            "\n".join(f"{chapter.name}: {fault}." for fault in faults)
        )
    return cells


def _notebook(
    chapter: Chapter, body: list[NotebookNode], repository: Repository | None
) -> NotebookNode:
    project = chapter.project
    cells = [
        _markdown_cell(_title(chapter), "title"),
        _code_cell(first_cell(project, repository), SET_UP),
        *_linked(body, lambda *link: _link(project, repository, *link)),
    ]
    return nbformat.v4.new_notebook(metadata=METADATA, cells=cells)


def _all_chapters(
    project: Project,
    chapters: list[Chapter],
    bodies: list[list[NotebookNode]],
    repository: Repository | None,
) -> NotebookNode:
    """Return chapters as one notebook, each below its heading."""
    website = {"title": "All chapters", "description": ""} | project.website
    title = _heading(website, colab_links.duration(*chapters))
    cells = [
        _markdown_cell(title, "title"),
        _code_cell(first_cell(project, repository), SET_UP),
    ]
    for number, (chapter, body) in enumerate(
        zip(chapters, bodies, strict=True), 1
    ):
        heading = _markdown_cell(_title(chapter), "title")
        # What a link leads to stands in this notebook.
        for cell in [heading, *_linked(body, lambda words, _: words)]:
            cell.id = f"{cell.id[:60]}-{number}"  # 64 characters are the most
            cells.append(cell)
    return nbformat.v4.new_notebook(metadata=METADATA, cells=cells)


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
    return _heading(chapter.meta, colab_links.duration(chapter))


def _heading(meta: dict[str, Any], time: str) -> str:
    expected = f"*We expect {time}.*" if time else ""
    return f"# {meta['title']}\n\n{meta.get('description', '')}\n\n{expected}"


def _linked(
    body: list[NotebookNode], link: Callable[[str, str], str]
) -> list[NotebookNode]:
    """Return a copy of cells in which links to other chapters are replaced.

    Args:
        body: the cells.
        link: returns what stands in place of a link, given its words and the
            file that it leads to.
    """
    cells = copy.deepcopy(body)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = CHAPTER_LINK.sub(
                lambda match: link(*match.groups()), cell.source
            )
    return cells


def _link(
    project: Project, repository: Repository | None, words: str, file: str
) -> str:
    """Return a link to another chapter's notebook, or words if there is none.

    Args:
        project: the project.
        repository: the project's, if it is known.
        words: of the link.
        file: name of the notebook that it leads to, if there were one.
    """
    if file in [f"{Path(draft).stem}.ipynb" for draft in project.drafts]:
        return words
    for name in project.pages:
        has_none = not has_notebook(project.root, name)
        if f"{Path(name).stem}.ipynb" == file and has_none:
            page = page_address(project, name)
            return f"[{words}]({page})" if page else words
    address = colab_links.colab_address(repository, file)
    return f"[{words}]({address})" if address else f"{words} (`{file}`)"


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
