"""Both renderers say the same: held to what Quarto pages of the fixture project."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from digest import difference, digest
from projects import FIXTURE, copy_fixture, read, write

RECORDED = FIXTURE / "quarto.json"
NAMES = ["index.html", "chapters/01-all.html", "chapters/02-short.html"]


@pytest.mark.parametrize("name", NAMES)
def test_built_in_page_says_what_quartos_page_said(rendered, name):
    recorded = json.loads(read(RECORDED))
    assert (
        difference(as_json(digest(rendered / "_site", name)), recorded[name])
        == []
    )


@pytest.mark.skipif(
    not shutil.which("quarto"), reason="the Quarto CLI is not installed"
)
def test_quarto_still_makes_the_recorded_pages(tmp_path):
    folder = copy_fixture(tmp_path / "project")
    settings = {
        "QUARTO_PYTHON": sys.executable,
        "FIXTURE_SET": "from-environment",
    }
    done = subprocess.run(
        ["quarto", "render", str(folder)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "WARN: " not in done.stderr
    pages = {name: as_json(digest(folder / "_site", name)) for name in NAMES}
    if "UPDATE_RECORDED" in os.environ:  # by hand, when the fixture has changed
        text = json.dumps(pages, indent=1, ensure_ascii=False)
        write(RECORDED, text + "\n")
    recorded = json.loads(read(RECORDED))
    assert pages == recorded


def as_json(page: dict) -> dict:
    return json.loads(json.dumps(page))
