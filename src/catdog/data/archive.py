"""Unpack a zip of pictures, and nothing else that may be in it."""

import errno
import re
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from catdog._io import cache_folder, digest, one_at_a_time
from catdog.data.class_folders import (
    MOST_FILES,
    check_counts,
    find_layout,
    walk,
)
from catdog.data.image_files import shown
from catdog.errors import DataError

MOST_BYTES = 4 * 2**30


def unzip(path: Path) -> Path:
    """Unpack the pictures of a zip into the cache, once for each content.

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
                f"{shown(str(path))} cannot be unpacked into {cache_folder()}: "
                f"{error.strerror}."
            ) from error
        raise DataError(_broken(path, error)) from error
    # zipfile, and the decompressors behind it, raise a dozen kinds.
    except Exception as error:
        raise DataError(_broken(path, error)) from error


def _unpacked(archive: zipfile.ZipFile, path: Path) -> Path:
    members = {}
    if len(archive.infolist()) > MOST_FILES:
        raise DataError(
            f"{shown(str(path))} holds more than {MOST_FILES:,} files: "
            "make a zip of the pictures alone."
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
                f"{shown(str(path))} holds {shown(name)} twice: make a new zip."
            )
        if items[0].flag_bits & 1:
            raise DataError(
                f"{shown(str(path))} is locked with a password: "
                "unpack it, and give the folder."
            )
    size = sum(items[0].file_size for items in chosen.values())
    if size > MOST_BYTES:
        raise DataError(
            f"{shown(str(path))} would unpack to {size / 2**30:,.0f} GiB, and "
            f"{MOST_BYTES / 2**30:.0f} are allowed: use fewer pictures."
        )
    if size > shutil.disk_usage(cache_folder()).free:
        raise DataError(_no_room(path))
    contents = [f"{name} {items[0].CRC}" for name, items in chosen.items()]
    folder = cache_folder() / f"photographs-{digest(contents)}"
    with one_at_a_time(folder):
        if folder.is_dir() and sum(1 for _ in walk(folder)) == len(chosen):
            return folder
        scratch = folder.with_name(f".{folder.name}.part")
        # What a process that was killed left behind.
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            for name, (item,) in chosen.items():
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                with (
                    archive.open(item) as packed,
                    (scratch / name).open("wb") as file,
                ):
                    shutil.copyfileobj(packed, file)
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _refuse(item: zipfile.ZipInfo, name: str, path: Path) -> None:
    """Refuse the whole archive for one name that leads out of it, or one link:
    nobody packs pictures like that.
    """
    leads_out = (
        name.startswith("/")
        or re.match("[A-Za-z]:", name)
        or ".." in PurePosixPath(name).parts
    )
    if leads_out or stat.S_ISLNK(item.external_attr >> 16):
        raise DataError(
            f"{shown(str(path))} holds {shown(name)!r}, which leads out of its "
            "folder: do not use this zip."
        )


def _broken(path: Path, error: Exception) -> str:
    said = shown(" ".join(str(error).split()))
    return (
        f"{shown(str(path))} is a broken archive ({said}): "
        "delete it and fetch it again."
    )


def _no_room(path: Path) -> str:
    return (
        f"There is no room in {cache_folder()} to unpack {shown(str(path))}: "
        "free some space, or set CATDOG_CACHE to a folder elsewhere."
    )
