"""Pipelines: batches of the promised form, in the promised order."""

import math
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catdog.data.pipeline import (
    BATCH_SIZE,
    count_batches,
    datasets,
    decode,
    pipeline,
)
from catdog.data.sources import open_images
from catdog.data.split import split


def order(dataset):
    return [
        round(float(image.numpy().mean()), 3)
        for batch, _ in dataset
        for image in batch
    ]


def test_batches_have_the_promised_shape_type_and_range(images):
    for dataset in datasets(images):
        batch, labels = next(iter(dataset))
        assert batch.shape[1:] == (160, 160, 3) and len(batch) <= BATCH_SIZE
        assert batch.dtype == "float32" and labels.dtype == "int32"
        pixels = batch.numpy()
        assert 0 <= pixels.min() < 50 and 200 < pixels.max() <= 255


def test_each_set_is_that_of_the_split(images):
    for fold in (0, 4):
        names = split(images, fold)
        for dataset, part in zip(datasets(images, fold), names, strict=True):
            assert len(dataset) == count_batches(part)
            assert sum(len(labels) for _, labels in dataset) == len(part)


def test_labels_follow_the_folders(images):
    names = split(images)
    labels = np.concatenate([labels for _, labels in datasets(images).test])
    assert labels.tolist() == ["/dogs/" in name for name in names.test]


def test_pixels_are_those_of_the_file(images):
    name = split(images).test[0]
    expected = np.asarray(Image.open(images.folder / name)).astype(float)
    first = next(iter(datasets(images).test))[0][0].numpy()
    assert abs(first - expected).mean() < 3


def test_training_order_is_new_at_each_epoch_and_the_same_for_the_same_seed(
    images,
):
    train = datasets(images, seed=1).train
    first, second = order(train), order(train)
    assert first != second and sorted(first) == sorted(second)
    again = datasets(images, seed=1).train
    assert [order(again), order(again)] == [first, second]
    assert order(datasets(images, seed=2).train) != first


def test_held_out_images_keep_their_order(images):
    validation = datasets(images).validation
    assert order(validation) == order(validation)


def test_training_images_without_a_seed_keep_their_order_too(images):
    train = pipeline(images, split(images).train)
    assert order(train) == order(train)


def test_files_are_read_in_the_first_epoch_only(small_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(small_folder, copy)
    train = datasets(open_images(copy)).train
    first = order(train)
    shutil.rmtree(copy)
    assert sorted(order(train)) == sorted(first)


@pytest.mark.parametrize("size", [32, 200])
def test_images_come_in_any_size_asked_for(images, size):
    for dataset in datasets(images, size=size):
        batch, _ = next(iter(dataset))
        assert batch.shape[1:] == (size, size, 3)


@pytest.mark.parametrize(
    ("mode", "size"),
    [("L", (20, 300)), ("RGB", (500, 375)), ("CMYK", (64, 64))],
)
def test_other_shapes_and_colors_become_160_rgb(mode, size, tmp_path):
    path = tmp_path / "image.jpg"
    color = 128 if mode == "L" else (128,) * len(mode)
    Image.new(mode, size, color).save(path)
    image = decode(str(path))
    assert image.shape == (160, 160, 3) and image.dtype == "uint8"


@given(st.integers(0, 10_000))
def test_batches_are_counted_with_the_last_one(n):
    names = ["a.jpg"] * n
    assert count_batches(names) == math.ceil(n / BATCH_SIZE)
    assert count_batches(names) * BATCH_SIZE - n in range(BATCH_SIZE)
