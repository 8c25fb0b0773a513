"""What not all readers of a chapter understand is refused, with its line."""

import pytest
from projects import FIXTURE, TUTORIAL, write_draft

from catdog.publish import pages
from catdog.publish.dialect import ALLOWED, elements, refuse_unknown
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
    ],
)
def test_what_only_one_of_the_readers_understands_is_refused(draft, text, line):
    refused = refuse_unknown(write_draft(draft, text) / "index.qmd")
    assert line in [number for number, _ in refused]
    with pytest.raises(PublishError, match=f"^index.qmd:{line}: "):
        pages.render(draft)


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
