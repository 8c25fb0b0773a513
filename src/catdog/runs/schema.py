"""What a record holds, and whether it can be relied on."""

import math
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from catdog._io import digest
from catdog.data.split import ImageSet, Source
from catdog.scores import NonNegative, Result, Score, Share, summarize

SCHEMA_VERSION: Literal[2] = 2

Labels = tuple[NonNegative, NonNegative]
Loss = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class Images(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The images of a run.

    Attributes:
        source: `"photographs"` or `"drawings"`.
        names: sixteen hexadecimal digits that stand for all file names.
        contents: the same for all file contents.
        train: how many training images have label 0, and how many label 1.
        validation: the same for the validation images.
        test: the same for the test images.
    """

    source: Source
    names: str
    contents: str
    train: Labels
    validation: Labels
    test: Labels


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value for each epoch, as Keras reports them while it trains.

    Accuracies are in [0, 1]. Those of the training images are taken in training
    mode, with augmentation and dropout.
    """

    accuracy: list[Share]
    val_accuracy: list[Share]
    loss: list[Loss]
    val_loss: list[Loss]


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many numbers of a model are trained, and how many are frozen."""

    trainable: NonNegative
    frozen: NonNegative


class Run(
    msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One training of one model. The fields are those of its JSON record.

    Attributes:
        schema: version of this list of fields.
        model: name of the model.
        seed: of the training.
        fold: which fifth of the held-out images was the test set, 0 to 4.
        epochs: how many.
        configuration: all that decides how the model learns, as
            `identity.describe_training` gives it.
        images: what it learned from, and was tested on.
        decoding: sixteen hexadecimal digits that stand for how an image file
            becomes pixels.
        base_weights: the same for the weights of the frozen base, if any.
        weights: the same for the trained weights that are kept beside the
            record, from `fingerprint`; None if none are.
        history: accuracy and loss after each epoch.
        train: how it does in the end on the training images, in inference
            mode.
        validation: how it does in the end on the validation images.
        test: the same for the test images.
        scores: the answer for each test image.
        parameters: how many there are.
        environment: versions, cores and platform of the machine.
        devices: how many devices of it shared each batch.
        precision: the name of Keras' policy for numbers while it trained.
        seconds: of training, without the final scoring.
        recorded: the day, as YYYY-MM-DD.
        path: the file it was read from; None for a run of this very process.
    """

    schema: Literal[2] = SCHEMA_VERSION
    model: str
    seed: NonNegative
    fold: Annotated[int, msgspec.Meta(ge=0, le=4)]
    epochs: Annotated[int, msgspec.Meta(ge=1)]
    configuration: dict[str, Any]
    images: Images
    decoding: str
    base_weights: str | None = None
    weights: str | None = None
    history: History
    train: Result
    validation: Result
    test: Result
    scores: Annotated[list[Score], msgspec.Meta(min_length=1)]
    parameters: Parameters
    environment: dict[str, str | int]
    devices: Annotated[int, msgspec.Meta(ge=1)] = 1
    precision: str = "float32"
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    recorded: str
    path: Path | None = None

    def is_of(self, images: ImageSet) -> bool:
        """Return whether this is a run of these images, going by their names."""
        return (self.images.source, self.images.names) == (
            images.source,
            images.fingerprint,
        )

    def __post_init__(self) -> None:
        """Refuse a run that does not agree with itself."""
        for name in self.history.__struct_fields__:
            if len(getattr(self.history, name)) != self.epochs:
                raise ValueError(f"{name} does not have {self.epochs} epochs")
        counted = summarize(self.scores)
        counts = counted.n, counted.correct
        same_loss = math.isclose(counted.loss, self.test.loss, abs_tol=1e-6)
        if counts != (self.test.n, self.test.correct) or not same_loss:
            raise ValueError("test does not agree with scores")
        for name in ("train", "validation", "test"):
            result = getattr(self, name)
            if result.n != sum(getattr(self.images, name)):
                raise ValueError(f"{name} does not agree with images.{name}")


def as_record(run: Run) -> str:
    """Return the text of a run's record: JSON, a line for each field."""
    values = msgspec.to_builtins(msgspec.structs.replace(run, path=None))
    values = {"schema": SCHEMA_VERSION, **values}
    values["checksum"] = checksum(values)
    lines = [
        f" {_json(name)}: {_json(value)}" for name, value in values.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def parse_record(text: str) -> Run:
    """Read a run from the text of its record.

    Raises:
        ValueError: with the reason, if it is no JSON, was changed by hand,
            belongs to another version, or does not agree with itself.
    """
    values = msgspec.json.decode(text)
    if not isinstance(values, dict):
        raise ValueError("it holds no fields")
    if values.get("schema") != SCHEMA_VERSION:
        raise ValueError(
            f"its schema is {values.get('schema', 1)}, and {SCHEMA_VERSION} "
            "is known here"
        )
    if values.pop("checksum", None) != checksum(values):
        raise ValueError("it was changed after it was written")
    return msgspec.convert(values, Run)


def checksum(values: dict[str, Any]) -> str:
    """Return sixteen hexadecimal digits that stand for a record's values."""
    return digest([msgspec.json.encode(values, order="sorted").decode()])


def fingerprint(arrays: Sequence[np.ndarray]) -> str:
    """Return sixteen hexadecimal digits that stand for arrays of float32.

    Their order, their shapes and each of their bits count.
    """
    return digest(
        f"{array.shape} {sha256(np.asarray(array, '<f4').tobytes()).hexdigest()}"
        for array in arrays
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
