"""What tests share: a small set of drawn pictures, and a cache of their own."""

import zipfile

import hypothesis
import keras
import numpy as np
import pytest

from catdog import pretrained
from catdog.data.drawings import scenes
from catdog.data.sources import open_pictures

# A machine that is busy with something else is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

SMALL = {
    "train/cats": 24,
    "train/dogs": 24,
    "validation/cats": 20,
    "validation/dogs": 20,
}


@pytest.fixture(autouse=True)
def own_world(monkeypatch, tmp_path_factory):
    """No test reads the user's settings, caches or the network."""
    for name in (
        "CATDOG_DATA",
        "CATDOG_TRAIN",
        "CATDOG_EPOCHS",
        "CATDOG_RUNS",
        "QUARTO_PROJECT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", "true")  # so that no test tries to install Quarto
    monkeypatch.setenv(
        "CATDOG_CACHE", str(tmp_path_factory.getbasetemp() / "cache")
    )
    monkeypatch.setenv(
        "KERAS_HOME", str(tmp_path_factory.getbasetemp() / "keras")
    )


@pytest.fixture
def random_weights(monkeypatch):
    """MobileNetV2 without its download: the structure is the real one."""

    def build(side):
        base = keras.applications.MobileNetV2(
            input_shape=(side, side, 3), include_top=False, weights=None
        )
        for weight in base.trainable_weights:
            if (
                weight.name == "kernel"
            ):  # Keras' own choice lets the signal die out
                inputs = (
                    9 if weight.shape[-1] == 1 else np.prod(weight.shape[:-1])
                )
                values = np.random.default_rng(0).normal(size=weight.shape)
                weight.assign(values * np.sqrt(2 / inputs))
        return base

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", build)


def write_small_set(folder):
    for part, count in SMALL.items():
        (folder / part).mkdir(parents=True)
        kind = part.split("/")[1].removesuffix("s")
        for number in range(count):
            scenes.draw(kind, number, seed=len(part)).save(
                folder / part / f"{kind}.{number}.jpg"
            )


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_small_set(folder)
    return folder


@pytest.fixture
def small_zip(small_folder, tmp_path):
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(small_folder.rglob("*.jpg")):
            archive.write(
                file, f"cats_and_dogs_filtered/{file.relative_to(small_folder)}"
            )
    return path


@pytest.fixture
def pictures(small_folder):
    return open_pictures(small_folder)
