"""Features from the cache are those of the base, to the last bit."""

import logging

import keras
import numpy as np
import pytest

from catdog import disk_cache, feature_cache, models, training
from catdog.backend import tf
from catdog.data.pipeline import datasets
from catdog.feature_cache import CachedBase, Rows


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))


def build(seed=0, factor=0.2, *more):
    keras.utils.set_random_seed(seed)
    base = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.RandomRotation(factor),
            keras.layers.Conv2D(4, 3, kernel_initializer="ones"),
            *more,
        ]
    )
    base.trainable = False
    return base


def batches(number=3, seed=0):
    rng = np.random.default_rng(seed)
    return [
        tf.constant(rng.integers(0, 256, (5, 16, 16, 3)).astype("float32"))
        for _ in range(number)
    ]


def answers(base, some=None, training=True):
    cached = CachedBase(base)
    return [cached(batch, training) for batch in some or batches()]


def plain(base):
    compute = tf.function(base)
    return [compute(batch, training=True).numpy() for batch in batches()]


def equal(one, other):
    return all(map(np.array_equal, one, other))


def files():
    folder = disk_cache.cache_folder() / "features"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_known_features_and_all_that_follows_are_the_same_to_the_last_bit():
    base, cold, warm = build(), build(), build()
    expected = plain(base)
    for again in (cold, warm):
        assert equal(answers(again), expected)
    assert len(files()) == 3
    # The augmentation goes on where it would have.
    more = batches(2, seed=1)
    assert equal(
        [warm(batch, training=True) for batch in more],
        [base(batch, training=True) for batch in more],
    )


def test_what_is_known_is_not_computed(monkeypatch):
    expected = answers(build())
    again = CachedBase(build())
    monkeypatch.setattr(again, "_compute", None)
    assert equal([again(batch, True) for batch in batches()], expected)


CHANGED = {
    "seed": lambda: answers(build(seed=1)),
    "augmentation": lambda: answers(build(factor=0.3)),
    "images": lambda: answers(build(), batches(seed=1)),
    "fractions": lambda: answers(build(), [b + 0.5 for b in batches()]),
    "order": lambda: answers(build(), batches()[1:] + batches()[:1]),
    "layers": lambda: answers(build(0, 0.2, keras.layers.ReLU())),
    "mode": lambda: answers(build(), training=False),
    "weights": lambda: answers(with_other_weights()),
}


def with_other_weights():
    base = build()
    base.layers[-1].kernel.assign(base.layers[-1].kernel * 2)
    return base


@pytest.mark.parametrize("changed", CHANGED)
def test_whatever_changes_the_features_is_noticed(changed):
    answers(build())
    CHANGED[changed]()
    assert len(files()) == 6


def test_in_inference_mode_the_seed_does_not_matter():
    for seed in (0, 1):
        answers(build(seed), training=False)
    assert len(files()) == 3


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_damaged_file_is_not_believed(damage):
    expected = answers(build())
    file = files()[0]
    content = file.read_bytes()
    file.write_bytes(content[:-9] if damage is None else damage)
    assert equal(answers(build()), expected)
    assert files()[0].stat().st_size == len(content)


def test_changed_byte_is_not_believed():
    expected = answers(build())
    file = files()[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert equal(answers(build()), expected)


class Own(keras.layers.Layer):
    """Whoever edits its code expects other features."""

    def call(self, batch):
        return batch + 1


@pytest.mark.parametrize(
    "layer", [Own, lambda: keras.Sequential([Own()]), keras.layers.Lambda]
)
def test_layers_of_ones_own_are_never_remembered(layer):
    try:
        layer = layer()
    except TypeError:
        layer = layer(lambda batch: batch * 2)
    base = build(0, 0.2, layer)
    base(batches()[0])
    answers(base)
    assert files() == []


def test_without_room_features_are_computed(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "catdog")
    monkeypatch.setattr(disk_cache, "_room", disk_cache._Room())
    monkeypatch.setattr(disk_cache, "LIMIT", 10)
    for _ in range(2):
        assert equal(answers(build()), plain(build()))
    assert files() == [] and len(caplog.messages) == 1


@pytest.mark.parametrize("limit", [10, 2**28])
def test_rows_are_those_of_the_batches_in_memory_and_on_disk(
    limit, monkeypatch
):
    monkeypatch.setattr(feature_cache, "IN_MEMORY", limit)
    some = [batch.numpy() for batch in batches()]
    rows = Rows(iter(some))
    together = np.concatenate(some)
    for numbers in ([7, 0, 14, 7], range(15), []):
        assert np.array_equal(rows.take(numbers), together[list(numbers)])
    assert rows.length == 15


@pytest.mark.slow
def test_training_again_is_the_same_run_and_passes_no_base(
    images, random_weights
):
    first = training.train(models.model4, images, 1, epochs=2)
    n_files = len(files())
    again = training.train(models.model4, images, 1, epochs=2)
    assert again.history == first.history and again.scores == first.scores
    assert again.train == first.train
    assert len(files()) == n_files == 2 * 2 + 1
    # Another head on the same base: nothing new to compute.
    sets = datasets(images, fold=1, seed=1)
    keras.utils.set_random_seed(1)
    training.fit(models.model4(decay_steps=7), sets, 1, 1)
    assert len(files()) == n_files
