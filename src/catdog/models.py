"""The four models of the tutorial, and the parts they share.

Each builder takes nothing and returns a new, compiled model. All of them take
float32 pictures of shape (batch, 160, 160, 3) in [0, 255] and give logits of
shape (batch, 2): the first for cat, the second for dog.
"""

import functools
import logging
import socket
from pathlib import Path

import keras
from keras import layers

from catdog.archives import SECONDS_TO_ANSWER
from catdog.data import IMAGE_SIZE, keras_home
from catdog.errors import WeightsError

IMAGE_SHAPE = (*IMAGE_SIZE, 3)
EPOCHS = 20
BATCHES = 63  # that make up an epoch: 2,000 training pictures, 32 in each but the last
WEIGHTS_NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_160_no_top.h5"


def network(filters=(32, 64, 128, 128), activation="leaky_relu", dropout=0.4):
    """The layers of the first three models: ever more filters on ever smaller
    maps.
    """
    lively = {"activation": activation, "kernel_initializer": "he_uniform"}
    parts = []
    for number in filters:
        window, step = (3, 1) if parts else (5, 2)
        parts += [
            layers.Conv2D(number, window, step, padding="same", **lively),
            layers.MaxPooling2D(),
        ]
    return [
        *parts,
        layers.Flatten(),
        layers.Dropout(dropout),
        layers.Dense(64, **lively),
        layers.Dense(2),
    ]


def augmentation() -> list[layers.Layer]:
    """Two layers that change a picture at random while training, and let it
    pass at any other time.
    """
    return [layers.RandomFlip("horizontal"), layers.RandomRotation(0.05)]


def preprocessor() -> keras.Model:
    """A layer that brings pixels from [0, 255] to [-1, 1]."""
    pixels = keras.Input(IMAGE_SHAPE)
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels)
    return keras.Model(pixels, scaled, name="preprocessor")


def base_model_layer() -> keras.Model:
    """MobileNetV2 without its classifier, as one frozen layer: (batch, 160,
    160, 3) in [-1, 1] to (batch, 5, 5, 1280).
    """
    base_model = mobilenet_v2()
    base_model.trainable = False
    picture = keras.Input(IMAGE_SHAPE)
    features = base_model(picture, training=False)
    return keras.Model(picture, features, name="base_model_layer")


def compiled(
    parts: list[layers.Layer], name: str, learning_rate: float = 1e-3
) -> keras.Model:
    """Stack the parts and choose how the model learns: in ever smaller steps."""
    model = keras.Sequential([keras.Input(IMAGE_SHAPE), *parts], name=name)
    steps = keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps=EPOCHS * BATCHES
    )
    model.compile(
        optimizer=keras.optimizers.Adam(steps),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def model1() -> keras.Model:
    """A convolutional network on raw pixels."""
    return compiled(network(), "model1")


def model2() -> keras.Model:
    """The same network behind data augmentation."""
    return compiled([*augmentation(), *network()], "model2")


def model3() -> keras.Model:
    """The same augmentation and network behind the preprocessor."""
    return compiled([preprocessor(), *augmentation(), *network()], "model3")


def model4() -> keras.Model:
    """Transfer learning: MobileNetV2 sees, one small layer learns to decide."""
    head = [
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.2),
        layers.Dense(2),
    ]
    return compiled(
        [preprocessor(), *augmentation(), base_model_layer(), *head], "model4"
    )


BUILDERS = {
    builder.__name__: builder for builder in (model1, model2, model3, model4)
}


def mobilenet_v2() -> keras.Model:
    """MobileNetV2 with its ImageNet weights or, where they cannot be had, with
    random ones and a warning.

    Random weights are enough to look at the model. `catdog train` refuses them.
    """
    try:
        return pretrained_mobilenet_v2()
    except WeightsError as error:
        warn_once(f"{error} Until then the base model has random weights.")
        return keras.applications.MobileNetV2(
            input_shape=IMAGE_SHAPE, include_top=False, weights=None
        )


@functools.cache
def warn_once(message: str) -> None:
    """Log a warning at its first occurrence only."""
    logging.getLogger(__name__).warning(message)


def pretrained_mobilenet_v2() -> keras.Model:
    """MobileNetV2 with the weights learned on ImageNet: Keras' cache first,
    then the public download.

    Raises:
        WeightsError: when the download fails or the file in the cache is not
            what it should be.
    """
    before = socket.getdefaulttimeout()
    # Keras' own download would wait for ever.
    socket.setdefaulttimeout(SECONDS_TO_ANSWER)
    try:
        return keras.applications.MobileNetV2(
            input_shape=IMAGE_SHAPE, include_top=False, weights="imagenet"
        )
    # Keras raises a bare Exception when a download fails, others for a bad
    # file.
    except Exception as error:
        path = weights_path()
        cure = (
            f"delete {path}"
            if path.exists()
            else f"connect to the internet, or lay the file at {path}"
        )
        raise WeightsError(
            f"MobileNetV2's weights cannot be loaded: {cure}."
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def weights_path() -> Path:
    """Where Keras caches the weights of MobileNetV2 for 160-pixel pictures."""
    return keras_home() / "models" / WEIGHTS_NAME
