"""Explorers: the numbers that they bring to a page, and what a page is made of."""

import base64
import json

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from samples_of_runs import make_run

from catdog import evaluation
from catdog.report import explorers
from catdog.scores import Score

SCORES = [
    Score("cats/1", 0, 0.1),
    Score("cats/2", 0, 0.6),
    Score("dogs/1", 1, 0.3),
    Score("dogs/2", 1, 0.9),
    Score("dogs/3", 1, 1.0),
]
NAMES = ("cat", "dog"), ("cats", "dogs")
EDGES = [[-1, 0, 1]] * 3
some_scores = st.lists(
    st.builds(Score, st.just("a"), st.integers(0, 1), st.floats(0, 1)),
    min_size=1,
)


@pytest.fixture(autouse=True)
def project(monkeypatch, tmp_path):
    """A project, whose chapters are being rendered."""
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))


def read(shown):
    """The parsed HTML of an explorer, and its data."""
    # An output of HTML alone makes Quarto load libraries from the web.
    assert shown.startswith("```{=html}\n") and shown.endswith("\n```\n")
    soup = BeautifulSoup(shown, "html.parser")
    return soup, json.loads(soup.select_one(".explore-data").string)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0.5, ("60.0%", "66.7%", "66.7%")),
        (0.9, ("80.0%", "100.0%", "66.7%")),  # from 0.9 on, not above it
        (0.0, ("60.0%", "60.0%", "100.0%")),
        (1.0, ("60.0%", "100.0%", "33.3%")),
    ],
)
def test_shares_are_accuracy_precision_and_recall(at, expected):
    assert explorers.shares(SCORES, at) == expected


def test_a_share_of_nothing_is_no_number():
    assert explorers.shares(SCORES[:1], 0.5) == ("100.0%", "–", "–")


@given(some_scores)
def test_threshold_knows_the_counts_of_each_step(scores):
    _, data = read(explorers.threshold(scores, *NAMES, "fig-a"))
    assert data["steps"][50]["table"] == evaluation.confusion(scores)
    for step, values in enumerate(data["steps"]):
        at = float(f"{step / 100:.2f}")  # what a slider's value is in a browser
        counted = [
            [sum((p >= at) == answer for p in of_label) for answer in (0, 1)]
            for of_label in data["probabilities"]
        ]
        assert values["table"] == counted
    assert data["steps"][0]["shares"][2] in ("100.0%", "–")


def test_histories_know_mean_best_and_last_of_each_curve():
    runs = [
        make_run(seed=0, training=(0.6, 0.9), validation=(0.5, 0.75)),
        make_run(seed=3, training=(0.4, 0.5), validation=(0.9, 0.25)),
    ]
    soup, data = read(explorers.histories({"model1": runs}, "fig-a"))
    curves = data["curves"]["model1"]["validation accuracy"]
    assert curves["mean"] == {
        "values": [0.7, 0.5],
        "best": "70.0%",
        "epoch": 1,
        "last": "50.0%",
    }
    assert curves["3"]["values"] == [0.9, 0.25] and curves["3"]["epoch"] == 1
    training = data["curves"]["model1"]["training accuracy"]
    assert training["mean"]["values"] == [0.5, 0.7]
    assert data["epochs"] == 2 and data["baselines"]["accuracy"] == 0.5
    assert [option["value"] for option in soup("option")] == [
        "mean",
        "all",
        "0",
        "3",
    ]


def test_the_best_loss_is_the_lowest():
    run = make_run(
        training=(0.1, 0.2, 0.3),
        validation=(0.5, 0.5, 0.5),
        val_loss=(0.9, 0.5, 0.7),
    )
    _, data = read(explorers.histories({"model1": [run]}, "fig-a"))
    curve = data["curves"]["model1"]["validation loss"]["mean"]
    assert (curve["best"], curve["epoch"], curve["last"]) == (
        "0.500",
        2,
        "0.700",
    )


def test_kernel_has_the_gray_levels_and_begins_with_a_kernel():
    image = np.random.default_rng(0).integers(0, 256, (5, 4, 3))
    soup, data = read(explorers.kernel(image, EDGES, "fig-a"))
    levels = np.frombuffer(base64.b64decode(data["levels"]), "uint8")
    expected = np.rint(image.mean(axis=-1))
    assert np.array_equal(levels.reshape(5, 4), expected)
    assert (data["height"], data["width"]) == (5, 4)
    [first] = soup.select("[name=explore-kernel][checked]")
    assert data["kernels"][first["value"]] == np.ravel(EDGES).tolist()
    assert len(soup.select("[type=number]")) == 9


def all_explorers(classes=NAMES[0], folders=NAMES[1]):
    return [
        explorers.kernel(np.zeros((5, 5, 3)), EDGES, "fig-a"),
        explorers.threshold(SCORES, classes, folders, "fig-a"),
        explorers.histories({"model1": [make_run()]}, "fig-a"),
    ]


def test_page_gets_no_program_and_no_style_of_its_own():
    for soup, _ in map(read, all_explorers()):
        assert soup.div["data-figure"] == "fig-a" and soup.div.has_attr(
            "hidden"
        )
        assert soup.link["href"] == "../assets/explore/explore.css"
        assert soup("script")[1]["src"] == "../assets/explore/explore.js"
        names = {name for tag in soup(True) for name in tag.attrs}
        assert not {n for n in names if n.startswith("on") or n == "style"}
        # Everything that a reader changes has a name.
        for control in soup(["input", "select"]):
            assert control.get("aria-label") or control.find_parent("label")


def test_names_of_folders_are_no_markup():
    odd = ("</script><u>", '"&'), ("<i>s", "'&amp;s")
    soup, data = read(all_explorers(*odd)[1])
    assert not soup(["u", "i"]) and data["names"] == list(odd[1])
    assert [th.text for th in soup("th", scope="row")] == list(odd[1])


def test_notebook_has_the_figure_alone(monkeypatch):
    monkeypatch.setattr(explorers, "in_notebook", lambda: True)
    assert all_explorers() == [None] * 3
