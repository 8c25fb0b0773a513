"""What tests share: a world of their own, a small set of drawn images."""

import zipfile

import hypothesis
import numpy as np
import pytest
from samples import write_small_set

from catdog.data.sources import open_images

# A machine that is busy with something else is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def own_world(tmp_path_factory):
    """No test reads the user's settings, caches, runs or the network."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "CATDOG_DATA",
            "CATDOG_TRAIN",
            "CATDOG_EPOCHS",
            "QUARTO_PROJECT_DIR",
        ):
            patch.delenv(name, raising=False)
        patch.setenv("CATDOG_CACHE", str(base / "cache"))
        patch.setenv("CATDOG_RUNS", str(base / "runs"))
        patch.setenv("KERAS_HOME", str(base / "keras"))
        patch.setenv("CI", "true")  # so that no test tries to install Quarto
        yield


@pytest.fixture(autouse=True)
def own_runs(monkeypatch, tmp_path):
    """No test sees the runs that another has recorded."""
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def random_weights():
    """MobileNetV2 without its download: the structure is the real one."""
    from catdog import pretrained

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrained, "pretrained_mobilenet_v2", random_mobilenet)
        yield


def random_mobilenet(size):
    from catdog.backend import keras

    base = keras.applications.MobileNetV2(
        input_shape=(size, size, 3), include_top=False, weights=None
    )
    for weight in base.trainable_weights:
        if weight.name == "kernel":
            # With Keras' own choice the signal would die out.
            depthwise = weight.shape[-1] == 1
            inputs = 9 if depthwise else np.prod(weight.shape[:-1])
            values = np.random.default_rng(0).normal(size=weight.shape)
            weight.assign(values * np.sqrt(2 / inputs))
    return base


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    return write_small_set(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small_zip(small_folder, tmp_path):
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(small_folder.rglob("*.jpg")):
            name = file.relative_to(small_folder)
            archive.write(file, f"cats_and_dogs_filtered/{name}")
    return path


@pytest.fixture
def images(small_folder):
    return open_images(small_folder)
