"""Ablations: each differs from the model it changes, and in one thing."""

import inspect

import pytest

from catdog import ablations, models
from catdog.runs import identity
from catdog.runs.identity import describe_training
from catdog.training import USUAL_RECIPE


@pytest.fixture(scope="module")
def built(random_weights):
    builders = {**models.BUILDERS, **ablations.ABLATIONS}
    return {name: builder() for name, builder in builders.items()}


def describe(model):
    return describe_training(model, ablations.recipe_of(model.name))


@pytest.mark.parametrize("name", ablations.ABLATIONS)
def test_ablation_is_a_model_of_its_own(name, built):
    assert built[name].name == name
    originals = [describe(built[model]) for model in models.BUILDERS]
    assert describe(built[name]) not in originals


def changes(name, original, built):
    """Where an ablation differs from a model, and what it has there."""
    before, after = describe(built[original]), describe(built[name])
    return set(identity._compare("", before, after))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "relu",
            {
                "Conv2D.activation: leaky_relu, recorded; relu, now",
                "Dense.activation: leaky_relu, recorded; relu, now",
            },
        ),
        (
            "large_weights",
            {
                f"{layer}.kernel_initializer: LecunUniform, recorded; "
                "HeUniform, now"
                for layer in ("Conv2D", "Dense")
            },
        ),
        ("no_dropout", {"Dropout.rate: 0.4, recorded; 0.0, now"}),
        (
            "small_steps",
            {"CosineDecay.initial_learning_rate: 0.001, recorded; 0.0001, now"},
        ),
    ],
)
def test_ablation_of_model1_differs_from_it_in_one_option(
    name, expected, built
):
    assert changes(name, "model1", built) == expected


def test_network_is_that_of_model1_but_for_its_options(built):
    network = ablations.network("mine", dropout=0.1)
    assert (network.name, network.compiled) == ("mine", False)
    original = built["model1"]
    assert network.count_params() == original.count_params()
    rates = [layer.rate for layer in network.layers if hasattr(layer, "rate")]
    assert rates == [0.1]
    with pytest.raises(TypeError, match="colors"):
        ablations.network("mine", colors=0.1)


@pytest.mark.parametrize(
    ("name", "original", "option"),
    [
        ("every_epoch", "model4", "recipe.n_augmented_copies: 2"),
        ("fine_tuned", "model4", "recipe.fine_tuning_epochs: 0"),
        ("averaged_flips", "model5", "recipe.average_flips: False"),
    ],
)
def test_ablation_by_recipe_differs_in_the_recipe_alone(
    name, original, option, built
):
    (change,) = changes(name, original, built)
    assert change.startswith(option)


@pytest.mark.parametrize("size", [192, 224, 256])
def test_ablation_by_size_differs_from_model5_in_its_input_alone(size, built):
    (change,) = changes(f"size_{size}", "model5", built)
    assert change == f"InputLayer.batch_shape: 288, recorded; {size}, now"


def test_models_without_a_recipe_of_their_own_have_the_usual_one():
    recipes = {
        name: ablations.recipe_of(name)
        for name in {**models.BUILDERS, **ablations.ABLATIONS}
    }
    unusual = {name for name in recipes if recipes[name] != USUAL_RECIPE}
    assert unusual == {"every_epoch", "fine_tuned", "averaged_flips"}
    assert recipes["every_epoch"].n_augmented_copies == 20


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
