"""Chapters: text with code cells, read from `.qmd` files."""

import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat

from catdog.publish.dialect import FRONT_MATTER, refuse_unknown
from catdog.publish.project import Project, PublishError, parse_yaml

CELL_OPTIONS = re.compile(r"\A(?:#\|.*\n?)+")


@dataclass(frozen=True)
class Chapter:
    """A `.qmd` file. The `#|` options of a cell are in `cell.metadata.options`."""

    project: Project
    name: str
    meta: dict
    notebook: nbformat.NotebookNode

    @property
    def folder(self) -> Path:
        return (self.project.root / self.name).parent

    @property
    def code_cells(self) -> list[nbformat.NotebookNode]:
        return [
            cell for cell in self.notebook.cells if cell.cell_type == "code"
        ]


def read_chapter(project: Project, name: str) -> Chapter:
    """Read the page `name`, a path relative to the project, into cells.

    Raises PublishError for bad front matter, bad cell options and all that
    `refuse_unknown` finds.
    """
    refused = refuse_unknown(project.root / name)
    if refused:
        raise PublishError(
            "\n".join(f"{name}:{line}: {why}." for line, why in refused)
        )
    text = (project.root / name).read_text(encoding="utf-8")
    front = FRONT_MATTER.match(text)
    meta = parse_yaml(front[1], name) if front else {}
    if not meta.get("title"):
        raise PublishError(
            f"{name}: give it a `title:` between two lines of `---`."
        )
    body = text[front.end() :]
    rmd = {"extension": ".Rmd", "comment_magics": False}
    notebook = jupytext.reads(body, fmt=rmd)
    for cell in notebook.cells:
        options = (
            CELL_OPTIONS.match(cell.source)
            if cell.cell_type == "code"
            else None
        )
        said = re.sub(r"(?m)^#\| ?", "", options[0]) if options else ""
        line = 1 + text[: text.find(options[0])].count("\n") if options else 0
        cell.source = cell.source[options.end() :] if options else cell.source
        cell.metadata = nbformat.from_dict(
            {"options": parse_yaml(said, f"{name}:{line}")}
        )
    return Chapter(project, name, meta, notebook)
