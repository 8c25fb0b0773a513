"""The five models of the tutorial, and the parts they share.

Each builder takes nothing and returns a new, compiled model. They take float32
pictures of shape (batch, side, side, 3) in [0, 255], where `side` is 160, and
for `model5` 288. They give logits of shape (batch, 2): the first for cat, the
second for dog.
"""

from catdog.backend import keras, layers
from catdog.data.image_files import SIDE
from catdog.pretrained import mobilenet_v2

LARGE = 288  # side of the pictures of `model5`
EPOCHS = 20
BATCHES = 63  # that make up an epoch: 2,000 training pictures, 32 in each but the last


def network(
    activation: str = "leaky_relu",
    initializer: str = "lecun_uniform",
    dropout: float = 0.4,
) -> list[layers.Layer]:
    """The layers of the first three models: ever more filters on ever smaller
    maps.
    """
    lively = {"activation": activation, "kernel_initializer": initializer}
    parts = []
    for number in (16, 32, 64, 128):
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


def preprocessor(side: int = SIDE) -> keras.Model:
    """A layer that brings pixels from [0, 255] to [-1, 1]."""
    pixels = keras.Input((side, side, 3))
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels)
    return keras.Model(pixels, scaled, name="preprocessor")


def base_model_layer(side: int = SIDE) -> keras.Model:
    """MobileNetV2 without its classifier, as one frozen layer: pictures of
    shape (batch, side, side, 3) in [-1, 1] to features of shape (batch, side /
    32, side / 32, 1280).
    """
    base_model = mobilenet_v2(side)
    base_model.trainable = False
    picture = keras.Input((side, side, 3))
    features = base_model(picture, training=False)
    return keras.Model(picture, features, name="base_model_layer")


def compiled(
    parts: list[layers.Layer],
    name: str,
    side: int = SIDE,
    learning_rate: float = 1e-3,
) -> keras.Model:
    """Stack the parts and choose how the model learns: in ever smaller steps."""
    pictures = keras.Input((side, side, 3))
    model = keras.Sequential([pictures, *parts], name=name)
    steps = keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps=EPOCHS * BATCHES
    )
    model.compile(
        optimizer=keras.optimizers.Adam(steps),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # compiled convolutions are slower on a CPU
    )
    return model


def paced(model: keras.Model, steps: int) -> keras.Model:
    """Let the learning rate of a compiled model reach zero after this many
    steps, if it falls at all. Returns the model.
    """
    rate = model.optimizer.get_config()["learning_rate"]
    if isinstance(rate, dict):
        falling = rate["config"] | {"decay_steps": steps}
        model.optimizer.learning_rate = (
            keras.optimizers.schedules.CosineDecay.from_config(falling)
        )
    return model


def head() -> list[layers.Layer]:
    """What decides, behind a base model."""
    return [
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.2),
        layers.Dense(2),
    ]


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
    return compiled(
        [preprocessor(), *augmentation(), base_model_layer(), *head()],
        "model4",
    )


def model5() -> keras.Model:
    """The same, on larger pictures."""
    parts = [preprocessor(LARGE), *augmentation(), base_model_layer(LARGE)]
    return compiled([*parts, *head()], "model5", LARGE)


BUILDERS = {
    builder.__name__: builder
    for builder in (model1, model2, model3, model4, model5)
}
