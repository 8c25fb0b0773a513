"""Every figure of the tutorial: each function draws one and returns it."""

import functools
import random
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from catdog import assets, evaluation
from catdog.backend import keras
from catdog.data.image_files import shown
from catdog.data.sources import SIDE, Pictures, decode
from catdog.evaluation import confusion, mean, wilson
from catdog.report.palette import palette, plot_style
from catdog.runs.store import Run

COLOURS = tuple(
    palette()[kind][0] for kind in ("cat", "dog")
)  # of the two classes
VALIDATION, TRAINING = COLOURS
INK, BASELINE, PALE = (palette()[name][0] for name in ("ink", "soft", "line"))


def figure(draw):
    """Draw in the project's style, and close the figure, so that a notebook
    shows it once: as the cell's value.
    """

    @functools.wraps(draw)
    def drawn(*arguments, **options) -> Figure:
        with plt.style.context([assets() / "catdog.mplstyle", plot_style()]):
            result = draw(*arguments, **options)
            plt.close(result)
        return result

    return drawn


@figure
def picture_grid(pictures: Pictures, columns: int = 3, seed: int = 1) -> Figure:
    """Random training pictures with their labels: a row of cats over a row of
    dogs, or what the two classes are.
    """
    chance = random.Random(seed)
    grid, axes = plt.subplots(2, columns, figsize=(7.2, 5.1))
    for label, row in enumerate(axes):
        names = [
            name for name in pictures.train if pictures.label(name) == label
        ]
        for axis, name in zip(row, chance.sample(names, columns), strict=True):
            _show(
                axis,
                decode(str(pictures.folder / name)),
                pictures.classes[label],
                COLOURS[label],
            )
    return grid


@figure
def label_frequencies(counts: dict[str, int]) -> Figure:
    """One bar for each class. `counts` as `evaluation.label_counts` gives them."""
    chart, axis = plt.subplots(figsize=(7.2, 1.8))
    bars = axis.barh(range(len(counts)), list(counts.values()), color=COLOURS)
    axis.set_yticks(range(len(counts)), list(counts), parse_math=False)
    axis.bar_label(bars, padding=4, fmt="{:,.0f}")
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.margins(x=0.1)
    axis.set_xlabel("training pictures")
    return chart


@figure
def augmented(
    layer: keras.layers.Layer, picture: np.ndarray, copies: int = 4
) -> Figure:
    """A picture beside what a random layer makes of it. `picture`: shape (160,
    160, 3), in [0, 255].
    """
    strip, axes = plt.subplots(1, copies + 1, figsize=(7.2, 1.75))
    _show(axes[0], picture, "original")
    batch = keras.ops.cast(picture[None], "float32")
    for number, axis in enumerate(axes[1:], start=1):
        _show(
            axis,
            layer(batch, training=True)[0],
            f"copy {number}",
            weight="normal",
        )
    return strip


@figure
def history(runs: list[Run], baseline: float = 0.5) -> Figure:
    """Accuracy at each epoch, in training and validation: every run thin, their
    mean thick, the baseline dashed.
    """
    chart, axis = plt.subplots(figsize=(7.2, 3.8))
    epochs = range(1, runs[0].epochs + 1)
    for measure, name, colour in [
        ("accuracy", "training", TRAINING),
        ("val_accuracy", "validation", VALIDATION),
    ]:
        values = np.array([run.history[measure] for run in runs])
        axis.plot(
            epochs,
            values.mean(axis=0),
            color=colour,
            label=name,
            marker="o" if len(epochs) == 1 else None,
        )
        if len(runs) > 1:
            axis.plot(epochs, values.T, color=colour, linewidth=0.7, alpha=0.5)
    axis.axhline(
        baseline,
        color=BASELINE,
        linestyle="--",
        linewidth=1.2,
        label="baseline",
    )
    axis.set(xlabel="epoch", ylabel="accuracy", xlim=(0.5, len(epochs) + 0.5))
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return chart


@figure
def comparison(
    runs: dict[str, list[Run]], bars: dict[str, float], baseline: float = 0.5
) -> Figure:
    """Validation accuracy of each model: a dot for each run, the mean in words,
    the course's demand as a tick.
    """
    chart, axis = plt.subplots(figsize=(7.2, 3.0))
    for row, (name, group) in enumerate(runs.items()):
        values = [run.validation["accuracy"] for run in group]
        axis.plot(
            [baseline, mean(values)],
            [row, row],
            color=PALE,
            linewidth=6,
            solid_capstyle="butt",
            zorder=1,
        )
        axis.plot(
            values,
            [row] * len(values),
            "o",
            color=VALIDATION,
            markersize=8,
            zorder=3,
        )
        bar = bars.get(name, baseline)
        if name in bars:
            axis.plot(
                [bar] * 2, [row - 0.3, row + 0.3], color=TRAINING, zorder=2
            )
        axis.annotate(
            f"{mean(values):.1%}",
            (max(*values, bar), row),
            (10, 0),
            textcoords="offset points",
            va="center",
        )
    axis.set_yticks(range(len(runs)), list(runs))
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set(
        xlim=(baseline, 1.06),
        xlabel="validation accuracy (dots: runs; blue ticks: what the course asks)",
    )
    axis.set_xticks(np.arange(baseline, 1.01, 0.1))
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    return chart


@figure
def confusion_matrix(scores: list, classes=("cat", "dog")) -> Figure:
    """What the pictures show against what the model answered: counts."""
    table = np.array(confusion(scores))
    chart, axis = plt.subplots(figsize=(4.2, 3.4))
    axis.imshow(table, cmap="Blues", vmin=0, vmax=table.sum(axis=1).max() * 1.3)
    for (row, column), number in np.ndenumerate(table):
        colour = "white" if number > table.max() * 0.7 else INK
        axis.text(
            column,
            row,
            f"{number}",
            ha="center",
            va="center",
            fontsize=16,
            color=colour,
        )
    for set_ticks in (axis.set_xticks, axis.set_yticks):
        set_ticks(range(len(classes)), classes, parse_math=False)
    axis.set(xlabel="the model answers", ylabel="the picture shows")
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    return chart


@figure
def calibration(scores: list) -> Figure:
    """How often a model is right, against how sure it is: a dot for each step
    of confidence, with the number of answers.
    """
    chart, axis = plt.subplots(figsize=(4.6, 4.2))
    axis.plot([0.5, 1], [0.5, 1], color=BASELINE, linestyle="--", linewidth=1.2)
    for sure, right, n in evaluation.calibration(scores):
        axis.plot(sure, right, "o", color=VALIDATION, markersize=8)
        axis.annotate(
            f"{n:,}",
            (sure, right),
            (9, -12),
            textcoords="offset points",
            fontsize=9,
        )
    axis.set(
        xlabel="how sure the model is",
        ylabel="how often it is right",
        xlim=(0.48, 1.06),
    )
    for part in (axis.xaxis, axis.yaxis):
        part.set_major_formatter(PercentFormatter(1))
    return chart


@figure
def mistakes(scores: list, pictures: Pictures) -> Figure:
    """Pictures that a model got wrong. Where the photographs are not at hand, a
    grey tile stands for each.
    """
    columns = 4
    rows = max(1, -(-len(scores) // columns))
    grid, axes = plt.subplots(
        rows, columns, figsize=(7.2, 2.3 * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (name, _, dog) in zip(axes.flat, scores, strict=False):
        sure = f"{max(dog, 1 - dog):.0%} {pictures.classes[int(dog >= 0.5)]}"
        if pictures.source == "photographs":
            _show(
                axis, decode(str(pictures.folder / name)), sure, weight="normal"
            )
        else:
            _show(axis, np.full((SIDE, SIDE, 3), 225), sure, weight="normal")
            axis.text(
                80,
                80,
                f"{shown(name.rsplit('/')[-1])}\n(photograph\nnot at hand)",
                parse_math=False,
                ha="center",
                va="center",
                fontsize=9,
            )
    return grid


@figure
def test_accuracies(results: dict[str, tuple[int, int]]) -> Figure:
    """Accuracy on test pictures with its 95 % interval. `results` maps a
    model's name to (correct, n).
    """
    chart, axis = plt.subplots(figsize=(7.2, 2.6))
    for row, (correct, n) in enumerate(results.values()):
        low, high = wilson(correct, n)
        axis.plot([low, high], [row, row], color=VALIDATION, linewidth=3)
        axis.plot(correct / n, row, "o", color=VALIDATION, markersize=8)
        axis.annotate(
            f"{correct / n:.1%}  ({low:.1%} to {high:.1%})",
            (high, row),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    axis.set_yticks(range(len(results)), list(results))
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set(
        xlim=(0.5, 1.25),
        xlabel="accuracy on test pictures, with its 95 % interval",
    )
    axis.set_xticks(np.arange(0.5, 1.01, 0.1))
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    return chart


def example_picture(
    pictures: Pictures, name="train/cats/cat.4.jpg"
) -> np.ndarray:
    """One picture as uint8 of shape (160, 160, 3); the first if none has that
    name.
    """
    found = name if name in pictures.train else pictures.train[0]
    return np.asarray(decode(str(pictures.folder / found)))


def _show(
    axis, picture, title: str, colour: str = INK, weight: str = "bold"
) -> None:
    axis.imshow(np.clip(np.asarray(picture), 0, 255).astype("uint8"))
    axis.set_title(
        "\n".join(textwrap.wrap(title, 18)),
        color=colour,
        fontsize=10,
        fontweight=weight,
        parse_math=False,
    )
    axis.axis("off")
