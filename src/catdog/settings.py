"""Settings: every `CATDOG_*` environment variable, parsed and checked here only.

A variable that is not set may stand in the project's file `_environment`, which
Quarto reads as well. Relative paths count from the project's folder, also while
a chapter runs in its own. Nothing in this module needs TensorFlow.
"""

import logging
import os
import re
from pathlib import Path
from typing import Literal

import platformdirs

from catdog.errors import SettingsError

log = logging.getLogger(__name__)

EPOCHS = 20  # the assignment asks for 20
# The values of CATDOG_DATA that ask for drawn images: the first unless a folder
# is called so.
DRAWINGS, ALWAYS_DRAWINGS = "drawings", "catdog:drawings"
YES, NO = ("1", "true"), ("", "0", "false")
# Settings of a project, by the rules of Quarto's reader: what is in quotes is
# taken as it is, and a `#` elsewhere begins a comment.
ENVIRONMENT = "_environment"
ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*"""
    r"""(?:'([^'\n]*)'|"([^"\n]*)"|([^#\n]*))""",
    re.MULTILINE,
)


def project_folder() -> Path:
    """Return the project's folder.

    Quarto and the built-in renderer name it in `QUARTO_PROJECT_DIR` for the
    chapters that they run. Elsewhere it is the current folder.
    """
    return Path(os.environ.get("QUARTO_PROJECT_DIR") or Path.cwd())


def read_environment(folder: Path) -> dict[str, str]:
    """Return the variables in a project's file `_environment`.

    Those of the environment count more.

    Raises:
        SettingsError: if the file is not in UTF-8.
    """
    file = folder / ENVIRONMENT
    if not file.is_file():
        return {}
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(
            f"{file}: this is not UTF-8: save the file in that encoding."
        ) from None
    return {
        name: single or double or bare.strip()
        for name, single, double, bare in ASSIGNMENT.findall(text)
    }


def rendering() -> bool:
    """Return whether a chapter is being rendered, with nobody watching."""
    return "QUARTO_PROJECT_DIR" in os.environ


def data() -> Path | str | None:
    """Return which images `CATDOG_DATA` asks for.

    Returns:
        The path of a folder or zip, the word `DRAWINGS`, or None if the
        variable is not set.
    """
    value = _value("CATDOG_DATA")
    path = _path("CATDOG_DATA")
    if value == DRAWINGS and path and path.exists():
        log.info(
            "CATDOG_DATA is %s: set it to %s for generated drawings.",
            path,
            ALWAYS_DRAWINGS,
        )
        return path
    return DRAWINGS if value in {DRAWINGS, ALWAYS_DRAWINGS} else path


def fit_epochs() -> int:
    """Return for how many epochs the `fit` of a chapter runs.

    One, to see it work; with `CATDOG_TRAIN`, as in Colab, all of them.
    """
    return epochs() if train_now() else 1


def train_now() -> bool:
    """Return whether the chapters train in full: `CATDOG_TRAIN`.

    Raises:
        SettingsError: if it is neither 1 or true nor 0 or false.
    """
    value = _value("CATDOG_TRAIN").lower()
    if value not in YES + NO:
        raise SettingsError(
            f"CATDOG_TRAIN is {value!r}: set it to 1 to train, or unset it."
        )
    return value in YES


def epochs() -> int:
    """Return the number of epochs of a training: `CATDOG_EPOCHS`, else 20.

    Raises:
        SettingsError: if it is no whole number from 1 on.
    """
    value = _value("CATDOG_EPOCHS") or str(EPOCHS)
    if not (value.isascii() and value.isdecimal() and int(value)):
        raise SettingsError(
            f"CATDOG_EPOCHS is {value!r}: give a whole number from 1 on."
        )
    return int(value)


def runs_folder() -> Path:
    """Return where this user's own runs are kept, which need not exist yet.

    That is `CATDOG_RUNS`, else a folder of the user's own, never the project
    and never the installed package.
    """
    return _path("CATDOG_RUNS") or _user_folder("data") / "runs"


def networks_folder() -> Path:
    """Return where this user's trained networks are kept."""
    return runs_folder() / "networks"


def published_runs_folder() -> Path:
    """Return the folder of the runs that come with the tutorial."""
    return assets_folder() / "runs"


def cache_folder() -> Path:
    """Return the folder of what can be made again, and make sure it exists.

    That is `CATDOG_CACHE`, else the user's cache folder.

    Raises:
        SettingsError: if it cannot be made or written to.
    """
    folder = _path("CATDOG_CACHE") or _user_folder("cache")
    return make_folder(folder, "CATDOG_CACHE")


def make_folder(folder: Path, name: str) -> Path:
    """Make sure that a folder exists and can be written to, and return it.

    Args:
        folder: the folder.
        name: what to set to choose another.

    Raises:
        SettingsError: if it cannot be made or written to.
    """
    cure = f"set {name} to a folder that you may write to."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be made ({error.strerror}): {cure}"
        ) from error
    if not os.access(folder, os.W_OK):
        raise SettingsError(f"{folder} cannot be written to: {cure}")
    return folder


def keras_home() -> Path:
    """Return Keras' own cache: `KERAS_HOME`, else `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or _home() / ".keras")


def assets_folder() -> Path:
    """Return the folder of style sheets, templates and published runs.

    It lies beside `src` in a checkout, and inside an installed package.
    """
    package = Path(__file__).parent
    checkout = package.parents[1] / "assets"
    in_checkout = (checkout / "catdog.mplstyle").exists()
    return checkout if in_checkout else package / "assets"


def tutorial_folder() -> Path:
    """Return the folder of the tutorial's start page, chapters and assets."""
    return assets_folder().parent


def _value(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        value = read_environment(project_folder()).get(name, "")
    return value.strip()


def _path(name: str) -> Path | None:
    value = _value(name)
    if not value:
        return None
    try:
        return project_folder() / Path(value).expanduser()
    except RuntimeError as error:
        raise SettingsError(
            f"{name} is {value!r}, and that home folder is not known: "
            "give a path without ~."
        ) from error


def _user_folder(kind: Literal["cache", "data"]) -> Path:
    _home()  # without one, platformdirs would answer with a folder called `~`
    folders = {
        "cache": platformdirs.user_cache_path,
        "data": platformdirs.user_data_path,
    }
    return folders[kind]("catdog", appauthor=False)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise SettingsError(
            "This user has no home folder: set CATDOG_CACHE, CATDOG_RUNS and "
            "KERAS_HOME to folders that you may write to."
        ) from error
