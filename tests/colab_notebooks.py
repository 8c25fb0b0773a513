"""Run every notebook as Google Colab would: `make test-notebooks`.

A fresh virtual environment gets the wheel, and so what the package needs. Then
the package is taken out again: the notebooks' first cell has to bring it, from
the wheel alone. They run outside the checkout, on the built-in drawings, and
each `fit` for one epoch; the published records of photographs stand in.

The practice editions with their answers filled in hold all code of the chapters,
and so stand for them. Set `COLAB_ALL` to 1 to run the chapters' own notebooks as
well, and the one with all chapters: that takes twice as long. Set `COLAB_PYTHON`
to use another environment's Python instead, with other versions in it.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from packaging.utils import canonicalize_name

from catdog import models
from catdog.publish import notebooks, wheel
from catdog.publish.practice import ANSWERS, BLANK, CHECK, NOTE, fill_in

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "assets/notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
# With exercises: once with the answers filled in, once as they are.
PRACTICE = sorted(
    f"practice/{path.name}"
    for path in FOLDER.glob("practice/*.ipynb")
    if BLANK in path.read_text(encoding="utf-8").replace(NOTE, "")
)
WITH_BLANKS = [f"with-blanks/{name}" for name in PRACTICE]
FILLED_IN = [*(NAMES if os.environ.get("COLAB_ALL") else []), *PRACTICE]
# Here the reader hands the wheel over; elsewhere it lies beside the notebook.
UPLOADED = FILLED_IN[0]
# What a reader changes in a listing; the cells that it takes to see the effect.
LISTING = "02-first-model.ipynb"
CHANGE = "conv(16, 5, strides=2)", "conv(8, 5, strides=2)"
NEEDED = (
    "set-up-for-colab",
    "packages",
    "network-source",
    "compile-source",
    "model1-source",
)
# Cells that draw something where the real weights of MobileNetV2 are. In the
# notebook with all chapters, their names end with the chapter's number.
ONLY_WITH_WEIGHTS = re.compile(r"(base-filters|maps)(-\d+)?")
FIT = re.compile(r"^history = model\.fit\(", re.MULTILINE)
# The user's own, before the tests get another.
KERAS_HOME = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
MAX_OUTPUT = 20_000  # characters
DISTRIBUTION = wheel.distribution(ROOT)
GIVEN = ("tensorflow", "keras", "numpy")

COLAB = '''
import os, shutil

class files:
    """What a reader does who is asked for a file."""

    def upload():
        name = os.path.basename(os.environ["TEST_WHEEL"])
        shutil.copy(os.environ["TEST_WHEEL"], name)
        return {name: open(name, "rb").read()}
'''


class Executed(NamedTuple):
    """The notebooks with outputs, by name; what pip listed before and after."""

    notebooks: dict
    before: str
    after: str
    has_weights: bool


def pip(python, *words):
    command = [python, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A Python that lacks the package, and all that a kernel of it needs."""
    folder = tmp_path_factory.mktemp("colab")
    package = wheel.build(ROOT)
    python = os.environ.get("COLAB_PYTHON")
    if not python:
        command = [sys.executable, "-m", "venv", folder / "venv"]
        subprocess.run(command, check=True)
        python = folder / "venv/bin/python"
    pip(python, "install", "--quiet", "--no-compile", package, "ipykernel")
    # What Colab lacks is installed, and nothing else moves: take something out.
    pip(
        python,
        "download",
        "--quiet",
        "--no-deps",
        "tqdm",
        "-d",
        folder / "index",
    )
    pip(python, "uninstall", "--quiet", "--yes", DISTRIBUTION, "tqdm")
    (folder / "stand-in/google/colab").mkdir(parents=True)
    (folder / "stand-in/google/colab/__init__.py").write_text(COLAB)
    start = folder / "ipython/profile_default/startup"
    start.mkdir(parents=True)
    (start / "colab.py").write_text("import google.colab")
    (folder / "keras/models").mkdir(parents=True)
    for file in real_weights():
        (folder / "keras/models" / file.name).symlink_to(file)
    settings = {
        "CATDOG_CACHE": folder / "cache",
        "CATDOG_DATA": "drawings",
        "CATDOG_RUNS": folder / "runs",
        "CATDOG_TRAIN": 0,
        "IPYTHONDIR": folder / "ipython",
        "KERAS_HOME": folder / "keras",
        "MPLCONFIGDIR": folder / "matplotlib",
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_FIND_LINKS": folder / "index",
        "PIP_NO_INDEX": 1,
        "PYTHONPATH": folder / "stand-in",
        "TEST_WHEEL": package,
    }
    return folder, str(python), {k: str(v) for k, v in settings.items()}


def real_weights():
    """What this machine has of MobileNetV2. Without it, the weights are random
    where they cannot be downloaded, and a line says so.
    """
    return list(KERAS_HOME.glob("models/mobilenet_v2_*.h5"))


def kernels_of(python):
    """What starts kernels of another Python than the one that tests."""
    words = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = KernelSpec(argv=[python, *words], language="python")
    return type("Kernels", (AsyncKernelManager,), {"kernel_spec": spec})


def read(name):
    """A notebook; its answers are filled in, unless its blanks are to stay."""
    path = FOLDER / name.removeprefix("with-blanks/")
    notebook = nbformat.read(path, as_version=4)
    return notebook if name in WITH_BLANKS else fill_in(notebook)


def execute(world, name, notebook):
    """The notebook with its outputs, executed in a folder of that name."""
    folder, python, settings = world
    content = folder / "content" / name
    content.mkdir(parents=True)
    if name != UPLOADED:
        shutil.copy(settings["TEST_WHEEL"], content)
    client = NotebookClient(
        notebook,
        kernel_manager_class=kernels_of(python),
        resources={"metadata": {"path": str(content)}},
        timeout=600,
        allow_errors=True,  # so that each test tells its own
        extra_arguments=["--log-level=ERROR"],
    )
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CATDOG_", "TF_", "QUARTO_"))
    }
    client.execute(env=environment | settings)
    nbformat.write(notebook, content / Path(name).name)
    return notebook


@pytest.fixture(scope="session")
def executed(world):
    """All notebooks, executed: the first one alone, since it installs."""
    versions = pip(world[1], "freeze")
    done = {UPLOADED: execute(world, UPLOADED, read(UPLOADED))}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = [*FILLED_IN[1:], *WITH_BLANKS]
        rest = pool.map(lambda name: execute(world, name, read(name)), names)
        done |= dict(zip(names, rest, strict=True))
    after = pip(world[1], "freeze")
    return Executed(done, versions, after, bool(real_weights()))


def outputs(notebook):
    """`(cell's id, stream or type, text)` of all outputs, images aside."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield cell.id, output.name, output.text
            elif output.output_type in ("display_data", "execute_result"):
                for mime, text in output.data.items():
                    if not mime.startswith("image/"):
                        yield cell.id, mime, text
            else:
                yield cell.id, "error", "\n".join(output.traceback)


def code_of(name):
    """The code of a notebook, without what a practice edition adds to it."""
    added = ANSWERS, CHECK.split("\n", maxsplit=1)[0]
    return [
        cell.source
        for cell in read(name).cells
        if cell.cell_type == "code" and not cell.source.startswith(added)
    ]


def test_practice_editions_hold_all_code_of_the_chapters():
    chapters = [name for name in NAMES if name[0].isdigit()]
    assert [f"practice/{name}" for name in chapters] == PRACTICE
    for name, practice in zip(chapters, PRACTICE, strict=True):
        assert code_of(practice) == code_of(name)


@pytest.mark.parametrize("name", FILLED_IN)
def test_notebook_runs_in_colab(executed, name):
    notebook = executed.notebooks[name]
    shown = list(outputs(notebook))
    noise = [item for item in shown if item[1] in ("error", "stderr")]
    assert not [item for item in noise if "weights" not in item[2]]
    assert not (noise and executed.has_weights)
    assert max(len(text) for *_, text in shown) < MAX_OUTPUT
    first = "".join(
        text for cell, _, text in shown if cell == "set-up-for-colab"
    )
    assert "TensorFlow 2." in first and "Keras 3." in first
    assert "Runtime > Change runtime type" in first or "GPU:" in first
    all_text = "\n".join(text for *_, text in shown)
    assert "WARNING" not in all_text
    fits = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and FIT.search(cell.source)
    ]
    told = [
        line
        for line in all_text.splitlines()
        if line.startswith("This `fit` ran for 1 epoch on 2,000 drawings.")
    ]
    assert len(told) == len(fits)
    plotted = {
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if {"image/png", "image/svg+xml"} & set(output.get("data", {}))
    }
    figures = {cell.id for cell in notebook.cells if cell.id.startswith("fig-")}
    assert figures <= plotted
    assert all(map(ONLY_WITH_WEIGHTS.fullmatch, plotted - figures))
    written = nbformat.v4.new_notebook()
    for cell, mime, text in shown:
        if mime == "text/markdown":
            written.cells.append(nbformat.v4.new_markdown_cell(text, id=cell))
    assert notebooks.leftovers(written) == []


def checked(notebook):
    """What each check of a practice edition prints."""
    start = CHECK.split("\n", maxsplit=1)[0]
    checks = [
        cell.id for cell in notebook.cells if cell.source.startswith(start)
    ]
    return [
        text
        for cell, stream, text in outputs(notebook)
        if cell in checks and stream == "stdout"  # no word on missing weights
    ]


@pytest.mark.parametrize("name", PRACTICE)
def test_answers_of_the_practice_edition_are_right(executed, name):
    told = checked(executed.notebooks[name])
    assert told and set(told) == {"Right.\n"}


@pytest.mark.parametrize("name", WITH_BLANKS)
def test_blanks_of_the_practice_edition_are_not_yet_right(executed, name):
    told = checked(executed.notebooks[name])
    assert told and all(text.startswith("Not yet: ") for text in told)


def test_reader_who_edits_a_listing_gets_another_network(world, executed):
    notebook = read(LISTING)
    cells = {cell.id: cell for cell in notebook.cells}
    listing = cells["network-source"]
    assert listing.source.count(CHANGE[0]) == 1
    listing.source = listing.source.replace(*CHANGE)
    count = nbformat.v4.new_code_cell("print(model1().count_params())")
    notebook.cells = [*(cells[name] for name in NEEDED), count]
    *_, (_, _, printed) = outputs(execute(world, "edited", notebook))
    # Half of 16 kernels of 5 by 5 pixels in three colors and as many biases,
    # and half the depth of the 32 kernels that come next.
    fewer = 8 * (5 * 5 * 3 + 1) + 32 * 3 * 3 * 8
    assert int(printed) == models.model1().count_params() - fewer


def test_first_cell_brings_what_is_missing_and_replaces_nothing(executed):
    before, after = executed.before, executed.after
    gained = set(after.splitlines()) - set(before.splitlines())
    names = {canonicalize_name(re.split("[ =]", line)[0]) for line in gained}
    assert names == {canonicalize_name(DISTRIBUTION), "tqdm"}
    assert set(before.splitlines()) < set(after.splitlines())
    assert all(f"\n{name}==" in f"\n{after}" for name in GIVEN)
