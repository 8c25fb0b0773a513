"""Models drawn: every layer is there, with its shape, at its size."""

import keras
import pytest
from keras import layers

from catdog import models
from catdog.report import diagrams


def words(chart):
    return [text.get_text() for text in chart.axes[0].texts]


@pytest.mark.parametrize("name", ["model1", "model2", "model3"])
def test_drawing_names_every_layer_with_its_shape(name):
    model = models.BUILDERS[name]()
    said = words(diagrams.drawing(model))
    assert said[0] == "picture\n160 × 160 × 3"
    assert len(said) == len(model.layers) + 1
    for layer, text in zip(model.layers, said[1:], strict=True):
        shape = " × ".join(f"{size:,}" for size in layer.output.shape[1:])
        assert text.endswith(f"\n{shape}")
        nested = isinstance(layer, keras.Model)
        assert text.startswith(layer.name if nested else type(layer).__name__)


def test_frozen_base_model_is_drawn_as_a_funnel(random_weights):
    chart = diagrams.drawing(models.model4())
    legend = [text.get_text() for text in chart.legends[0].get_texts()]
    assert diagrams.FROZEN in legend and "decides" in legend
    assert "looks for patterns" not in legend


def test_larger_maps_are_higher_and_more_maps_are_wider():
    heights = [
        diagrams.block((side, side, 8))[1] for side in (5, 20, 80, 160)
    ]
    widths = [
        diagrams.block((20, 20, number))[0] for number in (3, 32, 1280)
    ]
    assert heights == sorted(set(heights)) and widths == sorted(set(widths))
    assert diagrams.block((2,))[1] < diagrams.block((64,))[1]


def test_any_sequence_of_layers_can_be_drawn():
    parts = [
        keras.Input((32, 32, 1)),
        layers.LeakyReLU(),
        layers.Flatten(),
        layers.Dense(1),
    ]
    said = words(diagrams.drawing(keras.Sequential(parts)))
    assert said == [
        "picture\n32 × 32 × 1",
        "LeakyReLU\n32 × 32 × 1",
        "Flatten\n1,024",
        "Dense\n1",
    ]
