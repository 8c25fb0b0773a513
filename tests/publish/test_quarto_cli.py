"""Quarto is looked for, and tried to install once: with real processes."""

import functools
import http.server
import sys
import threading
import time

import pytest

from catdog.publish import quarto_cli

NOWHERE = "http://127.0.0.1:9/"  # nothing listens on that port


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


def installs(environment, status=0):
    program = environment / "bin" / "quarto"
    return python(
        f"import pathlib; p = pathlib.Path({str(program)!r});"
        f"p.write_text('#!/bin/sh\\nexit {status}\\n'); p.chmod(0o755)"
    )


def test_quarto_is_installed_where_its_source_answers(environment, answering):
    found = quarto_cli.install_once(
        environment, installs(environment), answering
    )
    assert found == str(environment / "bin" / "quarto")
    assert quarto_cli.installed_quarto(environment) == found


def test_nothing_is_installed_where_it_does_not_answer(environment):
    start = time.monotonic()
    assert (
        quarto_cli.install_once(environment, installs(environment), NOWHERE)
        is None
    )
    assert time.monotonic() - start < quarto_cli.SECONDS_TO_ANSWER + 5
    assert quarto_cli.installed_quarto(environment) is None


@pytest.mark.parametrize("end", ["exit(1)", "raise OSError"])
def test_a_try_is_made_once_however_it_ends(environment, answering, end):
    assert quarto_cli.install_once(environment, python(end), answering) is None
    assert (
        quarto_cli.install_once(environment, installs(environment), answering)
        is None
    )
    assert quarto_cli.installed_quarto(environment) is None


def test_a_quarto_that_does_not_run_is_not_used(environment, answering):
    broken = installs(environment, status=1)
    assert quarto_cli.install_once(environment, broken, answering) is None


def test_a_try_is_bounded_in_time(
    environment, answering, monkeypatch, tmp_path
):
    monkeypatch.setattr(quarto_cli, "SECONDS_TO_INSTALL", 3)
    late = tmp_path / "late"
    child = f"import time; time.sleep(6); open({str(late)!r}, 'w')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert quarto_cli.install_once(environment, python(code), answering) is None
    time.sleep(5)
    assert not late.exists()  # what the command had started ended with it


def test_no_try_in_ci(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(
        quarto_cli, "install_once", lambda *_: pytest.fail("tried")
    )
    monkeypatch.setattr(quarto_cli, "installed_quarto", lambda _: None)
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    assert quarto_cli.find_quarto() is None
