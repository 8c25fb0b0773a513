"""Ablations: each differs from the model it changes, and in one thing."""

import inspect

import keras
import pytest

from catdog import ablations, models, pretrained
from catdog.runs.identity import describe_training


@pytest.fixture(scope="module")
def built(random_weights):
    builders = {**models.BUILDERS, **ablations.ABLATIONS}
    return {name: builder() for name, builder in builders.items()}


def describe(model):
    copies = ablations.n_augmented_copies(model.name)
    return describe_training(model, copies)


@pytest.mark.parametrize("name", ablations.ABLATIONS)
def test_ablation_is_a_model_of_its_own(name, built):
    assert built[name].name == name
    originals = [describe(built[model]) for model in models.BUILDERS]
    assert describe(built[name]) not in originals


@pytest.mark.parametrize("name", ablations.OF_MODEL1)
def test_ablation_of_model1_differs_from_it_in_one_option(name, built):
    original, changed = describe(built["model1"]), describe(built[name])
    layers, changed_layers = original.pop("layers"), changed.pop("layers")
    options = {
        (option, layer[4][option], other[4][option])
        for layer, other in zip(layers, changed_layers, strict=True)
        for option in layer[4]
        if layer[4][option] != other[4][option]
    }
    rates = [
        description["learning_rate"].pop("initial_learning_rate")
        for description in (original, changed)
    ]
    assert original == changed
    assert (options, rates) == {
        "relu": ({("activation", "leaky_relu", "relu")}, [1e-3, 1e-3]),
        "large_weights": (
            {("kernel_initializer", "LecunUniform", "HeUniform")},
            [1e-3, 1e-3],
        ),
        "no_dropout": ({("rate", 0.4, 0.0)}, [1e-3, 1e-3]),
        "small_steps": (set(), [1e-3, 1e-4]),
    }[name]


def test_only_every_epoch_augments_anew_in_each_epoch():
    copies = {
        name: ablations.n_augmented_copies(name)
        for name in {**models.BUILDERS, **ablations.ABLATIONS}
    }
    assert copies.pop("every_epoch") == 20
    assert set(copies.values()) == {2}


def test_first_line_of_each_docstring_says_what_is_changed():
    lines = [
        inspect.getdoc(builder).split("\n")[0]
        for builder in ablations.ABLATIONS.values()
    ]
    assert all(line.endswith(".") for line in lines)
    assert len(set(lines)) == len(lines)


def test_models_on_a_base_name_the_size_of_the_weights_that_they_need(built):
    on_a_base = {
        name: model.input_shape[1]
        for name, model in built.items()
        if any(layer.name == "base_model_layer" for layer in model.layers)
    }
    assert on_a_base == ablations.BASE_IMAGE_SIZE
    sizes = set(map(pretrained.nearest_size, on_a_base.values()))
    assert sizes == {160, 224}
    assert isinstance(built["side_224"], keras.Sequential)
