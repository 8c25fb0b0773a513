"""Train a model now, or replay the run that was recorded.

Training all models takes long; reading about it does not. So each training is
recorded once, with `catdog train`, and replayed wherever its record belongs to
the code.
"""

import json
import os
import time
from datetime import date
from pathlib import Path

from catdog import feature_extraction
from catdog._io import cache_folder, written_whole
from catdog.backend import keras, tf
from catdog.data import image_files, sources
from catdog.data.sources import Datasets, Pictures
from catdog.errors import CatdogError, DataError
from catdog.models import EPOCHS
from catdog.progress import Bar
from catdog.runs import schema, store
from catdog.runs.store import Builder, Run, Runs


def fit(
    builder: Builder,
    pictures: Pictures,
    seed: int = 0,
    epochs: int | None = None,
) -> Runs:
    """Replay all recorded runs of a model.

    Train one if there are none, or if the environment variable `CATDOG_TRAIN`
    is set.

    Args:
        builder: one of `catdog.models`' functions.
        pictures: what to train on.
        seed: of the run to train. It fixes the first weights, the order of
            pictures and the augmentation.
        epochs: passes through the training pictures; else `CATDOG_EPOCHS`, else
            20.
    """
    epochs = epochs or store.epochs_wanted()
    if not os.environ.get("CATDOG_TRAIN"):
        runs = store.recorded_runs(builder, pictures, epochs)
        if runs:
            return runs
    return Runs([train(builder, pictures, seed, epochs)])


def train(
    builder: Builder, pictures: Pictures, seed: int = 0, epochs: int = EPOCHS
) -> Run:
    """Train a new model, and score it on the validation and the test pictures.

    Raises:
        CatdogError: when `epochs` is less than 1, or the training diverges.
    """
    if epochs < 1:
        raise CatdogError(f"{epochs} epochs train nothing: ask for 1 or more.")
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = store.built(builder, pictures, epochs)
    fold = seed % sources.FOLDS
    sets = sources.datasets(pictures, fold, seed, side=model.input_shape[1])
    start = time.perf_counter()
    history = learn(model, sets, seed, epochs)
    epoch = schema.diverged(history)
    if epoch:
        raise CatdogError(
            f"{model.name} with seed {seed} went astray: its numbers became "
            f"infinite in epoch {epoch}. Train it in smaller steps."
        )
    seconds = time.perf_counter() - start
    return finished(model, pictures, seed, history, seconds, sets)


def learn(
    model: keras.Model, sets: Datasets, seed: int, epochs: int
) -> dict[str, list[float]]:
    """Train a model: as a whole or, if it has a frozen base, what comes behind
    the base. Returns its history.
    """
    learner, examples, validation = model, sets.train, sets.validation
    steps = None  # as many as there are batches
    if feature_extraction.has_frozen_base(model):
        steps = len(sets.train)  # features never end
        frozen, learner = feature_extraction.two_parts(model)
        examples, validation = feature_extraction.feature_sets(
            frozen, sets, seed, feature_extraction.passes(model)
        )
    with Bar(total=epochs, desc=f"{model.name}, seed {seed}") as bar:
        return learner.fit(
            examples,
            validation_data=validation,
            epochs=epochs,
            steps_per_epoch=steps,
            shuffle=False,  # the pipeline shuffles
            verbose=0,
            callbacks=[progress(bar), keras.callbacks.TerminateOnNaN()],
        ).history


def finished(model, pictures, seed, history, seconds, sets) -> Run:
    """Score a trained model, and put together what is kept of its training."""
    fold, epochs = seed % sources.FOLDS, len(history["loss"])
    parts = sources.split(pictures, fold)
    scores = score(model, sets.test, parts.test)
    return Run(
        model=model.name,
        seed=seed,
        fold=fold,
        epochs=epochs,
        key=store.run_key(model, pictures, seed, epochs),
        history={
            name: [round(float(value), 5) for value in values]
            for name, values in history.items()
        },
        validation=tally(score(model, sets.validation, parts.validation)),
        test=tally(scores),
        scores=scores,
        data={
            "source": pictures.source,
            **{name: len(names) for name, names in parts._asdict().items()},
            "fingerprint": pictures.fingerprint,
            "content": pictures.content,
        },
        parameters={
            "trainable": store.count(model.trainable_weights),
            "frozen": store.count(model.non_trainable_weights),
        },
        settings=store.settings(model),
        environment=store.environment(),
        seconds=round(seconds, 1),
        recorded=date.today().isoformat(),
        network=model,
    )


def progress(bar: Bar) -> keras.callbacks.Callback:
    """A callback that moves a progress bar at the end of each epoch."""

    def advance(epoch, logs):
        bar.set_postfix({name: f"{value:.3f}" for name, value in logs.items()})
        bar.update()

    return keras.callbacks.LambdaCallback(on_epoch_end=advance)


def score(
    model: keras.Model, dataset: tf.data.Dataset, names: list[str]
) -> list:
    """`[file name, label, probability of dog]` for each picture of a dataset.

    The dataset must be unshuffled, and `names` in its order.
    """
    answers = keras.ops.softmax(model.predict(dataset, verbose=0))
    dogs = keras.ops.convert_to_numpy(answers)[:, 1]
    labels = [int(label) for _, batch in dataset for label in batch]
    return [
        [name, label, round(float(dog), 5)]
        for name, label, dog in zip(names, labels, dogs, strict=True)
    ]


def tally(scores: list) -> dict:
    """`n`, `correct` and `accuracy` of scores. From 0.5 on, the answer is dog."""
    correct = sum((dog >= 0.5) == bool(kind) for _, kind, dog in scores)
    accuracy = round(correct / len(scores), 5)
    return {"n": len(scores), "correct": correct, "accuracy": accuracy}


def predict(
    network: keras.Model, path: Path, classes=("cat", "dog")
) -> tuple[str, float]:
    """What one picture shows: a class, and its probability in [0.5, 1].

    Raises:
        DataError: when the file is missing or is no picture.
    """
    reason = image_files.fault(path)
    if reason:
        raise DataError(f"{image_files.shown(str(path))} {reason}.")
    side = network.input_shape[1]
    picture = tf.cast(sources.decode(str(path), side), tf.float32)
    logits = network.predict(picture[None], verbose=0)
    second = float(keras.ops.softmax(logits)[0, 1])
    return classes[int(second >= 0.5)], max(second, 1 - second)


def network_path(name: str, seed: int) -> Path:
    """Where `catdog train` keeps a trained network.

    In the cache, not in the project: it is large, and anybody can make it.
    """
    folder = cache_folder() / "models"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}-{seed}.keras"


def keep_network(run: Run, classes: tuple[str, str]) -> None:
    """Save the network of a run, and the names of its classes, in the cache."""
    path = network_path(run.model, run.seed)
    part = path.with_suffix(".part.keras")
    run.network.save(part)
    part.replace(path)
    written_whole(path.with_suffix(".json"), json.dumps(classes))


def network_classes(name: str, seed: int = 0) -> list[str]:
    """The names of the classes that a saved network tells apart."""
    try:
        path = network_path(name, seed).with_suffix(".json")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ["cat", "dog"]


def load_network(name: str, seed: int = 0) -> keras.Model:
    """A network that `catdog train` trained on this machine.

    Raises:
        CatdogError: when there is none, or its file is broken.
    """
    path = network_path(name, seed)
    command = f"catdog train {name} --seed {seed}"
    if not path.exists():
        raise CatdogError(
            f"{name} with seed {seed} was not trained here yet: run `{command}` first."
        )
    try:
        return keras.models.load_model(path)
    except (OSError, ValueError) as error:
        raise CatdogError(
            f"{path} is broken: delete it, and run `{command}` again."
        ) from error
