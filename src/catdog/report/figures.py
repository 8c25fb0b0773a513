"""Figures for pages: each function draws one and returns it."""

import functools
import math
import random
import statistics
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from catdog import evaluation
from catdog.backend import keras
from catdog.data.pipeline import decode
from catdog.data.split import ImageSet
from catdog.report.faces import face_style
from catdog.report.images import SCREEN_DPI
from catdog.report.palette import palette, plot_style
from catdog.report.svg import themed_svg
from catdog.runs.schema import Run
from catdog.scores import Score
from catdog.settings import assets_folder

CLASS_COLORS = palette()["cat"][0], palette()["dog"][0]
TRAINING, VALIDATION = (
    palette()[name][0] for name in ("training", "validation")
)
INK, BASELINE, PALE, PAPER, SHADE = (
    palette()[name][0] for name in ("ink", "soft", "line", "paper", "name")
)

SVG = "image/svg+xml"

Parameters = ParamSpec("Parameters")


def figure(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Draw in the project's style; pages show it as SVG in their colors.

    The figure is closed afterwards. A notebook then shows it once: as the cell's
    value.
    """

    @functools.wraps(draw)
    def styled(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        before = set(plt.get_fignums())
        shared = assets_folder() / "catdog.mplstyle"
        with plt.style.context([shared, plot_style(), face_style()]):
            try:
                drawn = draw(*args, **kwargs)
                width, height = drawn.get_size_inches() * SCREEN_DPI
                shown = (
                    {SVG: themed_svg(drawn)},
                    {SVG: {"width": round(width), "height": round(height)}},
                )
                # What IPython asks a value for.
                vars(drawn)["_repr_mimebundle_"] = lambda **_: shown
                return drawn
            finally:
                for number in set(plt.get_fignums()) - before:
                    plt.close(number)

    return styled


@figure
def image_strip(images: ImageSet, n: int = 6, seed: int = 4) -> Figure:
    """Draw random training images in a row, the classes in turn."""
    rng = random.Random(seed)
    strip, axes = plt.subplots(1, n, figsize=(7.2, 7.2 / n))
    strip.set_layout_engine("constrained", w_pad=0, h_pad=0)
    names = [
        [name for name in images.train if images.label(name) == label]
        for label in (0, 1)
    ]
    for number, axis in enumerate(axes):
        name = rng.choice(names[number % 2])
        show_image(axis, decode(str(images.folder / name)), "")
    return strip


@figure
def image_grid(images: ImageSet, columns: int = 3, seed: int = 1) -> Figure:
    """Draw random training images with their labels, a row for each class.

    Shown in chapter 1.
    """
    rng = random.Random(seed)
    grid, axes = plt.subplots(2, columns, figsize=(7.2, 5.1), squeeze=False)
    for label, row in enumerate(axes):
        names = [name for name in images.train if images.label(name) == label]
        for axis, name in zip(row, rng.sample(names, columns), strict=True):
            image = decode(str(images.folder / name))
            show_image(axis, image, images.classes[label], CLASS_COLORS[label])
    return grid


def show_image(
    axis: Axes,
    image: np.ndarray,
    title: str,
    color: str = INK,
    weight: str = "bold",
) -> None:
    """Show one image, in [0, 255], with a title and without axes.

    Shown in chapter 1.
    """
    axis.imshow(np.clip(np.asarray(image), 0, 255).astype("uint8"))
    axis.set_title(
        "\n".join(textwrap.wrap(title, 18)),
        color=color,
        fontsize=11,
        fontweight=weight,
        parse_math=False,
    )
    axis.axis("off")


@figure
def label_frequencies(counts: Mapping[str, int]) -> Figure:
    """Draw a bar for each class, from `evaluation.label_counts`."""
    drawing, axis = plt.subplots(figsize=(7.2, 1.8))
    bars = axis.barh(
        range(len(counts)), list(counts.values()), color=CLASS_COLORS
    )
    axis.set_yticks(range(len(counts)), list(counts), parse_math=False)
    axis.bar_label(bars, padding=4, fmt="{:,.0f}")
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.margins(x=0.1)
    axis.set_xlabel("training images")
    return drawing


@figure
def augmented(
    layer: keras.layers.Layer, image: np.ndarray, copies: int = 4
) -> Figure:
    """Draw an image beside what a random layer makes of it.

    Args:
        layer: an augmentation layer.
        image: of shape (160, 160, 3), in [0, 255].
        copies: how many.

    Shown in chapter 3.
    """
    strip, axes = plt.subplots(1, copies + 1, figsize=(7.2, 1.75))
    show_image(axes[0], image, "original")
    batch = keras.ops.cast(image[None], "float32")
    for number, axis in enumerate(axes[1:], start=1):
        copy = layer(batch, training=True)[0]
        show_image(axis, copy, f"copy {number}", weight="normal")
    return strip


@figure
def history(
    runs: Sequence[Run],
    previous: Sequence[Run] = (),
    own: keras.callbacks.History | None = None,
    images: ImageSet | None = None,
) -> Figure:
    """Draw accuracy and loss in each epoch, in training and validation.

    Every run is a thin line, their mean a thick one. The dashed lines are
    accuracy and loss of always guessing with the frequencies of the classes.

    Args:
        runs: of one model.
        previous: runs of the model before it, whose mean is gray.
        own: what `fit` returned. It is drawn only if it is of the same images
            as the runs.
        images: those of `own`.

    Shown in chapter 2.
    """
    drawing, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
    counts = runs[0].images.validation
    guessing = evaluation.baseline(counts), evaluation.entropy(counts)
    fits = bool(own and images and runs[0].is_of(images))
    for axis, measure, guess in zip(
        axes, ("accuracy", "loss"), guessing, strict=True
    ):
        _draw_previous(axis, previous, measure)
        _draw_curves(axis, runs, measure)
        if own and fits:
            _draw_own(axis, own.history, measure)
        axis.axhline(
            guess,
            color=BASELINE,
            linestyle="--",
            linewidth=1.2,
            label="baseline",
        )
        axis.set(xlabel="epoch", ylabel=measure)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes[0].yaxis.set_major_formatter(PercentFormatter(1))
    axes[0].set_ylim(*_accuracy_limits(axes[0]))
    axes[1].set_ylim(0, 1.05)  # a first epoch may begin above it
    drawing.legend(
        handles=axes[0].get_legend_handles_labels()[0],
        ncols=4,
        loc="outside upper center",
    )
    return drawing


def _draw_curves(axis: Axes, runs: Sequence[Run], measure: str) -> None:
    epochs = range(1, runs[0].epochs + 1)
    axis.set_xlim(0.5, len(epochs) + 0.5)
    for name, attribute, color in [
        ("training", measure, TRAINING),
        ("validation", f"val_{measure}", VALIDATION),
    ]:
        values = _values(runs, attribute)
        axis.plot(
            epochs,
            values.mean(axis=0),
            color=color,
            label=name,
            marker="o" if len(epochs) == 1 else None,
        )
        if len(runs) > 1:
            axis.plot(epochs, values.T, color=color, linewidth=0.7, alpha=0.5)


def _draw_previous(axis: Axes, runs: Sequence[Run], measure: str) -> None:
    """Draw the means of another model in gray, behind all the rest."""
    for attribute, style, label in [
        (measure, ":", None),
        (f"val_{measure}", "-", f"{runs[0].model}, validation" if runs else ""),
    ]:
        if runs:
            values = _values(runs, attribute).mean(axis=0)
            axis.plot(
                range(1, len(values) + 1),
                values,
                color=BASELINE,
                linestyle=style,
                linewidth=1.5,
                alpha=0.6,
                label=label,
                zorder=1,
            )


def _draw_own(
    axis: Axes, history: Mapping[str, Sequence[float]], measure: str
) -> None:
    """Draw the reader's own training over the recorded ones."""
    for attribute, color, label in [
        (measure, TRAINING, None),
        (f"val_{measure}", VALIDATION, "your fit"),
    ]:
        values = history[attribute]
        axis.plot(
            range(1, len(values) + 1),
            values,
            color=color,
            label=label,
            linestyle="none",
            marker="D",
            markersize=4,
            markeredgecolor=INK,
        )


def _values(runs: Sequence[Run], attribute: str) -> np.ndarray:
    """Return a measure of some runs, of shape (runs, epochs)."""
    return np.array([getattr(run.history, attribute) for run in runs])


def _accuracy_limits(axis: Axes) -> tuple[float, float]:
    """Return the same limits for all models, unless a curve lies below them."""
    lowest = min(np.min(line.get_ydata()) for line in axis.get_lines())
    return min(0.45, lowest - 0.03), 1.01


@figure
def histories(runs: Mapping[str, Sequence[Run]]) -> Figure:
    """Draw the mean validation accuracy of each model after each epoch.

    Each curve has its model's name at its end.

    Args:
        runs: of each model, by its name.
    """
    drawing, axis = plt.subplots(figsize=(7.2, 4.2))
    for name, group in runs.items():
        values = _values(group, "val_accuracy").mean(axis=0)
        epochs = range(1, len(values) + 1)
        marker = "o" if len(values) == 1 else None
        axis.plot(epochs, values, color=VALIDATION, marker=marker)
        axis.annotate(
            name,
            (epochs[-1], values[-1]),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    axis.set(xlabel="epoch", ylabel="validation accuracy")
    axis.set_xlim(left=0.5)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return drawing


@figure
def comparison(
    runs: Mapping[str, Sequence[Run]], required: Mapping[str, float]
) -> Figure:
    """Draw the validation accuracy of each model: a dot for each run.

    The mean is written beside them, and a tick marks the required accuracy.

    Args:
        runs: of each model, by what its row is to be called.
        required: accuracies in [0, 1], by the names of models.
    """
    # So narrow that a phone shows all of it, in letters that one can read.
    drawing, axis = plt.subplots(figsize=(5.5, 3.0))
    every_run = [run for group in runs.values() for run in group]
    baseline = evaluation.baseline(every_run[0].images.validation)
    lowest = min(run.validation.accuracy for run in every_run)
    wanted = [required[run.model] for run in every_run if run.model in required]
    left = min(baseline, math.floor(10 * min(lowest, *wanted, 1)) / 10)
    for row, group in enumerate(runs.values()):
        _draw_model_row(axis, row, group, required.get(group[0].model), left)
    axis.axvline(baseline, color=BASELINE, linestyle="--", linewidth=1.2)
    above = axis.get_xaxis_transform()
    axis.text(baseline, 1.02, "baseline", color=BASELINE, transform=above)
    _name_rows(axis, runs)
    axis.set(
        xlim=(left, 1.09),
        xlabel="validation accuracy (dots: runs; ticks: required)",
    )
    axis.set_xticks(np.arange(math.ceil(10 * left) / 10, 1.01, 0.1))
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    return drawing


def _draw_model_row(
    axis: Axes,
    row: int,
    runs: Sequence[Run],
    required: float | None,
    left: float,
) -> None:
    values = [run.validation.accuracy for run in runs]
    average = evaluation.mean(values)
    axis.plot(
        [left, average],
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
    if required is not None:
        ends = [row - 0.3, row + 0.3]
        axis.plot([required] * 2, ends, color=INK, zorder=2)
    axis.annotate(
        f"{average:.1%}",
        (max(*values, required or left), row),
        (10, 0),
        textcoords="offset points",
        va="center",
    )


def _name_rows(axis: Axes, names: Mapping[str, object]) -> None:
    axis.set_yticks(range(len(names)), list(names))
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")


@figure
def confusion_matrix(
    scores: Sequence[Score], classes: Sequence[str] = ("cat", "dog")
) -> Figure:
    """Draw the counts of each answer for the images of each class."""
    table = np.array(evaluation.confusion(scores))
    drawing, axis = plt.subplots(figsize=(4.2, 3.4))
    shares = table / table.sum(axis=1, keepdims=True).clip(min=1)
    for (row, column), number in np.ndenumerate(table):
        share = shares[row, column]
        corner = column - 0.5, row - 0.5
        axis.add_patch(Rectangle(corner, 1, 1, color=SHADE, alpha=share))
        axis.text(
            column,
            row,
            f"{number:,}",
            ha="center",
            va="center",
            fontsize=16,
            color=PAPER if share > 0.5 else INK,
        )
    for set_ticks in (axis.set_xticks, axis.set_yticks):
        set_ticks(range(len(classes)), classes, parse_math=False)
    axis.set(
        xlim=(-0.5, 1.5),
        ylim=(1.5, -0.5),
        aspect="equal",
        xlabel="the model answers",
        ylabel="the image shows",
    )
    axis.grid(visible=False)
    return drawing


@figure
def calibration(scores: Sequence[Score]) -> Figure:
    """Draw how often a model is right against how sure it is.

    There is a dot for each bin of answers, with its 95 % interval.
    """
    drawing, axis = plt.subplots(figsize=(4.6, 4.2))
    axis.plot([0.5, 1], [0.5, 1], color=BASELINE, linestyle="--", linewidth=1.2)
    for confidence, correct, n in evaluation.calibration(scores):
        interval = evaluation.wilson(correct, n)
        axis.plot([confidence] * 2, interval, color=VALIDATION, linewidth=1.2)
        axis.plot(confidence, correct / n, "o", color=VALIDATION, markersize=6)
    axis.set(
        xlabel="how sure the model is",
        ylabel="how often it is right",
        xlim=(0.48, 1.02),
    )
    for part in (axis.xaxis, axis.yaxis):
        part.set_major_formatter(PercentFormatter(1))
    return drawing


@figure
def mistakes(scores: Sequence[Score], images: ImageSet) -> Figure:
    """Draw images that a model got wrong, with its answer above each."""
    columns = 4
    rows = max(1, -(-len(scores) // columns))
    grid, axes = plt.subplots(
        rows, columns, figsize=(7.2, 2.3 * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, score in zip(axes.flat, scores, strict=False):
        image = decode(str(images.folder / score.name))
        title = f"{score.confidence:.0%} {images.classes[score.answer]}"
        show_image(axis, image, title, weight="normal")
    return grid


@figure
def accuracy_intervals(results: Mapping[str, tuple[int, int]]) -> Figure:
    """Draw the accuracy on test images with its 95 % interval.

    Args:
        results: `(correct, n)` of each model, by its name.
    """
    drawing, axis = plt.subplots(figsize=(7.2, 2.6))
    for row, (correct, n) in enumerate(results.values()):
        low, high = evaluation.wilson(correct, n)
        axis.plot([low, high], [row, row], color=VALIDATION, linewidth=3)
        axis.plot(correct / n, row, "o", color=VALIDATION, markersize=8)
        axis.annotate(
            f"{correct / n:.1%}  ({low:.1%} to {high:.1%})",
            (high, row),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    _name_rows(axis, results)
    lows = [evaluation.wilson(correct, n)[0] for correct, n in results.values()]
    left = min(0.5, math.floor(10 * min(lows)) / 10)
    axis.set(
        xlim=(left, 1.25),
        xlabel="accuracy on test images, with its 95% interval",
    )
    axis.set_xticks(np.arange(left, 1.01, 0.1))
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    return drawing


@figure
def costs(scale: Mapping[str, Any]) -> Figure:
    """Draw what pipelines cost with more and more images, from `catdog bench`.

    Args:
        scale: what `benchmarks.scale` returns.
    """
    drawing, axes = plt.subplots(1, 2, figsize=(7.2, 3.2))
    names = {"seconds": "seconds of an epoch", "MiB": "MiB of memory"}
    colors = {"usual": VALIDATION, "usual cached": BASELINE, "our": TRAINING}
    for axis, (what, name) in zip(axes, names.items(), strict=True):
        curves = {
            way: [statistics.median(rounds) for rounds in scale[way][what]]
            for way in colors
        }
        # From the lowest end to the highest, for names that would overlap.
        place = "top"
        for way in sorted(colors, key=lambda way: curves[way][-1]):
            axis.loglog(
                scale["images"],
                curves[way],
                "o-",
                color=colors[way],
                markersize=4,
            )
            axis.annotate(
                way,
                (scale["images"][-1], curves[way][-1]),
                xytext=(6, 0),
                textcoords="offset points",
                va=place,
                color=colors[way],
            )
            place = "bottom"
        axis.set(xlabel="training images", ylabel=name)
        shown = scale["images"][::-2]  # every second number has room
        axis.set_xticks(shown, [f"{n:,}" for n in shown])
        axis.minorticks_off()
        axis.margins(x=0.2)
    return drawing


def example_image(
    images: ImageSet, name: str = "train/dogs/dog.9.jpg"
) -> np.ndarray:
    """Return one image, the first if none has that name.

    Returns:
        uint8 of shape (160, 160, 3).

    Shown in chapter 3.
    """
    chosen = name if name in images.train else images.train[0]
    return np.asarray(decode(str(images.folder / chosen)))
