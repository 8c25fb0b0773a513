"""Pages say where the images of each set come from."""

from inspect import cleandoc

import pytest
from samples import write_folder
from samples_of_runs import TUTORIAL_IMAGES

from catdog.data.sources import open_images
from catdog.report import about_images


def open_own(folder, **counts):
    """A set with so many images in each folder, such as `train_ants`."""
    return open_images(
        write_folder(
            folder,
            [
                f"{place.replace('_', '/')}/{number}.jpg"
                for place, count in counts.items()
                for number in range(count)
            ],
        )
    )


def test_folders_of_the_tutorial_are_those_of_its_zip():
    tree = about_images.folder_tree(TUTORIAL_IMAGES)
    assert cleandoc(tree) == cleandoc("""
        train/cats/       1,000 images: cat.0.jpg, cat.1.jpg, …
        train/dogs/       1,000 images: dog.0.jpg, dog.1.jpg, …
        validation/cats/  500 images: cat.2000.jpg, cat.2001.jpg, …
        validation/dogs/  500 images: dog.2000.jpg, dog.2001.jpg, …
    """)


def test_class_folders_alone_are_listed_with_all_their_images(tmp_path):
    images = open_own(tmp_path / "insects", ants=40, bees=20)
    assert cleandoc(about_images.folder_tree(images)) == cleandoc("""
        ants/  40 images: 0.jpg, 1.jpg, …
        bees/  20 images: 0.jpg, 1.jpg, …
    """)


def test_subfolders_belong_to_their_class(tmp_path):
    names = [
        f"{place}/{number}.jpg"
        for place in ("ants/red", "ants/black", "bees")
        for number in range(20)
    ]
    images = open_images(write_folder(tmp_path / "insects", names))
    assert cleandoc(about_images.folder_tree(images)) == cleandoc("""
        ants/  40 images: black/0.jpg, black/1.jpg, …
        bees/  20 images: 0.jpg, 1.jpg, …
    """)


FLAT = {"ants": 20, "bees": 20}
DIVIDED = {"train_ants": 20, "train_bees": 20, "val_ants": 5, "val_bees": 5}
TESTED = DIVIDED | {"test_ants": 5, "test_bees": 5}


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (FLAT, "Of the images in each class folder, every third one is held"),
        (
            DIVIDED,
            "The folder `train` is the first set. The images in `val` are",
        ),
        (
            TESTED,
            "The folder `train` is the first set, `val` the second, and `test` "
            "the third.",
        ),
    ],
    ids=["flat", "divided", "tested"],
)
def test_sets_come_from_the_folders_that_there_are(counts, text, tmp_path):
    images = open_own(tmp_path / "insects", **counts)
    assert about_images.where_sets_come_from(images).startswith(text)
