"""Where the pictures come from, how they are split, and how they reach a model."""

import logging
import math
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from catdog._io import cache_folder, digest, keras_home
from catdog.backend import tf
from catdog.data import archive, download, image_files
from catdog.data.class_folders import check_counts, find_layout, walk
from catdog.data.drawings import scenes
from catdog.data.image_files import SIDE, shown
from catdog.errors import DataError

BATCH_SIZE = 32
FOLDS = 5
ADDRESSES = (
    "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
    "https://download.mlcc.google.com/mledu-datasets/cats_and_dogs_filtered.zip",
)

log = logging.getLogger(__name__)


TUTORIALS_NAMES = digest(scenes.names())


@dataclass(frozen=True)
class Pictures:
    """Pictures of two classes, checked.

    Attributes:
        folder: what the file names are relative to.
        source: `"photographs"` or `"drawings"`.
        train: file names, such as `train/cats/cat.0.jpg`, in natural order.
        held_out: the same of the others; `split` shares them out.
        folders: names of the two class folders, in lower case.
        faults: `(file name, reason)` of what was left out.
    """

    folder: Path
    source: str
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    folders: tuple[str, str] = ("cats", "dogs")
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def classes(self) -> tuple[str, str]:
        """What to call one of either class. A label is a position in this
        tuple.
        """
        one = {"cats": "cat", "dogs": "dog"}
        return tuple(shown(one.get(name, name)) for name in self.folders)

    def label(self, name: str) -> int:
        """Label of a file name, by the folder that it is in: 0 or 1."""
        return self.folders.index(PurePosixPath(name).parent.name.lower())

    @property
    def own(self) -> bool:
        """Whether these are other pictures than the tutorial's."""
        return self.fingerprint != TUTORIALS_NAMES

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for all file names: who shares
        them, shares the split.
        """
        return digest(self.train + self.held_out)

    @property
    def content(self) -> str:
        """Sixteen hexadecimal digits that stand for all file names and file
        sizes.
        """
        return digest(
            f"{name} {(self.folder / name).stat().st_size}"
            for name in self.train + self.held_out
        )


class Split(NamedTuple):
    """File names of the three sets. No picture is in two of them."""

    train: list[str]
    validation: list[str]
    test: list[str]


class Datasets(NamedTuple):
    """The three pipelines. Each yields `(pictures, labels)` in batches of up to
    32: float32 of shape (batch, side, side, 3) in [0, 255], and int32 of shape
    (batch,), 0 for the first class, 1 for the second."""

    train: tf.data.Dataset
    validation: tf.data.Dataset
    test: tf.data.Dataset


def find_pictures() -> Pictures:
    """Get pictures: from `CATDOG_DATA`, else Keras' cache, else the public
    download, else drawn ones.

    `CATDOG_DATA` may name a folder or a zip, or be the word `drawings`.

    Raises:
        DataError: when `CATDOG_DATA` is set and does not lead to usable
            pictures. Without it there is always an answer.
    """
    wanted = os.environ.get("CATDOG_DATA", "").strip()
    if wanted == "drawings":
        return drawn_pictures()
    if wanted:
        # A chapter runs in its own folder, while a relative path is meant from
        # the project's.
        return open_pictures(
            Path(
                os.environ.get("QUARTO_PROJECT_DIR", ""),
                Path(wanted).expanduser(),
            )
        )
    return _cached_pictures() or _downloaded_pictures() or drawn_pictures()


def open_pictures(path: Path, source: str = "photographs") -> Pictures:
    """Open a folder or a zip of pictures, and leave out what cannot be read.

    Raises:
        DataError: when it is missing, is neither, does not hold two class
            folders, or holds too few pictures. The tutorial's own set must be
            whole.
    """
    if not os.path.isdir(path) and not os.path.isfile(path):
        raise DataError(
            f"There is nothing at {shown(str(path))}: "
            "set CATDOG_DATA to a folder or zip of pictures, or unset it."
        )
    folder = path if path.is_dir() else archive.unzip(path)
    layout = find_layout(walk(folder), path)
    check_counts(layout, path)
    root = (folder / layout.root).resolve()
    faults = image_files.faults(root, layout.names)
    if faults and digest(layout.names) == TUTORIALS_NAMES:
        name, reason = next(iter(faults.items()))
        raise DataError(
            f"{shown(str(path))} is a broken copy of the tutorial's pictures "
            f"({shown(name)} {reason}): delete it and fetch it again."
        )
    layout = layout.without(faults)
    check_counts(layout, path)
    return Pictures(
        root,
        source,
        tuple(sum(layout.train, [])),
        tuple(sum(layout.held_out, [])),
        layout.classes,
        tuple(faults.items()),
    )


def drawn_pictures() -> Pictures:
    """The drawn set, made at first use and kept in the cache. It has the file
    names of the photographs.
    """
    folder = cache_folder() / f"drawings-{scenes.version()}"
    if folder.is_dir() and len(list(walk(folder))) != len(scenes.names()):
        shutil.rmtree(folder)  # somebody has tidied up
    if not folder.is_dir():
        scenes.write_set(folder)
    return open_pictures(folder, "drawings")


def split(pictures: Pictures, fold: int = 0) -> Split:
    """Share out the pictures by file name alone, so that the answer never
    changes.

    In each class, every fifth held-out picture, counted from number `fold`, is
    for testing; the others validate. Over the five folds, each held-out picture
    tests exactly once.

    Args:
        fold: 0 to 4.

    Raises:
        ValueError: for any other fold.
    """
    if fold not in range(FOLDS):
        raise ValueError(
            f"There is no fold {fold}: choose one from 0 to {FOLDS - 1}."
        )
    first = [name for name in pictures.held_out if pictures.label(name) == 0]
    second = [name for name in pictures.held_out if pictures.label(name) == 1]
    test = first[fold::FOLDS] + second[fold::FOLDS]
    testing = set(test)
    return Split(
        list(pictures.train),
        [name for name in pictures.held_out if name not in testing],
        test,
    )


def datasets(
    pictures: Pictures, fold: int = 0, seed: int = 0, side: int = SIDE
) -> Datasets:
    """Build the three pipelines of one fold, with pictures of `side` pixels to
    each side.

    A picture is decoded once, in the first epoch, and kept in memory as uint8
    (75 KiB each, with a side of 160). The training pictures come in a new order
    at each epoch; `seed` fixes the sequence of orders. The others keep their
    order.
    """
    parts = split(pictures, fold)
    return Datasets(
        pipeline(pictures, parts.train, side, shuffle_seed=seed),
        pipeline(pictures, parts.validation, side),
        pipeline(pictures, parts.test, side),
    )


def batches(names: Sequence[str]) -> int:
    """How many batches these pictures fill."""
    return math.ceil(len(names) / BATCH_SIZE)


def pipeline(
    pictures: Pictures,
    names: list[str],
    side: int = SIDE,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Decode, keep, shuffle (if there is a seed), batch, prefetch. See
    `Datasets` for what comes out.
    """
    paths = [str(pictures.folder / name) for name in names]
    labels = tf.constant([pictures.label(name) for name in names], tf.int32)
    dataset = tf.data.Dataset.from_tensor_slices((paths, labels))
    dataset = dataset.map(
        lambda path, kind: (decode(path, side), kind),
        num_parallel_calls=tf.data.AUTOTUNE,
    ).cache()
    if shuffle_seed is not None:
        dataset = dataset.shuffle(
            len(names), seed=shuffle_seed, reshuffle_each_iteration=True
        )
    dataset = dataset.batch(BATCH_SIZE)
    dataset = dataset.map(
        lambda batch, kinds: (tf.cast(batch, tf.float32), kinds),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    # TensorFlow's tuner of pipelines sleeps ever longer, and an epoch does not
    # end before it wakes: seconds in each, with TensorFlow 2.21.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(2).with_options(options)


def decode(path: tf.Tensor | str, side: int = SIDE) -> tf.Tensor:
    """Read one picture and stretch it to a square: uint8 of shape (side, side,
    3) in [0, 255].
    """

    def read(name):
        return image_files.read_picture(os.fsdecode(np.asarray(name).item()), side)

    picture = tf.numpy_function(read, [path], tf.uint8)
    return tf.ensure_shape(picture, (side, side, 3))


def _cached_pictures() -> Pictures | None:
    """What `keras.utils.get_file` left behind: today's folder, the older one,
    or the zip alone.
    """
    for name in (
        "cats_and_dogs_extracted",
        "cats_and_dogs_filtered",
        "cats_and_dogs.zip",
        "cats_and_dogs_filtered.zip",
    ):
        path = keras_home() / "datasets" / name
        if path.exists():
            try:
                return _whole_set(path)
            except DataError as error:
                log.info("Passing over Keras' cache: %s", error)
    return None


def _downloaded_pictures() -> Pictures | None:
    target = keras_home() / "datasets" / "cats_and_dogs.zip"
    try:
        return _whole_set(download.fetch(ADDRESSES, target, _whole_set))
    except (OSError, DataError) as error:
        log.info("No photographs: %s", error)
    return None


def _whole_set(path: Path) -> Pictures:
    pictures = open_pictures(path)
    if pictures.own:
        raise DataError(f"{path} is not the whole set: delete it.")
    return pictures
