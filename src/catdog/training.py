"""Train a model, and let it answer for images. Records are not its business."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from catdog import devices
from catdog.backend import keras, tf
from catdog.data.pipeline import Datasets, count_batches, datasets
from catdog.data.split import ImageSet, split
from catdog.errors import CatdogError
from catdog.feature_extraction import (
    N_AUGMENTED_COPIES,
    extract_features,
    has_frozen_base,
    split_at_base,
)
from catdog.models import Builder
from catdog.pretrained import structure_only
from catdog.progress import Bar
from catdog.scores import Result, Score, summarize
from catdog.settings import EPOCHS

History = dict[str, list[float]]


@dataclass(frozen=True)
class Recipe:
    """How a model is trained and scored, apart from what it is made of.

    Attributes:
        n_augmented_copies: how often a frozen base sees each training image.
        fine_tuning_epochs: how many epochs the last blocks of the base are
            trained, after the head.
        average_flips: whether the answer for an image is the mean of those for
            the image and its mirror image.
    """

    n_augmented_copies: int = N_AUGMENTED_COPIES
    fine_tuning_epochs: int = 0
    average_flips: bool = False


USUAL_RECIPE = Recipe()


class Trained(NamedTuple):
    """A trained model, and what is known of its training.

    Attributes:
        model: the trained model.
        fold: which fifth of the held-out images is the test set, 0 to 4.
        history: `accuracy`, `val_accuracy`, `loss`, `val_loss`: one value an
            epoch; accuracies in [0, 1].
        seconds: of training, without the scoring.
        train: how it does on the training images, in inference mode.
        validation: how it does on the validation images.
        scores: answers for the test images.
        n_devices: how many devices shared each batch.
        precision: the name of Keras' policy for numbers.
    """

    model: keras.Model
    fold: int
    history: History
    seconds: float
    train: Result
    validation: Result
    scores: list[Score]
    n_devices: int = 1
    precision: str = devices.FLOAT32


def train(
    builder: Builder,
    images: ImageSet,
    seed: int = 0,
    epochs: int = EPOCHS,
    recipe: Recipe = USUAL_RECIPE,
    n_devices: int = 1,
) -> Trained:
    """Train a new model, and score it on the images of all three sets.

    Args:
        builder: one of the functions of `catdog.models`.
        images: what to train on.
        seed: fixes the first weights, the order of the images and the
            augmentation. Seed k tests on fold k mod 5 (or on the one test set).
        epochs: passes through the training images.
        recipe: of the training.
        n_devices: how many GPUs share each batch.

    Raises:
        CatdogError: if `epochs` is less than 1, the training diverges, or there
            are fewer devices.
    """
    if epochs < 1:
        raise CatdogError(f"{epochs} epochs train nothing: ask for 1 or more.")
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    fold = seed % images.folds
    policy = devices.precision()
    with devices.train_on(n_devices, policy):
        model = builder(decay_steps=epochs * count_batches(images.train))
        sets = datasets(images, fold, seed, size=model.input_shape[1])
        start = time.perf_counter()
        history = fit(model, sets, seed, epochs, recipe.n_augmented_copies)
        if recipe.fine_tuning_epochs:
            more = fine_tune(model, sets, recipe.fine_tuning_epochs, seed)
            history = {name: history[name] + more[name] for name in history}
        seconds = time.perf_counter() - start
    epoch = first_nonfinite_epoch(history)
    if epoch:
        raise CatdogError(
            f"{model.name} with seed {seed} diverged: the loss is NaN or "
            f"infinite in epoch {epoch}. Lower the learning rate."
        )
    if (n_devices, policy) != (1, devices.FLOAT32):
        model = _on_one_device(model, builder, recipe)
    if recipe.average_flips:
        model = average_flips(model)
    names = split(images, fold)
    return Trained(
        model,
        fold,
        history,
        seconds,
        # Shuffled: these names are wrong, which their summary does not mind.
        summarize(score(model, sets.train, names.train)),
        summarize(score(model, sets.validation, names.validation)),
        score(model, sets.test, names.test),
        n_devices,
        policy,
    )


def _on_one_device(
    model: keras.Model, builder: Builder, recipe: Recipe
) -> keras.Model:
    """Return what was trained as the model that any machine can use."""
    with structure_only():
        usual = builder()
    if recipe.fine_tuning_epochs:
        unfreeze(usual)
    usual.set_weights(model.get_weights())
    return usual


def fit(
    model: keras.Model,
    sets: Datasets,
    seed: int,
    epochs: int,
    n_augmented_copies: int = N_AUGMENTED_COPIES,
) -> History:
    """Train a model or, if it has a frozen base, its head alone.

    Returns:
        The history of the training.
    """
    learner, examples, validation = model, sets.train, sets.validation
    steps_per_epoch = None  # as many as there are batches
    if has_frozen_base(model):
        steps_per_epoch = len(sets.train)  # features never end
        base, learner = split_at_base(model)
        examples, validation = extract_features(
            base, sets, seed, n_augmented_copies
        )
    with Bar(total=epochs, desc=f"{model.name}, seed {seed}") as bar:
        return learner.fit(
            examples,
            validation_data=validation,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            shuffle=False,  # the pipeline shuffles
            verbose=0,
            callbacks=[advance(bar), keras.callbacks.TerminateOnNaN()],
        ).history


def fine_tune(
    model: keras.Model, sets: Datasets, epochs: int, seed: int = 0
) -> History:
    """Train the last blocks of a base together with the head, in small steps."""
    # The base learns now, so `fit` trains the whole model.
    return fit(unfreeze(model), sets, seed, epochs)


def unfreeze(model: keras.Model, first: str = "block_13_expand") -> keras.Model:
    """Let the last blocks of a base learn, in small steps; return the model.

    Normalization layers stay frozen: only then do they keep the averages that
    they have learned (keras#20285).

    Args:
        model: with a frozen base, such as `model4`.
        first: name of the first layer of the base that is to learn.

    Shown in chapter 5.
    """
    base = model.get_layer("base_model_layer").layers[-1]
    base.trainable = True
    learns = False
    for layer in base.layers:
        learns = learns or layer.name == first
        is_normalization = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = learns and not is_normalization
    model.compile(
        optimizer=keras.optimizers.Adam(1e-5),
        loss=model.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def average_flips(model: keras.Model) -> keras.Model:
    """Return a model that averages its logits over an image and its mirror."""
    images = keras.Input(model.input_shape[1:])
    mirrored = keras.ops.flip(images, axis=2)
    logits = keras.layers.average([model(images), model(mirrored)])
    return keras.Model(images, logits, name=model.name)


def advance(bar: Bar) -> keras.callbacks.Callback:
    """Return a callback that moves a progress bar at the end of each epoch."""

    def on_epoch_end(_epoch, logs):
        bar.set_postfix({name: f"{value:.3f}" for name, value in logs.items()})
        bar.update()

    return keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)


def score(
    model: keras.Model, dataset: tf.data.Dataset, names: list[str]
) -> list[Score]:
    """Let a model answer for each image of a dataset, in inference mode.

    Args:
        model: gives logits of shape (batch, 2).
        dataset: yields `(images, labels)`.
        names: file names of the images, in the order of the dataset.
    """
    labels, probabilities = [], []
    for batch, batch_labels in dataset:
        logits = model.predict_on_batch(batch)
        probabilities += keras.ops.softmax(logits)[:, 1].numpy().tolist()
        labels += batch_labels.numpy().tolist()
    return [
        Score(name, label, probability)
        for name, label, probability in zip(
            names, labels, probabilities, strict=True
        )
    ]


def first_nonfinite_epoch(history: History) -> int | None:
    """Return the first epoch, from 1, with a NaN or infinite value, or None."""
    for epoch, values in enumerate(zip(*history.values(), strict=False), 1):
        if not np.isfinite(values).all():
            return epoch
    return None
