"""A model as a table of its layers, and as a diagram of what they do."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

from catdog.backend import keras
from catdog.models import count_parameters
from catdog.pretrained import weights_path
from catdog.report.figures import chart
from catdog.report.markdown import Markdown, table
from catdog.report.palette import palette

PITCH = 1.75  # from one block to the next, so that the words below have room
FROZEN = "learned before, frozen"
UNKNOWN = "looks for patterns"
# What layers do, their color (its name, and which of its two tones), their names.
ROLES = {
    "changes the image": ("tip", 0, ("Random", "preprocessor")),
    UNKNOWN: ("dog", 0, ("Conv",)),
    "shrinks": ("dog", 1, ("MaxPooling", "GlobalAverage", "Flatten")),
    "normalizes": ("tip", 1, ("BatchNormalization",)),
    "drops at random": ("soft", 1, ("Dropout",)),
    "decides": ("cat", 0, ("Dense",)),
    FROZEN: ("name", 0, ("base_model_layer",)),
}


def count_trainable(model: keras.layers.Layer) -> int:
    """Return how many numbers training may change."""
    return count_parameters(model.trainable_weights)


def layer_table(
    model: keras.Model, network: keras.Model | None = None
) -> Markdown:
    """Return a model as a table: a row for each layer, from input to output.

    Args:
        model: the model.
        network: a model whose layers `model` ends with; they share one row.
    """
    n_own = len(model.layers) - (len(network.layers) if network else 0)
    rows = [_row(_name(layer), [layer]) for layer in model.layers[:n_own]]
    if network:
        rows.append(
            _row(f"the network of {network.name}", model.layers[n_own:])
        )
    total = [model.count_params(), count_trainable(model)]
    rows.append(["**all**", "", *(f"**{number:,}**" for number in total)])
    header = ["layer", "output shape", "parameters", "of these trained"]
    return table(header, rows)


def _row(name: str, layers: Sequence[keras.layers.Layer]) -> list[str]:
    return [
        name,
        " × ".join(str(size) for size in layers[-1].output.shape[1:]),
        f"{sum(layer.count_params() for layer in layers):,}",
        f"{sum(map(count_trainable, layers)):,}",
    ]


def weights_notice() -> Markdown:
    """Return that MobileNetV2's weights are missing, or else nothing."""
    if weights_path().exists():
        return Markdown("")
    return Markdown(
        "> **The weights of MobileNetV2 are missing in this build.** They could "
        "not be downloaded, so here the base model starts from random weights, "
        "and a short `fit` on top of it learns next to nothing. The recorded "
        "runs had the published weights."
    )


def role(layer: keras.layers.Layer) -> str:
    """Return what a layer does, in the words of the diagram's legend.

    A layer of an unknown type counts as one that looks for patterns.
    """
    for words, (_, _, names) in ROLES.items():
        if _name(layer).startswith(names):
            return words
    return UNKNOWN


def block_size(shape: Sequence[int]) -> tuple[float, float]:
    """Return width and height of the block for an output.

    Both grow with the logarithm of what they show: the height with the size of
    the maps, the width with how many there are. A row of numbers is a thin bar.

    Args:
        shape: of the output, without the batch.
    """
    if len(shape) == 1:
        return 0.3, 0.3 * math.log2(shape[0] + 1)
    height = max(0.5, math.log2(shape[0]) - 1.5)
    return 0.2 + 0.15 * math.log2(shape[-1]), height


@chart
def diagram(model: keras.Model) -> Figure:
    """Draw a model from left to right, as a row of blocks.

    The first block is the image, each other one what a layer makes of it. The
    layers must follow one another, as they do in a `Sequential` model.
    """
    steps: list[tuple[str, Sequence[int], str | None]] = [
        ("image", model.input_shape[1:], None)
    ]
    steps += [
        (_name(layer), layer.output.shape[1:], role(layer))
        for layer in model.layers
    ]
    drawing, axis = plt.subplots(figsize=(10, 3.8))
    x, height_before = 0.0, 0.0
    for name, shape, does in steps:
        width, height = block_size(tuple(shape))
        if does == FROZEN:  # a network in itself
            x += PITCH
            _draw_funnel(axis, x, 2 * PITCH, height_before, height)
        else:
            deep = len(shape) > 1
            _draw_block(axis, x, width, height, _color(does), deep)
        _label(axis, x, name, shape)
        x += 2 * PITCH if does == FROZEN else PITCH
        height_before = height
    axis.set(xlim=(-2.4, x), ylim=(-6.4, 4.4), aspect="equal")
    axis.axis("off")
    used = dict.fromkeys(does for _, _, does in steps if does)
    drawing.legend(
        handles=[Patch(facecolor=_color(does), label=does) for does in used],
        ncols=len(used) if len(used) < 6 else 3,
        loc="outside upper center",
        fontsize=10,
    )
    return drawing


def _name(layer: keras.layers.Layer) -> str:
    nested = isinstance(layer, keras.Model)
    return layer.name if nested else type(layer).__name__


def _color(does: str | None) -> str:
    name, tone, _ = ROLES.get(does or "", ("line", 0, ()))
    return palette()[name][tone]


def _draw_block(
    axis: Axes, x: float, width: float, height: float, color: str, deep: bool
) -> None:
    """Draw a block around `x`; a deep one shows its top and side, too."""
    left, right = x - width / 2, x + width / 2
    low, high = -height / 2, height / 2
    front = [(left, low), (right, low), (right, high), (left, high)]
    faces = [(front, 1.0)]
    if deep:
        dx, dy = 0.16 * height, 0.13 * height
        back = [(right + dx, high + dy), (left + dx, high + dy)]
        top = [(left, high), (right, high), *back]
        side = [(right, low), (right, high), back[0], (right + dx, low + dy)]
        faces = [(top, 0.5), (side, 0.75), *faces]
    for corners, alpha in faces:
        axis.add_patch(
            Polygon(
                corners,
                facecolor=color,
                edgecolor="white",
                linewidth=0.8,
                alpha=alpha,
            )
        )


def _draw_funnel(
    axis: Axes, x: float, width: float, before: float, after: float
) -> None:
    """Draw many layers as one: from the height of its input to its output's."""
    left, right = x - width / 2, x + width / 2
    corners = [
        (left, -before / 2),
        (right, -after / 2),
        (right, after / 2),
        (left, before / 2),
    ]
    axis.add_patch(
        Polygon(corners, facecolor=_color(FROZEN), edgecolor="white")
    )


def _label(axis: Axes, x: float, name: str, shape: Sequence[int]) -> None:
    sizes = " × ".join(f"{size:,}" for size in shape)
    axis.text(
        x + 0.5,
        -3.3,
        f"{name}\n{sizes}",
        rotation=40,
        rotation_mode="anchor",
        ha="right",
        va="center",
        fontsize=9,
        linespacing=1.1,
    )
