"""Quarto renders, or the built-in renderer stands in."""

import sys

import pytest
from projects import read, write

from catdog.publish import render
from catdog.publish.project import PublishError


def test_built_in_renderer_stands_in_for_quarto(draft, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    index, renderer = render.build(draft)
    assert index.is_file() and renderer == "the built-in renderer"
    with pytest.raises(PublishError, match="Quarto is not installed"):
        render.build(draft, "quarto")


@pytest.mark.parametrize("status", [0, 1])
def test_quarto_renders_where_it_is_installed(
    draft, tmp_path, monkeypatch, status
):
    program = tmp_path / "quarto"
    arguments = f'echo "$@" "$QUARTO_PYTHON" > {tmp_path}/arguments'
    write(program, f"#!/bin/sh\n{arguments}; exit {status}\n")
    program.chmod(0o755)
    monkeypatch.setenv("QUARTO_PATH", str(program))
    monkeypatch.delenv("QUARTO_PYTHON", raising=False)
    if status:
        with pytest.raises(PublishError, match="Quarto could not render"):
            render.build(draft)
    else:
        assert render.build(draft)[1] == "Quarto"
    assert read(tmp_path / "arguments").split() == [
        "render",
        str(draft),
        sys.executable,
    ]
