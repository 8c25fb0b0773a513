"""Images that are unlike both classes: find them, and say how well that works.

A network for cats and dogs answers for a chair, too. An image counts as unlike
both classes if its features point elsewhere than those of training images. The
threshold is that of the validation images of a run; how good it is, test images
and images without cats and dogs show.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from catdog._io import printable, write_all_atomically
from catdog.backend import environment, keras
from catdog.checkpoints import recorded_model
from catdog.data.drawings import scenes
from catdog.data.image_files import read_image
from catdog.data.pipeline import BATCH_SIZE
from catdog.data.split import ImageSet, split
from catdog.errors import CatdogError, DataError, RecordError
from catdog.feature_extraction import pooling_position
from catdog.progress import Bar
from catdog.report.measurements import (
    DRAWN,
    PHOTOGRAPHS,
    TEST,
    VALIDATION,
    read_unlike,
    unlike_path,
)
from catdog.runs.schema import Run, fingerprint

# Share of validation images that the threshold calls unlike.
VALIDATION_SHARE = 0.05
# Directions that stand for the training images of a class: with one, more
# photographs without animals pass; sixteen differ from eight by one or none.
N_DIRECTIONS = 8
N_IMAGES = 100  # that are made of each kind
RULE = "direction of the features"

TRAINING = "training images"
CAT = "photograph of another cat"
# Those that come with scikit-image.
PHOTOGRAPH_FILES = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "microaneurysms.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
CAT_FILE = "chelsea.png"


class Seen(NamedTuple):
    """What a network makes of some images.

    Attributes:
        features: those of its base, averaged over the image: float32 of shape
            (images, features).
        logits: float32 of shape (images, 2).
    """

    features: np.ndarray
    logits: np.ndarray


class Reference(NamedTuple):
    """What is known of the features of training images.

    Attributes:
        means: of each class: shape (2, features).
        variances: within the classes: shape (features,).
        directions: of length 1, some for each class: float16 of shape
            (directions, features).
    """

    means: np.ndarray
    variances: np.ndarray
    directions: np.ndarray


class Rule(NamedTuple):
    """When an image is unlike both classes.

    Attributes:
        directions: as in `Reference`.
        threshold: the lowest cosine similarity, in [-1, 1], to the nearest of
            them of an image that is not unlike them.
    """

    directions: np.ndarray
    threshold: float

    def unlike_both(self, features: np.ndarray) -> np.ndarray:
        """Return whether images are unlike both classes.

        Args:
            features: shape (images, features).

        Returns:
            bool of shape (images,).
        """
        return similarity(features, self.directions) < self.threshold


def similarity(features: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the cosine similarity to the nearest direction, in [-1, 1].

    Features that are all zero have a similarity of 0.

    Args:
        features: shape (images, features).
        directions: shape (directions, features), of length 1.

    Returns:
        Shape (images,).
    """
    nearest = _normalize(features) @ directions.astype("float32").T
    return nearest.max(axis=1)


def describe_training_images(
    features: np.ndarray, labels: np.ndarray, n_directions: int = N_DIRECTIONS
) -> Reference:
    """Summarize the features of training images, class by class.

    Args:
        features: shape (images, features).
        labels: shape (images,), 0 or 1.
        n_directions: of each class, found as the means of that many clusters.
    """
    from scipy.cluster.vq import kmeans2  # slow to import

    classes = [features[labels == label] for label in (0, 1)]
    means = np.stack([group.mean(axis=0) for group in classes])
    variances = (features - means[labels]).var(axis=0)
    clusters = [
        kmeans2(_normalize(group), n_directions, minit="++", seed=0)[0]
        for group in classes
    ]
    directions = _normalize(np.concatenate(clusters)).astype("float16")
    return Reference(means, variances + 1e-3, directions)


def familiarity(seen: Seen, reference: Reference) -> dict[str, np.ndarray]:
    """Return how familiar images are, by each rule that was tried.

    Returns:
        For each rule a number for each image, shape (images,): the lower, the
        more unlike the training images.
    """
    low, high = np.sort(seen.logits, axis=1).T
    distances = [
        ((seen.features - mean) ** 2 / reference.variances).mean(axis=1)
        for mean in reference.means
    ]
    return {
        # Grows with the probability, and is not rounded to 1.
        "largest probability": high - low,
        "largest logit": high,
        "energy": np.logaddexp(low, high),
        "distance to a class": -np.min(distances, axis=0),
        RULE: similarity(seen.features, reference.directions),
    }


def compare_rules(
    seen: Mapping[str, Seen], reference: Reference
) -> dict[str, dict[str, Any]]:
    """Choose each rule's threshold by validation images, and count.

    Args:
        seen: of each source of images; `VALIDATION` is one of them.
        reference: of the training images.

    Returns:
        For each rule its `threshold`, and under `unlike` how many images of
        each source are called unlike both classes.
    """
    values = {
        source: familiarity(some, reference) for source, some in seen.items()
    }
    compared = {}
    for rule, validation in values[VALIDATION].items():
        threshold = float(np.quantile(validation, VALIDATION_SHARE))
        compared[rule] = {
            "threshold": threshold,
            "unlike": {
                source: int((value[rule] < threshold).sum())
                for source, value in values.items()
            },
        }
    return compared


def with_features(model: keras.Model) -> keras.Model:
    """Return a model that also gives the averaged features: `Seen`, in a batch.

    Args:
        model: with a layer of global average pooling.
    """
    pooling = model.layers[pooling_position(model)]
    return keras.Model(model.inputs, [pooling.output, model.outputs[0]])


def look_at(model: keras.Model, images: Iterable[np.ndarray]) -> Seen:
    """Let a network look at images, batch by batch.

    Args:
        model: from `with_features`.
        images: uint8 of shape (size, size, 3).
    """
    images = iter(images)
    batches = []
    while batch := list(itertools.islice(images, BATCH_SIZE)):
        pixels = np.stack(batch).astype("float32")
        batches.append(model.predict_on_batch(pixels))
    features, logits = zip(*batches, strict=True)
    return Seen(np.concatenate(features), np.concatenate(logits))


def measure(
    images: ImageSet, runs: Sequence[Run]
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Measure how well images without cats and dogs are told from others.

    Args:
        images: those that the runs were trained on.
        runs: with all that was trained kept beside the record.

    Returns:
        What was measured, as JSON values, and the directions of each network.

    Raises:
        CatdogError: if scikit-image is not installed.
        DataError: if these are other images than those of the runs.
    """
    folder = photographs_folder()
    if not all(run.is_of(images) for run in runs):
        raise DataError(
            "This is measured on the images that the networks have learned "
            "from: set CATDOG_DATA to the tutorial's photographs."
        )
    networks, directions = [], []
    for run in runs:
        model = with_features(recorded_model(run))
        size = model.input_shape[1]
        names = split(images, run.fold)
        sources = {
            TRAINING: _read(images.folder, names.train, size),
            VALIDATION: _read(images.folder, names.validation, size),
            TEST: _read(images.folder, names.test, size),
            **made_images(size),
            PHOTOGRAPHS: _read(folder, _there(folder), size),
            CAT: _read(folder, [CAT_FILE], size),
        }
        seen = {
            source: look_at(model, some)
            for source, some in Bar(sources.items(), run.model, len(sources))
        }
        labels = np.array([images.label(name) for name in names.train])
        reference = describe_training_images(seen[TRAINING].features, labels)
        directions.append(reference.directions)
        networks.append(
            {
                "model": run.model,
                "seed": run.seed,
                "fold": run.fold,
                "weights": run.weights,
                "directions": fingerprint([reference.directions]),
                "images": {
                    source: len(some.logits) for source, some in seen.items()
                },
                "rules": compare_rules(seen, reference),
            }
        )
    measured = {
        "rule": RULE,
        "validation_share": VALIDATION_SHARE,
        "measured": date.today().isoformat(),
        "environment": environment(),
        "networks": networks,
    }
    return measured, directions


def made_images(size: int) -> dict[str, Iterator[np.ndarray]]:
    """Make images without photographs, the same ones each time.

    Returns:
        Images of each kind, each uint8 of shape (size, size, 3).
    """
    return {
        DRAWN: (
            _resize(scenes.draw(animal, number, seed=1), size)
            for animal in ("cat", "dog")
            for number in range(N_IMAGES)
        ),
        **{name: _make(make, size) for name, make in TEXTURES.items()},
    }


def _make(
    make: Callable[[int, np.random.Generator], np.ndarray], size: int
) -> Iterator[np.ndarray]:
    return (make(size, np.random.default_rng(n)) for n in range(N_IMAGES))


def noise(size: int, rng: np.random.Generator) -> np.ndarray:
    """Make an image whose values are all independent."""
    return rng.integers(0, 256, (size, size, 3), dtype="uint8")


def plain(size: int, rng: np.random.Generator) -> np.ndarray:
    """Make an image of one color."""
    return _two_colors(np.zeros((size, size)), rng)


def stripes(size: int, rng: np.random.Generator) -> np.ndarray:
    """Make stripes at some angle."""
    x, y = _coordinates(size)
    angle, number = rng.uniform(0, np.pi), rng.uniform(2, 30)
    phase = number * (x * np.cos(angle) + y * np.sin(angle))
    return _two_colors(np.sin(2 * np.pi * phase) > 0, rng)


def checkerboard(size: int, rng: np.random.Generator) -> np.ndarray:
    """Make a checkerboard."""
    x, y = _coordinates(size)
    number = rng.integers(2, 30)
    return _two_colors((x * number // 1 + y * number // 1) % 2, rng)


def blobs(size: int, rng: np.random.Generator) -> np.ndarray:
    """Make some blurred disks."""
    x, y = _coordinates(size)
    shares = np.zeros((size, size))
    for _ in range(rng.integers(3, 12)):
        (left, top), radius = rng.uniform(0, 1, 2), rng.uniform(0.05, 0.25)
        squares = (x - left) ** 2 + (y - top) ** 2
        shares = np.maximum(shares, np.exp(-squares / (2 * radius**2)))
    return _two_colors(shares, rng)


TEXTURES = {
    "noise": noise,
    "plain colors": plain,
    "stripes": stripes,
    "checkerboards": checkerboard,
    "blobs": blobs,
}


def photographs_folder() -> Path:
    """Return where scikit-image has its photographs.

    Raises:
        CatdogError: if it is not installed.
    """
    try:
        import skimage
    except ImportError as error:
        raise CatdogError(
            "scikit-image is missing, whose photographs show no animals: run "
            "`pip install scikit-image`."
        ) from error
    return Path(skimage.__file__).parent / "data"


def write_unlike(
    measured: Mapping[str, Any],
    directions: Sequence[np.ndarray],
    path: Path,
) -> None:
    """Write what was measured as JSON, and directions beside it as `.npz`.

    Both are written, or none.
    """
    file = io.BytesIO()
    np.savez(file, *directions)
    write_all_atomically(
        {
            path.with_suffix(".npz"): file.getvalue(),
            path: json.dumps(measured, indent=1) + "\n",
        }
    )


def read_rule(run: Run) -> Rule | None:
    """Return the rule that was measured for the network of a run, if any.

    Raises:
        RecordError: if what was measured cannot be read, or does not agree
            with itself.
    """
    path = unlike_path().with_suffix(".npz")
    try:
        measured = read_unlike()
        for number, network in enumerate(measured.get("networks", [])):
            same = [
                network[field] == getattr(run, field)
                for field in ("model", "seed", "weights")
            ]
            if all(same):
                with np.load(path, allow_pickle=False) as file:
                    directions = file[f"arr_{number}"]
                if fingerprint([directions]) != network["directions"]:
                    raise ValueError("the two files do not belong together")
                rule = network["rules"][measured["rule"]]
                return Rule(directions, rule["threshold"])
    # NumPy raises all kinds for a file that ends early, or is another.
    except Exception as error:
        raise RecordError(
            f"{printable(path)} and the .json beside it cannot be relied on "
            f"({printable(str(error))}): measure again with `catdog measure "
            f"--out {printable(path.with_suffix('.json'))}`, or delete both."
        ) from error
    return None


def _normalize(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(lengths, 1e-6)


def _read(
    folder: Path, names: Sequence[str], size: int
) -> Iterator[np.ndarray]:
    return (read_image(folder / name, size) for name in names)


def _there(folder: Path) -> list[str]:
    """Return the photographs that this version of scikit-image comes with."""
    return [name for name in PHOTOGRAPH_FILES if (folder / name).exists()]


def _resize(image: Image.Image, size: int) -> np.ndarray:
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _coordinates(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of each pixel, in [0, 1)."""
    y, x = np.mgrid[:size, :size] / size
    return x, y


def _two_colors(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mix two colors: `shares`, in [0, 1], is how much there is of the first."""
    first, second = rng.integers(0, 256, (2, 3))
    shares = shares[..., None]
    return (shares * first + (1 - shares) * second).astype("uint8")
