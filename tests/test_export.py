"""Networks answer from a LiteRT file as they do in Keras."""

import keras
import numpy as np
import pytest

from catdog import export, feature_extraction
from catdog.backend import tf
from catdog.data.sources import open_images
from catdog.errors import CatdogError
from catdog.feature_extraction import has_frozen_base
from catdog.report.activations import class_activation_map

SIZE = 32
# Largest difference of logits, which span about 1.
CLOSE = {"none": 1e-5, "float16": 0.01, "dynamic": 0.05, "int8": 0.1}


@pytest.fixture(scope="module")
def images():
    """Four images, each of another brightness."""
    noise = np.random.default_rng(0).uniform(0, 60, (4, SIZE, SIZE, 3))
    return (noise + 60 * np.arange(4)[:, None, None, None]).astype("float32")


@pytest.fixture(scope="module")
def representative(images):
    return tf.data.Dataset.from_tensor_slices((images, [0, 1, 0, 1])).batch(3)


@pytest.fixture(scope="module")
def model():
    """Augmentation, a frozen base and a head, like model4, in small."""
    keras.utils.set_random_seed(0)
    frozen = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            keras.layers.Rescaling(1 / 127.5, -1.0),
            keras.layers.Conv2D(16, 3, 2, "same", activation="relu"),
            keras.layers.MaxPooling2D(4),
            keras.layers.Conv2D(32, 3, 2, "same", activation="relu"),
        ]
    )
    frozen.trainable = False
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(0.25),
            frozen,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ],
        name="small",
    )
    rng = np.random.default_rng(0)
    for weight in model.layers[-3].weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    assert has_frozen_base(model)
    return model


@pytest.fixture
def images_of_both(small_folder):
    return open_images(small_folder)


def logits(answer, images):
    return np.concatenate([answer(image[None])["logits"] for image in images])


@pytest.mark.parametrize("quantization", export.QUANTIZATIONS)
def test_file_answers_as_the_network(
    quantization, model, images, representative, tmp_path
):
    path = export.to_litert(
        model, tmp_path / "new" / "a.tflite", quantization, representative
    )
    assert [file.name for file in path.parent.iterdir()] == ["a.tflite"]
    expected = model.predict(images, verbose=0)
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(
        logits(export.load_litert(path), images),
        expected,
        atol=CLOSE[quantization],
    )


def test_file_takes_one_float32_image_and_names_what_it_gives(model, tmp_path):
    path = export.to_litert(model, tmp_path / "a.tflite")
    with pytest.warns(UserWarning, match="deprecated"):
        interpreter = tf.lite.Interpreter(str(path))
    (taken,) = interpreter.get_input_details()
    assert taken["shape"].tolist() == [1, SIZE, SIZE, 3]
    assert taken["dtype"] == np.float32
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["image"], "outputs": ["logits"]}
    }


@pytest.fixture(scope="module")
def wide():
    """A network whose weights take more room than all the rest of its file."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(512),
            keras.layers.Dense(2),
        ]
    )


@pytest.mark.parametrize(
    ("quantization", "share"), [("float16", 2), ("dynamic", 4)]
)
def test_quantized_weights_take_less_room(quantization, share, wide, tmp_path):
    whole = export.to_litert(wide, tmp_path / "a").stat().st_size
    less = export.to_litert(wide, tmp_path / "b", quantization).stat().st_size
    assert whole / less == pytest.approx(share, rel=0.15)


def test_cells_are_those_of_the_class_activation_map(model, images, tmp_path):
    both = feature_extraction.with_cells(model)
    assert both.output_names == ["logits", "cells"]
    answer = export.load_litert(
        export.to_litert(both, tmp_path / "cells.tflite")
    )(images[:1])
    assert set(answer) == {"logits", "cells"}
    assert answer["logits"].shape == (1, 2)
    assert answer["cells"].shape == (1, 2, 2, 2)
    expected = class_activation_map(model, images[0])
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(answer["cells"][0], expected, atol=1e-5)
    np.testing.assert_allclose(
        answer["cells"].mean(axis=(1, 2)), answer["logits"], atol=1e-5
    )
    np.testing.assert_allclose(
        answer["logits"], model.predict(images[:1], verbose=0), atol=1e-5
    )


def test_model_without_a_grid_has_no_cells(wide):
    with pytest.raises(CatdogError, match="does not take the mean over a grid"):
        feature_extraction.with_cells(wide)


def test_nothing_is_printed(model, tmp_path, capfd, recwarn):
    export.load_litert(export.to_litert(model, tmp_path / "a.tflite"))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_unknown_quantization_gets_one_sentence(model, tmp_path):
    with pytest.raises(CatdogError, match="no quantization 'int4': choose one"):
        export.to_litert(model, tmp_path / "a.tflite", "int4")


def test_int8_without_images_gets_one_sentence(model, tmp_path):
    with pytest.raises(CatdogError, match=r"^int8 needs images"):
        export.to_litert(model, tmp_path / "a.tflite", "int8")


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    image = keras.Input((8, 8, 3))
    sums = keras.layers.Lambda(
        lambda x: tf.numpy_function(lambda y: y, [x], tf.float32),
        output_shape=(8, 8, 3),
    )(image)
    model = keras.Model(image, sums, name="foreign")
    with pytest.raises(CatdogError, match=r"^foreign cannot be written for"):
        export.to_litert(model, tmp_path / "a.tflite")
    assert not list(tmp_path.iterdir())


def test_int8_learns_from_training_images_of_both_classes(images_of_both):
    labels = [
        label
        for _, batch in export.representative_images(images_of_both, 0, 32)
        for label in batch.numpy()
    ]
    # 48 images are fewer than the 100 that are asked for.
    assert sorted(labels) == [0] * 24 + [1] * 24


@pytest.mark.parametrize("n_wanted", [4, 10])
def test_both_classes_are_learned_from_if_few_are(
    n_wanted, images_of_both, monkeypatch
):
    monkeypatch.setattr(export, "N_REPRESENTATIVE", n_wanted)
    ((_, labels),) = export.representative_images(images_of_both, 0, 32)
    assert len(labels) == n_wanted and set(labels.numpy()) == {0, 1}


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_broken_file_gets_one_sentence(content, tmp_path):
    path = tmp_path / "a.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatdogError, match=r"a\.tflite is .*`catdog export`"):
        export.load_litert(path)
