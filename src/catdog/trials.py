"""Trials with the first model: each is `model1` with one change."""

import keras

from catdog.models import compiled, network


def relu() -> keras.Model:
    """`relu` in the place of `leaky_relu`."""
    return compiled(network(activation="relu"), "relu")


def less_dropout() -> keras.Model:
    """No dropout."""
    return compiled(network(dropout=0.0), "less_dropout")


def small_steps() -> keras.Model:
    """A tenth of the learning rate."""
    return compiled(network(), "small_steps", learning_rate=1e-4)


def narrow() -> keras.Model:
    """Half as many filters."""
    return compiled(network(filters=(16, 32, 64, 64)), "narrow")


TRIALS = {
    builder.__name__: builder
    for builder in (relu, less_dropout, small_steps, narrow)
}
