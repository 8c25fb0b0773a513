"""Quarto renders, or the built-in renderer stands in."""

import os
import sys

import pytest
from projects import TUTORIAL, append, read, write

from catdog.publish import render
from catdog.publish.project import PublishError, read_settings
from catdog.publish.quarto_cli import version_range

posix = pytest.mark.skipif(
    os.name == "nt", reason="a shell script stands in for Quarto"
)


@pytest.fixture
def quarto(tmp_path, monkeypatch):
    """A Quarto that notes how it is called, and ends with the status 3 or 0."""
    program = tmp_path / "quarto"

    def install(version, fails=False):
        write(
            program,
            "#!/bin/sh\n"
            f'if [ "$1" = --version ]; then echo "{version}"; exit; fi\n'
            f'echo "$@" "$QUARTO_PYTHON" > {tmp_path}/arguments\n'
            f"exit {3 if fails else 0}\n",
        )
        program.chmod(0o755)
        monkeypatch.setenv("QUARTO_PATH", str(program))
        monkeypatch.delenv("QUARTO_PYTHON", raising=False)
        return tmp_path / "arguments"

    return install


def test_built_in_renderer_stands_in_for_quarto(draft, monkeypatch, caplog):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    index, renderer = render.build(draft)
    assert index.is_file() and renderer == "the built-in renderer"
    with pytest.raises(PublishError, match=r"Quarto is not installed: get it"):
        render.build(draft, "quarto")
    assert not caplog.messages


@posix
@pytest.mark.parametrize("fails", [False, True])
def test_quarto_renders_where_it_is_installed(draft, quarto, fails):
    arguments = quarto("1.6.40", fails)
    if fails:
        with pytest.raises(PublishError, match="Quarto could not render"):
            render.build(draft)
    else:
        assert render.build(draft)[1] == "Quarto"
    assert read(arguments).split() == ["render", str(draft), sys.executable]


@posix
def test_quarto_gets_what_only_quarto_knows(draft, quarto):
    write(draft / "notes/a.md", "# Words\n")
    write(draft / "_quarto.yml", "project: {render: [notes/]}\ncomments: x\n")
    quarto("1.6.40")
    assert render.build(draft)[1] == "Quarto"
    with pytest.raises(PublishError, match=r"only `\.qmd` files become pages"):
        render.build(draft, "built-in")


@posix
@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.5.57", "is Quarto 1.5.57, and _quarto.yml asks for >=1.6 <2"),
        ("2.0.0", "is Quarto 2.0.0, and _quarto.yml asks for >=1.6 <2"),
        ("", "does not tell its version"),
        ("new", "does not tell its version"),
    ],
)
def test_quarto_of_another_version_is_passed_over(
    draft, quarto, version, reason, caplog
):
    append(draft / "_quarto.yml", 'quarto-required: ">=1.6 <2"\n')
    arguments = quarto(version)
    assert render.build(draft)[1] == "the built-in renderer"
    (line,) = caplog.messages
    assert f"{reason}: the built-in renderer stands in." in line
    with pytest.raises(PublishError, match=rf"{reason}: get it from"):
        render.build(draft, "quarto")
    assert not arguments.exists()


@posix
@pytest.mark.parametrize("version", ["1.6.0", "1.10.19", "99.9.9"])
def test_quarto_of_a_right_version_is_used(draft, quarto, version):
    append(draft / "_quarto.yml", 'quarto-required: ">=1.6 <2"\n')
    quarto(version)
    assert render.build(draft)[1] == "Quarto"


def test_tutorial_says_which_versions_of_quarto_render_it():
    # Quarto reads a space between two bounds as "and", pip a comma.
    required = read_settings(TUTORIAL)["quarto-required"]
    assert "," not in required
    assert str(version_range(required)) in (">=1.6,<2", "<2,>=1.6")
