"""`_quarto.yml` is read, and what is wrong with it gets one sentence."""

import re

import pytest
from projects import read, write

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
        ("format: html", "`format: html` is a form that is not supported"),
        ("format: {html: default}", "`html: default` is a form"),
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


def test_other_encodings_get_one_sentence(draft):
    (draft / "index.qmd").write_bytes("---\ntitle: Ä\n---\n".encode("latin-1"))
    with pytest.raises(PublishError, match=r"index\.qmd is not in UTF-8: save"):
        read_chapter(read_project(draft), "index.qmd")


def test_errors_are_for_the_command_line():
    assert (
        issubclass(PublishError, CatdogError) and PublishError("x").status == 2
    )
