"""What is computed once and kept on disk, within limits, until it is needed.

A file appears whole or not at all, and is never changed: whoever finds it may
believe it. Whoever does not find it, or no longer, computes anew.
"""

import errno
import logging
import os
import shutil
import threading
import time
from collections.abc import Container, Sequence
from pathlib import Path

from catdog._io import open_atomically
from catdog.settings import cache_folder

DECODED, FEATURES = "decoded", "features"
LIMIT = 10 * 2**30  # bytes, for both together
RESERVE = 2**30  # bytes of the disk that stay free
GRANT = 2**28  # bytes to write before all files are counted again
ABANDONED = 3600  # seconds after which nobody goes on with a part of a file

log = logging.getLogger(__name__)


class _Room:
    """How much may still be written, and whether somebody was told."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.folder: Path | None = None
        self.granted = 0
        self.told = False


_room = _Room()


def keep(
    path: Path,
    parts: Sequence[bytes | memoryview],
    in_use: Container[Path] = (),
) -> bool:
    """Write a file into the cache, if there is room.

    Args:
        path: in one of the folders of `cache_folder()`.
        parts: what the file is to hold.
        in_use: files not to delete, to make room.

    Returns:
        Whether it is there now. The first time that it is not, a line in the
        log says why.
    """
    try:
        _take_room(sum(len(part) for part in parts), in_use)
        with open_atomically(path) as file:
            for part in parts:
                file.write(part)
    except OSError as error:
        if not _room.told:
            log.info(
                "%s takes no more (%s): what does not fit is computed anew each "
                "time. Free some space, or set CATDOG_CACHE to a folder "
                "elsewhere.",
                cache_folder(),
                error.strerror or error,
            )
        _room.told = True
        return False
    return True


def touch(path: Path) -> None:
    """Note that a file was of use: it goes after those that were not."""
    try:
        os.utime(path)
    except OSError:
        return  # it is gone, or somebody else's


def _take_room(size: int, in_use: Container[Path]) -> None:
    with _room.lock:
        if _room.folder != cache_folder() or _room.granted < size:
            _room.folder = cache_folder()
            _room.granted = _free_room(max(size, GRANT), in_use)
        if _room.granted < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        _room.granted -= size


def _free_room(wanted: int, in_use: Container[Path]) -> int:
    """Delete what was not of use for longest, and return how much there is."""
    files = _files_by_age()
    free = shutil.disk_usage(cache_folder()).free - RESERVE
    room = min(free, LIMIT - sum(size for _, size, _ in files))
    for _, size, path in files:
        if room >= wanted:
            break
        if path not in in_use and _delete(path):
            room += size
    return min(room, wanted)


def _files_by_age() -> list[tuple[float, int, Path]]:
    """Return the time, size and path of each file, without abandoned parts."""
    files = []
    for folder in (DECODED, FEATURES):
        for path in (cache_folder() / folder).rglob("*"):
            try:
                status = path.stat()
            except OSError:
                continue  # another process was faster
            if path.is_dir():
                continue
            age = time.time() - status.st_mtime
            if path.suffix == ".part" and age > ABANDONED:
                _delete(path)
            else:
                files.append((status.st_mtime, status.st_size, path))
    return sorted(files)


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False  # Windows keeps what is open
    return True
