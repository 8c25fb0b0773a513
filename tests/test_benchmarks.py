"""Every way is measured in every round, and what was measured is told."""

import json

import keras
import numpy as np
import pytest
from msgspec import structs
from samples import FLAT, write_folder
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import benchmarks, checkpoints, cli, models, settings
from catdog.data import sources
from catdog.errors import CatdogError
from catdog.report import about_measurements, figures, measurements
from catdog.scores import Score


@pytest.fixture(scope="module")
def measured(small_folder, random_weights):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "EPOCHS", 1)
        patch.setattr(benchmarks, "MATRIX_SIZE", 256)
        patch.setattr(benchmarks, "SCALE", (40,))
        patch.setattr(benchmarks, "EPOCHS_OF_TWO_RUNS", 1)
        patch.setenv("CATDOG_DATA", str(small_folder))
        images = sources.find_images()
        return benchmarks.measure(images, rounds=1)


@pytest.mark.slow
def test_measures_every_way_in_every_round(measured):
    assert measured["rounds"] == 1 and measured["pictures"] == "photographs"
    assert measured["environment"]["cores"] >= 1
    for comparison in ("epoch", "transfer", "pipeline", "two_runs", "forward"):
        for values in measured[comparison].values():
            assert len(values) == 1 and values[0] >= 0


@pytest.mark.slow
def test_what_is_measured_has_the_form_of_what_is_published(measured):
    def form(values):
        if not isinstance(values, dict):
            return type(values)
        return {name: form(value) for name, value in values.items()}

    published, now = form(measurements.read_bench()), form(measured)
    assert now == published


@pytest.mark.slow
def test_cost_of_more_images_is_measured_told_and_drawn(measured):
    scale = measured["scale"]
    assert scale["images"] == [40]
    for way in ("usual", "usual cached", "our"):
        for values in scale[way].values():
            assert [len(rounds) for rounds in values] == [1]
    assert "40 drawings, 1 rounds: our, MiB" in about_measurements.bench_table(
        measured
    )
    assert "the same, features known" in about_measurements.bench_table(
        measured
    )
    assert "two runs, side by side" in about_measurements.bench_table(measured)
    for axis in figures.costs(scale).axes:
        assert axis.get_xscale() == axis.get_yscale() == "log"
        names = {text.get_text() for text in axis.texts}
        assert names == {"usual", "usual cached", "our"}


def test_images_without_a_division_are_refused_before_anything_is_measured(
    tmp_path,
):
    images = sources.open_images(write_folder(tmp_path / "pets", FLAT))
    with pytest.raises(CatdogError, match="holds no folders train and valid"):
        benchmarks.measure(images, 1)


def test_own_cache_is_empty_and_does_not_last(tmp_path, monkeypatch):
    before = settings.cache_folder()
    with benchmarks.own_folder() as place:
        assert settings.cache_folder() == place and not list(place.iterdir())
    assert settings.cache_folder() == before and not place.exists()


@pytest.fixture
def published(monkeypatch):
    """The published measurement, in the place of a new one."""
    bench = measurements.read_bench()
    asked = []

    def measure(images, rounds):
        asked.append(rounds)
        return bench

    monkeypatch.setattr(benchmarks, "measure", measure)
    return bench, asked


def test_bench_is_printed_and_kept_where_it_is_asked_for(
    published, small_folder, tmp_path, monkeypatch, capsys
):
    bench, asked = published
    path = tmp_path / "new" / "bench.json"
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["bench"]) == 0
    assert (
        capsys.readouterr().out == f"{about_measurements.bench_table(bench)}\n"
    )
    assert cli.main(["bench", "--rounds", "5", "--out", str(path)]) == 0
    assert asked == [7, 5]
    assert json.loads(path.read_text()) == bench
    monkeypatch.setattr(measurements, "bench_path", lambda: path)
    assert "an epoch of `model1` takes" in about_measurements.speed("epoch")


def test_every_way_has_its_turn_in_every_round():
    order = []
    steps = {name: lambda name=name: order.append(name) for name in "ab"}
    seconds = benchmarks.taking_turns("", steps, rounds=3)
    assert order == list("ababab")
    assert [len(values) for values in seconds.values()] == [3, 3]


def test_multiply_adds_are_counted():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, padding="same"),
            keras.layers.DepthwiseConv2D(3, padding="same"),
            keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)]),
        ]
    )
    model(np.zeros((1, 8, 8, 3)))
    by_hand = 64 * 9 * 3 * 4 + 64 * 9 * 4 + 64 * 4 * 2
    assert benchmarks.multiply_adds(model) == by_hand


def test_scores_are_compared_image_by_image():
    expected = [Score("a", 0, 0.2), Score("b", 1, 0.9), Score("c", 1, 0.6)]
    scores = [Score("a", 0, 0.3), Score("b", 1, 0.8), Score("c", 1, 0.25)]
    assert benchmarks.compare_scores(expected, scores) == {
        "correct": 2,
        "same_answers": 2,
        "largest_difference": 0.35,
    }


@pytest.fixture
def run_of_small_set(images, monkeypatch):
    """A run whose network, like its images, is small."""
    model = build_constant(0.0)()
    # It answers by how red an image is.
    model.layers[-1].kernel.assign([[0, 0.1], [0, 0], [0, 0]])
    model.layers[-1].bias.assign([0, -12])
    monkeypatch.setattr(checkpoints, "recorded_model", lambda run: model)
    run = make_run(weights="a" * 16, base_weights="b" * 16)
    own = structs.replace(run.images, names=images.fingerprint)
    return structs.replace(run, images=own)


def test_exports_are_measured_as_they_are_published(run_of_small_set, images):
    measured = benchmarks.measure_exports([run_of_small_set], images, rounds=2)
    published = measurements.read_exports()
    assert set(measured) == set(published)
    (network,) = measured["networks"]
    assert set(network) == set(published["networks"][0])
    assert (network["weights"], network["base_weights"]) == (
        "a" * 16,
        "b" * 16,
    )
    assert list(network["files"]) == ["none", "float16", "dynamic", "int8"]
    for file in network["files"].values():
        assert len(file["milliseconds"]) == 2 and min(file["milliseconds"]) > 0
    plain, int8 = network["files"]["none"], network["files"]["int8"]
    assert plain["largest_difference"] < 1e-4 < int8["largest_difference"]
    assert plain["same_answers"] == network["images"] == 8
    assert plain["correct"] == network["correct"]


def test_run_of_other_images_is_not_measured(images):
    with pytest.raises(CatdogError, match=r"^model1 with seed 0 was tested on"):
        benchmarks.measure_exports([make_run()], images)
