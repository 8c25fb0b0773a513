"""Where images come from: your own, Keras' cache, a download, or drawings."""

import logging
import os
from pathlib import Path

from catdog import settings
from catdog._io import digest, printable
from catdog.data import archive, decoded, download
from catdog.data.class_folders import (
    MAX_NAMES,
    Layout,
    check_counts,
    find_layout,
    walk,
)
from catdog.data.copies import find_copies
from catdog.data.drawings import scenes
from catdog.data.split import (
    DRAWINGS,
    PHOTOGRAPHS,
    TUTORIAL_FINGERPRINT,
    ImageSet,
    Source,
    tutorial_names,
)
from catdog.errors import DataError

ADDRESSES = (
    "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
    "https://download.mlcc.google.com/mledu-datasets/cats_and_dogs_filtered.zip",
)
# What `keras.utils.get_file` leaves behind: today's folder, the older one, or
# the zip alone.
CACHED_NAMES = (
    "cats_and_dogs_extracted",
    "cats_and_dogs_filtered",
    "cats_and_dogs.zip",
    "cats_and_dogs_filtered.zip",
)

log = logging.getLogger(__name__)


def find_images() -> ImageSet:
    """Get images from the first source that has them.

    `CATDOG_DATA` comes first: a folder, a zip, or the word `drawings`. Without
    it, Keras' cache, then the public download, then drawn images.

    Raises:
        DataError: if `CATDOG_DATA` is set and does not lead to usable images.
            Without it there is always an answer.

    Shown in chapter 1.
    """
    wanted = settings.data()
    if wanted == settings.DRAWINGS:
        return drawn_images()
    if wanted:
        return open_images(Path(wanted))
    return _cached_images() or _downloaded_images() or drawn_images()


def local_images() -> ImageSet | None:
    """Return the images on this machine, without a download or drawings.

    Those of `CATDOG_DATA` if it is set, else those in Keras' cache, else None.
    """
    return find_images() if settings.data() else _cached_images()


def open_images(path: Path, source: Source = PHOTOGRAPHS) -> ImageSet:
    """Open a folder or a zip of images, and leave out what cannot be read.

    Args:
        path: the folder or zip.
        source: `"photographs"` or `"drawings"`.

    Raises:
        DataError: if it is missing, is neither a folder nor a zip, does not
            hold two class folders, or holds too few images. The tutorial's own
            set must be whole.
    """
    # Not path.exists(), which raises for a name that is too long.
    if not os.path.isdir(path) and not os.path.isfile(path):  # noqa: PTH112, PTH113
        raise DataError(
            f"There is nothing at {printable(path)}: "
            "set CATDOG_DATA to a folder or zip of images, or unset it."
        )
    folder, layout = _find_files(path)
    check_counts(layout, path)
    root = (folder / layout.root).resolve()
    faults = decoded.find_faults(root, layout.names)
    if faults and digest(layout.names) == TUTORIAL_FINGERPRINT:
        name, reason = next(iter(faults.items()))
        raise DataError(
            f"{printable(path)} is a broken copy of the tutorial's images "
            f"({printable(name)} {reason}): delete it and fetch it again."
        )
    copies = find_copies(root, layout.without(faults))
    layout = layout.without(copies).held_out_anew().without(faults)
    check_counts(layout, path, _why_fewer(faults, copies))
    if layout.merged:
        log.info(_merged(layout))
    return ImageSet(
        root,
        source,
        tuple(sum(layout.train, [])),
        tuple(sum(layout.held_out, [])),
        layout.classes,
        tuple(faults.items()),
        layout.test,
        tuple(copies.items()),
        tuple(layout.ignored.items()),
    )


def _find_files(path: Path) -> tuple[Path, Layout]:
    if path.is_dir():
        return path, find_layout(walk(path), path)
    return archive.unzip(path)


def _why_fewer(faults: dict[str, str], copies: dict[str, str]) -> str:
    for name, reason in faults.items():
        return f" ({printable(name)} {reason})"
    for name, other in copies.items():
        return f" ({printable(name)} is the same file as {printable(other)})"
    return ""


def _merged(layout: Layout) -> str:
    first, second = map(printable, layout.classes)
    places = list(map(printable, layout.merged[:MAX_NAMES]))
    more = "" if len(layout.merged) <= MAX_NAMES else " and more"
    return (
        f"{first} against {second}: images in {', '.join(places)}{more} belong "
        "to the class folder around them."
    )


def drawn_images() -> ImageSet:
    """Return the drawn set, made at first use and kept in the cache.

    It has the file names of the photographs.
    """
    folder = settings.cache_folder() / f"drawings-{scenes.version()}"
    scenes.write_set(folder, tutorial_names())
    return open_images(folder, DRAWINGS)


def _cached_images() -> ImageSet | None:
    for name in CACHED_NAMES:
        path = settings.keras_home() / "datasets" / name
        if path.exists():
            try:
                return _whole_set(path)
            except DataError as error:
                log.info("Passing over Keras' cache: %s", error)
    return None


def _downloaded_images() -> ImageSet | None:
    target = settings.keras_home() / "datasets" / "cats_and_dogs.zip"
    try:
        return _whole_set(download.fetch(ADDRESSES, target, _whole_set))
    except (OSError, DataError) as error:
        log.info("No photographs: %s", error)
    return None


def _whole_set(path: Path) -> ImageSet:
    images = open_images(path)
    if images.own:
        raise DataError(f"{printable(path)} is not the whole set: delete it.")
    return images
