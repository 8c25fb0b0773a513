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
    Layout,
    check_counts,
    find_layout,
    walk,
)
from catdog.errors import DataError
from catdog.settings import cache_folder

MAX_BYTES = 4 * 2**30
GIB = 2**30
# How other archives begin, and what a tar has at byte 257.
MARKS = {
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
TAR_MARK = 257, b"ustar"
# What a system says to names that it cannot write: too long, or a file and a
# folder at once.
BAD_NAME = (
    errno.EEXIST,
    errno.EILSEQ,
    errno.EINVAL,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
)

Members = dict[str, zipfile.ZipInfo]  # by the file name to unpack to


def unzip(path: Path) -> tuple[Path, Layout]:
    """Unpack the images of a zip into the cache, once for each content.

    The folder appears only when all of them are there. Whatever else is in the
    zip stays packed.

    Args:
        path: the zip.

    Returns:
        The folder, which holds `train/` and `validation/`, or two class
        folders; and its layout.

    Raises:
        DataError: if the zip is broken, locked or too large, holds no two class
            folders, or would write outside of its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            layout, members = _image_members(archive, path)
            _check_size(members, path)
            return _unpack(archive, members), layout
    except DataError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(_no_room(path)) from error
        if error.errno in BAD_NAME:
            raise DataError(
                f"{printable(path)} holds a name that cannot be written here "
                f"({error.strerror}): make a new zip, with simpler names."
            ) from error
        if error.errno:
            raise DataError(
                f"{printable(path)} cannot be unpacked ({error.strerror}): "
                f"make sure that you may read it, and write to {cache_folder()}."
            ) from error
        # A decompressor says so, not the system.
        raise DataError(_broken(path, error)) from error
    # Deflate64 of the Windows Explorer, say, or strong encryption.
    except NotImplementedError as error:
        raise DataError(_not_read("zip", path)) from error
    # zipfile, and the decompressors behind it, raise a dozen kinds.
    except Exception as error:
        raise DataError(_broken(path, error)) from error


def _image_members(
    archive: zipfile.ZipFile, path: Path
) -> tuple[Layout, Members]:
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
    images = {
        name: _only_readable(members[str(layout.root / name)], name, path)
        for name in layout.names
    }
    return layout._replace(root=PurePosixPath()), images


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
    kind = _other_archive(path)
    if kind:
        return _not_read(kind, path)
    reason = printable(" ".join(str(error).split()))
    return (
        f"{printable(path)} is a broken archive ({reason}): "
        "delete it and fetch it again."
    )


def _not_read(kind: str, path: Path) -> str:
    return (
        f"{printable(path)} is a {kind} archive of a kind that is not read "
        "here: unpack it, and give the folder."
    )


def _other_archive(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            start = file.read(TAR_MARK[0] + len(TAR_MARK[1]))
    except OSError:
        return None
    if start[TAR_MARK[0] :] == TAR_MARK[1]:
        return "tar"
    names = (kind for mark, kind in MARKS.items() if start.startswith(mark))
    return next(names, None)


def _no_room(path: Path) -> str:
    return (
        f"There is no room in {cache_folder()} to unpack {printable(path)}: "
        "free some space, or set CATDOG_CACHE to a folder elsewhere."
    )
