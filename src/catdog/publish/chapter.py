"""Chapters: text with code cells, read from `.qmd` files."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from catdog.publish.dialect import refuse, refuse_unknown
from catdog.publish.project import (
    Project,
    PublishError,
    page_settings,
    parse_front_matter,
    parse_yaml,
    read_source,
)

CELL_OPTIONS = re.compile(r"\A(?:#\|.*\n?)+")
FOLDING = ("code-fold", "code-summary")
RMARKDOWN = {"extension": ".Rmd", "comment_magics": False}


@dataclass(frozen=True)
class Chapter:
    """A `.qmd` file.

    Attributes:
        project: where it belongs.
        name: its path, relative to the project.
        meta: its front matter.
        settings: the project's settings, with those of its front matter.
        notebook: its text and its code cells. The options of a cell are in
            `cell.metadata.options`: its own, written `#|`, and those for all
            cells.
    """

    project: Project
    name: str
    meta: dict[str, Any]
    settings: dict[str, Any]
    notebook: NotebookNode

    @property
    def folder(self) -> Path:
        """The folder in which the file lies."""
        return (self.project.root / self.name).parent

    @property
    def cells_folder(self) -> Path:
        """The folder in which the cells run."""
        at_root = self.project.execute_dir == "project"
        return self.project.root if at_root else self.folder

    @property
    def code_cells(self) -> list[NotebookNode]:
        """The code cells, in order."""
        return [
            cell for cell in self.notebook.cells if cell.cell_type == "code"
        ]

    @property
    def evaluated_cells(self) -> list[NotebookNode]:
        """The code cells that run: all but those with `eval: false`."""
        return [
            cell
            for cell in self.code_cells
            if cell.metadata.options.get("eval", True)
        ]


def read_chapter(project: Project, name: str) -> Chapter:
    """Read a page into cells.

    Args:
        project: where it belongs.
        name: its path, relative to the project.

    Raises:
        PublishError: for bad front matter, bad cell options and all that
            `refuse_unknown` finds.
    """
    file = project.root / name
    refuse(name, refuse_unknown(file))
    text = read_source(file)
    meta, body = parse_front_matter(text, name)
    if not meta.get("title"):
        raise PublishError(
            f"{name}: give it a `title:` between two lines of `---`."
        )
    settings = _all_settings(project, page_settings(meta, name))
    notebook = jupytext.reads(body, fmt=RMARKDOWN)
    for cell in notebook.cells:
        lines = _take_option_lines(cell)
        number = 1 + text[: text.find(lines)].count("\n")
        options = re.sub(r"(?m)^#\| ?", "", lines)
        own = parse_yaml(options, f"{name}:{number}")
        cell.metadata = nbformat.from_dict(
            {"options": _for_all_cells(settings) | own}
        )
    return Chapter(project, name, meta, settings, notebook)


def _all_settings(project: Project, own: dict[str, Any]) -> dict[str, Any]:
    execute = project.settings["execute"] | own["execute"]
    return {**project.settings, **own, "execute": execute}


def _for_all_cells(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the options that cells have unless they say something else."""
    shown = {k: settings[k] for k in FOLDING if k in settings}
    return shown | settings["execute"]


def _take_option_lines(cell: NotebookNode) -> str:
    """Cut the lines with `#|` from a cell, and return them."""
    lines = CELL_OPTIONS.match(cell.source)
    if cell.cell_type != "code" or not lines:
        return ""
    cell.source = cell.source[lines.end() :]
    return lines[0]
