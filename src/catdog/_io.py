"""Where things are kept between two runs, and how two processes share it."""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where this package keeps what it made: `CATDOG_CACHE`, else
    `~/.cache/catdog`.
    """
    folder = Path(
        os.environ.get("CATDOG_CACHE") or Path.home() / ".cache" / "catdog"
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keras_home() -> Path:
    """Keras' own cache: `KERAS_HOME`, else `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process after the other make `path`.

    Whoever waited finds it made. The operating system takes the lock away from
    a process that dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    locks = cache_folder() / "locks"
    locks.mkdir(exist_ok=True)
    lock = FileLock(locks / f"{digest([str(path.resolve())])}.lock")
    try:
        lock.acquire(timeout=2)
    except Timeout:
        log.info("Waiting for another process, which makes %s.", path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def written_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def digest(lines) -> str:
    """Sixteen hexadecimal digits that stand for some lines of text."""
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:16]
