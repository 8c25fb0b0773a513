"""Links: every address and anchor of a page must lead somewhere."""

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from catdog.publish.project import Project, PublishError

# What every page needs, and the renderer writes.
SHELL = STYLE, SCRIPT = "assets/site.css", "assets/site.js"


class _Addresses(HTMLParser):
    """The ids of a page, and the addresses it points to."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.targets = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.targets += [
            values[key] for key in ("href", "src") if values.get(key)
        ]


def check(
    project: Project,
    pages: dict[str, str],
    site: Path | None = None,
) -> set[str]:
    """Follow the links of all pages; return the project's files that they point to.

    Raises PublishError for unresolved references, dead links and repeated ids.
    """
    found = {html_name(name): _Addresses(text) for name, text in pages.items()}
    needed, faults = set(), []
    for name, addresses in zip(pages, found.values(), strict=True):
        ids = addresses.ids
        for repeated in dict.fromkeys(i for i in ids if ids.count(i) > 1):
            faults.append(
                f"{_place(project, name, repeated)}: {repeated} stands twice"
            )
        for address in dict.fromkeys(addresses.targets):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            folder = posixpath.dirname(name)
            path = posixpath.normpath(
                posixpath.join(folder, unquote(parts.path))
            )
            path = path if parts.path else html_name(name)
            anchor = unquote(parts.fragment)
            place = _place(
                project, name, address.replace(".html", ".qmd").strip("#")
            )
            if path in found:
                if anchor and anchor not in found[path].ids:
                    faults.append(
                        f"{place}: {anchor} is not on the page {path}"
                    )
            elif (project.root / path).is_file():
                needed.add(path)
            elif path not in SHELL and not (site and (site / path).is_file()):
                faults.append(f"{place}: {address} leads nowhere")
    if faults:
        raise PublishError("\n".join(f"{fault}." for fault in faults))
    return needed


def html_name(name: str) -> str:
    """The page of a chapter, both relative to the project."""
    return (
        name.removesuffix(".qmd") + ".html" if name.endswith(".qmd") else name
    )


def _place(project: Project, name: str, words: str) -> str:
    lines = (project.root / name).read_text(encoding="utf-8").splitlines()
    exact = re.compile(re.escape(words) + r"(?![\w-])")
    numbers = [
        number for number, line in enumerate(lines, 1) if exact.search(line)
    ]
    return f"{name}:{numbers[-1]}" if numbers else name
