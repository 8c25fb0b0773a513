"""Decoded images, kept on disk: a machine decodes each of them once.

What was decoded is found by the contents of its file: a copy elsewhere is known,
and an image that has changed is not. It is read from the disk when it is asked
for, and memory holds one batch at a time.
"""

import functools
import hashlib
import json
import os
import stat
import threading
from collections.abc import Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdog._io import digest, exclusive, write_atomically
from catdog.data.image_files import (
    IMAGE_SIZE,
    NOT_OPENED,
    decoder_version,
    read_image,
    read_or_fault,
)
from catdog.disk_cache import DECODED, keep, touch
from catdog.progress import Bar
from catdog.settings import cache_folder

IMAGES_PER_FILE = 256
DIGEST_SIZE = 32  # bytes of SHA-256
REMEMBERED = 2**16  # contents of files that need not be read again


class Place(NamedTuple):
    """Where a decoded image is kept: the file, and its number in it."""

    file: Path
    number: int


class DecodedImages:
    """Images in a fixed order, each of which a machine decodes once.

    Where the cache has no room for one, it is decoded whenever it is asked for.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], size: int = IMAGE_SIZE
    ) -> None:
        """Choose images. Work begins when the first is asked for.

        Args:
            folder: what the names are relative to.
            names: of the files.
            size: pixels to each side.
        """
        self._paths = _join(folder, names)
        self._size = size
        self._places: list[Place | None] = []
        self._lock = threading.Lock()

    def take(self, numbers: Sequence[int]) -> np.ndarray:
        """Return some of the images, by their numbers from 0.

        Returns:
            uint8 of shape (len(numbers), size, size, 3) in [0, 255].

        Raises:
            DataError: if one has to be decoded and cannot.
        """
        with self._lock:
            if not self._places:
                self._places = _find_places(self._paths, self._size)
        shape = (len(numbers), self._size, self._size, 3)
        images = np.empty(shape, np.uint8)
        missing = [
            (image, self._paths[number])
            for image, number in zip(images, numbers, strict=True)
            if not _read(self._places[number], image)
        ]
        if missing:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                paths = [path for _, path in missing]
                decoded = pool.map(lambda p: read_image(p, self._size), paths)
                for (image, _), pixels in zip(missing, decoded, strict=True):
                    image[:] = pixels
        return images


def find_faults(root: Path, names: list[str]) -> dict[str, str]:
    """Return why files cannot be read: `{name relative to root: reason}`.

    The answer is kept in the cache, for as long as neither the files nor what
    decodes them change, unless a file cannot be opened. What was decoded is
    kept, too.
    """
    stamps = [f"{name} {_stamp(root / name)}" for name in names]
    key = digest([decoder_version(), *stamps])
    note = cache_folder() / "checked" / f"{key}.json"
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass
    paths = _join(root, names)
    reasons = _decode(paths, IMAGE_SIZE, "Checking images")
    faults = {
        name: reasons[path]
        for name, path in zip(names, paths, strict=True)
        if path in reasons
    }
    if not any(fault.startswith(NOT_OPENED) for fault in faults.values()):
        with suppress(OSError):  # the disk is full, say: next time, then
            write_atomically(note, json.dumps(faults))
    return faults


def _find_places(paths: Sequence[str], size: int) -> list[Place | None]:
    """Return where images are kept; those that are not are decoded first."""
    digests = _digests(paths)
    index = _read_index(size)
    if not index.keys() >= set(digests):
        _decode(paths, size, "Decoding images", needed=False)
        index = _read_index(size)
    places = [index.get(contents) for contents in digests]
    for file in {place.file for place in places if place}:
        touch(file)
    return places


def _decode(
    paths: Sequence[str], size: int, title: str, needed: bool = True
) -> dict[str, str]:
    """Decode and keep those images that are not kept yet.

    Args:
        paths: of the images.
        size: pixels to each side.
        title: of the progress bar.
        needed: whether to go on when there is no more room.

    Returns:
        Why images cannot be read, by path.
    """
    faults: dict[str, str] = {}
    with exclusive(_folder(size)), ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = _digests(paths)
        index = _read_index(size)
        in_use = {index[known].file for known in digests if known in index}
        todo = [
            (path, contents)
            for path, contents in zip(paths, digests, strict=True)
            if contents not in index
        ]
        bar = Bar(total=len(todo), desc=title)
        for start in range(0, len(todo), IMAGES_PER_FILE):
            some = todo[start : start + IMAGES_PER_FILE]
            images: dict[bytes, np.ndarray] = {}
            found = pool.map(lambda one: read_or_fault(one[0], size), some)
            for (path, contents), image in zip(some, found, strict=True):
                bar.update()
                if isinstance(image, str):
                    faults[path] = image
                # It may have changed while it was decoded.
                elif contents and contents == _contents(path):
                    images[contents] = image
            file = _keep(images, size, in_use)
            if file:
                in_use.add(file)
            elif not needed:
                break
        bar.close()
    return faults


def _keep(
    images: dict[bytes, np.ndarray], size: int, in_use: Container[Path]
) -> Path | None:
    """Write images into a file, their digests behind them, and return it."""
    digests = b"".join(images)
    file = _folder(size) / f"{digest([digests.hex()])}.rgb"
    pixels = [image.data.cast("B") for image in images.values()]
    return file if keep(file, [*pixels, digests], in_use) else None


def _read(place: Place | None, image: np.ndarray) -> bool:
    """Read an image into an array, and return whether it was there."""
    if place is None:
        return False
    try:
        with place.file.open("rb", buffering=0) as file:
            file.seek(place.number * image.nbytes)
            return file.readinto(image.data) == image.nbytes
    except OSError:  # `catdog clean` was here
        return False


def _read_index(size: int) -> dict[bytes | None, Place]:
    """Return where each decoded image is, by the digest of its file."""
    return {
        digests[start : start + DIGEST_SIZE]: Place(file, start // DIGEST_SIZE)
        for file in sorted(_folder(size).glob("*.rgb"))
        for digests in [_read_digests(file, size)]
        for start in range(0, len(digests), DIGEST_SIZE)
    }


def _read_digests(file: Path, size: int) -> bytes:
    """Return the digests at the end of a file; none if it is not whole."""
    try:
        n_bytes = file.stat().st_size
        number, rest = divmod(n_bytes, size * size * 3 + DIGEST_SIZE)
        with file.open("rb") as opened:
            opened.seek(n_bytes - number * DIGEST_SIZE)
            digests = opened.read()
    except OSError:
        return b""
    return b"" if rest else digests


def _folder(size: int) -> Path:
    return cache_folder() / DECODED / f"{decoder_version()}-{size}"


def _join(folder: Path, names: Sequence[str]) -> list[str]:
    # Lighter than as many paths.
    return [os.path.join(folder, name) for name in names]  # noqa: PTH118


def _digests(paths: Sequence[str]) -> list[bytes | None]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_contents, paths))


def _contents(path: str) -> bytes | None:
    """Return the SHA-256 of a file, or None if it is not to be had."""
    try:
        path.encode()
        status = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(status.st_mode):
            return None
        times = status.st_mtime_ns, status.st_ctime_ns
        return _sha256(path, status.st_size, *times)
    # The name is no text, say, or longer than any.
    except (OSError, ValueError):
        return None


@functools.lru_cache(maxsize=REMEMBERED)
def _sha256(path: str, *_stamp: int) -> bytes:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size} {status.st_mtime_ns}"
