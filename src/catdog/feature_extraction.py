"""Let the pictures pass the frozen part of a model a few times, and train the
rest on what comes out.

What is frozen gives the same answer to the same picture in every epoch. So each
training picture passes `PASSES` times, augmented anew each time, and the epochs
share these copies. The layers that learn are the model's own: in the end the
whole model is trained.
"""

import numpy as np

from catdog.backend import keras, tf
from catdog.data.sources import BATCH_SIZE, Datasets
from catdog.progress import Bar

PASSES = 2


def learning_starts(model: keras.Model) -> int:
    """Position of the first layer that learns, or that drops values."""
    return next(
        position
        for position, layer in enumerate(model.layers)
        if layer.trainable_weights or isinstance(layer, keras.layers.Dropout)
    )


def has_frozen_base(model: keras.Model) -> bool:
    """Whether layers with parameters come before all that learns."""
    before = model.layers[: learning_starts(model)]
    return any(
        isinstance(layer, keras.Model) and layer.weights for layer in before
    )


def passes(model: keras.Model) -> int:
    """How often each training picture passes the frozen part of a model:
    `PASSES` times, unless the model says otherwise.
    """
    return getattr(model, "passes", PASSES)


def two_parts(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The layers of a model, as two models: what is frozen, and what learns.

    The first takes pictures. The second takes what the first gives, and learns
    as the whole model would.
    """
    start = learning_starts(model)
    frozen = _stack(model.layers[:start], model.input_shape)
    learning = _stack(model.layers[start:], frozen.output_shape)
    learning.compile(
        optimizer=model.optimizer,
        loss=model.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return frozen, learning


def feature_sets(
    frozen: keras.Model, sets: Datasets, seed: int, passes: int
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """What the frozen part makes of the training and of the validation
    pictures, as pipelines of `(features, labels)` in batches of up to 32.

    The first never ends: it goes through all `passes` copies of all training
    pictures, in an order that `seed` fixes, and then again in another.
    """
    with Bar(total=passes + 1, desc="Passing the frozen layers") as bar:

        @tf.function
        def answer(batch, training):
            return frozen(batch, training=training)

        def outputs(dataset, training):
            found = [
                (answer(batch, training).numpy(), labels.numpy())
                for batch, labels in dataset
            ]
            bar.update()
            return found

        copies = sum((outputs(sets.train, True) for _ in range(passes)), [])
        seen = outputs(sets.validation, False)
    return _pipeline(copies, seed), _pipeline(seen)


def _pipeline(batches: list, seed: int | None = None) -> tf.data.Dataset:
    features, labels = (
        tf.constant(np.concatenate(part)) for part in zip(*batches, strict=True)
    )
    # Numbers are shuffled, not the features: these may fill most of the memory.
    numbers = tf.data.Dataset.range(len(labels))
    if seed is not None:
        numbers = numbers.shuffle(len(labels), seed).repeat()
    return numbers.batch(BATCH_SIZE).map(
        lambda chosen: (tf.gather(features, chosen), tf.gather(labels, chosen))
    )


def _stack(layers: list[keras.layers.Layer], shape: tuple) -> keras.Model:
    return keras.Sequential([keras.Input(shape[1:]), *layers])
