"""Markdown for pages and notebooks."""

import dataclasses
import importlib
import inspect
import sys

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


FOLDED_SHORT = (
    "<details>\n<summary>The source of <code>short</code>, 8 lines</summary>\n\n"
    f"```python\n{SHORT}\n```\n\n</details>"
)


@pytest.fixture
def make_function(tmp_path, monkeypatch):
    """Write and import a function whose listing has so many lines."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(lines):
        module = f"listing_of_{lines}_lines"
        body = "".join(f"    x = {n}\n" for n in range(lines - 1))
        path = tmp_path / f"{module}.py"
        path.write_text(f"def long():\n{body}")
        monkeypatch.delitem(sys.modules, module, raising=False)
        return importlib.import_module(module).long

    return make


@pytest.mark.parametrize(
    ("lines", "folded"), [(49, False), (50, False), (51, True)]
)
def test_listings_of_more_than_50_lines_are_folded(
    make_function, lines, folded
):
    function = make_function(lines)
    code = inspect.getsource(function).rstrip()
    fenced = f"```python\n{code}\n```"
    assert markdown.source(function) == (
        f"<details>\n<summary>The source of <code>long</code>, {lines} lines"
        f"</summary>\n\n{fenced}\n\n</details>"
        if folded
        else fenced
    )


def test_a_folded_listing_names_all_that_it_holds(monkeypatch):
    monkeypatch.setattr(markdown, "MAX_LINES", 1)
    lines = SHORT.count("\n") + WITHOUT.count("\n") + 3
    assert markdown.source(short, without_docstring) == (
        "<details>\n<summary>The source of <code>short</code>, "
        f"<code>without_docstring</code>, {lines} lines</summary>\n\n"
        f"```python\n{SHORT}\n\n{WITHOUT}\n```\n\n</details>"
    )


def test_a_listing_to_look_up_is_folded_however_short():
    listing = markdown.folded_source(short)
    assert listing == FOLDED_SHORT and isinstance(listing, Markdown)


def test_no_listing_is_folded_in_a_notebook(make_function, in_notebook):
    function = make_function(60)
    code = inspect.getsource(function).rstrip()
    assert markdown.source(function) == f"```python\n{code}\n```"
    assert markdown.folded_source(short) == f"```python\n{SHORT}\n```"


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
