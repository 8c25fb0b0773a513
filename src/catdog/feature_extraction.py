"""Feature extraction: let a frozen base see each image only a few times.

What is frozen gives the same answer to the same image in every epoch. So each
training image passes it `N_AUGMENTED_COPIES` times, augmented in a new way each
time, and the epochs take turns with these copies. Who asks for the same features
again gets them from the cache. The layers that learn are the model's
own: in the end the whole model is trained.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from catdog.backend import keras, tf
from catdog.data.pipeline import BATCH_SIZE, Datasets
from catdog.errors import CatdogError
from catdog.feature_cache import CachedBase, Rows
from catdog.progress import Bar

N_AUGMENTED_COPIES = 2


def first_learning_layer(model: keras.Model) -> int:
    """Return the position of the first layer that learns or drops values.

    Raises:
        CatdogError: if there is none.
    """
    for position, layer in enumerate(model.layers):
        if layer.trainable_weights or isinstance(layer, keras.layers.Dropout):
            return position
    raise CatdogError(
        f"No layer of {model.name} learns: set `trainable = True` for some."
    )


def has_frozen_base(model: keras.Model) -> bool:
    """Return whether layers with parameters come before all that learns."""
    before = model.layers[: first_learning_layer(model)]
    return any(
        isinstance(layer, keras.Model) and layer.weights for layer in before
    )


def pooling_position(model: keras.Model) -> int:
    """Return the position of the layer that takes the mean over a grid.

    Raises:
        CatdogError: if there is none.
    """
    for position, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.GlobalAveragePooling2D):
            return position
    raise CatdogError(
        f"{model.name} does not take the mean over a grid, so its cells have "
        "no logits: choose a model on MobileNetV2, such as model4."
    )


def with_cells(model: keras.Model) -> keras.Model:
    """Return a model that also gives the logits of each cell of the grid.

    What comes after the mean over the cells adds and multiplies only, so it may
    as well come before: the mean of the cells' logits is the logits of the
    image. Both models share their weights.

    Args:
        model: with a frozen base, such as `model4`, in inference mode.

    Returns:
        A model with two outputs: `logits` of shape (batch, 2), and `cells` of
        shape (batch, size / 32, size / 32, 2), cat before dog.

    Raises:
        CatdogError: if the model does not take the mean over a grid.
    """
    position = pooling_position(model)
    before, pooling, after = (
        model.layers[:position],
        model.layers[position],
        model.layers[position + 1 :],
    )
    image = keras.Input(model.input_shape[1:], name="image")
    features = _apply(before, image)
    _, height, width, channels = features.shape
    # A batch of cells, each of which is given to the head as if pooled.
    cells = _apply(after, keras.ops.reshape(features, (-1, channels)))
    cells = keras.ops.reshape(cells, (-1, height, width, cells.shape[-1]))
    logits = _apply([pooling, *after], features)
    # The names of these layers are those of the outputs.
    outputs = [
        keras.layers.Identity(name="logits")(logits),
        keras.layers.Identity(name="cells")(cells),
    ]
    return keras.Model(image, outputs, name=f"{model.name}_with_cells")


def split_at_base(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Return the layers of a model as two models: frozen base and head.

    The base takes images. The head takes what the base gives, and learns as
    the whole model would.

    Shown in chapter 5.
    """
    position = first_learning_layer(model)
    base = _stack(model.layers[:position], model.input_shape)
    head = _stack(model.layers[position:], base.output_shape)
    head.compile(
        optimizer=model.optimizer,
        loss=model.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return base, head


def extract_features(
    base: keras.Model, sets: Datasets, seed: int, n_augmented_copies: int
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Compute what a frozen base makes of training and validation images.

    Args:
        base: the frozen base, with augmentation layers before it.
        sets: the images.
        seed: fixes the order of the training features.
        n_augmented_copies: how often each training image is augmented.

    Returns:
        Training and validation features, as pipelines of `(features, labels)`
        in batches of up to 32. The first never ends: epoch e has copy e mod n
        of each training image, in a new order.

    Shown in chapter 5.
    """
    features = CachedBase(base)
    with Bar(
        total=n_augmented_copies + 1, desc="Passing the frozen base"
    ) as bar:

        def outputs(dataset, training):
            for batch, labels in dataset:
                yield features(batch, training), labels.numpy()
            bar.update()

        copies = [
            _pipeline(outputs(sets.train, training=True), seed + copy)
            for copy in range(n_augmented_copies)
        ]
        validation = _pipeline(outputs(sets.validation, training=False))
    train = functools.reduce(tf.data.Dataset.concatenate, copies).repeat()
    return train, validation


def _pipeline(
    batches: Iterator[tuple[np.ndarray, np.ndarray]], seed: int | None = None
) -> tf.data.Dataset:
    parts: list[np.ndarray] = []

    def without_labels():
        for features, labels in batches:
            parts.append(labels)
            yield features

    rows = Rows(without_labels())
    labels = tf.constant(np.concatenate(parts))

    def load(numbers):
        features = tf.numpy_function(rows.take, [numbers], rows.dtype)
        features = tf.ensure_shape(features, (None, *rows.shape))
        return features, tf.gather(labels, numbers)

    # Numbers are shuffled, not the features: these may fill most of the memory.
    dataset = tf.data.Dataset.range(rows.length)
    if seed is not None:
        dataset = dataset.shuffle(rows.length, seed)
    return dataset.batch(BATCH_SIZE).map(load)


def _apply(chain: list[keras.layers.Layer], values: Any) -> Any:
    for layer in chain:
        values = layer(values, training=False)
    return values


def _stack(layers: list[keras.layers.Layer], shape: tuple) -> keras.Model:
    return keras.Sequential([keras.Input(shape[1:]), *layers])
