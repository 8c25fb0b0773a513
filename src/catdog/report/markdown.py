"""Markdown for pages and notebooks: text, source code, tables."""

import html
import inspect
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catdog._io import printable
from catdog.progress import in_notebook
from catdog.report.docstrings import shorten_docstrings
from catdog.settings import project_folder

MAX_LINES = 50  # longer listings are folded on a page


class Markdown(str):
    """Text that a notebook renders as Markdown.

    Links from page to page lead nowhere in a notebook: their words stay.
    """

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        if in_notebook():
            return re.sub(r"\[([^]]*)\]\([^)]*\.qmd[^)]*\)", r"\1", self)
        return str(self)


def markdown(text: str) -> Markdown:
    """Display text as Markdown; common indentation is removed."""
    return Markdown(inspect.cleandoc(text))


def raw_html(text: str) -> Markdown:
    """Display HTML on a page.

    It stands in Markdown: for an output of HTML alone, Quarto would load two
    libraries from the web.
    """
    return Markdown(f"```{{=html}}\n{text}```\n")


def address_from_page(folder: str) -> str:
    """Return how a page leads to a folder of the project, escaped for HTML.

    A chapter runs in its own folder, and its page lies where it lies.
    """
    path = os.path.relpath(project_folder() / folder, Path.cwd())
    return html.escape(Path(path).as_posix())


def source(*things: Any) -> Markdown:
    """Display the code of functions or classes, docstrings shortened.

    Long code is folded. In a notebook, the code is a cell that can be edited.
    """
    code = _code(things)
    return (
        _folded(code, things) if code.count("\n") >= MAX_LINES else _fence(code)
    )


def folded_source(*things: Any) -> Markdown:
    """Display the code of functions or classes, folded, to look it up."""
    return _folded(_code(things), things)


def _code(things: Sequence[Any]) -> str:
    return "\n\n".join(
        shorten_docstrings(inspect.getsource(thing).rstrip())
        for thing in things
    )


def _fence(code: str) -> Markdown:
    return Markdown(f"```python\n{code}\n```")


def _folded(code: str, things: Sequence[Any]) -> Markdown:
    """Fold code on a page; a notebook need not know HTML."""
    if in_notebook():
        return _fence(code)
    names = ", ".join(f"<code>{thing.__name__}</code>" for thing in things)
    lines = code.count("\n") + 1
    summary = f"<summary>The source of {names}, {lines} lines</summary>"
    return Markdown(f"<details>\n{summary}\n\n{_fence(code)}\n\n</details>")


def escape(text: str) -> str:
    """Return a file or class name in which no character is Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", printable(text))


def table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], words: int = 1
) -> Markdown:
    """Return a Markdown table.

    Args:
        header: a word for each column.
        rows: a value for each column.
        words: how many columns are aligned left; the others are numbers, and
            aligned right.
    """
    alignment = [":--"] * words + ["--:"] * (len(header) - words)
    lines = [header, alignment, *rows]
    return Markdown(
        "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    )
