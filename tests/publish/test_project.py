"""`_quarto.yml` is read, and what is wrong with it gets one sentence."""

import re

import pytest
from projects import write

from catdog.errors import CatdogError
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
    ],
)
def test_bad_settings_get_one_sentence(draft, settings, message):
    (draft / "_quarto.yml").unlink()
    if settings:
        write(draft / "_quarto.yml", settings)
    with pytest.raises(PublishError, match=re.escape(message)):
        read_project(draft)


def test_errors_are_for_the_command_line():
    assert (
        issubclass(PublishError, CatdogError) and PublishError("x").status == 2
    )
