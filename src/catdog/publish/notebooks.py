"""Notebooks: the chapters for Google Colab, with clean Markdown and no outputs."""

import itertools
import re
from pathlib import Path

import nbformat

from catdog.publish.chapters import Chapter, read_chapter, read_project
from catdog.publish.pages import check, compose, fenced, floating, page, pandoc

MARKDOWN = "commonmark+pipe_tables+tex_math_dollars-raw_html"
CELL_MARK = re.compile(r"^\u240c$", re.MULTILINE)  # written by filter.lua
# --no-deps: Colab has all that the package needs, in versions that fit its GPU.
SET_UP = """\
# In Google Colab: install the package of this tutorial, and train instead of replaying.
import os
import sys

if "google.colab" in sys.modules:
    from glob import glob

    package = (sorted(glob("catdog-*.whl")) or [{repository!r}])[-1]
    if not package:
        sys.exit("Upload the file catdog-*.whl to the folder of this notebook first.")
    get_ipython().run_line_magic("pip", f"install --quiet --no-deps {{package}}")
    os.environ["CATDOG_TRAIN"] = "1"
"""
METADATA = {
    "accelerator": "GPU",
    "colab": {"provenance": []},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def write_notebooks(root: Path, out: str = "assets/notebooks") -> list[Path]:
    """Write a notebook for each chapter of the project in `root`; return the files.

    Raises PublishError for whatever is wrong with a chapter, and then writes nothing.
    """
    made = _notebooks(root, out)
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(made)


def check_notebooks(root: Path, out: str = "assets/notebooks") -> list[str]:
    """The names of notebooks that are missing, or differ from their chapter.

    Raises PublishError for whatever is wrong with a chapter.
    """
    made = _notebooks(root, out)
    return [
        path.name
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _notebooks(root: Path, out: str) -> dict[Path, str]:
    project = read_project(root)
    chapters = [read_chapter(project, name) for name in project.pages]
    check(project, {chapter.name: page(chapter) for chapter in chapters})
    return {
        project.root / out / f"{Path(chapter.name).stem}.ipynb": notebook(chapter)
        for chapter in chapters
        if Path(chapter.name).stem != "index"
    }


def notebook(chapter: Chapter) -> str:
    """A chapter as the text of an `.ipynb` file."""
    runs = [
        c for c in chapter.code_cells if c.metadata.options.get("eval") is not False
    ]
    texts = CELL_MARK.split(pandoc(compose(chapter, _cell), MARKDOWN))
    head = f"# {chapter.meta['title']}\n\n{chapter.meta.get('description', '')}"
    repository = chapter.project.website.get("repo-url")
    set_up = SET_UP.format(repository=f"git+{repository}" if repository else None)
    made = nbformat.v4.new_notebook(metadata=METADATA)
    made.cells = [_markdown(head, "title"), _code(set_up, "set-up-for-colab")]
    for number, (text, cell) in enumerate(itertools.zip_longest(texts, runs), 1):
        if text.strip():
            made.cells.append(_markdown(text, f"text-{number}"))
        if cell:
            name = cell.metadata.options.get("label") or f"cell-{number}"
            made.cells.append(_code(cell.source, name))
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def _cell(cell, number: int) -> str:
    options = cell.metadata.options
    if options.get("eval") is False:
        return fenced(cell.source, "python")
    return fenced("", "{.cell-code}") + "\n\n" + (floating(options) or "")


def _markdown(text: str, name: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text.strip(), id=name)


def _code(source: str, name: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source.strip(), id=name[:64])
