"""Pandoc: turns a chapter's Markdown, with our filter, into other formats."""

import itertools
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypandoc

from catdog.publish.chapter import Chapter
from catdog.publish.dialect import READER
from catdog.publish.project import PublishError
from catdog.settings import assets_folder


def compose(chapter: Chapter, cell_markdown: Callable) -> str:
    """A chapter as one document. `cell_markdown(cell, number)` writes code cells."""
    numbers = itertools.count(1)
    return "\n\n".join(
        cell.source
        if cell.cell_type == "markdown"
        else cell_markdown(cell, next(numbers))
        for cell in chapter.notebook.cells
    )


def pandoc(markdown: str, to: str, folders: list[Path] = ()) -> str:
    """Convert a document with our filter, which looks for images in `folders`."""
    command = [pypandoc.get_pandoc_path(), "-f", READER, "-t", to, "--mathml"]
    command += ["--wrap=none", "--lua-filter", assets_folder() / "filter.lua"]
    command += ["--resource-path", os.pathsep.join(map(str, folders))]
    done = subprocess.run(
        command,
        input=markdown,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise PublishError(f"pandoc failed: {done.stderr.strip()}")
    return done.stdout


def div(attributes: str, *blocks: str) -> str:
    """A fenced div, Quarto's way to give blocks a class and an id."""
    return "\n\n".join([f"::: {{{attributes}}}", *blocks, ":::"])


def fenced(text: str, attributes: str = "") -> str:
    """A code block whose fence is longer than any in the text."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {attributes}\n{text}\n{ticks}"


def floating(options: dict, *blocks: str) -> str | None:
    """Blocks with the number and caption that a cell's options ask for, if they do."""
    label, caption = str(options.get("label", "")), None
    for kind in ("fig", "tbl"):
        caption = options.get(f"{kind}-cap", caption)
    known = label.startswith(("fig-", "tbl-"))
    if not known and caption is None:
        return None
    return div(
        f"#{label} .float" if known else ".float",
        *blocks,
        div(".caption", str(caption or "")),
    )
