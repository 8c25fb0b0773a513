"""Measure our ways against the usual ones, on this machine, side by side.

In each round every way has its turn, so that what slows the machine down for a
while slows all of them. Medians over the rounds count.
"""

import functools
import itertools
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catdog import assets, models, training
from catdog._io import written_whole
from catdog.backend import keras, layers, tf
from catdog.data import sources
from catdog.data.sources import BATCH_SIZE, SIDE, Pictures
from catdog.progress import Bar
from catdog.runs import store

MATRIX = 2048  # rows and columns of the matrix product that stands for the peak


def measure(pictures: Pictures, rounds: int = 3) -> dict:
    """Run every comparison.

    Returns:
        `rounds`, `pictures`, `environment`, and for each comparison the
        seconds (or, for `pipeline` and `forward`, the rates) of each way in
        each round.
    """
    found = {
        "rounds": rounds,
        "pictures": pictures.source,
        "environment": store.environment(),
    }
    for compare in (epoch, transfer, pipeline, forward):
        found[compare.__name__] = compare(pictures, rounds)
    return found


def epoch(pictures: Pictures, rounds: int) -> dict[str, list[float]]:
    """Seconds of one epoch of training, from the second one on."""
    ways = {
        "model1, usual pipeline": (models.model1(), usual_pipeline(pictures)),
        "model1, our pipeline": (models.model1(), our_pipeline(pictures)),
        "plain network, our pipeline": (
            plain_network(),
            our_pipeline(pictures),
        ),
    }
    steps = {
        name: functools.partial(model.fit, dataset, shuffle=False, verbose=0)
        for name, (model, dataset) in ways.items()
    }
    for step in steps.values():
        step()  # the first epoch decodes and compiles
    return taking_turns("An epoch", steps, rounds)


def transfer(pictures: Pictures, rounds: int) -> dict[str, list[float]]:
    """Seconds of one epoch of `model4` the usual way, in which all pictures
    pass all layers, and of all epochs of it our way.
    """
    sets = sources.datasets(pictures)
    usual = models.model4()
    both = {
        "validation_data": sets.validation,
        "shuffle": False,
        "verbose": 0,
    }

    usual.fit(sets.train, **both)
    steps = {
        "usual, an epoch": lambda: usual.fit(sets.train, **both),
        "ours, all epochs": lambda: training.learn(
            models.model4(), sets, seed=0, epochs=models.EPOCHS
        ),
    }
    return taking_turns("model4", steps, rounds)


def pipeline(pictures: Pictures, rounds: int) -> dict[str, list[float]]:
    """Training pictures per second, without any model, in the first epoch and
    in the later ones, and MiB of memory at the peak. Each way runs in a process
    of its own.
    """
    found = {}
    turns = itertools.product(range(rounds), ("usual", "our"))
    for _, way in Bar(list(turns), "Pipelines"):
        with multiprocessing.get_context("spawn").Pool(1) as process:
            first, later, peak = process.apply(_feed, (way, pictures))
        for name, value in [
            (f"{way}, first epoch", first),
            (f"{way}, later epochs", later),
            (f"{way}, MiB", peak),
        ]:
            found.setdefault(name, []).append(value)
    return found


def forward(pictures: Pictures, rounds: int) -> dict[str, list[float]]:
    """Billions of multiply-adds per second: `model4` at work, and a large
    matrix product.
    """
    model = models.model4()
    batch = tf.random.uniform((BATCH_SIZE, *model.input_shape[1:]), 0, 255)
    square = tf.random.normal((MATRIX, MATRIX))
    answer = tf.function(lambda: model(batch, training=False))
    product = tf.function(lambda: tf.linalg.matmul(square, square))
    work = {
        "model4": (answer, BATCH_SIZE * multiply_adds(model)),
        "matrix product": (product, MATRIX**3),
    }
    for run, _ in work.values():
        run()
    seconds = taking_turns(
        "Forward pass",
        {
            name: lambda run=run: run().numpy()
            for name, (run, _) in work.items()
        },
        rounds,
    )
    return {
        name: [work[name][1] / second / 1e9 for second in values]
        for name, values in seconds.items()
    }


def taking_turns(
    title: str, steps: dict[str, Callable], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each step in each round."""
    seconds = {name: [] for name in steps}
    turns = list(itertools.product(range(rounds), steps.items()))
    for _, (name, step) in Bar(turns, title):
        start = time.perf_counter()
        step()
        seconds[name].append(time.perf_counter() - start)
    return seconds


def usual_pipeline(pictures: Pictures) -> tf.data.Dataset:
    """What the course's code builds: it decodes every picture in every epoch."""
    return keras.utils.image_dataset_from_directory(
        pictures.folder / "train",
        shuffle=True,
        batch_size=BATCH_SIZE,
        image_size=(SIDE, SIDE),
        verbose=False,
    ).prefetch(tf.data.AUTOTUNE)


def our_pipeline(pictures: Pictures) -> tf.data.Dataset:
    """Our training pictures, kept in memory after decoding."""
    return sources.datasets(pictures).train


def plain_network() -> keras.Model:
    """Three convolutions at full size, as many tutorials have them."""
    return models.compiled(
        [
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
        "plain",
    )


def multiply_adds(model: keras.Model) -> int:
    """Multiplications with a weight that one picture takes."""
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


def bench_path() -> Path:
    """Where the last measurement is kept."""
    return assets() / "bench.json"


def keep(found: dict, path: Path) -> None:
    """Write a measurement as JSON, whole or not at all."""
    written_whole(path, json.dumps(found, indent=1) + "\n")


def read() -> dict:
    """The last measurement; empty if there is none."""
    path = bench_path()
    return json.loads(path.read_text()) if path.exists() else {}


def medians(found: dict) -> dict[str, float]:
    """The middle value of each way of one comparison."""
    return {name: statistics.median(values) for name, values in found.items()}


def _feed(way: str, pictures: Pictures) -> tuple[float, float, float]:
    before = _peak()
    build = usual_pipeline if way == "usual" else our_pipeline
    rates, dataset = [], build(pictures)
    for _ in range(3):
        start = time.perf_counter()
        number = sum(len(labels) for _, labels in dataset)
        rates.append(number / (time.perf_counter() - start))
    return rates[0], statistics.median(rates[1:]), _peak() - before


def _peak() -> float:
    """MiB of memory that this process had at its peak; 0 where the system does
    not tell.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    (line,) = (x for x in status.read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1]) / 1024
