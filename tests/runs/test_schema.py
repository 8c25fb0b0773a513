"""A record that is not what a training wrote is refused, by its name."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from samples import FLAT, write_folder

from catdog import ablations, cli, models, training
from catdog.data.sources import open_pictures
from catdog.errors import CatdogError, RecordError
from catdog.runs import schema, store


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


def test_good_record_is_read(tmp_path):
    run = read(values(), tmp_path)
    assert run.test["correct"] == 1
    store.record(run, tmp_path)
    assert store.read_run(tmp_path / "model1-0.json") == run
    assert "checksum" in (tmp_path / "model1-0.json").read_text()


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


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", "[" * 100_000, "\0", '{"model": 1']
)
def test_text_that_is_no_record_is_refused(text, tmp_path):
    with pytest.raises(RecordError, match="model1-0.json"):
        read(text, tmp_path)


def test_record_cut_anywhere_is_refused(tmp_path):
    text = json.dumps(values())
    for end in range(0, len(text) - 1, 7):
        with pytest.raises(RecordError):
            read(text[:end], tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "model1-0.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RecordError, match="model1-0.json"):
        store.read_run(tmp_path / "model1-0.json")


def test_value_changed_by_hand_is_noticed(tmp_path):
    path = store.record(read(values(), tmp_path), tmp_path)
    path.write_text(path.read_text().replace("0.75", "0.76"))
    with pytest.raises(RecordError, match="changed after it was written"):
        store.read_run(path)


def test_failed_writing_leaves_the_old_record(tmp_path, monkeypatch):
    run = read(values(), tmp_path)
    before = (tmp_path / "model1-0.json").read_bytes()
    monkeypatch.setattr(os, "replace", None)
    run.settings = {"no": object()}  # JSON has no word for it
    with pytest.raises(TypeError):
        store.record(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model1-0.json"]
    assert (tmp_path / "model1-0.json").read_bytes() == before


def series(*losses):
    return {"loss": list(losses), "accuracy": [0.5] * len(losses)}


def test_stuck_loss_is_a_collapse_and_falling_loss_is_none():
    assert schema.collapsed(series(1.0, 0.694, 0.693, 0.6931, 0.6935, 0.6930))
    assert not schema.collapsed(series(0.69, 0.68, 0.66, 0.6, 0.5, 0.4))
    assert not schema.collapsed(series(0.693, 0.693))  # too short to tell
    assert schema.diverged(series(0.7, math.nan)) == 2
    assert schema.diverged(series(0.7, math.inf)) == 2
    assert schema.diverged(series(0.7, 0.6)) is None


@pytest.fixture
def pictures(tmp_path):
    return open_pictures(write_folder(tmp_path / "pictures", FLAT))


def giving(weight):
    """A model whose answers are `weight` times the brightness, for ever."""

    def model1():
        start = keras.initializers.Constant(weight)
        model = keras.Sequential(
            [
                keras.Input((160, 160, 3)),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(2, kernel_initializer=start),
            ],
            name="model1",
        )
        model.compile(
            optimizer=keras.optimizers.Adam(0.0),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model

    return model1


def test_training_that_goes_astray_is_said_and_not_recorded(
    pictures, tmp_path, monkeypatch, capsys
):
    with pytest.raises(CatdogError, match="infinite in epoch 1"):
        training.train(giving(np.nan), pictures, epochs=3)
    monkeypatch.setitem(models.BUILDERS, "model1", giving(np.nan))
    monkeypatch.setenv("CATDOG_DATA", str(tmp_path / "pictures"))
    assert cli.main(["train", "model1", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_collapse_is_said_and_recorded_for_trials_only(
    pictures, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(models.BUILDERS, "model1", giving(0))
    monkeypatch.setitem(ablations.TRIALS, "relu", giving(0))
    monkeypatch.setenv("CATDOG_DATA", str(tmp_path / "pictures"))
    order = ["train", "model1", "--epochs", "6", "--out", str(tmp_path / "out")]
    assert cli.main(order) == 2
    said = capsys.readouterr()
    assert "learned nothing: not recorded" in said.out
    assert "model1 with seed 0" in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    order[1] = "relu"
    assert cli.main(order) == 0
    (path,) = (tmp_path / "out").iterdir()
    runs = store.Runs([store.read_run(path)])
    assert "With seed 0 it learned nothing" in runs._repr_markdown_()


TRAIN = """
import sys; from pathlib import Path
import signal  # what a shell starts in the background ignores Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
from catdog import cli, training
from catdog.data import sources
real = training.progress
def progress(bar):
    print('epoch', flush=True)
    return real(bar)
training.progress = progress
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_training_leaves_the_old_record(sign, pictures, tmp_path):
    old = tmp_path / "runs" / "model1-0.json"
    old.parent.mkdir()
    old.write_text("the old record")
    environment = {**os.environ, "CATDOG_DATA": str(tmp_path / "pictures")}
    words = ["train", "model1", "--epochs", "500", "--out", str(old.parent)]
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.stdout.readline() != "epoch\n":
        assert process.poll() is None
    time.sleep(1)
    process.send_signal(sign)
    said = process.communicate(timeout=60)[1]
    if sign == signal.SIGINT:
        assert process.returncode == 130 and said == "catdog: stopped.\n"
    else:
        assert process.returncode == -signal.SIGKILL
    assert old.read_text() == "the old record"
    assert [path.name for path in old.parent.iterdir()] == [old.name]
