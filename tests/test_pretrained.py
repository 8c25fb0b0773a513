"""Weights that are not MobileNetV2's are recognized, and named."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from samples import jpeg
from servers import Server

from catdog import pretrained
from catdog.data import download
from catdog.errors import WeightsError

REAL = Path(__file__).parents[1].parent / "shared" / "data"


def mobilenet(**options):
    return keras.applications.MobileNetV2(
        **{"include_top": False, "weights": None, "input_shape": (160, 160, 3)}
        | options
    )


@pytest.fixture(scope="module")
def random_file(tmp_path_factory):
    """The right structure, with weights that nobody trained."""
    path = tmp_path_factory.mktemp("weights") / "random.weights.h5"
    model = mobilenet()
    with h5py.File(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.src.legacy.saving.legacy_h5_format.save_weights_to_hdf5_group(
            file, model
        )
    return path


def test_images_of_all_sizes_take_the_same_weights():
    assert pretrained.weights_path().name.endswith("kernels_1.0_224_no_top.h5")
    assert pretrained.ADDRESS.endswith(pretrained.weights_path().name)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(pretrained, "ADDRESS", "http://nowhere.invalid/x.h5")
    pretrained.weights_path().parent.mkdir()
    return pretrained.weights_path()


def cut(content):
    return content[: len(content) // 2]


def changed_head(content):
    return b"\0" * 8 + content[8:]


@pytest.mark.parametrize(
    "change", [cut, changed_head, lambda c: b"", lambda c: c]
)
def test_broken_or_untrained_weights_are_named(change, path, random_file):
    path.write_bytes(change(random_file.read_bytes()))
    with pytest.raises(
        WeightsError, match=r"delete .*1\.0_224_no_top\.h5"
    ) as caught:
        pretrained.pretrained_mobilenet_v2()
    assert "\n" not in str(caught.value)


def test_weights_of_numbers_gone_wild_are_named(path, random_file):
    shutil.copy(random_file, path)
    with h5py.File(path, "a") as file:
        kernel = file["Conv1/Conv1/kernel"]
        kernel[...] = np.full(kernel.shape, np.nan)
    with pytest.raises(WeightsError, match="not MobileNetV2's weights: delete"):
        pretrained.pretrained_mobilenet_v2()


def test_weights_of_another_network_are_named(path):
    with h5py.File(path, "w") as file:
        file["other/kernel"] = np.zeros(pretrained.N_PARAMETERS + 1, "float32")
    with pytest.raises(WeightsError, match="delete"):
        pretrained.pretrained_mobilenet_v2()
    with h5py.File(path, "w") as file:  # as many, in another order
        file["other/kernel"] = np.zeros(pretrained.N_PARAMETERS, "float32")
    with pytest.raises(WeightsError, match="delete"):
        pretrained.pretrained_mobilenet_v2()


LOCK = """
import sys, h5py
with h5py.File(sys.argv[1], "a"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a lock is another there")
def test_locked_weights_are_no_broken_ones(path, random_file):
    pretrained.weights_fingerprint.cache_clear()
    shutil.copy(random_file, path)
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        for read in (pretrained.fetch_weights, pretrained.weights_fingerprint):
            with pytest.raises(WeightsError) as caught:
                read()
            assert str(caught.value) == (
                f"{path} is locked by another program, or lies where files "
                "cannot be locked: end that program, or set "
                "HDF5_USE_FILE_LOCKING=FALSE."
            )
        other.communicate()
    assert path.read_bytes() == random_file.read_bytes()


def test_place_where_no_weights_can_be_kept_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(
        WeightsError, match=r"file/models/.*: set KERAS_HOME to"
    ):
        pretrained.fetch_weights()


def test_folder_in_the_place_of_weights_is_named(path):
    path.mkdir()
    with pytest.raises(WeightsError, match=r"no_top\.h5"):
        pretrained.fetch_weights()


def test_image_in_the_place_of_weights_is_named(path):
    path.write_bytes(jpeg() * 20_000)
    with pytest.raises(WeightsError, match="delete"):
        pretrained.pretrained_mobilenet_v2()


def test_missing_weights_say_where_they_belong(path):
    with pytest.raises(WeightsError, match=r"lay the file at .*no_top\.h5"):
        pretrained.pretrained_mobilenet_v2()
    assert not path.exists()


def test_wrong_download_is_not_kept(path, monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0)
    server = Server(b"<html>Log in first</html>")
    monkeypatch.setattr(pretrained, "ADDRESS", server.address)
    with pytest.raises(WeightsError, match="connect to the internet"):
        pretrained.pretrained_mobilenet_v2()
    assert not list(path.parent.iterdir())
    server.shutdown()
    server.server_close()


def test_share_of_zeros_is_that_of_the_features():
    image = keras.Input((4, 4, 3))
    halves = keras.Model(image, keras.layers.ReLU()(image))
    assert pretrained.zero_share(halves) == pytest.approx(0.5, abs=0.05)
    wild = keras.Model(image, keras.layers.Rescaling(float("inf"))(image))
    assert pretrained.zero_share(wild) == 1.0


@pytest.mark.skipif(
    not list(REAL.glob("mobilenet_v2*.h5")),
    reason=f"the published weights are not in {REAL}",
)
def test_published_weights_are_fetched_and_accepted(path, monkeypatch):
    (file,) = REAL.glob("mobilenet_v2*.h5")
    server = Server(file.read_bytes(), tag='"1"', breaks=[5_000_000])
    monkeypatch.setattr(pretrained, "ADDRESS", server.address)
    monkeypatch.setattr(download, "PAUSE", 0)
    model = pretrained.pretrained_mobilenet_v2()
    assert 0.8 < pretrained.zero_share(model) < 0.95
    assert path.read_bytes() == file.read_bytes() and len(server.asked) == 2
    server.shutdown()
    server.server_close()
