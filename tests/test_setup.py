"""`make` sets up its environment whatever is set for others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catdog import ambient

ROOT = Path(__file__).parents[1]
# A project whose installation needs nothing from anywhere.
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "small"
version = "1.0"
[project.optional-dependencies]
dev = []
"""
BACKEND = """
import zipfile
NAME = "small-1.0-py3-none-any.whl"
def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/{NAME}", "w") as wheel:
        wheel.writestr("small.py", "")
        info = "small-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Name: small\\nVersion: 1.0\\n"
                       "Metadata-Version: 2.1\\nProvides-Extra: dev\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\n"
                       "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return NAME
"""


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make_sets_up_its_own_environment(tmp_path):
    project, other = tmp_path / "project", tmp_path / "other"
    project.mkdir()
    shutil.copy(ROOT / "Makefile", project)
    (project / "pyproject.toml").write_text(PYPROJECT)
    (project / "backend.py").write_text(BACKEND)
    done = subprocess.run(
        ["make", ".venv/ready", f"PYTHON={sys.executable}"],
        cwd=project,
        env={
            **os.environ,
            "CONDA_PREFIX": str(other),
            "PIP_NO_INDEX": "1",
            "PIP_PREFIX": str(other),
            "PIP_TARGET": str(other),
            "PIP_USER": "1",
            "PYTHONUSERBASE": str(other),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(project.glob(".venv/**/small.py")) and not other.exists()
    quiet = project / ".venv/etc/ipython" / ambient.KERNEL_CONFIG
    assert quiet.read_text().strip() == ambient.QUIET
