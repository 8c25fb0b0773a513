"""TensorFlow and Keras, without the lines that their C++ half writes to standard
error. All modules take them from here, so that whichever is first is quiet.
"""

import logging
import os
from contextlib import contextmanager


@contextmanager
def native_errors():
    """Drop what non-Python code writes to file descriptor 2.

    TensorFlow greets with a dozen lines on processor features, before its own
    switch, `TF_CPP_MIN_LOG_LEVEL`, takes effect.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with native_errors():
    import keras
    import tensorflow as tf
    from keras import layers

# Whoever trains several models in a row is warned of "retracing", which is no
# fault. TensorFlow sets the level itself when it is imported.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__all__ = ["keras", "layers", "tf"]
