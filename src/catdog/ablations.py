"""Ablations: models with one change, to see what that change does.

The first four change `model1`, `every_epoch` changes `model4`, and `side_224`
changes `model5`. The first line of each docstring names it in a chapter's table.
"""

from catdog.backend import keras
from catdog.data.image_files import IMAGE_SIZE
from catdog.feature_extraction import N_AUGMENTED_COPIES
from catdog.models import (
    DECAY_STEPS,
    MODEL5_IMAGE_SIZE,
    Builder,
    compile_model,
    conv_layers,
    transfer_layers,
)
from catdog.settings import EPOCHS


def relu(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """`relu` in the place of `leaky_relu`.

    Shown in chapter 2.
    """
    parts = conv_layers(activation="relu")
    return compile_model(parts, "relu", decay_steps=decay_steps)


def large_weights(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """First weights from `he_uniform`, which are larger.

    Shown in chapter 2.
    """
    parts = conv_layers(initializer="he_uniform")
    return compile_model(parts, "large_weights", decay_steps=decay_steps)


def no_dropout(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """No dropout.

    Shown in chapter 2.
    """
    parts = conv_layers(dropout=0.0)
    return compile_model(parts, "no_dropout", decay_steps=decay_steps)


def small_steps(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """A tenth of the learning rate.

    Shown in chapter 2.
    """
    return compile_model(
        conv_layers(),
        "small_steps",
        learning_rate=1e-4,
        decay_steps=decay_steps,
    )


def every_epoch(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Each picture augmented and seen anew in every epoch."""
    parts = transfer_layers()
    return compile_model(parts, "every_epoch", decay_steps=decay_steps)


def side_224(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Pictures of 224 by 224 pixels."""
    parts = transfer_layers(224)
    return compile_model(parts, "side_224", 224, decay_steps=decay_steps)


OF_MODEL1: dict[str, Builder] = {
    "relu": relu,
    "large_weights": large_weights,
    "no_dropout": no_dropout,
    "small_steps": small_steps,
}
ABLATIONS = {**OF_MODEL1, "every_epoch": every_epoch, "side_224": side_224}


# Pixels to each side of an image, for each model that needs published weights.
BASE_IMAGE_SIZE = {
    "model4": IMAGE_SIZE,
    "model5": MODEL5_IMAGE_SIZE,
    "every_epoch": IMAGE_SIZE,
    "side_224": 224,
}


def n_augmented_copies(name: str) -> int:
    """Return how often a model's base sees each training image, by its name."""
    return EPOCHS if name == "every_epoch" else N_AUGMENTED_COPIES
