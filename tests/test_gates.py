"""`make check`, pre-commit and CI run the same commands."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# What is installed under another name than that of its command.
DISTRIBUTIONS = {"lint-imports": "import-linter"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def check_commands():
    """The commands of the Makefile's target `check`."""
    recipe = re.search(
        r"^check:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE
    )
    return [
        line.lstrip("\t@").replace("$(BIN)/", ".venv/bin/")
        for line in recipe[1].splitlines()
    ]


def hooks():
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    return repository["hooks"]


def test_pre_commit_runs_the_commands_of_make_check():
    assert [hook["entry"] for hook in hooks()] == check_commands()


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_checks_all_files_with_what_is_installed(hook):
    assert hook["language"] == "system"
    assert hook["always_run"] and not hook["pass_filenames"]
    assert not {"additional_dependencies", "args", "exclude", "files"} & set(
        hook
    )


def test_the_extra_dev_brings_each_program():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extra = project["optional-dependencies"]["dev"]
    programs = [Path(line.split()[0]).name for line in check_commands()]
    assert {"ruff", "mypy", "lint-imports", "codespell"} == set(programs)
    assert {DISTRIBUTIONS.get(name, name) for name in programs} <= {
        Requirement(line).name for line in extra
    }


def test_ci_checks_first():
    lines = [line for line in read(".ci/run").splitlines() if "make" in line]
    commands = [line for line in lines if line.startswith("make ")]
    assert commands[0] == "make check"
