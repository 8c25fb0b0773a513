"""What an image shows: which network answers, and what it says.

Nothing has to be trained first: the heads of recorded runs come with the
package, and the base that they stand on is published.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catdog import checkpoints, settings, unlike
from catdog._io import printable
from catdog.ablations import all_builders
from catdog.backend import keras
from catdog.data.image_files import read_image
from catdog.data.pipeline import BATCH_SIZE
from catdog.errors import CatdogError
from catdog.evaluation import best_model
from catdog.models import BUILDERS
from catdog.runs.schema import Run
from catdog.runs.store import read_run
from catdog.scores import Answer

TUTORIAL_CLASSES = ("cat", "dog")

log = logging.getLogger(__name__)


class Network(NamedTuple):
    """A trained network, and what it is known by.

    Attributes:
        model: takes images of shape (batch, size, size, 3) in [0, 255], and
            gives logits of shape (batch, 2).
        classes: what to call one image of each class.
        run: the published run that it belongs to; None for a network of the
            user's own.
        rule: when an image is unlike both classes; None if that was not
            measured for this network.
    """

    model: keras.Model
    classes: tuple[str, str]
    run: Run | None = None
    rule: unlike.Rule | None = None


def find_network(name: str | None = None, seed: int = 0) -> Network:
    """Return the network of a model and seed.

    The user's own trained network comes first, then that of a recorded run.

    Args:
        name: of the model. Without one, it is the latest of the five that the
            user has trained with this seed, else the best that is published.
        seed: of the training.

    Raises:
        CatdogError: if there is no such network.
        WeightsError: if the published weights of MobileNetV2 are out of reach.
    """
    name = name or _own_model(seed) or _best_published_model()
    known = all_builders()
    if name not in known:
        raise CatdogError(
            f"There is no model {name!r}: choose one of {', '.join(known)}."
        )
    what = f"{name} with seed {seed}"
    command = f"catdog train {name} --seed {seed}"
    path = checkpoints.saved_network(name, seed)
    if path:
        model = checkpoints.read_network(path, f"run `{command}` again")
        log.info("Network: %s, as you have trained it.", what)
        return Network(model, checkpoints.read_classes(path))
    run = checkpoints.recorded_run(name, seed)
    if not run or not checkpoints.is_whole(run):
        raise CatdogError(
            f"{what} was neither trained here nor published with its weights: "
            f"run `{command}`, or leave out --model and --seed."
        )
    model = checkpoints.recorded_model(run)
    log.info("Network: %s, as it was recorded.", what)
    return Network(model, TUTORIAL_CLASSES, run, unlike.read_rule(run))


def open_network(path: Path) -> Network:
    """Open a network that Keras has saved.

    The names of its classes are a JSON list in a file of the same name with
    the ending `.json`; without one, they are cat and dog.

    Raises:
        CatdogError: if it is missing, or no network that tells two classes of
            images apart.
    """
    name = printable(path)
    if not path.is_file():
        raise CatdogError(
            f"There is no file {name}: give a network that was saved with "
            "`model.save`, such as pets.keras."
        )
    model = checkpoints.read_network(
        path,
        "save it again with `model.save`, as a file that ends in .keras",
    )
    if not _tells_two_classes(model):
        raise CatdogError(
            f"{name} does not take square images in RGB and give two logits: "
            "save a model as chapter 2 or chapter 5 builds it."
        )
    return Network(model, checkpoints.read_classes(path))


def answer_all(network: Network, paths: Sequence[Path]) -> list[Answer]:
    """Let a network answer for image files, in the order of the files.

    Raises:
        DataError: if one of them cannot be read.
    """
    answers = []
    for logits, unlike_both in _look_at(network, paths):
        for probabilities, strange in zip(
            keras.ops.softmax(logits).numpy(), unlike_both, strict=True
        ):
            # Of equally probable classes the second, as for a score.
            label = int(probabilities[1] >= probabilities[0])
            name, probability = network.classes[label], probabilities[label]
            answers.append(Answer(name, float(probability), strange))
    return answers


def _look_at(
    network: Network, paths: Sequence[Path]
) -> Iterator[tuple[np.ndarray, list[bool | None]]]:
    """Yield, batch by batch, logits and whether images are unlike both classes."""
    model, rule = network.model, network.rule
    size = model.input_shape[1]
    if rule:
        model = unlike.with_features(model)
    for start in range(0, len(paths), BATCH_SIZE):
        batch = paths[start : start + BATCH_SIZE]
        pixels = np.stack([read_image(path, size) for path in batch])
        seen = model.predict_on_batch(pixels.astype("float32"))
        if rule:
            features, logits = seen
            yield logits, rule.unlike_both(features).tolist()
        else:
            yield seen, [None] * len(batch)


def published_runs(seed: int | str = "*") -> list[Run]:
    """Return runs of the five models that are published with all weights.

    Args:
        seed: of their training; without one, those of all seeds.
    """
    runs = [
        read_run(path)
        for name in BUILDERS
        for path in sorted(
            settings.published_runs_folder().glob(f"{name}-{seed}.json")
        )
    ]
    return [run for run in runs if checkpoints.is_whole(run)]


def _own_model(seed: int) -> str | None:
    """Return the latest of the five models that this user has trained."""
    for name in reversed(BUILDERS):
        if checkpoints.saved_network(name, seed):
            return name
    return None


def _best_published_model() -> str:
    """Return the best of the models that are published with all weights."""
    runs: dict[str, list[Run]] = {}
    for run in published_runs():
        runs.setdefault(run.model, []).append(run)
    return best_model(runs) if runs else list(BUILDERS)[-1]


def _tells_two_classes(model: keras.Model) -> bool:
    try:
        _, height, width, channels = model.input_shape
        return (
            height == width
            and height is not None
            and channels == 3
            and model.output_shape[1:] == (2,)
        )
    except (AttributeError, TypeError, ValueError):
        return False  # it has other inputs or outputs, or none yet
