"""The search index: what each section of a page says."""

from html.parser import HTMLParser

HEADINGS = {"h1", "h2", "h3"}
UNREAD = {"script", "style", "math"}


class _Sections(HTMLParser):
    """Splits a page's main part at its headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sections: list[dict[str, str]] = []
        self.reading, self.in_heading, self.unread = False, False, 0
        self.feed(text)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        values = dict(attrs)
        if tag == "h1" or (tag == "article" and self.sections):
            self.reading = True
        # A heading without an anchor cannot be linked to: it stays in its section.
        if tag == "h1" or (tag in HEADINGS and self.reading and "id" in values):
            name = values.get("id") or ""
            self.sections.append({"id": name, "title": "", "text": ""})
            self.in_heading = True
        if tag in UNREAD:
            self.unread += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS:
            self.in_heading = False
        if tag in UNREAD:
            self.unread -= 1
        if tag in ("header", "article"):
            self.reading = False
        if self.sections and self.reading:
            self.sections[-1]["text"] += " "

    def handle_data(self, data: str) -> None:
        if self.reading and self.sections and not self.unread:
            self.sections[-1]["title" if self.in_heading else "text"] += data


def sections(address: str, page: str) -> list[dict[str, str]]:
    """Return the entries that a page has in the index.

    Args:
        address: path of the page, relative to the site.
        page: the page, in HTML.

    Returns:
        A dictionary with `href`, `page`, `title` and `text` for each section.
        The first one is the page itself, with what stands before its first
        heading.
    """
    parts = _Sections(page).sections
    return [
        {
            "href": f"{address}#{part['id']}" if part["id"] else address,
            "page": parts[0]["title"].strip(),
            "title": part["title"].strip(),
            "text": " ".join(part["text"].split()),
        }
        for part in parts
    ]
