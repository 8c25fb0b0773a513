"""Pages: what `quarto render` makes of the chapters, where there is no Quarto."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import jinja2

from catdog.publish import colab_links, search, wheel
from catdog.publish.cells import cell_markdown
from catdog.publish.chapter import Chapter, read_chapter
from catdog.publish.execute import execute_all
from catdog.publish.links import SCRIPT, STYLE, check, html_name
from catdog.publish.pandoc import compose, div, pandoc
from catdog.publish.project import Project, PublishError, read_project
from catdog.report.palette import palette
from catdog.settings import assets_folder

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
            (assets_folder() / name).read_text(encoding="utf-8")
            for name in sources
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
    markdown = compose(
        chapter, lambda cell, n: cell_markdown(chapter, cell, n, folder)
    )
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
        loader=jinja2.FileSystemLoader(assets_folder()),
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
