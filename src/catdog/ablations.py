"""Ablations: models with one change, to see what that change does.

`CHANGED` tells which model each of them changes. The first line of each
docstring names it in a chapter's table.
"""

from typing import Any

from catdog import models
from catdog.backend import keras
from catdog.data.image_files import IMAGE_SIZE
from catdog.models import (
    DECAY_STEPS,
    Builder,
    compile_model,
    conv_layers,
    model4,
)
from catdog.settings import EPOCHS
from catdog.training import USUAL_RECIPE, Recipe


def network(name: str, **options: Any) -> keras.Model:
    """Build the network of model1 with other options of `conv_layers`.

    Shown in chapter 2.
    """
    return keras.Sequential(
        [keras.Input((160, 160, 3)), *conv_layers(**options)], name=name
    )


def relu(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """`relu` in place of `leaky_relu`.

    Shown in chapter 2.
    """
    return compile_model(network("relu", activation="relu"), decay_steps)


def large_weights(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """First weights from `he_uniform`, which are larger.

    Shown in chapter 2.
    """
    model = network("large_weights", initializer="he_uniform")
    return compile_model(model, decay_steps)


def no_dropout(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """No dropout.

    Shown in chapter 2.
    """
    return compile_model(network("no_dropout", dropout=0.0), decay_steps)


def small_steps(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """A tenth of the learning rate.

    Shown in chapter 2.
    """
    model = network("small_steps")
    return compile_model(model, decay_steps, learning_rate=1e-4)


def every_epoch(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Twenty augmented copies of each image, one for each epoch."""
    return model4(decay_steps, name="every_epoch")


def fine_tuned(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Then ten epochs in which the last blocks of the base learn as well."""
    return model4(decay_steps, name="fine_tuned")


def size_192(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Images of 192 by 192 pixels."""
    return model4(decay_steps, size=192, name="size_192")


def size_224(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Images of 224 by 224 pixels."""
    return model4(decay_steps, size=224, name="size_224")


def size_256(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Images of 256 by 256 pixels."""
    return model4(decay_steps, size=256, name="size_256")


def averaged_flips(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Answers averaged over each image and its mirror image."""
    return model4(decay_steps, size=288, name="averaged_flips")


OF_MODEL1: dict[str, Builder] = {
    "relu": relu,
    "large_weights": large_weights,
    "no_dropout": no_dropout,
    "small_steps": small_steps,
}
OF_MODEL4: dict[str, Builder] = {
    "every_epoch": every_epoch,
    "fine_tuned": fine_tuned,
}
# From the image size of model4 to that of model5, and beyond.
OF_MODEL5: dict[str, Builder] = {
    "size_192": size_192,
    "size_224": size_224,
    "size_256": size_256,
    "averaged_flips": averaged_flips,
}
ABLATIONS = {**OF_MODEL1, **OF_MODEL4, **OF_MODEL5}

RECIPES = {
    "every_epoch": Recipe(n_augmented_copies=EPOCHS),
    "fine_tuned": Recipe(fine_tuning_epochs=10),
    "averaged_flips": Recipe(average_flips=True),
}
# Pixels to each side of an image, for each model that needs published weights.
BASE_IMAGE_SIZE = {
    "model4": IMAGE_SIZE,
    "model5": 288,
    "every_epoch": IMAGE_SIZE,
    "fine_tuned": IMAGE_SIZE,
    "size_192": 192,
    "size_224": 224,
    "size_256": 256,
    "averaged_flips": 288,
}


def all_builders() -> dict[str, Builder]:
    """Return the functions that build the five models and the ablations."""
    return {**models.BUILDERS, **ABLATIONS}


def recipe_of(name: str) -> Recipe:
    """Return how the model of this name is trained."""
    return RECIPES.get(name, USUAL_RECIPE)
