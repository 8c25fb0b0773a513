"""Check a rendered site, whoever rendered it: `python tests/check_site.py _site`.

It looks at what a reader would stumble over: missing pages, dead links, leftover
markup, failed cells, images without words. Exit status 1 if anything is wrong,
with a line for each fault.
"""

import os
import sys
import tempfile
from pathlib import Path

from bs4 import BeautifulSoup

from catdog.publish.dialect import MARKUP, leftovers
from catdog.publish.links import dead_links, repeated_ids

TUTORIAL = Path(__file__).parents[1]
PAGES = [
    "index.html",
    *sorted(
        f"chapters/{path.stem}.html" for path in TUTORIAL.glob("chapters/*.qmd")
    ),
]
LEFTOVERS = MARKUP | {"an error": r"Traceback", "a cell": r"\{python\}"}
# Where the site is made is nobody's business.
PLACES = sorted(
    f"{place}{os.sep}"
    for place in {
        Path.home(),
        Path(tempfile.gettempdir()),
        Path(sys.prefix),
        TUTORIAL,
    }
)
# Elements whose text is code, or not shown: LaTeX behind a formula, say.
NO_PROSE = ["script", "style", "pre", "code", "annotation"]


def faults(site, pages=PAGES):
    """One line for each fault of a site; none if it is well."""
    missing = [page for page in pages if not (site / page).exists()]
    texts = {
        page: (site / page).read_text(encoding="utf-8")
        for page in pages
        if page not in missing
    }
    return [
        *(f"{page}: the page is missing" for page in missing),
        *(
            f"{page}: {fault}"
            for page, text in texts.items()
            for fault in page_faults(text)
        ),
        *(
            f"{link.page}: dead link to {link.address}"
            for link in dead_links(texts, lambda path: (site / path).exists())
        ),
    ]


def page_faults(text):
    """What is wrong with a page, given as HTML, apart from its links."""
    soup = BeautifulSoup(text, "html.parser")
    return [
        *(f"id {name!r} is repeated" for name in repeated_ids(text)),
        *machine_paths(text),
        *images_without_words(soup),
        *failed_cells(soup),
        *noise(soup),
        *leftover_markup(soup),
    ]


def machine_paths(text):
    return [
        f"a path of this machine: {place}" for place in PLACES if place in text
    ]


def images_without_words(soup):
    main = soup.find("main") or soup
    return [
        f"no alternative text for {image.get('src', '')[:60]}"
        for image in main.find_all("img")
        if not image.get("alt")
    ]


def failed_cells(soup):
    return ["a cell failed" for _ in soup.select(".cell-output-error")]


def noise(soup):
    # Without the published weights, the pages say so; nothing else belongs there.
    texts = [part.get_text() for part in soup.select(".cell-output-stderr")]
    return [f"noise: {text[:60]!r}" for text in texts if "weights" not in text]


def leftover_markup(soup):
    """Look for markup; changes the soup."""
    for element in soup(NO_PROSE):
        element.decompose()
    return [
        f"{what} is left: {match}"
        for what, match in leftovers(soup.get_text(" "), LEFTOVERS)
    ]


if __name__ == "__main__":
    problems = faults(Path(sys.argv[1]))
    print("\n".join(problems) or f"{len(PAGES)} pages, no fault")
    sys.exit(bool(problems))
