"""Does a record belong to today's code? Equal settings give equal keys."""

import json
from typing import Any

from catdog._io import digest
from catdog.backend import keras
from catdog.data.pipeline import BATCH_SIZE
from catdog.data.split import ImageSet
from catdog.feature_extraction import N_AUGMENTED_COPIES, has_frozen_base

# What of a layer's configuration changes the result. A fixed list, so that an
# entry which a new Keras adds changes no key.
COMPARED_OPTIONS = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "activation",
    "kernel_initializer",
    "pool_size",
    "rate",
    "units",
    "mode",
    "factor",
)


def describe_training(
    model: keras.Model, n_augmented_copies: int = N_AUGMENTED_COPIES
) -> dict[str, Any]:
    """Return all that decides how a compiled model learns, as JSON values."""
    rate = model.optimizer.get_config()["learning_rate"]
    description = {
        "layers": [_describe_layer(layer) for layer in model.layers],
        "optimizer": type(model.optimizer).__name__,
        "learning_rate": rate["config"]
        if isinstance(rate, dict)
        else float(rate),
        "loss": type(model.loss).__name__,
        "batch_size": BATCH_SIZE,
    }
    if has_frozen_base(model):
        description["passes"] = n_augmented_copies
    return description


def run_key(
    description: dict[str, Any], images: ImageSet, seed: int, epochs: int
) -> str:
    """Return sixteen hexadecimal digits that stand for a run.

    They are equal if the description of the training, the file names, the seed
    and the number of epochs are.
    """
    parts = [description, images.fingerprint, seed, epochs]
    return digest([json.dumps(parts, sort_keys=True)])


def _describe_layer(layer: keras.layers.Layer) -> list:
    config = layer.get_config()
    options = {
        name: _plain(config[name])
        for name in COMPARED_OPTIONS
        if config.get(name) is not None
    }
    return [
        type(layer).__name__,
        list(layer.output.shape[1:]),
        layer.count_params(),
        layer.trainable,
        options,
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # a Keras object, described
        return value["class_name"]
    return list(value) if isinstance(value, tuple) else value
