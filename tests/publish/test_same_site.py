"""Both renderers say the same: held to what Quarto made of the fixture project."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from digest import difference, digest
from test_pages import FIXTURE, copy_fixture

from catdog.publish import pages
from catdog.publish.dialect import ALLOWED, elements
from catdog.publish.project import FRONT_MATTER

RECORDED = FIXTURE / "quarto.json"
NAMES = ["index.html", "chapters/01-all.html", "chapters/02-short.html"]


@pytest.fixture(scope="module")
def built_in(tmp_path_factory):
    folder = copy_fixture(tmp_path_factory.mktemp("same") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIXTURE_SET", "from-environment")
        pages.render(folder)
    return folder / "_site"


def test_fixture_uses_every_allowed_construct_and_no_other():
    used = set()
    for path in sorted(FIXTURE.rglob("*.qmd")):
        text = FRONT_MATTER.sub("", path.read_text(encoding="utf-8"))
        used |= {name for name, _ in elements(text)}
    assert used == ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_built_in_page_says_what_quartos_page_said(built_in, name):
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert difference(as_json(digest(built_in, name)), recorded[name]) == []


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
    made = {name: as_json(digest(folder / "_site", name)) for name in NAMES}
    if "UPDATE_RECORDED" in os.environ:  # by hand, when the fixture has changed
        text = json.dumps(made, indent=1, ensure_ascii=False)
        RECORDED.write_text(text + "\n", encoding="utf-8")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert made == recorded


def as_json(page: dict) -> dict:
    return json.loads(json.dumps(page))
