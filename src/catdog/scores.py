"""What a model answers for single images, and whether that is right."""

from collections.abc import Iterable
from typing import NamedTuple


class Score(NamedTuple):
    """A model's answer for one image.

    Attributes:
        name: the image's file name.
        label: its label, 0 or 1.
        probability: what the model gives to label 1, in [0, 1].
    """

    name: str
    label: int
    probability: float

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


def count_correct(scores: Iterable[Score]) -> int:
    """Return how many of the answers are right.

    Shown in chapter 6.
    """
    return sum(score.correct for score in scores)
