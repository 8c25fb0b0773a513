"""A model as a drawing: what a picture becomes on its way through the layers."""

import math

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

from catdog.backend import keras
from catdog.report.figures import figure
from catdog.report.palette import palette

PLACE = 1.75  # the room for each block, so that the words below have theirs
FROZEN = "learned before, frozen"
# What layers do, their colour (its name, and which of its two tones), their names.
KINDS = {
    "changes the picture": ("tip", 0, ("Random", "preprocessor")),
    "looks for patterns": ("dog", 0, ("Conv",)),
    "shrinks": ("dog", 1, ("MaxPooling", "GlobalAverage", "Flatten")),
    "drops at random": ("soft", 1, ("Dropout",)),
    "decides": ("cat", 0, ("Dense",)),
    FROZEN: ("name", 0, ("base_model_layer",)),
}


def kind(layer: keras.layers.Layer) -> str:
    """What a layer does, in the words of the drawing's legend.

    A layer of an unknown kind counts as one that looks for patterns.
    """
    for words, (_, _, names) in KINDS.items():
        if _name(layer).startswith(names):
            return words
    return "looks for patterns"


def block(shape: tuple[int, ...]) -> tuple[float, float]:
    """Width and height of the block for an output of this shape, without the batch.

    Both grow with the logarithm of what they stand for: the height with the side of
    the maps, the width with how many there are. A row of numbers is a thin bar.
    """
    if len(shape) == 1:
        return 0.3, 0.3 * math.log2(shape[0] + 1)
    return 0.2 + 0.15 * math.log2(shape[-1]), max(
        0.5, math.log2(shape[0]) - 1.5
    )


@figure
def drawing(model: keras.Model) -> Figure:
    """Draw a model from left to right: a block for the picture, and one for what
    each layer makes of it.

    The layers of the model must follow one another, as in a `Sequential` one.
    """
    steps = [("picture", model.input_shape[1:], None)]
    steps += [
        (_name(part), part.output.shape[1:], kind(part))
        for part in model.layers
    ]
    chart, axis = plt.subplots(figsize=(10, 3.8))
    middle, before = 0.0, 0.0
    for name, shape, does in steps:
        width, height = block(tuple(shape))
        if does == FROZEN:  # a network in itself
            middle += PLACE
            _funnel(axis, middle, 2 * PLACE, before, height)
        else:
            _draw(
                axis, middle, width, height, _colour(does), deep=len(shape) > 1
            )
        _write(axis, middle, name, shape)
        middle += 2 * PLACE if does == FROZEN else PLACE
        before = height
    axis.set(xlim=(-2.4, middle), ylim=(-6.4, 4.4), aspect="equal")
    axis.axis("off")
    used = dict.fromkeys(does for _, _, does in steps if does)
    chart.legend(
        handles=[Patch(facecolor=_colour(does), label=does) for does in used],
        ncols=len(used),
        loc="outside upper center",
        fontsize=10,
    )
    return chart


def _name(layer: keras.layers.Layer) -> str:
    return (
        layer.name if isinstance(layer, keras.Model) else type(layer).__name__
    )


def _colour(does: str | None) -> str:
    name, tone, _ = KINDS.get(does, ("line", 0, ()))
    return palette()[name][tone]


def _draw(axis, middle, width, height, colour, deep: bool) -> None:
    """A block with its front face around `middle`; a deep one shows its side too."""
    left, right, low, high = (
        middle - width / 2,
        middle + width / 2,
        -height / 2,
        height / 2,
    )
    faces = [([(left, low), (right, low), (right, high), (left, high)], 1.0)]
    if deep:
        x, y = 0.16 * height, 0.13 * height
        top = [
            (left, high),
            (right, high),
            (right + x, high + y),
            (left + x, high + y),
        ]
        side = [
            (right, low),
            (right, high),
            (right + x, high + y),
            (right + x, low + y),
        ]
        faces = [(top, 0.5), (side, 0.75), *faces]
    for corners, strength in faces:
        axis.add_patch(
            Polygon(
                corners,
                facecolor=colour,
                edgecolor="white",
                linewidth=0.8,
                alpha=strength,
            )
        )


def _funnel(axis, middle, width, before, after) -> None:
    """Many layers in one: from the height of what comes in to that of what goes out."""
    left, right = middle - width / 2, middle + width / 2
    corners = [
        (left, -before / 2),
        (right, -after / 2),
        (right, after / 2),
        (left, before / 2),
    ]
    axis.add_patch(
        Polygon(corners, facecolor=_colour(FROZEN), edgecolor="white")
    )


def _write(axis, middle, name, shape) -> None:
    sizes = " × ".join(f"{size:,}" for size in shape)
    axis.text(
        middle + 0.5,
        -3.3,
        f"{name}\n{sizes}",
        rotation=40,
        rotation_mode="anchor",
        ha="right",
        va="center",
        fontsize=9,
        linespacing=1.1,
    )
