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


def test_features_go_through_all_copies_and_fix_the_order(images):
    sets = datasets(images, seed=1)
    base = keras.Sequential(
        [keras.Input((160, 160, 3)), keras.layers.GlobalAveragePooling2D()]
    )
    train, validation = feature_extraction.extract_features(
        base, sets, seed=1, n_augmented_copies=3
    )
    number = len(images.train)
    one_round = list(train.unbatch().take(3 * number).as_numpy_iterator())
    again = list(train.unbatch().take(3 * number).as_numpy_iterator())
    colors, counts = np.unique(
        [features.round(2) for features, _ in one_round],
        axis=0,
        return_counts=True,
    )
    assert len(colors) == number and set(counts) == {3}
    assert sum(int(label) for _, label in one_round) == 3 * number // 2
    assert any(
        (a[0] != b[0]).any() for a, b in zip(one_round, again, strict=True)
    )
    expected = np.concatenate(
        [batch.numpy().mean((1, 2)) for batch, _ in sets.validation]
    )
    features = np.concatenate([batch.numpy() for batch, _ in validation])
    assert np.allclose(features, expected, rtol=1e-4)


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
    correct = [score.correct for score in trained.validation]
    assert np.mean(correct) == pytest.approx(
        trained.history["val_accuracy"][-1], abs=1e-4
    )
