"""Figures have the face of the pages that show them, where it is there."""

import re
import shutil
from pathlib import Path

import matplotlib as mpl
import pytest

from catdog.report import figures
from catdog.report.faces import FILES

OF_MATPLOTLIB = Path(mpl.get_data_path(), "fonts", "ttf")


def drawn(names=("cat", "dog")):
    chart = figures.label_frequencies(dict.fromkeys(names, 1000))
    bundle, _ = chart._repr_mimebundle_()
    return bundle["image/svg+xml"]


def faces(svg):
    """Return the fonts that a figure has letters of."""
    return set(re.findall(r'<path id="([A-Za-z]+)\d*-', svg))


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A project that is being rendered, with another face in its fonts."""
    files = ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")
    for name, own in zip(files, FILES.values(), strict=True):
        (tmp_path / own).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(OF_MATPLOTLIB / name, tmp_path / own)
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    return tmp_path


def test_figure_of_a_page_has_the_face_of_the_page(project):
    assert faces(drawn()) == {"DejaVuSerif"}


def test_title_in_bold_has_the_bold_face(project, images):
    bundle, _ = figures.image_grid(images)._repr_mimebundle_()
    assert re.search(r'id="DejaVuSerif-Bold-', bundle["image/svg+xml"])


def test_letters_that_the_face_lacks_come_from_matplotlib(project):
    for own in FILES.values():
        shutil.copy(OF_MATPLOTLIB / "cmr10.ttf", project / own)
    assert faces(drawn(["кот", "dog"])) == {"Cmr", "DejaVuSans"}


def test_where_the_project_lies_changes_no_figure(
    project, monkeypatch, tmp_path_factory
):
    here = drawn()
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.move(project / "assets", elsewhere / "assets")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(elsewhere))
    assert drawn() == here


def test_figure_has_the_face_of_matplotlib_where_there_is_no_other(
    project, monkeypatch
):
    shutil.rmtree(project / "assets")
    without_fonts = drawn()
    assert faces(without_fonts) == {"DejaVuSans"}
    monkeypatch.delenv("QUARTO_PROJECT_DIR")
    assert drawn() == without_fonts


def test_notebook_in_the_project_draws_as_any_other(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("QUARTO_PROJECT_DIR")
    assert faces(drawn()) == {"DejaVuSans"}
