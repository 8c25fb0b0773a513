"""A training tells what it was, and its model answers for the held-out images."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from samples_of_models import build_constant

from catdog import models, training
from catdog.data.pipeline import count_batches, datasets, pipeline
from catdog.data.sources import open_images
from catdog.data.split import split
from catdog.errors import CatdogError
from catdog.scores import summarize


@pytest.fixture(scope="module")
def trained(small_folder):
    """An epoch of the first model, with a seed that is not its fold."""
    images = open_images(small_folder)
    return training.train(models.model1, images, seed=6, epochs=1)


def test_training_says_what_it_was(trained):
    assert (trained.model.name, trained.fold) == ("model1", 1)
    assert {name: len(values) for name, values in trained.history.items()} == {
        "accuracy": 1,
        "val_accuracy": 1,
        "loss": 1,
        "val_loss": 1,
    }
    assert trained.seconds > 0


def test_scores_belong_to_the_images_of_the_fold(trained, images):
    names = split(images, 1)
    assert [score.name for score in trained.scores] == names.test
    assert (trained.train.n, trained.validation.n) == (
        48,
        len(names.validation),
    )
    for score in trained.scores:
        assert score.label == images.label(score.name)
        assert 0 <= score.probability <= 1


def test_validation_scores_are_those_after_the_last_epoch(trained):
    assert trained.validation.accuracy == pytest.approx(
        trained.history["val_accuracy"][-1], abs=1e-4
    )


def test_training_images_are_scored_in_inference_mode(trained, images):
    names = split(images, 1).train
    in_order = training.score(trained.model, pipeline(images, names), names)
    expected = summarize(in_order)
    assert trained.train.correct == expected.correct
    assert trained.train.loss == pytest.approx(expected.loss, abs=1e-4)


@pytest.mark.parametrize("epochs", [1, 3])
def test_the_last_step_of_any_training_is_the_smallest(images, epochs):
    trained = training.train(models.model1, images, epochs=epochs)
    optimizer = trained.model.optimizer
    assert int(optimizer.iterations) == epochs * count_batches(images.train)
    assert float(optimizer.learning_rate) < 1e-8
    assert float(models.model1().optimizer.learning_rate) > 1e-8


@pytest.mark.parametrize("epochs", [0, -1])
def test_no_epochs_train_nothing(images, epochs):
    with pytest.raises(CatdogError, match=f"^{epochs} epochs .* 1 or more"):
        training.train(models.model1, images, epochs=epochs)


def test_training_that_diverges_is_said(images):
    with pytest.raises(
        CatdogError,
        match=r"^model1 with seed 2 diverged: .* infinite in epoch 1\. Lower",
    ):
        training.train(build_constant(np.nan), images, seed=2, epochs=3)


@pytest.mark.parametrize(
    ("losses", "accuracies", "epoch"),
    [
        ([0.7, 0.6], [0.5, 0.5], None),
        ([0.7, math.nan], [0.5, 0.5], 2),
        ([0.7, math.inf], [0.5, 0.5], 2),
        ([-math.inf, 0.6], [0.5, 0.5], 1),
        ([0.7, 0.6], [math.nan, 0.5], 1),
    ],
)
def test_first_nonfinite_epoch(losses, accuracies, epoch):
    history = {"loss": losses, "accuracy": accuracies}
    assert training.first_nonfinite_epoch(history) == epoch


def test_scores_are_probabilities_of_the_second_class():
    model = build_constant(0.0)()
    kernel = np.zeros((3, 2), "float32")
    kernel[0, 1] = 1.0  # the more red, the surer of the second class
    model.layers[-1].set_weights([kernel, np.zeros(2, "float32")])
    reds = np.array([0.0, 2.0, -1.0], "float32")
    batch = np.zeros((3, 160, 160, 3), "float32")
    batch[..., 0] = reds[:, None, None]
    labels = np.array([0, 1, 1])
    dataset = tf.data.Dataset.from_tensor_slices((batch, labels)).batch(2)
    scores = training.score(model, dataset, ["a", "b", "c"])
    assert [score.name for score in scores] == ["a", "b", "c"]
    assert [score.label for score in scores] == [0, 1, 1]
    assert [score.probability for score in scores] == [
        pytest.approx(1 / (1 + math.exp(-float(red))), abs=1e-5) for red in reds
    ]
    with pytest.raises(ValueError, match="argument"):
        training.score(model, dataset, ["a", "b"])


def test_scoring_is_done_in_inference_mode():
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.GaussianNoise(1.0),  # as augmentation and dropout,
            keras.layers.Dropout(0.9),  # which act in training mode only
        ]
    )
    batch = np.tile(np.array([[0.0, 2.0]], "float32"), (32, 1))
    dataset = tf.data.Dataset.from_tensors((batch, np.ones(32, "int32")))
    scores = training.score(model, dataset, [str(n) for n in range(32)])
    expected = 1 / (1 + math.exp(-2))
    assert [score.probability for score in scores] == [
        pytest.approx(expected, abs=1e-5)
    ] * 32


def test_bar_moves_at_the_end_of_each_epoch():
    class Bar:
        shown, moves = None, 0

        def set_postfix(self, values):
            self.shown = values

        def update(self):
            self.moves += 1

    bar = Bar()
    callback = training.advance(bar)
    callback.on_epoch_end(0, {"loss": 0.12345, "accuracy": 1.0})
    assert (bar.shown, bar.moves) == ({"loss": "0.123", "accuracy": "1.000"}, 1)
    assert isinstance(callback, keras.callbacks.Callback)


@pytest.fixture(scope="module")
def fine_tuned(small_folder, random_weights):
    """Weights before and after an epoch of fine-tuning, and the model."""
    images = open_images(small_folder)
    model = models.model4()
    base = model.get_layer("base_model_layer").layers[-1]
    before = {layer.name: layer.get_weights() for layer in base.layers}
    training.fine_tune(model, datasets(images), epochs=1)
    after = {layer.name: layer.get_weights() for layer in base.layers}
    return before, after, base


def changed(fine_tuned):
    """The names of the layers of the base that fine-tuning has changed."""
    before, after, _ = fine_tuned
    return {
        name
        for name in before
        if any(
            (old != new).any()
            for old, new in zip(before[name], after[name], strict=True)
        )
    }


@pytest.fixture
def frozen(random_weights):
    model = models.model4()
    return model, model.get_layer("base_model_layer").layers[-1]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({}, "block_13_expand"),
        ({"first": "block_16_expand"}, "block_16_expand"),
    ],
)
def test_unfreeze_lets_the_last_blocks_learn(frozen, asked, first):
    model, base = frozen
    head = {weight.path for weight in model.trainable_weights}
    assert training.unfreeze(model, **asked) is model
    names = [layer.name for layer in base.layers]
    learning = [layer.name for layer in base.layers if layer.trainable]
    # Of the last blocks, all but the normalization learns.
    assert learning == [
        name
        for name, layer in zip(names, base.layers, strict=True)
        if names.index(name) >= names.index(first)
        and not isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert learning[0] == first and learning[-1] == names[-1]
    weights = {weight.path for weight in model.trainable_weights}
    assert head < weights
    kernels = [layer for layer in base.layers if layer.trainable_weights]
    assert len(weights - head) == len(kernels) > 0


def test_unfrozen_model_learns_in_small_steps_and_by_the_same_loss(frozen):
    model, _ = frozen
    loss = model.loss
    training.unfreeze(model)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-5)
    assert model.loss is loss and loss.from_logits
    batch = np.zeros((2, 160, 160, 3), "float32")
    scores = model.evaluate(
        batch, np.array([0, 1]), verbose=0, return_dict=True
    )
    assert scores.keys() == {"accuracy", "loss"}


@pytest.mark.slow
def test_fine_tuning_trains_the_last_blocks_alone(fine_tuned):
    names = [layer.name for layer in fine_tuned[2].layers]
    first = names.index("block_13_expand")
    assert changed(fine_tuned) and changed(fine_tuned) <= set(names[first:])


@pytest.mark.slow
def test_fine_tuning_leaves_normalization_as_it_was(fine_tuned):
    normalization = [
        layer
        for layer in fine_tuned[2].layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(normalization) > 50
    assert not any(layer.trainable for layer in normalization)
    assert not changed(fine_tuned) & {layer.name for layer in normalization}


def test_averaged_flips_answer_alike_for_an_image_and_its_mirror_image():
    keras.utils.set_random_seed(0)
    model = models.model1()
    averaged = training.average_flips(model)
    rng = np.random.default_rng(0)
    batch = rng.uniform(0, 255, (2, 160, 160, 3)).astype("float32")
    mirrored = batch[:, :, ::-1]
    logits = averaged.predict(batch, verbose=0)
    both = [model.predict(x, verbose=0) for x in (batch, mirrored)]
    assert np.allclose(logits, sum(both) / 2, rtol=1e-4, atol=1e-4)
    assert np.allclose(
        averaged.predict(mirrored, verbose=0), logits, rtol=1e-4, atol=1e-4
    )
    assert not np.allclose(both[0], both[1], rtol=1e-3)


def test_recipe_adds_fine_tuning_to_the_history(images, random_weights):
    recipe = training.Recipe(fine_tuning_epochs=1, average_flips=True)
    trained = training.train(models.model4, images, epochs=1, recipe=recipe)
    assert {len(values) for values in trained.history.values()} == {2}
    assert trained.model.name == "model4"
