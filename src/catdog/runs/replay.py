"""Replay the runs that belong to today's code, or train new ones."""

import functools
import inspect
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from catdog import ablations, settings
from catdog.ablations import recipe_of
from catdog.backend import environment, keras
from catdog.data.image_files import decoding_fingerprint
from catdog.data.pipeline import BATCH_SIZE
from catdog.data.split import DRAWINGS, PHOTOGRAPHS, ImageSet, Source, split
from catdog.errors import RecordError
from catdog.models import BUILDERS, Builder, count_parameters
from catdog.pretrained import structure_only, weights_fingerprint
from catdog.runs import store
from catdog.runs.identity import (
    describe_images,
    describe_training,
    differences,
)
from catdog.runs.schema import History, Parameters, Run
from catdog.scores import summarize
from catdog.training import Trained, train


def recorded_runs(builder: Builder, images: ImageSet) -> list[Run]:
    """Return the runs of a model that belong to this code and split, by seed.

    Raises:
        RecordError: if there are none.

    Shown in chapter 6.
    """
    runs = find_runs(builder, images)
    if not runs:
        raise _nothing_recorded(builder.__name__)
    return runs


def find_runs(
    builder: Builder, images: ImageSet, epochs: int | None = None
) -> list[Run]:
    """Return the runs of a model that belong to this code and split, by seed.

    Drawings have the file names of the photographs. If not all five models have
    runs of the drawings, the runs of the photographs stand in for all of them:
    the two are never mixed.
    """
    epochs = settings.epochs() if epochs is None else epochs
    source = images.source
    if source == DRAWINGS and not all(
        _find_runs_of(source, model, images, epochs)
        for model in BUILDERS.values()
    ):
        source = PHOTOGRAPHS
    return _find_runs_of(source, builder, images, epochs)


def _find_runs_of(
    source: Source, builder: Builder, images: ImageSet, epochs: int
) -> list[Run]:
    name = builder.__name__
    runs: dict[int, Run] = {}
    for run in store.read_runs(source, images.fingerprint, name):
        if belongs(run, builder, images, epochs):
            runs.setdefault(run.seed, run)
    return [runs[seed] for seed in sorted(runs)]


def belongs(run: Run, builder: Builder, images: ImageSet, epochs: int) -> bool:
    """Return whether a run is what such a training would give today.

    Args:
        run: the run.
        builder: of its model.
        images: those on this machine.
        epochs: passes through the training images, without those of
            fine-tuning.
    """
    more = recipe_of(run.model).fine_tuning_epochs
    return run.epochs == epochs + more and not why_stale(run, builder, images)


def why_stale(run: Run, builder: Builder, images: ImageSet | None) -> list[str]:
    """Return in what a run differs from today's code, images and weights.

    Args:
        run: the run.
        builder: of its model.
        images: those on this machine, if any.
    """
    epochs = run.epochs - recipe_of(run.model).fine_tuning_epochs
    description = _describe(builder, epochs, sum(run.images.train))
    has_base = run.model in ablations.BASE_IMAGE_SIZE
    return differences(run, description, images, has_base)


@functools.cache
def _describe(builder: Builder, epochs: int, n_train: int) -> dict[str, Any]:
    with structure_only():
        model = builder(decay_steps=epochs * math.ceil(n_train / BATCH_SIZE))
    return describe_training(model, recipe_of(builder.__name__))


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
        raise _nothing_recorded(*missing)
    return {name: group for name, group in runs.items() if group}


def _nothing_recorded(*models: str) -> RecordError:
    which = models[0] if len(models) == 1 else "all"
    return RecordError(
        f"No run of {', '.join(models)} on these images is recorded: run "
        f"`catdog train {which} --epochs {settings.epochs()}` first."
    )


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
    builder: Builder,
    images: ImageSet,
    seed: int,
    epochs: int,
    n_devices: int = 1,
) -> tuple[Run, keras.Model]:
    """Train a model now.

    Returns:
        What is recorded of the training, and the trained model.
    """
    recipe = recipe_of(builder.__name__)
    trained = train(builder, images, seed, epochs, recipe, n_devices)
    description = _describe(builder, epochs, len(images.train))
    return as_run(trained, description, images, seed), trained.model


def as_run(
    trained: Trained, description: dict[str, Any], images: ImageSet, seed: int
) -> Run:
    """Put together what is recorded of a training.

    Args:
        trained: the trained model and its answers.
        description: of the training, from `describe_training`.
        images: what it was trained on.
        seed: of the training.
    """
    model = trained.model
    scores = [
        score._replace(probability=round(score.probability, 5))
        for score in trained.scores
    ]
    has_base = model.name in ablations.BASE_IMAGE_SIZE
    return Run(
        model=model.name,
        seed=seed,
        fold=trained.fold,
        epochs=len(trained.history["loss"]),
        configuration=description,
        images=describe_images(images, split(images, trained.fold)),
        decoding=decoding_fingerprint(),
        base_weights=weights_fingerprint() if has_base else None,
        history=History(
            **{
                name: [round(float(value), 5) for value in values]
                for name, values in trained.history.items()
            }
        ),
        train=trained.train,
        validation=trained.validation,
        test=summarize(scores),
        scores=scores,
        parameters=Parameters(
            count_parameters(model.trainable_weights),
            count_parameters(model.non_trainable_weights),
        ),
        environment=environment(),
        devices=trained.n_devices,
        precision=trained.precision,
        seconds=round(trained.seconds, 1),
        recorded=date.today().isoformat(),
    )
