"""Find the two class folders in a set of pictures, and what is held out.

All of it works on file names, so a zip need not be unpacked first.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from catdog.data.image_files import shown
from catdog.errors import DataError

HELD_OUT = ("validation", "valid", "val")
PICTURE = re.compile(r"\.(jpe?g|jfif|png|gif|bmp|tiff?|webp|hei[cf])$", re.I)
FEWEST = 20  # readable pictures of a class
# Of these to train with, and held out: each fifth tests on one.
FEWEST_APART = 5
DEEPEST = 5  # folders below the one that was given
MOST_FILES = 200_000


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
        """All file names, training pictures first."""
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


def find_layout(names: Iterable[str], called: Path) -> Layout:
    """Find two folders of pictures among file names such as `pets/cats/1.jpg`.

    Either `train` and `validation` with two class folders each, or two class
    folders alone: then every third picture of a class is held out. Both may lie
    in further folders. What is hidden does not count, nor what lies deeper.

    Args:
        called: what a message calls the set.

    Raises:
        DataError: when there are not just two class folders.
    """
    homes = _homes(names)
    divided = [
        (home, other)
        for home in homes
        for other in homes
        if home.name.lower() == "train"
        and other.name.lower() in HELD_OUT
        and home.parent == other.parent
    ]
    if divided:
        home, other = divided[0]
        classes = _two({**homes[home], **homes[other]}, called)
        train, held_out = (
            [_in_order(homes[part].get(kind, [])) for kind in classes]
            for part in (home, other)
        )
        return _layout(home.parent, classes, train, held_out)
    pairs = [home for home in homes if len(homes[home]) > 1]
    if not pairs:
        raise DataError(
            f"{shown(str(called))} holds no two folders of pictures: it takes "
            "train/ and validation/ with a folder for each of two classes in "
            "both of them, or these two folders alone."
        )
    if len(pairs) > 1:
        places = ", ".join(shown(str(home)) for home in pairs[:3])
        raise DataError(
            f"{shown(str(called))} holds several pairs of class folders, in "
            f"{places}: keep one, or call two of them train and validation."
        )
    classes = _two(homes[pairs[0]], called)
    if {"train", *HELD_OUT} & set(classes):
        raise DataError(
            f"{shown(str(called))} has pictures in {' and '.join(classes)} "
            "themselves: sort them into a folder for each of two classes there."
        )
    groups = [_in_order(homes[pairs[0]][kind]) for kind in classes]
    train = [
        [name for position, name in enumerate(group) if position % 3 < 2]
        for group in groups
    ]
    return _layout(pairs[0], classes, train, [group[2::3] for group in groups])


def check_counts(layout: Layout, called: Path) -> None:
    """Check that there is enough to learn from and to test on.

    Raises:
        DataError: for fewer than 20 pictures of a class, or fewer than 5 of
            them to train with or held out.
    """
    for kind, train, held_out in zip(*layout[1:], strict=True):
        both = f"{shown(str(called))} has {len(train)} readable pictures of "
        both += (
            f"{shown(kind)} to train with and {len(held_out)} to test with: "
        )
        if len(train) + len(held_out) < FEWEST:
            raise DataError(f"{both}it takes at least {FEWEST} of each class.")
        if min(len(train), len(held_out)) < FEWEST_APART:
            raise DataError(f"{both}it takes at least {FEWEST_APART} of each.")


def walk(folder: Path) -> Iterator[str]:
    """Names of all files in a folder, relative to it, five folders deep.

    Raises:
        DataError: when a folder cannot be read, or there are too many files.
    """

    def refuse(error):
        raise DataError(
            f"{shown(str(error.filename))} cannot be read: {error.strerror}."
        )

    count = 0
    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=refuse
    ):
        inside = Path(place).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and len(inside.parts) < DEEPEST
        ]
        count += len(files) + len(folders)
        if count > MOST_FILES:
            raise DataError(
                f"{shown(str(folder))} holds more than {MOST_FILES:,} files: "
                "name the folder with the pictures in it."
            )
        yield from ((inside / name).as_posix() for name in files)


def _homes(names: Iterable[str]) -> dict[PurePosixPath, dict[str, list[str]]]:
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
    homes = {}
    for folder in sorted(folders, key=lambda path: (len(path.parts), path)):
        if any(PICTURE.search(name) for name in folders[folder]):
            home = homes.setdefault(folder.parent, {})
            home.setdefault(folder.name.lower(), []).extend(folders[folder])
    return homes


def _two(folders, called: Path) -> tuple[str, str]:
    if len(folders) != 2:
        names = ", ".join(map(shown, sorted(folders)))
        raise DataError(
            f"{shown(str(called))} holds {len(folders)} class folders ({names}): "
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


def _in_order(names: list[str]) -> list[str]:
    # `cat.9.jpg` comes before `cat.10.jpg`; the name itself settles a tie.
    def key(name):
        parts = re.split(r"(\d+)", name)
        return [int(p) if p.isdecimal() else p for p in parts], name

    return sorted(names, key=key)
