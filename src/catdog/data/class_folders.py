"""Find the two class folders in a set of images, and what is held out.

All of it works on file names, so a zip need not be unpacked first.
"""

import os
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, NoReturn

from catdog._io import printable
from catdog.errors import DataError

HELD_OUT_FOLDERS = ("validation", "valid", "val")
IMAGE_NAME = re.compile(
    r"\.(jpe?g|jfif|png|gif|bmp|tiff?|webp|hei[cf])$", re.IGNORECASE
)
MIN_IMAGES_PER_CLASS = 20
# To train with, and held out: each of the five folds tests on one.
MIN_IMAGES_PER_PART = 5
MAX_DEPTH = 5  # folders below the one that was given
MAX_FILES = 200_000

Pair = tuple[list[str], list[str]]  # file names of each class
# For each folder that holds class folders, the file names of each class, by
# the name of its folder in lower case.
Parents = dict[PurePosixPath, dict[str, list[str]]]


class Layout(NamedTuple):
    """Which files are which.

    Attributes:
        root: the folder that the file names are relative to, such as `.` or
            `pets`.
        classes: names of the two class folders, in lower case. A label is a
            position in this tuple.
        train: the file names of each class, in natural order.
        held_out: the same for the other images.
    """

    root: PurePosixPath
    classes: tuple[str, str]
    train: Pair
    held_out: Pair

    @property
    def names(self) -> list[str]:
        """All file names, training images first."""
        return sum((*self.train, *self.held_out), [])

    def without(self, names: Container[str]) -> "Layout":
        """Return the same layout, with some files left out."""

        def kept(pair: Pair) -> Pair:
            first, second = (
                [name for name in group if name not in names] for group in pair
            )
            return first, second

        return self._replace(
            train=kept(self.train), held_out=kept(self.held_out)
        )


def find_layout(names: Iterable[str], set_name: Path) -> Layout:
    """Find two folders of images among file names such as `pets/cats/1.jpg`.

    Either `train` and `validation` with two class folders each, or two class
    folders alone: then every third image of a class is held out. Both may lie
    in further folders. Hidden files and folders do not count, nor do folders
    inside class folders.

    Args:
        names: of all files, with `/` between folders.
        set_name: the folder or zip, for messages.

    Raises:
        DataError: if there are not just two class folders.
    """
    parents = _class_parents(names)
    divided = _divided_parents(parents)
    if divided:
        return _divided_layout(parents, divided, set_name)
    return _flat_layout(parents, _flat_parent(parents, set_name), set_name)


def check_counts(layout: Layout, set_name: Path) -> None:
    """Check that there is enough to learn from and to test on.

    Raises:
        DataError: for fewer than 20 images of a class, or fewer than 5 of
            them to train with or held out.
    """
    for class_folder, train, held_out in zip(
        layout.classes, layout.train, layout.held_out, strict=True
    ):
        counts = (
            f"{printable(set_name)} has {len(train)} readable images of "
            f"{printable(class_folder)} to train with and "
            f"{len(held_out)} to test with"
        )
        if len(train) + len(held_out) < MIN_IMAGES_PER_CLASS:
            raise DataError(
                f"{counts}: it takes at least {MIN_IMAGES_PER_CLASS} of each "
                "class."
            )
        if min(len(train), len(held_out)) < MIN_IMAGES_PER_PART:
            raise DataError(
                f"{counts}: it takes at least {MIN_IMAGES_PER_PART} of each."
            )


def walk(folder: Path) -> Iterator[str]:
    """Find all files in a folder, five folders deep.

    Yields:
        File names relative to the folder, with `/` between folders.

    Raises:
        DataError: if a folder cannot be read, or there are too many files.
    """
    count = 0
    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=_refuse_unreadable
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
                f"{printable(folder)} holds more than {MAX_FILES:,} files: "
                "name the folder with the images in it."
            )
        yield from ((inside / name).as_posix() for name in files)


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort names as people do: `cat.9.jpg` comes before `cat.10.jpg`."""

    # The name itself settles a tie.
    def key(name: str) -> tuple[list[int | str], str]:
        parts = re.split(r"(\d+)", name)
        return [int(p) if p.isdecimal() else p for p in parts], name

    return sorted(names, key=key)


def _refuse_unreadable(error: OSError) -> NoReturn:
    raise DataError(
        f"{printable(error.filename)} cannot be read: {error.strerror}."
    )


def _class_parents(names: Iterable[str]) -> Parents:
    # The outermost folders come first.
    folders = defaultdict(list)
    for name in names:
        path = PurePosixPath(name)
        if len(path.parts) > 1 and not _is_hidden(path):
            folders[path.parent].append(name)
    parents: Parents = {}
    for folder in sorted(folders, key=lambda path: (len(path.parts), path)):
        if any(IMAGE_NAME.search(name) for name in folders[folder]):
            classes = parents.setdefault(folder.parent, {})
            classes.setdefault(folder.name.lower(), []).extend(folders[folder])
    return parents


def _is_hidden(path: PurePosixPath) -> bool:
    return any(
        part.startswith(".") or part == "__MACOSX" for part in path.parts
    )


def _divided_parents(
    parents: Parents,
) -> tuple[PurePosixPath, PurePosixPath] | None:
    # The first `train` that has a folder of held-out images beside it.
    held_out: dict[PurePosixPath, PurePosixPath] = {}
    for parent in parents:
        if parent.name.lower() in HELD_OUT_FOLDERS:
            held_out.setdefault(parent.parent, parent)
    for parent in parents:
        if parent.name.lower() == "train" and parent.parent in held_out:
            return parent, held_out[parent.parent]
    return None


def _divided_layout(
    parents: Parents,
    divided: tuple[PurePosixPath, PurePosixPath],
    set_name: Path,
) -> Layout:
    train, held_out = divided
    classes = _exactly_two({**parents[train], **parents[held_out]}, set_name)
    return _layout(
        train.parent,
        classes,
        _ordered(parents[train], classes),
        _ordered(parents[held_out], classes),
    )


def _flat_parent(parents: Parents, set_name: Path) -> PurePosixPath:
    candidates = [parent for parent in parents if len(parents[parent]) > 1]
    if not candidates:
        raise DataError(
            f"{printable(set_name)} holds no two folders of images: it takes "
            "train/ and validation/ with a folder for each of two classes in "
            "both of them, or these two folders alone."
        )
    if len(candidates) > 1:
        places = ", ".join(map(printable, candidates[:3]))
        raise DataError(
            f"{printable(set_name)} holds several pairs of class folders, in "
            f"{places}: keep one, or call two of them train and validation."
        )
    return candidates[0]


def _flat_layout(
    parents: Parents, parent: PurePosixPath, set_name: Path
) -> Layout:
    classes = _exactly_two(parents[parent], set_name)
    if {"train", *HELD_OUT_FOLDERS} & set(classes):
        raise DataError(
            f"{printable(set_name)} has images in "
            f"{' and '.join(map(printable, classes))} "
            "themselves: sort them into a folder for each of two classes there."
        )
    train = _ordered(parents[parent], classes)
    held_out = train[0][2::3], train[1][2::3]
    for group in train:
        del group[2::3]
    return _layout(parent, classes, train, held_out)


def _exactly_two(
    class_folders: Iterable[str], set_name: Path
) -> tuple[str, str]:
    names = sorted(class_folders)
    if len(names) != 2:
        raise DataError(
            f"{printable(set_name)} holds {len(names)} class folders "
            f"({', '.join(map(printable, names))}): "
            "two are told apart here, so leave two there."
        )
    return names[0], names[1]


def _layout(
    root: PurePosixPath, classes: tuple[str, str], train: Pair, held_out: Pair
) -> Layout:
    def inside(pair: Pair) -> Pair:
        first, second = (
            [str(PurePosixPath(name).relative_to(root)) for name in group]
            for group in pair
        )
        return first, second

    return Layout(root, classes, inside(train), inside(held_out))


def _ordered(files: dict[str, list[str]], classes: tuple[str, str]) -> Pair:
    first, second = (natural_order(files.get(name, [])) for name in classes)
    return first, second
