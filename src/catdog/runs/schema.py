"""What a record holds, and whether it can be relied on."""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from catdog._io import digest
from catdog.scores import Score, count_correct

MEASURES = ("accuracy", "val_accuracy", "loss", "val_loss")


@dataclass
class Run:
    """One training of one model. The fields are those of its JSON record.

    Attributes:
        model: name of the model.
        seed: of the training.
        fold: which fifth of the held-out images was the test set.
        epochs: how many.
        key: sixteen hexadecimal digits that stand for layers, settings, seed
            and split.
        history: `accuracy`, `val_accuracy`, `loss`, `val_loss`: one value an
            epoch; accuracies in [0, 1].
        validation: `n`, `correct`, `accuracy` after the last epoch.
        test: the same for the test images.
        scores: the answer for each test image.
        data: `source`, `train`, `validation`, `test` (counts), `fingerprint`
            (names), `content` (names and sizes).
        parameters: `trainable` and `frozen` counts.
        settings: layers, optimizer, learning rate, loss, batch size.
        environment: versions, cores and platform of the machine.
        seconds: of training, without the final scoring.
        recorded: the day, as YYYY-MM-DD.
        path: the file it was read from; None for a run of this very process.
    """

    model: str
    seed: int
    fold: int
    epochs: int
    key: str
    history: dict[str, list[float]]
    validation: dict[str, Any]
    test: dict[str, Any]
    scores: list[Score]
    data: dict[str, Any]
    parameters: dict[str, int]
    settings: dict[str, Any]
    environment: dict[str, Any]
    seconds: float
    recorded: str
    path: Path | None = field(default=None, repr=False, compare=False)


RECORDED = tuple(
    item for item in dataclasses.fields(Run) if item.name != "path"
)


def as_record(run: Run) -> str:
    """Return the text of a run's record: JSON, a line for each field."""
    values = {item.name: getattr(run, item.name) for item in RECORDED}
    values["checksum"] = checksum(values)
    lines = [
        f" {json.dumps(name)}: {json.dumps(value)}"
        for name, value in values.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def parse_record(text: str) -> Run:
    """Read a run from the text of its record.

    Raises:
        ValueError: with the reason, if it is no JSON, was changed by hand,
            belongs to another version, or does not agree with itself.
    """
    values = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(values, dict):
        raise ValueError("it holds no fields")
    stated = values.pop("checksum", None)
    if stated and stated != checksum(values):
        raise ValueError("it was changed after it was written")
    _check_fields(values)
    _check_history(values["history"], values["epochs"])
    _check_counts("validation", values["validation"])
    _check_counts("test", values["test"])
    for name in ("train", "validation", "test"):
        _check_number(f"data.{name}", values["data"].get(name), int)
    values["scores"] = _checked_scores(values["scores"], values["test"])
    return Run(**values)


def checksum(values: dict) -> str:
    """Return sixteen hexadecimal digits that stand for a record's values."""
    return digest([json.dumps(values, sort_keys=True)])


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _check_fields(values: dict) -> None:
    names = {item.name for item in RECORDED}
    unknown = sorted(values.keys() - names)
    if unknown:
        raise ValueError(
            f"a newer version has written it: {unknown[0]} is not known here"
        )
    for item in RECORDED:
        if item.name not in values:
            raise ValueError(f"it lacks {item.name}")
        expected: Any = get_origin(item.type) or item.type
        if expected in (int, float):
            _check_number(item.name, values[item.name], expected)
        else:
            _check_type(item.name, values[item.name], expected)


def _check_type(name: str, value: Any, expected: type) -> None:
    if not isinstance(value, expected):
        raise ValueError(f"{name} is no {expected.__name__}")


def _check_number(
    name: str, value: Any, expected: type = float, most: float = math.inf
) -> None:
    types = (int, float) if expected is float else (expected,)
    if type(value) not in types:  # a bool is no number here
        raise ValueError(f"{name} is no {expected.__name__}")
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}")


def _check_history(history: dict, epochs: int) -> None:
    for name in MEASURES:
        _check_type(f"history.{name}", history.get(name), list)
        if not epochs or len(history[name]) != epochs:
            raise ValueError(f"history.{name} does not have {epochs} epochs")
        most = 1 if name.endswith("accuracy") else math.inf
        for value in history[name]:
            _check_number(f"history.{name}", value, most=most)


def _check_counts(name: str, counts: dict) -> None:
    _check_number(f"{name}.n", counts.get("n"), int)
    _check_number(f"{name}.correct", counts.get("correct"), int, counts["n"])
    _check_number(f"{name}.accuracy", counts.get("accuracy"), most=1)
    n = counts["n"]
    # An accuracy is rounded to five places.
    if abs(counts["correct"] - counts["accuracy"] * n) > 1e-5 * n:
        raise ValueError(f"{name}.accuracy does not agree with its counts")


def _checked_scores(values: list, test: dict) -> list[Score]:
    scores = []
    for value in values:
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError("scores are not of three values")
        score = Score(*value)
        _check_type("scores", score.name, str)
        _check_number("scores", score.label, int, most=1)
        _check_number("scores", score.probability, most=1)
        scores.append(score)
    if (len(scores), count_correct(scores)) != (test["n"], test["correct"]):
        raise ValueError("test does not agree with scores")
    return scores
