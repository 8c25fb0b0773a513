"""A model as a table of its layers, and as a diagram of what they do."""

import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

from catdog.backend import keras
from catdog.models import count_parameters
from catdog.pretrained import weights_path
from catdog.report.figures import figure
from catdog.report.markdown import Markdown, table
from catdog.report.palette import palette

FROZEN = "learned before, frozen"
UNKNOWN = "looks for patterns"
CHANGES = "changes the image"
# What layers do: the color, how opaque it is, and their names.
ROLES = {
    CHANGES: ("tip", 1.0, ("Random", "preprocessor")),
    UNKNOWN: ("name", 1.0, ("Conv",)),
    "shrinks": ("name", 0.45, ("MaxPooling", "GlobalAverage", "Flatten")),
    "normalizes": ("warning", 1.0, ("BatchNormalization",)),
    "drops at random": ("soft", 1.0, ("Dropout",)),
    "decides": ("ink", 1.0, ("Dense",)),
    FROZEN: ("note", 1.0, ("base_model_layer",)),
}
MAX_LETTERS = 12  # of a name in one line
GAP = 1.2  # between the words below two blocks, in letters
LETTER = 0.0755  # inches to a letter of these words


# The words below a group of blocks; for each, the shape and what its layer does.
Column = tuple[list[str], list[tuple[Sequence[int], str | None]]]


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
        return 0.9, 0.6 * math.log2(shape[0] + 1)
    height = max(1.0, 2 * math.log2(shape[0]) - 3.0)
    return 0.7 + 0.2 * math.log2(shape[-1]), height


def groups(model: keras.Model) -> list[list[keras.layers.Layer]]:
    """Return the layers of a model in order, those in one list that go together.

    These are layers that change the image, and a convolution with its pooling.
    """
    grouped: list[list[keras.layers.Layer]] = []
    for layer in model.layers:
        before = role(grouped[-1][-1]) if grouped else None
        changes = before == role(layer) == CHANGES
        pools = before == UNKNOWN and "Pooling" in type(layer).__name__
        if changes or pools:
            grouped[-1].append(layer)
        else:
            grouped.append([layer])
    return grouped


@figure
def diagram(model: keras.Model) -> Figure:
    """Draw a model from left to right, as a row of blocks.

    The first block is the image, each other one what a layer makes of it. The
    layers must follow one another, as they do in a `Sequential` model.
    """
    image = model.input_shape[1:]
    columns: list[Column] = [(["image"], [(image, None)])]
    columns += [
        (
            [_words(layer) for layer in group],
            [(layer.output.shape[1:], role(layer)) for layer in group],
        )
        for group in groups(model)
    ]
    drawing, axis = plt.subplots(figsize=(7.2, 2.9))
    x, height = 0.0, 0.0
    for names, blocks in columns:
        words = "\n".join([*names, "×".join(map(str, blocks[-1][0]))])
        width = max(map(len, words.split("\n")))
        height = _draw_group(axis, x + width / 2, width, blocks, height)
        axis.text(x + width / 2, -8, words, ha="center", va="top", fontsize=8.5)
        x += width + GAP
    # Wide enough for the words, which do not shrink.
    drawing.set_figwidth(max(7.2, (x - GAP) * LETTER))
    letters = drawing.get_figwidth() / LETTER
    axis.set(xlim=(0, letters), ylim=(-15, 8), aspect="auto")
    axis.axis("off")
    used = dict.fromkeys(
        does for _, blocks in columns for _, does in blocks if does
    )
    drawing.legend(
        handles=[Patch(**_color(does), label=does) for does in used],
        ncols=len(used) if len(used) < 5 else 3,
        loc="outside upper center",
        fontsize=9,
    )
    return drawing


def _draw_group(
    axis: Axes,
    center: float,
    room: float,
    blocks: Sequence[tuple[Sequence[int], str | None]],
    before: float,
) -> float:
    """Draw the blocks of a group around `center`; return the last one's height.

    Args:
        axis: where to.
        center: of the group.
        room: how wide it may be.
        blocks: the shape of each output, and what its layer does.
        before: height of the block before.
    """
    sizes = [block_size(tuple(shape)) for shape, _ in blocks]
    step = min(3.0, room / len(blocks))
    x = center - step * (len(blocks) - 1) / 2
    for (shape, does), size in zip(blocks, sizes, strict=True):
        if does == FROZEN:  # a network in itself
            _draw_funnel(axis, x, 0.8 * room, before, size[1])
        else:
            _draw_block(axis, x, size, does, len(shape) > 1)
        x += step
    return sizes[-1][1]


def _words(layer: keras.layers.Layer) -> str:
    """Return a layer's name; a long one in several lines."""
    name = _name(layer)
    parts = re.findall(r"[A-Z]?[a-z]+(?:\d?D)?", name.replace("_", " "))
    return "\n".join(parts) if len(name) > MAX_LETTERS else name


def _name(layer: keras.layers.Layer) -> str:
    nested = isinstance(layer, keras.Model)
    return layer.name if nested else type(layer).__name__


def _color(does: str | None) -> dict[str, Any]:
    name, alpha, _ = ROLES.get(does or "", ("line", 1.0, ()))
    return {"facecolor": palette()[name][0], "alpha": alpha}


def _draw_block(
    axis: Axes,
    x: float,
    size: tuple[float, float],
    does: str | None,
    deep: bool,
) -> None:
    """Draw a block around `x`; a deep one shows its top and side, too."""
    width, height = size
    left, right = x - width / 2, x + width / 2
    low, high = -height / 2, height / 2
    faces = [[(left, low), (right, low), (right, high), (left, high)]]
    if deep:
        dx, dy = 0.09 * height, 0.13 * height
        back = [(right + dx, high + dy), (left + dx, high + dy)]
        faces.append([(left, high), (right, high), *back])
        faces.append(
            [(right, low), (right, high), back[0], (right + dx, low + dy)]
        )
    color = _color(does)
    for corners, light in zip(faces, (1.0, 0.5, 0.75), strict=False):
        face = Polygon(corners, edgecolor=palette()["paper"][0], linewidth=0.8)
        face.set(**color)
        face.set_alpha(light * color["alpha"])
        axis.add_patch(face)


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
    axis.add_patch(Polygon(corners, **_color(FROZEN)))
