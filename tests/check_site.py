"""Check a rendered site: `python tests/check_site.py _site`. Exit status 1 if anything
is wrong, with a line for each fault.

It looks at what a reader would stumble over: missing pages, dead links, leftover
markup, failed cells, pictures without words.
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
PAGES = [
    "index.html",
    *sorted(
        f"chapters/{path.stem}.html"
        for path in (ROOT / "chapters").glob("*.qmd")
    ),
]
LEFTOVERS = [
    r":::",
    r"\{\{<",
    r"\?@",
    r"@(fig|tbl|sec)-",
    r"\{#",
    r"\]\{\.",
    r"#\|",
    r"Traceback",
    r"\{python\}",
]


def faults(site: Path) -> list[str]:
    """One line for each fault of a site; none if it is well."""
    found = [
        f"{page}: the page is missing"
        for page in PAGES
        if not (site / page).exists()
    ]
    pages = {
        page: BeautifulSoup(
            (site / page).read_text(encoding="utf-8"), "html.parser"
        )
        for page in PAGES
        if (site / page).exists()
    }
    for page, soup in pages.items():
        for check in (
            leftover_markup,
            repeated_ids,
            wordless_pictures,
            failed_cells,
            noise,
        ):
            found += [f"{page}: {fault}" for fault in check(soup)]
        found += [f"{page}: {fault}" for fault in dead_links(site, page, pages)]
    return found


def leftover_markup(soup) -> list[str]:
    text = BeautifulSoup(str(soup), "html.parser")
    for element in text(["script", "style", "pre", "code"]):
        element.decompose()
    return [
        f"leftover markup {match[0]!r}"
        for pattern in LEFTOVERS
        for match in re.finditer(pattern, text.get_text(" "))
    ]


def repeated_ids(soup) -> list[str]:
    ids = [element["id"] for element in soup.body.find_all(id=True)]
    return [
        f"id {name!r} stands {ids.count(name)} times"
        for name in sorted(set(ids))
        if ids.count(name) > 1
    ]


def wordless_pictures(soup) -> list[str]:
    main = soup.find("main") or soup
    return [
        f"no alternative text for {image.get('src', '')[:60]}"
        for image in main.find_all("img")
        if not image.get("alt")
    ]


def failed_cells(soup) -> list[str]:
    return ["a cell failed" for _ in soup.select(".cell-output-error")]


def noise(soup) -> list[str]:
    # Without the published weights, the pages say so; nothing else belongs there.
    said = [part.get_text() for part in soup.select(".cell-output-stderr")]
    return [f"noise: {text[:60]!r}" for text in said if "weights" not in text]


def dead_links(site: Path, page: str, pages: dict) -> list[str]:
    found = []
    for element in pages[page].find_all(["a", "img", "link", "script"]):
        address = element.get("href") or element.get("src") or ""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not address or address == "#":
            continue
        target = (
            (site / page).parent / unquote(parts.path)
            if parts.path
            else site / page
        )
        name = target.resolve().relative_to(site.resolve()).as_posix()
        if not target.exists():
            found.append(f"dead link to {address}")
        elif (
            parts.fragment
            and name in pages
            and not pages[name].find(id=unquote(parts.fragment))
        ):
            found.append(f"dead anchor {address}")
    return found


if __name__ == "__main__":
    problems = faults(Path(sys.argv[1]))
    print("\n".join(problems) or f"{len(PAGES)} pages, no fault")
    sys.exit(bool(problems))
