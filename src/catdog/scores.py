"""What a model answers for single images, and how often it is right."""

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec

MIN_PROBABILITY = 1e-7  # so that no loss is infinite; Keras has the same

NonNegative = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Score(NamedTuple):
    """A model's answer for one image.

    Attributes:
        name: the image's file name.
        label: its label, 0 or 1.
        probability: what the model gives to label 1, in [0, 1].
    """

    name: str
    label: Annotated[int, msgspec.Meta(ge=0, le=1)]
    probability: Share

    @property
    def answer(self) -> int:
        """The label that the model chooses: 1 from a probability of 0.5 on."""
        return int(self.probability >= 0.5)

    @property
    def confidence(self) -> float:
        """The probability of the answer, in [0.5, 1]."""
        return max(self.probability, 1 - self.probability)

    @property
    def correct(self) -> bool:
        """Whether the answer is the label."""
        return self.answer == self.label

    @property
    def loss(self) -> float:
        """The cross-entropy: minus the logarithm of the label's probability.

        At most 16.1, that of a probability of 1e-7.
        """
        p = self.probability if self.label else 1 - self.probability
        return -math.log(max(p, MIN_PROBABILITY))


class Answer(NamedTuple):
    """A model's answer for an image without a label.

    Attributes:
        name: of the class that it chooses.
        probability: of that class, in [0.5, 1].
        unlike_both: whether the image is unlike those of both classes; None if
            nothing was measured by which to tell.
    """

    name: str
    probability: float
    unlike_both: bool | None = None


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a model did on several images.

    Attributes:
        n: how many images.
        correct: how many of the answers are right.
        loss: mean cross-entropy, in nats.
    """

    n: Annotated[int, msgspec.Meta(ge=1)]
    correct: NonNegative
    loss: Annotated[float, msgspec.Meta(ge=0)]

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.correct > self.n:
            raise ValueError(f"{self.correct} of {self.n} are right")

    @property
    def accuracy(self) -> float:
        """The share of right answers, in [0, 1]."""
        return self.correct / self.n


def summarize(scores: Sequence[Score]) -> Result:
    """Count right answers, and average the loss."""
    correct = sum(score.correct for score in scores)
    loss = sum(score.loss for score in scores) / len(scores)
    return Result(len(scores), correct, loss)
