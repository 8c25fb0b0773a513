import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from catdog.report import figures
from catdog.runs.store import Run


def a_run(name, seed, accuracy):
    history = {
        "accuracy": [0.6, 0.8],
        "val_accuracy": [0.55, accuracy],
        "loss": [1, 0.5],
        "val_loss": [1, 0.6],
    }
    tally = {"n": 10, "correct": round(accuracy * 10), "accuracy": accuracy}
    return Run(
        name,
        seed,
        seed,
        2,
        "",
        history,
        tally,
        tally,
        [],
        {},
        {},
        {},
        {},
        1.0,
        "2026-01-01",
    )


def titles(figure):
    return [
        axis.get_title(loc)
        for axis in figure.axes
        for loc in ("left", "center")
        if axis.get_title(loc)
    ]


def test_grid_has_a_row_of_cats_over_a_row_of_dogs(pictures):
    grid = figures.picture_grid(pictures)
    assert titles(grid) == ["cat"] * 3 + ["dog"] * 3
    assert all(
        axis.images[0].get_array().shape == (160, 160, 3) for axis in grid.axes
    )
    heights = [axis.get_subplotspec().rowspan.start for axis in grid.axes]
    assert heights == [0] * 3 + [1] * 3


def test_grid_is_the_same_for_the_same_seed_only(pictures):
    def content(seed):
        return b"".join(
            axis.images[0].get_array().tobytes()
            for axis in figures.picture_grid(pictures, seed=seed).axes
        )

    assert content(1) == content(1) != content(2)


def test_augmented_shows_the_original_beside_changed_copies(pictures):
    picture = figures.example_picture(pictures)
    strip = figures.augmented(
        layers.RandomRotation((0.1, 0.2)), picture, copies=3
    )
    assert titles(strip) == ["original", "copy 1", "copy 2", "copy 3"]
    shown = [np.asarray(axis.images[0].get_array()) for axis in strip.axes]
    assert (shown[0] == picture).all() and all(
        (copy != picture).any() for copy in shown[1:]
    )


def test_history_shows_training_validation_and_baseline_of_every_run():
    chart = figures.history(
        [a_run("model1", 0, 0.7), a_run("model1", 1, 0.9)], baseline=0.5
    )
    axis = chart.axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [
        "training",
        "validation",
        "baseline",
    ]
    lines = [line.get_ydata() for line in axis.lines]
    assert any(
        np.allclose(line, [0.55, 0.8]) for line in lines
    )  # the mean of the two validation curves
    assert len(lines) == 2 * (1 + 2) + 1


def test_comparison_names_every_model_and_its_mean():
    chart = figures.comparison(
        {"model1": [a_run("model1", 0, 0.6), a_run("model1", 1, 0.8)]},
        {"model1": 0.52},
    )
    assert [label.get_text() for label in chart.axes[0].get_yticklabels()] == [
        "model1"
    ]
    assert [text.get_text() for text in chart.axes[0].texts] == ["70.0%"]


def test_confusion_matrix_prints_the_counts():
    scores = [["a", 0, 0.1], ["b", 0, 0.2], ["c", 0, 0.9], ["d", 1, 0.7]]
    assert [
        text.get_text() for text in figures.confusion_matrix(scores).axes[0].texts
    ] == ["2", "1", "0", "1"]


def test_mistakes_shows_photographs_and_never_passes_a_drawing_off_as_one(
    pictures,
):
    from dataclasses import replace

    scores = [[pictures.held_out[0], 0, 0.93]]
    real = figures.mistakes(scores, pictures).axes[0]
    assert real.get_title("left") == "93% dog" and not real.texts
    tile = figures.mistakes(scores, replace(pictures, source="drawings")).axes[0]
    assert (
        "not at hand" in tile.texts[0].get_text()
        and np.unique(tile.images[0].get_array()).size == 1
    )


def test_no_mistakes_is_a_figure_too(pictures):
    assert figures.mistakes([], pictures).axes


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.test_accuracies({"model1": (90, 100)}),
        lambda: figures.label_frequencies({"cat": 3, "dog": 4}),
    ],
)
def test_figures_are_closed_so_that_a_notebook_shows_them_once(draw):
    draw()
    assert plt.get_fignums() == []
