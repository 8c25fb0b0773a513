"""Finding the Quarto CLI: on this machine or, tried once, through pip."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import quarto
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from catdog.publish.project import PublishError

log = logging.getLogger(__name__)

# pip's package is small. While it builds, it downloads Quarto itself from here.
SOURCE = "https://github.com/quarto-dev/quarto-cli/releases/latest"
SECONDS_TO_ANSWER = 5
SECONDS_TO_INSTALL = 180
SECONDS_TO_START = 60
PROBE = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
# fmt: off
INSTALL = [
    sys.executable, "-m", "pip", "install", "--quiet", "--no-input",
    "--disable-pip-version-check", "--retries", "0",
]
# fmt: on


DEVELOPMENT = "99.9.9"  # what a Quarto built from its sources calls itself


def version_range(required: str) -> SpecifierSet:
    """Convert a range of versions from Quarto's notation to pip's.

    Args:
        required: the range, such as `>=1.6 <2`. An alternative at its end for
            a development version is not pip's business.

    Raises:
        PublishError: if pip's notation has nothing that corresponds to it.
    """
    try:
        released = required.removesuffix(f"|| {DEVELOPMENT}").strip()
        return SpecifierSet(re.sub(r"(?<=\d)\s+(?=\S)", ",", released))
    except InvalidSpecifier:
        raise PublishError(
            f"_quarto.yml: `quarto-required: {required}` cannot be read: "
            "write a range such as `>=1.6 <2`."
        ) from None


def find_quarto(versions: SpecifierSet) -> str | None:
    """Return the path of Quarto, if there is one, of whatever version.

    Where there is none, pip tries to install one of the right version into this
    virtual environment: only once, and never in CI.
    """
    program = quarto.path() or installed_quarto(Path(sys.prefix))
    isolated = sys.prefix != sys.base_prefix
    if program or not isolated or os.environ.get("CI"):
        return program
    install = [*INSTALL, f"quarto-cli{versions}"]
    return install_once(Path(sys.prefix), install, SOURCE)


def quarto_version(program: str) -> Version | None:
    """Return the version of a Quarto, or None if it does not tell."""
    try:
        done = subprocess.run(
            [program, "--version"],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS_TO_START,
        )
        return Version(done.stdout.strip())
    except (OSError, subprocess.SubprocessError, InvalidVersion):
        return None


def installed_quarto(environment: Path) -> str | None:
    """Return Quarto in a virtual environment, which need not be on the PATH."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return shutil.which("quarto", path=str(environment / folder))


def install_once(
    environment: Path, install: list[str], source: str
) -> str | None:
    """Install Quarto into a virtual environment, unless that was tried before.

    A file in the environment remembers the attempt, however it ends.

    Args:
        environment: folder of the environment.
        install: the command that installs it.
        source: web address from which that command downloads. If it does not
            answer soon, as behind a mirror that has packages only, nothing is
            installed.

    Returns:
        The path of a Quarto that can be run, if there is one now.
    """
    note = environment / "quarto-cli-was-tried"
    if note.exists():
        return None
    note.write_text(
        "Delete this file to have `catdog render` try again.\n",
        encoding="utf-8",
    )
    probe = [sys.executable, "-c", PROBE, source]
    if not _succeeds(probe, SECONDS_TO_ANSWER):
        return None
    log.info("Installing Quarto, once. This takes a minute or two.")
    if not _succeeds(install, SECONDS_TO_INSTALL):
        return None
    program = installed_quarto(environment)
    return program if program and quarto_version(program) else None


def _succeeds(command: list[str], seconds: float) -> bool:
    """Return whether a command ends well, and in time.

    What it starts ends with it.
    """
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet
    ) as process:
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            _end(process)
            return False
        except BaseException:  # Ctrl-C
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, check=False, capture_output=True)
    else:
        os.killpg(process.pid, signal.SIGKILL)
