"""`_quarto.yml` is read, and what is wrong with it gets one sentence."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import append, read, write

from catdog.errors import CatdogError
from catdog.publish.chapter import read_chapter
from catdog.publish.project import PublishError, read_project


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "_quarto.yml is missing"),
        ("project: [", "_quarto.yml: not valid YAML"),
        ("just words", "expected lines of the form"),
        (
            "project: {render: []}\nwebsite: {sidebar: {contents: [no.qmd]}}",
            "no.qmd",
        ),
        ("website: {sidebar: {contents: [{text: x}]}}", "an `href:`"),
        ("website: {sidebar: {contents: [3]}}", "an `href:`"),
        (
            "format: [html]",
            "`format: ['html']` is a form that is not supported",
        ),
        ("format: {html: [a]}", "`html: ['a']` is a form"),
        ("website: [a]", "lines of the form `key: value` below `website:`"),
        ("website: {sidebar: [{id: a}]}", "below `sidebar:`"),
        ("website: {sidebar: {contents: auto}}", "`contents: auto` is a form"),
        (
            "website: {sidebar: {contents: [{section: A, contents: auto}]}}",
            "write a line `- …` for each page below `contents:`",
        ),
        ("project: {render: index.qmd}", "below `render:`"),
    ],
)
def test_bad_settings_get_one_sentence(draft, settings, message):
    (draft / "_quarto.yml").unlink()
    if settings:
        write(draft / "_quarto.yml", settings)
    with pytest.raises(PublishError, match=re.escape(message)):
        read_project(draft)


def test_a_byte_order_mark_is_no_part_of_a_file(draft):
    for path in (draft / "_quarto.yml", draft / "index.qmd"):
        write(path, "\ufeff" + read(path))
    project = read_project(draft)
    assert project.pages == ["index.qmd"]
    assert read_chapter(project, "index.qmd").meta["title"] == "A page"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_get_one_sentence(draft, encoding):
    text = "---\ntitle: Ä\n---\n".encode(encoding)
    (draft / "index.qmd").write_bytes(text)
    line, byte = (2, "C4") if encoding == "latin-1" else (1, "FF")
    message = rf"index\.qmd:{line}: the byte 0x{byte} is not UTF-8: save the"
    with pytest.raises(PublishError, match=message):
        read_project(draft)


# Which pages there are


PAGES = (
    "index.qmd",
    "chapters/01.qmd",
    "chapters/02.qmd",
    "chapters/99-draft.qmd",
    "chapters/deep/03.qmd",
    "chapters/_include.qmd",
    "_old/04.qmd",
    ".hidden/05.qmd",
    "README.qmd",
    "node_modules/x/06.qmd",
    "post/chapters/07.qmd",
)


@pytest.mark.parametrize(
    ("render", "expected"),
    [
        # What Quarto 1.10 renders.
        ("[index.qmd]", "index"),
        ("[./index.qmd]", "index"),
        (
            "[chapters/]",
            "chapters/01 chapters/02 chapters/99-draft chapters/deep/03",
        ),
        (
            "[chapters]",
            "chapters/01 chapters/02 chapters/99-draft chapters/deep/03",
        ),
        (
            "['chapters/*.qmd', '!post/']",
            "chapters/01 chapters/02 chapters/99-draft",
        ),
        ("['/chapters/0*.qmd']", "chapters/01 chapters/02"),
        ("['chapters/**/*.qmd', '!0[12].qmd', '!99-*', '!0?.qmd']", ""),
        ("['*.qmd', '!chapters/']", "index"),
        ("['chapters/0*.qmd']", "chapters/01 chapters/02 post/chapters/07"),
        ("['{index,07}.qmd']", "index post/chapters/07"),
        (
            "['*.qmd', '!chapters/99-draft.qmd']",
            "chapters/01 chapters/02 chapters/deep/03 index post/chapters/07",
        ),
        (
            None,
            "chapters/01 chapters/02 chapters/99-draft chapters/deep/03 index "
            "post/chapters/07",
        ),
        ("[]", ""),
    ],
)
def test_render_chooses_pages_as_in_quarto(tmp_path, render, expected):
    for name in PAGES:
        write(tmp_path / name, "---\ntitle: A page\n---\n")
    line = f"render: {render}" if render else "title: x"
    write(tmp_path / "_quarto.yml", f"project:\n  {line}\n")
    pages = [name.removesuffix(".qmd") for name in read_project(tmp_path).pages]
    assert sorted(pages) == expected.split()


@given(st.lists(st.text("ab.*?{},/!-[]\\", min_size=1)))
def test_no_pattern_takes_in_what_is_no_page(folder_of_pages, patterns):
    settings = {"project": {"render": patterns}}
    write(folder_of_pages / "_quarto.yml", json.dumps(settings))
    try:
        found = set(read_project(folder_of_pages).pages)
    except PublishError:  # a pattern that takes in no page
        found = set()
    assert found <= {"a.qmd", "b/a.qmd"}


@pytest.fixture(scope="module")
def folder_of_pages(tmp_path_factory):
    """Two pages, and files that never are pages."""
    folder = tmp_path_factory.mktemp("pages")
    for name in (
        "a.qmd",
        "b/a.qmd",
        "b/_a.qmd",
        "_b/a.qmd",
        ".a/a.qmd",
        "a.txt",
    ):
        write(folder / name, "---\ntitle: A page\n---\n")
    return folder


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "project: {render: [inde.qmd]}",
            "`inde.qmd` below `render:` takes in no",
        ),
        (
            "project: {render: [index.qmd, notes/]}",
            "takes in notes/a.md, and only `.qmd` files become pages here: "
            'write `- "!notes/a.md"`',
        ),
        (
            "project: {render: [index.qmd, '!page.qmd']}\n"
            "website: {sidebar: {contents: [page.qmd]}}",
            "the sidebar has page.qmd, which `render:` leaves out",
        ),
    ],
)
def test_choices_that_lead_nowhere_get_one_sentence(draft, settings, message):
    write(draft / "notes/a.md", "# Words\n")
    write(draft / "page.qmd", "---\ntitle: A page\n---\n")
    write(draft / "_quarto.yml", settings)
    with pytest.raises(PublishError, match=re.escape(message)):
        read_project(draft)


@pytest.mark.parametrize(
    "written", ["html", "{html: default}", "{html: {toc: true}}"]
)
def test_the_one_format_may_be_written_in_any_way(draft, written):
    append(draft / "_quarto.yml", f"format: {written}\n")
    assert read_project(draft).settings.get("toc") == (
        True if "toc" in written else None
    )


def test_errors_are_for_the_command_line():
    assert (
        issubclass(PublishError, CatdogError) and PublishError("x").status == 2
    )
