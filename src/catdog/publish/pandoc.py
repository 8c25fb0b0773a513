"""Pandoc: turns a chapter's Markdown, with our filter, into other formats."""

import itertools
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pypandoc
from nbformat import NotebookNode

from catdog.publish.chapter import Chapter
from catdog.publish.dialect import READER
from catdog.publish.project import PublishError
from catdog.settings import assets_folder


def convert(markdown: str, to: str, folders: Iterable[Path] = ()) -> str:
    """Convert a document with pandoc and our filter.

    Args:
        markdown: the document.
        to: pandoc's name of the format to write.
        folders: where the filter looks for images.

    Raises:
        PublishError: if pandoc fails.
    """
    command = [pypandoc.get_pandoc_path(), "-f", READER, "-t", to, "--mathml"]
    command += ["--wrap=none", "--lua-filter", assets_folder() / "filter.lua"]
    command += ["--resource-path", os.pathsep.join(map(str, folders))]
    done = subprocess.run(
        command,
        check=False,
        input=markdown,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise PublishError(f"pandoc failed: {done.stderr.strip()}")
    return done.stdout


def compose(
    chapter: Chapter, cell_markdown: Callable[[NotebookNode, int], str]
) -> str:
    """Join the cells of a chapter to one document.

    Args:
        chapter: the chapter.
        cell_markdown: writes a code cell as Markdown, given the cell and its
            number, from 1 on.
    """
    numbers = itertools.count(1)
    return "\n\n".join(
        cell.source
        if cell.cell_type == "markdown"
        else cell_markdown(cell, next(numbers))
        for cell in chapter.notebook.cells
    )


def div(attributes: str, *blocks: str) -> str:
    """Return a fenced div, which gives blocks classes and an id."""
    return "\n\n".join([f"::: {{{attributes}}}", *blocks, ":::"])


def fenced(text: str, attributes: str = "") -> str:
    """Return a code block, with a fence that is longer than any in the text."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {attributes}\n{text}\n{ticks}"


def floating(options: dict[str, Any], *blocks: str) -> str | None:
    """Return blocks with the number and caption that a cell's options ask for.

    Args:
        options: the options of a cell; `label`, `fig-cap` and `tbl-cap` count.
        blocks: Markdown.

    Returns:
        A div for our filter, or None if the options ask for neither.
    """
    label = str(options.get("label", ""))
    caption = options.get("tbl-cap", options.get("fig-cap"))
    numbered = label.startswith(("fig-", "tbl-"))
    if not numbered and caption is None:
        return None
    return div(
        f"#{label} .float" if numbered else ".float",
        *blocks,
        div(".caption", str(caption or "")),
    )
