"""Find the two class folders in a set of images, and what is held out.

All of it works on file names, so a zip need not be unpacked first.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from catdog._io import printable
from catdog.errors import DataError

HELD_OUT = ("validation", "valid", "val")
IMAGE_NAME = re.compile(r"\.(jpe?g|jfif|png|gif|bmp|tiff?|webp|hei[cf])$", re.I)
MIN_IMAGES = 20  # readable images of a class
# Of these to train with, and held out: each fifth tests on one.
MIN_IMAGES_A_SIDE = 5
MAX_DEPTH = 5  # folders below the one that was given
MAX_FILES = 200_000


class Layout(NamedTuple):
    """Which files are which.

    Attributes:
        root: the folder that the names are relative to, such as `.` or `pets`.
        classes: names of the two class folders, in lower case. A label is a
            position in this tuple.
        train, held_out: a list of file names for each class, in natural order.
    """

    root: PurePosixPath
    classes: tuple[str, str]
    train: tuple[list[str], list[str]]
    held_out: tuple[list[str], list[str]]

    @property
    def names(self) -> list[str]:
        """All file names, training images first."""
        return sum((*self.train, *self.held_out), [])

    def without(self, names) -> "Layout":
        """The same, some files left out."""
        kept = [
            tuple(
                [name for name in group if name not in names] for group in part
            )
            for part in (self.train, self.held_out)
        ]
        return Layout(self.root, self.classes, *kept)


def find_layout(names: Iterable[str], set_name: Path) -> Layout:
    """Find two folders of images among file names such as `pets/cats/1.jpg`.

    Either `train` and `validation` with two class folders each, or two class
    folders alone: then every third image of a class is held out. Both may lie
    in further folders. What is hidden does not count, nor what lies deeper.

    Args:
        set_name: what a message calls the set.

    Raises:
        DataError: when there are not just two class folders.
    """
    parents = _class_parents(names)
    divided = [
        (parent, other)
        for parent in parents
        for other in parents
        if parent.name.lower() == "train"
        and other.name.lower() in HELD_OUT
        and parent.parent == other.parent
    ]
    if divided:
        parent, other = divided[0]
        classes = _exactly_two({**parents[parent], **parents[other]}, set_name)
        train, held_out = (
            [
                _natural_order(parents[part].get(class_folder, []))
                for class_folder in classes
            ]
            for part in (parent, other)
        )
        return _layout(parent.parent, classes, train, held_out)
    pairs = [parent for parent in parents if len(parents[parent]) > 1]
    if not pairs:
        raise DataError(
            f"{printable(str(set_name))} holds no two folders of images: it takes "
            "train/ and validation/ with a folder for each of two classes in "
            "both of them, or these two folders alone."
        )
    if len(pairs) > 1:
        places = ", ".join(printable(str(parent)) for parent in pairs[:3])
        raise DataError(
            f"{printable(str(set_name))} holds several pairs of class folders, in "
            f"{places}: keep one, or call two of them train and validation."
        )
    classes = _exactly_two(parents[pairs[0]], set_name)
    if {"train", *HELD_OUT} & set(classes):
        raise DataError(
            f"{printable(str(set_name))} has images in {' and '.join(classes)} "
            "themselves: sort them into a folder for each of two classes there."
        )
    groups = [
        _natural_order(parents[pairs[0]][class_folder])
        for class_folder in classes
    ]
    train = [
        [name for position, name in enumerate(group) if position % 3 < 2]
        for group in groups
    ]
    return _layout(pairs[0], classes, train, [group[2::3] for group in groups])


def check_counts(layout: Layout, set_name: Path) -> None:
    """Check that there is enough to learn from and to test on.

    Raises:
        DataError: for fewer than 20 images of a class, or fewer than 5 of
            them to train with or held out.
    """
    for class_folder, train, held_out in zip(*layout[1:], strict=True):
        both = (
            f"{printable(str(set_name))} has {len(train)} readable images of "
        )
        both += f"{printable(class_folder)} to train with and {len(held_out)} to test with: "
        if len(train) + len(held_out) < MIN_IMAGES:
            raise DataError(
                f"{both}it takes at least {MIN_IMAGES} of each class."
            )
        if min(len(train), len(held_out)) < MIN_IMAGES_A_SIDE:
            raise DataError(
                f"{both}it takes at least {MIN_IMAGES_A_SIDE} of each."
            )


def walk(folder: Path) -> Iterator[str]:
    """Names of all files in a folder, relative to it, five folders deep.

    Raises:
        DataError: when a folder cannot be read, or there are too many files.
    """

    def refuse(error):
        raise DataError(
            f"{printable(str(error.filename))} cannot be read: {error.strerror}."
        )

    count = 0
    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=refuse
    ):
        inside = Path(place).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and len(inside.parts) < MAX_DEPTH
        ]
        count += len(files) + len(folders)
        if count > MAX_FILES:
            raise DataError(
                f"{printable(str(folder))} holds more than {MAX_FILES:,} files: "
                "name the folder with the images in it."
            )
        yield from ((inside / name).as_posix() for name in files)


def _class_parents(
    names: Iterable[str],
) -> dict[PurePosixPath, dict[str, list[str]]]:
    """Folders that hold class folders, the outermost first: for each of them
    the files of each class.
    """
    folders = {}
    for name in names:
        path = PurePosixPath(name)
        if len(path.parts) > 1 and not any(
            part.startswith(".") or part == "__MACOSX" for part in path.parts
        ):
            folders.setdefault(path.parent, []).append(name)
    parents = {}
    for folder in sorted(folders, key=lambda path: (len(path.parts), path)):
        if any(IMAGE_NAME.search(name) for name in folders[folder]):
            parent = parents.setdefault(folder.parent, {})
            parent.setdefault(folder.name.lower(), []).extend(folders[folder])
    return parents


def _exactly_two(folders, set_name: Path) -> tuple[str, str]:
    if len(folders) != 2:
        names = ", ".join(map(printable, sorted(folders)))
        raise DataError(
            f"{printable(str(set_name))} holds {len(folders)} class folders ({names}): "
            "two are told apart here, so leave two there."
        )
    return tuple(sorted(folders))


def _layout(root, classes, train, held_out) -> Layout:
    def inside(names):
        return [str(PurePosixPath(name).relative_to(root)) for name in names]

    return Layout(
        root,
        classes,
        tuple(map(inside, train)),
        tuple(map(inside, held_out)),
    )


def _natural_order(names: list[str]) -> list[str]:
    # `cat.9.jpg` comes before `cat.10.jpg`; the name itself settles a tie.
    def key(name):
        parts = re.split(r"(\d+)", name)
        return [int(p) if p.isdecimal() else p for p in parts], name

    return sorted(names, key=key)
