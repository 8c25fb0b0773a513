"""An answer for one image, and whether it is right."""

import pytest

from catdog.scores import Score, count_correct


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


def test_right_answers_are_counted():
    scores = [Score("a", 0, 0.2), Score("b", 1, 0.2), Score("c", 1, 0.7)]
    assert count_correct(scores) == 2
    assert count_correct([]) == 0
