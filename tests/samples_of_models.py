"""Small models for tests, quickly trained."""

import keras


def build_constant(weight, learning_rate=0.0):
    """A builder of models that answer by brightness, and learn nothing.

    Args:
        weight: of each color in both answers: with NaN, training diverges.
        learning_rate: other than 0, the models learn after all.
    """

    def model1(decay_steps=1):
        start = keras.initializers.Constant(weight)
        model = keras.Sequential(
            [
                keras.Input((160, 160, 3)),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(2, kernel_initializer=start),
            ],
            name="model1",
        )
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model

    return model1
