"""A record that is not what a training wrote is refused, by its name."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_of_runs import make_run

from catdog.errors import RecordError
from catdog.runs import store
from catdog.runs.schema import as_record, checksum, parse_record
from catdog.scores import Score


def values():
    """What a small record holds."""
    content = json.loads(as_record(make_run()))
    del content["checksum"]
    return content


def signed(content):
    """The text of a record with these values."""
    return json.dumps({**content, "checksum": checksum(content)})


def read(text, tmp_path):
    path = tmp_path / "model1-0.json"
    path.write_text(text)
    return store.read_run(path)


def test_good_record_is_read():
    run = parse_record(signed(values()))
    assert (run.test.n, run.test.correct) == (4, 3)
    assert run.scores[3] == Score("validation/dogs/dog.03.jpg", 1, 0.2)
    assert run.path is None


def test_what_is_written_reads_back_as_the_same_run():
    run = make_run()
    text = as_record(make_run(path="somewhere"))
    assert parse_record(text) == run
    # A line for each field, so that two records can be compared.
    assert text.startswith('{\n "schema": 2,\n "model": "model1",\n "seed": 0,')
    fields = json.loads(text)
    assert fields.pop("checksum") == checksum(fields)
    assert "path" not in fields


shares = st.lists(st.floats(0, 1), min_size=2, max_size=2)
nested = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(1e-5, 1e5)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.integers(0, 10**6),
    shares,
    shares,
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.dictionaries(st.text(), nested, max_size=3),
)
def test_every_run_reads_back(seed, training, validation, outcomes, options):
    run = make_run(
        "model", seed, training, validation, outcomes, configuration=options
    )
    assert parse_record(as_record(run)) == run


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
        r"<= 1.0 - at `\$.history.accuracy\[1\]`",
    ),
    "negative_loss": (
        put("history", "loss", 0, value=-1),
        r">= 0.0 - at `\$.history.loss\[0\]`",
    ),
    "word_for_number": (
        put("history", "loss", 0, value="low"),
        r"Expected `float`, got `str` - at `\$.history.loss\[0\]`",
    ),
    "an_epoch_too_few": (
        put("history", "loss", value=[0.7]),
        "loss does not have 2 epochs",
    ),
    "no_epochs": (put("epochs", value=0), r">= 1 - at `\$.epochs`"),
    "half_an_epoch": (put("epochs", value=1.5), r"`int`, got `float`"),
    "true_seed": (put("seed", value=True), r"got `bool` - at `\$.seed`"),
    "negative_seed": (put("seed", value=-1), r">= 0 - at `\$.seed`"),
    "sixth_fold": (put("fold", value=5), r"<= 4 - at `\$.fold`"),
    "better_test": (
        put("test", "correct", value=4),
        "test does not agree with scores",
    ),
    "more_right_than_all": (
        put("test", "correct", value=5),
        r"5 of 4 are right - at `\$.test`",
    ),
    "more_validation_images": (
        put("images", "validation", value=[500, 501]),
        "validation does not agree with images.validation",
    ),
    "fewer_training_images": (
        put("images", "train", value=[1, 1]),
        "train does not agree with images.train",
    ),
    "label_2": (put("scores", 0, 1, value=2), r"<= 1 - at `\$.scores\[0\]"),
    "probability_of_7": (
        put("scores", 0, 2, value=7),
        r"<= 1.0 - at `\$.scores\[0\]",
    ),
    "half_a_score": (put("scores", 0, value=["a", 1]), "length 3, got 2"),
    "lost_score": (
        lambda content: content["scores"].pop(),
        "test does not agree with scores",
    ),
    "no_scores": (put("scores", value=[]), r"length >= 1 - at `\$.scores`"),
    "smaller_test_loss": (
        put("test", "loss", value=0.1),
        "test does not agree with scores",
    ),
    "an_epoch_too_many": (
        put("history", "val_accuracy", value=[0.7] * 3),
        "val_accuracy does not have 2 epochs",
    ),
    "more_test_images": (
        put("images", "test", value=[4, 4]),
        "test does not agree with images.test",
    ),
    "negative_count": (
        put("validation", "correct", value=-1),
        r">= 0 - at `\$.validation.correct`",
    ),
    "three_classes": (
        put("images", "train", value=[1000, 500, 500]),
        r"length 2, got 3 - at `\$.images.train`",
    ),
    "history_gone": (
        put("history", value=None),
        r"got `null` - at `\$.history",
    ),
    "other_source": (put("images", "source", value="films"), "'films'"),
    "newer_field": (put("mood", value="good"), "unknown field `mood`"),
    "newer_schema": (
        put("schema", value=3),
        "its schema is 3, and 2 is known here",
    ),
    "older_schema": (
        lambda content: content.pop("schema"),
        "its schema is 1, and 2 is known here",
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
        read(signed(content), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(number, tmp_path):
    text = json.dumps({**values(), "seconds": number})
    with pytest.raises(RecordError, match=r"model1-0\.json .*malformed"):
        read(text, tmp_path)


@pytest.mark.parametrize("checksum", ["0123456789abcdef", None])
def test_values_changed_by_hand_are_noticed(checksum, tmp_path):
    content = {**values(), "checksum": checksum}
    with pytest.raises(RecordError, match="changed after it was written"):
        read(json.dumps(content), tmp_path)


@pytest.mark.parametrize("name", sorted(values().keys() - {"schema"}))
def test_every_field_is_needed(name):
    content = values()
    del content[name]
    with pytest.raises(ValueError, match=f"missing required field `{name}`$"):
        parse_record(signed(content))


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
    text = signed(values())
    for end in range(0, len(text) - 1, 7):
        with pytest.raises(ValueError):  # noqa: PT011  the reason is JSON's
            parse_record(text[:end])
