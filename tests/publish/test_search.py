"""The search index knows every section."""

import json

from projects import ALL, SHORT, read, words


def test_search_index_has_every_section_of_every_page(rendered, soup):
    entries = json.loads(read(rendered / "_site/search.json"))
    by_address = {entry["href"]: entry for entry in entries}
    assert len(by_address) == len(entries)
    headings = {f"{ALL}.html#{h['id']}" for h in soup.select("h2[id], h3[id]")}
    assert headings | {f"{ALL}.html", f"{SHORT}.html", "index.html"} <= set(
        by_address
    )
    deeper = by_address[f"{ALL}.html#sec-deep"]
    assert (deeper["title"], deeper["page"]) == ("Deeper", words(soup.h1))
    assert (
        "A plain table." in deeper["text"] and "Callouts" not in deeper["text"]
    )
    assert (
        "Everything that a chapter may use."
        in by_address[f"{ALL}.html"]["text"]
    )
