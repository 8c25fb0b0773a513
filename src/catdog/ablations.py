"""Trials: each is a model with one change.

The first ones change `model1`, `every_epoch` changes `model4`, and `side_224`
changes `model5`.
"""

from catdog.backend import keras
from catdog.models import (
    EPOCHS,
    augmentation,
    base_model_layer,
    compiled,
    head,
    model4,
    network,
    preprocessor,
)


def relu() -> keras.Model:
    """`relu` in the place of `leaky_relu`."""
    return compiled(network(activation="relu"), "relu")


def large_weights() -> keras.Model:
    """First weights from `he_uniform`, which are larger."""
    return compiled(network(initializer="he_uniform"), "large_weights")


def no_dropout() -> keras.Model:
    """No dropout."""
    return compiled(network(dropout=0.0), "no_dropout")


def small_steps() -> keras.Model:
    """A tenth of the learning rate."""
    return compiled(network(), "small_steps", learning_rate=1e-4)


def every_epoch() -> keras.Model:
    """Each picture augmented and seen anew in every epoch."""
    model = model4()
    model.name, model.passes = "every_epoch", EPOCHS
    return model


def side_224() -> keras.Model:
    """Pictures of 224 by 224 pixels."""
    parts = preprocessor(224), *augmentation(), base_model_layer(224), *head()
    return compiled(parts, "side_224", 224)


FIRST = {
    builder.__name__: builder
    for builder in (relu, large_weights, no_dropout, small_steps)
}
TRIALS = {**FIRST, "every_epoch": every_epoch, "side_224": side_224}
