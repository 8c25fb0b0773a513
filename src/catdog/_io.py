"""Files: written whole, made by one process at a time, named in one line."""

import logging
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from catdog.settings import cache_folder

log = logging.getLogger(__name__)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Let one process after the other make `path`.

    A process that waited finds it made. The operating system takes the lock
    away from a process that dies.
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


def write_atomically(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    write_all_atomically({path: text})


def write_all_atomically(contents: Mapping[Path, str | bytes]) -> None:
    """Write files, each of them whole, or none if one cannot be written.

    Args:
        contents: text, which is written in UTF-8, or bytes, by path.
    """
    parts = {path: _part_of(path) for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                parts[path].write_bytes(content)
            else:
                parts[path].write_text(content, encoding="utf-8")
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Give out a file to write, which becomes `path` if all goes well.

    It is on the disk before it gets its name, so that not even a power failure
    leaves half of it there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part_of(path)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _part_of(path: Path) -> Path:
    # Threads of one process may write the same file.
    own = f"{os.getpid()}-{threading.get_ident()}"
    return path.with_name(f".{path.name}.{own}.part")


@contextmanager
def write_folder_atomically(folder: Path) -> Iterator[Path]:
    """Give out an empty folder to fill, which becomes `folder` if all goes well.

    What `folder` held before is deleted then, and not before.
    """
    scratch = folder.with_name(f".{folder.name}.part")
    # What a process that was killed left behind.
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def cached_paths() -> list[Path]:
    """Return the folders in the cache that this package has made.

    Others, such as `photographs-2019`, may be somebody's own.
    """
    version = "[0-9a-f]" * 16  # from `digest`
    return [
        path
        for pattern in (
            "checked",
            "decoded",
            "features",
            "ipython",
            "npm",
            f"drawings-{version}",
            f"photographs-{version}",
        )
        for path in sorted(cache_folder().glob(pattern))
        if path.is_dir() and not path.is_symlink()
    ]


def digest(lines: Iterable[str]) -> str:
    """Return sixteen hexadecimal digits that stand for some lines of text."""
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()[:16]


def printable(name: str | os.PathLike[str]) -> str:
    r"""Return a file name or path that is fit for one line of text.

    Characters that would break the line, or turn it around, are shown as their
    code, such as `\x0a`.
    """
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}"
        for char in os.fspath(name)
    )
