"""The first cell of a notebook gets the package in Colab; elsewhere it tells how."""

import os
from pathlib import Path

import nbformat
import pytest
from projects import (
    GITHUB,
    TUTORIAL,
    copy_with_package,
    execute_cells,
    read,
    write,
)

from catdog.publish import wheel
from catdog.publish.colab_links import Repository
from catdog.publish.first_cell import DISTRIBUTION, first_cell
from catdog.publish.project import read_project

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="a shell script stands in for pip"
)
COLAB = """
import pathlib, sys, types

def upload():
    pathlib.Path({uploaded!r}).write_text("uploaded")

files = types.SimpleNamespace(upload=upload)
sys.modules["google.colab"] = types.SimpleNamespace(files=files)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first-cell") / "project"
    return read_project(copy_with_package(folder))


def run(source, folder, uploaded="cat_dog-2-py3-none-any.whl", colab=True):
    """Run a first cell up to its import, with a pip that only takes notes.

    Returns what pip was asked to install, and what the cell printed.
    """
    pip = folder / "bin/pip"
    write(
        pip, f'#!/bin/sh\nfor last; do :; done; echo "$last" >> {folder}/pip\n'
    )
    pip.chmod(0o755)
    sources = [
        COLAB.format(uploaded=uploaded) if colab else "",
        source.partition("try:")[0],
    ]
    path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
    notebook = execute_cells(
        list(map(nbformat.v4.new_code_cell, sources)),
        folder,
        allow_errors=True,
        env=os.environ | {"PATH": path},
    )
    notes = folder / "pip"
    outputs = notebook.cells[1].outputs
    shown = [output.get("text") or output.get("evalue") for output in outputs]
    return read(notes).splitlines() if notes.exists() else [], "".join(shown)


def test_first_cell_installs_in_colab_only(project, tmp_path):
    source = first_cell(project, Repository(GITHUB))
    assert run(source, tmp_path / "here", colab=False) == ([], "")
    assert run(source, tmp_path / "colab") == ([f"git+{GITHUB}"], "")


@pytest.mark.parametrize(
    "copy",
    ["", " (1)", "-1", " 2", " copy"],
    ids=["right", "Chrome", "Safari", "Finder", "Files"],
)
def test_newest_wheel_beside_the_notebook_comes_first(project, tmp_path, copy):
    for version in ("0.9", "0.10"):
        name = f"cat_dog-{version}-py3-none-any{copy}.whl"
        write(tmp_path / name, f"version {version}")
    write(tmp_path / "other-3-py3-none-any.whl", "another package")
    (package,), shown = run(first_cell(project, Repository(GITHUB)), tmp_path)
    assert Path(package).name == "cat_dog-0.10-py3-none-any.whl"
    assert read(Path(package)) == "version 0.10" and not shown


def test_first_cell_without_an_address_asks_for_the_wheel(project, tmp_path):
    source = first_cell(project, None)
    uploaded = "cat_dog-2-py3-none-any (1).whl"
    (package,), shown = run(source, tmp_path, uploaded)
    assert Path(package).name == "cat_dog-2-py3-none-any.whl"
    assert read(Path(package)) == "uploaded"
    assert shown.startswith("Choose the file cat_dog-….whl")


def test_first_cell_stops_where_something_else_is_uploaded(project, tmp_path):
    packages, shown = run(first_cell(project, None), tmp_path, "notes.txt")
    assert packages == [] and "No package, no chapter." in shown


def run_without(source, folder, before=""):
    """Run a first cell where the package is missing; what the reader sees."""
    cells = [nbformat.v4.new_code_cell(text) for text in (before, source)]
    execute_cells(cells, folder, allow_errors=True)
    (failed,) = (o for o in cells[1].outputs if o.output_type == "error")
    assert failed.ename == "SystemExit" and len(failed.traceback) < 3
    return failed.evalue


@pytest.mark.parametrize("how", ["missing", "another project"])
def test_elsewhere_a_sentence_says_what_to_run(project, tmp_path, how):
    if how == "missing":
        before = "import sys\nsys.modules['catdog'] = None"
    else:
        write(tmp_path / "catdog.py", "")
        before = "import sys\nsys.path.insert(0, '')"
    said = run_without(
        first_cell(project, Repository(GITHUB)), tmp_path, before
    )
    assert said == (
        "The package of this tutorial is missing: run "
        f'`pip install "cat-dog @ git+{GITHUB}"`, then this cell.'
    )
    said = run_without(first_cell(project, None), tmp_path, before)
    assert said == (
        "The package of this tutorial is missing: run `pip install` with the "
        "path of cat_dog-….whl, which came with this notebook, then this cell."
    )


def test_elsewhere_an_installed_package_is_found(project, tmp_path):
    cells = [nbformat.v4.new_code_cell(first_cell(project, Repository(GITHUB)))]
    (output,) = execute_cells(cells, tmp_path).cells[0].outputs
    assert output.text.startswith("catdog ") and "Keras 3." in output.text


def test_the_tutorials_own_package_is_the_default():
    assert wheel.distribution(TUTORIAL) == DISTRIBUTION
