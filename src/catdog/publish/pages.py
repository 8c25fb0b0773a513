"""Pages: what `quarto render` makes of the chapters, where there is no Quarto."""

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path

import jinja2
import pypandoc

from catdog import assets
from catdog.publish import colab_links, images, search, wheel
from catdog.publish.chapter import (
    ANSI,
    Chapter,
    Project,
    PublishError,
    execute_all,
    read_chapter,
    read_project,
)
from catdog.publish.dialect import READER
from catdog.publish.links import SCRIPT, STYLE, check, html_name
from catdog.report.palette import palette

MIME_TYPES = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "text/plain",
)
INDEX = "search.json"
FOOTNOTES = re.compile(r'(<section id="footnotes".*?>\s*)<hr />')
SOURCES = {STYLE: ("text.css", "frame.css"), SCRIPT: ("text.js", "frame.js")}
ACTIONS = {
    "edit": ("Edit this page", "{repo-url}/edit/{repo-branch}/{page}"),
    "source": ("View source", "{repo-url}/blob/{repo-branch}/{page}"),
    "issue": ("Report an issue", "{repo-url}/issues/new"),
}


def render(
    root: Path,
    out: str = "_site",
    only: list[str] | None = None,
    jobs: int | None = None,
) -> list[Path]:
    """Write the site of the project in `root` to its folder `out`; return the pages.

    `only` names the pages to make anew, such as `["index.qmd"]`. Up to `jobs` chapters
    run side by side, by default one for each processor.

    Raises PublishError for whatever is wrong with a chapter. The folder `out` changes
    when all went well, and not before.
    """
    project = read_project(root)
    chapters = [read_chapter(project, name) for name in project.pages]
    wheel.build(project.root)
    lines = colab_links.written(project.root)["lines"]
    # Without outputs at first: a wrong reference need not wait for the cells to run.
    drafts = {c.name: page(c, offer=lines.get(c.name)) for c in chapters}
    check(project, drafts)
    unknown = set(only or ()) - drafts.keys()
    if unknown:
        raise PublishError(f"{unknown.pop()} is no page of this project.")
    chosen = [
        chapter for chapter in chapters if not only or chapter.name in only
    ]
    execute_all(chosen, jobs or os.cpu_count() or 1)
    target = project.root / out
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=f".{target.name}-"
    ) as work:
        site, old = Path(work, "new"), Path(work, "old")
        shutil.copytree(
            target, site
        ) if only and target.exists() else site.mkdir()
        fresh = {c.name: page(c, site, lines.get(c.name)) for c in chosen}
        for path in check(project, drafts | fresh, site):
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / path, site / path)
        for name, text in fresh.items():
            (site / html_name(name)).write_text(text, encoding="utf-8")
        there = [html_name(chapter.name) for chapter in chapters]
        write_shell(site, [name for name in there if (site / name).exists()])
        if target.exists():
            target.rename(old)
        site.rename(target)
    return [target / html_name(name) for name in fresh]


def write_shell(site: Path, pages: list[str]) -> None:
    """Write what all pages of a site share: style, script and search index."""
    (site / "assets").mkdir(exist_ok=True)
    for path, sources in SOURCES.items():
        parts = [
            (assets() / name).read_text(encoding="utf-8") for name in sources
        ]
        head = [colours()] if path == STYLE else []
        (site / path).write_text("\n".join(head + parts), encoding="utf-8")
    entries = [
        entry
        for name in pages
        for entry in search.sections(
            name, (site / name).read_text(encoding="utf-8")
        )
    ]
    lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    (site / INDEX).write_text(text, encoding="utf-8")


def colours() -> str:
    """The shared colours as CSS, each for light and for dark."""
    lines = [
        f"  --{name}: light-dark({light}, {dark});"
        for name, (light, dark) in palette().items()
    ]
    return "\n".join([":root {", "  color-scheme: light dark;", *lines, "}"])


def actions(project: Project, name: str) -> list[tuple[str, str]]:
    """What a reader may do with a page's source, as (text, address): needs
    `repo-url` and `repo-actions` in `_quarto.yml`.
    """
    website = {"repo-branch": "main"} | project.website
    if not website.get("repo-url"):
        return []
    known = (
        {"page": name} | website | {"repo-url": website["repo-url"].rstrip("/")}
    )
    wanted = website.get("repo-actions") or []
    chosen = [ACTIONS[action] for action in wanted if action in ACTIONS]
    return [(text, address.format_map(known)) for text, address in chosen]


def page(
    chapter: Chapter, site: Path | None = None, offer: str | None = None
) -> str:
    """The page of a chapter. With `site`, its figures are written below that folder.

    `offer` is the line at its top that offers the notebook, in Markdown.
    """
    folder = site / Path(chapter.name).parent if site else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    markdown = compose(chapter, lambda cell, n: _cell(chapter, cell, n, folder))
    if offer:
        markdown = div(".notebook-offer", offer) + "\n\n" + markdown
    places = [path for path in (folder, chapter.folder) if path]
    toc, _, body = pandoc(markdown, "html", places).partition("<!-- text -->")
    body = FOOTNOTES.sub(r"\1<h2>Footnotes</h2>", body)
    title = pandoc(str(chapter.meta["title"]), "plain").strip()
    project, name = chapter.project, chapter.name
    listed = [entry for _, entries in project.sidebar for entry in entries]
    here = next((i for i, (path, _) in enumerate(listed) if path == name), None)
    near = [None, None]
    if here is not None and project.website.get("page-navigation"):
        near = [
            listed[here - 1] if here else None,
            *listed[here + 1 : here + 2],
            None,
        ]
    shell = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets()),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    ).get_template("page.html.j2")
    up = "../" * name.count("/")
    return shell.render(
        chapter=chapter,
        title=title,
        project=project,
        website=project.website,
        toc=toc if project.html.get("toc") else "",
        body=body,
        actions=actions(project, name),
        previous=near[0],
        next=near[1],
        url=lambda path: up + html_name(path),
    )


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
    command += ["--wrap=none", "--lua-filter", assets() / "filter.lua"]
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


def _cell(chapter: Chapter, cell, number: int, folder: Path | None) -> str:
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
