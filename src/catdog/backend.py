"""TensorFlow and Keras, imported quietly.

All modules take them from here, so that the lines which TensorFlow's C++ half
writes to standard error stay away, whichever module comes first.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2  # the file descriptor


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what non-Python code writes to standard error.

    TensorFlow greets with a dozen lines on processor features before its own
    switch, `TF_CPP_MIN_LOG_LEVEL`, takes effect.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)


with quiet_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

# Training several models in a row brings warnings of "retracing", which is no
# fault. TensorFlow sets the level itself when it is imported.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__all__ = ["keras", "layers", "quiet_stderr", "tf"]
