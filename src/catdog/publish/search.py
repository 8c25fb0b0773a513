"""The search index: what each section of a page says."""

from html.parser import HTMLParser

HEADINGS = {"h1", "h2", "h3"}
UNREAD = {"script", "style", "math"}


class _Sections(HTMLParser):
    """Splits a page's main part at its headings."""

    def __init__(self, text: str):
        super().__init__()
        self.found = []
        self.reading, self.title, self.unread = False, False, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "h1" or (tag == "article" and self.found):
            self.reading = True
        # A heading without an anchor cannot be linked to: it stays in its section.
        if tag == "h1" or (tag in HEADINGS and self.reading and "id" in values):
            self.found.append(
                {"id": values.get("id", ""), "title": "", "text": ""}
            )
            self.title = True
        if tag in UNREAD:
            self.unread += 1

    def handle_endtag(self, tag):
        if tag in HEADINGS:
            self.title = False
        if tag in UNREAD:
            self.unread -= 1
        if tag in ("header", "article"):
            self.reading = False
        if self.found and self.reading:
            self.found[-1]["text"] += " "

    def handle_data(self, data):
        if self.reading and self.found and not self.unread:
            self.found[-1]["title" if self.title else "text"] += data


def sections(address: str, page: str) -> list[dict[str, str]]:
    """A page as entries of the index: `href`, `page`, `title` and `text`.

    The first entry is the page itself, with what stands before its first heading.
    """
    found = _Sections(page).found
    return [
        {
            "href": f"{address}#{part['id']}" if part["id"] else address,
            "page": found[0]["title"].strip(),
            "title": part["title"].strip(),
            "text": " ".join(part["text"].split()),
        }
        for part in found
    ]
