"""What a network makes of an image: filters, their maps, and where it looks.

The first figures work one convolution out by hand, in whole numbers; the others
show those of a trained network.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from catdog.backend import keras
from catdog.data.pipeline import decode
from catdog.data.split import ImageSet
from catdog.feature_extraction import with_cells
from catdog.models import BUILDERS
from catdog.report.figures import CLASS_COLORS, PALE, figure, show_image
from catdog.report.palette import palette
from catdog.runs.schema import Run
from catdog.runs.store import read_weights
from catdog.scores import Score

PATCH_SIZE = 6  # pixels to each side of a patch that is worked out by hand
WINDOW = 1, 1  # row and column of the outlined window in it, and of its sum
BLACK_TEXT_FROM = 118  # darker cells are legible with white text only


def gray_levels(image: np.ndarray) -> np.ndarray:
    """Return the mean of an image's three channels.

    Args:
        image: of shape (height, width, 3), in [0, 255].

    Returns:
        Whole numbers from 0 to 255, of shape (height, width).
    """
    return np.rint(np.mean(image, axis=-1)).astype(int)


def convolved(image: np.ndarray, kernel: Sequence) -> np.ndarray:
    """Slide a kernel over the gray levels of an image.

    Args:
        image: of shape (height, width, 3), in [0, 255].
        kernel: numbers in rows, of shape (3, 3).

    Returns:
        A sum for each window, of shape (height - 2, width - 2).

    Shown in chapter 2.
    """
    return _slide(gray_levels(image), np.asarray(kernel))


def strongest_patch(image: np.ndarray, kernel: Sequence) -> tuple[int, int]:
    """Return the patch in whose outlined window a kernel answers most strongly.

    Returns:
        Row and column of its upper left pixel, as `convolution_by_hand` takes
        them.
    """
    top, left = WINDOW
    # Its window must leave room for the rest of the patch.
    below, right = PATCH_SIZE - 3 - top, PATCH_SIZE - 3 - left
    answers = np.abs(convolved(image, kernel)[top:-below, left:-right])
    row, column = np.unravel_index(answers.argmax(), answers.shape)
    return int(row), int(column)


def how_far_filters_moved(run: Run) -> float | None:
    """Return how alike the first filters are before and after the training.

    The same seed gives the same first weights in the same version of Keras.

    Args:
        run: of `model1`, with its weights.

    Returns:
        The correlation of the weights before and after, in [-1, 1]; None if the
        run is of another version of Keras.
    """
    if run.environment["keras"] != keras.__version__:
        return None
    keras.utils.set_random_seed(run.seed)
    kernel = keras.ops.convert_to_numpy(BUILDERS[run.model]().layers[0].kernel)
    pair = np.corrcoef(kernel.ravel(), read_weights(run)[0].ravel())
    return float(pair[0, 1])


def _slide(levels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(levels, kernel.shape)
    return (windows * kernel).sum(axis=(-2, -1))


@figure
def convolution_by_hand(
    image: np.ndarray, row: int, column: int, kernel: Sequence
) -> Figure:
    """Draw a patch of an image, a kernel, and the map that they give.

    One window of the patch and its sum in the map are outlined: `worked_sum`
    tells how the one comes from the other.

    Args:
        image: of shape (height, width, 3), in [0, 255].
        row: of the upper left pixel of the patch, from 0.
        column: of the same pixel.
        kernel: numbers in rows, of shape (3, 3).

    Raises:
        ValueError: if the patch does not lie within the image.
    """
    patch, numbers = _patch(image, row, column), np.asarray(kernel)
    sums = _slide(patch, numbers)
    grids = {
        "gray levels": (patch, patch),
        "× kernel": (numbers, _around_gray(numbers)),
        "= map": (sums, _around_gray(sums)),
    }
    widths = [values.shape[1] for values, _ in grids.values()]
    chart, axes = plt.subplots(
        1, 3, figsize=(7.2, 3.3), width_ratios=widths, squeeze=False
    )
    for axis, (title, (values, levels)) in zip(
        axes[0], grids.items(), strict=True
    ):
        _draw_cells(axis, values, levels, title)
    _outline(axes[0][0], len(numbers))
    _outline(axes[0][2], 1)
    return chart


def worked_sum(
    image: np.ndarray, row: int, column: int, kernel: Sequence
) -> str:
    """Write out the sum of the window that `convolution_by_hand` outlines.

    Args:
        image: of shape (height, width, 3), in [0, 255].
        row: of the upper left pixel of the patch, from 0.
        column: of the same pixel.
        kernel: numbers in rows, of shape (3, 3).

    Returns:
        A text such as `−1·52 + 0·60 + 1·94 … = 310`.

    Raises:
        ValueError: if the patch does not lie within the image.
    """
    numbers = np.asarray(kernel)
    patch = _patch(image, row, column)
    top, left = WINDOW
    window = patch[top : top + len(numbers), left : left + len(numbers)]
    terms = [
        f"{'−' if number < 0 else '+'} {_text(abs(number))}·{level}"
        for number, level in zip(numbers.flat, window.flat, strict=True)
    ]
    line = " ".join(terms).removeprefix("+ ")
    if line.startswith("− "):
        line = line.replace("− ", "−", 1)
    return f"{line} = {_text(_slide(patch, numbers)[WINDOW])}"


def _patch(image: np.ndarray, row: int, column: int) -> np.ndarray:
    rows, columns = image.shape[:2]
    inside = (
        0 <= row <= rows - PATCH_SIZE and 0 <= column <= columns - PATCH_SIZE
    )
    if not inside:
        raise ValueError(
            f"No patch of {PATCH_SIZE} by {PATCH_SIZE} pixels begins at row "
            f"{row}, column {column} of an image of {rows} by {columns}."
        )
    levels = gray_levels(image)
    return levels[row : row + PATCH_SIZE, column : column + PATCH_SIZE]


def _draw_cells(
    axis: Axes, values: np.ndarray, levels: np.ndarray, title: str
) -> None:
    """Draw a table: each cell has its number, and its shade in [0, 255]."""
    axis.pcolormesh(
        levels, cmap="gray", vmin=0, vmax=255, edgecolors=PALE, linewidth=0.6
    )
    for (row, column), value in np.ndenumerate(values):
        dark = levels[row, column] < BLACK_TEXT_FROM
        axis.text(
            column + 0.5,
            row + 0.5,
            _text(value),
            ha="center",
            va="center",
            fontsize=11,
            color="white" if dark else "black",
        )
    axis.set_title(title)
    axis.set_aspect("equal")
    axis.invert_yaxis()
    axis.axis("off")


def _outline(axis: Axes, size: int) -> None:
    top, left = WINDOW
    color = palette()["link"][0]
    axis.add_patch(
        Rectangle((left, top), size, size, fill=False, ec=color, lw=3)
    )


def _text(number: float) -> str:
    whole = float(number).is_integer()
    text = f"{number:.0f}" if whole else f"{number:.2f}"
    return text.replace("-", "−")


def _around_gray(values: np.ndarray, limit: float = 0.0) -> np.ndarray:
    """Return shades in [0, 255]: middle gray for 0, black for the lowest.

    Args:
        values: below and above 0.
        limit: the value that is white; by default, the largest amount.
    """
    limit = limit or np.abs(values).max() or 1.0
    return np.clip(127.5 * (1 + values / limit), 0, 255)


@figure
def convolution_map(image: np.ndarray, kernel: Sequence) -> Figure:
    """Draw an image in gray, and the map that a kernel makes of all of it.

    In the map 0 is gray; sums above it are lighter, those below it darker. The
    strongest hundredth is white or black.

    Args:
        image: of shape (height, width, 3), in [0, 255].
        kernel: numbers in rows, of shape (3, 3).

    Shown in chapter 2.
    """
    sums = convolved(image, kernel)
    chart, axes = plt.subplots(1, 2, figsize=(7.2, 3.8))
    _show_gray(axes[0], gray_levels(image), "gray levels")
    limit = float(np.percentile(np.abs(sums), 99))
    _show_gray(axes[1], _around_gray(sums, limit), "map")
    return chart


def _show_gray(
    axis: Axes, levels: np.ndarray, title: str, weight: str = "bold"
) -> None:
    """Show levels in [0, 255], of shape (height, width)."""
    show_image(axis, np.stack([levels] * 3, axis=-1), title, weight=weight)


@figure
def filters(kernel: np.ndarray) -> Figure:
    """Draw the filters of a first convolution as tiles, numbered from 1.

    A tile has the colors that its filter looks for: gray is a weight of 0, and
    the largest weight of each filter has its full color.

    Args:
        kernel: of shape (height, width, 3, filters).
    """
    count, columns = kernel.shape[-1], 8
    rows = -(-count // columns)
    grid, axes = plt.subplots(
        rows, columns, figsize=(7.2, 1.1 * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for number, axis in enumerate(axes.flat[:count]):
        tile = _around_gray(kernel[..., number])
        show_image(axis, tile, str(number + 1), weight="normal")
    return grid


def first_maps(
    kernel: np.ndarray, bias: np.ndarray, image: np.ndarray
) -> np.ndarray:
    """Return what the first convolution of a network makes of an image.

    That is the first layer of `models.conv_layers`: every other pixel, zeros
    around the image, `leaky_relu`.

    Args:
        kernel: of shape (5, 5, 3, 16).
        bias: of shape (16,).
        image: of shape (160, 160, 3), with pixels as the layer is given them.

    Returns:
        Maps of shape (80, 80, 16).
    """
    batch = keras.ops.cast(image[None], "float32")
    maps = keras.ops.conv(batch, kernel, strides=2, padding="same") + bias
    return keras.ops.convert_to_numpy(keras.activations.leaky_relu(maps)[0])


def maps_of_layers(
    model: keras.Model, image: np.ndarray
) -> list[list[np.ndarray]]:
    """Return what to show of each layer when a model is given an image.

    Of a layer's maps, that is the one that varies most over the image. A base
    model has several: for each size, the mean of the maps of its last layer
    with this size.

    Args:
        model: its layers follow one another, as in a `Sequential` model.
        image: of the shape that the model takes, in [0, 255].

    Returns:
        For each layer its maps, of shape (height, width). There are none if
        its output has no height and width.
    """
    values = keras.ops.cast(image[None], "float32")
    shown = []
    for layer in model.layers:
        before, values = values, layer(values, training=False)
        base = layer.layers[-1] if isinstance(layer, keras.Model) else None
        if isinstance(base, keras.Model):
            shown.append(_mean_maps(base, before))
        else:
            shown.append([_clearest_map(values)] if values.ndim == 4 else [])
    return shown


def _clearest_map(values: Any) -> np.ndarray:
    maps = keras.ops.convert_to_numpy(values)[0]
    return maps[..., maps.std(axis=(0, 1)).argmax()]


def _mean_maps(base: keras.Model, values: Any) -> list[np.ndarray]:
    # Rows and columns of zeros around maps make no maps of another size.
    others = keras.layers.InputLayer, keras.layers.ZeroPadding2D
    last = {
        layer.output.shape[1:3]: layer.output
        for layer in base.layers
        if layer.output.ndim == 4 and not isinstance(layer, others)
    }
    outputs = keras.Model(base.inputs, list(last.values()))
    maps = outputs(values, training=False)
    return [keras.ops.convert_to_numpy(grid)[0].mean(axis=-1) for grid in maps]


@figure
def feature_maps(
    kernel: np.ndarray, bias: np.ndarray, image: np.ndarray
) -> Figure:
    """Draw an image beside its maps, which have the numbers of their filters.

    In each map the lowest value is black, and the highest white.

    Args:
        kernel: of shape (5, 5, 3, 16).
        bias: of shape (16,).
        image: uint8 of shape (160, 160, 3).
    """
    maps = first_maps(kernel, bias, image)
    count, columns = maps.shape[-1], 4
    rows = -(-count // columns)
    chart = plt.figure(figsize=(7.2, 1.05 * rows))
    grid = GridSpec(rows, 2 * columns, chart)
    show_image(chart.add_subplot(grid[:, :columns]), image, "image")
    for number in range(count):
        row, column = divmod(number, columns)
        axis = chart.add_subplot(grid[row, columns + column])
        levels = _full_range(maps[..., number])
        _show_gray(axis, levels, str(number + 1), weight="normal")
    return chart


def _full_range(values: np.ndarray) -> np.ndarray:
    """Return shades in [0, 255], from the lowest value to the highest."""
    above = values - values.min()
    return 255 * above / (above.max() or 1.0)


def class_activation_map(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """Return the logits of each cell of the grid that a base model gives.

    Their mean over the cells is the logits of the image.

    Args:
        model: with a `GlobalAveragePooling2D` and, after it, only layers that
            add and multiply in inference mode, such as `models.head` has.
        image: of shape (size, size, 3), in [0, 255].

    Returns:
        Logits of shape (size / 32, size / 32, 2), cat before dog.

    Raises:
        CatdogError: if the model does not take the mean over a grid.
    """
    return _cell_logits(with_cells(model), image)


def _cell_logits(model: keras.Model, image: np.ndarray) -> np.ndarray:
    batch = keras.ops.cast(image[None], "float32")
    _, cells = model(batch, training=False)
    return keras.ops.convert_to_numpy(cells[0])


@figure
def class_activation(
    model: keras.Model, images: ImageSet, names: Sequence[str]
) -> Figure:
    """Draw images above what each part of them says to a model.

    A part is tinted in the color of the class that it speaks for, the stronger
    the more; the same tint is the same difference of logits in all images. The
    titles are the labels and, below, the answers with their probability.

    Args:
        model: one that `class_activation_map` takes.
        images: the set that the images are in.
        names: of the images, two to six of them.
    """
    shown = [
        np.asarray(decode(str(images.folder / name), model.input_shape[1]))
        for name in names
    ]
    both = with_cells(model)
    cells = [_cell_logits(both, image) for image in shown]
    leanings = [logits[..., 1] - logits[..., 0] for logits in cells]
    limit = max(float(np.abs(leaning).max()) for leaning in leanings) or 1.0
    tile = 7.2 / max(3, len(names))
    chart, axes = plt.subplots(
        2, len(names), figsize=(tile * len(names), 2 * tile + 1), squeeze=False
    )
    for above, below, name, image, leaning in zip(
        *axes, names, shown, leanings, strict=True
    ):
        label, score = images.label(name), _score(images, name, leaning)
        color = CLASS_COLORS[label]
        show_image(above, image, images.classes[label], color)
        answer = f"{score.confidence:.0%} {images.classes[score.answer]}"
        _show_gray(below, gray_levels(image), answer, weight="normal")
        tint = _draw_tint(below, leaning, limit)
    _add_scale(chart, tint, axes, images.classes)
    return chart


def _score(images: ImageSet, name: str, leaning: np.ndarray) -> Score:
    # With two classes, the softmax is the sigmoid of their difference.
    probability = (1 + np.tanh(leaning.mean() / 2)) / 2
    return Score(name, images.label(name), float(probability))


def _draw_tint(axis: Axes, leaning: np.ndarray, limit: float) -> AxesImage:
    """Tint an image: clear where it leans to no class."""
    first, second = (to_rgba(color, 0.85) for color in CLASS_COLORS)
    colors = [first, to_rgba("white", 0.0), second]
    right, bottom = axis.get_xlim()[1], axis.get_ylim()[0]
    return axis.imshow(
        leaning,
        cmap=LinearSegmentedColormap.from_list("leaning", colors),
        vmin=-limit,
        vmax=limit,
        interpolation="bilinear",
        extent=(-0.5, right, bottom, -0.5),
    )


def _add_scale(
    chart: Figure, tint: AxesImage, axes: np.ndarray, classes: Sequence[str]
) -> None:
    scale = chart.colorbar(
        tint, ax=axes, location="bottom", aspect=30, shrink=0.7
    )
    words = [f"speaks for {classes[0]}", "", f"for {classes[1]}"]
    ends = tint.get_clim()
    scale.set_ticks([ends[0], 0, ends[1]], labels=words, parse_math=False)
