"""The published weights of MobileNetV2: get them, and check them before use.

The file is fetched and compared without TensorFlow.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from catdog._io import digest
from catdog.data import download
from catdog.data.image_files import IMAGE_SIZE
from catdog.errors import DataError, WeightsError
from catdog.settings import keras_home

if TYPE_CHECKING:
    from catdog.backend import keras

# Those learned on images of 224 pixels, for images of all sizes. Keras has others
# for smaller images; with one set, sizes can be compared, and a record belongs to
# the same weights on every machine.
WEIGHTS_NAME = (
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
)
ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    + WEIGHTS_NAME
)
N_PARAMETERS = 2_257_984
MIN_BYTES = 4 * N_PARAMETERS
# Share of features that are 0 for a ramp of colors: 0.87 with the published
# weights, one half with random or shuffled ones.
ZERO_SHARE = (0.7, 0.98)

_structure_only = ContextVar("structure_only", default=False)


def mobilenet_v2(size: int) -> keras.Model:
    """Build MobileNetV2 with ImageNet weights, or else with random ones.

    Random weights, which come with a warning, are enough to look at the model.
    `catdog train` refuses them.

    Args:
        size: pixels to each side of an image.
    """
    if not _structure_only.get():
        try:
            return pretrained_mobilenet_v2(size)
        except WeightsError as error:
            warn_once(f"{error} Until then the base model has random weights.")
    from catdog.backend import keras

    return keras.applications.MobileNetV2(
        input_shape=(size, size, 3), include_top=False, weights=None
    )


@contextmanager
def structure_only() -> Iterator[None]:
    """Let `mobilenet_v2` give random weights: nothing is read or downloaded."""
    token = _structure_only.set(True)
    try:
        yield
    finally:
        _structure_only.reset(token)


@functools.cache
def warn_once(message: str) -> None:
    """Log a warning at its first occurrence only."""
    logging.getLogger(__name__).warning(message)


def pretrained_mobilenet_v2(size: int = IMAGE_SIZE) -> keras.Model:
    """Build MobileNetV2 with the weights learned on ImageNet.

    They come from Keras' cache or, if it lacks them, from the public download.

    Raises:
        WeightsError: if they cannot be had, or are not what they should be.
    """
    from catdog.backend import keras

    path = fetch_weights()
    try:
        model = keras.applications.MobileNetV2(
            input_shape=(size, size, 3), include_top=False, weights=str(path)
        )
    # Keras raises all kinds for layers that do not match.
    except Exception as error:
        raise WeightsError(_foreign(path)) from error
    if not ZERO_SHARE[0] < zero_share(model) < ZERO_SHARE[1]:
        raise WeightsError(_foreign(path))
    return model


def fetch_weights() -> Path:
    """Return the path of the weights in Keras' cache, and fetch them if need be.

    Raises:
        WeightsError: if they cannot be had, or their file is broken.
    """
    path = weights_path()
    exists = path.exists()
    try:
        return download.fetch([ADDRESS], path, check_file)
    except DataError as error:
        cure = (
            f"delete {path}, then" if exists else f"lay the file at {path}, or"
        )
        raise WeightsError(
            f"MobileNetV2's weights cannot be loaded: {cure} connect to the internet."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def check_file(path: Path) -> None:
    """Check a file of weights by its size and structure.

    Raises:
        DataError: if it is too short, is no HDF5, or holds another number of
            weights.
        OSError: if it cannot be read, as while another program has it locked.
    """
    n_bytes = path.stat().st_size
    if n_bytes < MIN_BYTES:
        raise DataError(
            f"it has {n_bytes:,} bytes, and at least {MIN_BYTES:,} are needed"
        )
    sizes = []

    def collect(_name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(item.size)

    try:
        with h5py.File(path) as file:
            file.visititems(collect)
    # h5py raises all kinds for a file that ends early, or is another.
    except Exception as error:
        if getattr(error, "errno", None):  # that says nothing of the contents
            raise
        raise DataError("it is no whole HDF5 file") from error
    if sum(sizes) != N_PARAMETERS:
        raise DataError(
            f"it holds {sum(sizes):,} weights, not {N_PARAMETERS:,}"
        )


def zero_share(model: keras.Model) -> float:
    """Return the share of features, in [0, 1], that are 0 for a color ramp."""
    from catdog.backend import keras

    shape = model.input_shape[1:]
    ramp = np.linspace(-1, 1, np.prod(shape), dtype="float32")
    features = keras.ops.convert_to_numpy(
        model(ramp.reshape(1, *shape), training=False)
    )
    return float((features == 0).mean()) if np.isfinite(features).all() else 1.0


def weights_path() -> Path:
    """Return where Keras caches MobileNetV2's weights."""
    return keras_home() / "models" / WEIGHTS_NAME


@functools.cache
def weights_fingerprint() -> str | None:
    """Return sixteen hexadecimal digits that stand for the published weights.

    Returns:
        None if Keras' cache lacks them: nothing is downloaded.
    """
    path = weights_path()
    if not path.exists():
        return None
    found: dict[str, str] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = sha256(
                np.asarray(item, "float32").tobytes()
            ).hexdigest()

    try:
        with h5py.File(path) as file:
            file.visititems(collect)
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest(f"{name} {found[name]}" for name in sorted(found))


def _unreadable(path: Path, error: OSError) -> WeightsError:
    if "unable to lock" in str(error):
        return WeightsError(
            f"{path} is locked by another program, or lies where files cannot "
            "be locked: end that program, or set HDF5_USE_FILE_LOCKING=FALSE."
        )
    reason = os.strerror(error.errno) if error.errno else error
    return WeightsError(
        f"MobileNetV2's weights cannot be kept at or read from {path} "
        f"({reason}): set KERAS_HOME to a folder that you may write to."
    )


def _foreign(path: Path) -> str:
    return (
        "These are not MobileNetV2's weights: "
        f"delete {path}, then connect to the internet."
    )
