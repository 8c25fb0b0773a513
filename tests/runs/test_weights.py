"""Trained weights are kept beside their record, and agree with it."""

import os
from pathlib import Path

import numpy as np
import pytest
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import ablations, models, training
from catdog.errors import RecordError
from catdog.pretrained import structure_only
from catdog.runs import store
from catdog.runs.schema import fingerprint
from catdog.runs.weights import kept_weights, restore_weights

WEIGHTS = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.array([1e-9, -2.5], "float32"),
]


def build(builder):
    with structure_only():
        return builder()


@pytest.fixture
def record(tmp_path):
    return store.write_run(make_run(), tmp_path, WEIGHTS)


def test_weights_read_back_bit_by_bit(record):
    weights = store.read_weights(store.read_run(record))
    assert [array.dtype for array in weights] == [np.float32] * 2
    for array, before in zip(weights, WEIGHTS, strict=True):
        np.testing.assert_array_equal(array, before)


def test_record_names_the_weights_beside_it(record, tmp_path):
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model1-0.json",
        "model1-0.npz",
    ]
    assert store.read_run(record).weights == fingerprint(WEIGHTS)
    assert f'"weights": "{fingerprint(WEIGHTS)}"' in record.read_text()


def test_same_weights_make_the_same_bytes(record, tmp_path):
    first = store.weights_path(record)
    os.utime(first, (0, 0))
    again = store.write_run(make_run(seed=1), tmp_path, WEIGHTS)
    assert store.weights_path(again).read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    "others",
    [
        WEIGHTS[::-1],
        WEIGHTS[:1],
        [WEIGHTS[0].reshape(3, 2), WEIGHTS[1]],
        [WEIGHTS[0], np.nextafter(WEIGHTS[1], np.float32(1))],
    ],
)
def test_fingerprint_stands_for_order_shapes_and_bits(others):
    assert fingerprint(others) != fingerprint(WEIGHTS)
    assert len(fingerprint(others)) == 16


def test_record_without_weights_does_not_speak_of_them(record, tmp_path):
    assert store.write_run(make_run(), tmp_path) == record
    assert list(tmp_path.iterdir()) == [record]
    assert "weights" not in record.read_text()


def test_failed_writing_leaves_the_old_pair(record, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("No space left on device")

    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="No space"):
        store.write_run(make_run(), tmp_path, WEIGHTS[:1])
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def refused(path, match):
    with pytest.raises(RecordError, match=match) as caught:
        store.read_weights(store.read_run(path))
    assert "run `catdog train model1 --seed 0`." in str(caught.value)
    assert "\n" not in str(caught.value)


def test_run_without_weights_says_so(tmp_path):
    refused(store.write_run(make_run(), tmp_path), "^No weights of model1 ")
    with pytest.raises(RecordError, match="No weights of model1 with seed 0"):
        store.read_weights(make_run(weights=fingerprint(WEIGHTS)))


def test_missing_weights_get_one_sentence(record):
    store.weights_path(record).unlink()
    refused(record, r"model1-0\.npz is missing")


def cut(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "change", [cut, lambda content: b"", lambda content: b"no zip\n"]
)
def test_broken_weights_get_one_sentence(change, record):
    path = store.weights_path(record)
    path.write_bytes(change(path.read_bytes()))
    refused(record, r"model1-0\.npz cannot be read .*: delete it, and run")


def test_weights_of_another_run_are_noticed(record):
    np.savez(store.weights_path(record), *WEIGHTS[::-1])
    refused(record, r"model1-0\.npz holds other weights .*: delete both, and")


def test_weights_of_another_type_are_refused(record):
    # They would have the same fingerprint.
    np.savez(store.weights_path(record), *[w.astype("f8") for w in WEIGHTS])
    refused(record, "it holds float64, not float32")


class Trap:
    """Leaves a mark if it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_nothing_is_unpickled(record, tmp_path):
    mark = tmp_path / "mark"
    trap = np.array([Trap(mark)], dtype=object)
    np.savez(store.weights_path(record), trap)
    refused(record, "cannot be read")
    assert not mark.exists()


def test_of_a_model_with_a_frozen_base_its_head_is_kept():
    weights = kept_weights(build(models.model4))
    assert [array.shape for array in weights] == [
        *[(1280,)] * 4,
        (1280, 2),
        (2,),
    ]
    assert sum(array.size for array in weights) == 7682


@pytest.mark.parametrize("builder", [models.model1, models.model3])
def test_of_a_model_from_scratch_its_first_filters_are_kept(builder):
    model = builder()
    first = next(x for x in model.layers if x.name.startswith("conv"))
    kernel, bias = kept_weights(model)
    np.testing.assert_array_equal(kernel, first.kernel)
    assert kernel.shape == (5, 5, 3, 16) and bias.shape == (16,)


def test_of_other_models_nothing_is_kept():
    assert kept_weights(build_constant(0.0)()) == []
    averaging = training.average_flips(build(ablations.averaged_flips))
    assert kept_weights(averaging) == []
    tuned = build(ablations.fine_tuned)
    tuned.get_layer("base_model_layer").layers[-1].trainable = True
    assert kept_weights(tuned) == []


def test_kept_weights_do_not_change_with_their_model():
    model = models.model1()
    kernel, _ = kept_weights(model)
    before = kernel.copy()
    restore_weights(model, [kernel + 1, np.zeros(16, "float32")])
    np.testing.assert_array_equal(kernel, before)
    np.testing.assert_array_equal(kept_weights(model)[0], before + 1)


def test_weights_of_another_model_are_refused():
    model = models.model1()
    with pytest.raises(RecordError, match="do not fit model1 any more: record"):
        restore_weights(model, WEIGHTS)
