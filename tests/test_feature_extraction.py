"""A frozen base and its head are the model, and learn what it would."""

import keras
import numpy as np
import pytest

from catdog import feature_extraction, models, training
from catdog.data.pipeline import datasets
from catdog.errors import CatdogError


@pytest.fixture(scope="module")
def on_a_base(random_weights):
    keras.utils.set_random_seed(0)
    return {"model4": models.model4(), "model5": models.model5()}


@pytest.fixture(params=["model4", "model5"])
def model(request, on_a_base):
    return on_a_base[request.param]


def batch(model):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")


def test_base_and_head_together_are_the_model(model):
    base, head = feature_extraction.split_at_base(model)
    assert not base.trainable_weights
    features = base(batch(model), training=False)
    assert np.allclose(
        head(features, training=False),
        model(batch(model), training=False),
        rtol=1e-4,
        atol=1e-4,
    )


def test_what_the_head_learns_the_model_has_learned(model):
    base, head = feature_extraction.split_at_base(model)
    before = model.predict(batch(model), verbose=0)
    features = base(batch(model), training=False)
    head.fit(features, np.array([0, 1]), verbose=0)
    assert not np.allclose(model.predict(batch(model), verbose=0), before)


def test_only_models_with_a_frozen_base_are_taken_apart(on_a_base):
    from_scratch = models.model1(), models.model2(), models.model3()
    assert [
        feature_extraction.has_frozen_base(model)
        for model in (*from_scratch, *on_a_base.values())
    ] == [False, False, False, True, True]


def test_model_that_cannot_learn_gets_one_sentence(tmp_path):
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten()], name="pebble"
    )
    for function in (
        feature_extraction.has_frozen_base,
        feature_extraction.split_at_base,
    ):
        with pytest.raises(
            CatdogError, match=r"^No layer of pebble learns: set .*trainable"
        ):
            function(model)


class Number(keras.layers.Layer):
    """Mean color of each image, and the number of this pass."""

    def __init__(self):
        super().__init__()
        self.passes = self.add_weight(shape=(), trainable=False, dtype="int32")
        self.seen = self.add_weight(shape=(), trainable=False, dtype="int32")

    def call(self, batch):
        color = keras.ops.mean(batch, axis=(1, 2))
        number = keras.ops.cast(self.seen // 48, "float32")
        self.seen.assign_add(keras.ops.shape(batch)[0])
        column = keras.ops.full((keras.ops.shape(batch)[0], 1), 1.0) * number
        return keras.ops.concatenate([color, column], axis=1)


def extract(images, seed, copies, epochs):
    """The colors, copies and labels of each epoch, in their order."""
    sets = datasets(images, seed=seed)
    base = keras.Sequential([keras.Input((160, 160, 3)), Number()])
    train, validation = feature_extraction.extract_features(
        base, sets, seed, copies
    )
    n_batches = len(sets.train)
    batches = list(train.take(epochs * n_batches).as_numpy_iterator())
    split = [
        batches[epoch * n_batches : (epoch + 1) * n_batches]
        for epoch in range(epochs)
    ]
    features = [np.concatenate([f for f, _ in epoch]) for epoch in split]
    labels = [np.concatenate([label for _, label in epoch]) for epoch in split]
    return features, labels, sets, validation


def colors(features):
    return sorted(map(tuple, features[:, :3].round(2)))


def test_each_epoch_holds_one_copy_of_each_image_in_a_new_order(images):
    features, labels, _, _ = extract(images, seed=1, copies=3, epochs=7)
    assert [set(epoch[:, 3]) for epoch in features] == [
        {0.0}, {1.0}, {2.0}, {0.0}, {1.0}, {2.0}, {0.0},
    ]  # fmt: skip
    assert len(set(colors(features[0]))) == len(images.train)
    assert all(colors(epoch) == colors(features[0]) for epoch in features)
    assert [int(sum(epoch)) for epoch in labels] == [24] * 7
    orders = [tuple(map(tuple, epoch[:, :3].round(2))) for epoch in features]
    assert len(set(orders)) == 7


def test_seed_fixes_the_order_of_the_features(images):
    first, again = (extract(images, 4, 2, epochs=3)[0] for _ in range(2))
    other = extract(images, 5, 2, epochs=3)[0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_validation_features_keep_their_order(images):
    _, _, sets, validation = extract(images, 1, 1, epochs=1)
    expected = np.concatenate(
        [batch.numpy().mean((1, 2)) for batch, _ in sets.validation]
    )
    features = np.concatenate([batch.numpy() for batch, _ in validation])
    assert np.allclose(features[:, :3], expected, rtol=1e-4)


def test_training_features_are_augmented_and_validation_features_are_not(
    images,
):
    class Mode(keras.layers.Layer):
        """Say in which mode it is."""

        def call(self, batch, training=False):
            return keras.ops.full(
                (keras.ops.shape(batch)[0], 1), float(training)
            )

    base = keras.Sequential([keras.Input((160, 160, 3)), Mode()])
    sets = datasets(images)
    train, validation = feature_extraction.extract_features(base, sets, 0, 1)
    first = train.take(len(sets.train))
    modes = [
        {float(mode) for features, _ in part for mode in features[:, 0]}
        for part in (first, validation)
    ]
    assert modes == [{1.0}, {0.0}]


def test_a_model_with_a_frozen_base_trains_and_scores_as_a_whole(
    images, random_weights
):
    trained = training.train(models.model4, images, seed=0, epochs=2)
    assert len(trained.history["val_accuracy"]) == 2
    # Scored by the whole model, measured on features by its head.
    assert trained.validation.accuracy == pytest.approx(
        trained.history["val_accuracy"][-1], abs=1e-4
    )
