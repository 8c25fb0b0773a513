"""The assignment's own lines that fail today, as chapters 1, 2 and 4 tell.

When one of these tests fails, the line works again: then its aside can go.
"""

# These are the assignment's own lines.
# ruff: noqa: PTH110, PTH118, PTH120

import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from samples import write_zip

KERAS = tuple(map(int, keras.__version__.split(".")[:2]))


@pytest.mark.skipif(KERAS < (3, 6), reason="the path was right up to Keras 3.5")
def test_path_that_get_file_gives_is_no_zip(tmp_path):
    origin = write_zip(
        tmp_path / "origin.zip",
        [f"cats_and_dogs_filtered/train/cats/{n}.jpg" for n in range(2)],
    )
    path_to_zip = keras.utils.get_file(
        "cats_and_dogs.zip",
        origin=origin.as_uri(),
        extract=True,
        cache_dir=tmp_path / "keras",
    )
    folder = os.path.join(
        os.path.dirname(path_to_zip), "cats_and_dogs_filtered"
    )
    assert not os.path.exists(os.path.join(folder, "train"))


def test_take_and_skip_of_shuffled_images_is_no_split():
    shuffled = tf.data.Dataset.range(1000).shuffle(1000, seed=1)
    test, validation = shuffled.take(200), shuffled.skip(200)
    both = set(test.as_numpy_iterator()) & set(validation.as_numpy_iterator())
    assert len(both) > 100


def two_classes(*parts):
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            *parts,
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )


def test_third_place_of_compile_is_not_for_metrics():
    model = two_classes()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def compile_and_fit():
        model.compile("adam", loss, ["accuracy"])
        model.fit(np.zeros((2, 8, 8, 3)), np.array([0, 1]), verbose=0)

    with pytest.raises((ValueError, TypeError)):
        compile_and_fit()


def test_lists_around_input_and_output_break_a_stack():
    i = keras.Input((8, 8, 3))
    x = keras.applications.mobilenet_v2.preprocess_input(i)
    two_classes(keras.Model(inputs=i, outputs=x))
    with pytest.raises((ValueError, TypeError, AttributeError)):
        two_classes(keras.Model(inputs=[i], outputs=[x]))
