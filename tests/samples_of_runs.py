"""Small runs for tests, made by hand: they agree with themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catdog.data.split import (
    FOLDS,
    TUTORIAL_FINGERPRINT,
    ImageSet,
    tutorial_names,
)
from catdog.runs.schema import Run
from catdog.scores import Score

NAMES = tuple(tutorial_names())
# The tutorial's photographs by their names: there are no files.
TUTORIAL_IMAGES = ImageSet(
    Path("nowhere"), "photographs", NAMES[:2000], NAMES[2000:]
)
# Where a replayed run comes from; without a path it was trained just now.
RECORD = Path("model1-0.json")


def make_run(
    model: str = "model1",
    seed: int = 0,
    training: Sequence[float] = (0.6, 0.8),
    validation: Sequence[float] = (0.5, 0.75),
    outcomes: Sequence[bool] = (True, True, True, False),
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
        fields: what else is to differ.
    """
    fold = seed % FOLDS
    n, correct = len(outcomes), sum(outcomes)
    values = {
        "model": model,
        "seed": seed,
        "fold": fold,
        "epochs": len(training),
        "key": "0123456789abcdef",
        "history": {
            "accuracy": list(training),
            "val_accuracy": list(validation),
            "loss": [1 / epoch for epoch in range(1, len(training) + 1)],
            "val_loss": [0.6] * len(training),
        },
        "validation": {
            "n": 1000,
            "correct": round(validation[-1] * 1000),
            "accuracy": validation[-1],
        },
        "test": {"n": n, "correct": correct, "accuracy": round(correct / n, 5)},
        "scores": [
            Score(
                f"validation/dogs/dog.{fold}{number}.jpg",
                1,
                0.9 if right else 0.2,
            )
            for number, right in enumerate(outcomes)
        ],
        "data": {
            "source": "photographs",
            "train": 2000,
            "validation": 1000,
            "test": n,
            "fingerprint": TUTORIAL_FINGERPRINT,
            "content": "fedcba9876543210",
        },
        "parameters": {"trainable": 1234, "frozen": 0},
        "settings": {"optimizer": "Adam"},
        "environment": {"tensorflow": "2.21.0", "cores": 2},
        "seconds": 60.0,
        "recorded": "2026-01-02",
    }
    return Run(**values | fields)


def of_drawings(run: Run) -> dict[str, Any]:
    """The data of a run, but of drawings."""
    return {**run.data, "source": "drawings"}


def of_own_images(run: Run) -> dict[str, Any]:
    """The data of a run, but of somebody's own images."""
    return {**run.data, "fingerprint": "0011223344556677"}
