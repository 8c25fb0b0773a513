"""Is a training worth its record, and a record worth reading?"""

import dataclasses
import hashlib
import json
import math

MEASURES = ("accuracy", "val_accuracy", "loss", "val_loss")
GUESSING = math.log(2)  # loss of giving both classes half the probability
NEAR = 0.01


def diverged(history: dict[str, list[float]]) -> int | None:
    """The epoch, from 1 on, in which a number stopped to be one; or None."""
    for epoch, values in enumerate(zip(*history.values(), strict=False), 1):
        if not all(math.isfinite(value) for value in values):
            return epoch
    return None


def collapsed(history: dict[str, list[float]], guessing=GUESSING) -> bool:
    """Whether a model gave up: over the last half of its epochs, and over three
    at least, its loss stayed at what guessing gives.

    Args:
        guessing: this loss, the entropy of the classes; ln 2 where they are
            equally frequent.
    """
    last = history["loss"][len(history["loss"]) // 2 :]
    return len(last) >= 3 and all(abs(x - guessing) < NEAR for x in last)


def checksum(values: dict) -> str:
    """Sixteen hexadecimal digits that stand for a record's values."""
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse_record(text: str, kind: type) -> dict:
    """The values of a record's text, checked: `kind` is the dataclass of their
    fields.

    Raises:
        ValueError: with the reason, when it is no JSON, was changed by hand,
            belongs to another version, or does not agree with itself.
    """
    values = json.loads(text, parse_constant=_no_number)
    if not isinstance(values, dict):
        raise ValueError("it holds no fields")
    stated = values.pop("checksum", None)
    if stated and stated != checksum(values):
        raise ValueError("it was changed after it was written")
    fields = {
        field.name: field
        for field in dataclasses.fields(kind)
        if field.name != "network"
    }
    unknown = sorted(values.keys() - fields.keys())
    if unknown:
        raise ValueError(
            f"a newer version has written it: {unknown[0]} is not known here"
        )
    for name, field in fields.items():
        needed = (field.default, field.default_factory) == (
            dataclasses.MISSING,
            dataclasses.MISSING,
        )
        if needed and name not in values:
            raise ValueError(f"it lacks {name}")
        if name in values and field.type in (int, float):
            _number(name, values[name], field.type)
        elif name in values and field.type in (str, list, dict):
            _kind(name, values[name], field.type)
    _check_history(values["history"], values["epochs"])
    _check_tally("validation", values["validation"])
    _check_tally("test", values["test"])
    _check_scores(values["scores"], values["test"])
    for name in ("train", "validation", "test"):
        _number(f"data.{name}", values["data"].get(name), int)
    return values


def _no_number(text: str):
    raise ValueError(f"{text} is no number")


def _kind(name: str, value, kind: type) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{name} is no {kind.__name__}")


def _number(name: str, value, kind=float, most=math.inf) -> None:
    kinds = (int, float) if kind is float else kind
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"{name} is no {kind.__name__}")
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}")


def _check_history(history: dict, epochs: int) -> None:
    _kind("history", history, dict)
    for name in MEASURES:
        _kind(f"history.{name}", history.get(name), list)
        if not epochs or len(history[name]) != epochs:
            raise ValueError(f"history.{name} does not have {epochs} epochs")
        most = 1 if name.endswith("accuracy") else math.inf
        for value in history[name]:
            _number(f"history.{name}", value, most=most)


def _check_tally(name: str, tally: dict) -> None:
    _kind(name, tally, dict)
    _number(f"{name}.n", tally.get("n"), int)
    _number(f"{name}.correct", tally.get("correct"), int, most=tally["n"])
    _number(f"{name}.accuracy", tally.get("accuracy"), most=1)
    if abs(tally["correct"] - tally["accuracy"] * tally["n"]) > 0.1:
        raise ValueError(f"{name}.accuracy does not agree with its counts")


def _check_scores(scores: list, test: dict) -> None:
    correct = 0
    for score in scores:
        if not isinstance(score, list) or len(score) != 3:
            raise ValueError("scores are not of three values")
        name, label, second = score
        _kind("scores", name, str)
        _number("scores", label, int, most=1)
        _number("scores", second, most=1)
        correct += (second >= 0.5) == bool(label)
    if (len(scores), correct) != (test["n"], test["correct"]):
        raise ValueError("test does not agree with scores")
