"""Small runs for tests, made by hand: they agree with themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from catdog.data.split import (
    FOLDS,
    TUTORIAL_FINGERPRINT,
    ImageSet,
    tutorial_names,
)
from catdog.runs.schema import History, Images, Parameters, Run
from catdog.scores import Result, Score, summarize

NAMES = tuple(tutorial_names())
# The tutorial's photographs by their names: there are no files.
TUTORIAL_IMAGES = ImageSet(
    Path("nowhere"), "photographs", NAMES[:2000], NAMES[2000:]
)


def make_run(
    model: str = "model1",
    seed: int = 0,
    training: Sequence[float] = (0.6, 0.8),
    validation: Sequence[float] = (0.5, 0.75),
    outcomes: Sequence[bool] = (True, True, True, False),
    train: float | Result | None = None,
    val_loss: Sequence[float] | None = None,
    **fields: Any,
) -> Run:
    """A run of the tutorial's photographs.

    Args:
        model: its name.
        seed: of the run. Runs of different folds test different images.
        training: accuracy of each epoch.
        validation: the same; the last is that of 1,000 images.
        outcomes: for each test image, which all show dogs, whether the answer
            is right.
        train: result on the training images in the end, in inference mode, or
            its accuracy; by default, that of the last epoch.
        val_loss: of each epoch; by default, always the same.
        fields: what else is to differ.
    """
    fold = seed % FOLDS
    scores = [
        Score(
            f"validation/dogs/dog.{fold}{number}.jpg", 1, 0.9 if right else 0.2
        )
        for number, right in enumerate(outcomes)
    ]
    if not isinstance(train, Result):
        accuracy = training[-1] if train is None else train
        train = Result(2000, round(accuracy * 2000), 0.5)
    values = {
        "model": model,
        "seed": seed,
        "fold": fold,
        "epochs": len(training),
        "configuration": {"batch_size": 32},
        "images": Images(
            "photographs",
            TUTORIAL_FINGERPRINT,
            "fedcba9876543210",
            (1000, 1000),
            (500, 500),
            (0, len(outcomes)),
        ),
        "decoding": "0123456789abcdef",
        "history": History(
            list(training),
            list(validation),
            [1 / epoch for epoch in range(1, len(training) + 1)],
            list(val_loss or [0.6] * len(training)),
        ),
        "train": train,
        "validation": Result(1000, round(validation[-1] * 1000), 0.6),
        "test": summarize(scores),
        "scores": scores,
        "parameters": Parameters(1234, 0),
        "environment": {"tensorflow": "2.21.0", "cores": 2},
        "seconds": 60.0,
        "recorded": "2026-01-02",
    }
    return Run(**values | fields)


def of_drawings(run: Run) -> Images:
    """The images of a run, but drawings."""
    return msgspec.structs.replace(run.images, source="drawings")


def of_own_images(run: Run) -> Images:
    """The images of a run, but somebody's own."""
    return msgspec.structs.replace(run.images, names="0011223344556677")
