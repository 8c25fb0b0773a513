"""A model as a table of its layers, and as a diagram of what they do."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

from catdog.backend import keras
from catdog.models import count_parameters
from catdog.pretrained import weights_path
from catdog.report.activations import maps_of_layers
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
UNIT = 1.15  # letters that are as wide as a block of height 1 is high
FRAME = 0.35  # of its block around a map, in letters
NESTED = 0.75  # how high a map is in a funnel, beside one on a block


@dataclass
class Block:
    """A block of a diagram.

    Args:
        shape: of the output that it stands for, without the batch.
        does: what its layer does; None for the image.
        faces: what is shown on it.
    """

    shape: Sequence[int]
    does: str | None
    faces: Sequence[np.ndarray] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height, as `block_size` gives them."""
        return block_size(tuple(self.shape))

    @property
    def room(self) -> float:
        """How much of a row it takes, in letters."""
        if not self.faces:
            return 3.0
        if self.does == FROZEN:
            return GAP + sum(_nested_width(face) + GAP for face in self.faces)
        depth, height = self.size
        return UNIT * height + depth + GAP


# The words below a group of blocks, and the blocks.
Column = tuple[list[str], list[Block]]


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
def diagram(model: keras.Model, image: np.ndarray | None = None) -> Figure:
    """Draw a model from left to right, as a row of blocks.

    The first block is the image, each other one what a layer makes of it. The
    layers must follow one another, as they do in a `Sequential` model.

    Args:
        model: its layers, and their weights.
        image: of the shape that the model takes, in [0, 255]. If given, the
            first block shows it, and the blocks of convolutions and of a base
            model show what `activations.maps_of_layers` finds for them.
    """
    columns = _columns(model, image)
    drawing, axis = plt.subplots(figsize=(7.2, 2.9))
    x, height = 0.0, 0.0
    for names, blocks in columns:
        words = "\n".join([*names, "×".join(map(str, blocks[-1].shape))])
        lines = map(len, words.split("\n"))
        width = max(*lines, sum(block.room for block in blocks))
        _draw_group(axis, x + width / 2, width, blocks, height)
        axis.text(x + width / 2, -8, words, ha="center", va="top", fontsize=8.5)
        x, height = x + width + GAP, blocks[-1].size[1]
    # Wide enough for the words, which do not shrink.
    drawing.set_figwidth(max(7.2, (x - GAP) * LETTER))
    letters = drawing.get_figwidth() / LETTER
    axis.set(xlim=(0, letters), ylim=(-15, 8), aspect="auto")
    axis.axis("off")
    used = dict.fromkeys(
        block.does for _, blocks in columns for block in blocks if block.does
    )
    in_a_row = len(used) if len(used) < 5 else 3
    drawing.legend(
        handles=[Patch(**_color(does), label=does) for does in used],
        ncols=in_a_row,
        loc="outside upper center",
        fontsize=9,
    )
    if image is not None:  # which is a square
        axis.set_aspect(UNIT, adjustable="box")
        drawing.set_figheight(2.35 + 0.2 * math.ceil(len(used) / in_a_row))
    return drawing


def _columns(model: keras.Model, image: np.ndarray | None) -> list[Column]:
    first, shown = Block(model.input_shape[1:], None), {}
    if image is not None:
        first.faces = [image]
        maps = maps_of_layers(model, image)
        shown = dict(zip(model.layers, maps, strict=True))
    columns: list[Column] = [(["image"], [first])]
    for group in groups(model):
        blocks = [Block(layer.output.shape[1:], role(layer)) for layer in group]
        for block, layer in zip(blocks, group, strict=True):
            if block.does in (UNKNOWN, FROZEN):
                block.faces = shown.get(layer, [])
        columns.append(([_words(layer) for layer in group], blocks))
    return columns


def _draw_group(
    axis: Axes,
    center: float,
    room: float,
    blocks: Sequence[Block],
    before: float,
) -> None:
    """Draw the blocks of a group around `center`.

    Args:
        axis: where to.
        center: of the group.
        room: how wide it may be.
        blocks: what to draw.
        before: height of the block before.
    """
    x = center - sum(block.room for block in blocks) / 2
    for block in blocks:
        middle = x + block.room / 2
        if block.does == FROZEN:  # a network in itself
            _draw_funnel(axis, middle, room, before, block)
        else:
            _draw_block(axis, middle, block)
        x += block.room


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


def _draw_block(axis: Axes, x: float, block: Block) -> None:
    """Draw a block around `x`.

    Maps have a top and a side, too. They are seen from the side, or from the
    front if there is one to show.
    """
    width, height = block.size
    depth = (0.09 * height, 0.13 * height) if len(block.shape) > 1 else None
    if block.faces:
        depth, width = (width, width / 2), UNIT * height
        x -= depth[0] / 2
    left, right = x - width / 2, x + width / 2
    low, high = -height / 2, height / 2
    sides = [[(left, low), (right, low), (right, high), (left, high)]]
    if depth:
        dx, dy = depth
        back = [(right + dx, high + dy), (left + dx, high + dy)]
        sides.append([(left, high), (right, high), *back])
        sides.append(
            [(right, low), (right, high), back[0], (right + dx, low + dy)]
        )
    color = _color(block.does)
    for corners, light in zip(sides, (1.0, 0.5, 0.75), strict=False):
        side = Polygon(corners, edgecolor=palette()["paper"][0], linewidth=0.8)
        side.set(**color)
        side.set_alpha(light * color["alpha"])
        axis.add_patch(side)
    if block.faces:
        _draw_face(axis, block.faces[0], left + FRAME, width - 2 * FRAME)


def _draw_face(axis: Axes, face: np.ndarray, left: float, width: float) -> None:
    """Draw an image, or a map in gray: its lowest value black, its highest white."""
    half = width / UNIT / 2
    extent = left, left + width, -half, half
    axis.imshow(face, cmap="gray", extent=extent, zorder=2)


def _draw_funnel(
    axis: Axes, x: float, room: float, before: float, block: Block
) -> None:
    """Draw many layers as one: from the height of its input to its output's."""
    width, after = 0.8 * room, block.size[1]
    if block.faces:
        width = block.room
    left, right = x - width / 2, x + width / 2
    corners = [
        (left, -before / 2),
        (right, -after / 2),
        (right, after / 2),
        (left, before / 2),
    ]
    axis.add_patch(Polygon(corners, **_color(FROZEN)))
    left += GAP
    for face in block.faces:
        _draw_face(axis, face, left, _nested_width(face))
        left += _nested_width(face) + GAP


def _nested_width(face: np.ndarray) -> float:
    """Return how wide a map within a funnel is, in letters."""
    return NESTED * UNIT * block_size((*face.shape, 1))[1]
