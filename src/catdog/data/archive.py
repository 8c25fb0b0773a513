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
GIB = 2**30

Members = dict[str, zipfile.ZipInfo]  # by the file name to unpack to


def unzip(path: Path) -> Path:
    """Unpack the images of a zip into the cache, once for each content.

    The folder appears only when all of them are there. Whatever else is in the
    zip stays packed.

    Args:
        path: the zip.

    Returns:
        The folder, which holds `train/` and `validation/`, or two class
        folders.

    Raises:
        DataError: if the zip is broken, locked or too large, holds no two class
            folders, or would write outside of its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _image_members(archive, path)
            _check_size(members, path)
            return _unpack(archive, members)
    except DataError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(_no_room(path)) from error
        if error.errno:
            raise DataError(
                f"{printable(path)} cannot be unpacked ({error.strerror}): "
                f"make sure that you may read it, and write to {cache_folder()}."
            ) from error
        # A decompressor says so, not the system.
        raise DataError(_broken(path, error)) from error
    # zipfile, and the decompressors behind it, raise a dozen kinds.
    except Exception as error:
        raise DataError(_broken(path, error)) from error


def _image_members(archive: zipfile.ZipFile, path: Path) -> Members:
    if len(archive.infolist()) > MAX_FILES:
        raise DataError(
            f"{printable(path)} holds more than {MAX_FILES:,} files: "
            "make a zip of the images alone."
        )
    members: dict[str, list[zipfile.ZipInfo]] = {}
    for item in archive.infolist():
        name = item.filename.replace("\\", "/")  # as some Windows programs do
        _refuse_unsafe(item, name, path)
        if not item.is_dir():
            members.setdefault(str(PurePosixPath(name)), []).append(item)
    layout = find_layout(members, path)
    check_counts(layout, path)
    return {
        name: _only_readable(members[str(layout.root / name)], name, path)
        for name in layout.names
    }


def _refuse_unsafe(item: zipfile.ZipInfo, name: str, path: Path) -> None:
    # One name that leads out of the archive, or one link, is enough to refuse
    # the whole: nobody packs images like that.
    leads_out = (
        name.startswith("/")
        or re.match("[A-Za-z]:", name)
        or ".." in PurePosixPath(name).parts
    )
    if leads_out or stat.S_ISLNK(item.external_attr >> 16):
        raise DataError(
            f"{printable(path)} holds {printable(name)!r}, which leads out of "
            "its folder: do not use this zip."
        )


def _only_readable(
    items: list[zipfile.ZipInfo], name: str, path: Path
) -> zipfile.ZipInfo:
    if len(items) > 1:
        raise DataError(
            f"{printable(path)} holds {printable(name)} twice: make a new zip."
        )
    if items[0].flag_bits & 1:
        raise DataError(
            f"{printable(path)} is locked with a password: "
            "unpack it, and give the folder."
        )
    return items[0]


def _check_size(members: Members, path: Path) -> None:
    size = sum(item.file_size for item in members.values())
    if size > MAX_BYTES:
        raise DataError(
            f"{printable(path)} would unpack to {size / GIB:,.0f} GiB, and "
            f"{MAX_BYTES / GIB:.0f} are allowed: use fewer images."
        )
    if size > shutil.disk_usage(cache_folder()).free:
        raise DataError(_no_room(path))


def _unpack(archive: zipfile.ZipFile, members: Members) -> Path:
    contents = digest(f"{name} {item.CRC}" for name, item in members.items())
    folder = cache_folder() / f"photographs-{contents}"
    with exclusive(folder):
        if folder.is_dir() and sum(1 for _ in walk(folder)) == len(members):
            return folder
        with write_folder_atomically(folder) as scratch:
            for name, item in members.items():
                target = scratch / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(item) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    return folder


def _broken(path: Path, error: Exception) -> str:
    reason = printable(" ".join(str(error).split()))
    return (
        f"{printable(path)} is a broken archive ({reason}): "
        "delete it and fetch it again."
    )


def _no_room(path: Path) -> str:
    return (
        f"There is no room in {cache_folder()} to unpack {printable(path)}: "
        "free some space, or set CATDOG_CACHE to a folder elsewhere."
    )
