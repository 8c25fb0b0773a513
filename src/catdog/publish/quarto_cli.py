"""Finding the Quarto CLI: on this machine or, tried once, through pip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import quarto

# pip's package is small. While it builds, it downloads Quarto itself from here.
SOURCE = "https://github.com/quarto-dev/quarto-cli/releases/latest"
SECONDS_TO_ANSWER = 5
SECONDS_TO_INSTALL = 180
PROBE = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
INSTALL = [
    sys.executable,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--retries",
    "0",
    "quarto-cli",
]


def find_quarto() -> str | None:
    """The path of a Quarto that can be run, if there is one.

    Where there is none, pip tries to install it into this virtual environment: only
    once, and never in CI.
    """
    found = quarto.path() or installed(Path(sys.prefix))
    isolated = sys.prefix != sys.base_prefix
    if found or not isolated or os.environ.get("CI"):
        return found
    return try_once(Path(sys.prefix), INSTALL, SOURCE)


def installed(environment: Path) -> str | None:
    """Quarto in a virtual environment, which need not be on the PATH."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return shutil.which("quarto", path=str(environment / folder))


def try_once(environment: Path, install: list[str], source: str) -> str | None:
    """Install Quarto into an environment, unless that was tried before.

    Nothing is installed where `source` does not answer soon, as behind a mirror that
    has packages only. A file in the environment remembers the try, however it ends.
    """
    note = environment / "quarto-cli-was-tried"
    if note.exists():
        return None
    note.write_text("Delete this file to have `catdog render` try again.\n")
    probe = [sys.executable, "-c", PROBE, source]
    if not _succeeds(probe, SECONDS_TO_ANSWER):
        return None
    print(
        "Installing Quarto, once. This takes a minute or two.", file=sys.stderr
    )
    if not _succeeds(install, SECONDS_TO_INSTALL):
        return None
    found = installed(environment)
    return found if found and _succeeds([found, "--version"], 60) else None


def _succeeds(command: list[str], seconds: float) -> bool:
    """Whether a command ends well, and in time. What it starts ends with it."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    with subprocess.Popen(command, start_new_session=True, **quiet) as process:
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            _end(process)
            return False
        except BaseException:  # Ctrl-C
            _end(process)
            raise


def _end(process: subprocess.Popen) -> None:
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, 9)
