"""Which trained weights are kept beside a record, and how a model gets them back.

Those of a frozen base are published elsewhere, and those of a whole network are
too many: what is kept of a run takes some kilobytes.
"""

from collections.abc import Sequence

import numpy as np

from catdog.backend import keras
from catdog.errors import RecordError
from catdog.feature_extraction import first_learning_layer, has_frozen_base


def kept_weights(model: keras.Model) -> list[np.ndarray]:
    """Return what is kept of a trained model.

    Returns:
        Arrays of float32. With a frozen base: all weights of the layers after
        it, layer by layer. Otherwise kernel and bias of the first convolution
        among the model's own layers; nothing if there is none.
    """
    return [np.asarray(weight, "float32") for weight in _kept(model)]


def restore_weights(model: keras.Model, weights: Sequence[np.ndarray]) -> None:
    """Give a model the weights that were kept of one that is built like it.

    Args:
        model: as its builder returns it.
        weights: from `kept_weights`.

    Raises:
        RecordError: if they are those of another model.
    """
    places = _kept(model)
    shapes = [tuple(place.shape) for place in places]
    if shapes != [array.shape for array in weights]:
        raise RecordError(
            f"These weights do not fit {model.name} any more: record it again "
            f"with `catdog train {model.name}`."
        )
    for place, array in zip(places, weights, strict=True):
        place.assign(array)


def _kept(model: keras.Model) -> list[keras.Variable]:
    if has_frozen_base(model):
        head = model.layers[first_learning_layer(model) :]
        return [weight for layer in head for weight in layer.weights]
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            return layer.weights
    return []
