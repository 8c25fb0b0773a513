"""Tables and sentences about measurements, against numbers made by hand."""

# Expected tables stand here as they are printed.
# ruff: noqa: E501

import json
from inspect import cleandoc

import pytest

from catdog.report import about_measurements, measurements

MEASURED = {
    "rounds": 3,
    "epoch": {
        "model1, usual pipeline": [8.8, 10.7, 20.5],
        "model1, usual pipeline cached": [4.4, 10.7, 41.0],
        "model1, our pipeline": [8.0, 10.4, 8.9],
        "plain network, our pipeline": [32.0, 26.0, 89.0],
    },
    "transfer": {
        "usual, an epoch": [30, 28, 29],
        "ours, all epochs": [60, 56, 580],
    },
    "pipeline": {
        "usual, first epoch": [1900, 1900, 1900],
        "usual, MiB": [100, 100, 0],
        "our, first epoch": [950, 475, 1900],
        "our, MiB": [450, 400, 0],
    },
    "forward": {"model4": [12, 12, 24], "matrix product": [48, 48, 48]},
}


def test_bench_compares_ways_within_each_round():
    assert about_measurements.bench_table(MEASURED) == cleandoc("""
        | what | median of 3 rounds | ratio: median (range) |
        | :-- | --: | --: |
        | epoch of model1, usual pipeline | 10.7 s |  |
        | epoch of model1, usual pipeline cached | 10.7 s | 1.00 (0.50 to 2.00) |
        | epoch of model1, our pipeline | 8.9 s | 0.91 (0.43 to 0.97) |
        | epoch of a plain network | 32.0 s |  |
        | epoch of model1, beside it | 8.9 s | 0.25 (0.10 to 0.40) |
        | 20 epochs of model4, usual | 580.0 s |  |
        | 20 epochs of model4, ours | 60.0 s | 0.10 (0.10 to 1.00) |
        | pipeline: usual, first epoch | 1,900.0 images a second |  |
        | pipeline: usual, MiB | 100.0 MiB |  |
        | pipeline: our, first epoch | 950.0 images a second | 0.50 (0.25 to 1.00) |
        | pipeline: our, MiB | 400.0 MiB |  |
        | matrix product | 48.0 billion a second |  |
        | model4 at work | 12.0 billion a second | 0.25 (0.25 to 0.50) |
    """)


def test_exports_have_a_row_for_each_file():
    file = {
        "bytes": 8_850_000,
        "correct": 194,
        "same_answers": 200,
        "largest_difference": 0.00004,
        "milliseconds": [4.0, 9.0, 5.0],
    }
    int8 = {**file, "same_answers": 197, "largest_difference": 0.2914}
    network = {"model": "model4", "images": 200, "correct": 194}
    measured = {
        "rounds": 3,
        "networks": [{**network, "files": {"none": file, "int8": int8}}],
    }
    assert about_measurements.exports_table(measured) == cleandoc("""
        | network | weights | MB | right | same answer as the network | largest difference of a probability | ms an image, median of 3 rounds |
        | :-- | :-- | --: | --: | --: | --: | --: |
        | model4 | float32 | 8.8 | 194 (97.0%) | 200 of 200 | 0.000 | 5.0 |
        | model4 | int8 | 8.8 | 194 (97.0%) | 197 of 200 | 0.291 | 5.0 |
    """)


BENCH = {
    "environment": {"cores": 2},
    "rounds": 3,
    "epoch": {
        "model1, usual pipeline": [8.8, 10.7, 20.5],
        "model1, our pipeline": [8.0, 10.4, 8.9],
    },
    "transfer": {
        "usual, an epoch": [10.0, 20.0, 5.0],
        "ours, all epochs": [50.0, 40.0, 60.0],
    },
}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    monkeypatch.setattr(measurements, "bench_path", lambda: path)
    path.write_text(json.dumps(BENCH))
    return path


@pytest.mark.parametrize(
    ("comparison", "text"),
    [
        (
            "epoch",
            "Measured with `catdog bench` on the tutorial's own images and 2 CPU "
            "cores, in 3 rounds: an epoch "
            "of `model1` takes 9 s this way, and 11 s if every image is "
            "decoded in every epoch (medians). That is 1.1 times as fast (1.0 to "
            "2.3 within a round).",
        ),
        (
            "transfer",
            "Measured with `catdog bench` on the tutorial's own images and 2 CPU "
            "cores, in 3 rounds: 20 epochs "
            "of `model4` take 50 s this way, and 200 s if every image passes all "
            "layers in every epoch (medians). That is 4.0 times as fast (1.7 to "
            "10.0 within a round).",
        ),
    ],
)
def test_speed_is_compared_within_each_round(comparison, text, bench):
    assert about_measurements.speed(comparison) == text


def test_a_way_that_takes_longer_is_not_called_faster(bench):
    epoch = {
        "model1, usual pipeline": [10.0, 10.0, 10.0],
        "model1, our pipeline": [9.0, 15.0, 20.0],
    }
    bench.write_text(json.dumps({**BENCH, "epoch": epoch}))
    assert about_measurements.speed("epoch").endswith(
        "takes 15 s this way, and 10 s if every image is decoded in every epoch "
        "(medians). That is 1.5 times as long (0.9 to 2.0 within a round)."
    )


def test_bounds_of_the_measured_times_are_told(bench):
    epoch = {**BENCH["epoch"], "model1, no pipeline": [8.0, 8.0, 8.0]}
    two_runs = {
        "one after another": [30.0, 40.0, 32.0],
        "side by side": [24.0, 30.0, 20.0],
        "one of them on half of the cores": [22.4, 19.0, 30.0],
    }
    bench.write_text(json.dumps({"epoch": epoch, "two_runs": two_runs}))
    assert about_measurements.bounds() == (
        "Arithmetic bounds these times. With one batch again and again, and no "
        "pipeline at all, an epoch of `model1` takes 8.0 s; with our pipeline, "
        "it takes 1.11 times as long (1.00 to 1.30 within a round). Two runs "
        "side by side take 0.75 of the time of two runs in a row. Half of the "
        "time is out of reach, because TensorFlow already spreads a single run "
        "over all cores: with half of them to itself, one run takes 22 s."
    )


def test_costs_of_the_pipelines_stand_beside_one_another(bench):
    measured = {
        f"{way}, {what}": [value * factor, 1, 10**6]
        for way, factor in (("usual", 1), ("usual cached", 2), ("our", 3))
        for what, value in (
            ("first epoch", 1000),
            ("later epochs", 2000),
            ("MiB", 50),
        )
    }
    bench.write_text(json.dumps({"pipeline": measured}))
    assert about_measurements.pipeline_costs() == (
        "Without a model behind it, our pipeline manages 3,000 images a second "
        "in the first epoch, 6,000 in later ones, and 150 MiB of memory; the "
        "usual one 1,000 images a second in the first epoch, 2,000 in later "
        "ones, and 50 MiB of memory; the usual one with a `cache()` 2,000 "
        "images a second in the first epoch, 4,000 in later ones, and 100 MiB "
        "of memory."
    )


def test_without_a_measurement_nothing_is_claimed(bench):
    assert about_measurements.bounds() == ""
    bench.unlink()
    assert about_measurements.bounds() == ""
    assert about_measurements.pipeline_costs() == ""
    assert about_measurements.speed("epoch") == ""


@pytest.fixture
def exports(tmp_path, monkeypatch):
    plain = {
        "bytes": 8_860_000,
        "correct": 194,
        "same_answers": 200,
        "largest_difference": 0.0,
        "milliseconds": [4.0, 8.0, 5.0],
    }
    int8 = {
        "bytes": 2_700_000,
        "correct": 195,
        "same_answers": 197,
        "largest_difference": 0.2914,
        "milliseconds": [2.0, 2.0, 5.0],
    }
    measured = {
        "rounds": 3,
        "threads": 1,
        "environment": {"cores": 2},
        "networks": [
            {
                "model": "model4",
                "images": 200,
                "correct": 193,
                "files": {"none": plain, "int8": int8},
            }
        ],
    }
    path = tmp_path / "exports.json"
    path.write_text(json.dumps(measured))
    monkeypatch.setattr(measurements, "exports_path", lambda: path)
    return path


def test_cost_of_quantization_is_told(exports):
    assert about_measurements.quantization_cost("int8") == (
        "As int8, the file of `model4` has 2.7 MB instead of 8.9. Of 200 test "
        "images it gets 195 right, where the network has 193; it gives another "
        "answer to 3, and moves no probability by more than 29.1 points. An "
        "image takes 0.50 times as long as in float32 (0.25 to 1.00 within a "
        "round, 3 rounds with 1 thread on 2 CPU cores)."
    )


def test_cost_that_was_not_measured_is_not_told(exports):
    assert about_measurements.quantization_cost("int8", "model1") == ""
    exports.unlink()
    assert about_measurements.quantization_cost("int8") == ""
