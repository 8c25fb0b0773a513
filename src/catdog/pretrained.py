"""The published weights of MobileNetV2: get them, and check them before use."""

import functools
import logging
from pathlib import Path

import h5py
import numpy as np

from catdog._io import keras_home
from catdog.backend import keras
from catdog.data import download
from catdog.data.image_files import SIDE
from catdog.errors import DataError, WeightsError

WEIGHTS_NAME = (
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{}_no_top.h5"
)
ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    + WEIGHTS_NAME
)
SIDES = (96, 128, 160, 192, 224)  # of the pictures that there are weights for
PARAMETERS = 2_257_984
BYTES = 4 * PARAMETERS  # at least
# Share of features that find nothing in a ramp of colours. Learned features are
# choosy: 0.87 of them stay silent. Of random or shuffled weights, half do.
SILENT = (0.7, 0.98)


def mobilenet_v2(side: int) -> keras.Model:
    """MobileNetV2 with its ImageNet weights or, where they cannot be had, with
    random ones and a warning.

    Random weights are enough to look at the model. `catdog train` refuses them.

    Args:
        side: of the pictures that it takes, in pixels. The weights are those
            for the nearest of `SIDES`.
    """
    try:
        return pretrained_mobilenet_v2(side)
    except WeightsError as error:
        warn_once(f"{error} Until then the base model has random weights.")
        return keras.applications.MobileNetV2(
            input_shape=(side, side, 3), include_top=False, weights=None
        )


@functools.cache
def warn_once(message: str) -> None:
    """Log a warning at its first occurrence only."""
    logging.getLogger(__name__).warning(message)


def pretrained_mobilenet_v2(side: int = SIDE) -> keras.Model:
    """MobileNetV2 with the weights learned on ImageNet: Keras' cache first,
    then the public download.

    Raises:
        WeightsError: when they cannot be had, or are not what they should be.
    """
    path = weights_path(side)
    there = path.exists()
    try:
        download.fetch([ADDRESS.format(nearest(side))], path, check_file)
    except (OSError, DataError) as error:
        cure = (
            f"delete {path}, then" if there else f"lay the file at {path}, or"
        )
        raise WeightsError(
            f"MobileNetV2's weights cannot be loaded: {cure} connect to the internet."
        ) from error
    try:
        model = keras.applications.MobileNetV2(
            input_shape=(side, side, 3), include_top=False, weights=str(path)
        )
    # Keras raises all kinds for layers that do not match.
    except Exception as error:
        raise WeightsError(_foreign(path)) from error
    if not SILENT[0] < silent(model) < SILENT[1]:
        raise WeightsError(_foreign(path))
    return model


def check_file(path: Path) -> None:
    """Check a file of weights by its size and structure.

    Raises:
        DataError: when it is too short, is no HDF5, or holds another number of
            weights.
    """
    size = path.stat().st_size
    if size < BYTES:
        raise DataError(f"it has {size:,} bytes, and {BYTES:,} are due")
    found = []

    def count(name, item):
        if isinstance(item, h5py.Dataset):
            found.append(item.size)

    try:
        with h5py.File(path) as file:
            file.visititems(count)
    # h5py raises all kinds for a file that ends early, or is another.
    except Exception as error:
        raise DataError("it is no whole HDF5 file") from error
    if sum(found) != PARAMETERS:
        raise DataError(f"it holds {sum(found):,} weights, not {PARAMETERS:,}")


def silent(model: keras.Model) -> float:
    """Share of features, in [0, 1], that are 0 for a ramp of colours."""
    shape = model.input_shape[1:]
    ramp = np.linspace(-1, 1, np.prod(shape), dtype="float32")
    features = keras.ops.convert_to_numpy(
        model(ramp.reshape(1, *shape), training=False)
    )
    return float((features == 0).mean()) if np.isfinite(features).all() else 1.0


def weights_path(side: int = SIDE) -> Path:
    """Where Keras caches the weights of MobileNetV2 for pictures of this side."""
    return keras_home() / "models" / WEIGHTS_NAME.format(nearest(side))


def nearest(side: int) -> int:
    """The side that weights were learned with, nearest to this one."""
    return min(SIDES, key=lambda known: abs(known - side))


def _foreign(path: Path) -> str:
    return (
        "These are not MobileNetV2's weights: "
        f"delete {path}, then connect to the internet."
    )
