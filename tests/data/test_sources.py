import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import write_small_set
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catdog.data import sources
from catdog.data.drawings import scenes
from catdog.data.sources import Pictures
from catdog.errors import DataError

numbers = st.lists(st.integers(0, 9999), min_size=5, max_size=40, unique=True)


def named(cats, dogs):
    held_out = [f"validation/cats/cat.{number}.jpg" for number in cats] + [
        f"validation/dogs/dog.{number}.jpg" for number in dogs
    ]
    return Pictures(
        Path("nowhere"),
        "photographs",
        ("train/cats/cat.1.jpg",),
        tuple(held_out),
    )


@given(numbers, numbers)
def test_over_five_folds_each_held_out_picture_tests_once(cats, dogs):
    pictures = named(cats, dogs)
    folds = [sources.split(pictures, fold) for fold in range(5)]
    assert sorted(name for parts in folds for name in parts.test) == sorted(
        pictures.held_out
    )


@given(numbers, numbers, st.integers(0, 4))
def test_no_picture_is_in_two_sets_and_none_is_lost(cats, dogs, fold):
    pictures = named(cats, dogs)
    parts = sources.split(pictures, fold)
    assert not set(parts.test) & set(parts.validation)
    assert sorted(parts.test + parts.validation) == sorted(pictures.held_out)
    assert parts.train == list(pictures.train)


def test_whole_set_splits_into_2000_800_200_in_balance():
    pictures = named(range(2000, 2500), range(2000, 2500))
    parts = sources.split(pictures, 3)
    assert (len(parts.validation), len(parts.test)) == (800, 200)
    assert sum(map(pictures.label, parts.test)) == 100
    assert parts.test[:2] == [
        "validation/cats/cat.2003.jpg",
        "validation/cats/cat.2008.jpg",
    ]


def test_there_is_no_sixth_fold():
    with pytest.raises(ValueError, match="0 to 4"):
        sources.split(named(range(5), range(5)), 5)


def test_names_are_in_natural_order(pictures):
    assert pictures.train[:3] == (
        "train/cats/cat.0.jpg",
        "train/cats/cat.1.jpg",
        "train/cats/cat.2.jpg",
    )


def test_batches_have_the_promised_shape_type_and_range(pictures):
    for dataset in sources.datasets(pictures):
        batch, labels = next(iter(dataset))
        assert (
            batch.shape[1:] == (160, 160, 3)
            and batch.dtype == "float32"
            and labels.dtype == "int32"
        )
        assert (
            0 <= batch.numpy().min() < 50 and 200 < batch.numpy().max() <= 255
        )


def test_labels_follow_the_folders(pictures):
    parts = sources.split(pictures)
    labels = np.concatenate(
        [kinds for _, kinds in sources.datasets(pictures).test]
    )
    assert labels.tolist() == ["/dogs/" in name for name in parts.test]


def test_pixels_are_those_of_the_file(pictures):
    name = sources.split(pictures).test[0]
    expected = np.asarray(Image.open(pictures.folder / name)).astype(float)
    first = next(iter(sources.datasets(pictures).test))[0][0].numpy()
    assert abs(first - expected).mean() < 3


def order(dataset):
    return [
        round(float(picture.numpy().mean()), 3)
        for batch, _ in dataset
        for picture in batch
    ]


def test_training_order_is_new_at_each_epoch_and_the_same_for_the_same_seed(
    pictures,
):
    train = sources.datasets(pictures, seed=1).train
    first, second = order(train), order(train)
    assert first != second and sorted(first) == sorted(second)
    again = sources.datasets(pictures, seed=1).train
    assert [order(again), order(again)] == [first, second]
    assert order(sources.datasets(pictures, seed=2).train) != first


def test_held_out_pictures_keep_their_order(pictures):
    validation = sources.datasets(pictures).validation
    assert order(validation) == order(validation)


def test_files_are_read_in_the_first_epoch_only(small_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(small_folder, copy)
    train = sources.datasets(sources.open_pictures(copy)).train
    first = order(train)
    shutil.rmtree(copy)
    assert sorted(order(train)) == sorted(first)


@pytest.mark.parametrize("side", [32, 200])
def test_pictures_come_in_any_size_asked_for(pictures, side):
    for dataset in sources.datasets(pictures, side=side):
        batch, _ = next(iter(dataset))
        assert batch.shape[1:] == (side, side, 3)


def test_other_shapes_and_colours_become_160_rgb(tmp_path):
    for mode, size in [
        ("L", (20, 300)),
        ("RGB", (500, 375)),
        ("CMYK", (64, 64)),
    ]:
        path = tmp_path / f"{mode}.jpg"
        Image.new(
            mode, size, 128 if mode == "L" else tuple([128] * len(mode))
        ).save(path)
        picture = sources.decode(str(path))
        assert picture.shape == (160, 160, 3) and picture.dtype == "uint8"


def test_folder_and_zip_give_the_same_pictures(
    small_folder, small_zip, monkeypatch
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    from_folder = sources.find_pictures()
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    from_zip = sources.find_pictures()
    assert (
        from_zip.content == from_folder.content
        and from_zip.source == "photographs"
    )


def test_relative_path_is_meant_from_the_project(
    small_folder, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(small_folder.parent))
    monkeypatch.setenv("CATDOG_DATA", small_folder.name)
    assert sources.find_pictures().folder == small_folder.resolve()


def stray_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "no pictures here")


def lacking_dogs(path):
    write_small_set(path)
    shutil.rmtree(path / "train" / "dogs")


def broken_course_set(path):
    for name in scenes.names():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("miaow")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "nothing at"),
        (lambda path: path.write_text("no zip"), "broken archive"),
        (stray_zip, "train/ and validation/"),
        (lambda path: path.mkdir(), "train/ and validation/"),
        (lacking_dogs, "0 readable pictures of dogs to train with"),
    ],
)
def test_unusable_pictures_get_one_sentence_and_leave_nothing(
    make, sentence, monkeypatch, tmp_path
):
    path, cache = tmp_path / "given", tmp_path / "cache"
    make(path)
    monkeypatch.setenv("CATDOG_DATA", str(path))
    monkeypatch.setenv("CATDOG_CACHE", str(cache))
    with pytest.raises(DataError, match=sentence) as caught:
        sources.find_pictures()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert not [path for path in cache.rglob("*") if path.suffix != ".lock"]


def test_zip_that_ends_early_is_named(small_zip, monkeypatch, tmp_path):
    small_zip.write_bytes(small_zip.read_bytes()[:-4000])
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    with pytest.raises(DataError, match="broken archive"):
        sources.find_pictures()


def test_zip_with_a_changed_byte_is_named(small_zip, monkeypatch, tmp_path):
    content = bytearray(small_zip.read_bytes())
    content[len(content) // 3] ^= 0xFF
    small_zip.write_bytes(content)
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    with pytest.raises(DataError):
        sources.find_pictures()
    assert not list((tmp_path / "cache").rglob("*.jpg"))


def test_keras_cache_comes_before_the_network(
    small_folder, monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    cached = tmp_path / "datasets" / "cats_and_dogs_extracted"
    shutil.copytree(small_folder, cached / "cats_and_dogs_filtered")
    monkeypatch.setattr(sources, "ADDRESSES", ())
    monkeypatch.setattr(scenes, "write_set", write_small_set)
    # A part of the set, as a stopped unpacking leaves it, is not the set.
    assert sources.find_pictures().source == "drawings"
    names = sources.open_pictures(small_folder)
    monkeypatch.setattr(sources, "TUTORIALS_NAMES", names.fingerprint)
    assert sources.find_pictures().folder.is_relative_to(tmp_path)
