import keras
import numpy as np
import pytest

from catdog import feature_extraction, models, training
from catdog.data import sources

FROZEN = [models.model4, models.model5]


@pytest.fixture(params=FROZEN, ids=lambda builder: builder.__name__)
def model(request, random_weights):
    keras.utils.set_random_seed(0)
    return request.param()


def batch(model):
    chance = np.random.default_rng(0)
    return chance.uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")


def test_the_two_parts_together_are_the_model(model):
    frozen, learning = feature_extraction.two_parts(model)
    assert not [w for w in frozen.trainable_weights]
    seen = frozen(batch(model), training=False)
    assert np.allclose(
        learning(seen, training=False),
        model(batch(model), training=False),
        rtol=1e-4,
        atol=1e-4,
    )


def test_what_the_learning_part_learns_the_model_has_learned(model):
    frozen, learning = feature_extraction.two_parts(model)
    before = model.predict(batch(model), verbose=0)
    learning.fit(
        frozen(batch(model), training=False), np.array([0, 1]), verbose=0
    )
    assert not np.allclose(model.predict(batch(model), verbose=0), before)


def test_only_models_with_a_frozen_base_are_taken_apart(random_weights):
    answers = [
        feature_extraction.has_frozen_base(build()) for build in models.BUILDERS.values()
    ]
    assert answers == [False, False, False, True, True]


def test_feature_sets_go_through_all_copies_and_fix_the_order(pictures):
    sets = sources.datasets(pictures, seed=1)
    frozen = keras.Sequential(
        [keras.Input((160, 160, 3)), keras.layers.GlobalAveragePooling2D()]
    )
    train, validation = feature_extraction.feature_sets(frozen, sets, seed=1, passes=3)
    number = len(pictures.train)
    one_round = list(train.unbatch().take(3 * number).as_numpy_iterator())
    again = list(train.unbatch().take(3 * number).as_numpy_iterator())
    colours, counts = np.unique(
        [seen.round(2) for seen, _ in one_round], axis=0, return_counts=True
    )
    assert len(colours) == number and set(counts) == {3}
    assert sum(int(kind) for _, kind in one_round) == 3 * number // 2
    assert any(
        (a[0] != b[0]).any() for a, b in zip(one_round, again, strict=True)
    )
    expected = np.concatenate(
        [x.numpy().mean((1, 2)) for x, _ in sets.validation]
    )
    seen = np.concatenate([x.numpy() for x, _ in validation])
    assert np.allclose(seen, expected, rtol=1e-4)


def test_a_model_with_a_frozen_base_trains_and_scores_as_a_whole(
    pictures, random_weights
):
    run = training.train(models.model4, pictures, seed=0, epochs=2)
    assert len(run.history["val_accuracy"]) == 2
    # Scored by the whole model, measured on features by its learning part.
    assert run.validation["accuracy"] == pytest.approx(
        run.history["val_accuracy"][-1], abs=1e-4
    )
