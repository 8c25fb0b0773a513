"""Trained networks are kept for their user, or built again from a record."""

import json

import numpy as np
import pytest
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import checkpoints, models, pretrained, settings
from catdog.errors import CatdogError, RecordError, WeightsError
from catdog.runs import store
from catdog.runs.weights import kept_weights


@pytest.fixture
def runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def network(runs_folder):
    """The path of a saved network."""
    model = build_constant(0.0)()
    model.layers[-1].bias.assign([0.0, 1.0])
    return checkpoints.save_network(model, 3, ("cow", "h\nen"))


def test_network_is_kept_beside_the_users_runs(network, runs_folder):
    assert network == runs_folder / "networks" / "model1-3.keras"
    assert network == checkpoints.network_path("model1", 3)
    assert network.parent == settings.networks_folder()
    assert sorted(path.name for path in network.parent.iterdir()) == [
        "model1-3.json",
        "model1-3.keras",
    ]


def test_network_reads_back_with_its_weights_and_classes(network):
    loaded = checkpoints.load_network("model1", 3)
    assert loaded.layers[-1].bias.numpy().tolist() == [0.0, 1.0]
    assert checkpoints.load_classes("model1", 3) == ("cow", "h\nen")


@pytest.mark.parametrize("text", [None, "", "{", "[1, 2, 3]", "7", "\0"])
def test_without_their_names_classes_are_those_of_the_tutorial(text, network):
    path = network.with_suffix(".json")
    path.unlink() if text is None else path.write_text(text)
    assert checkpoints.load_classes("model1", 3) == ("cat", "dog")


def test_network_that_was_not_trained_names_the_command(runs_folder):
    with pytest.raises(
        CatdogError,
        match=r"^model2 with seed 1 .*: run `catdog train model2 --seed 1` first",
    ):
        checkpoints.load_network("model2", 1)


def cut(content):
    return content[: len(content) // 2]


def flip_a_byte(content):
    changed = bytearray(content)
    changed[len(content) // 2] ^= 255
    return bytes(changed)


@pytest.mark.parametrize(
    "change", [cut, flip_a_byte, lambda content: b"", lambda content: b"PK"]
)
def test_broken_network_gets_one_sentence(change, network):
    network.write_bytes(change(network.read_bytes()))
    with pytest.raises(
        CatdogError,
        match=r"model1-3\.keras is broken: delete it, .*model1 --seed 3` again",
    ) as caught:
        checkpoints.load_network("model1", 3)
    assert "\n" not in str(caught.value)


def test_classes_are_written_as_json(network):
    path = network.with_suffix(".json")
    assert json.loads(path.read_text()) == ["cow", "h\nen"]


@pytest.fixture(scope="module")
def trained(random_weights):
    """A model on the same base as all in this module, and not as it began."""
    model = models.model4()
    rng = np.random.default_rng(0)
    for layer in model.layers[-3:]:
        for weight in layer.weights:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model


def recorded(model, folder, name="model4", **fields):
    path = store.write_run(
        make_run(name, **fields), folder, kept_weights(model)
    )
    return store.read_run(path)


def test_recorded_model_answers_as_the_trained_one(trained, tmp_path):
    model = checkpoints.recorded_model(recorded(trained, tmp_path))
    image = np.random.default_rng(1).uniform(0, 255, (1, 160, 160, 3))
    logits = trained.predict(image, verbose=0)
    np.testing.assert_allclose(model.predict(image, verbose=0), logits, 1e-5)
    assert model.name == "model4"
    assert not np.allclose(models.model4().predict(image, verbose=0), logits)


@pytest.mark.parametrize("name", ["model1", "fine_tuned", "averaged_flips"])
def test_model_of_which_too_little_is_kept_is_not_built(
    name, trained, tmp_path
):
    with pytest.raises(
        RecordError,
        match=f"^{name} cannot be built .*: run `catdog train {name} --seed 0`",
    ):
        checkpoints.recorded_model(recorded(trained, tmp_path, name))


@pytest.mark.parametrize(
    ("name", "whole"),
    [("model4", True), ("model1", False), ("fine_tuned", False)],
)
def test_whole_is_what_can_be_built(name, whole, trained, tmp_path):
    assert checkpoints.is_whole(recorded(trained, tmp_path, name)) == whole
    assert not checkpoints.is_whole(make_run(name))  # nothing was kept


def test_run_without_weights_is_not_built(tmp_path):
    run = store.read_run(store.write_run(make_run("model4"), tmp_path))
    with pytest.raises(RecordError, match=r"No weights of model4 .* were kept"):
        checkpoints.recorded_model(run)


def test_model_is_not_built_on_random_weights(trained, tmp_path, monkeypatch):
    def out_of_reach(size):
        raise WeightsError("MobileNetV2's weights cannot be loaded.")

    run = recorded(trained, tmp_path)
    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", out_of_reach)
    with pytest.raises(WeightsError):
        checkpoints.recorded_model(run)


def test_model_is_not_built_on_other_weights(trained, tmp_path, monkeypatch):
    run = recorded(trained, tmp_path, base_weights="0" * 16)
    monkeypatch.setattr(pretrained, "weights_fingerprint", lambda: "1" * 16)
    with pytest.raises(RecordError, match="trained on other weights of Mobile"):
        checkpoints.recorded_model(run)


def test_own_network_comes_before_the_recorded_one(
    network, monkeypatch, trained
):
    folder = network.parents[1]
    run = recorded(trained, folder, "model4", seed=3)
    assert checkpoints.recorded_run("model4", 3) == run
    assert checkpoints.find_network("model4", 3).name == "model4"
    # The network trained here is loaded, whatever is recorded.
    recorded(trained, folder, "model1", seed=3)
    bias = checkpoints.find_network("model1", 3).layers[-1].bias
    assert bias.numpy().tolist() == [0.0, 1.0]


def test_network_that_nobody_trained_names_the_command(runs_folder):
    assert checkpoints.recorded_run("model4", 99) is None
    with pytest.raises(CatdogError, match="run `catdog train model4 --seed 99"):
        checkpoints.find_network("model4", 99)
