"""Trained networks are kept for their user, or built again from a record."""

import json
import os
import shutil
import zipfile

import keras
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
    assert network == checkpoints.network_path("model1", 3)
    assert network.parent.parent == settings.networks_folder()
    assert network.is_relative_to(runs_folder / "networks")
    assert sorted(path.name for path in network.parent.iterdir()) == [
        "model1-3.json",
        "model1-3.keras",
    ]


def test_network_reads_back_with_its_weights_and_classes(network):
    assert checkpoints.saved_network("model1", 3) == network
    loaded = checkpoints.read_network(network, "cure")
    assert loaded.layers[-1].bias.numpy().tolist() == [0.0, 1.0]
    assert checkpoints.read_classes(network) == ("cow", "h\nen")


@pytest.mark.parametrize("text", [None, "", "{", "[1, 2, 3]", "7", "\0"])
def test_without_their_names_classes_are_those_of_the_tutorial(text, network):
    path = network.with_suffix(".json")
    path.unlink() if text is None else path.write_text(text)
    assert checkpoints.read_classes(network) == ("cat", "dog")


def test_network_of_this_keras_comes_before_those_of_others(network):
    assert checkpoints.saved_network("model2", 3) is None
    assert checkpoints.saved_network("model1", 1) is None
    others = [
        settings.networks_folder() / f"keras-{version}" / network.name
        for version in ("2.9", "99.1", "3.0")
    ]
    for day, path in enumerate(others):
        path.parent.mkdir()
        shutil.copy(network, path)
        os.utime(path, (0, day))
    assert checkpoints.saved_network("model1", 3) == network
    network.unlink()
    assert checkpoints.saved_network("model1", 3) == others[-1]


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
        CatdogError, match=r"model1-3\.keras is damaged, .*: train again\.$"
    ) as caught:
        checkpoints.read_network(network, "train again")
    assert "\n" not in str(caught.value)


def test_network_of_another_keras_names_both_versions(network):
    content = {}
    with zipfile.ZipFile(network) as file:
        for name in file.namelist():
            content[name] = file.read(name)
    content["metadata.json"] = b'{"keras_version": "99.1.2"}'
    # What a later Keras adds, an older one does not know.
    content["config.json"] = content["config.json"].replace(
        b'"units": 2', b'"units": 2, "news": 1'
    )
    with zipfile.ZipFile(network, "w") as file:
        for name, text in content.items():
            file.writestr(name, text)
    with pytest.raises(CatdogError) as caught:
        checkpoints.read_network(network, "train again")
    assert str(caught.value) == (
        f"{network} was saved by Keras 99.1.2, and Keras {keras.__version__} "
        "cannot load it: train again."
    )


def test_network_that_may_not_be_read_is_not_called_damaged(network):
    with pytest.raises(OSError, match="directory"):
        checkpoints.read_network(network.parent, "cure")


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
