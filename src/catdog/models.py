"""The five models of the tutorial, and the parts that they share.

Each builder returns a new, compiled model. Models take float32 images of shape
(batch, size, size, 3) in [0, 255], where `size` is 160, and for `model5` 288.
They give logits of shape (batch, 2): the first for cat, the second for dog.
"""

from collections.abc import Callable, Iterable

import numpy as np

from catdog.backend import keras, layers
from catdog.data.image_files import IMAGE_SIZE
from catdog.pretrained import mobilenet_v2
from catdog.settings import EPOCHS

Builder = Callable[..., keras.Model]

# 20 epochs of 63 batches: 2,000 training images, 32 in a batch.
DECAY_STEPS = EPOCHS * 63


def conv_layers(
    activation: str = "leaky_relu",
    initializer: str = "lecun_uniform",
    dropout: float = 0.4,
) -> list[layers.Layer]:
    """Return the layers of the first three models.

    From stage to stage there are more filters on smaller maps.

    Args:
        activation: of the convolutions and of the hidden dense layer.
        initializer: where their first weights come from.
        dropout: share of values that are dropped in training mode, in [0, 1).

    Shown in chapter 2.
    """

    def conv(filters, kernel_size, strides=1):
        return layers.Conv2D(
            filters,
            kernel_size,
            strides,
            padding="same",
            activation=activation,
            kernel_initializer=initializer,
        )

    return [
        conv(16, 5, strides=2),
        layers.MaxPooling2D(),
        conv(32, 3),
        layers.MaxPooling2D(),
        conv(64, 3),
        layers.MaxPooling2D(),
        conv(128, 3),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(dropout),
        layers.Dense(64, activation, kernel_initializer=initializer),
        layers.Dense(2),
    ]


def augmentation() -> list[layers.Layer]:
    """Return two layers that change images at random, in training mode only.

    Shown in chapter 3.
    """
    return [layers.RandomFlip("horizontal"), layers.RandomRotation(0.05)]


def preprocessor(size: int = IMAGE_SIZE) -> keras.Model:
    """Return a layer that scales pixels from [0, 255] to [-1, 1].

    Shown in chapter 4.
    """
    pixels = keras.Input((size, size, 3))
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels)
    return keras.Model(pixels, scaled, name="preprocessor")


def base_model_layer(size: int = IMAGE_SIZE) -> keras.Model:
    """Return MobileNetV2 without its classifier, as one frozen layer.

    It takes images of shape (batch, size, size, 3) in [-1, 1], and gives
    features of shape (batch, size / 32, size / 32, 1280).

    Shown in chapter 5.
    """
    base_model = mobilenet_v2(size)
    base_model.trainable = False
    image = keras.Input((size, size, 3))
    features = base_model(image, training=False)
    return keras.Model(image, features, name="base_model_layer")


def head() -> list[layers.Layer]:
    """Return the classification head on top of the base model.

    Normalized features and small weights keep 1,280 features from fitting
    2,000 images by heart.

    Shown in chapter 5.
    """
    return [
        layers.GlobalAveragePooling2D(),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.1)),
    ]


def compile_model(
    model: keras.Model,
    decay_steps: int = DECAY_STEPS,
    learning_rate: float = 1e-3,
) -> keras.Model:
    """Choose how a model learns, and return it.

    Args:
        model: gives logits of shape (batch, 2).
        decay_steps: the step at which the learning rate reaches zero.
        learning_rate: of the first step.

    Shown in chapter 2.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # compiled convolutions are slower on a CPU
    )
    return model


def model1(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Build a convolutional network on raw pixels.

    Shown in chapter 2.
    """
    model = keras.Sequential(
        [keras.Input((160, 160, 3)), *conv_layers()], name="model1"
    )
    return compile_model(model, decay_steps)


def model2(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Build the same network behind data augmentation.

    Shown in chapter 3.
    """
    model = keras.Sequential(
        [keras.Input((160, 160, 3)), *augmentation(), *conv_layers()],
        name="model2",
    )
    return compile_model(model, decay_steps)


def model3(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Build the same network behind preprocessor and augmentation.

    Shown in chapter 4.
    """
    model = keras.Sequential(
        [
            keras.Input((160, 160, 3)),
            preprocessor(),
            *augmentation(),
            *conv_layers(),
        ],
        name="model3",
    )
    return compile_model(model, decay_steps)


def model4(
    decay_steps: int = DECAY_STEPS, size: int = IMAGE_SIZE, name: str = "model4"
) -> keras.Model:
    """Build a small head on top of MobileNetV2, which is frozen.

    Args:
        decay_steps: the step at which the learning rate reaches zero.
        size: pixels to each side of an image.
        name: of the model.

    Shown in chapter 5.
    """
    model = keras.Sequential(
        [
            keras.Input((size, size, 3)),
            preprocessor(size),
            *augmentation(),
            base_model_layer(size),
            *head(),
        ],
        name=name,
    )
    return compile_model(model, decay_steps)


def model5(decay_steps: int = DECAY_STEPS) -> keras.Model:
    """Build the same for larger images.

    Shown in chapter 6.
    """
    return model4(decay_steps, size=288, name="model5")


def count_parameters(weights: Iterable[keras.Variable]) -> int:
    """Return how many numbers some weights hold."""
    return int(sum(np.prod(weight.shape) for weight in weights))


BUILDERS: dict[str, Builder] = {
    "model1": model1,
    "model2": model2,
    "model3": model3,
    "model4": model4,
    "model5": model5,
}
