"""Where the pictures come from, how they are split, and how they reach a model."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from catdog import archives, drawings, hush
from catdog.errors import DataError

with hush.native_errors():
    import tensorflow as tf

CLASSES = ("cat", "dog")  # a label is a position in this tuple
IMAGE_SIZE = (160, 160)
BATCH_SIZE = 32
FOLDS = 5
ADDRESSES = (
    "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
    "https://download.mlcc.google.com/mledu-datasets/cats_and_dogs_filtered.zip",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pictures:
    """A checked folder of pictures.

    Attributes:
        folder: holds `train/cats`, `train/dogs`, `validation/cats` and
            `validation/dogs`.
        source: `"photographs"` or `"drawings"`.
        train: file names relative to `folder`, `train/…`, in natural order.
        held_out: the same for `validation/…`; `split` shares them out.
    """

    folder: Path
    source: str
    train: tuple[str, ...]
    held_out: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stand for all file names: who shares
        them, shares the split.
        """
        return archives.digest(self.train + self.held_out)

    @property
    def content(self) -> str:
        """Sixteen hexadecimal digits that stand for all file names and file
        sizes.
        """
        return archives.digest(
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
    32: float32 of shape (batch, 160, 160, 3) in [0, 255], and int32 of shape
    (batch,), 0 cat, 1 dog."""

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
        # the
        # project's.
        return open_pictures(
            Path(
                os.environ.get("QUARTO_PROJECT_DIR", ""),
                Path(wanted).expanduser(),
            )
        )
    return _cached_pictures() or _downloaded_pictures() or drawn_pictures()


def open_pictures(path: Path, source: str = "photographs") -> Pictures:
    """Open and check a folder or a zip of pictures.

    Raises:
        DataError: when it is missing, is neither, lacks a class folder, or
            holds a file that is no picture.
    """
    if not path.exists():
        raise DataError(
            f"There is nothing at {path}: "
            "set CATDOG_DATA to a folder or zip of pictures, or unset it."
        )
    folder = path if path.is_dir() else archives.unzip(path)
    archives.check(folder)
    root = archives.picture_root(folder).resolve()
    names = archives.list_pictures(root)
    return Pictures(
        folder=root,
        source=source,
        train=tuple(names["train/cats"] + names["train/dogs"]),
        held_out=tuple(names["validation/cats"] + names["validation/dogs"]),
    )


def drawn_pictures() -> Pictures:
    """The drawn set, made at first use and kept in the cache. It has the file
    names of the photographs.
    """
    folder = archives.cache_folder() / f"drawings-{drawings.version()}"
    if not folder.is_dir():
        drawings.write_set(folder)
    return open_pictures(folder, "drawings")


def label(name: str) -> int:
    """Label of a file name such as `train/dogs/dog.7.jpg`: the position of its
    folder's class in `CLASSES`.
    """
    return CLASSES.index(Path(name).parent.name.removesuffix("s"))


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
    cats = [name for name in pictures.held_out if label(name) == 0]
    dogs = [name for name in pictures.held_out if label(name) == 1]
    test = cats[fold::FOLDS] + dogs[fold::FOLDS]
    testing = set(test)
    return Split(
        list(pictures.train),
        [name for name in pictures.held_out if name not in testing],
        test,
    )


def datasets(pictures: Pictures, fold: int = 0, seed: int = 0) -> Datasets:
    """Build the three pipelines of one fold.

    A picture is decoded once, in the first epoch, and kept in memory as uint8
    (75 KiB each). The training pictures come in a new order at each epoch;
    `seed` fixes the sequence of orders. The others keep their order.
    """
    parts = split(pictures, fold)
    return Datasets(
        pipeline(pictures.folder, parts.train, shuffle_seed=seed),
        pipeline(pictures.folder, parts.validation),
        pipeline(pictures.folder, parts.test),
    )


def pipeline(
    folder: Path, names: list[str], shuffle_seed: int | None = None
) -> tf.data.Dataset:
    """Decode, keep, shuffle (if there is a seed), batch, prefetch. See
    `Datasets` for what comes out.
    """
    paths = [str(folder / name) for name in names]
    labels = tf.constant([label(name) for name in names], tf.int32)
    dataset = tf.data.Dataset.from_tensor_slices((paths, labels))
    dataset = dataset.map(
        lambda path, kind: (decode(path), kind),
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
    return dataset.prefetch(tf.data.AUTOTUNE)


def decode(path: tf.Tensor | str) -> tf.Tensor:
    """Read one picture and stretch it to 160x160: uint8 of shape (160, 160, 3)
    in [0, 255].
    """
    picture = tf.io.decode_image(
        tf.io.read_file(path), channels=3, expand_animations=False
    )
    picture = tf.image.resize(picture, IMAGE_SIZE, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(picture), 0, 255), tf.uint8)


def keras_home() -> Path:
    """Keras' own cache: `KERAS_HOME`, else `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


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
                return open_pictures(path)
            except DataError as error:
                log.info("Passing over Keras' cache: %s", error)
    return None


def _downloaded_pictures() -> Pictures | None:
    for address in ADDRESSES:
        try:
            return open_pictures(
                archives.download(
                    address, keras_home() / "datasets" / "cats_and_dogs.zip"
                )
            )
        except (OSError, DataError) as error:
            log.info("No pictures from %s: %s", address, error)
    return None
