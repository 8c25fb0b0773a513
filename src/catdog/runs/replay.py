"""Replay the runs that belong to today's code, or train one where none does."""

import inspect
from collections.abc import Mapping
from datetime import date

from catdog import ablations, settings
from catdog.backend import environment, keras
from catdog.data.pipeline import count_batches
from catdog.data.split import PHOTOGRAPHS, ImageSet, split
from catdog.errors import RecordError
from catdog.models import Builder, count_parameters
from catdog.runs import store
from catdog.runs.identity import describe_training, run_key
from catdog.runs.schema import Run
from catdog.scores import Score, count_correct
from catdog.training import Trained, train


def replay_or_train(
    builder: Builder,
    images: ImageSet,
    seed: int = 0,
    epochs: int | None = None,
) -> list[Run]:
    """Replay all recorded runs of a model.

    Train one if there are none, or if the environment variable `CATDOG_TRAIN`
    is 1.

    Args:
        builder: one of the functions of `catdog.models`.
        images: what to train on.
        seed: of the run to train.
        epochs: passes through the training images; else `CATDOG_EPOCHS`, else
            20.
    """
    epochs = settings.epochs() if epochs is None else epochs
    if not settings.train_now():
        runs = find_runs(builder, images, epochs)
        if runs:
            return runs
    return [train_run(builder, images, seed, epochs)[0]]


def find_runs(
    builder: Builder, images: ImageSet, epochs: int | None = None
) -> list[Run]:
    """Return the runs of a model that belong to this code and split, by seed.

    Runs of the photographs stand in for those of drawings, which have the same
    file names, if there is none of the drawings. The two are never mixed.
    """
    epochs = settings.epochs() if epochs is None else epochs
    if epochs < 1:
        return []  # and no learning rate could fall over so few
    model = builder(decay_steps=epochs * count_batches(images.train))
    copies = ablations.n_augmented_copies(builder.__name__)
    description = describe_training(model, copies)
    for source in dict.fromkeys([images.source, PHOTOGRAPHS]):
        runs: dict[int, Run] = {}
        for run in store.read_runs(source, images.fingerprint, model.name):
            if run.key == run_key(description, images, run.seed, epochs):
                runs.setdefault(run.seed, run)
        if runs:
            return [runs[seed] for seed in sorted(runs)]
    return []


def find_all_runs(
    builders: Mapping[str, Builder], images: ImageSet, needed: bool = True
) -> dict[str, list[Run]]:
    """Return the runs of each model that has any, by the model's name.

    Raises:
        RecordError: if they are `needed`, and images of your own lack those of
            a model.
    """
    epochs = settings.epochs()
    runs = {
        name: find_runs(builder, images, epochs)
        for name, builder in builders.items()
    }
    missing = [name for name, group in runs.items() if not group]
    if missing and images.own and needed:
        raise RecordError(
            f"No run of {', '.join(missing)} on these images is recorded: "
            f"run `catdog train all --epochs {epochs}` first."
        )
    return {name: group for name, group in runs.items() if group}


def find_ablations(
    builders: Mapping[str, Builder], images: ImageSet
) -> dict[str, list[Run]]:
    """Return the runs of ablations, by the first line of their docstring."""
    return {
        (inspect.getdoc(builder) or "").split(".\n")[0].rstrip("."): find_runs(
            builder, images
        )
        for builder in builders.values()
    }


def train_run(
    builder: Builder, images: ImageSet, seed: int, epochs: int
) -> tuple[Run, keras.Model]:
    """Train a model now.

    Returns:
        What is recorded of the training, and the trained model.
    """
    copies = ablations.n_augmented_copies(builder.__name__)
    trained = train(builder, images, seed, epochs, copies)
    run = as_run(trained, images, seed, copies)
    return run, trained.model


def as_run(
    trained: Trained, images: ImageSet, seed: int, n_augmented_copies: int
) -> Run:
    """Put together what is recorded of a training."""
    model, epochs = trained.model, len(trained.history["loss"])
    names = split(images, trained.fold)
    description = describe_training(model, n_augmented_copies)
    return Run(
        model=model.name,
        seed=seed,
        fold=trained.fold,
        epochs=epochs,
        key=run_key(description, images, seed, epochs),
        history={
            name: [round(float(value), 5) for value in values]
            for name, values in trained.history.items()
        },
        validation=_counts(trained.validation),
        test=_counts(trained.test),
        scores=trained.test,
        data={
            "source": images.source,
            "train": len(names.train),
            "validation": len(names.validation),
            "test": len(names.test),
            "fingerprint": images.fingerprint,
            "content": images.content,
        },
        parameters={
            "trainable": count_parameters(model.trainable_weights),
            "frozen": count_parameters(model.non_trainable_weights),
        },
        settings=description,
        environment=environment(),
        seconds=round(trained.seconds, 1),
        recorded=date.today().isoformat(),
    )


def _counts(scores: list[Score]) -> dict[str, float]:
    correct = count_correct(scores)
    accuracy = round(correct / len(scores), 5)
    return {"n": len(scores), "correct": correct, "accuracy": accuracy}
