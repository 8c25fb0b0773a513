"""TensorFlow and Keras, imported quietly.

All modules take them from here, so that the lines which TensorFlow's C++ half
writes to standard error stay away, whichever module comes first.
"""

import logging
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from catdog import ambient
from catdog.ambient import STDERR

__all__ = ["environment", "keras", "layers", "quiet_stderr", "tf"]

# Of TensorFlow's own levels, those that show more than errors.
TALKATIVE = ("0", "1")
# What came before the end of a program that died.
RELAY = "import sys; sys.stderr.buffer.write(sys.stdin.buffer.read())"


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what non-Python code writes to standard error.

    TensorFlow greets with a dozen lines on processor features before its own
    switch, `TF_CPP_MIN_LOG_LEVEL`, takes effect. With that set to 0 or 1, all
    is shown. If the program dies here, as TensorFlow ends it on a processor
    that it does not suit, what was dropped is shown after all.
    """
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if level in TALKATIVE:
        yield
        return
    try:
        kept = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    relay = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", RELAY],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is not for it
    )
    with relay:
        assert relay.stdin  # noqa: S101, it was asked for
        os.dup2(relay.stdin.fileno(), STDERR)
        try:
            yield
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            relay.kill()


ambient.prepare_keras()

with quiet_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

ambient.settle_keras(keras)

# Keras prints summaries with rich, which in a notebook leaves empty HTML behind:
# Quarto would load two libraries from the web for it.
with suppress(ImportError):
    import rich.console

    vars(rich.console)["_is_jupyter"] = lambda: False

# Training several models in a row brings warnings of "retracing", which is no
# fault. TensorFlow sets the level itself when it is imported.
if os.environ["TF_CPP_MIN_LOG_LEVEL"] not in TALKATIVE:
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def environment() -> dict[str, str | int]:
    """Return what a result may owe to the machine: versions, cores, GPUs."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cores": len(ambient.cores()),
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "platform": f"{platform.system()} {platform.machine()}",
    }
