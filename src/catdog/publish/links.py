"""Links: every address and anchor of a page must lead somewhere."""

import posixpath
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from catdog.publish.project import (
    START,
    Project,
    PublishError,
    read_source,
)

# What every page needs, and the renderer writes.
SHARED_FILES = STYLE, SCRIPT = "assets/site.css", "assets/site.js"

A = re.compile(r'<a [^>]*?\bhref="([^"#]*)[^>]*>(.*?)</a>', re.DOTALL)


class Link(NamedTuple):
    """A link from a page to something in the same site.

    Attributes:
        page: path of the page, relative to the site.
        address: the link as the page has it.
        path: path of what it leads to, relative to the site.
        anchor: the id that it leads to, or an empty text.
    """

    page: str
    address: str
    path: str
    anchor: str


class _Page(HTMLParser):
    """The ids of a page, and the addresses it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(
        self,
        tag: str,
        attrs: list[tuple[str, str | None]],
    ) -> None:
        for name, value in attrs:
            # Quarto's style sheets for light and for dark share an id.
            if name == "id" and tag != "link":
                self.ids.append(value or "")
            elif name in ("href", "src") and value:
                self.addresses.append(value)


def repeated_ids(page: str) -> list[str]:
    """Return each id that stands more than once in a page, given as HTML."""
    ids = _Page(page).ids
    return list(dict.fromkeys(name for name in ids if ids.count(name) > 1))


def dead_links(
    pages: dict[str, str], exists: Callable[[str], bool]
) -> list[Link]:
    """Return the links of a site that lead nowhere.

    Args:
        pages: the site's pages in HTML, by their paths.
        exists: says whether the site has a file, given its path.
    """
    parsed = {path: _Page(text) for path, text in pages.items()}
    return [
        link
        for path, page in parsed.items()
        for link in _links(path, page)
        if not _leads_somewhere(link, parsed, exists)
    ]


def linked_files(pages: dict[str, str]) -> set[str]:
    """Return the paths of all files that pages link to, other than pages.

    Args:
        pages: the pages in HTML, by their paths.
    """
    targets = {
        link.path
        for path, text in pages.items()
        for link in _links(path, _Page(text))
    }
    return targets - pages.keys()


def check_links(
    project: Project, pages: dict[str, str], site: Path | None = None
) -> set[str]:
    """Follow the links of all pages of a project.

    Args:
        project: the project.
        pages: its pages in HTML, by the names of their chapters.
        site: folder that has the figures of these pages.

    Returns:
        The project's files that the pages link to.

    Raises:
        PublishError: for dead links, unresolved references and repeated ids,
            and if there is no start page, to which every page links.
    """
    if START not in pages:
        raise PublishError(
            f"{project.root} has no start page: write {START}, which `render:` "
            "in _quarto.yml takes in, and which is no draft."
        )

    def exists(path: str) -> bool:
        return (
            path in SHARED_FILES
            or (project.root / path).is_file()
            or bool(site and (site / path).is_file())
        )

    by_path = {html_name(name): text for name, text in pages.items()}
    names = {html_name(name): name for name in pages}
    faults = [
        f"{_place(project, name, label)}: {label} stands twice"
        for name, text in pages.items()
        for label in repeated_ids(text)
    ]
    faults += [
        _fault(project, names[link.page], link, link.path in names)
        for link in dead_links(by_path, exists)
    ]
    if faults:
        raise PublishError("\n".join(f"{fault}." for fault in faults))
    return {
        path
        for path in linked_files(by_path)
        if (project.root / path).is_file()
    }


def without_links_to_drafts(project: Project, name: str, html: str) -> str:
    """Return a page in which links to drafts are plain words, as in Quarto.

    Args:
        project: the project.
        name: name of the page's chapter.
        html: the page.
    """
    drafts = {html_name(draft) for draft in project.drafts}

    def words(match: re.Match[str]) -> str:
        path = posixpath.join(posixpath.dirname(name), unquote(match[1]))
        return match[2] if posixpath.normpath(path) in drafts else match[0]

    return A.sub(words, html) if drafts else html


def html_name(name: str) -> str:
    """Return the page of a chapter; both are relative to the project."""
    return (
        name.removesuffix(".qmd") + ".html" if name.endswith(".qmd") else name
    )


def page_address(project: Project, name: str) -> str | None:
    """Return the web address of a page, if `website.site-url` is known."""
    site = project.website.get("site-url")
    return f"{site.rstrip('/')}/{html_name(name)}" if site else None


def _links(path: str, page: _Page) -> Iterator[Link]:
    for address in dict.fromkeys(page.addresses):
        parts = urlsplit(address)
        if not (parts.scheme or parts.netloc):
            target = posixpath.join(
                posixpath.dirname(path), unquote(parts.path)
            )
            yield Link(
                path,
                address,
                posixpath.normpath(target) if parts.path else path,
                unquote(parts.fragment),
            )


def _leads_somewhere(
    link: Link, pages: dict[str, _Page], exists: Callable[[str], bool]
) -> bool:
    if link.path in pages:
        return not link.anchor or link.anchor in pages[link.path].ids
    # What lies outside is not published with the site.
    return not link.path.startswith(("../", "/")) and exists(link.path)


def _fault(project: Project, name: str, link: Link, page_exists: bool) -> str:
    written = link.address.replace(".html", ".qmd").strip("#")
    place = _place(project, name, written)
    if page_exists:
        return f"{place}: {link.anchor} is not on the page {link.path}"
    return f"{place}: {link.address} leads nowhere"


def _place(project: Project, name: str, words: str) -> str:
    """Return a page's name, and the last line that has some words, if any."""
    lines = read_source(project.root / name).splitlines()
    exact = re.compile(re.escape(words) + r"(?![\w-])")
    numbers = [
        number for number, line in enumerate(lines, 1) if exact.search(line)
    ]
    return f"{name}:{numbers[-1]}" if numbers else name
