"""Use the package as others do, without the checkout: `make test-wheel`.

A fresh virtual environment gets the wheel and what it depends on. The commands
run in an empty folder, and nothing of the user's own is read or written.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from samples import write_small_set

ROOT = Path(__file__).parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"
MODELS = ("model1", "model2", "model3", "model4", "model5")


class Installed(NamedTuple):
    """An environment with the wheel in it."""

    folder: Path
    package: Path  # site-packages/catdog
    files: dict[str, str]  # of the package, as they were installed

    def catdog(self, *arguments, **settings):
        """Run the installed program."""
        return run(
            self.folder / "venv" / BIN / "catdog",
            *arguments,
            cwd=self.folder / "empty",
            env=environment(self.folder) | settings,
        )


def run(*command, **options):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, **options
    )


def run_well(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def environment(folder):
    """The tests' own, without a way to the checkout."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CATDOG_", "PYTHON", "QUARTO_"))
    }
    return kept | {
        "CATDOG_CACHE": str(folder / "cache"),
        "CATDOG_RUNS": str(folder / "runs"),
        "KERAS_HOME": str(folder / "keras"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
    }


def digests(package):
    """The SHA-256 of each file, by name; Python's own caches do not count."""
    return {
        path.relative_to(package).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    assert not folder.is_relative_to(ROOT)
    (folder / "empty").mkdir()
    build = ("-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist")
    run_well(sys.executable, *build, cwd=ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    run_well(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / BIN / "python"
    place = {"cwd": folder / "empty", "env": environment(folder)}
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run_well(*pip, "install", "--quiet", wheel, **place)
    code = "import catdog; print(catdog.__path__[0])"
    package = Path(run_well(python, "-c", code, **place))
    assert package.is_relative_to(folder / "venv")
    return Installed(folder, package, digests(package))


def test_help_lists_the_commands(installed):
    done = installed.catdog("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(f"  {name} " in done.stdout for name in ("train", "predict"))


def test_published_runs_are_inside(installed):
    done = installed.catdog("runs")
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in MODELS)


def test_images_are_drawn_where_there_are_none(installed):
    done = installed.catdog("data", CATDOG_DATA="drawings")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2,000 training and 1,000 held-out drawings")
    assert str(installed.folder / "cache") in done.stdout


def test_training_writes_its_record_among_the_users_own(installed):
    images = write_small_set(installed.folder / "images")
    done = installed.catdog(
        "train", "model1", "--epochs", 1, CATDOG_DATA=str(images)
    )
    assert done.returncode == 0, done.stderr
    (record,) = (installed.folder / "runs/own").glob("*/model1-0.json")
    assert f"{record}: validation " in done.stdout


def test_rendering_says_which_packages_it_needs(installed):
    done = installed.catdog(
        "render", "--with", "built-in", CATDOG_DATA="drawings"
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("catdog: ") and "catdog-tutorial[site]" in line


def test_nothing_was_written_into_the_package_or_the_current_folder(installed):
    assert len(installed.files) > len(MODELS)
    assert digests(installed.package) == installed.files
    assert not list((installed.folder / "empty").iterdir())
