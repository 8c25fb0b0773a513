"""Models drawn and listed: every layer is there, with its shape, at its size."""

import itertools
from inspect import cleandoc

import keras
import numpy as np
import pytest
from keras import layers

from catdog import models
from catdog.pretrained import WEIGHTS_NAME
from catdog.report import activations, architecture


@pytest.fixture(scope="module")
def model4(random_weights):
    return models.model4()


def labels(chart):
    return [text.get_text() for text in chart.axes[0].texts]


@pytest.mark.parametrize("name", ["model1", "model2", "model3"])
def test_diagram_names_every_layer_and_the_shape_after_each_group(name):
    model = models.BUILDERS[name]()
    texts = labels(architecture.diagram(model))
    assert texts[0] == "image\n160×160×3"
    grouped = architecture.groups(model)
    assert [layer for group in grouped for layer in group] == model.layers
    for text, group in zip(texts[1:], grouped, strict=True):
        *names, shape = text.split("\n")
        assert shape == "×".join(map(str, group[-1].output.shape[1:]))
        # A long name has several lines.
        assert "".join(names) == "".join(
            layer.name
            if isinstance(layer, keras.Model)
            else type(layer).__name__
            for layer in group
        )


def test_layers_that_go_together_are_drawn_together():
    model = models.BUILDERS["model3"]()
    names = [
        [type(layer).__name__ for layer in group]
        for group in architecture.groups(model)
    ]
    assert names == [
        ["Functional", "RandomFlip", "RandomRotation"],
        *[["Conv2D", "MaxPooling2D"]] * 4,
        *[["Flatten"], ["Dropout"], ["Dense"], ["Dense"]],
    ]


def test_words_of_a_diagram_do_not_overlap():
    drawing = architecture.diagram(models.BUILDERS["model3"]())
    drawing.canvas.draw()
    boxes = [text.get_window_extent() for text in drawing.axes[0].texts]
    for left, right in itertools.pairwise(boxes):
        assert left.x1 < right.x0
    assert boxes[0].x0 >= -1 and boxes[-1].x1 <= drawing.bbox.x1 + 1


def test_long_names_have_several_lines(model4):
    texts = labels(architecture.diagram(model4))
    assert "base\nmodel\nlayer\n5×5×1280" in texts
    assert "Global\nAverage\nPooling2D\n1280" in texts


def test_frozen_base_model_is_drawn_as_a_funnel(model4):
    chart = architecture.diagram(model4)
    legend = [text.get_text() for text in chart.legends[0].get_texts()]
    assert architecture.FROZEN in legend and "decides" in legend
    assert "looks for patterns" not in legend


@pytest.fixture
def small_model():
    """A model whose first map is the red of an image, and second half of it."""
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(1, 1),
            layers.MaxPooling2D(),
            layers.Conv2D(1, 1),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    red = np.float32([1, 0, 0]).reshape(1, 1, 3, 1)
    model.layers[0].set_weights([red, np.float32([0])])
    model.layers[2].set_weights([np.full((1, 1, 1, 1), 0.5), np.float32([0])])
    return model


IMAGE = np.random.default_rng(0).integers(0, 256, (160, 160, 3), "uint8")


def test_convolutions_and_the_image_show_what_the_network_makes_of_it(
    small_model,
):
    image = IMAGE[:32, :32]
    chart = architecture.diagram(small_model, image)
    red = image[..., 0].astype("float32")
    pooled = red.reshape(16, 2, 16, 2).max(axis=(1, 3))
    shown = [face.get_array() for face in chart.axes[0].images]
    assert len(shown) == 3
    for face, expected in zip(shown, (image, red, pooled / 2), strict=True):
        np.testing.assert_array_equal(face, expected)
    for face in chart.axes[0].images[1:]:
        values = face.get_array()
        assert face.get_clim() == (values.min(), values.max())
        assert face.to_rgba(values.max())[:3] == (1, 1, 1)


def test_diagram_without_an_image_shows_none(small_model):
    assert not architecture.diagram(small_model).axes[0].images


def test_base_model_shows_its_maps_on_the_funnel(model4):
    image, *maps = architecture.diagram(model4, IMAGE).axes[0].images
    np.testing.assert_array_equal(image.get_array(), IMAGE)
    expected = activations.maps_of_layers(model4, IMAGE)[3]
    for face, values in zip(maps, expected, strict=True):
        np.testing.assert_array_equal(face.get_array(), values)


@pytest.mark.parametrize("name", ["model1", "model3", "model4"])
def test_images_on_blocks_are_squares_side_by_side(name, random_weights):
    chart = architecture.diagram(models.BUILDERS[name](), IMAGE)
    chart.canvas.draw()
    boxes = [face.get_window_extent() for face in chart.axes[0].images]
    assert boxes[0].x0 >= 0 and boxes[-1].x1 <= chart.bbox.x1
    for left, right in itertools.pairwise(boxes):
        assert left.x1 < right.x0 and left.height > right.height
    for box in boxes:
        assert box.width == pytest.approx(box.height, rel=0.01)
    words = [text.get_window_extent() for text in chart.axes[0].texts]
    for left, right in itertools.pairwise(words):
        assert left.x1 < right.x0
    assert words[0].x0 >= -1 and words[-1].x1 <= chart.bbox.x1 + 1
    assert max(text.y1 for text in words) < min(box.y0 for box in boxes)


def test_larger_maps_are_higher_and_more_maps_are_wider():
    heights = [
        architecture.block_size((size, size, 8))[1] for size in (5, 20, 80, 160)
    ]
    widths = [
        architecture.block_size((20, 20, number))[0] for number in (3, 32, 1280)
    ]
    assert heights == sorted(set(heights)) and widths == sorted(set(widths))
    assert architecture.block_size((2,))[1] < architecture.block_size((64,))[1]


def test_any_sequence_of_layers_can_be_drawn():
    parts = [
        keras.Input((32, 32, 1)),
        layers.LeakyReLU(),
        layers.Flatten(),
        layers.Dense(1),
    ]
    assert labels(architecture.diagram(keras.Sequential(parts))) == [
        "image\n32×32×1",
        "LeakyReLU\n32×32×1",
        "Flatten\n1024",
        "Dense\n1",
    ]


@pytest.mark.parametrize(
    ("layer", "role"),
    [
        (layers.RandomFlip(), "changes the image"),
        (layers.Conv2D(1, 1), "looks for patterns"),
        (layers.BatchNormalization(), "normalizes"),
        (layers.MaxPooling2D(), "shrinks"),
        (layers.GlobalAveragePooling2D(), "shrinks"),
        (layers.Flatten(), "shrinks"),
        (layers.Dropout(0.5), "drops at random"),
        (layers.Dense(2), "decides"),
        (layers.LeakyReLU(), "looks for patterns"),  # of no known type
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_each_layer_has_its_role(layer, role):
    assert architecture.role(layer) == role


def test_whole_models_have_their_role(model4):
    roles = [architecture.role(layer) for layer in model4.layers]
    assert roles[0] == "changes the image" and roles[3] == architecture.FROZEN


def test_table_counts_parameters_and_those_that_are_trained():
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            layers.Conv2D(400, 1, trainable=False),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert architecture.layer_table(model) == cleandoc("""
        | layer | output shape | parameters | of these trained |
        | :-- | --: | --: | --: |
        | Conv2D | 4 × 4 × 400 | 1,600 | 0 |
        | Flatten | 6400 | 0 | 0 |
        | Dense | 2 | 12,802 | 12,802 |
        | **all** |  | **14,402** | **12,802** |
    """)
    assert architecture.count_trainable(model) == 12_802


def test_table_names_whole_models_by_their_own_name(model4):
    table = architecture.layer_table(model4)
    assert "| base_model_layer | 5 × 5 × 1280 | 2,257,984 | 0 |" in table
    assert "| **all** |  | **2,265,666** | **5,122** |" in table


def test_table_gathers_the_layers_of_a_network_in_one_row():
    network = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            layers.Conv2D(400, 1, trainable=False),
            layers.Flatten(),
            layers.Dense(2),
        ],
        name="small",
    )
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            layers.RandomFlip(),
            layers.Rescaling(1 / 255),
            *network.layers,
        ]
    )
    assert architecture.layer_table(model, network) == cleandoc("""
        | layer | output shape | parameters | of these trained |
        | :-- | --: | --: | --: |
        | RandomFlip | 4 × 4 × 3 | 0 | 0 |
        | Rescaling | 4 × 4 × 3 | 0 | 0 |
        | the network of small | 2 | 14,402 | 12,802 |
        | **all** |  | **14,402** | **12,802** |
    """)


def test_table_of_model2_refers_to_the_network_of_model1():
    network, model = models.model1(), models.model2()
    rows = architecture.layer_table(model, network).split("\n")
    own = len(model.layers) - len(network.layers)
    assert own > 0 and len(rows) == own + 4  # and two for the header
    assert rows[-2].startswith("| the network of model1 | 2 |")
    total = f"{network.count_params():,}"
    assert rows[-2].endswith(f"| {total} | {total} |")


def test_missing_weights_are_told_and_found_ones_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert architecture.weights_notice() == (
        "> **The weights of MobileNetV2 are missing in this build.** They could "
        "not be downloaded, so here the base model starts from random weights, "
        "and a short `fit` on top of it learns next to nothing. The recorded "
        "runs had the published weights."
    )
    path = tmp_path / "models" / WEIGHTS_NAME
    path.parent.mkdir()
    path.touch()
    assert architecture.weights_notice() == ""
