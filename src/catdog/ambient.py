"""Ambient settings: what a shell, an editor or another program has set.

Whatever would change what this program does is put right here, or refused in
one sentence, so that the same command does the same everywhere.
"""

import json
import logging
import os
import sys
from types import ModuleType
from typing import Any

from catdog import settings
from catdog.errors import SettingsError

log = logging.getLogger(__name__)

STDERR = 2  # the file descriptor
# What Keras takes from `keras.json`, which other programs write as well. Models
# and records of this tutorial belong to these values.
KERAS_SETTINGS: dict[str, Any] = {
    "backend": "tensorflow",
    "image_data_format": "channels_last",
    "floatx": "float32",
    "epsilon": 1e-7,
}
# With other values than these it cannot be imported.
KERAS_CHOICES = {
    "image_data_format": ("channels_first", "channels_last"),
    "floatx": ("float16", "float32", "float64"),
}
# With these Keras cuts each training short.
KERAS_LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")
# Where matplotlib draws in a kernel, unless somebody has set another place.
INLINE = "module://matplotlib_inline.backend_inline"

# A kernel on this machine need not warn, once a chapter, that nothing is encrypted.
KERNEL_CONFIG = "ipython_kernel_config.json"
QUIET = '{"IPKernelApp": {"log_level": 40}}'


def prepare_program() -> None:
    """Make the surroundings of a command the same wherever it starts."""
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Where matplotlib draws: in an editor, or not at all. It has its own choice.
    os.environ.pop("MPLBACKEND", None)


def prepare_rendering() -> None:
    """Let chapters run without what somebody has set for work in notebooks.

    Raises:
        SettingsError: if there is no cache to run them in.
    """
    os.environ.pop("PYTHONSTARTUP", None)
    from catdog._io import write_atomically

    ipython = settings.cache_folder() / "ipython"
    write_atomically(ipython / "profile_default" / KERNEL_CONFIG, QUIET)
    os.environ["IPYTHONDIR"] = str(ipython)
    os.environ["MATPLOTLIBRC"] = os.devnull
    # Quarto, where pip is to get it, belongs into this very environment.
    os.environ["PIP_USER"] = "0"


def prepare_figures() -> None:
    """Let figures appear below the cells of a page, whatever started its kernel.

    `catdog render` has prepared its kernels, plain `quarto render` has not.
    """
    kernel = sys.modules.get("ipykernel.kernelapp")
    if not kernel or not settings.rendering():
        return
    if os.environ.get("MPLBACKEND", INLINE) != INLINE:
        os.environ["MPLBACKEND"] = INLINE
        kernel.IPKernelApp.instance().shell.enable_matplotlib("inline")


def prepare_keras() -> None:
    """Choose what Keras and TensorFlow read while they are imported.

    Raises:
        SettingsError: if Keras cannot be imported with its `keras.json`.
    """
    asked_for = os.environ.get("KERAS_BACKEND")
    if asked_for:
        _report("KERAS_BACKEND is", "backend", asked_for)
    for name, value in _keras_json().items():
        # Of the two backends, Keras takes that of the environment.
        if name != "backend" or not asked_for:
            _report(f"keras.json has {name}", name, value)
    os.environ["KERAS_BACKEND"] = KERAS_SETTINGS["backend"]
    for name in KERAS_LIMITS:
        if os.environ.pop(name, None):
            _warn(
                f"{name} is set: all epochs and steps are taken all the same."
            )
    # Several chapters may share one GPU.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


def settle_keras(keras: ModuleType) -> None:
    """Give Keras, which was just imported, the tutorial's settings."""
    keras.config.set_image_data_format(KERAS_SETTINGS["image_data_format"])
    keras.config.set_floatx(KERAS_SETTINGS["floatx"])
    keras.config.set_epsilon(KERAS_SETTINGS["epsilon"])


def cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def flush_output() -> None:
    """Write what was printed, while an error can still be told.

    Raises:
        OSError: if it cannot be written, as on a full disk.
    """
    try:
        sys.stdout.flush()
    except OSError:
        # At its end Python would try again, and complain in its own way.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise


def _open_standard_streams() -> None:
    """Let closed streams lead nowhere.

    Otherwise, the next file that is opened takes the number of one, and what a
    library prints ends up in that file.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    while nowhere <= STDERR:  # the lowest free number
        nowhere = os.dup(nowhere)
    os.close(nowhere)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(STDERR, "w")


def _keras_json() -> dict[str, Any]:
    """Return what Keras will find in its `keras.json`."""
    try:
        path = settings.keras_home() / "keras.json"
        noted = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, SettingsError, ValueError):
        return {}  # Keras passes it over as well
    wrong = _unusable(noted)
    if wrong:
        raise SettingsError(
            f"{path}: Keras cannot be imported with this {' and '.join(wrong)}: "
            "correct or delete the file."
        )
    return noted


def _unusable(noted: Any) -> list[str]:
    if not isinstance(noted, dict):
        return ["contents"]
    wrong = [
        name
        for name, choices in KERAS_CHOICES.items()
        if noted.get(name, choices[0]) not in choices
    ]
    epsilon = noted.get("epsilon", KERAS_SETTINGS["epsilon"])
    return wrong if isinstance(epsilon, float) else [*wrong, "epsilon"]


def _report(where: str, name: str, value: object) -> None:
    ours = KERAS_SETTINGS.get(name, value)
    if value != ours:
        shown = "TensorFlow" if ours == "tensorflow" else ours
        _warn(f"{where} {value}: {shown} is used all the same.")


def _warn(message: str) -> None:
    # On a page it would be of no use to a reader.
    if not settings.rendering():
        log.warning(message)
