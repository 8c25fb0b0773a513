"""What a network makes of an image: the numbers drawn are those computed."""

import io

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from samples_of_runs import make_run

from catdog import models
from catdog.data.pipeline import decode
from catdog.errors import CatdogError
from catdog.report import activations
from catdog.report.figures import example_image
from catdog.report.palette import palette
from catdog.runs.store import read_run, write_run

VERTICAL = [[-1, 0, 1]] * 3
# Gray levels 0, 1, 2 … 63 in rows of eight.
RAMP = np.repeat(np.arange(64).reshape(8, 8, 1), 3, axis=2).astype("uint8")


@pytest.fixture
def image(images):
    return example_image(images)


@pytest.fixture(scope="module")
def model4(random_weights):
    """A model on MobileNetV2, whose head is not as it began."""
    model = models.model4()
    rng = np.random.default_rng(0)
    for layer in model.layers[-3:]:
        for weight in layer.weights:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    kernel = model.layers[-1].kernel
    kernel.assign(rng.normal(0, 0.05, kernel.shape))
    return model


def numbers(axis):
    """The numbers in the cells of a table, in rows."""
    cells = {
        (text.get_position()[1] - 0.5, text.get_position()[0] - 0.5): float(
            text.get_text().replace("−", "-")
        )
        for text in axis.texts
    }
    rows, columns = (int(max(place)) + 1 for place in zip(*cells, strict=True))
    return [[cells[r, c] for c in range(columns)] for r in range(rows)]


def outline(axis):
    """Row, column and size of the outlined square."""
    (square,) = (x for x in axis.patches if isinstance(x, Rectangle))
    left, top = square.get_xy()
    return top, left, square.get_width()


def titles(chart):
    return [axis.get_title("left") for axis in chart.axes]


def test_gray_level_is_the_mean_of_the_channels():
    levels = activations.gray_levels(np.array([[[0, 1, 2], [255, 255, 252]]]))
    assert levels.tolist() == [[1, 254]]


def test_convolution_is_the_sum_that_a_hand_computes():
    kernel = [[1, 0, 0], [0, 0, 0], [0, 0, -2]]
    sums = activations.convolved(RAMP, kernel)
    assert sums.shape == (6, 6)
    assert sums[0, 0] == 0 - 2 * 18
    assert sums[5, 4] == 44 - 2 * 62
    assert np.unique(activations.convolved(RAMP, VERTICAL)).tolist() == [6]


def test_convolution_is_that_of_keras(image):
    rng = np.random.default_rng(0)
    kernel = rng.integers(-3, 4, (3, 3))
    levels = activations.gray_levels(image).astype("float32")
    maps = keras.ops.conv(
        levels[None, :, :, None], kernel[:, :, None, None].astype("float32")
    )
    np.testing.assert_allclose(
        activations.convolved(image, kernel), np.asarray(maps)[0, ..., 0]
    )


@pytest.mark.parametrize("kernel", [VERTICAL, np.negative(VERTICAL)])
def test_strongest_patch_has_the_edge_in_its_outlined_window(kernel):
    image = np.zeros((14, 20, 3), "uint8")
    image[6:9, 11] = 255  # one bright stroke: its left edge comes first
    row, column = activations.strongest_patch(image, kernel)
    assert (row, column) == (5, 8)
    chart = activations.convolution_by_hand(image, row, column, kernel)
    top, left, size = outline(chart.axes[0])
    window = image[row + top :, column + left :][:size, :size, 0]
    assert window.tolist() == [[0, 0, 255]] * 3
    sums = np.array(numbers(chart.axes[2]))
    strongest = np.abs(activations.convolved(image, kernel)).max()
    assert abs(sums[top, left]) == np.abs(sums).max() == strongest == 3 * 255


@pytest.mark.parametrize(
    ("edge", "corner"), [((0, 0), (0, 0)), ((-1, -1), (8, 14))]
)
def test_strongest_patch_lies_within_the_image(edge, corner):
    image = np.zeros((14, 20, 3), "uint8")
    image[edge] = 255  # too close to the border for an outlined window
    image[corner[0] + 1, corner[1] + 1] = 20
    patch = activations.strongest_patch(image, [[1, 0, 0], [0] * 3, [0] * 3])
    assert patch == corner
    activations.convolution_by_hand(image, *patch, VERTICAL)


def recorded_filters(change, seed=3, version=keras.__version__):
    """A recorded run whose first filters are those of its start, changed."""
    keras.utils.set_random_seed(seed)
    kernel, bias = models.model1().layers[0].get_weights()
    run = make_run(seed=seed, environment={"keras": version, "cores": 2})
    return read_run(write_run(run, weights=[change(kernel), bias]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda kernel: kernel, 1.0),
        (lambda kernel: 2 * kernel + 1, 1.0),
        (lambda kernel: -kernel, -1.0),
        (lambda kernel: kernel[::-1, ::-1], pytest.approx(0, abs=0.15)),
    ],
    ids=["equal", "in line", "opposite", "others"],
)
def test_filters_moved_as_far_as_they_differ_from_their_start(change, expected):
    moved = activations.how_far_filters_moved(recorded_filters(change))
    assert moved == (
        pytest.approx(expected) if expected in (1, -1) else expected
    )


def test_filters_that_moved_a_little_are_almost_as_they_were():
    rng = np.random.default_rng(0)
    run = recorded_filters(
        lambda kernel: kernel + rng.normal(0, kernel.std(), kernel.shape)
    )
    # As much noise as there was signal: the correlation is 1 / sqrt(2).
    moved = activations.how_far_filters_moved(run)
    assert moved == pytest.approx(2**-0.5, abs=0.05)


def test_start_is_unknown_for_another_version_of_keras():
    run = recorded_filters(lambda kernel: kernel, version="3.0.0")
    assert activations.how_far_filters_moved(run) is None


def test_table_of_the_patch_kernel_and_map_has_their_numbers():
    kernel = [[0, 0, 0], [0, 1, -2], [0, 0, 0.25]]
    chart = activations.convolution_by_hand(RAMP, 2, 1, kernel)
    patch, weights, sums = chart.axes
    assert numbers(patch) == RAMP[2:8, 1:7, 0].tolist()
    assert numbers(weights) == kernel
    # First window: rows 2 to 4, columns 1 to 3.
    assert numbers(sums)[0][0] == 26 - 2 * 27 + 0.25 * 35
    assert np.shape(numbers(sums)) == (4, 4)


def test_outlined_window_has_its_sum_outlined_and_written_out():
    kernel = [[-1, 0, 1], [2, -3, 0.5], [0, 0, 0]]
    chart = activations.convolution_by_hand(RAMP, 0, 0, kernel)
    top, left, size = outline(chart.axes[0])
    assert size == 3
    row, column, one = outline(chart.axes[2])
    assert (row, column, one) == (top, left, 1)
    total = -9 + 11 + 2 * 17 - 3 * 18 + 0.5 * 19
    assert numbers(chart.axes[2])[row][column] == total
    assert activations.worked_sum(RAMP, 0, 0, kernel) == (
        "−1·9 + 0·10 + 1·11 + 2·17 − 3·18 + 0.50·19 + 0·25 + 0·26 + 0·27 = −8.50"
    )


def test_worked_sum_of_a_kernel_that_begins_above_zero_has_no_sign():
    text = activations.worked_sum(RAMP, 1, 1, [[1, 0, -1]] * 3)
    assert text.startswith("1·18 + 0·19 − 1·20 + 1·26") and text.endswith(
        "= −6"
    )


@pytest.mark.parametrize("corner", [(3, 0), (0, 3), (-1, 0)])
def test_patch_outside_the_image_is_refused(corner):
    with pytest.raises(ValueError, match="of an image of 8 by 8"):
        activations.convolution_by_hand(RAMP, *corner, VERTICAL)
    with pytest.raises(ValueError, match="No patch of 6 by 6 pixels begins at"):
        activations.worked_sum(RAMP, *corner, VERTICAL)


def test_numbers_stand_out_from_their_cells():
    levels = np.linspace(0, 255, 64).astype("uint8").reshape(8, 8, 1)
    chart = activations.convolution_by_hand(
        np.repeat(levels, 3, axis=2), 1, 1, VERTICAL
    )
    patch = activations.gray_levels(np.repeat(levels, 3, axis=2))[1:7, 1:7]

    def luminance(level):
        return ((level / 255 + 0.055) / 1.055) ** 2.4

    for text, level in zip(chart.axes[0].texts, patch.flat, strict=True):
        white = text.get_color() == "white"
        pair = (luminance(level), 1.0) if white else (0.0, luminance(level))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


def test_map_is_gray_at_0_and_lighter_above(image):
    chart = activations.convolution_map(image, VERTICAL)
    gray, sums = (axis.images[0].get_array() for axis in chart.axes)
    np.testing.assert_array_equal(
        gray[..., 0], activations.gray_levels(image).astype("uint8")
    )
    signs = np.sign(activations.convolved(image, VERTICAL))
    assert sums.shape == (158, 158, 3)
    assert (sums[signs == 0] == 127).all()
    assert (sums[signs > 0] >= 127).all() and (sums[signs < 0] <= 127).all()
    assert sums.max() == 255 and sums.min() == 0


def test_map_of_an_even_image_is_gray():
    even = np.full((9, 9, 3), 70, "uint8")
    chart = activations.convolution_map(even, VERTICAL)
    assert np.unique(chart.axes[1].images[0].get_array()).tolist() == [127]


def test_each_filter_has_its_own_range_around_gray():
    kernel = np.zeros((5, 5, 3, 16), "float32")
    kernel[0, 0, 0, 0], kernel[1, 1, 1, 0] = 0.5, -0.25
    kernel[0, 0, 0, 1] = -0.001
    chart = activations.filters(kernel)
    assert titles(chart) == [str(number) for number in range(1, 17)]
    first, second, third, *_ = (x.images[0].get_array() for x in chart.axes)
    assert first[0, 0].tolist() == [255, 127, 127]
    assert first[1, 1].tolist() == [127, 63, 127]
    assert second[0, 0].tolist() == [0, 127, 127]
    assert np.unique(third).tolist() == [127]


def test_first_maps_are_those_of_the_first_layer(image):
    model = models.model1()
    layer = model.layers[0]
    layer.bias.assign(np.linspace(-1, 1, 16))
    network = keras.Model(model.inputs, layer.output)
    maps = activations.first_maps(
        layer.kernel.numpy(), layer.bias.numpy(), image
    )
    assert maps.shape == (80, 80, 16) and maps.min() < 0
    np.testing.assert_allclose(
        maps, network.predict(image[None], verbose=0)[0], 1e-4, 1e-3
    )


def test_maps_have_the_numbers_of_their_filters(image):
    kernel = np.zeros((5, 5, 3, 16), "float32")
    kernel[2, 2, 0, 4] = 1  # the fifth map is the red channel
    chart = activations.feature_maps(kernel, np.zeros(16, "float32"), image)
    assert titles(chart) == ["image", *map(str, range(1, 17))]
    shown = [axis.images[0].get_array() for axis in chart.axes]
    np.testing.assert_array_equal(shown[0], image)
    maps = activations.first_maps(kernel, np.zeros(16, "float32"), image)
    red = maps[..., 4]
    expected = 255 * (red - red.min()) / (red.max() - red.min())
    np.testing.assert_allclose(shown[5][..., 0], expected, atol=1.01)
    assert (shown[1] == 0).all()


def test_map_of_a_layer_is_the_one_that_varies_most():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(3, 1),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
        ]
    )
    kernel = np.zeros((1, 1, 3, 3), "float32")
    # All red; twice the green, turned; and nothing but a large constant.
    kernel[0, 0, 0, 0], kernel[0, 0, 1, 1] = 1, -2
    model.layers[0].set_weights([kernel, np.float32([0, 5, 900])])
    maps = activations.maps_of_layers(model, RAMP)
    expected = 5 - 2.0 * RAMP[..., 1]
    assert [len(of_layer) for of_layer in maps] == [1, 1, 0]
    np.testing.assert_array_equal(maps[0][0], expected)
    np.testing.assert_array_equal(maps[1][0], expected[::2, ::2])


def test_maps_of_layers_are_those_of_inference(image):
    model = keras.Sequential(
        [keras.Input((160, 160, 3)), keras.layers.RandomRotation(0.5)]
    )
    ((shown,),) = activations.maps_of_layers(model, image)
    channels = np.moveaxis(image.astype("float32"), -1, 0)
    assert any((shown == channel).all() for channel in channels)


def test_base_model_has_a_mean_map_for_each_size(model4, image):
    maps = activations.maps_of_layers(model4, image)
    sizes = [[grid.shape for grid in of_layer] for of_layer in maps]
    assert sizes == [
        *[[(160, 160)]] * 3,
        [(size, size) for size in (80, 40, 20, 10, 5)],
        *[[]] * 4,
    ]
    before_head = keras.Sequential(
        [keras.Input((160, 160, 3)), *model4.layers[:4]]
    )
    features = before_head.predict(image[None].astype("float32"), verbose=0)
    np.testing.assert_allclose(
        maps[3][-1], features[0].mean(axis=-1), 1e-4, 1e-4
    )


def test_mean_of_the_cells_is_the_answer_for_the_image(model4, image):
    cells = activations.class_activation_map(model4, image)
    logits = model4.predict(image[None].astype("float32"), verbose=0)[0]
    assert cells.shape == (5, 5, 2)
    assert cells.std(axis=(0, 1)).min() > 0.01
    np.testing.assert_allclose(cells.mean(axis=(0, 1)), logits, 1e-4, 1e-4)


def test_cells_lie_where_they_are_in_the_image(model4, image):
    before = activations.class_activation_map(model4, image)

    def moved(rows, columns):
        """How far the cells move if one corner of the image is changed."""
        changed = image.copy()
        changed[rows, columns] = 255 - changed[rows, columns]
        after = activations.class_activation_map(model4, changed)
        cells = np.abs(after - before).sum(axis=-1)
        return cells[:2, 3:].sum(), cells[3:, :2].sum()

    upper_right, lower_left = moved(slice(0, 32), slice(128, 160))
    assert upper_right > 2 * lower_left
    upper_right, lower_left = moved(slice(128, 160), slice(0, 32))
    assert lower_left > 2 * upper_right


def test_model_that_takes_no_mean_has_no_such_map(image):
    with pytest.raises(CatdogError, match=r"^model1 .*: choose a model on"):
        activations.class_activation_map(models.model1(), image)


def test_images_stand_above_their_tint_and_answer(model4, images):
    names = [images.held_out[0], images.held_out[-1]]
    chart = activations.class_activation(model4, images, names)
    above, below = chart.axes[:2], chart.axes[2:4]
    assert titles(chart)[:2] == ["cat", "dog"]
    for name, first, second in zip(names, above, below, strict=True):
        image = np.asarray(decode(str(images.folder / name)))
        np.testing.assert_array_equal(first.images[0].get_array(), image)
        gray, tint = second.images
        assert gray.get_array().shape == image.shape
        cells = activations.class_activation_map(model4, image)
        np.testing.assert_allclose(
            tint.get_array(), cells[..., 1] - cells[..., 0], 1e-5
        )
        assert tint.get_extent() == gray.get_extent()
        logits = cells.mean(axis=(0, 1))
        p = np.exp(logits) / np.exp(logits).sum()
        answer = ("cat", "dog")[p.argmax()]
        assert second.get_title("left") == f"{p.max():.0%} {answer}"


def test_tint_is_the_color_of_the_class_that_it_speaks_for(model4, images):
    names = [images.held_out[0], images.held_out[-1]]
    chart = activations.class_activation(model4, images, names)
    tints = [axis.images[1] for axis in chart.axes[2:4]]
    limits = {tint.get_clim() for tint in tints}
    largest = max(np.abs(tint.get_array()).max() for tint in tints)
    assert limits == {(-largest, largest)}
    for tint in tints:
        assert to_hex(tint.cmap(0.0)) == palette()["cat"][0]
        assert to_hex(tint.cmap(1.0)) == palette()["dog"][0]
        assert tint.cmap(0.5)[3] < 0.02
    words = [label.get_text() for label in chart.axes[-1].get_xticklabels()]
    assert words == ["speaks for cat", "", "for dog"]


def test_all_figures_are_legible_and_closed(model4, images, image):
    kernel, bias = (x.numpy() for x in models.model1().layers[0].weights)
    charts = [
        activations.convolution_by_hand(image, 70, 70, VERTICAL),
        activations.convolution_map(image, VERTICAL),
        activations.filters(kernel),
        activations.feature_maps(kernel, bias, image),
        activations.class_activation(model4, images, images.held_out[:4]),
    ]
    assert plt.get_fignums() == []
    for chart in charts:
        chart.savefig(io.BytesIO(), format="png")
        assert chart.get_figwidth() <= 7.2
        sizes = [
            text.get_fontsize()
            for text in chart.findobj(Text)
            if text.get_text()
        ]
        assert sizes and min(sizes) >= 8
