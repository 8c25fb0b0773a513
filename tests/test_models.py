"""The five models: what they are made of, what they take, give and learn."""

import keras
import numpy as np
import pytest
from keras import layers

from catdog import models, pretrained
from catdog.errors import WeightsError
from catdog.runs.identity import describe_training

LABELS = np.array([0, 1, 0, 1])
FROM_SCRATCH = [models.model1, models.model2, models.model3]


def noise(shape):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (4, *shape[1:])).astype("float32")


@pytest.fixture(scope="module")
def built(random_weights):
    """All models, built once: no test here depends on their weights."""
    keras.utils.set_random_seed(0)
    return {name: builder() for name, builder in models.BUILDERS.items()}


@pytest.fixture(params=models.BUILDERS)
def model(request, built):
    return built[request.param]


def types(model):
    return [type(layer) for layer in model.layers]


def test_takes_images_and_gives_two_logits(model):
    size = 288 if model.name == "model5" else 160
    assert model.input_shape == (None, size, size, 3)
    assert model.output_shape == (None, 2)
    logits = model.predict(noise(model.input_shape), verbose=0)
    assert logits.shape == (4, 2) and not np.allclose(logits.sum(axis=1), 1)


def test_is_compiled_for_logits_and_accuracy(model):
    assert model.loss.get_config()["from_logits"] is True
    assert "accuracy" in model.evaluate(
        noise(model.input_shape), LABELS, verbose=0, return_dict=True
    )


def frozen_weights(model):
    """The weights of the base: seeds and averages of the head do change."""
    return [
        weight
        for layer in model.layers
        if layer.name == "base_model_layer"
        for weight in layer.weights
    ]


def test_a_step_of_training_changes_every_trained_weight_and_no_frozen_one(
    model,
):
    trained = [weight.numpy().copy() for weight in model.trainable_weights]
    frozen = [weight.numpy().copy() for weight in frozen_weights(model)]
    model.fit(noise(model.input_shape), LABELS, epochs=2, verbose=0)
    assert all(
        (old != new.numpy()).any()
        for old, new in zip(trained, model.trainable_weights, strict=True)
    )
    now = [weight.numpy() for weight in frozen_weights(model)]
    assert all((old == new).all() for old, new in zip(frozen, now, strict=True))


@pytest.mark.parametrize("builder", FROM_SCRATCH)
def test_learning_rate_falls_to_zero_in_the_steps_that_are_asked_for(builder):
    for asked, steps in [({}, 20 * 63), ({"decay_steps": 5}, 5)]:
        schedule = builder(**asked).optimizer._learning_rate
        assert float(schedule(0)) == pytest.approx(1e-3)
        assert float(schedule(steps - 1)) > 1e-9 > float(schedule(steps))


def test_any_network_can_be_compiled_with_steps_of_another_size():
    network = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model = models.compile_model(network, 5, learning_rate=0.5)
    assert model is network and model.loss.from_logits
    schedule = model.optimizer._learning_rate
    assert float(schedule(0)) == pytest.approx(0.5)
    assert float(schedule(5)) < 1e-9


def test_first_model_has_the_layers_that_the_assignment_asks_for(built):
    used = types(built["model1"])
    assert used.count(layers.Conv2D) >= 2
    assert used.count(layers.MaxPooling2D) >= 2
    assert {layers.Flatten, layers.Dense, layers.Dropout} <= set(used)


def test_second_model_begins_with_augmentation(built):
    assert types(built["model2"])[:2] == [
        layers.RandomFlip,
        layers.RandomRotation,
    ]


def test_third_model_begins_with_the_preprocessor_then_augmentation(built):
    model = built["model3"]
    assert model.layers[0].name == "preprocessor"
    assert types(model)[1:3] == [layers.RandomFlip, layers.RandomRotation]


def test_first_three_share_their_convolutional_layers(built):
    n = len(models.conv_layers())
    first, second, third = (
        describe_training(built[builder.__name__])["layers"][-n:]
        for builder in FROM_SCRATCH
    )
    assert first == second == third


def test_fourth_model_is_in_the_order_of_the_assignment(built):
    model = built["model4"]
    assert [model.layers[0].name, model.layers[3].name] == [
        "preprocessor",
        "base_model_layer",
    ]
    assert types(model)[1:3] == [layers.RandomFlip, layers.RandomRotation]
    assert types(model)[-1] is layers.Dense and model.layers[-1].units == 2


def test_fourth_model_trains_its_head_alone(built):
    model = built["model4"]
    base = model.get_layer("base_model_layer")
    trained = models.count_parameters(model.trainable_weights)
    assert trained == 1280 * 2 + 1280 * 2 + 2
    assert base.count_params() == 2_257_984 and not base.trainable_weights


def test_fifth_model_differs_from_the_fourth_in_what_the_base_sees(built):
    both = built["model4"], built["model5"]
    assert types(both[0]) == types(both[1])
    features = [
        model.get_layer("base_model_layer").output_shape[1:] for model in both
    ]
    assert features == [(5, 5, 1280), (9, 9, 1280)]
    trained = [models.count_parameters(m.trainable_weights) for m in both]
    assert trained == [1280 * 2 + 1280 * 2 + 2] * 2


def test_fourth_model_may_have_another_size_and_name(random_weights):
    model = models.model4(7, size=96, name="small")
    assert (model.name, model.input_shape) == ("small", (None, 96, 96, 3))
    features = model.get_layer("base_model_layer").output_shape
    assert features == (None, 3, 3, 1280)
    assert float(model.optimizer._learning_rate(7)) < 1e-9


def test_parameters_of_all_shapes_are_counted():
    weights = [keras.Variable(np.zeros(shape)) for shape in [(2, 3), (4,), ()]]
    assert models.count_parameters(weights) == 6 + 4 + 1
    assert models.count_parameters([]) == 0


def test_preprocessor_maps_bytes_to_minus_one_to_one():
    pixels = np.broadcast_to(
        np.array([0.0, 127.5, 255.0], "float32"), (1, 160, 160, 3)
    )
    scaled = models.preprocessor()(pixels).numpy()
    assert scaled[0, 0, 0].tolist() == [-1, 0, 1]


def test_augmentation_acts_in_training_only_and_never_flips_upside_down():
    flip, rotation = models.augmentation()
    batch = noise((None, 160, 160, 3))
    assert (rotation(batch, training=True).numpy() != batch).any()
    assert (rotation(batch, training=False).numpy() == batch).all()
    for copy in (flip(batch, training=True).numpy() for _ in range(5)):
        for image, flipped in zip(batch, copy, strict=True):
            assert (flipped == image).all() or (flipped == image[:, ::-1]).all()


def test_rotation_fills_the_corners_with_what_is_beside_them():
    _, rotation = models.augmentation()
    white = np.full((4, 160, 160, 3), 255, "float32")
    assert rotation(white, training=True).numpy().min() > 250


def test_without_weights_the_model_can_still_be_looked_at(monkeypatch, caplog):
    def refuse(size):
        raise WeightsError("The weights cannot be loaded.")

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", refuse)
    pretrained.warn_once.cache_clear()
    models.model4()
    models.model4()
    assert [record.message for record in caplog.records] == [
        "The weights cannot be loaded. Until then the base model has random weights."
    ]
