"""Markdown for pages and notebooks."""

import dataclasses

import pytest

from catdog.report import markdown
from catdog.report.markdown import Markdown


@pytest.fixture
def in_notebook(monkeypatch):
    monkeypatch.setattr(markdown, "in_notebook", lambda: True)


LINKS = "See [chapter 3](03-augmentation.qmd#sec-flip), or [Keras](https://keras.io)."


def test_links_between_pages_stay_on_a_page():
    assert Markdown(LINKS)._repr_markdown_() == LINKS


def test_links_between_pages_are_words_in_a_notebook(in_notebook):
    assert Markdown(LINKS)._repr_markdown_() == (
        "See chapter 3, or [Keras](https://keras.io)."
    )


def test_common_indentation_is_removed():
    text = markdown.markdown("""
        One line,
          and another.
    """)
    assert text == "One line,\n  and another."
    assert isinstance(text, Markdown)


def short(number):
    """Add one.

    Args:
        number: that one is added to.
    """

    def inner():
        """Return it.

        More words.
        """
        return number + 1

    return inner()


def without_docstring(number):
    return number


@dataclasses.dataclass
class Point:
    """A point.

    Attributes:
        x: from the left.
    """

    x: int

    @property
    def far(self):
        """Whether it is far away."""
        return self.x > 9


SHORT = '''\
def short(number):
    """Add one."""

    def inner():
        """Return it."""
        return number + 1

    return inner()'''
POINT = '''\
@dataclasses.dataclass
class Point:
    """A point."""

    x: int

    @property
    def far(self):
        """Whether it is far away."""
        return self.x > 9'''
WITHOUT = "def without_docstring(number):\n    return number"


@pytest.mark.parametrize(
    ("things", "code"),
    [
        ((short,), SHORT),
        ((Point,), POINT),
        ((without_docstring, short), f"{WITHOUT}\n\n{SHORT}"),
    ],
    ids=["function", "class", "two"],
)
def test_listings_keep_the_first_line_of_each_docstring(things, code):
    assert markdown.source(*things) == f"```python\n{code}\n```"


def test_long_listings_are_folded_on_a_page(monkeypatch):
    lines = SHORT.count("\n") + WITHOUT.count("\n") + 3
    things = short, without_docstring
    monkeypatch.setattr(markdown, "MAX_LINES", lines)
    listing = markdown.source(*things)
    assert listing.startswith("```python")
    monkeypatch.setattr(markdown, "MAX_LINES", lines - 1)
    assert markdown.source(*things) == (
        "<details>\n<summary>The source of <code>short</code>, "
        f"<code>without_docstring</code>, {lines} lines</summary>\n\n"
        f"{listing}\n\n</details>"
    )


def test_long_listings_are_whole_in_a_notebook(monkeypatch, in_notebook):
    monkeypatch.setattr(markdown, "MAX_LINES", 1)
    assert markdown.source(short) == f"```python\n{SHORT}\n```"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain words 7", "plain words 7"),
        ("a_b*c", r"a\_b\*c"),
        ("<b>[x](y)", r"\<b\>\[x\]\(y\)"),
        ("l\nm", r"l\\x0am"),
    ],
)
def test_no_character_of_a_name_is_markdown(name, text):
    assert markdown.escape(name) == text


@pytest.mark.parametrize(
    ("words", "alignment"),
    [(1, "| :-- | --: | --: |"), (3, "| :-- | :-- | :-- |")],
)
def test_tables_align_words_left_and_numbers_right(words, alignment):
    table = markdown.table(
        ["a", "b", "c"], [["x", 1, 2.5], ["", 3, "–"]], words
    )
    assert table.split("\n") == [
        "| a | b | c |",
        alignment,
        "| x | 1 | 2.5 |",
        "|  | 3 | – |",
    ]
