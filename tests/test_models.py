import keras
import numpy as np
import pytest
from keras import layers

from catdog import ablations, models, pretrained
from catdog.errors import WeightsError
from catdog.runs import store

FROM_SCRATCH = [models.model1, models.model2, models.model3]


def noise(shape):
    chance = np.random.default_rng(0)
    return chance.uniform(0, 255, (4, *shape[1:])).astype("float32")


kinds = np.array([0, 1, 0, 1])


@pytest.fixture(params=list(models.BUILDERS))
def model(request, random_weights):
    keras.utils.set_random_seed(0)
    return models.BUILDERS[request.param]()


def types(model):
    return [type(layer) for layer in model.layers]


def test_takes_pictures_and_gives_two_logits(model):
    side = models.LARGE if model.name == "model5" else models.SIDE
    assert model.input_shape == (None, side, side, 3)
    assert model.output_shape == (None, 2)
    logits = model.predict(noise(model.input_shape), verbose=0)
    assert logits.shape == (4, 2) and not np.allclose(logits.sum(axis=1), 1)


def test_is_compiled_for_logits_and_accuracy(model):
    assert model.loss.get_config()["from_logits"] is True
    assert "accuracy" in model.evaluate(
        noise(model.input_shape), kinds, verbose=0, return_dict=True
    )


def test_a_step_of_training_changes_every_trained_weight_and_no_frozen_one(
    model,
):
    trained = [weight.numpy().copy() for weight in model.trainable_weights]
    frozen = [
        weight.numpy().copy()
        for weight in model.non_trainable_weights
        if "seed" not in weight.path
    ]
    model.fit(noise(model.input_shape), kinds, epochs=2, verbose=0)
    assert all(
        (old != new.numpy()).any()
        for old, new in zip(trained, model.trainable_weights, strict=True)
    )
    now = [
        weight.numpy()
        for weight in model.non_trainable_weights
        if "seed" not in weight.path
    ]
    assert all((old == new).all() for old, new in zip(frozen, now, strict=True))


def test_first_model_has_the_layers_that_the_course_asks_for():
    used = types(models.model1())
    assert (
        used.count(layers.Conv2D) >= 2 and used.count(layers.MaxPooling2D) >= 2
    )
    assert {layers.Flatten, layers.Dense, layers.Dropout} <= set(used)


def test_second_model_begins_with_augmentation():
    assert types(models.model2())[:2] == [
        layers.RandomFlip,
        layers.RandomRotation,
    ]


def test_third_model_begins_with_the_preprocessor_then_augmentation():
    model = models.model3()
    assert model.layers[0].name == "preprocessor"
    assert types(model)[1:3] == [layers.RandomFlip, layers.RandomRotation]


def test_first_three_share_one_network():
    networks = [
        store.settings(build())["layers"][-len(models.network()) :]
        for build in FROM_SCRATCH
    ]
    assert networks[0] == networks[1] == networks[2]


def test_fourth_model_is_in_the_order_of_the_course(random_weights):
    model = models.model4()
    assert [model.layers[0].name, model.layers[3].name] == [
        "preprocessor",
        "base_model_layer",
    ]
    assert types(model)[1:3] == [layers.RandomFlip, layers.RandomRotation]
    assert types(model)[-1] is layers.Dense and model.layers[-1].units == 2


def test_fourth_model_trains_its_head_alone(random_weights):
    model = models.model4()
    base = model.get_layer("base_model_layer")
    assert store.count(model.trainable_weights) == 1280 * 2 + 2
    assert base.count_params() == 2_257_984 and not base.trainable_weights


def test_fifth_model_differs_from_the_fourth_in_what_the_base_sees(
    random_weights,
):
    fourth, fifth = models.model4(), models.model5()
    assert types(fourth) == types(fifth)
    sees = [
        model.get_layer("base_model_layer").output_shape[1:]
        for model in (fourth, fifth)
    ]
    assert sees == [(5, 5, 1280), (9, 9, 1280)]
    trained = [store.count(m.trainable_weights) for m in (fourth, fifth)]
    assert trained == [1280 * 2 + 2] * 2


def test_preprocessor_maps_bytes_to_minus_one_to_one():
    pixels = np.broadcast_to(
        np.array([0.0, 127.5, 255.0], "float32"), (1, 160, 160, 3)
    )
    scaled = models.preprocessor()(pixels).numpy()
    assert scaled[0, 0, 0].tolist() == [-1, 0, 1]


def test_augmentation_acts_in_training_only_and_never_flips_upside_down():
    flip, turn = models.augmentation()
    pictures = noise((None, 160, 160, 3))
    assert (turn(pictures, training=True).numpy() != pictures).any()
    assert (turn(pictures, training=False).numpy() == pictures).all()
    for copy in (flip(pictures, training=True).numpy() for _ in range(5)):
        for picture, flipped in zip(pictures, copy, strict=True):
            assert (flipped == picture).all() or (
                flipped == picture[:, ::-1]
            ).all()


def test_trials_change_something(random_weights):
    originals = [
        store.settings(build()) for build in models.BUILDERS.values()
    ]
    for name, build in ablations.TRIALS.items():
        trial = build()
        assert trial.name == name
        assert store.settings(trial) not in originals


def test_without_weights_the_model_can_still_be_looked_at(monkeypatch, caplog):
    def refuse(side):
        raise WeightsError("The weights cannot be loaded.")

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", refuse)
    pretrained.warn_once.cache_clear()
    models.model4()
    models.model4()
    assert [record.message for record in caplog.records] == [
        "The weights cannot be loaded. Until then the base model has random weights."
    ]
