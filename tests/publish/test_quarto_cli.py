"""Quarto is looked for, and tried to install once: with real processes."""

import functools
import http.server
import os
import sys
import threading
import time

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from projects import read, write

from catdog.publish import quarto_cli
from catdog.publish.project import PublishError

NOWHERE = "http://127.0.0.1:9/"  # nothing listens on that port

posix = pytest.mark.skipif(
    os.name == "nt", reason="a shell script stands in for a program"
)


@pytest.fixture
def answering(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=folder
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    return tmp_path / "venv"


def python(code):
    return [sys.executable, "-c", code]


def script(path, text):
    write(path, f"#!/bin/sh\n{text}\n").chmod(0o755)
    return path


def installs(environment, text="echo 1.6.40"):
    """A command that installs a program, which does what `text` says."""
    program = environment / "bin" / "quarto"
    return python(
        f"import pathlib; p = pathlib.Path({str(program)!r});"
        f"p.write_text({f'#!/bin/sh{chr(10)}{text}{chr(10)}'!r}); p.chmod(0o755)"
    )


@posix
def test_quarto_is_installed_where_its_source_answers(environment, answering):
    program = quarto_cli.install_once(
        environment, installs(environment), answering
    )
    assert program == str(environment / "bin" / "quarto")
    assert quarto_cli.installed_quarto(environment) == program
    assert quarto_cli.quarto_version(program) == Version("1.6.40")


def test_nothing_is_installed_where_it_does_not_answer(environment):
    start = time.monotonic()
    install = installs(environment)
    assert quarto_cli.install_once(environment, install, NOWHERE) is None
    assert time.monotonic() - start < quarto_cli.SECONDS_TO_ANSWER + 5
    assert quarto_cli.installed_quarto(environment) is None


@pytest.mark.parametrize("end", ["exit(1)", "raise OSError"])
def test_an_attempt_is_made_once_however_it_ends(environment, answering, end):
    assert quarto_cli.install_once(environment, python(end), answering) is None
    install = installs(environment)
    assert quarto_cli.install_once(environment, install, answering) is None
    assert quarto_cli.installed_quarto(environment) is None


@posix
@pytest.mark.parametrize("text", ["exit 1", "echo words"])
def test_a_quarto_that_does_not_run_is_not_used(environment, answering, text):
    broken = installs(environment, text)
    assert quarto_cli.install_once(environment, broken, answering) is None


def test_an_attempt_is_bounded_in_time_and_leaves_no_process(
    environment, answering, monkeypatch, tmp_path
):
    monkeypatch.setattr(quarto_cli, "SECONDS_TO_INSTALL", 3)
    signs = tmp_path / "signs"
    child = (
        "import time\n"
        "while True:\n"
        f"    open({str(signs)!r}, 'a').write('alive ')\n"
        "    time.sleep(0.1)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert quarto_cli.install_once(environment, python(code), answering) is None
    before = read(signs)
    time.sleep(1)
    assert read(signs) == before


@posix
def test_on_windows_the_whole_tree_of_processes_ends(
    environment, answering, monkeypatch, tmp_path
):
    """A script stands in for Windows' own program."""
    notes = tmp_path / "notes"
    end = "import os, sys; os.killpg(int(sys.argv[1]), 9)"
    ends = f'echo "$@" > {notes}; {sys.executable} -c "{end}" "$4"'
    script(tmp_path / "programs/taskkill", ends)
    path = f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(quarto_cli, "SECONDS_TO_INSTALL", 0.5)
    monkeypatch.setattr(sys, "platform", "win32")
    sleeps = python("import time; time.sleep(60)")
    start = time.monotonic()
    assert quarto_cli.install_once(environment, sleeps, answering) is None
    assert time.monotonic() - start < 30
    assert read(notes).startswith("/F /T /PID ")


def test_pip_is_asked_for_a_version_in_the_range(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "base_prefix", "another")
    monkeypatch.setattr(quarto_cli, "installed_quarto", lambda _: None)
    commands = []
    monkeypatch.setattr(
        quarto_cli,
        "install_once",
        lambda _, command, source: commands.append(command),
    )
    assert quarto_cli.find_quarto(SpecifierSet(">=1.6,<2")) is None
    ((*_, package),) = commands
    assert package in ("quarto-cli>=1.6,<2", "quarto-cli<2,>=1.6")


def test_no_attempt_in_ci(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    monkeypatch.setattr(
        quarto_cli, "install_once", lambda *_: pytest.fail("tried")
    )
    monkeypatch.setattr(quarto_cli, "installed_quarto", lambda _: None)
    assert quarto_cli.find_quarto(SpecifierSet()) is None


@pytest.mark.parametrize(
    ("required", "versions"),
    [
        ("", ""),
        (">=1.6", ">=1.6"),
        (">=1.6 <2", ">=1.6,<2"),
        (">= 1.6  < 2 ", ">=1.6,<2"),
        (">=1.6 <2 || 99.9.9", ">=1.6,<2"),
    ],
)
def test_range_of_versions_is_read_as_quarto_reads_it(required, versions):
    assert quarto_cli.version_range(required) == SpecifierSet(versions)


@pytest.mark.parametrize("required", ["^1.6", "new", ">=1.6 || <1"])
def test_other_ranges_get_one_sentence(required):
    with pytest.raises(
        PublishError, match=r"write a range such as `>=1\.6 <2`"
    ):
        quarto_cli.version_range(required)
