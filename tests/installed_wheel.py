"""Run the commands of the installed wheel, without a checkout: `make test-wheel`.

A fresh virtual environment outside the checkout gets the wheel and what it
requires, and nothing else. Each command runs there once, in an empty folder, on
a few drawn images. No command may change a file of the installed package.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from samples import write_small_set

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DISTRIBUTION = PROJECT["name"]
BESIDE = str(Path(sys.executable).parent)
UV = shutil.which("uv", path=BESIDE) or shutil.which("uv")
# The commands by name, in the order in which they run, without `catdog`.
COMMANDS = {
    "help": ["--help"],
    "runs": ["runs"],
    "data": ["data"],
    "train": ["train", "model1", "--epochs", "1"],
    "predict": ["predict", "cat.jpg", "--model", "model1"],
    "clean": ["clean"],
    "render": ["render"],
    "notebooks": ["notebooks"],
}
# Then, with the packages that rendering needs.
ON_OWN_IMAGES = {
    "new": ["new", "own", "--data", "../pets", "--title", "Bees & ants"],
    "own train": ["train", "all", "--epochs", "1"],
    "own render": ["render", "--with", "built-in"],
}
# Where the weights of MobileNetV2 may be already; no other test looks there.
KERAS_HOME = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
ON_SMALL_SET = ("train", "predict")  # the others get the tutorial's drawings
WHERE = f"""
import importlib.metadata, pathlib, catdog
print(pathlib.Path(catdog.__file__).parent)
print(importlib.metadata.version({DISTRIBUTION!r}))
"""


class Results(NamedTuple):
    """What happened in the fresh environment.

    Attributes:
        folder: the folder that holds all of it.
        package: the folder of the installed package.
        version: the installed version.
        done: the finished process of each command.
        before: a digest of each file of the package, by path, as installed.
        after: the same when all commands had run.
    """

    folder: Path
    package: Path
    version: str
    done: dict[str, subprocess.CompletedProcess]
    before: dict[str, str]
    after: dict[str, str]


def run(*command, **options):
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1200,
        **options,
    )


def output(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(folder):
    """Build the wheel, and install it in an environment with nothing else.

    Returns:
        The environment's Python, and the wheel.
    """
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    output(*build, "-d", folder / "dist", cwd=ROOT)
    (wheel,) = (folder / "dist").iterdir()
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    # uv is faster, where it is installed.
    if UV:
        output(UV, "venv", "--python", sys.executable, folder / "venv")
    else:
        output(sys.executable, "-m", "venv", folder / "venv")
    install_into(python, wheel)
    return python, wheel


def install_into(python, package):
    if UV:
        output(UV, "pip", "install", "--python", python, package)
    else:
        output(python, "-m", "pip", "install", "--quiet", package)


def environment(folder):
    """Return variables that lead to no checkout and to no folder of the user."""
    ours = ("CATDOG_", "COV", "PYTHON", "QUARTO_", "TF_", "VIRTUAL_ENV")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours)
    }
    return inherited | {
        "CATDOG_CACHE": str(folder / "cache"),
        "CATDOG_RUNS": str(folder / "runs"),
        "KERAS_HOME": str(folder / "keras"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "PYTHONUTF8": "1",
    }


def digests(package):
    """Return a digest of each file, compiled ones left out."""
    return {
        str(path.relative_to(package)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel").resolve()
    assert not folder.is_relative_to(ROOT)
    python, wheel = install(folder)
    catdog = shutil.which("catdog", path=str(python.parent))
    images = write_small_set(folder / "images")
    work = folder / "work"
    work.mkdir()
    shutil.copy(images / "validation/cats/cat.0.jpg", work / "cat.jpg")
    variables = environment(folder)
    where = output(python, "-c", WHERE, cwd=work, env=variables).split("\n")
    package = Path(where[0])
    before = digests(package)
    done = {}
    for name, words in COMMANDS.items():
        data = str(images) if name in ON_SMALL_SET else "drawings"
        settings = variables | {"CATDOG_DATA": data}
        done[name] = run(catdog, *words, cwd=work, env=settings)
    write_small_set(folder / "pets")
    for part in ("train", "validation"):
        for animal, name in (("cats", "ants"), ("dogs", "bees")):
            place = folder / "pets" / part
            (place / animal).rename(place / name)
    install_into(python, f"{wheel}[site]")
    own = variables | {
        "CATDOG_EPOCHS": "1",
        "CATDOG_RUNS": str(folder / "own-runs"),
        "KERAS_HOME": KERAS_HOME,
    }
    for name, words in ON_OWN_IMAGES.items():
        place = work if name == "new" else folder / "work/own"
        done[name] = run(catdog, *words, cwd=place, env=own)
    after = digests(package)
    yield Results(folder, package, where[1], done, before, after)
    shutil.rmtree(folder / "venv")  # it has two gigabytes


def succeeded(results, name):
    """Return what a command printed."""
    done = results.done[name]
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_comes_from_the_wheel(results):
    assert results.package.is_relative_to(results.folder / "venv")
    assert results.version == PROJECT["version"]
    assert "py.typed" in results.before


def first_words(text):
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def test_help_names_each_command(results):
    named = first_words(succeeded(results, "help"))
    assert COMMANDS.keys() - {"help"} <= named


def test_runs_are_those_that_the_project_publishes(results):
    published = {
        json.loads(path.read_text("utf-8"))["model"]
        for path in (ROOT / "assets/runs").glob("*.json")
    }
    assert published
    assert published <= first_words(succeeded(results, "runs"))


def test_data_draws_images(results):
    printed = succeeded(results, "data")
    assert printed.startswith("2,000 training and 1,000 held-out drawings in ")
    assert str(results.folder / "cache") in printed


def test_train_records_a_run_in_the_folder_that_was_asked_for(results):
    printed = succeeded(results, "train")
    (record,) = (results.folder / "runs").glob("own/*/model1-0.json")
    assert str(record) in printed
    assert json.loads(record.read_text("utf-8"))["epochs"] == 1


def test_predict_uses_the_trained_model(results):
    assert succeeded(results, "predict").startswith("cat.jpg: ")


def test_clean_shows_the_cache(results):
    assert str(results.folder / "cache") in succeeded(results, "clean")


@pytest.mark.parametrize("name", ["render", "notebooks"])
def test_what_the_wheel_cannot_do_is_said_in_one_sentence(results, name):
    done = results.done[name]
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"pip install '{DISTRIBUTION}[site]'" in done.stderr


def test_project_of_ones_own_needs_no_checkout(results):
    assert "a tutorial about ants and bees" in succeeded(results, "new")
    if "weights cannot be loaded" in results.done["own train"].stderr:
        pytest.skip("MobileNetV2's weights are out of reach")
    assert succeeded(results, "own train").count("model") >= len("12345")
    printed = succeeded(results, "own render")
    assert printed.startswith("Rendered by the built-in renderer")
    page = results.folder / "work/own/_site/index.html"
    assert "<title>Bees &amp; ants</title>" in page.read_text("utf-8")


def test_no_command_changed_the_installed_package(results):
    assert results.before and results.after == results.before


def test_no_command_left_files_in_the_current_folder(results):
    names = [path.name for path in (results.folder / "work").iterdir()]
    assert sorted(names) == ["cat.jpg", "own"]
