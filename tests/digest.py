"""What a page says, whoever rendered it.

`python tests/digest.py site-a site-b` prints what differs between two sites.

A digest leaves out what only one of the renderers has: its frame's own buttons,
classes, widths, and the file format of a figure.
"""

import copy
import difflib
import json
import posixpath
import re
import sys
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

# Buttons, decorations and notes to screen readers that belong to the frame.
FRAME = "button, script, style, annotation, .callout-icon-container, dialog"
TITLES = ".callout-title, .callout > summary, .callout-header"
CALLOUTS = ("note", "tip", "warning", "important", "caution")


def words(element) -> str:
    """The text of an element, with its spaces evened out."""
    return " ".join(element.get_text().replace("\u00a0", " ").split())


def digest(site: Path, page: str) -> dict:
    """A page as plain data: see the keys below."""
    text = (site / page).read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    folder = posixpath.dirname(page)
    main = copy.copy(soup.find("main"))
    for element in main.select(FRAME):
        element.decompose()
    navigation = _navigation(soup, folder)
    for element in main.select("nav, header, .toc, #quarto-margin-sidebar"):
        element.decompose()
    return {
        "title": words(soup.title),
        "language": soup.html.get("lang"),
        "heading": words(soup.h1),
        "description": words(
            soup.select_one(".description") or NavigableString("")
        ),
        **navigation,
        "headings": [
            f"{h.name} {words(h)} #{_id(h)}"
            for h in main.select("h2, h3")
            if _id(h)
        ],
        "figures": [_figure(figure) for figure in main.find_all("figure")],
        "images": [image.get("alt", "") for image in main.find_all("img")],
        "tables": [
            [[words(cell) for cell in row(["th", "td"])] for row in table("tr")]
            for table in main.find_all("table")
        ],
        "callouts": [_callout(callout) for callout in main.select(".callout")],
        "code": [_code(pre) for pre in main.find_all("pre")],
        "folded": [
            (words(d.summary), d.has_attr("open"))
            for d in main.select("details:not(.callout)")
        ],
        "links": [
            (words(a), _target(a["href"], folder))
            for a in main.select("a[href]:not(.code-annotation-anchor)")
            if not a.get("aria-hidden")
        ],
        "anchors": _anchors(main),
        "text": _text(main),
        "footer": _footer(soup),
    }


def _navigation(soup, folder: str) -> dict:
    def links(choice):
        return [
            (words(a), _target(a["href"], folder))
            for a in soup.select(choice)
            if a.get("href")
        ]

    return {
        "sidebar": links(".sidebar-navigation a.sidebar-link, .sidebar.fold a"),
        "sections": [
            words(e)
            for e in soup.select(
                ".sidebar-item-section > div > .sidebar-link, .sidebar.fold nav > p"
            )
        ],
        "contents": links("#TOC a.nav-link, .toc nav a"),
        "crumbs": links(".quarto-title-breadcrumbs a, .crumbs a"),
        "turn": [
            (
                words(a).removeprefix("Previous ").removeprefix("Next "),
                _target(a["href"], folder),
            )
            for a in soup.select(".page-navigation a, .turn a")
        ],
        "actions": list(dict.fromkeys(links(".toc-actions a, .actions a"))),
    }


def _id(heading) -> str:
    section = heading.find_parent("section")
    return heading.get("id") or (section.get("id", "") if section else "")


def _anchors(main) -> list[str]:
    """The anchors that a link may point to: of sections, figures and tables."""
    label = re.compile(r"^(sec|fig|tbl)-[\w-]+$")
    ids = [element["id"] for element in main.find_all(id=True)]
    return sorted(
        {name for name in ids if label.match(name) and "caption" not in name}
    )


def _figure(figure) -> dict:
    labelled = figure if figure.get("id") else figure.find_parent(id=True)
    label = labelled["id"] if labelled else ""
    label = label if label.startswith(("fig-", "tbl-")) else ""
    caption = figure.find("figcaption")
    return {
        "label": label,
        "caption": words(caption) if caption else "",
        "alt": [image.get("alt", "") for image in figure.find_all("img")],
    }


def _callout(callout) -> dict:
    name = next(c for c in CALLOUTS if f"callout-{c}" in callout["class"])
    collapsed = callout.name == "details" or callout.select_one(
        ".callout-collapse"
    )
    title = callout.select_one(
        ".callout-title-container, .callout-title, summary"
    )
    return {
        "type": name,
        "folded": bool(collapsed),
        "title": words(title)
        .removeprefix(name.title())
        .removeprefix(":")
        .strip(),
        "links": len(callout.find_all("a")),
    }


def _code(pre) -> str:
    classes = [
        *pre.get("class", []),
        *(pre.code.get("class", []) if pre.code else []),
    ]
    languages = [c for c in classes if c in ("python", "bash", "text")]
    lines = [
        line.rstrip() for line in pre.get_text().split("\n") if line.strip()
    ]
    return "\n".join([f"[{languages[0] if languages else ''}]", *lines])


def _target(address: str, folder: str) -> str:
    if re.match(r"[a-z]+:", address) or address.startswith("#"):
        return address
    return posixpath.normpath(posixpath.join(folder, address))


def _footer(soup) -> str:
    footer = copy.copy(soup.select_one("footer"))
    for repeated in footer.select(".toc-actions"):
        repeated.decompose()
    return words(footer)


def _text(main) -> list[str]:
    """The words of the page in reading order: a line for each block."""
    for title in main.select(TITLES):
        title.decompose()
    blocks = main.find_all(
        ["p", "li", "h2", "h3", "figcaption", "td", "th", "pre", "dt", "dd"]
    )
    own = [b for b in blocks if not b.find(["p", "li", "td"])]
    return [words(block) for block in own if words(block)]


def difference(one: dict, other: dict) -> list[str]:
    """The lines in which two digests differ."""
    lines = [
        json.dumps(d, indent=1, ensure_ascii=False).splitlines()
        for d in (one, other)
    ]
    return [
        line
        for line in difflib.unified_diff(*lines, lineterm="", n=1)
        if not line.startswith(("---", "+++"))
    ]


if __name__ == "__main__":
    first, second = map(Path, sys.argv[1:3])
    names = {
        p.relative_to(site).as_posix()
        for site in (first, second)
        for p in [site / "index.html", *(site / "chapters").glob("*.html")]
    }
    differing = 0
    for name in sorted(names):
        changed = difference(digest(first, name), digest(second, name))
        differing += len(changed)
        print(f"{name}: {len(changed)} lines differ", *changed, sep="\n  ")
    sys.exit(bool(differing))
