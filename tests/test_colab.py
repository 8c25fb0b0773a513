"""A notebook is made ready: what is there, what is missing, and a GPU."""

import os
import re
import sys

import pytest

from catdog import colab, settings


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
    monkeypatch.setenv("CATDOG_TRAIN", "")  # so that it is taken back
    monkeypatch.delenv("CATDOG_TRAIN")
    monkeypatch.setattr(colab, "install", lambda needed: print("gets", needed))
    colab.set_up()
    assert os.environ["CATDOG_TRAIN"] == "1" and settings.fit_epochs() == 20
    shown = capsys.readouterr().out
    assert shown.startswith("gets []\n")
    assert "GPU: " in shown or "Runtime > Change runtime type" in shown


def test_set_up_in_colab_respects_who_does_not_want_to_train(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", None)
    monkeypatch.setattr(colab, "install", lambda needed: None)
    monkeypatch.setenv("CATDOG_TRAIN", "0")
    colab.set_up()
    assert os.environ["CATDOG_TRAIN"] == "0" and settings.fit_epochs() == 1


def test_set_up_elsewhere_says_what_is_missing(monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    needed = ["not-there>=1", "nor-this"]
    monkeypatch.setattr(colab.metadata, "requires", lambda _: needed)
    with pytest.raises(SystemExit) as caught:
        colab.set_up()
    assert str(caught.value) == (
        'Packages are missing: run `pip install "not-there>=1" "nor-this"`, '
        "then this cell."
    )


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


@pytest.mark.parametrize(
    ("requirement", "missing"),
    [
        ("not-there", ["not-there"]),
        ("not-there>=1,<2", ["not-there<2,>=1"]),
        ('not-there>=1; python_version >= "3.8"', ["not-there>=1"]),
        ('not-there>=1; python_version < "3.8"', []),
        ('not-there>=1; sys_platform == "nosuch"', []),
        ('not-there>=1; extra == "site"', []),
        ("numpy>=999", []),  # in no version, it says: this one is kept
    ],
)
def test_markers_of_requirements_are_honored(requirement, missing, monkeypatch):
    monkeypatch.setattr(colab.metadata, "requires", lambda _: [requirement])
    assert colab.missing_requirements() == missing


def test_a_distribution_without_requirements_misses_none(monkeypatch):
    monkeypatch.setattr(colab.metadata, "requires", lambda _: None)
    assert colab.missing_requirements() == []


def test_set_up_names_the_gpu(monkeypatch, capsys):
    from catdog.backend import tf

    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    details = {"device_name": "Tesla T4"}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [gpu])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda _: details
    )
    colab.set_up()
    assert capsys.readouterr().out.endswith("\nGPU: Tesla T4\n")
