"""A record belongs to today's code, images and weights, or its reader is told why."""

import copy
import json
from dataclasses import replace
from functools import partial

import h5py
import keras
import msgspec
import numpy as np
import pytest
from PIL import Image
from samples_of_models import build_constant
from samples_of_runs import TUTORIAL_IMAGES, make_run

from catdog import ablations, models, pretrained, settings
from catdog.data import image_files
from catdog.data.split import (
    DIFFERS_BETWEEN_COPIES,
    FOLDS,
    TUTORIAL_FINGERPRINT,
    split,
)
from catdog.evaluation import REQUIRED_ACCURACY
from catdog.runs import replay, store
from catdog.runs.identity import (
    describe_images,
    describe_training,
    differences,
)
from catdog.training import Recipe

BUILDERS = {**models.BUILDERS, **ablations.ABLATIONS}
RECORDS = sorted(settings.published_runs_folder().glob("*.json"))
EACH_RECORD = pytest.mark.parametrize(
    "path", RECORDS, ids=lambda path: path.stem
)


def as_recorded(model, **fields):
    """A run that was recorded of a model, with today's decoding."""
    return make_run(
        configuration=describe_training(model),
        decoding=image_files.decoding_fingerprint(),
        **fields,
    )


def compare(run, model, images=None, has_base=False):
    return differences(run, describe_training(model), images, has_base)


def recompile(model, loss=None, **options):
    """Compile a model with other options of Adam, or another loss."""
    model.compile(
        keras.optimizers.Adam(model.optimizer._learning_rate, **options),
        loss or model.loss,
        ["accuracy"],
    )
    return model


def with_preprocessor(scale, monkeypatch):
    """The third model, but with another preprocessor."""

    def preprocessor(size=160):
        pixels = keras.Input((size, size, 3))
        return keras.Model(pixels, scale(pixels), name="preprocessor")

    monkeypatch.setattr(models, "preprocessor", preprocessor)
    return models.model3()


def with_rotation(monkeypatch, **options):
    def augmentation():
        rotation = keras.layers.RandomRotation(0.05, **options)
        return [keras.layers.RandomFlip("horizontal"), rotation]

    monkeypatch.setattr(models, "augmentation", augmentation)
    return models.model3()


def with_weight_decay(monkeypatch):
    model = models.model3()
    for layer in model.layers:
        if hasattr(layer, "kernel_regularizer"):
            layer.kernel_regularizer = keras.regularizers.L2(1e-3)
    return model


def with_one_layer_more(monkeypatch):
    parts = [*models.conv_layers(), keras.layers.Activation("linear")]
    monkeypatch.setattr(models, "conv_layers", lambda: parts)
    return models.model3()


def from_probabilities(monkeypatch):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=False)
    return recompile(models.model3(), loss)


L2 = "{'class_name': 'L2', 'l2': 0.001}"
CONV_LAYERS = (
    "'Conv2D', 'MaxPooling2D', 'Conv2D', 'MaxPooling2D', 'Conv2D', "
    "'MaxPooling2D', 'Conv2D', 'MaxPooling2D', 'Flatten', 'Dropout', 'Dense', "
    "'Dense'"
)
BEFORE = "'InputLayer', 'Functional', 'RandomFlip', 'RandomRotation'"
CHANGES = {
    "preprocessor does nothing": (
        partial(with_preprocessor, lambda pixels: pixels),
        {
            "Functional.layers: ['InputLayer', 'TrueDivide', 'Subtract'], "
            "recorded; ['InputLayer'], now"
        },
    ),
    "preprocessor scales to [0, 1]": (
        partial(with_preprocessor, lambda pixels: pixels / 255.0),
        {
            "Functional.layers: ['InputLayer', 'TrueDivide', 'Subtract'], "
            "recorded; ['InputLayer', 'TrueDivide'], now"
        },
    ),
    "preprocessor with other numbers": (
        partial(with_preprocessor, lambda pixels: pixels / 255.0 - 0.5),
        {
            "TrueDivide.constants: 127.5, recorded; 255.0, now",
            "Subtract.constants: 1.0, recorded; 0.5, now",
        },
    ),
    "black corners": (
        partial(with_rotation, fill_mode="constant"),
        {"RandomRotation.fill_mode: reflect, recorded; constant, now"},
    ),
    "coarse rotation": (
        partial(with_rotation, interpolation="nearest"),
        {"RandomRotation.interpolation: bilinear, recorded; nearest, now"},
    ),
    "L2 on all layers": (
        with_weight_decay,
        {
            f"Conv2D.kernel_regularizer: None, recorded; {L2}, now",
            f"Dense.kernel_regularizer: None, recorded; {L2}, now",
        },
    ),
    "beta_1": (
        lambda _: recompile(models.model3(), beta_1=0.5),
        {"Adam.beta_1: 0.9, recorded; 0.5, now"},
    ),
    "clipnorm": (
        lambda _: recompile(models.model3(), clipnorm=0.01),
        {"Adam.clipnorm: None, recorded; 0.01, now"},
    ),
    "probabilities": (
        from_probabilities,
        {
            "SparseCategoricalCrossentropy.from_logits: True, recorded; False, "
            "now"
        },
    ),
    "faster decay": (
        lambda _: models.model3(decay_steps=7),
        {"CosineDecay.decay_steps: 1260, recorded; 7, now"},
    ),
    "another learning rate": (
        lambda _: models.compile_model(models.model3(), learning_rate=0.25),
        {"CosineDecay.initial_learning_rate: 0.001, recorded; 0.25, now"},
    ),
    "one layer more": (
        with_one_layer_more,
        {
            f"layers: [{BEFORE}, {CONV_LAYERS}], recorded; "
            f"[{BEFORE}, {CONV_LAYERS}, 'Activation'], now"
        },
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_model_is_named(name, monkeypatch):
    run = as_recorded(models.model3())
    change, expected = CHANGES[name]
    assert set(compare(run, change(monkeypatch))) == expected


def test_the_same_model_built_again_differs_in_nothing():
    run = as_recorded(models.model3())
    keras.layers.Dense(1)  # counts up the names that Keras gives
    assert compare(run, models.model3()) == []


def test_another_optimizer_is_named():
    model = build_constant(0.0, learning_rate=0.25)()
    run = as_recorded(model)
    model.compile(keras.optimizers.SGD(0.5), model.loss)
    assert compare(run, model) == ["optimizer: Adam, recorded; SGD, now"]


def test_a_fixed_learning_rate_is_compared():
    run = as_recorded(build_constant(0.0, learning_rate=0.25)())
    assert compare(run, build_constant(0.0, learning_rate=0.5)()) == [
        "Adam.learning_rate: 0.25, recorded; 0.5, now"
    ]


def each_dict(value):
    """All dicts in a configuration."""
    if isinstance(value, dict):
        yield value
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for part in list(parts):
            yield from each_dict(part)


def test_options_that_one_version_of_keras_lacks_are_not_compared():
    model = models.model3()
    run = as_recorded(model)
    older = copy.deepcopy(run.configuration)
    for part in each_dict(older):
        part.pop("data_format", None)
        part.pop("quantization_config", None)
        part["ragged"] = False
    assert older != run.configuration
    run.configuration = older
    assert compare(run, model) == []
    assert compare(run, with_weight_decay(None))  # the others are


@pytest.fixture(scope="module")
def described(random_weights):
    """What decides how each model learns, each built once."""
    return {
        name: describe_training(builder(), ablations.recipe_of(name))
        for name, builder in BUILDERS.items()
    }


def test_description_is_json_and_stays_the_same(described):
    for name, description in described.items():
        assert description == json.loads(json.dumps(description)), name
    again = describe_training(models.model1())
    assert again == described["model1"]


def test_every_model_differs_from_every_other(described):
    texts = [json.dumps(d, sort_keys=True) for d in described.values()]
    assert len(set(texts)) == len(described) == 15


def test_recipe_belongs_to_models_with_a_frozen_base_alone(described):
    copies = {
        name: description.get("recipe", {}).get("n_augmented_copies")
        for name, description in described.items()
        if name in (*models.BUILDERS, "relu", "every_epoch")
    }
    assert copies == {
        **dict.fromkeys(("model1", "model2", "model3", "relu"), None),
        **dict.fromkeys(("model4", "model5"), 2),
        "every_epoch": 20,
    }


def test_another_recipe_is_named(random_weights):
    model = models.model4()
    run = as_recorded(model)
    description = describe_training(model, Recipe(n_augmented_copies=3))
    assert differences(run, description, None) == [
        "recipe.n_augmented_copies: 2, recorded; 3, now"
    ]


def test_frozen_layers_are_compared_in_depth(random_weights):
    model = models.model4()
    run = as_recorded(model)
    assert compare(run, model) == []
    base = model.get_layer("base_model_layer").layers[-1]
    base.get_layer("block_5_depthwise_BN").momentum = 0.5
    assert compare(run, model) == [
        "BatchNormalization.momentum: 0.999, recorded; 0.5, now"
    ]
    base.trainable = True
    assert "BatchNormalization.trainable: False, recorded; True, now" in (
        compare(run, model)
    )


def write_weights(path, value):
    with h5py.File(path, "w") as file:
        group = file.create_group("Conv1")
        group["kernel"] = np.array([1.0, value], "float32")
        group["bias"] = np.zeros(2, "float32")
    return path


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The file of weights, which a test writes. Fingerprints are not kept."""
    path = tmp_path / "weights.h5"
    monkeypatch.setattr(pretrained, "weights_path", lambda: path)
    pretrained.weights_fingerprint.cache_clear()
    yield path
    pretrained.weights_fingerprint.cache_clear()


def test_another_frozen_weight_is_named(weights):
    model = models.model1()
    write_weights(weights, 2.0)
    before = pretrained.weights_fingerprint()
    run = as_recorded(model, base_weights=before)
    assert compare(run, model, has_base=True) == []
    write_weights(weights, 2.0)  # other bytes, the same numbers
    pretrained.weights_fingerprint.cache_clear()
    assert compare(run, model, has_base=True) == []
    write_weights(weights, 2.0001)
    pretrained.weights_fingerprint.cache_clear()
    now = pretrained.weights_fingerprint()
    assert len(before) == len(now) == 16
    assert compare(run, model, has_base=True) == [
        f"weights of the base: {before}, recorded; {now}, now"
    ]
    assert compare(run, model) == []  # a model without a base


def test_weights_that_are_not_here_are_not_compared(weights):
    run = as_recorded(models.model1(), base_weights="0123456789abcdef")
    assert compare(run, models.model1(), has_base=True) == []


def test_another_way_of_resizing_is_named(monkeypatch):
    run = as_recorded(models.model1())
    before = run.decoding
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image,
        "resize",
        lambda image, size, _: resize(image, size, Image.Resampling.NEAREST),
    )
    image_files.decoding_fingerprint.cache_clear()
    now = image_files.decoding_fingerprint()
    found = compare(run, models.model1())
    image_files.decoding_fingerprint.cache_clear()
    assert found == [f"decoding of images: {before}, recorded; {now}, now"]


def described_images(images):
    return describe_images(images, split(images))


def test_other_contents_under_the_same_names_are_named(images, tmp_path):
    model = models.model1()
    run = as_recorded(model)
    run.images = described_images(images)
    assert compare(run, model, images) == []
    for name in images.train + images.held_out:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((images.folder / name).read_bytes())
    other = replace(images, folder=tmp_path)
    assert compare(run, model, other) == []
    (tmp_path / images.held_out[3]).write_bytes(b"another image")
    other = replace(images, folder=tmp_path)
    assert compare(run, model, other) == [
        f"contents of images: {images.contents}, recorded; {other.contents}, "
        "now"
    ]


def test_other_names_of_images_are_named(images):
    model = models.model1()
    run = as_recorded(model)
    run.images = described_images(images)
    fewer = replace(images, train=images.train[1:])
    assert compare(run, model, fewer)[0] == (
        f"names of images: {images.fingerprint}, recorded; "
        f"{fewer.fingerprint}, now"
    )


def test_contents_of_drawings_are_not_compared_with_those_of_photographs(
    images,
):
    model = models.model1()
    run = as_recorded(model)
    run.images = msgspec.structs.replace(
        described_images(images), contents="0" * 16
    )
    assert compare(run, model, images)
    assert compare(run, model, replace(images, source="drawings")) == []


def test_images_are_described_by_their_labels(images):
    described = described_images(images)
    assert described.source == "photographs"
    assert (described.names, described.contents) == (
        images.fingerprint,
        images.contents,
    )
    assert (described.train, described.validation, described.test) == (
        (24, 24),
        (16, 16),
        (4, 4),
    )


def test_one_image_may_differ_between_copies_of_the_tutorials_set(tmp_path):
    for name in TUTORIAL_IMAGES.train + TUTORIAL_IMAGES.held_out:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())

    def contents():
        return replace(TUTORIAL_IMAGES, folder=tmp_path).contents

    before = contents()
    (tmp_path / DIFFERS_BETWEEN_COPIES).write_bytes(b"smaller")
    assert contents() == before
    (tmp_path / "train/cats/cat.460.jpg").write_bytes(b"another")
    assert contents() != before


@EACH_RECORD
def test_record_belongs_to_the_code_of_today(path):
    run = store.read_run(path)
    assert path.stem == f"{run.model}-{run.seed}"
    assert run.fold == run.seed % FOLDS
    assert run.images.source == "photographs"
    assert run.images.names == TUTORIAL_FINGERPRINT
    assert replay.why_stale(run, BUILDERS[run.model], None) == []
    based = run.model in ablations.BASE_IMAGE_SIZE
    assert (run.base_weights is not None) == based


@EACH_RECORD
def test_record_agrees_with_itself(path):
    run = store.read_run(path)
    names = split(TUTORIAL_IMAGES, run.fold)
    assert [score.name for score in run.scores] == names.test
    assert [score.label for score in run.scores] == [
        TUTORIAL_IMAGES.label(name) for name in names.test
    ]
    assert (run.images.train, run.images.validation, run.images.test) == (
        (1000, 1000),
        (400, 400),
        (100, 100),
    )
    if run.model != "averaged_flips":  # its history is without the average
        assert run.validation.accuracy == pytest.approx(
            run.history.val_accuracy[-1], abs=2e-3
        )


def test_published_runs_share_images_decoding_and_weights():
    runs = [store.read_run(path) for path in RECORDS]
    assert len({run.images.contents for run in runs}) == 1
    assert len({run.decoding for run in runs}) == 1
    assert len({run.base_weights for run in runs} - {None}) == 1


@pytest.mark.parametrize("name", models.BUILDERS)
def test_published_seeds_reach_the_required_accuracy(name):
    runs = [store.read_run(path) for path in RECORDS]
    runs = [run for run in runs if (run.model, run.epochs) == (name, 20)]
    assert {run.seed for run in runs} == set(range(FOLDS))
    required = REQUIRED_ACCURACY.get(name, REQUIRED_ACCURACY["model4"])
    assert min(run.validation.accuracy for run in runs) >= required


@pytest.mark.parametrize("name", ablations.ABLATIONS)
def test_every_ablation_has_a_run(name):
    assert any(path.stem.startswith(f"{name}-") for path in RECORDS)
