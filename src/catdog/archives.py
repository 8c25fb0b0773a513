"""Turn a download, a zip or a folder into a checked folder of pictures.

Four folders must be there: `train/cats`, `train/dogs`, `validation/cats`,
`validation/dogs`.
"""

import hashlib
import os
import re
import shutil
import tempfile
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from catdog.bars import Bar
from catdog.errors import DataError

COUNTS = {
    "train/cats": 1000,
    "train/dogs": 1000,
    "validation/cats": 500,
    "validation/dogs": 500,
}
FEWEST = (
    20  # pictures in each folder: every fifth held-out one must make a test set
)
SECONDS_TO_ANSWER = 15


def download(address: str, target: Path) -> Path:
    """Fetch the public zip and check it, before it takes its final name.

    Raises:
        OSError: when the address does not answer.
        DataError: when what came is not the whole set.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        part = Path(scratch) / target.name
        with (
            urllib.request.urlopen(
                address, timeout=SECONDS_TO_ANSWER
            ) as answer,
            part.open("wb") as file,
        ):
            size = int(answer.headers.get("Content-Length") or 0) or None
            with Bar.wrapattr(
                answer, "read", total=size, desc="Downloading pictures"
            ) as body:
                shutil.copyfileobj(body, file)
        names = list_pictures(unzip(part))
        if {folder: len(found) for folder, found in names.items()} != COUNTS:
            raise DataError(
                f"The zip from {address} is not the whole set: try again later."
            )
        part.replace(target)
    return target


def unzip(path: Path) -> Path:
    """Unpack a zip into the cache, once for each content. The folder appears
    only when it is whole and checked.

    Raises:
        DataError: when the zip is broken, or holds other things than the four
            folders of pictures.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if _is_picture(item)]
            contents = [f"{item.filename} {item.CRC}" for item in members]
            folder = cache_folder() / f"photographs-{digest(contents)}"
            if not folder.is_dir():
                with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
                    archive.extractall(scratch, members)
                    check(Path(scratch), called=path)
                    _move(picture_root(Path(scratch)), folder)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        OSError,
    ) as error:
        raise DataError(
            f"{path} is a broken archive ({error}): delete it and fetch it again."
        ) from error
    return folder


def check(folder: Path, called: Path | None = None) -> None:
    """Check that the four folders are there and that every picture decodes.

    A note in the cache spares the next process the decoding.

    Args:
        called: what the message calls `folder`.

    Raises:
        DataError: when a folder is missing or has too few pictures, or when a
            file is no picture.
    """
    called = called or folder
    root = picture_root(folder, called)
    names = list_pictures(root)
    for part, found in names.items():
        if len(found) < FEWEST:
            raise DataError(
                f"{called} has {len(found)} JPEG pictures in {part}/: "
                f"put at least {FEWEST} there."
            )
    paths = [root / name for found in names.values() for name in found]
    note = (
        cache_folder()
        / "checked"
        / digest(
            f"{path.relative_to(root)} {path.stat().st_size}" for path in paths
        )
    )
    if note.exists():
        return
    with ThreadPoolExecutor() as pool:
        faults = list(
            Bar(pool.map(_fault, paths), "Checking pictures", len(paths))
        )
    broken = [
        path.name for path, fault in zip(paths, faults, strict=True) if fault
    ]
    if broken:
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise DataError(
            f"{called} has files that are no pictures: "
            f"delete or replace {', '.join(broken[:3])}{more}."
        )
    note.parent.mkdir(exist_ok=True)
    note.touch()


def picture_root(folder: Path, called: Path | None = None) -> Path:
    """The folder that holds `train` and `validation`: the one given, or the
    first one inside it that does.

    Raises:
        DataError: when there is none.
    """
    for root in (
        folder,
        *sorted(item for item in folder.glob("*") if item.is_dir()),
    ):
        if (root / "train").is_dir() and (root / "validation").is_dir():
            return root
    raise DataError(
        f"{called or folder} holds no folders train/ and validation/: "
        "give a folder or zip that does."
    )


def list_pictures(root: Path) -> dict[str, list[str]]:
    """File names relative to `root` in each of the four folders, in natural
    order.
    """
    return {
        part: sorted(_jpegs(root, part), key=natural_order) for part in COUNTS
    }


def natural_order(name: str) -> list:
    """Sorting key that puts `cat.9.jpg` before `cat.10.jpg`."""
    return [
        int(part) if part.isdecimal() else part
        for part in re.split(r"(\d+)", name)
    ]


def digest(lines) -> str:
    """Sixteen hexadecimal digits that stand for some lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Where this package keeps what it made: `CATDOG_CACHE`, else
    `~/.cache/catdog`.
    """
    folder = Path(
        os.environ.get("CATDOG_CACHE") or Path.home() / ".cache" / "catdog"
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_picture(item: zipfile.ZipInfo) -> bool:
    # Anything that is not one of the four folders' JPEGs (a stray script,
    # macOS' shadow
    # files) stays packed.
    inside = re.search(
        r"(^|/)(train|validation)/(cats|dogs)/[^/]+\.jpe?g$",
        item.filename,
        re.IGNORECASE,
    )
    return bool(inside) and "__MACOSX" not in item.filename


def _jpegs(root: Path, part: str) -> list[str]:
    files = (root / part).glob("*")
    return [
        path.relative_to(root).as_posix()
        for path in files
        if path.suffix.lower() in (".jpg", ".jpeg")
    ]


def _fault(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True
    return False


def _move(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:
        if (
            not target.is_dir()
        ):  # else another process was first, with the same files
            raise
