"""What comes through npm is what was asked for, or nothing."""

import os
import re
import sys
import tarfile
from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from catdog.errors import CatdogError
from catdog.publish import fonts, npm
from catdog.report.faces import FILES
from catdog.settings import assets_folder

PACKAGE = npm.Package("@someone/package", "1.2.3", "another")
NAME = "someone-package-1.2.3.tgz"
OF_MATPLOTLIB = Path(mpl.get_data_path(), "fonts", "ttf")

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
    with pytest.raises(CatdogError, match=r"is not @someone/package 1\.2\.3"):
        npm.fetch(PACKAGE)
    assert list(cache.iterdir()) == []


@posix
def test_an_npm_that_fails(cache, monkeypatch, tmp_path):
    own_npm(monkeypatch, tmp_path, "exit 1")
    with pytest.raises(CatdogError, match="cannot fetch @someone/package"):
        npm.fetch(PACKAGE)


@posix
def test_what_is_in_the_cache_is_not_fetched_again(
    cache, monkeypatch, tmp_path
):
    calls = tmp_path / "calls"
    right = tmp_path / "right.tgz"
    content = tmp_path / "a.txt"
    content.write_text("right", encoding="utf-8")
    with tarfile.open(right, "w:gz") as archive:
        archive.add(content, "package/files/a.txt")
    own_npm(monkeypatch, tmp_path, f"cp {right} {NAME}; echo x >> {calls}")
    package = PACKAGE._replace(integrity=npm.integrity(right))
    names = {"files/a.txt": "b.txt"}
    assert npm.read_files(package, names) == {"b.txt": b"right"}
    assert npm.fetch(package) == npm.fetch(package) == cache / NAME
    assert calls.read_text() == "x\n"
    (cache / NAME).write_text("spoiled", encoding="utf-8")
    assert npm.read_files(package, names) == {"b.txt": b"right"}


def test_without_npm_the_cure_is_named(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CatdogError, match=r"catdog-tutorial\[demo\]"):
        npm.fetch(PACKAGE)


def test_without_npm_pages_have_no_fonts_of_their_own(
    cache, monkeypatch, tmp_path
):
    (tmp_path / "assets" / "fonts").mkdir(parents=True)
    (tmp_path / "assets" / "fonts" / "old.woff2").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert "npm is missing" in fonts.build(tmp_path)
    assert (tmp_path / fonts.STYLE).read_text() == ""
    assert list((tmp_path / fonts.FOLDER).iterdir()) == []


def test_style_sheet_names_each_file_of_a_face():
    sheet = fonts.style_sheet(["some-face-italic.woff2", "license.txt"])
    assert sheet.startswith(
        '@font-face { font-family: "Some Face"; font-style: italic; '
        "font-weight: 200 800; font-display: swap; "
        'src: url("fonts/some-face-italic.woff2") format("woff2"); }\n'
    )
    assert sheet.count("local(") >= len(fonts.STAND_INS)


def test_stand_ins_have_the_height_of_the_face_and_a_place_in_the_style_sheet():
    sheet = fonts.style_sheet(["some-face-normal.woff2"])
    rules = re.findall(
        r'"([^"]+) Stand-in".*size-adjust: ([\d.]+)%; '
        r"ascent-override: ([\d.]+)%; descent-override: ([\d.]+)%",
        sheet,
    )
    assert len(rules) == len(fonts.STAND_INS)
    style = (assets_folder() / "text.css").read_text(encoding="utf-8")
    for family, *numbers in rules:
        assert f'"{family} Stand-in"' in style
        size, ascent, descent = (float(number) / 100 for number in numbers)
        # Browsers multiply both with the size.
        assert size * ascent == pytest.approx(fonts.ASCENT, abs=0.001)
        assert size * descent == pytest.approx(fonts.DESCENT, abs=0.001)


@posix
def test_face_of_figures_is_as_large_as_matplotlibs(
    cache, monkeypatch, tmp_path
):
    package, packed = tmp_path / "package.tgz", tmp_path / "a.woff"
    another = TTFont(OF_MATPLOTLIB / "STIXGeneral.ttf")
    another.flavor = "woff"
    another.save(packed)
    with tarfile.open(package, "w:gz") as archive:
        for weight in FILES:
            name = f"{fonts.TEXT}-latin-{weight}-normal.woff"
            archive.add(packed, f"package/files/{name}")
    monkeypatch.setattr(fonts, "PACKAGES", {})
    own = PACKAGE._replace(integrity=npm.integrity(package))
    monkeypatch.setattr(fonts, "DRAWN", own)
    own_npm(monkeypatch, tmp_path, f"cp {package} {NAME}")
    assert fonts.build(tmp_path) == ""
    usual = heights(OF_MATPLOTLIB / "DejaVuSans.ttf")
    for file in FILES.values():
        assert heights(tmp_path / file) == pytest.approx(usual, abs=0.002)


def heights(path):
    """Return the heights of an x and of a line, as parts of the size."""
    font, bounds = TTFont(path), BoundsPen(None)
    font.getGlyphSet()["x"].draw(bounds)
    line = [getattr(font["OS/2"], name) for name in fonts.LINE]
    em = font["head"].unitsPerEm
    return [height / em for height in (bounds.bounds[3], *line)]
