"""Find the two class folders in a set of images, and what is held out.

All of it works on file names, so a zip need not be unpacked first.
"""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple, NoReturn

from catdog._io import printable
from catdog.errors import DataError

HELD_OUT_FOLDERS = ("validation", "valid", "val")
PARTS = ("train", *HELD_OUT_FOLDERS, "test")
IMAGE_NAME = re.compile(
    r"\.(jpe?g|jpe|jfif|png|gif|bmp|tiff?|webp|avif|hei[cf])$", re.IGNORECASE
)
# What systems and programs put beside one's files. Like hidden folders they do
# not count.
SYSTEM_FOLDERS = (
    "__macosx",
    "@eadir",
    "lost+found",
    "$recycle.bin",
    "system volume information",
)
MIN_IMAGES_PER_CLASS = 20
# To train with, and held out: each of the five folds tests on one.
MIN_IMAGES_PER_PART = 5
MAX_DEPTH = 20  # folders below the one that was given
MAX_FILES = 200_000
MAX_NAMES = 5  # in a message

NO_IMAGE_NAME = "has no image's name"
IN_NO_CLASS = "lies in neither of the two class folders"

Pair = tuple[list[str], list[str]]  # file names of each class
Place = tuple[str, ...]  # the folders that lead to a file or folder
Groups = dict[str, list[str]]  # file names by folder, see `folder_key`


class Layout(NamedTuple):
    """Which files are which.

    Attributes:
        root: the folder that the file names are relative to, such as `.` or
            `pets`.
        classes: names of the two class folders, in lower case. A label is a
            position in this tuple.
        train: the file names of each class, in natural order.
        held_out: the same for the other images.
        test: those of the held-out images that lie in a folder `test`.
        ignored: why files do not count, by their name relative to the folder
            or zip. Hidden files are not mentioned.
        merged: folders inside class folders, relative to the root.
    """

    root: PurePosixPath
    classes: tuple[str, str]
    train: Pair
    held_out: Pair
    test: tuple[str, ...] = ()
    ignored: Mapping[str, str] = {}
    merged: tuple[str, ...] = ()

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
            train=kept(self.train),
            held_out=kept(self.held_out),
            test=tuple(name for name in self.test if name not in names),
        )

    def held_out_anew(self) -> "Layout":
        """Return the layout with every third image held out.

        One that came with a division keeps it.
        """
        if class_depth(self.names):
            return self
        both = zip(self.train, self.held_out, strict=True)
        first, second = (natural_order(train + rest) for train, rest in both)
        held_out = first[2::3], second[2::3]
        del first[2::3], second[2::3]
        return self._replace(train=(first, second), held_out=held_out)


def find_layout(names: Iterable[str], set_name: Path) -> Layout:
    """Find two folders of images among file names such as `pets/cats/1.jpg`.

    Either `train` and `validation` with two class folders each, and perhaps
    `test`, or two class folders alone: then every third image of a class is
    held out. Both may lie in further folders. Folders inside a class folder
    belong to its class. Hidden files and folders do not count.

    Args:
        names: of all files, with `/` between folders.
        set_name: the folder or zip, for messages.

    Raises:
        DataError: if there are not just two class folders, or if it is not
            clear which they are.
    """
    seen = [name for name in names if not _is_hidden(name)]
    images = [name for name in seen if IMAGE_NAME.search(name)]
    place = _divided_place(images, set_name)
    if place is not None:
        layout = _divided_layout(images, place, set_name)
    else:
        layout = _flat_layout(images, set_name)
    used = {str(layout.root / name) for name in layout.names}
    return layout._replace(
        merged=_merged(layout),
        ignored={
            name: IN_NO_CLASS if IMAGE_NAME.search(name) else NO_IMAGE_NAME
            for name in natural_order(seen)
            if str(PurePosixPath(name)) not in used
        },
    )


def check_counts(layout: Layout, set_name: Path, because: str = "") -> None:
    """Check that there is enough to learn from and to test on.

    Args:
        layout: the images that are left.
        set_name: the folder or zip, for messages.
        because: why others were left out.

    Raises:
        DataError: for fewer than 20 images of a class, or fewer than 5 of
            them to train with, held out, or in a test set of their own.
    """
    for label, class_folder in enumerate(layout.classes):
        train, held_out = layout.train[label], layout.held_out[label]
        test = set(layout.test).intersection(held_out)
        parts = [len(train), len(held_out)]
        counts = (
            f"{printable(set_name)} has {len(train)} readable images of "
            f"{printable(class_folder)} to train with and "
            f"{len(held_out)} to test with"
        )
        if layout.test:
            parts = [len(train), len(held_out) - len(test), len(test)]
            counts += f", {len(test)} of them in test"
        if len(train) + len(held_out) < MIN_IMAGES_PER_CLASS:
            raise DataError(
                f"{counts}{because}: it takes at least {MIN_IMAGES_PER_CLASS} "
                "of each class."
            )
        if min(parts) < MIN_IMAGES_PER_PART:
            raise DataError(
                f"{counts}{because}: it takes at least {MIN_IMAGES_PER_PART} "
                "of each."
            )


def folder_key(name: str) -> str:
    """Return how the names of folders are compared.

    Case does not count, and an `ä` is the same in one character as in two.
    """
    return unicodedata.normalize("NFC", name).lower()


def class_depth(names: Iterable[str]) -> int:
    """Return how many folders lie above the class folders: 0, or 1 if divided.

    Args:
        names: of images of one set, relative to its root.
    """
    parts = (PurePosixPath(name).parts for name in names)
    return int(all(len(p) > 2 and folder_key(p[0]) in PARTS for p in parts))


def walk(folder: Path) -> Iterator[str]:
    """Find all files in a folder, but for hidden folders.

    Links are followed, but not to a folder that they lie in.

    Yields:
        File names relative to the folder, with `/` between folders.

    Raises:
        DataError: if a folder cannot be read, or there are too many files or
            too many folders inside each other.
    """
    count = 0
    for place, folders, files in os.walk(
        folder, followlinks=True, onerror=_refuse_unreadable
    ):
        inside = Path(place).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not _is_hidden_part(name)
            and not _leads_back(folder, inside / name)
        ]
        count += len(files) + len(folders)
        if count > MAX_FILES:
            raise DataError(
                f"{printable(folder)} holds more than {MAX_FILES:,} files: "
                "name the folder with the images in it."
            )
        if folders and len(inside.parts) >= MAX_DEPTH:
            raise DataError(
                f"{printable(folder)} holds folders more than {MAX_DEPTH} "
                "deep: name the folder with the images in it."
            )
        yield from ((inside / name).as_posix() for name in files)


def _leads_back(folder: Path, inside: Path) -> bool:
    if not (folder / inside).is_symlink():
        return False
    above = (folder / place for place in inside.parents)
    return os.path.realpath(folder / inside) in map(os.path.realpath, above)


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


def _is_hidden(name: str) -> bool:
    return any(map(_is_hidden_part, PurePosixPath(name).parts))


def _is_hidden_part(part: str) -> bool:
    return part.startswith(".") or part.lower() in SYSTEM_FOLDERS


def _parts(name: str) -> Place:
    return PurePosixPath(name).parts


def _groups(names: Iterable[str], depth: int) -> Groups:
    # By the folder at this depth; files that lie in none there are left out.
    groups: Groups = defaultdict(list)
    for name in names:
        parts = _parts(name)
        if len(parts) > depth + 1:
            groups[folder_key(parts[depth])].append(name)
    return dict(groups)


def _divided_place(images: Iterable[str], set_name: Path) -> Place | None:
    # Where `train` and a folder of held-out images lie side by side, both with
    # class folders. The outermost ones count.
    found: dict[Place, set[str]] = defaultdict(set)
    for name in images:
        parts = _parts(name)
        for depth in range(len(parts) - 2):
            key = folder_key(parts[depth])
            if key == "train" or key in HELD_OUT_FOLDERS:
                found[parts[:depth]].add(key)
    places = [
        place
        for place, keys in found.items()
        if "train" in keys and len(keys) > 1
    ]
    places = sorted(p for p in places if not any(_inside(p, q) for q in places))
    if len(places) > 1:
        raise DataError(
            f"{printable(set_name)} holds train and validation several times, "
            f"in {_listed('/'.join(p) or '.' for p in places)}: give one of "
            "these folders."
        )
    if not places:
        return None
    held_out = found[places[0]] - {"train"}
    if len(held_out) > 1:
        raise DataError(
            f"{printable(set_name)} holds {_listed(sorted(held_out))} beside "
            "train: keep one of them, or call it test."
        )
    return places[0]


def _inside(place: Place, other: Place) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _divided_layout(
    images: Iterable[str], place: Place, set_name: Path
) -> Layout:
    depth = len(place)
    halves = _groups((n for n in images if _parts(n)[:depth] == place), depth)
    held_out_name = next(name for name in HELD_OUT_FOLDERS if name in halves)
    train, held_out, test = (
        _groups(halves.get(half, []), depth + 1)
        for half in ("train", held_out_name, "test")
    )
    classes = _exactly_two({**train, **held_out}, set_name)
    validating, testing = _ordered(held_out, classes), _ordered(test, classes)
    layout = _layout(
        PurePosixPath(*place),
        classes,
        _ordered(train, classes),
        (validating[0] + testing[0], validating[1] + testing[1]),
    )
    tests = {str(PurePosixPath(*_parts(n)[depth:])) for n in sum(testing, [])}
    names = sum(layout.held_out, [])
    return layout._replace(test=tuple(name for name in names if name in tests))


def _flat_layout(images: list[str], set_name: Path) -> Layout:
    place: Place = ()
    inside = images
    groups = _groups(inside, 0)
    while len(groups) == 1:
        (inside,) = groups.values()
        spellings = {_parts(name)[: len(place) + 1] for name in inside}
        deeper = _groups(inside, len(place) + 1)
        if len(spellings) > 1 or not deeper:
            break
        (place,) = spellings
        groups = deeper
    if len(groups) < 2:
        raise DataError(_no_two_folders(groups, set_name))
    _refuse_halves(groups, len(place), set_name)
    classes = _exactly_two(groups, set_name)
    _refuse_two_readings(groups, len(place), set_name)
    train = _ordered(groups, classes)
    layout = _layout(PurePosixPath(*place), classes, train, ([], []))
    return layout.held_out_anew()


def _no_two_folders(groups: Groups, set_name: Path) -> str:
    needs = (
        "it takes train/ and validation/ with a folder for each of two classes "
        "in both of them, or these two folders alone."
    )
    if not groups:
        return f"{printable(set_name)} holds no two folders of images: {needs}"
    return (
        f"{printable(set_name)} holds no two folders of images, only "
        f"{_listed(groups)}: {needs}"
    )


def _refuse_halves(groups: Groups, depth: int, set_name: Path) -> None:
    # `train` and `bus` may be classes, `train` and `val` are none.
    halves = sorted(PARTS & groups.keys())
    loose = [
        half
        for half in halves
        if any(len(_parts(name)) == depth + 2 for name in groups[half])
    ]
    if len(halves) > 1 and loose:
        raise DataError(
            f"{printable(set_name)} has images in {_listed(halves)} "
            "themselves: sort them into a folder for each of two classes there."
        )
    if len(halves) > 1:
        raise DataError(
            f"{printable(set_name)} holds {_listed(halves)}, and not train and "
            "validation: rename them (validation images serve as test images, "
            "too)."
        )
    for half in halves:
        if not loose and len(_groups(groups[half], depth + 1)) > 1:
            others = _listed(sorted(groups.keys() - {half}))
            raise DataError(
                f"{printable(set_name)} holds class folders in "
                f"{printable(half)}, and other images in {others}: give the "
                f"folder {printable(half)} alone."
            )


def _refuse_two_readings(groups: Groups, depth: int, set_name: Path) -> None:
    # Are `a/cats`, `a/dogs`, `b/cats` of the classes a and b, or cats and dogs?
    first, second = (
        _groups(names, depth + 1).keys() for names in groups.values()
    )
    if first & second and len(first | second) > 1:
        raise DataError(
            f"{printable(set_name)} holds {_listed(sorted(first | second))} in "
            f"{_listed(sorted(groups))}, and either may be the classes: keep "
            "two class folders, and no folders in them."
        )


def _exactly_two(
    class_folders: Iterable[str], set_name: Path
) -> tuple[str, str]:
    names = sorted(class_folders)
    if len(names) < 2:
        raise DataError(
            f"{printable(set_name)} holds {len(names)} class folder"
            f"{'s' * (len(names) != 1)} ({_listed(names)}): it takes two."
        )
    if len(names) > 2:
        raise DataError(
            f"{printable(set_name)} holds {len(names)} class folders "
            f"({_listed(names)}), and two are told apart here: to choose two, "
            "move the others elsewhere, or let their names begin with a dot "
            f"(.{printable(names[0])})."
        )
    return names[0], names[1]


def _listed(names: Iterable[str]) -> str:
    shown = list(map(printable, names))
    more = len(shown) - MAX_NAMES
    if more > 0:
        return f"{', '.join(shown[:MAX_NAMES])} and {more} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _merged(layout: Layout) -> tuple[str, ...]:
    depth = class_depth(layout.names)
    parts = map(_parts, layout.names)
    return tuple(
        natural_order(
            {"/".join(p[: depth + 2]) for p in parts if len(p) > depth + 2}
        )
    )


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


def _ordered(files: Groups, classes: tuple[str, str]) -> Pair:
    first, second = (natural_order(files.get(name, [])) for name in classes)
    return first, second
