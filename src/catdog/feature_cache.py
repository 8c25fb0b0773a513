"""Features, kept on disk: a machine passes the same batch through a base once.

What a frozen base makes of a batch depends on nothing but the base, the batch,
and the state of its random numbers. So these are the key, whoever asks.
"""

import hashlib
import io
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from catdog.backend import environment, keras, tf
from catdog.disk_cache import FEATURES, keep, touch
from catdog.settings import cache_folder

IN_MEMORY = 2**28  # bytes of features; what is more goes to disk

layers = keras.layers


class CachedBase:
    """A frozen base that remembers, on disk, what it made of each batch.

    Answers are the same as without the cache, to the last bit, and so is the
    augmentation that comes after them. A base with layers of one's own, whose
    code nobody can compare, computes all anew.
    """

    def __init__(self, base: keras.Model) -> None:
        """Take the base, whose weights must not change from now on."""
        self._compute = tf.function(base)
        weights = {id(weight) for weight in base.weights}
        self._random = [v for v in base.variables if id(v) not in weights]
        self._key = _digest(base) if _is_known(base) else None

    def __call__(self, batch: tf.Tensor, training: bool) -> np.ndarray:
        """Return features: of shape (batch, …), as the base gives them."""
        if self._key is None:
            return self._compute(batch, training=training).numpy()
        file = self._file(batch.numpy(), training)
        found = _read(file, 1 + len(self._random))
        if not found:
            features = self._compute(batch, training=training).numpy()
            _write(file, [features, *self._states()])
            return features
        features, *states = found
        for variable, state in zip(self._random, states, strict=True):
            variable.assign(state)
        touch(file)
        return features

    def _states(self) -> list[np.ndarray]:
        return [variable.numpy() for variable in self._random]

    def _file(self, batch: np.ndarray, training: bool) -> Path:
        key = hashlib.sha256(f"{self._key} {batch.shape} {training}".encode())
        # In inference mode no random number is used.
        for state in self._states() if training else []:
            key.update(state.tobytes())
        pixels = batch.astype("uint8")
        # A quarter of the bytes, unless there is more in them.
        whole = np.array_equal(pixels, batch)
        key.update((pixels if whole else batch).tobytes())
        return cache_folder() / FEATURES / f"{key.hexdigest()[:32]}.npz"


class Rows:
    """Arrays of one shape: in memory or, if there are many, on disk."""

    def __init__(self, batches: Iterator[np.ndarray]) -> None:
        """Take batches of them, one after the other."""
        self._lock = threading.Lock()
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=IN_MEMORY, dir=str(cache_folder())
        )
        self.length = 0
        for batch in batches:
            self.shape, self.dtype = batch.shape[1:], batch.dtype
            self.length += len(batch)
            self._file.write(batch.tobytes())

    def take(self, numbers: Sequence[int]) -> np.ndarray:
        """Return some of the arrays, by their numbers from 0."""
        rows = np.empty((len(numbers), *self.shape), self.dtype)
        with self._lock:
            for row, number in zip(rows, numbers, strict=True):
                self._file.seek(int(number) * row.nbytes)
                row[...] = np.frombuffer(
                    self._file.read(row.nbytes), self.dtype
                ).reshape(self.shape)
        return rows


def _is_known(base: keras.Model) -> bool:
    """Return whether its configuration and weights say all about a base."""
    for layer in base.layers:
        if isinstance(layer, keras.Model):
            if not _is_known(layer):
                return False
        elif (
            not type(layer).__module__.startswith("keras.")
            or isinstance(layer, layers.Lambda | layers.Wrapper)
            # It changes its averages in training mode.
            or (
                isinstance(layer, layers.BatchNormalization) and layer.trainable
            )
        ):
            return False
    return True


def _digest(base: keras.Model) -> str:
    """Return what stands for a base, and for the machine that computes."""
    text = base.to_json()
    # Names count up while a program runs.
    names = dict.fromkeys(re.findall(r'"name": "([^"]*)"', text))
    for number, name in enumerate(names):
        text = text.replace(f'"{name}"', f'"{number}"')
    key = hashlib.sha256(f"{text} {environment()}".encode())
    for weight in base.weights:
        key.update(weight.numpy().tobytes())
    return key.hexdigest()


def _read(file: Path, number: int) -> list[np.ndarray]:
    """Return the arrays of a file; none if it is not there, or not whole."""
    try:
        with np.load(file) as arrays:
            return [arrays[f"arr_{position}"] for position in range(number)]
    # Of a damaged file, whatever zip and NumPy raise.
    except Exception:
        return []


def _write(file: Path, arrays: Sequence[np.ndarray]) -> None:
    packed = io.BytesIO()
    np.savez(packed, *arrays)
    keep(file, [packed.getbuffer()])
