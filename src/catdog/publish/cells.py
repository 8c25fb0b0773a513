"""Code cells and their outputs, as the Markdown of a page."""

import base64
import re
from html import escape
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from catdog.publish.chapter import Chapter
from catdog.publish.execute import ANSI
from catdog.publish.pandoc import div, fenced, floating
from catdog.report import images

# What an output may hold; the first one that it has is shown.
MIME_TYPES = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/gif",
    "text/latex",
    "text/plain",
)
EQUATION = re.compile(
    r"\\begin\{(equation|align|gather)(\*?)\}(.*?)\\end\{\1\2\}", re.DOTALL
)
# Texts of objects that stand for a figure which is shown anyway.
FIGURE_OBJECTS = ("<matplotlib", "[<matplotlib", "<Figure")


def cell_markdown(
    chapter: Chapter, cell: NotebookNode, number: int, folder: Path | None
) -> str:
    """Return a code cell and its outputs as its options ask for.

    Args:
        chapter: where the cell stands.
        cell: the cell.
        number: its number on the page, from 1 on.
        folder: the page's folder, to which figures are written; None for a
            chapter that was not executed.
    """
    options = cell.metadata.options
    if options.get("include") is False:
        return ""
    label = str(options.get("label", ""))
    blocks = [_code(cell.source, options)] if options.get("echo", True) else []
    figures = f"{Path(chapter.name).stem}_files/figure-html/{label or f'cell-{number}'}"
    blocks += _outputs(cell, figures, options, folder)
    if options.get("output") == "asis" and not label:
        return "\n\n".join(blocks)
    if label.startswith("tbl-"):
        label = ""  # the table has it
    name = re.sub("^fig-", "cell-fig-", label)
    return div(f"#{name} .cell" if name else ".cell", *blocks)


def _code(source: str, options: dict[str, Any]) -> str:
    fold = options.get("code-fold")
    summary = escape(str(options.get("code-summary", "Code")))
    attributes = ".python .cell-code"
    if fold:
        attributes += f' code-fold="{fold}" code-summary="{summary}"'
    return fenced(source, f"{{{attributes}}}")


def _outputs(
    cell: NotebookNode,
    figures: str,
    options: dict[str, Any],
    folder: Path | None,
) -> list[str]:
    """Return what a cell put out; if it gets a caption, printed texts first."""
    shown = [
        (
            output.output_type,
            _output(output, f"{figures}-output-{count}", options, folder),
        )
        for count, output in enumerate(cell.outputs, 1)
        if _is_shown(output, options)
    ]
    printed = [text for origin, text in shown if origin == "stream"]
    displayed = [text for origin, text in shown if origin != "stream"]
    # What a cell leaves out needs no caption; before it runs, nobody knows.
    whole = floating(options, *displayed) if displayed or not folder else None
    return [*printed, whole] if whole else [text for _, text in shown]


def _is_shown(output: NotebookNode, options: dict[str, Any]) -> bool:
    is_warning = output.get("name") == "stderr"
    return options.get("output", True) and (
        not is_warning or options.get("warning", True)
    )


def _output(
    output: NotebookNode,
    figure: str,
    options: dict[str, Any],
    folder: Path | None,
) -> str:
    as_is = options.get("output") == "asis"
    if output.output_type == "stream":
        text = ANSI.sub("", output.text).rstrip("\n")
        if as_is and output.name == "stdout":
            return text
        return div(f".cell-output .cell-output-{output.name}", fenced(text))
    text = _display(output, figure, options, folder)
    return text if as_is else div(".cell-output .cell-output-display", text)


def _display(
    output: NotebookNode,
    figure: str,
    options: dict[str, Any],
    folder: Path | None,
) -> str:
    mime = next((mime for mime in MIME_TYPES if mime in output.data), "")
    data = output.data.get(mime, "")
    if mime.startswith("image/"):
        shown = output.get("metadata", {}).get(mime, {})
        options = {"fig-alt": shown.get("alt", ""), **options}
        return _figure(mime, data, figure, options, folder, shown.get("width"))
    if mime == "text/latex":
        return EQUATION.sub(_equation, data)
    if mime == "text/html":
        return fenced(data, "{=html}")
    if mime == "text/plain":
        stands_for_figure = data.startswith(FIGURE_OBJECTS)
        return "" if stands_for_figure else fenced(ANSI.sub("", data))
    return data


def _figure(
    mime: str,
    data: str,
    name: str,
    options: dict[str, Any],
    folder: Path | None,
    width: int | None = None,
) -> str:
    """Write a figure below the page's folder; return Markdown that shows it."""
    alt = escape(" ".join(str(options.get("fig-alt", "")).split()))
    attributes = f'fig-alt="{alt}"'
    if width:
        attributes += f" width={width}"
    if mime == "image/svg+xml":
        name, content = f"{name}.svg", data.encode()
    else:
        content = base64.b64decode(data)
        # Our filter computes the size on the page.
        attributes += " pixels={}x{}@{}".format(*images.resolution(content))
        name = f"{name}.{mime.removeprefix('image/')}"
    if mime == "image/png":
        name, content = f"{name[:-4]}.webp", images.webp(content)
    if folder:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return f"![]({name}){{{attributes}}}"


def _equation(match: re.Match[str]) -> str:
    """Return an environment of LaTeX as pandoc reads it between dollar signs."""
    kind, _, text = match.groups()
    if kind == "equation":
        return f"$${text.strip()}$$"
    return f"$$\\begin{{{kind}ed}}{text}\\end{{{kind}ed}}$$"
