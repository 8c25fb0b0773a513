"""What is kept of a training: the run and its JSON record.

`catdog train` writes `assets/runs/<model>-<seed>.json`. A record counts as long
as it belongs to the code: the same layers, settings, seed and split give the
same key.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from catdog import assets, feature_extraction, models
from catdog._io import written_whole
from catdog.backend import keras, tf
from catdog.data import sources
from catdog.data.sources import BATCH_SIZE, TUTORIALS_NAMES, Pictures
from catdog.errors import CatdogError, RecordError
from catdog.models import EPOCHS
from catdog.runs import schema

Builder = Callable[[], keras.Model]

# What of a layer's configuration changes the result. A fixed list, so that an
# entry
# which a new Keras adds changes no key.
TELLING = tuple(
    [
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "activation",
        "kernel_initializer",
        "pool_size",
        "rate",
        "units",
        "mode",
        "factor",
    ]
)


@dataclass
class Run:
    """One training of one model. The fields are those of its JSON record.

    Attributes:
        model, seed, fold, epochs: what was trained, and which fifth of the
            held-out pictures was the test set.
        key: sixteen hexadecimal digits that stand for layers, settings, seed
            and split.
        history: `accuracy`, `val_accuracy`, `loss`, `val_loss`: one value an
            epoch; accuracies in [0, 1].
        validation, test: `n`, `correct`, `accuracy` after the last epoch.
        scores: one `[file name, label, probability of dog]` for each test
            picture.
        data: `source`, `train`, `validation`, `test` (counts), `fingerprint`
            (names), `content` (names and sizes).
        parameters: `trainable` and `frozen` counts.
        settings: layers, optimizer, learning rate, loss, batch size.
        environment: versions, cores and platform of the machine.
        seconds: of training, without the final scoring.
        recorded: the day, as YYYY-MM-DD.
        network: the trained model; None in a replayed run.
    """

    model: str
    seed: int
    fold: int
    epochs: int
    key: str
    history: dict[str, list[float]]
    validation: dict
    test: dict
    scores: list
    data: dict
    parameters: dict
    settings: dict
    environment: dict
    seconds: float
    recorded: str
    network: keras.Model | None = field(default=None, repr=False, compare=False)


class Runs(list[Run]):
    """Runs of one model, by seed. A notebook shows where they come from."""

    def _repr_markdown_(self) -> str:
        first = self[0]
        trained = first.network is not None
        seconds = sum(run.seconds for run in self) / len(self)
        sentences = [
            f"{'Trained just now' if trained else 'Replayed, not trained anew'}: "
            f"{first.epochs} epochs of `{first.model}` "
            f"on {first.data['train']:,} {first.data['source']}, "
            f"seed{'s' if len(self) > 1 else ''} "
            f"{', '.join(str(run.seed) for run in self)}.",
            f"A run took {seconds:.0f} s on {processors(first.environment)} "
            f"with TensorFlow {first.environment['tensorflow']}, {first.recorded}.",
        ]
        sentences += [
            f"With seed {run.seed} it learned nothing: its loss stayed where "
            "guessing has it."
            for run in self
            if schema.collapsed(run.history)
        ]
        if not trained:
            sentences.append("Set `CATDOG_TRAIN=1` to train here.")
        return f"*{' '.join(sentences)}*"


def settings(model: keras.Model) -> dict:
    """All that decides how a compiled model learns, as plain JSON values."""
    rate = model.optimizer.get_config()["learning_rate"]
    once = feature_extraction.has_frozen_base(model)
    return {
        "layers": [_layer(layer) for layer in model.layers],
        "optimizer": type(model.optimizer).__name__,
        "learning_rate": rate["config"]
        if isinstance(rate, dict)
        else float(rate),
        "loss": type(model.loss).__name__,
        "batch_size": BATCH_SIZE,
        **({"passes": feature_extraction.passes(model)} if once else {}),
    }


def built(builder: Builder, pictures: Pictures, epochs: int) -> keras.Model:
    """A new model, ready for so many passes through the training pictures."""
    return models.paced(builder(), epochs * sources.batches(pictures.train))


def run_key(
    model: keras.Model, pictures: Pictures, seed: int, epochs: int
) -> str:
    """Sixteen hexadecimal digits: equal when settings, file names, seed, epochs
    are.
    """
    parts = [settings(model), pictures.fingerprint, seed, epochs]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def count(weights: list) -> int:
    """How many numbers a list of weights holds."""
    return int(sum(np.prod(weight.shape) for weight in weights))


def environment() -> dict:
    """What the run may owe to the machine."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cores": _cores(),
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def epochs_wanted() -> int:
    """How many epochs runs are to have: `CATDOG_EPOCHS`, else 20.

    Raises:
        CatdogError: when that is no whole number.
    """
    said = os.environ.get("CATDOG_EPOCHS") or str(EPOCHS)
    if not said.isdecimal():
        raise CatdogError(f"CATDOG_EPOCHS is {said!r}: give a whole number.")
    return int(said)


def counted(number: int, noun: str) -> str:
    """A number of things, such as `1 run` or `5 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def processors(environment: dict) -> str:
    """How many CPU cores an environment had, such as `2 CPU cores`."""
    return counted(environment["cores"], "CPU core")


def runs_folder() -> Path:
    """Where records live: `CATDOG_RUNS`, else `assets/runs`."""
    return Path(os.environ.get("CATDOG_RUNS") or assets() / "runs")


def home(source: str, fingerprint: str) -> Path:
    """The folder for records of these pictures. Those of the tutorial's
    photographs lie in `runs_folder()` itself, all others below it.
    """
    if source == "drawings":
        return runs_folder() / "drawn"
    own = fingerprint != TUTORIALS_NAMES
    return runs_folder() / "own" / fingerprint if own else runs_folder()


def record(run: Run, folder: Path | None = None) -> Path:
    """Write a run as `<model>-<seed>.json`, whole or not at all.

    Without a `folder`, it goes where `home` says.
    """
    if folder is None:
        folder = home(run.data["source"], run.data["fingerprint"])
    path = folder / f"{run.model}-{run.seed}.json"
    values = {
        name: value for name, value in vars(run).items() if name != "network"
    }
    values["checksum"] = schema.checksum(values)
    lines = [
        f" {json.dumps(name)}: {json.dumps(value)}"
        for name, value in values.items()
    ]
    written_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")
    return path


def read_run(path: Path) -> Run:
    """Read a record.

    Raises:
        RecordError: when the file cannot be read, is not what `record` wrote,
            or does not agree with itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Run(**schema.parse_record(text, Run))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is no record to rely on ({error}): delete it, or write it again "
            "with `catdog train`."
        ) from error


def recorded_runs(
    builder: Builder, pictures: Pictures, epochs: int = EPOCHS
) -> Runs:
    """All records that belong to this code and this split, by seed.

    Drawings share the file names of the photographs. Where only they are at
    hand, a record on drawings comes first, and one on photographs stands in for
    it.
    """
    nearest = home(pictures.source, pictures.fingerprint)
    model = built(builder, pictures, epochs)
    found = {}
    for folder in dict.fromkeys([nearest, runs_folder()]):
        for path in sorted(folder.glob(f"{builder.__name__}-*.json")):
            run = read_run(path)
            if run.key == run_key(model, pictures, run.seed, epochs):
                found.setdefault(run.seed, run)
    return Runs(found[seed] for seed in sorted(found))


def _cores() -> int:
    """Those that this process may use; not every system can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _layer(layer) -> list:
    config = layer.get_config()
    telling = {
        name: config[name] for name in TELLING if config.get(name) is not None
    }
    return [
        type(layer).__name__,
        list(layer.output.shape[1:]),
        layer.count_params(),
        layer.trainable,
        {name: _plain(value) for name, value in telling.items()},
    ]


def _plain(value):
    if isinstance(value, dict):  # a Keras object, described
        return value["class_name"]
    return list(value) if isinstance(value, tuple) else value
