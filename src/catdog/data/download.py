"""Fetch a public file over a bad line: whole and checked, or not at all."""

import time
import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from catdog._io import exclusive
from catdog.errors import CatdogError, DataError
from catdog.progress import Bar

SECONDS_TO_ANSWER = 15
PAUSE = 1  # seconds before the next attempt
MIN_SPEED = 2_000  # bytes a second, over `WINDOW` seconds
WINDOW = 30
MAX_BYTES = 300_000_000


def fetch(
    addresses: Iterable[str], target: Path, check: Callable[[Path], object]
) -> Path:
    """Fetch a file from the first address that has it, unless it is there.

    A second process waits for the first. A transfer that breaks off goes on
    where it stopped, now or at the next call.

    Args:
        check: raises `CatdogError` for a file that is not what it should be. A
            file gets its final name after this check.

    Raises:
        DataError: when no address gives the right file.
    """
    with exclusive(target):
        if target.exists() and not _fault(check, target):
            return target
        part = target.with_name(f".{target.name}.part")
        if not _tag(part).exists():  # what it is a part of, nobody knows
            part.unlink(missing_ok=True)
        reasons = []
        for address in addresses:
            reason = _attempt(address, part) or _fault(check, part)
            if not reason:
                part.replace(target)
                _tag(part).unlink(missing_ok=True)
                return target
            reasons.append(f"{address}: {reason}")
    raise DataError(
        f"{target.name} could not be fetched: connect to the internet, or try "
        f"again later ({'; '.join(reasons)})."
    )


def _fault(check, path: Path) -> str | None:
    """What `check` has against a file. A part that it refuses is deleted."""
    try:
        check(path)
    except CatdogError as error:
        if path.name.endswith(".part"):
            path.unlink()
            _tag(path).unlink(missing_ok=True)
        return str(error)
    return None


def _attempt(address: str, part: Path) -> str | None:
    """Fetch, and go on as long as each attempt brings something. Returns what
    went wrong.
    """
    while True:
        before = _size(part)
        try:
            return _receive(address, part)
        except HTTPError as error:
            if error.code != 416:  # else the part is longer than the file
                return f"{error.code} {error.reason}"
            part.unlink(missing_ok=True)
        except (OSError, HTTPException, ValueError) as error:
            if _size(part) <= before:
                return " ".join(str(error).split()) or type(error).__name__
            time.sleep(PAUSE)


def _receive(address: str, part: Path) -> None:
    request = urllib.request.Request(address)
    tag = _tag(part)
    if _size(part) and tag.exists():
        request.add_header("Range", f"bytes={_size(part)}-")
        request.add_header("If-Range", tag.read_text())
    with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:
        start = _size(part) if answer.status == 206 else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        if total and total > MAX_BYTES:
            raise ValueError(f"{total:,} bytes are too many")
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        tag.write_text(mark) if mark else tag.unlink(missing_ok=True)
        with (
            part.open("ab" if start else "wb") as file,
            Bar(
                desc=f"Downloading {address.rsplit('/')[-1]}",
                total=total,
                initial=start,
                unit="B",
                unit_scale=True,
            ) as bar,
        ):
            since, lately = time.monotonic(), 0
            while block := answer.read1(2**16):
                file.write(block)
                bar.update(len(block))
                lately += len(block)
                if file.tell() > MAX_BYTES:
                    raise ValueError(f"over {MAX_BYTES:,} bytes are too many")
                if time.monotonic() - since > WINDOW:
                    if lately < MIN_SPEED * WINDOW:
                        raise ValueError("the connection is too slow")
                    since, lately = time.monotonic(), 0
    if total and _size(part) != total:
        raise OSError(f"it ended after {_size(part):,} of {total:,} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _tag(part: Path) -> Path:
    # The server's mark for this version of the file: a part of another version
    # must not be continued.
    return part.with_name(f"{part.name}.tag")
