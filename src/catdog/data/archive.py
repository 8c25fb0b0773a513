"""Unpack a zip of images, and nothing else that may be in it."""

import errno
import re
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from catdog._io import (
    digest,
    exclusive,
    printable,
    write_folder_atomically,
)
from catdog.data.class_folders import (
    MAX_FILES,
    check_counts,
    find_layout,
    walk,
)
from catdog.errors import DataError
from catdog.settings import cache_folder

MAX_BYTES = 4 * 2**30


def unzip(path: Path) -> Path:
    """Unpack the images of a zip into the cache, once for each content.

    The folder appears only when all of them are there. Whatever else is in the
    zip stays packed.

    Raises:
        DataError: when the zip is broken, locked or too large, holds no two
            class folders, or would write outside of its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpacked(archive, path)
    except DataError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(_no_room(path)) from error
        if error.errno:
            raise DataError(
                f"{printable(str(path))} cannot be unpacked into {cache_folder()}: "
                f"{error.strerror}."
            ) from error
        raise DataError(_broken(path, error)) from error
    # zipfile, and the decompressors behind it, raise a dozen kinds.
    except Exception as error:
        raise DataError(_broken(path, error)) from error


def _unpacked(archive: zipfile.ZipFile, path: Path) -> Path:
    members = {}
    if len(archive.infolist()) > MAX_FILES:
        raise DataError(
            f"{printable(str(path))} holds more than {MAX_FILES:,} files: "
            "make a zip of the images alone."
        )
    for item in archive.infolist():
        name = item.filename.replace("\\", "/")  # as some Windows programs do
        _refuse(item, name, path)
        if not item.is_dir():
            members.setdefault(str(PurePosixPath(name)), []).append(item)
    layout = find_layout(members, path)
    check_counts(layout, path)
    chosen = {name: members[str(layout.root / name)] for name in layout.names}
    for name, items in chosen.items():
        if len(items) > 1:
            raise DataError(
                f"{printable(str(path))} holds {printable(name)} twice: make a new zip."
            )
        if items[0].flag_bits & 1:
            raise DataError(
                f"{printable(str(path))} is locked with a password: "
                "unpack it, and give the folder."
            )
    size = sum(items[0].file_size for items in chosen.values())
    if size > MAX_BYTES:
        raise DataError(
            f"{printable(str(path))} would unpack to {size / 2**30:,.0f} GiB, and "
            f"{MAX_BYTES / 2**30:.0f} are allowed: use fewer images."
        )
    if size > shutil.disk_usage(cache_folder()).free:
        raise DataError(_no_room(path))
    contents = [f"{name} {items[0].CRC}" for name, items in chosen.items()]
    folder = cache_folder() / f"photographs-{digest(contents)}"
    with exclusive(folder):
        if folder.is_dir() and sum(1 for _ in walk(folder)) == len(chosen):
            return folder
        with write_folder_atomically(folder) as scratch:
            for name, (item,) in chosen.items():
                target = scratch / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(item) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    return folder


def _refuse(item: zipfile.ZipInfo, name: str, path: Path) -> None:
    """Refuse the whole archive for one name that leads out of it, or one link:
    nobody packs images like that.
    """
    leads_out = (
        name.startswith("/")
        or re.match("[A-Za-z]:", name)
        or ".." in PurePosixPath(name).parts
    )
    if leads_out or stat.S_ISLNK(item.external_attr >> 16):
        raise DataError(
            f"{printable(str(path))} holds {printable(name)!r}, which leads out of its "
            "folder: do not use this zip."
        )


def _broken(path: Path, error: Exception) -> str:
    reason = printable(" ".join(str(error).split()))
    return (
        f"{printable(str(path))} is a broken archive ({reason}): "
        "delete it and fetch it again."
    )


def _no_room(path: Path) -> str:
    return (
        f"There is no room in {cache_folder()} to unpack {printable(str(path))}: "
        "free some space, or set CATDOG_CACHE to a folder elsewhere."
    )
