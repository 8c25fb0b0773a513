import json

import keras
import numpy as np
import pytest

from catdog import benchmarks, models
from catdog.report import sentences, tables


@pytest.fixture
def found(pictures, random_weights, monkeypatch):
    monkeypatch.setattr(models, "EPOCHS", 1)
    monkeypatch.setattr(benchmarks, "MATRIX", 256)
    return benchmarks.measure(pictures, rounds=1)


def test_measures_every_way_in_every_round_and_tells_it(
    found, monkeypatch, tmp_path
):
    for comparison in ("epoch", "transfer", "pipeline", "forward"):
        for values in found[comparison].values():
            assert len(values) == 1 and values[0] >= 0
    path = tmp_path / "bench.json"
    benchmarks.keep(found, path)
    assert json.loads(path.read_text()) == found
    monkeypatch.setattr(benchmarks, "bench_path", lambda: path)
    assert "an epoch of `model1` takes" in sentences.measured("epoch")
    assert tables.bench(found).count("\n") > 8


def test_without_a_measurement_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmarks, "bench_path", lambda: tmp_path / "none.json")
    assert sentences.measured("epoch") == ""


def test_every_way_has_its_turn_in_every_round():
    order = []
    steps = {name: lambda name=name: order.append(name) for name in "ab"}
    seconds = benchmarks.taking_turns("", steps, rounds=3)
    assert order == list("ababab")
    assert [len(values) for values in seconds.values()] == [3, 3]


def test_counts_multiply_adds():
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
