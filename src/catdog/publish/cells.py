"""Code cells and their outputs, as the Markdown of a page."""

import base64
import re
from html import escape
from pathlib import Path

from catdog.publish import images
from catdog.publish.chapter import Chapter
from catdog.publish.execute import ANSI
from catdog.publish.pandoc import div, fenced, floating

MIME_TYPES = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "text/plain",
)


def cell_markdown(
    chapter: Chapter, cell, number: int, folder: Path | None
) -> str:
    project = chapter.project
    options = {"code-fold": False, "code-summary": "Code"} | project.html
    options |= project.execute | (chapter.meta.get("execute") or {})
    options |= cell.metadata.options
    if options.get("include") is False:
        return ""
    blocks, label = [], str(options.get("label", ""))
    if options.get("echo", True):
        fold, summary = (
            options["code-fold"],
            escape(str(options["code-summary"])),
        )
        fold = f' code-fold="{fold}" code-summary="{summary}"' if fold else ""
        blocks.append(fenced(cell.source, "{.python .cell-code" + fold + "}"))
    name = f"{Path(chapter.name).stem}_files/figure-html/{label or f'cell-{number}'}"
    shown = []
    for count, output in enumerate(cell.outputs, 1):
        unwanted = output.get("name") == "stderr" and not options.get(
            "warning", True
        )
        if options.get("output", True) and not unwanted:
            shown.append(
                _output(output, f"{name}-output-{count}", options, folder)
            )
    displays = [text for kind, text in shown if kind == "display"]
    whole = floating(options, *displays)
    if whole:
        shown = [item for item in shown if item[0] != "display"] + [
            ("display", whole)
        ]
    blocks += [text for _, text in shown]
    if options.get("output") == "asis" and not label:
        return "\n\n".join(blocks)
    name = (
        "" if label.startswith("tbl-") else re.sub("^fig-", "cell-fig-", label)
    )
    return div(f"#{name} .cell" if name else ".cell", *blocks)


def _output(
    output, name: str, options: dict, folder: Path | None
) -> tuple[str, str]:
    asis = options.get("output") == "asis"
    if output.output_type == "stream":
        text = ANSI.sub("", output.text).rstrip("\n")
        if asis and output.name == "stdout":
            return "text", text
        return "text", div(
            f".cell-output .cell-output-{output.name}", fenced(text)
        )
    mime = next((mime for mime in MIME_TYPES if mime in output.data), None)
    data = output.data.get(mime, "")
    if mime == "text/plain":
        drawn = data.startswith(("<matplotlib", "[<matplotlib", "<Figure"))
        text = "" if drawn else fenced(ANSI.sub("", data))
    elif mime == "text/html":
        text = fenced(data, "{=html}")
    elif mime in ("image/png", "image/svg+xml"):
        alt = escape(" ".join(str(options.get("fig-alt", "")).split()))
        attributes = f'fig-alt="{alt}"'
        if mime == "image/png":
            picture = base64.b64decode(data)
            width, height = images.size(picture)
            attributes += f' width="{width}" height="{height}"'
            name, written = f"{name}.webp", images.webp(picture)
        else:
            name, written = f"{name}.svg", data.encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(written)
        text = f"![]({name}){{{attributes}}}"
    else:
        text = data
    return "display", text if asis else div(
        ".cell-output .cell-output-display", text
    )
