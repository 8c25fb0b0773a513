"""The site on this machine: served, and stopped without a trace."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from catdog import cli

COMMAND = "import sys; from catdog import cli; sys.exit(cli.main(sys.argv[1:]))"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_site/assets").mkdir(parents=True)
    (tmp_path / "_site/index.html").write_text("Hello", encoding="utf-8")
    (tmp_path / "_site/assets/a.wasm").write_bytes(b"\0asm")
    return tmp_path


def start(project):
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "serve", "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    return process, re.fullmatch(r"Open (\S+) \(Ctrl-C stops\)\n", line)[1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_site_until_it_is_stopped(project, number):
    process, address = start(project)
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"Hello"
        assert answer.headers["Cache-Control"] == "no-cache"
    with urllib.request.urlopen(f"{address}assets/a.wasm") as answer:
        assert answer.headers["Content-Type"] == "application/wasm"
    process.send_signal(number)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_without_a_site(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["serve"]) == 2
    assert "run `catdog render` first" in capsys.readouterr().err


@pytest.mark.parametrize("taken", [True, False])
def test_a_port_that_cannot_be_had(project, monkeypatch, capsys, taken):
    monkeypatch.chdir(project)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1] if taken else 70_000
        assert cli.main(["serve", "--port", str(port)]) == 2
    assert f"Port {port} cannot be had" in capsys.readouterr().err
