"""Answers are printed with no more digits than are known."""

import json
from pathlib import Path

import pytest

from catdog.report import answers
from catdog.scores import Answer


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.5, "50%"),
        (0.613, "61%"),
        (0.9949, "99%"),
        (0.9951, "more than 99%"),
        (1.0, "more than 99%"),
    ],
)
def test_probability_is_in_whole_percent_and_never_certain(probability, text):
    assert answers.percent(probability) == text


def test_text_is_one_line():
    answer = Answer("dog", 0.98)
    assert answers.as_text(Path("a\nb.jpg"), answer) == r"a\x0ab.jpg: dog, 98%"


def test_text_says_that_an_image_is_unlike_both():
    text = answers.as_text(Path("chair.jpg"), Answer("dog", 0.61, True))
    assert text == (
        "chair.jpg: dog, 61% (unlike the cats and dogs it has learned from)"
    )
    assert (
        answers.as_text(Path("a"), Answer("dog", 0.61, False)) == "a: dog, 61%"
    )


def test_json_keeps_the_order_of_the_files_and_doubles():
    pet, none = Path("pet.jpg"), Path("none.jpg")
    found = {pet: Answer("dog", 0.123456, True)}
    text = answers.as_json([pet, none, pet], found, {none: "is no file"})
    first, second, third = json.loads(text)
    assert first == third
    assert first.items() >= {"answer": "dog", "probability": 0.1235}.items()
    assert first["unlike_both"] is True
    assert second == {"file": "none.jpg", "error": "is no file"}
