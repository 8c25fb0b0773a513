"""Images that are unlike both classes are found by the direction of features."""

import json
import sys

import msgspec
import numpy as np
import pytest
from samples import jpeg
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import prediction, unlike
from catdog.errors import CatdogError, DataError, RecordError
from catdog.report import about_measurements, measurements
from catdog.runs.schema import fingerprint
from catdog.unlike import Reference, Rule, Seen

# Of two classes: along the first and along the second axis.
DIRECTIONS = np.eye(3, dtype="float16")[:2]
REFERENCE = Reference(np.eye(3)[:2] * 5, np.ones(3), DIRECTIONS)


def seen(*features, logits=None):
    features = np.array(features, "float32")
    if logits is None:
        logits = [[0, 1]] * len(features)
    return Seen(features, np.array(logits, "float32"))


def test_similarity_is_that_to_the_nearest_direction_whatever_the_length():
    features = np.array([[3, 0, 0], [0, 9, 0], [1, 0, 1], [0, 0, 2], [0, 0, 0]])
    similarity = unlike.similarity(features, DIRECTIONS)
    np.testing.assert_allclose(similarity, [1, 1, 0.5**0.5, 0, 0], atol=1e-6)


def test_rule_calls_unlike_what_is_below_its_threshold():
    rule = Rule(DIRECTIONS, 0.8)
    features = np.array([[5, 0, 0.1], [1, 0, 1], [0, 0, 0]])
    assert rule.unlike_both(features).tolist() == [False, True, True]


def test_each_rule_says_how_familiar_an_image_is():
    some = seen([5, 0, 0], [0, 0, 9], logits=[[-2, 3], [1, 1]])
    values = unlike.familiarity(some, REFERENCE)
    np.testing.assert_allclose(values["largest probability"], [5, 0])
    np.testing.assert_allclose(values["largest logit"], [3, 1])
    energy = np.log(np.exp([-2, 3]).sum()), 1 + np.log(2)
    np.testing.assert_allclose(values["energy"], energy, 1e-6)
    distances = values["distance to a class"]
    np.testing.assert_allclose(distances, [0, -(25 + 81) / 3], 1e-6)
    np.testing.assert_allclose(values[unlike.RULE], [1, 0], atol=1e-6)


def test_training_images_are_described_class_by_class():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    features = np.abs(rng.normal(0, 0.1, (40, 3))) + np.eye(3)[labels] * 4
    reference = unlike.describe_training_images(features, labels, 2)
    np.testing.assert_allclose(reference.means[1], features[20:].mean(axis=0))
    assert reference.directions.shape == (4, 3)
    lengths = np.linalg.norm(reference.directions.astype(float), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-2)
    assert (unlike.similarity(features, reference.directions) > 0.99).all()


def test_threshold_calls_a_twentieth_of_the_validation_images_unlike():
    angles = np.linspace(0.01, 0.5, 100)
    turned = np.stack([np.cos(angles), 0 * angles, np.sin(angles)], axis=1)
    sources = {
        measurements.VALIDATION: seen(*turned),
        "other": seen([0, 0, 1], [1, 0, 0], [0, 1, 0.1]),
    }
    compared = unlike.compare_rules(sources, REFERENCE)[unlike.RULE]
    assert np.cos(angles[95]) < compared["threshold"] < np.cos(angles[94])
    assert compared["unlike"] == {measurements.VALIDATION: 5, "other": 1}


def test_network_gives_its_features_beside_its_logits():
    model = build_constant(0.5)()
    images = [np.full((160, 160, 3), value, "uint8") for value in range(35)]
    some = unlike.look_at(unlike.with_features(model), images)
    np.testing.assert_allclose(some.features[:, 0], range(35), atol=1e-4)
    np.testing.assert_allclose(some.logits[:, 1], some.features.sum(1) * 0.5)


def test_made_images_are_of_different_kinds_and_always_the_same(monkeypatch):
    monkeypatch.setattr(unlike, "N_IMAGES", 3)
    first, again = (
        {name: list(some) for name, some in unlike.made_images(32).items()}
        for _ in range(2)
    )
    assert len(first) == 6
    for name, images in first.items():
        assert len(images) == (6 if name == measurements.DRAWN else 3)
        np.testing.assert_array_equal(images, again[name])
        assert images[0].shape == (32, 32, 3) and images[0].dtype == np.uint8
    flat = [np.array(images[0]).tobytes() for images in first.values()]
    assert len(set(flat)) == 6
    colors = {
        name: len(np.unique(images[0].reshape(-1, 3), axis=0))
        for name, images in first.items()
    }
    assert colors["plain colors"] == 1
    assert colors["stripes"] == colors["checkerboards"] == 2
    assert colors["noise"] > 1000 and colors["blobs"] > 2


def test_without_scikit_image_there_is_one_sentence(monkeypatch, images):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(CatdogError, match="run `pip install scikit-image`"):
        unlike.measure(images, [])


def test_other_images_than_those_of_the_runs_are_refused(monkeypatch, images):
    monkeypatch.setattr(unlike, "photographs_folder", lambda: None)
    with pytest.raises(DataError, match="set CATDOG_DATA to the tutorial's"):
        unlike.measure(images, [make_run("model4")])


RUN = make_run("model4", weights="0123456789abcdef")


def measured(threshold=0.8, directions=DIRECTIONS):
    """What `catdog measure` would have found for `RUN`."""
    counts = {
        measurements.VALIDATION: 1,
        measurements.TEST: 2,
        measurements.DRAWN: 3,
        measurements.PHOTOGRAPHS: 4,
    }
    return {
        "rule": unlike.RULE,
        "networks": [
            {
                "model": "model4",
                "seed": 0,
                "weights": RUN.weights,
                "directions": fingerprint([directions]),
                "images": dict.fromkeys(counts, 5),
                "rules": {
                    unlike.RULE: {"threshold": threshold, "unlike": counts},
                    "energy": {
                        "threshold": 1.0,
                        "unlike": dict.fromkeys(counts, 0),
                    },
                },
            }
        ],
    }


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "unlike.json"
    for module in (unlike, measurements):
        monkeypatch.setattr(module, "unlike_path", lambda: path)
    return path


def test_rule_is_read_for_the_network_that_it_was_measured_for(path):
    assert unlike.read_rule(RUN) is None
    unlike.write_unlike(measured(), [DIRECTIONS], path)
    rule = unlike.read_rule(RUN)
    np.testing.assert_array_equal(rule.directions, DIRECTIONS)
    assert rule.threshold == 0.8
    for field, value in [("seed", 1), ("model", "model5"), ("weights", "0")]:
        other = msgspec.structs.replace(RUN, **{field: value})
        assert unlike.read_rule(other) is None


def test_broken_measurement_gets_one_sentence(path):
    unlike.write_unlike(measured(), [DIRECTIONS * 2], path)
    with pytest.raises(RecordError, match=r"do not belong together.* measure"):
        unlike.read_rule(RUN)
    path.with_suffix(".npz").write_bytes(b"PK")
    with pytest.raises(RecordError, match="cannot be relied on"):
        unlike.read_rule(RUN)
    path.write_text("{")
    with pytest.raises(RecordError, match="cannot be relied on"):
        unlike.read_rule(RUN)


@pytest.mark.parametrize("strange", [False, True])
def test_answer_says_whether_the_image_is_unlike_both(strange, tmp_path):
    (tmp_path / "pet.jpg").write_bytes(jpeg())
    model = build_constant(0.0)()
    axis = np.zeros((1, 3), "float16")
    axis[0, 0] = 1  # the color of the image has other parts, too
    rule = Rule(axis, 1.1 if strange else -1.0)
    network = prediction.Network(model, ("cat", "dog"), rule=rule)
    (answer,) = prediction.answer_all(network, [tmp_path / "pet.jpg"])
    assert answer.unlike_both is strange


def test_table_counts_with_intervals():
    table = about_measurements.unlike_table(measured())
    assert "| images | number | model4 calls unlike |" in table
    assert "| test images | 5 | 2, 40.0% (11.8% to 76.9%) |" in table
    assert (
        "| energy | 0 | 0 | 0 | 0 |"
        in about_measurements.unlike_rules_table(measured())
    )


def test_sentence_says_what_goes_wrong():
    text = about_measurements.unlike_words(measured())
    assert "`model4` calls 2 of 5 test images unlike" in text
    assert "lets 1 of 5 photographs without animals pass" in text
    assert "Of 5 drawn cats and dogs, 3 are unlike" in text
    assert "expect it to do worse" in text


def test_published_measurement_belongs_to_published_runs():
    found = measurements.read_unlike()
    runs = {run.model: run for run in prediction.published_runs(seed=0)}
    assert [network["model"] for network in found["networks"]] == list(runs)
    for network in found["networks"]:
        rule = unlike.read_rule(runs[network["model"]])
        assert rule is not None and rule.directions.shape == (16, 1280)
    assert json.dumps(found).count("threshold") == 10
