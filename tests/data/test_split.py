"""The split: by file name alone, the same for ever, and no image in two sets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import set_of_layout

from catdog.data import class_folders
from catdog.data.split import (
    FOLDS,
    TUTORIAL_FINGERPRINT,
    ImageSet,
    split,
    tutorial_names,
)

numbers = st.lists(st.integers(0, 9999), min_size=5, max_size=40, unique=True)
folds = st.integers(0, FOLDS - 1)


def image_set(cats, dogs):
    held_out = [f"validation/cats/cat.{number}.jpg" for number in cats]
    held_out += [f"validation/dogs/dog.{number}.jpg" for number in dogs]
    return ImageSet(
        Path("nowhere"),
        "photographs",
        ("train/cats/cat.1.jpg",),
        tuple(held_out),
    )


def listed(names):
    """The set that files with these names make, in the order of a listing."""
    return set_of_layout(class_folders.find_layout(names, Path("given")))


@given(numbers, numbers)
def test_over_five_folds_each_held_out_image_is_tested_once(cats, dogs):
    images = image_set(cats, dogs)
    tested = [
        name for fold in range(FOLDS) for name in split(images, fold).test
    ]
    assert sorted(tested) == sorted(images.held_out)


@given(numbers, numbers, folds)
def test_no_image_is_in_two_sets_and_none_is_lost(cats, dogs, fold):
    images = image_set(cats, dogs)
    names = split(images, fold)
    together = names.train + names.validation + names.test
    assert len(set(together)) == len(together)
    assert sorted(together) == sorted(images.train + images.held_out)
    assert names.train == list(images.train)


@given(numbers, numbers, folds)
def test_each_class_gives_a_fifth_to_the_test_set(cats, dogs, fold):
    images = image_set(cats, dogs)
    labels = [images.label(name) for name in split(images, fold).test]
    for label, held_out in enumerate((cats, dogs)):
        assert abs(labels.count(label) - len(held_out) / FOLDS) < 1


@given(st.data(), numbers, numbers, folds)
def test_order_of_listing_does_not_matter(data, cats, dogs, fold):
    names = [f"cats/{number}.jpg" for number in cats]
    names += [f"dogs/{number}.jpg" for number in dogs]
    shuffled = data.draw(st.permutations(names))
    one, other = listed(names), listed(shuffled)
    assert split(one, fold) == split(other, fold)
    assert one.fingerprint == other.fingerprint


@given(numbers, numbers, folds)
def test_another_training_set_changes_no_test_set(cats, dogs, fold):
    images = image_set(cats, dogs)
    other = ImageSet(
        images.folder,
        images.source,
        ("train/dogs/dog.7.jpg", "train/dogs/dog.8.jpg"),
        images.held_out,
    )
    assert split(images, fold)[1:] == split(other, fold)[1:]


def test_tutorials_set_splits_into_2000_800_200_in_balance():
    names = tutorial_names()
    assert len(names) == len(set(names)) == 3000
    images = listed(names)
    names = split(images, 3)
    assert list(map(len, names)) == [2000, 800, 200]
    for part in names:
        assert sum(map(images.label, part)) == len(part) / 2
    assert names.test[:2] == [
        "validation/cats/cat.2003.jpg",
        "validation/cats/cat.2008.jpg",
    ]
    assert not images.own and images.fingerprint == TUTORIAL_FINGERPRINT


@pytest.mark.parametrize("fold", [-1, 5])
def test_there_is_no_sixth_fold(fold):
    images = image_set(range(5), range(5))
    with pytest.raises(ValueError, match=f"no fold {fold}: .* 0 to 4"):
        split(images, fold)


def test_classes_are_named_for_one_image():
    assert image_set(range(5), range(5)).classes == ("cat", "dog")
    names = [f"{c}/{n}.jpg" for c in ("Cats", "Wild\nboars") for n in range(9)]
    images = listed(names)
    assert images.class_folders == ("cats", "wild\nboars")
    assert images.classes == ("cat", r"wild\x0aboars")
    assert images.label("Cats/1.jpg") == 0
    assert images.label("Wild\nboars/1.jpg") == 1


def test_fingerprint_is_of_names_and_contents_of_files(tmp_path):
    for name in ("train/cats/1.jpg", "validation/dogs/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"x")
    images = ImageSet(
        tmp_path,
        "photographs",
        ("train/cats/1.jpg",),
        ("validation/dogs/1.jpg",),
    )
    assert images.own
    fingerprint, contents = images.fingerprint, images.contents
    (tmp_path / "train/cats/1.jpg").write_bytes(b"longer")
    changed = ImageSet(tmp_path, "photographs", images.train, images.held_out)
    assert changed.fingerprint == fingerprint
    assert changed.contents != contents
    renamed = ImageSet(
        tmp_path, "photographs", ("train/cats/2.jpg",), images.held_out
    )
    assert renamed.fingerprint != fingerprint
