"""Images that somebody should look at again: broken files, and doubles.

Nothing is changed: what to do about a suspect is for people to decide.
"""

import filecmp
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Literal, NamedTuple, get_args

import numpy as np

from catdog.data.class_folders import folder_key, natural_order
from catdog.data.image_files import read_image
from catdog.data.split import ImageSet
from catdog.progress import Bar

Kind = Literal["contradiction", "leak", "fault", "double", "mistake"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # the worst first
SAME_FILE, SAME_IMAGE = "is the same file as", "shows the same image as"

THUMBNAIL_SIZE = 8  # patches to each side, each with its mean color
# Root mean square over a thumbnail, in gray levels. Of 300 photographs that were
# saved in half the size with a JPEG quality of 30, 99 % were less than 3 from
# their originals. No two different ones of the tutorial's photographs are less
# than 15 from each other, and no two of its drawings less than 7.
MAX_DIFFERENCE = 6
BLOCK = 2**22  # distances that are computed at a time, for the memory's sake


class Suspect(NamedTuple):
    """An image to look at again.

    Attributes:
        name: its file name, relative to the image set's folder.
        kind: a `"contradiction"` is an image with two labels, and a `"leak"` a
            held-out image that is a training image, too. A `"double"` is twice in the
            same class and set. A `"fault"` cannot be read. A `"mistake"` is an
            image for which a model gives another label.
        reason: what follows the name in a sentence, such as `is no image`.
        other: the file name of the same image, if there are two.
        confidence: of the model that gives another label, in [0.5, 1].
    """

    name: str
    kind: Kind
    reason: str
    other: str | None = None
    confidence: float | None = None


def find_suspects(images: ImageSet) -> list[Suspect]:
    """Find files that cannot be read, and images that are there twice.

    Args:
        images: the image set. The order of its file names does not matter.

    Returns:
        Suspects, the worst kind first.
    """
    faults = dict(images.faults)
    return worst_first(
        [
            *(
                Suspect(name, "fault", faults[name])
                for name in natural_order(faults)
            ),
            *find_doubles(images),
        ]
    )


def worst_first(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Sort suspects by their kind; within a kind they stay in their order."""
    return sorted(suspects, key=lambda suspect: KINDS.index(suspect.kind))


def find_doubles(images: ImageSet) -> list[Suspect]:
    """Find images that are there twice: as they are, or nearly so.

    Copies that are left out of the set are found, too.

    A copy in another size, or compressed again, is a double. A mirrored or
    cropped one is none.

    Returns:
        A suspect for each image that is the double of one before it, in natural
        order, training images first. Of several doubles, that of the worst kind
        counts, and of those the first.
    """
    train, held_out_names = _with_copies(images)
    names = natural_order(train) + natural_order(held_out_names)
    labels = np.array([images.label(name) for name in names])
    held_out = np.arange(len(names)) >= len(train)
    doubles = []
    for position, earlier in _near_ones(_thumbnails(images, names)):
        kinds = np.where(
            labels[earlier] != labels[position],
            KINDS.index("contradiction"),
            np.where(
                held_out[earlier] != held_out[position],
                KINDS.index("leak"),
                KINDS.index("double"),
            ),
        )
        worst = kinds.argmin()  # the first of them
        name, other = names[position], names[earlier[worst]]
        paths = (images.folder / name, images.folder / other)
        same = filecmp.cmp(*paths, shallow=False)
        reason = SAME_FILE if same else SAME_IMAGE
        doubles.append(Suspect(name, KINDS[kinds[worst]], reason, other))
    return doubles


def _with_copies(images: ImageSet) -> tuple[list[str], list[str]]:
    """Return training and held-out images, with the copies that are left out."""
    train, held_out = list(images.train), list(images.held_out)
    used_to_hold_out = set(held_out)
    for name, other in images.copies:
        # Without a division, a copy lies wherever its original does.
        to_train = (
            folder_key(PurePosixPath(name).parts[0]) == "train"
            if images.divided
            else other not in used_to_hold_out
        )
        (train if to_train else held_out).append(name)
    return train, held_out


def _thumbnails(images: ImageSet, names: list[str]) -> np.ndarray:
    """Read images very small: uint8 of shape (images, 192)."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(
            lambda name: read_image(images.folder / name, THUMBNAIL_SIZE), names
        )
        small = list(Bar(read, "Comparing images", len(names)))
    return np.stack(small).reshape(len(names), -1)


def _near_ones(thumbnails: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Find thumbnails that hardly differ from one before them.

    Yields:
        The position of such a thumbnail, and those of all before it from which
        it hardly differs, both ascending.
    """
    n, values = thumbnails.shape
    # All sums of products are whole numbers below 2 ** 24, and so exact.
    points = thumbnails.astype("float32")
    squares = (points.astype("float64") ** 2).sum(axis=1)
    limit = MAX_DIFFERENCE**2 * values
    step = max(1, BLOCK // n)
    for start in range(0, n, step):
        stop = min(start + step, n)
        products = points[start:stop] @ points[:stop].T
        distances = squares[start:stop, None] + squares[:stop] - 2 * products
        near = np.tril(distances <= limit, start - 1)  # those before it
        for row in np.flatnonzero(near.any(axis=1)):
            yield start + int(row), np.flatnonzero(near[row])
