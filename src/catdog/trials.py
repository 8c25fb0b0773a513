"""Trials with the first model: each is `model1` with one change."""

from catdog.hush import keras
from catdog.models import compiled, network


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


TRIALS = {
    builder.__name__: builder
    for builder in (relu, large_weights, no_dropout, small_steps)
}
