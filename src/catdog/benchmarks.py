"""Measure our ways against the usual ones, on this machine, side by side.

In each round every way has its turn, so that what slows the machine down for a
while slows all of them. Ratios are taken within each round.
"""

import functools
import itertools
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from catdog import checkpoints, export, jobs, models, training
from catdog._io import printable, write_atomically
from catdog.backend import environment, keras, layers, tf
from catdog.data.drawings import scenes
from catdog.data.image_files import IMAGE_SIZE
from catdog.data.pipeline import BATCH_SIZE, datasets
from catdog.data.sources import open_images
from catdog.data.split import DRAWINGS, ImageSet, split
from catdog.disk_cache import FEATURES
from catdog.errors import CatdogError
from catdog.progress import Bar
from catdog.runs.schema import Run
from catdog.scores import Score
from catdog.settings import cache_folder

MATRIX_SIZE = 2048  # of the matrix product that shows what the machine can do
THREADS = 1  # of a LiteRT file at work: the second core may be busy elsewhere
SCALE = (500, 1000, 2000, 4000, 8000)  # training images
ROUNDS_OF_SCALE = 2  # at most: they take minutes each
EPOCHS_OF_TWO_RUNS = 5
N_TIMED = 20  # images that a file answers for in each round

Measured = dict[str, list[float]]


def measure(images: ImageSet, rounds: int = 7) -> dict[str, Any]:
    """Run every comparison.

    Returns:
        `rounds`, `pictures`, `environment`, and for each of `COMPARISONS` what
        it returns: the seconds (or, for `pipeline` and `forward`, the rates)
        of each way in each round.

    Raises:
        CatdogError: if the images are not divided into folders, as Keras' own
            pipeline has to have them.
    """
    if not images.divided:
        raise CatdogError(
            f"{printable(images.folder)} holds no folders train and validation, "
            "and the usual pipeline needs them: make them, or choose other "
            "images with CATDOG_DATA."
        )
    measured: dict[str, Any] = {
        "rounds": rounds,
        "pictures": images.source,
        "environment": environment(),
    }
    for compare in COMPARISONS:
        measured[compare.__name__] = compare(images, rounds)
    return measured


def epoch(images: ImageSet, rounds: int) -> Measured:
    """Measure the seconds of an epoch of training, from the second one on."""
    ways = {
        "model1, usual pipeline": (models.model1(), usual_pipeline(images)),
        "model1, usual pipeline cached": (
            models.model1(),
            cached_pipeline(images),
        ),
        "model1, our pipeline": (models.model1(), our_pipeline(images)),
        "model1, no pipeline": (models.model1(), one_batch(images)),
        "plain network, our pipeline": (
            plain_network(),
            our_pipeline(images),
        ),
    }
    steps = {
        name: functools.partial(model.fit, dataset, shuffle=False, verbose=0)
        for name, (model, dataset) in ways.items()
    }
    for step in steps.values():
        step()  # the first epoch decodes and compiles
    return taking_turns("An epoch", steps, rounds)


def transfer(images: ImageSet, rounds: int) -> Measured:
    """Measure the seconds of `model4`: an epoch the usual way, all ours.

    The usual way lets all images pass all layers in each epoch. Ours is measured
    twice: the second time, the features of the frozen base are known.
    """
    with own_folder():
        return _transfer(images, rounds)


def _transfer(images: ImageSet, rounds: int) -> Measured:
    sets = datasets(images)
    usual = models.model4()
    options = {
        "validation_data": sets.validation,
        "shuffle": False,
        "verbose": 0,
    }

    def train_all() -> None:
        keras.utils.set_random_seed(0)
        # New pipelines: their first order is the same each time.
        training.fit(
            models.model4(), datasets(images), seed=0, epochs=models.EPOCHS
        )

    def train_anew() -> None:
        shutil.rmtree(cache_folder() / FEATURES, ignore_errors=True)
        train_all()

    usual.fit(sets.train, **options)
    steps = {
        "usual, an epoch": lambda: usual.fit(sets.train, **options),
        "ours, all epochs": train_anew,
        "ours, features known": train_all,
    }
    return taking_turns("model4", steps, rounds)


def pipeline(images: ImageSet, rounds: int) -> Measured:
    """Measure the pipelines without any model, each in a process of its own.

    That is training images per second, in the first and in later epochs, and
    MiB of memory at the peak.
    """
    measured: Measured = {}
    turns = itertools.product(range(rounds), PIPELINES)
    for _round, way in Bar(list(turns), "Pipelines"):
        first, later, peak = _feed_alone(way, images)
        for name, value in [
            (f"{way}, first epoch", first),
            (f"{way}, later epochs", later),
            (f"{way}, MiB", peak),
        ]:
            measured.setdefault(name, []).append(value)
    return measured


def scale(_images: ImageSet, rounds: int) -> dict[str, Any]:
    """Measure the pipelines on more and more drawings, without any model.

    Returns:
        `images`, the numbers of training images, and for each of `PIPELINES`
        the `seconds` of an epoch, from the second one on, and the `MiB` of
        memory at the peak: for each number of images a list, of each round.
        What a process has mapped of a file counts as its memory, too.
    """
    measured: dict[str, Any] = {"images": list(SCALE)}
    with own_folder() as place:
        sets = [_drawn_set(place / str(n), n) for n in SCALE]
        for way in PIPELINES:
            measured[way] = {
                what: [[] for _ in SCALE] for what in ("seconds", "MiB")
            }
        fewer = range(min(rounds, ROUNDS_OF_SCALE))
        turns = itertools.product(fewer, enumerate(sets), PIPELINES)
        for _round, (number, images), way in Bar(list(turns), "More images"):
            _, later, peak = _feed_alone(way, images)
            seconds = len(images.train) / later
            measured[way]["seconds"][number].append(seconds)
            measured[way]["MiB"][number].append(peak)
    return measured


def _drawn_set(folder: Path, n: int) -> ImageSet:
    """Return a set with this number of drawn training images."""
    scenes.write_set(
        folder,
        [
            f"{part}/{animal}s/{animal}.{number}.jpg"
            for part, numbers in (
                ("train", range(n // 2)),
                ("validation", range(n // 2, n // 2 + 20)),
            )
            for animal in ("cat", "dog")
            for number in numbers
        ],
    )
    return open_images(folder, DRAWINGS)


@contextmanager
def own_folder(variable: str = "CATDOG_CACHE") -> Iterator[Path]:
    """Work with an empty folder, the value of a variable, and delete it then."""
    before = os.environ.get(variable)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        os.environ[variable] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before


def two_runs(images: ImageSet, rounds: int) -> Measured:
    """Measure the seconds of two runs of `model1`, each in its own process.

    Also those of one run on as many cores as it has when two run side by side:
    two cannot take less.

    Args:
        images: those that `find_images` finds, since the processes do.
        rounds: how often.

    Raises:
        CatdogError: if a run fails.
    """
    runs = [
        jobs.Job(models.model1.__name__, seed, EPOCHS_OF_TWO_RUNS)
        for seed in (0, 1)
    ]

    def train(runs: list[jobs.Job], at_a_time: int) -> None:
        crew = jobs.LocalCrew(at_a_time)
        with own_folder("CATDOG_RUNS"):
            for _, outcome in jobs.run_all_apart(runs, crew, images):
                if isinstance(outcome, CatdogError):
                    raise outcome

    steps = {
        "one after another": functools.partial(train, runs, 1),
        "side by side": functools.partial(train, runs, 2),
        "one of them on half of the cores": functools.partial(
            train, runs[:1], 2
        ),
    }
    return taking_turns("Two runs", steps, rounds)


def forward(images: ImageSet, rounds: int) -> Measured:
    """Measure billions of multiply-adds per second.

    Of `model4` at work, and of a large matrix product.
    """
    model = models.model4()
    batch, _ = next(iter(our_pipeline(images)))
    square = tf.random.normal((MATRIX_SIZE, MATRIX_SIZE))
    predict = tf.function(lambda: model(batch, training=False))
    product = tf.function(lambda: tf.linalg.matmul(square, square))
    steps = {
        "model4": lambda: predict().numpy(),
        "matrix product": lambda: product().numpy(),
    }
    work = {
        "model4": BATCH_SIZE * multiply_adds(model),
        "matrix product": MATRIX_SIZE**3,
    }
    for step in steps.values():
        step()  # the first call compiles
    return {
        name: [work[name] / second / 1e9 for second in seconds]
        for name, seconds in taking_turns("Forward pass", steps, rounds).items()
    }


def measure_exports(
    runs: Sequence[Run], images: ImageSet, rounds: int = 7
) -> dict[str, Any]:
    """Compare the LiteRT files of recorded networks with the networks.

    Args:
        runs: that `checkpoints.recorded_model` can build.
        images: those that the runs were trained and tested on.
        rounds: how often each file has its turn.

    Returns:
        `rounds`, `threads`, `recorded` (the day), `environment`, and
        `networks`: for each run its `model`, `seed`, `weights` and
        `base_weights`, as its record has them, and what `compare_files`
        returns; each file also has `milliseconds`, which an image takes, in
        each round.

    Raises:
        CatdogError: if a run is of other images.
    """
    for run in runs:
        if not run.is_of(images):
            raise CatdogError(
                f"{run.model} with seed {run.seed} was tested on other images "
                f"than those in {images.folder}: choose its own with "
                "CATDOG_DATA."
            )
    networks, steps = [], {}
    for run in runs:
        compared, answers = compare_files(
            checkpoints.recorded_model(run), images, run.fold
        )
        networks.append(
            {
                "model": run.model,
                "seed": run.seed,
                "weights": run.weights,
                "base_weights": run.base_weights,
                **compared,
            }
        )
        for quantization, answer in answers.items():
            steps[f"{run.model} {quantization}"] = answer
    seconds = taking_turns("Files at work", steps, rounds)
    for network in networks:
        for quantization, file in network["files"].items():
            file["milliseconds"] = [
                round(1000 * total / N_TIMED, 3)
                for total in seconds[f"{network['model']} {quantization}"]
            ]
    return {
        "rounds": rounds,
        "threads": THREADS,
        "recorded": date.today().isoformat(),
        "environment": environment(),
        "networks": networks,
    }


def compare_files(
    model: keras.Model, images: ImageSet, fold: int
) -> tuple[dict[str, Any], dict[str, Callable[[], None]]]:
    """Compare the answers of a network's LiteRT files with its own.

    Args:
        model: the trained network.
        images: the image set.
        fold: which fifth of the held-out images is the test set, 0 to 4.

    Returns:
        `images` and `correct`: of how many test images the network gets how
        many right; and `files`, by quantization: `bytes`, and what
        `compare_scores` returns. Also a function for each quantization, which
        lets the file answer for `N_TIMED` images.
    """
    size, names = model.input_shape[1], split(images, fold).test
    test = datasets(images, fold, size=size).test
    expected = training.score(model, test, names)
    first = next(iter(test))[0].numpy()
    timed = list(itertools.islice(itertools.cycle(first), N_TIMED))
    files: dict[str, Any] = {}
    steps: dict[str, Callable[[], None]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for quantization in Bar(export.QUANTIZATIONS, f"{model.name} exported"):
            path = export.to_litert(
                model,
                Path(folder) / f"{quantization}.tflite",
                quantization,
                export.representative_images(images, fold, size),
            )
            answer = export.load_litert(path, THREADS)
            files[quantization] = {
                "bytes": path.stat().st_size,
                **compare_scores(expected, _score(answer, test, names)),
            }
            steps[quantization] = functools.partial(_answer_all, answer, timed)
    correct = sum(score.correct for score in expected)
    return {"images": len(names), "correct": correct, "files": files}, steps


def compare_scores(
    expected: Sequence[Score], scores: Sequence[Score]
) -> dict[str, Any]:
    """Return how far scores are from others of the same images.

    Returns:
        `correct`; `same_answers`, how many there are; `largest_difference` of
        the probabilities of one image, in [0, 1].
    """
    pairs = list(zip(expected, scores, strict=True))
    return {
        "correct": sum(score.correct for score in scores),
        "same_answers": sum(a.answer == b.answer for a, b in pairs),
        "largest_difference": round(
            max(abs(a.probability - b.probability) for a, b in pairs), 6
        ),
    }


def _score(
    answer: Callable, dataset: tf.data.Dataset, names: Sequence[str]
) -> list[Score]:
    """Let a LiteRT file answer for each image of a dataset."""
    labels, probabilities = [], []
    for batch, batch_labels in dataset:
        for image, label in zip(
            batch.numpy(), batch_labels.numpy(), strict=True
        ):
            logits = answer(image[None])["logits"]
            labels.append(int(label))
            probabilities.append(float(keras.ops.softmax(logits)[0, 1]))
    return list(map(Score, names, labels, probabilities))


def _answer_all(answer: Callable, images: Sequence[np.ndarray]) -> None:
    for image in images:
        answer(image[None])


def taking_turns(
    title: str, steps: Mapping[str, Callable[[], Any]], rounds: int
) -> Measured:
    """Measure the seconds of each step in each round."""
    seconds: Measured = {name: [] for name in steps}
    turns = list(itertools.product(range(rounds), steps.items()))
    for _, (name, step) in Bar(turns, title):
        start = time.perf_counter()
        step()
        seconds[name].append(time.perf_counter() - start)
    return seconds


def usual_pipeline(images: ImageSet) -> tf.data.Dataset:
    """Return what the assignment builds: it decodes every image in every epoch."""
    return keras.utils.image_dataset_from_directory(
        images.folder / PurePosixPath(images.train[0]).parts[0],
        shuffle=True,
        batch_size=BATCH_SIZE,
        image_size=(IMAGE_SIZE, IMAGE_SIZE),
        verbose=False,
    ).prefetch(tf.data.AUTOTUNE)


def cached_pipeline(images: ImageSet) -> tf.data.Dataset:
    """Return the same, with decoded images kept in memory."""
    # Keras' own dataset comes in batches, already shuffled: a cache of it would
    # repeat the first epoch's order.
    return (
        keras.utils.image_dataset_from_directory(
            images.folder / PurePosixPath(images.train[0]).parts[0],
            shuffle=False,
            batch_size=None,
            image_size=(IMAGE_SIZE, IMAGE_SIZE),
            verbose=False,
        )
        .cache()
        .shuffle(len(images.train), reshuffle_each_iteration=True)
        .batch(BATCH_SIZE)
        .prefetch(tf.data.AUTOTUNE)
    )


def our_pipeline(images: ImageSet) -> tf.data.Dataset:
    """Return our training images, read from disk after decoding."""
    return datasets(images).train


def one_batch(images: ImageSet) -> tf.data.Dataset:
    """Return one batch, as often as an epoch has batches: no pipeline works."""
    ours = our_pipeline(images)
    return ours.take(1).cache().repeat(len(ours))


PIPELINES = {
    "usual": usual_pipeline,
    "usual cached": cached_pipeline,
    "our": our_pipeline,
}


# What `measure` measures; each takes images and rounds, and its name is the key.
COMPARISONS = (epoch, transfer, pipeline, scale, two_runs, forward)


def plain_network() -> keras.Model:
    """Return three convolutions at full size, as many tutorials have them."""
    network = keras.Sequential(
        [
            keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3)),
            *(
                layer
                for filters in (32, 32, 64)
                for layer in (
                    layers.Conv2D(filters, 3, activation="relu"),
                    layers.MaxPooling2D(),
                )
            ),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(2),
        ],
        name="plain",
    )
    return models.compile_model(network)


def multiply_adds(model: keras.Model) -> int:
    """Return how many multiplications with a weight one image takes."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiply_adds(layer)
        elif isinstance(
            layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense
        ):
            places = np.prod(layer.output.shape[1:-1], initial=1)
            total += int(places * np.prod(layer.kernel.shape))
    return total


def write_bench(measured: dict[str, Any], path: Path) -> None:
    """Write a measurement as JSON, whole or not at all."""
    write_atomically(path, json.dumps(measured, indent=1) + "\n")


def _feed_alone(way: str, images: ImageSet) -> tuple[float, float, float]:
    """Return what `_feed` returns, from a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(_feed, (way, images))


def _feed(way: str, images: ImageSet) -> tuple[float, float, float]:
    before = _peak()
    rates, dataset = [], PIPELINES[way](images)
    for _ in range(3):
        start = time.perf_counter()
        number = sum(len(labels) for _, labels in dataset)
        rates.append(number / (time.perf_counter() - start))
    return rates[0], statistics.median(rates[1:]), _peak() - before


def _peak() -> float:
    # MiB; 0 where the system does not tell.
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    (line,) = (
        x
        for x in status.read_text(encoding="ascii").splitlines()
        if "VmHWM" in x
    )
    return int(line.split()[1]) / 1024
