"""What comes through npm is what was asked for, or nothing."""

import os
import sys

import pytest

from catdog.demo import npm
from catdog.errors import CatdogError

PACKAGE = "@litertjs/wasm-utils"
NAME = f"litertjs-wasm-utils-{npm.VERSION}.tgz"

posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell script")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "npm"


def own_npm(monkeypatch, tmp_path, script):
    """An npm that does what a script says comes first on the PATH."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)


@posix
def test_another_package_is_refused_and_does_not_stay(
    cache, monkeypatch, tmp_path
):
    own_npm(monkeypatch, tmp_path, f"echo something else > {NAME}")
    with pytest.raises(CatdogError, match="is not @litertjs/wasm-utils"):
        npm.fetch(PACKAGE)
    assert list(cache.iterdir()) == []


@posix
def test_an_npm_that_fails(cache, monkeypatch, tmp_path):
    own_npm(monkeypatch, tmp_path, "exit 1")
    with pytest.raises(CatdogError, match="cannot fetch @litertjs/wasm-utils"):
        npm.fetch(PACKAGE)


@posix
def test_what_is_in_the_cache_is_not_fetched_again(
    cache, monkeypatch, tmp_path
):
    calls = tmp_path / "calls"
    own_npm(monkeypatch, tmp_path, f"echo right > {NAME}; echo x >> {calls}")
    right = tmp_path / "right"
    right.write_text("right\n", encoding="utf-8")
    monkeypatch.setitem(npm.PACKAGES, PACKAGE, npm.integrity(right))
    path = npm.fetch(PACKAGE)
    assert npm.fetch(PACKAGE) == path == cache / NAME
    assert calls.read_text() == "x\n"
    path.write_text("spoiled", encoding="utf-8")
    assert npm.fetch(PACKAGE).read_text() == "right\n"


def test_without_npm_the_cure_is_named(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CatdogError, match=r"catdog-tutorial\[demo\]"):
        npm.fetch(PACKAGE)
