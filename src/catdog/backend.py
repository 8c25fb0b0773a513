"""TensorFlow and Keras, imported quietly.

All modules take them from here, so that the lines which TensorFlow's C++ half
writes to standard error stay away, whichever module comes first.
"""

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["environment", "keras", "layers", "quiet_stderr", "tf"]

log = logging.getLogger(__name__)

STDERR = 2  # the file descriptor


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what non-Python code writes to standard error.

    TensorFlow greets with a dozen lines on processor features before its own
    switch, `TF_CPP_MIN_LOG_LEVEL`, takes effect.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        kept = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)


# Keras reads this while it is imported.
asked_for = os.environ.get("KERAS_BACKEND") or "tensorflow"
if asked_for != "tensorflow":
    log.warning(
        "KERAS_BACKEND is %s: TensorFlow is used all the same.", asked_for
    )
os.environ["KERAS_BACKEND"] = "tensorflow"
# Several chapters may share one GPU.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

with quiet_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

# Keras prints summaries with rich, which in a notebook leaves empty HTML behind:
# Quarto would load two libraries from the web for it.
with suppress(ImportError):
    import rich.console

    vars(rich.console)["_is_jupyter"] = lambda: False

# Training several models in a row brings warnings of "retracing", which is no
# fault. TensorFlow sets the level itself when it is imported.
logging.getLogger("tensorflow").setLevel(logging.ERROR)


def environment() -> dict[str, str | int]:
    """Return what a result may owe to the machine: versions, cores, GPUs."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cores": _cores(),
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _cores() -> int:
    # Those that this process may use, where the system can tell.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
