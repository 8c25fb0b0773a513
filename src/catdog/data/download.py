"""Fetch a public file over a bad line: whole and checked, or not at all."""

import time
import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.error import HTTPError

from catdog._io import exclusive, printable
from catdog.errors import CatdogError, DataError
from catdog.progress import Bar

SECONDS_TO_ANSWER = 15
PAUSE = 1  # seconds before the next attempt
MIN_SPEED = 2_000  # bytes a second, over `WINDOW` seconds
WINDOW = 30
MAX_BYTES = 300_000_000
BLOCK_SIZE = 2**16
RANGE_NOT_SATISFIABLE = 416

Check = Callable[[Path], object]


def fetch(addresses: Iterable[str], target: Path, check: Check) -> Path:
    """Fetch a file from the first address that has it, unless it is there.

    A second process waits for the first. A transfer that breaks off goes on
    where it stopped, now or at the next call.

    Args:
        addresses: where to look, one after the other.
        target: where the file belongs. It appears there after the check.
        check: raises `CatdogError` for a file that is not what it should be.

    Returns:
        `target`.

    Raises:
        DataError: if no address gives the right file.
    """
    with exclusive(target):
        if target.exists() and not _fault(target, check):
            return target
        part = target.with_name(f".{target.name}.part")
        if not _tag(part).exists():  # what it is a part of, nobody knows
            part.unlink(missing_ok=True)
        reasons = []
        for address in addresses:
            reason = _complete(part, address) or _fault(part, check)
            if not reason:
                part.replace(target)
                _discard(part)
                return target
            reasons.append(f"{address}: {reason}")
    raise DataError(
        f"{target.name} could not be fetched: connect to the internet, or try "
        f"again later ({printable('; '.join(reasons))})."
    )


def _fault(path: Path, check: Check) -> str | None:
    # A part that is whole, and wrong, is of no use any more.
    try:
        check(path)
    except CatdogError as error:
        if path.suffix == ".part":
            _discard(path)
        return str(error)
    return None


def _complete(part: Path, address: str) -> str | None:
    # Goes on as long as each attempt brings something; returns what went wrong.
    restarted = False
    while True:
        before = _size(part)
        try:
            _receive(part, address)
        except HTTPError as error:
            # Else the part is longer than the file, and the next attempt must
            # start anew. Some servers always say so.
            if error.code != RANGE_NOT_SATISFIABLE or restarted:
                return f"{error.code} {error.reason}"
            restarted = True
            _discard(part)
        except (OSError, HTTPException, ValueError) as error:
            if _size(part) <= before:
                return " ".join(str(error).split()) or type(error).__name__
            time.sleep(PAUSE)
        else:
            return None


def _receive(part: Path, address: str) -> None:
    request = _request(part, address)
    with urllib.request.urlopen(  # noqa: S310, our own addresses
        request, timeout=SECONDS_TO_ANSWER
    ) as answer:
        start = _size(part) if answer.status == 206 else 0
        total = _total_size(answer, start)
        _keep_tag(part, answer)
        with (
            part.open("ab" if start else "wb") as file,
            Bar(
                desc=f"Downloading {address.rsplit('/', 1)[-1]}",
                total=total,
                initial=start,
                unit="B",
                unit_scale=True,
            ) as bar,
        ):
            _copy(answer, file, bar)
    if total and _size(part) != total:
        raise OSError(f"it ended after {_size(part):,} of {total:,} bytes")


def _request(part: Path, address: str) -> urllib.request.Request:
    request = urllib.request.Request(address)  # noqa: S310, our own addresses
    if _size(part) and _tag(part).exists():
        tag = _tag(part).read_text(encoding="utf-8")
        request.add_header("Range", f"bytes={_size(part)}-")
        request.add_header("If-Range", tag)
    return request


def _total_size(answer: HTTPResponse, start: int) -> int | None:
    length = answer.headers.get("Content-Length")
    if not length:
        return None
    total = start + int(length)
    if total > MAX_BYTES:
        raise ValueError(f"{total:,} bytes are too many")
    return total


def _copy(answer: HTTPResponse, file: IO[bytes], bar: Bar) -> None:
    since, received = time.monotonic(), 0
    while block := answer.read1(BLOCK_SIZE):
        file.write(block)
        bar.update(len(block))
        received += len(block)
        if file.tell() > MAX_BYTES:
            raise ValueError(f"over {MAX_BYTES:,} bytes are too many")
        if time.monotonic() - since > WINDOW:
            if received < MIN_SPEED * WINDOW:
                raise ValueError("the connection is too slow")
            since, received = time.monotonic(), 0


def _keep_tag(part: Path, answer: HTTPResponse) -> None:
    tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
    if tag:
        _tag(part).write_text(tag, encoding="utf-8")
    else:
        _tag(part).unlink(missing_ok=True)


def _tag(part: Path) -> Path:
    # The server's mark for this version of the file: a part of another version
    # must not be continued.
    return part.with_name(f"{part.name}.tag")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
