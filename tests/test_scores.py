"""An answer for one image, and whether it is right."""

import math

import pytest

from catdog.scores import Result, Score, summarize


@pytest.mark.parametrize(
    ("label", "probability", "answer", "confidence", "correct"),
    [
        (0, 0.1, 0, 0.9, True),
        (1, 0.1, 0, 0.9, False),
        (0, 0.5, 1, 0.5, False),  # from one half on, the answer is label 1
        (1, 0.5, 1, 0.5, True),
        (0, 0.49, 0, 0.51, True),
        (1, 1.0, 1, 1.0, True),
    ],
)
def test_answer_and_confidence(label, probability, answer, confidence, correct):
    score = Score("train/dogs/dog.1.jpg", label, probability)
    assert score.answer == answer
    assert score.confidence == pytest.approx(confidence)
    assert score.correct is correct


def test_scores_are_counted_and_their_loss_is_averaged():
    scores = [Score("a", 0, 0.2), Score("b", 1, 0.2), Score("c", 1, 0.7)]
    result = summarize(scores)
    assert (result.n, result.correct) == (3, 2)
    assert result.accuracy == pytest.approx(2 / 3)
    by_hand = -(math.log(0.8) + math.log(0.2) + math.log(0.7)) / 3
    assert result.loss == pytest.approx(by_hand)


def test_a_sure_mistake_has_a_finite_loss():
    assert Score("a", 1, 0.0).loss == pytest.approx(-math.log(1e-7))
    assert Score("a", 0, 1.0).loss == pytest.approx(-math.log(1e-7))
    assert Score("a", 1, 1.0).loss == 0


def test_more_right_answers_than_answers_are_refused():
    with pytest.raises(ValueError, match="3 of 2 are right"):
        Result(2, 3, 0.1)
