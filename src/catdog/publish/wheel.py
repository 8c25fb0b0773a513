"""The package as a wheel, for notebooks that have no repository to get it from.

Run as a script (Quarto does, before it renders), it builds the wheel of the
project in the current folder.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from catdog.errors import CatdogError

FOLDER = "assets/notebooks"


class WheelError(CatdogError):
    """The package cannot be built. The message says why."""


def name(root: Path) -> str | None:
    """The file name of the project's wheel; None for a project without a
    `pyproject.toml`.
    """
    settings = Path(root) / "pyproject.toml"
    if not settings.exists():
        return None
    project = tomllib.loads(settings.read_text(encoding="utf-8"))["project"]
    distribution = re.sub(r"[-_.]+", "_", project["name"]).lower()
    return f"{distribution}-{project['version']}-py3-none-any.whl"


def build(root: Path) -> Path | None:
    """Write the wheel beside the notebooks, without a network; return its path.

    The same sources make the same bytes. A project without a `pyproject.toml`
    has no wheel.

    Raises:
        WheelError: when the build fails.
    """
    root = Path(root).resolve()
    if not (root / "pyproject.toml").exists():
        return None
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".wheel-") as scratch:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
        done = subprocess.run(
            [*command, "-d", scratch], cwd=root, capture_output=True, text=True
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no reason was given"]
            cure = "correct pyproject.toml"
            if said[-1].endswith("No module named hatchling"):
                cure = "run `pip install hatchling`"
            raise WheelError(
                f"The package cannot be built ({said[-1]}): {cure}."
            )
        (made,) = Path(scratch).iterdir()
        kept = folder / made.name
        # Whoever watches the folder need not look again.
        if kept.exists() and kept.read_bytes() == made.read_bytes():
            return kept
        for old in folder.glob(f"{made.name.split('-')[0]}-*.whl"):
            old.unlink()
        return made.replace(kept)


if __name__ == "__main__":
    try:
        build(Path.cwd())
    except CatdogError as error:
        sys.exit(f"catdog: {error}")
