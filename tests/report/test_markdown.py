"""Text and listings suit the place where they are shown."""

import pytest

from catdog.report import markdown, tables


@pytest.mark.parametrize(
    ("notebook", "shown"),
    [
        (False, "[one](a.qmd#b), [two](https://x.org)"),
        (True, "one, [two](https://x.org)"),
    ],
)
def test_links_from_page_to_page_become_words_in_a_notebook(
    monkeypatch, notebook, shown
):
    monkeypatch.setattr(markdown, "in_notebook", lambda: notebook)
    text = markdown.markdown("[one](a.qmd#b), [two](https://x.org)")
    assert text._repr_markdown_() == shown


@pytest.mark.parametrize("notebook", [False, True])
def test_long_listings_are_not_folded_in_a_notebook(monkeypatch, notebook):
    monkeypatch.setattr(markdown, "in_notebook", lambda: notebook)
    assert ("<details>" in markdown.source(tables)) != notebook
