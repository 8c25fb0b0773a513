"""`tf.data` pipelines: from image files to the batches that a model takes."""

import math
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catdog.backend import tf
from catdog.data.decoded import DecodedImages
from catdog.data.image_files import IMAGE_SIZE, read_image
from catdog.data.split import ImageSet, split

BATCH_SIZE = 32


class Datasets(NamedTuple):
    """The three pipelines of one split.

    Each yields `(images, labels)` in batches of up to 32: float32 of shape
    (batch, size, size, 3) in [0, 255], and int32 of shape (batch,), 0 for the
    first class and 1 for the second.
    """

    train: tf.data.Dataset
    validation: tf.data.Dataset
    test: tf.data.Dataset


def datasets(
    images: ImageSet, fold: int = 0, seed: int = 0, size: int = IMAGE_SIZE
) -> Datasets:
    """Build the three pipelines of one fold.

    Images are decoded once on a machine, and kept on disk as uint8 (75 KiB
    each, with a size of 160). Training images come in a new order in each
    epoch. Validation and test images keep their order.

    Args:
        images: the image set.
        fold: which fifth of the held-out images is the test set, 0 to 4.
        seed: fixes the sequence of orders.
        size: pixels to each side of an image.

    Shown in chapter 1.
    """
    names = split(images, fold)
    return Datasets(
        pipeline(images, names.train, size, shuffle_seed=seed),
        pipeline(images, names.validation, size),
        pipeline(images, names.test, size),
    )


def count_batches(names: Sequence[str]) -> int:
    """Return how many batches these images fill."""
    return math.ceil(len(names) / BATCH_SIZE)


def pipeline(
    images: ImageSet,
    names: list[str],
    size: int = IMAGE_SIZE,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Shuffle (if there is a seed), batch, load, prefetch.

    `Datasets` says what it yields.

    Shown in chapter 1.
    """
    decoded = DecodedImages(images.folder, names, size)
    labels = tf.constant([images.label(name) for name in names], tf.int32)

    def load(numbers):
        batch = tf.numpy_function(decoded.take, [numbers], tf.uint8)
        batch = tf.ensure_shape(batch, (None, size, size, 3))
        return tf.cast(batch, tf.float32), tf.gather(labels, numbers)

    dataset = tf.data.Dataset.range(len(names))
    if shuffle_seed is not None:
        dataset = dataset.shuffle(
            len(names), seed=shuffle_seed, reshuffle_each_iteration=True
        )
    dataset = dataset.batch(BATCH_SIZE)
    dataset = dataset.map(load)
    # TensorFlow's tuner of pipelines sleeps ever longer, and an epoch does not
    # end before it wakes: seconds in each, with TensorFlow 2.21.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(2).with_options(options)


def decode(path: tf.Tensor | str, size: int = IMAGE_SIZE) -> tf.Tensor:
    """Read one image and stretch it to a square.

    Returns:
        uint8 of shape (size, size, 3) in [0, 255].

    Shown in chapter 1.
    """

    def read(name):
        return read_image(os.fsdecode(np.asarray(name).item()), size)

    image = tf.numpy_function(read, [path], tf.uint8)
    return tf.ensure_shape(image, (size, size, 3))
