"""What not all readers of a chapter understand is refused, with its line."""

import re
from pathlib import Path

import pytest
from projects import FIXTURE, TUTORIAL, read, write

from catdog.publish import pages
from catdog.publish.dialect import (
    ALLOWED,
    ANY,
    HARMLESS,
    HONORED,
    OPTIONS,
    SETTINGS,
    TEXT,
    elements,
    refuse_unknown,
    unknown_settings,
)
from catdog.publish.project import FRONT_MATTER, PublishError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ok\n\n````python\nx\n````", 7),
        ("~~~\nx\n~~~", 5),
        ('```{.bash filename="x"}\nmake\n```', 5),
        ("```{mermaid}\na --> b\n```", 5),
        ("```python numbers\nx\n```", 5),
        ("- item\n\n    ```{python}\n    1\n    ```", 7),
        ("::: {.callout-note}\n\n```{python}\n1\n```\n:::", 7),
        ("{{< video x.mp4 >}}", 5),
        ("a {{< include x.qmd >}}", 5),
        ("<div>\nx\n</div>", 5),
        ("<!-- a remark -->", 5),
        ("Inline `{python} 1 + 1` code", 5),
        ("[words]{.red}", 5),
        ("# A second title", 5),
        ("#### Too deep", 5),
        ("## A heading {.unnumbered}", 5),
        ("::: callout-note\nx\n:::", 5),
        ("::: {.callout-note}\nx", 5),
        ("```python\nx", 5),
        ("```r\nx\n```", 6),
        ("Some ~~struck~~ words", 5),
        ("a. first\nb. second", 5),
        ("A term\n:   and its meaning", 5),
        ("ok\n\n| A line block", 7),
        ("```{python}\n#| layout-ncol: 2\n1\n```", 6),
        ("```{python}\n#| label: x\n#| echo: fenced\n1\n```", 7),
        ("```{python}\n1  # <1>\n2  # <2>\n```\n\n1. One.\n\nMore.", 7),
        ("```{python}\n1\n2  # <1>\n```\n\nWords.\n\n1. One.", 7),
        ("```python\n1  # <0>\n```\n\n1. One.", 6),
        ("```{python}\n#| eval: [1]\n1\n```", 6),
    ],
)
def test_what_only_one_of_the_readers_understands_is_refused(draft, text, line):
    page = draft_page(draft, text=text)
    assert line in [number for number, _ in refuse_unknown(page)]
    with pytest.raises(PublishError, match=f"^page.qmd:{line}: "):
        pages.render(draft)


def test_annotated_code_needs_an_item_for_each_number(draft):
    code = "```{python}\n1  # <1>\n2  #<2>\n3  # <2>\n```"
    items = "1. One,\n   in lines\nlazy ones.\n\n   And more.\n\n2. Two."
    text = f"{code}\n\n{items}\n\n{code}\n{items}\n\n## More"
    assert refuse_unknown(draft_page(draft, text=text)) == []


def test_a_page_without_a_notebook_may_have_cells_in_divs(draft):
    text = "::: {.quiet}\n\n```{python}\n1\n```\n:::"
    refused = [
        len(refuse_unknown(draft_page(draft, matter, text)))
        for matter in ("", "notebook: no\n", "a: |\n  notebook: false\n")
    ]
    assert refused == [1, 0, 2]  # the setting `a` is one of the two


def draft_page(project, matter="", text="Words."):
    """A page in a project of its own, with more in its front matter."""
    write(project / "_quarto.yml", "project: {render: [page.qmd]}\n")
    page = project / "page.qmd"
    return write(page, f"---\n{matter}title: A page\n---\n\n{text}\n")


@pytest.mark.parametrize(
    "folder", [FIXTURE, TUTORIAL], ids=["fixture", "tutorial"]
)
def test_chapters_keep_to_what_all_readers_understand(folder):
    paths = [folder / "index.qmd", *sorted(folder.glob("chapters/*.qmd"))]
    assert len(paths) > 2
    assert [(path.name, refuse_unknown(path)) for path in paths] == [
        (path.name, []) for path in paths
    ]


def test_fixture_uses_every_allowed_construct_and_no_other():
    used = set()
    for path in sorted(FIXTURE.rglob("*.qmd")):
        text = FRONT_MATTER.sub("", path.read_text(encoding="utf-8"))
        used |= {name for name, _ in elements(text)}
    assert used == ALLOWED


# Settings


# All that Quarto 1.10 documents for pages in HTML and cells in Python.
QUARTO = read(Path(__file__).parent / "quarto_settings.txt").split()


@pytest.mark.parametrize("name", [n for n in QUARTO if "#" not in n])
def test_every_setting_of_quarto_is_honored_harmless_or_refused(name):
    parts = [f"{'  ' * i}{part}:" for i, part in enumerate(name.split("."))]
    refused = unknown_settings("\n" + "\n".join(parts) + " no such value")
    if SETTINGS.get(name) in (ANY, TEXT):
        assert refused == []
    else:
        ((line, reason),) = refused
        assert line == 1 + len(parts) and f"`{name}" in reason


def test_every_option_of_cells_is_honored_or_refused(draft):
    options = [name.removeprefix("#|") for name in QUARTO if "#" in name]
    assert set(OPTIONS) <= set(options)
    for name in set(options) - set(OPTIONS):
        text = f"```{{python}}\n#| {name}: x\n1\n```"
        ((line, reason),) = refuse_unknown(draft_page(draft, text=text))
        assert line == 6 and f"`{name}`" in reason


def test_the_table_of_settings_names_settings_of_quarto_or_ours():
    ours = {"draft", "notebook", "colab-minutes"}
    written_so = {"format", "format.html", "include-after-body.text"}
    assert SETTINGS.keys() - set(QUARTO) == ours | written_so
    assert not HONORED.keys() & HARMLESS.keys()


@pytest.mark.parametrize(
    ("settings", "line", "setting"),
    [
        ("project:\n  type: book", 2, "project.type: book"),
        ("project:\n  post-render: x.py", 2, "project.post-render"),
        (
            "website:\n  navbar:\n    left: [index.qmd]",
            3,
            "website.navbar.left",
        ),
        ("website:\n  search:\n    type: overlay", 3, "website.search.type"),
        (
            "website:\n  comments:\n    giscus: {repo: a/b}",
            2,
            "website.comments",
        ),
        ("website:\n  draft-mode: visible", 2, "website.draft-mode: visible"),
        ("format:\n  pdf: default", 2, "format.pdf"),
        ("format:\n  html:\n    toc-depth: 2", 3, "toc-depth: 2"),
        (
            "format:\n  html:\n    css: [assets/text.css, a.css]",
            3,
            "css: a.css",
        ),
        ("format:\n  html:\n    filters: [x.lua]", 3, "filters: x.lua"),
        ("filters:\n  - assets/offer.lua\n  - x.lua", 3, "filters: x.lua"),
        ("include-after-body:\n  - x.html", 2, "include-after-body: x.html"),
        ("\nlang: de", 2, "lang: de"),
        ("bibliography: x.bib", 1, "bibliography"),
        ("execute:\n  echo: fenced", 2, "execute.echo: fenced"),
        ("execute:\n  freeze: true", 2, "execute.freeze: true"),
        ("jupyter: ir", 1, "jupyter: ir"),
        ("jupyter:\n  kernelspec: {name: python3}", 2, "jupyter.kernelspec"),
        ("profile:\n  default: x", 1, "profile"),
    ],
)
def test_settings_that_only_quarto_knows_are_refused_with_their_line(
    draft, settings, line, setting
):
    write(draft / "_quarto.yml", settings)
    message = f"_quarto.yml:{line}: only Quarto knows the setting `{setting}`: "
    with pytest.raises(PublishError, match=f"^{re.escape(message)}"):
        pages.render(draft)


def test_front_matters_are_held_to_the_same_settings(draft):
    page = draft_page(
        draft, "toc: true\nauthor: Somebody\nbibliography:\n - a\n"
    )
    assert [line for line, _ in refuse_unknown(page)] == [3, 4]


@pytest.mark.parametrize(
    "name", ["_quarto.yml.local", "chapters/_metadata.yml", "_brand.yml"]
)
def test_other_files_with_settings_are_refused_by_name(draft, name):
    write(draft / name, "toc: true\n")
    write(draft / "_quarto.yml", "project: {render: [index.qmd, chapters/]}")
    write(draft / "chapters/a.qmd", "---\ntitle: A page\n---\n")
    with pytest.raises(
        PublishError, match=f"^{name}: only Quarto reads settings"
    ):
        pages.render(draft)


def test_our_own_projects_have_settings_for_both_renderers():
    for folder in (FIXTURE, TUTORIAL):
        assert unknown_settings(read(folder / "_quarto.yml")) == []
