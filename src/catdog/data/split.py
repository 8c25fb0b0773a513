"""The images of a data set, and its split into training, validation and test."""

import functools
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from catdog._io import digest, printable
from catdog.data.class_folders import class_depth, folder_key

FOLDS = 5
Source = Literal["photographs", "drawings"]
PHOTOGRAPHS: Literal["photographs"] = "photographs"
DRAWINGS: Literal["drawings"] = "drawings"

# The numbers of the tutorial's own images, in each of its folders.
TUTORIAL_NUMBERS = {
    "train/cats": range(1000),
    "train/dogs": range(1000),
    "validation/cats": range(2000, 2500),
    "validation/dogs": range(2000, 2500),
}

# The published set has it in its full size, the copy that the recorded runs were
# trained on in 200 by 200 pixels.
DIFFERS_BETWEEN_COPIES = "train/cats/cat.459.jpg"


def tutorial_names() -> list[str]:
    """Return the names of the tutorial's 3,000 images.

    Such as `train/cats/cat.0.jpg`; the training images come first.
    """
    return [
        f"{folder}/{folder.split('/')[1].removesuffix('s')}.{number}.jpg"
        for folder, numbers in TUTORIAL_NUMBERS.items()
        for number in numbers
    ]


TUTORIAL_FINGERPRINT = digest(tutorial_names())


@dataclass(frozen=True)
class ImageSet:
    """Checked images of two classes.

    Attributes:
        folder: what the file names are relative to.
        source: `"photographs"` or `"drawings"`.
        train: file names, such as `train/cats/cat.0.jpg`, in natural order.
        held_out: the same for the other images, which `split` divides.
        class_folders: names of the two class folders, in lower case.
        faults: `(file name, reason)` of each image that cannot be read, and is
            left out.
        test: those of the held-out images that are the only test set, or none:
            then each fifth of the held-out images is one in turn.
        copies: `(file name, name of the same file)` of each image that is left
            out because its very bytes are there twice.
        ignored: `(file name, reason)` of each other file, by its name relative
            to the folder or zip that was opened. Hidden files are not mentioned.
    """

    folder: Path
    source: Source
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    class_folders: tuple[str, str] = ("cats", "dogs")
    faults: tuple[tuple[str, str], ...] = ()
    test: tuple[str, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def classes(self) -> tuple[str, str]:
        """What to call one image of each class, in the order of the labels."""
        singular = {"cats": "cat", "dogs": "dog"}
        first, second = (
            printable(singular.get(name, name)) for name in self.class_folders
        )
        return first, second

    def label(self, name: str) -> int:
        """Return the label of a file name, 0 or 1, by the folder it is in."""
        folder = PurePosixPath(name).parts[int(self.divided)]
        return self.class_folders.index(folder_key(folder))

    @functools.cached_property
    def divided(self) -> bool:
        """Whether they came as `train` and `validation`."""
        return bool(class_depth(self.train + self.held_out))

    @property
    def folds(self) -> int:
        """How many different test sets there are: 5, or 1 that was given."""
        return 1 if self.test else FOLDS

    @property
    def own(self) -> bool:
        """Whether these are other images than the tutorial's."""
        return self.fingerprint != TUTORIAL_FINGERPRINT

    @functools.cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for all file names.

        Sets with the same fingerprint have the same split.
        """
        return digest(self.train + self.held_out)

    @functools.cached_property
    def contents(self) -> str:
        """Sixteen hexadecimal digits that stand for the contents of all files.

        One image of the tutorial's own is left out, since copies of the set
        differ in it.
        """
        return digest(
            f"{name} {sha256((self.folder / name).read_bytes()).hexdigest()}"
            for name in self.train + self.held_out
            if self.own or name != DIFFERS_BETWEEN_COPIES
        )


class Split(NamedTuple):
    """File names of the three sets. No image is in two of them."""

    train: list[str]
    validation: list[str]
    test: list[str]


def split(images: ImageSet, fold: int = 0) -> Split:
    """Split images by file name alone, so that the answer never changes.

    In each class, every fifth held-out image, counted from number `fold`, is a
    test image. The others are for validation. Over the five folds, each
    held-out image is in exactly one test set. If the images came with a test
    set, it is that of each fold.

    Args:
        images: the image set.
        fold: 0 to 4.

    Returns:
        File names for training, validation and test.

    Raises:
        ValueError: for any other fold.

    Shown in chapter 1.
    """
    if fold not in range(FOLDS):
        raise ValueError(
            f"There is no fold {fold}: choose one from 0 to {FOLDS - 1}."
        )
    first = [name for name in images.held_out if images.label(name) == 0]
    second = [name for name in images.held_out if images.label(name) == 1]
    test = list(images.test) or first[fold::FOLDS] + second[fold::FOLDS]
    in_test = set(test)
    validation = [name for name in images.held_out if name not in in_test]
    return Split(list(images.train), validation, test)
