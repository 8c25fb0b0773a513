"""What is written down in two places says the same in both."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from versions import PYTHONS

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
# A program that has another name than its package.
PACKAGES = {"lint-imports": "import-linter"}


def commands_of_make(target):
    """The lines of a recipe, with the Makefile's own variable filled in."""
    (recipe,) = re.findall(
        rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE
    )
    (folder,) = re.findall(r"^BIN := (.+)$", MAKEFILE, re.MULTILINE)
    return [
        line.strip().removeprefix("@").replace("$(BIN)", folder)
        for line in recipe.splitlines()
    ]


def hooks():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (repo,) = yaml.safe_load(text)["repos"]
    assert repo["repo"] == "local"
    return repo["hooks"]


def test_hooks_run_what_make_check_runs():
    commands = [hook["entry"] for hook in hooks()]
    assert commands == commands_of_make("check") and len(commands) >= 5


def test_hooks_take_their_tools_from_the_extra_dev():
    extra = PROJECT["optional-dependencies"]["dev"]
    names = {Requirement(text).name for text in extra}
    for hook in hooks():
        assert hook["language"] == "system"
        assert hook["pass_filenames"] is False
        assert "additional_dependencies" not in hook
        program = Path(hook["entry"].split()[0])
        assert program.parent == Path(".venv/bin")
        assert PACKAGES.get(program.name, program.name) in names


def test_python_versions_are_the_same_everywhere():
    supported = SpecifierSet(PROJECT["requires-python"])
    minors = [minor for minor in range(100) if f"3.{minor}" in supported]
    versions = [f"3.{minor}" for minor in minors]
    assert list(PYTHONS) == versions
    prefix = "Programming Language :: Python :: "
    named = [
        text
        for text in PROJECT["classifiers"]
        if text.startswith(prefix + "3.")
    ]
    assert named == [prefix + version for version in versions]

    # The Makefile's test, its search for a Python, and what it says without one.
    bounds = f"(3, {minors[0]}) <= sys.version_info < (3, {minors[-1] + 1})"
    assert bounds in MAKEFILE
    names = [f"python{version}" for version in reversed(versions)]
    assert f"for name in {' '.join(names)} python3;" in MAKEFILE
    listed = f"{', '.join(versions[:-1])} or {versions[-1]}"
    assert f"Python {listed} is needed" in MAKEFILE
