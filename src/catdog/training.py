"""Train a model now, or replay the run that was recorded.

Training all models takes long; reading about it does not. `catdog train` trains a model and records the run as a small
JSON file. `fit` replays that record as long as it belongs to the code: the same layers, settings and split.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm
from tqdm.keras import TqdmCallback

from catdog import assets, data
from catdog.archives import cache_folder, quiet
from catdog.data import Pictures
from catdog.errors import CatdogError, RecordError
from catdog.models import EPOCHS

EPOCHS = 20
Builder = Callable[[], keras.Model]

# What of a layer's configuration changes the result. A fixed list, so that a new Keras' extra entries change no key.
TELLING = ("filters", "kernel_size", "strides", "padding", "activation", "pool_size", "rate", "units", "mode", "factor")


@dataclass
class Run:
    """One training of one model, and what came of it. The fields are those of its JSON record.

    Attributes:
        model, seed, fold, epochs: what was trained, and which fifth of the held-out pictures was the test set.
        key: sixteen hexadecimal digits that stand for layers, settings, seed and split.
        history: `accuracy`, `val_accuracy`, `loss`, `val_loss`: one value an epoch; accuracies in [0, 1].
        validation, test: `n`, `correct`, `accuracy` after the last epoch.
        scores: one `[file name, label, probability of dog]` for each test picture.
        data: `source`, `train`, `validation`, `test` (counts), `fingerprint` (names), `content` (names and sizes).
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
    """Runs of one model, by seed. A notebook shows them as the sentence that says where they come from."""

    def _repr_markdown_(self) -> str:
        first = self[0]
        seeds = ", ".join(str(run.seed) for run in self)
        seconds = sum(run.seconds for run in self) / len(self)
        return (
            f"*{'Replayed, not trained anew' if first.network is None else 'Trained just now'}: "
            f"{first.epochs} epochs of `{first.model}` on {first.data['train']:,} {first.data['source']}, "
            f"seed{'s' if len(self) > 1 else ''} {seeds}; {seconds:.0f} s for a run on {first.environment['cores']} CPU cores, "
            f"TensorFlow {first.environment['tensorflow']}, {first.recorded}."
            f"{' Set `CATDOG_TRAIN=1` to train here.' if first.network is None else ''}*"
        )


def fit(builder: Builder, pictures: Pictures, seed: int = 0, epochs: int | None = None) -> Runs:
    """Replay all recorded runs of a model; train one if there are none, or if `CATDOG_TRAIN` is set.

    Where only drawn pictures are at hand, records of the photographs count: both sets share their file names.

    Args:
        builder: one of `catdog.models`' functions.
        pictures: what to train on.
        seed: of the run to train. It fixes the first weights, the order of pictures and the augmentation.
        epochs: passes through the training pictures; else `CATDOG_EPOCHS`, else 20.
    """
    epochs = epochs or int(os.environ.get("CATDOG_EPOCHS") or EPOCHS)
    replayed = [] if os.environ.get("CATDOG_TRAIN") else recorded_runs(builder, pictures, epochs)
    return Runs(replayed or [train(builder, pictures, seed, epochs)])


def train(builder: Builder, pictures: Pictures, seed: int = 0, epochs: int = EPOCHS) -> Run:
    """Train a new model, and score it on the validation and the test pictures.

    Raises:
        CatdogError: when `epochs` is less than 1.
    """
    if epochs < 1:
        raise CatdogError(f"{epochs} epochs train nothing: ask for 1 or more.")
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = builder()
    sets = data.datasets(pictures, seed % data.FOLDS, seed)
    start = time.perf_counter()
    history = model.fit(
        sets.train,
        validation_data=sets.validation,
        epochs=epochs,
        shuffle=False,  # the pipeline shuffles
        verbose=0,
        callbacks=[TqdmCallback(verbose=0, desc=f"{model.name}, seed {seed}", tqdm_class=tqdm, disable=quiet())],
    )
    seconds = time.perf_counter() - start
    parts = data.split(pictures, seed % data.FOLDS)
    scores = score(model, sets.test, parts.test)
    return Run(
        model=model.name,
        seed=seed,
        fold=seed % data.FOLDS,
        epochs=epochs,
        key=run_key(model, pictures, seed, epochs),
        history={name: [round(float(value), 5) for value in values] for name, values in history.history.items()},
        validation=tally(score(model, sets.validation, parts.validation)),
        test=tally(scores),
        scores=scores,
        data={
            "source": pictures.source,
            **{name: len(names) for name, names in parts._asdict().items()},
            "fingerprint": pictures.fingerprint,
            "content": pictures.content,
        },
        parameters={"trainable": count(model.trainable_weights), "frozen": count(model.non_trainable_weights)},
        settings=settings(model),
        environment=environment(),
        seconds=round(seconds, 1),
        recorded=date.today().isoformat(),
        network=model,
    )


def score(model: keras.Model, dataset: tf.data.Dataset, names: list[str]) -> list:
    """`[file name, label, probability of dog]` for each picture of an unshuffled dataset."""
    dogs = keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(dataset, verbose=0)))[:, 1]
    return [[name, data.label(name), round(float(dog), 5)] for name, dog in zip(names, dogs, strict=True)]


def tally(scores: list) -> dict:
    """`n`, `correct` and `accuracy` of scores as `score` gives them. From 0.5 on, the answer is dog."""
    correct = sum((dog >= 0.5) == bool(kind) for _, kind, dog in scores)
    return {"n": len(scores), "correct": correct, "accuracy": round(correct / len(scores), 5)}


def count(weights: list) -> int:
    """How many numbers a list of weights holds."""
    return int(sum(np.prod(weight.shape) for weight in weights))


def settings(model: keras.Model) -> dict:
    """All that decides how a compiled model learns, as plain JSON values."""
    optimizer = model.optimizer.get_config()
    rate = optimizer["learning_rate"]
    return {
        "layers": [_layer(layer) for layer in model.layers],
        "optimizer": type(model.optimizer).__name__,
        "learning_rate": rate["config"] if isinstance(rate, dict) else round(float(rate), 8),
        "loss": type(model.loss).__name__,
        "batch_size": data.BATCH_SIZE,
    }


def run_key(model: keras.Model, pictures: Pictures, seed: int, epochs: int) -> str:
    """Sixteen hexadecimal digits: equal when layers, settings, seed, epochs and file names are."""
    parts = [settings(model), pictures.fingerprint, seed, epochs]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def environment() -> dict:
    """What the run may owe to the machine."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cores": os.cpu_count(),
        "gpus": len(tf.config.list_physical_devices("GPU")),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def runs_folder() -> Path:
    """Where records live: `CATDOG_RUNS`, else `assets/runs`."""
    return Path(os.environ.get("CATDOG_RUNS") or assets() / "runs")


def record(run: Run, folder: Path | None = None) -> Path:
    """Write a run as `<model>-<seed>.json`, whole or not at all. Runs on drawings go to a folder of their own."""
    folder = folder or runs_folder() / ("" if run.data["source"] == "photographs" else "drawn")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.model}-{run.seed}.json"
    values = {name: value for name, value in vars(run).items() if name != "network"}
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text("{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()) + "\n}\n")
    part.replace(path)
    return path


def read_run(path: Path) -> Run:
    """Read a record.

    Raises:
        RecordError: when the file is not JSON, or lacks one of `Run`'s fields.
    """
    try:
        return Run(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise RecordError(f"{path} is no readable record ({error}): delete it, or write it again with `catdog train`.") from error


def network_path(name: str, seed: int) -> Path:
    """Where `catdog train` keeps a trained network. The cache, not the project: it is large, and anybody can make it."""
    folder = cache_folder() / "models"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}-{seed}.keras"


def load_network(name: str, seed: int = 0) -> keras.Model:
    """A network that `catdog train` trained on this machine.

    Raises:
        CatdogError: when there is none, or its file is broken.
    """
    path = network_path(name, seed)
    if not path.exists():
        raise CatdogError(f"{name} with seed {seed} was not trained here yet: run `catdog train {name} --seed {seed}` first.")
    try:
        return keras.models.load_model(path)
    except (OSError, ValueError) as error:
        raise CatdogError(f"{path} is broken: delete it, and run `catdog train {name} --seed {seed}` again.") from error


def predict(network: keras.Model, path: Path) -> tuple[str, float]:
    """What one picture shows: `"cat"` or `"dog"`, and the model's probability of that, in [0.5, 1].

    Raises:
        CatdogError: when the file is missing or is no picture.
    """
    try:
        picture = data.decode(str(path))
    except (tf.errors.OpError, ValueError) as error:
        raise CatdogError(f"{path} is no picture that can be read: give a JPEG, PNG, GIF or BMP file.") from error
    logits = network.predict(tf.cast(picture, tf.float32)[None], verbose=0)
    dog = float(keras.ops.softmax(logits)[0, 1])
    return data.CLASSES[int(dog >= 0.5)], max(dog, 1 - dog)


def recorded_runs(builder: Builder, pictures: Pictures, epochs: int = EPOCHS) -> Runs:
    """All records that belong to this code and this split, by seed. Those of the very pictures at hand come first."""
    folder = runs_folder()
    homes = [folder / "drawn", folder] if pictures.source == "drawings" else [folder]
    model = builder()
    found = {}
    for path in (path for home in homes for path in sorted(home.glob(f"{builder.__name__}-*.json"))):
        run = read_run(path)
        if run.key == run_key(model, pictures, run.seed, epochs):
            found.setdefault(run.seed, run)
    return Runs(found[seed] for seed in sorted(found))


def _layer(layer) -> list:
    config = layer.get_config()
    telling = {name: config[name] for name in TELLING if config.get(name) is not None}
    return [type(layer).__name__, list(layer.output.shape[1:]), layer.count_params(), layer.trainable, telling]
