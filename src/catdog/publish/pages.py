"""Pages: what `quarto render` makes of the chapters, where there is no Quarto."""

import json
import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jinja2

from catdog._io import exclusive, write_folder_atomically
from catdog.publish import colab_links, fonts, search, wheel
from catdog.publish.cells import cell_markdown
from catdog.publish.chapter import Chapter, read_chapter
from catdog.publish.dialect import refuse_settings
from catdog.publish.execute import execute_all
from catdog.publish.links import (
    SCRIPT,
    STYLE,
    check_links,
    html_name,
    without_links_to_drafts,
)
from catdog.publish.pandoc import compose, convert, div
from catdog.publish.project import (
    Project,
    PublishError,
    read_project,
    read_source,
    texts,
)
from catdog.publish.serve import FOLDER
from catdog.report.palette import palette
from catdog.settings import assets_folder

INDEX = "search.json"
OFFER = ".notebook-offer"
FOOTNOTES = re.compile(r'(<section id="footnotes".*?>\s*)<hr />')
SOURCES = {STYLE: ("text.css", "frame.css"), SCRIPT: ("text.js", "frame.js")}
ACTIONS = {
    "edit": ("Edit this page", "{repo-url}/edit/{repo-branch}/{source}"),
    "source": ("View source", "{repo-url}/blob/{repo-branch}/{source}"),
    "issue": ("Report an issue", "{issue-url}"),
}


def render(root: Path) -> list[Path]:
    """Write the site of the project in `root` to its folder `_site`.

    Returns:
        The pages.

    Raises:
        PublishError: for whatever is wrong with a chapter. The site of before
            stays then.
        WheelError: if the package cannot be built.
    """
    project = read_project(root)
    refuse_settings(project)
    chapters = [read_chapter(project, name) for name in project.pages]
    wheel.bundle(project.root)
    run_scripts(project)
    offers = colab_links.read_offers(project.root)["lines"]
    # Without outputs at first: a wrong reference need not wait for the cells to run.
    drafts = {c.name: page(c, offer=offers.get(c.name)) for c in chapters}
    check_links(project, drafts)
    execute_all(chapters)
    target = project.root / FOLDER
    with exclusive(target), write_folder_atomically(target) as site:
        pages = {c.name: page(c, site, offers.get(c.name)) for c in chapters}
        for path in check_links(project, pages, site) | resources(project):
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / path, site / path)
        for name, text in pages.items():
            (site / html_name(name)).write_text(text, encoding="utf-8")
        write_shared_files(
            project,
            site,
            {html_name(name): text for name, text in pages.items()},
        )
    return [target / html_name(name) for name in pages]


def run_scripts(project: Project) -> None:
    """Run a project's `pre-render` scripts, as Quarto does.

    Raises:
        PublishError: with status 1 if one fails.
    """
    for script in project.pre_render:
        path = project.root / script
        if path.resolve() == Path(wheel.__file__).resolve():
            continue  # the package is built for all projects
        command = [sys.executable, str(path)]
        if subprocess.run(command, check=False, cwd=project.root).returncode:
            raise PublishError(f"{script} failed; it says why above.", 1)


def resources(project: Project) -> set[str]:
    """Return the paths of a project's `resources`: files that nothing links to."""
    return {
        path.relative_to(project.root).as_posix()
        for pattern in project.resources
        for path in project.root.glob(pattern)
        if path.is_file()
    }


def page(
    chapter: Chapter, site: Path | None = None, offer: str | None = None
) -> str:
    """Return a chapter as a page, in HTML.

    Args:
        chapter: the chapter, executed or not.
        site: folder of the site, to which its figures are written. None for a
            chapter that was not executed.
        offer: the line at its top that offers the notebook, in Markdown.
    """
    folder = site / Path(chapter.name).parent if site else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    markdown = compose(
        chapter,
        lambda cell, number: cell_markdown(chapter, cell, number, folder),
    )
    if offer:
        markdown = with_offer(markdown, offer)
    folders = [path for path in (folder, chapter.folder) if path]
    contents, _, body = convert(markdown, "html", folders).partition(
        "<!-- text -->"  # written by filter.lua
    )
    project = chapter.project
    previous_page, next_page = _neighbors(project, chapter.name)
    up = "../" * chapter.name.count("/")
    return _template().render(
        chapter=chapter,
        title=convert(str(chapter.meta["title"]), "plain").strip(),
        project=project,
        website=project.website,
        toc=contents if chapter.settings.get("toc") else "",
        body=without_links_to_drafts(
            project,
            chapter.name,
            FOOTNOTES.sub(r"\1<h2>Footnotes</h2>", body),
        ),
        actions=source_actions(project, chapter.name),
        previous=previous_page,
        next=next_page,
        url=lambda path: up + html_name(path),
    )


def with_offer(markdown: str, offer: str) -> str:
    """Put the line that offers a notebook where a page wants it, else at its top."""
    place, line = f"::: {{{OFFER}}}\n:::", div(OFFER, offer)
    if place in markdown:
        return markdown.replace(place, line)
    return f"{line}\n\n{markdown}"


def source_actions(project: Project, name: str) -> list[tuple[str, str]]:
    """Return what a reader may do with a page's source, as (text, address).

    It takes `repo-url` and `repo-actions` in `_quarto.yml`.
    """
    website = project.website
    if not website.get("repo-url"):
        return []
    address = website["repo-url"].rstrip("/")
    parts = {
        "repo-url": address,
        "repo-branch": website.get("repo-branch") or "main",
        "source": posixpath.join(website.get("repo-subdir") or "", name),
        "issue-url": website.get("issue-url") or f"{address}/issues/new",
    }
    return [
        (ACTIONS[action][0], ACTIONS[action][1].format_map(parts))
        for action in texts(website, "repo-actions")
        if action in ACTIONS
    ]


def write_shared_files(
    project: Project, site: Path, pages: dict[str, str]
) -> None:
    """Write what all pages of a site share: style, script and search index.

    Args:
        project: whose fonts they use, if there are any.
        site: folder of the site.
        pages: the pages' HTML by their paths, relative to `site`.
    """
    (site / "assets").mkdir(exist_ok=True)
    faces = project.root / fonts.STYLE
    colors = [css_colors(), *([read_source(faces)] if faces.exists() else [])]
    for path, sources in SOURCES.items():
        parts = colors if path == STYLE else []
        parts += [
            (assets_folder() / name).read_text(encoding="utf-8")
            for name in sources
        ]
        (site / path).write_text("\n".join(parts), encoding="utf-8")
    lines = [
        json.dumps(entry, ensure_ascii=False)
        for address, text in pages.items()
        for entry in search.sections(address, text)
    ]
    index = "[\n" + ",\n".join(lines) + "\n]\n"
    (site / INDEX).write_text(index, encoding="utf-8")


def css_colors() -> str:
    """Return the palette as CSS variables, each for light and for dark."""
    lines = [
        f"  --{name}: light-dark({light}, {dark});"
        for name, (light, dark) in palette().items()
    ]
    return "\n".join([":root {", "  color-scheme: light dark;", *lines, "}"])


def _neighbors(
    project: Project, name: str
) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """Return the sidebar's entries before and after a page, if there are any."""
    entries = [entry for _, entries in project.sidebar for entry in entries]
    paths = [path for path, _ in entries]
    if name not in paths or not project.website.get("page-navigation"):
        return None, None
    around = [None, *entries, None]
    position = 1 + paths.index(name)
    return around[position - 1], around[position + 1]


def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets_folder()),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    ).get_template("page.html.j2")
