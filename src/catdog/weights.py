"""The published weights of MobileNetV2: get them, and check them before use."""

import functools
import logging
import socket
from pathlib import Path

import keras

from catdog.cache import keras_home
from catdog.errors import WeightsError
from catdog.reading import IMAGE_SIZE

IMAGE_SHAPE = (*IMAGE_SIZE, 3)
WEIGHTS_NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_160_no_top.h5"
SECONDS_TO_ANSWER = 15


def mobilenet_v2() -> keras.Model:
    """MobileNetV2 with its ImageNet weights or, where they cannot be had, with
    random ones and a warning.

    Random weights are enough to look at the model. `catdog train` refuses them.
    """
    try:
        return pretrained_mobilenet_v2()
    except WeightsError as error:
        warn_once(f"{error} Until then the base model has random weights.")
        return keras.applications.MobileNetV2(
            input_shape=IMAGE_SHAPE, include_top=False, weights=None
        )


@functools.cache
def warn_once(message: str) -> None:
    """Log a warning at its first occurrence only."""
    logging.getLogger(__name__).warning(message)


def pretrained_mobilenet_v2() -> keras.Model:
    """MobileNetV2 with the weights learned on ImageNet: Keras' cache first,
    then the public download.

    Raises:
        WeightsError: when the download fails or the file in the cache is not
            what it should be.
    """
    before = socket.getdefaulttimeout()
    # Keras' own download would wait for ever.
    socket.setdefaulttimeout(SECONDS_TO_ANSWER)
    try:
        return keras.applications.MobileNetV2(
            input_shape=IMAGE_SHAPE, include_top=False, weights="imagenet"
        )
    # Keras raises a bare Exception when a download fails, others for a bad
    # file.
    except Exception as error:
        path = weights_path()
        cure = (
            f"delete {path}"
            if path.exists()
            else f"connect to the internet, or lay the file at {path}"
        )
        raise WeightsError(
            f"MobileNetV2's weights cannot be loaded: {cure}."
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def weights_path() -> Path:
    """Where Keras caches the weights of MobileNetV2 for 160-pixel pictures."""
    return keras_home() / "models" / WEIGHTS_NAME
