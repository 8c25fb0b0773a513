"""A record that is not what a training wrote is refused, by its name."""

import json
import math

import pytest
from samples_of_runs import make_run

from catdog.errors import RecordError
from catdog.runs import store
from catdog.runs.schema import as_record, checksum, parse_record
from catdog.scores import Score


def values():
    """What a small record holds."""
    return {
        "model": "model1",
        "seed": 0,
        "fold": 0,
        "epochs": 2,
        "key": "0123456789abcdef",
        "history": {
            "accuracy": [0.5, 0.75],
            "val_accuracy": [0.5, 1],
            "loss": [0.7, 0.5],
            "val_loss": [0.7, 0.6],
        },
        "validation": {"n": 4, "correct": 4, "accuracy": 1.0},
        "test": {"n": 2, "correct": 1, "accuracy": 0.5},
        "scores": [["cats/1.jpg", 0, 0.2], ["dogs/1.jpg", 1, 0.3]],
        "data": {
            "source": "photographs",
            "train": 8,
            "validation": 4,
            "test": 2,
        },
        "parameters": {},
        "settings": {},
        "environment": {},
        "seconds": 1.5,
        "recorded": "2026-01-02",
    }


def read(content, tmp_path):
    path = tmp_path / "model1-0.json"
    path.write_text(
        content if isinstance(content, str) else json.dumps(content)
    )
    return store.read_run(path)


def test_good_record_is_read():
    run = parse_record(json.dumps(values()))
    assert run.test["correct"] == 1
    assert run.scores == [
        Score("cats/1.jpg", 0, 0.2),
        Score("dogs/1.jpg", 1, 0.3),
    ]
    assert run.path is None


def test_what_is_written_reads_back_as_the_same_run():
    run = make_run(path="somewhere")
    text = as_record(run)
    assert parse_record(text) == run
    # A line for each field, so that two records can be compared.
    assert text.startswith('{\n "model": "model1",\n "seed": 0,\n')
    fields = json.loads(text)
    assert list(fields) == [*values(), "checksum"]
    assert fields.pop("checksum") == checksum(fields)


def test_checksum_does_not_depend_on_the_order_of_the_fields():
    content = values()
    turned = dict(reversed(content.items()))
    assert checksum(content) == checksum(turned)
    assert len(checksum(content)) == 16
    assert checksum(content) != checksum({**content, "seed": 1})


def put(*path, value):
    def change(content):
        *way, last = path
        for step in way:
            content = content[step]
        content[last] = value

    return change


CHANGES = {
    "accuracy_of_2": (
        put("history", "accuracy", 1, value=2),
        "history.accuracy is 2",
    ),
    "negative_loss": (
        put("history", "loss", 0, value=-1),
        "history.loss is -1",
    ),
    "nan": (put("history", "loss", 1, value=math.nan), "NaN is no number"),
    "infinity": (put("seconds", value=math.inf), "Infinity is no number"),
    "word_for_number": (
        put("history", "loss", 0, value="low"),
        "loss is no float",
    ),
    "an_epoch_too_few": (
        put("history", "loss", value=[0.7]),
        "not have 2 epochs",
    ),
    "no_epochs": (put("epochs", value=0), "not have 0 epochs"),
    "half_an_epoch": (put("epochs", value=1.5), "epochs is no int"),
    "true_seed": (put("seed", value=True), "seed is no int"),
    "negative_seed": (put("seed", value=-1), "seed is -1"),
    "better_test": (put("test", "correct", value=2), "does not agree"),
    "better_accuracy": (put("test", "accuracy", value=0.9), "does not agree"),
    "more_right_than_all": (
        put("test", "correct", value=3),
        "test.correct is 3",
    ),
    "label_2": (put("scores", 0, 1, value=2), "scores is 2"),
    "probability_of_7": (put("scores", 0, 2, value=7), "scores is 7"),
    "half_a_score": (put("scores", 0, value=["a", 1]), "three values"),
    "lost_score": (put("scores", value=[]), "test does not agree with scores"),
    "history_gone": (put("history", value=None), "history is no dict"),
    "no_counts": (put("data", value={}), "data.train is no int"),
    "newer": (put("mood", value="good"), "newer version .*mood"),
    "lacking": (lambda content: content.pop("key"), "lacks key"),
    "changed_by_hand": (
        put("checksum", value="0123456789abcdef"),
        "changed after it was written",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_record_that_cannot_be_is_refused(name, tmp_path):
    change, reason = CHANGES[name]
    content = values()
    change(content)
    with pytest.raises(
        RecordError, match=f"model1-0.json .*{reason}"
    ) as caught:
        read(content, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", values())
def test_every_field_is_needed(name):
    content = values()
    del content[name]
    with pytest.raises(ValueError, match=f"it lacks {name}$"):
        parse_record(json.dumps(content))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "[" * 100_000,
        "\0",
        '{"model": 1',
        '{"model": "model1"}',
        '{"surprise": 1}',
    ],
)
def test_text_that_is_no_record_is_refused(text, tmp_path):
    with pytest.raises(RecordError, match=r"model1-0\.json"):
        read(text, tmp_path)


def test_record_cut_anywhere_is_refused():
    text = json.dumps(values())
    for end in range(0, len(text) - 1, 7):
        with pytest.raises(ValueError):  # noqa: PT011  the reason is JSON's
            parse_record(text[:end])


def test_accuracy_of_a_large_set_is_rounded_and_agrees_with_its_counts():
    content = values()
    content["validation"] = {
        "n": 30_000,
        "correct": 20_000,
        "accuracy": 0.66667,
    }
    assert parse_record(json.dumps(content)).validation["correct"] == 20_000
    content["validation"]["correct"] += 1
    with pytest.raises(ValueError, match=r"validation.accuracy does not agree"):
        parse_record(json.dumps(content))
