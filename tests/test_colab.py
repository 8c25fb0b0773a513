"""A notebook is made ready: what is there, what is missing, and a GPU."""

import os
import re
import sys

from catdog import colab


def test_set_up_says_what_there_is(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    colab.set_up()
    shown = capsys.readouterr().out
    assert re.match(
        r"catdog \S+, TensorFlow 2\.\S+, Keras 3\.\S+, Python", shown
    )
    assert "CATDOG_TRAIN" not in os.environ


def test_set_up_in_colab_trains_and_tells_how_to_get_a_gpu(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "google.colab", None)
    monkeypatch.setenv("CATDOG_TRAIN", "")
    monkeypatch.setattr(colab, "install", lambda needed: print("gets", needed))
    colab.set_up()
    assert os.environ["CATDOG_TRAIN"] == "1"
    shown = capsys.readouterr().out
    assert shown.startswith("gets []\n")
    assert "GPU: " in shown or "Runtime > Change runtime type" in shown


def test_nothing_but_missing_packages_is_installed(monkeypatch):
    needed = ["tensorflow>=99", "not-there>=1", 'nor-this; extra == "dev"']
    monkeypatch.setattr(colab.metadata, "requires", lambda _: needed)
    assert colab.missing_requirements() == ["not-there>=1"]
    commands = []
    monkeypatch.setattr(
        colab.subprocess, "run", lambda words, check: commands.append(words)
    )
    colab.install([])
    assert commands == []
    colab.install(colab.missing_requirements())
    (words,) = commands
    assert words[-4] == "not-there>=1"
    assert [word.split("==")[0] for word in words[-3:]] == list(colab.KEPT)
