"""Two class folders are found by file names, wherever they lie."""

import itertools
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from samples import DIVIDED, FLAT, write_folder

from catdog.data import class_folders
from catdog.data.class_folders import check_counts, find_layout, walk
from catdog.errors import DataError

GIVEN = Path("given")

words = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1
)
places = st.lists(
    st.sampled_from(["a", "b", "train", "val", "Cats"]), max_size=3
).map("/".join)


@given(
    words.filter(lambda name: name[0] != "." and name != "__MACOSX"),
    st.lists(words, min_size=20, max_size=25, unique=True),
)
@example("0", [f"__MACOSX{number}" for number in range(20)])
def test_any_names_keep_their_class_and_none_is_lost(class_folder, files):
    names = [f"{class_folder}/{name}.jpg" for name in files]
    names += [f"zz top/{number}.jpg" for number in range(20)]
    names = [n for n in names if not n.split("/")[1].startswith(".")]
    assume(class_folder.lower() != "zz top" and len(names) >= 40)
    layout = find_layout(names, GIVEN)
    assert sorted(layout.names) == sorted(names)
    for label, part in itertools.product((0, 1), layout[2:]):
        for name in part[label]:
            assert layout.classes[label] == name.split("/")[0].lower()


@given(st.data(), places, st.sampled_from([DIVIDED, FLAT]))
def test_order_of_listing_does_not_matter(data, place, names):
    names = [str(PurePosixPath(place, name)) for name in names]
    shuffled = data.draw(st.permutations(names))
    layout = find_layout(names, GIVEN)
    assert find_layout(shuffled, GIVEN) == layout
    assert sorted(str(layout.root / name) for name in layout.names) == (
        sorted(names)
    )


def test_divided_set_keeps_its_division():
    layout = find_layout(["notes.txt", *DIVIDED], GIVEN)
    assert layout.root == PurePosixPath() and layout.classes == ("cats", "dogs")
    assert layout.train[1][:2] == ["train/dogs/0.jpg", "train/dogs/1.jpg"]
    assert list(map(len, layout.train)) == [20, 20]
    assert list(map(len, layout.held_out)) == [5, 5]
    assert layout.names[40] == "validation/cats/0.jpg"


def test_every_third_image_of_flat_folders_is_held_out():
    layout = find_layout(FLAT, GIVEN)
    assert layout.held_out[0] == [f"cats/{n}.jpg" for n in range(2, 20, 3)]
    assert sorted(layout.train[0] + layout.held_out[0]) == sorted(FLAT[:20])


@pytest.mark.parametrize("word", ["validation", "valid", "val", "VALID"])
def test_held_out_folder_has_several_names(word):
    names = [name.replace("validation", word) for name in DIVIDED]
    assert find_layout(names, GIVEN).held_out[1][0] == f"{word}/dogs/0.jpg"


def test_class_that_only_one_of_both_has_counts_as_none_there():
    names = [name for name in DIVIDED if not name.startswith("validation/d")]
    layout = find_layout(names, GIVEN)
    assert layout.classes == ("cats", "dogs") and layout.held_out[1] == []


def test_train_without_a_folder_beside_it_is_no_division():
    names = [f"train/{name}" for name in FLAT]
    layout = find_layout([*names, "other/validation/cats/1.jpg"], GIVEN)
    assert layout.root == PurePosixPath("train")
    assert layout.train[0][0] == "cats/0.jpg"


@pytest.mark.parametrize(
    "stray",
    [
        ".git/cats/1.jpg",
        "__MACOSX/cats/1.jpg",
        "cats/.hidden.jpg",
        "notes/1.txt",
        "1.jpg",
        "cats/deeper/1.jpg",
    ],
)
def test_what_is_hidden_deeper_or_no_image_does_not_count(stray):
    assert find_layout([*FLAT, stray], GIVEN) == find_layout(FLAT, GIVEN)


def test_names_are_in_natural_order():
    names = [
        f"{part}/{class_folder}/{number}.jpg"
        for part in ("train", "val")
        for class_folder in ("cats", "dogs")
        for number in ("10", "9", "100", "1", "09")
    ]
    layout = find_layout(names, GIVEN)
    assert layout.train[0] == [
        f"train/cats/{number}.jpg" for number in ("1", "09", "9", "10", "100")
    ]


def test_layout_without_some_files_keeps_the_others_where_they_were():
    layout = find_layout(DIVIDED, GIVEN)
    gone = {"train/cats/0.jpg", "validation/dogs/4.jpg", "of/no/set.jpg"}
    rest = layout.without(gone)
    assert rest.names == [name for name in layout.names if name not in gone]
    assert rest[:2] == layout[:2] and len(rest.train[0]) == 19
    assert layout.without(()) == layout


def test_broken_names_are_shown_on_one_line():
    names = [f"{c}/{n}.jpg" for c in ("train", "a\nb") for n in range(20)]
    with pytest.raises(DataError, match=r"images in a\\x0ab and train them"):
        find_layout(names, GIVEN)


@pytest.mark.parametrize(
    ("train", "held_out", "reason"),
    [
        (15, 4, "15 readable .* and 4 to test with: .* 20 of each class"),
        (16, 4, "16 readable .* and 4 to test with: .* 5 of each"),
        (4, 16, "4 readable .* and 16 to test with: .* 5 of each"),
        (0, 0, "0 readable .* and 0 to test with: .* 20 of each class"),
    ],
)
def test_too_few_images_get_one_sentence(train, held_out, reason):
    counts = {"train": train, "validation": held_out}
    names = [name for name in DIVIDED if "dogs" not in name]
    names += [f"{p}/dogs/{n}.jpg" for p, c in counts.items() for n in range(c)]
    names += ["train/dogs/x.jpg"]  # so that the folder is there
    layout = find_layout(names, GIVEN).without({"train/dogs/x.jpg"})
    with pytest.raises(DataError, match=f"^given has {reason}") as caught:
        check_counts(layout, GIVEN)
    assert "images of dogs to train" in str(caught.value)


def test_just_enough_images_are_enough():
    names = [name for name in DIVIDED if int(name[-6:-4].strip("/")) < 15]
    check_counts(find_layout(names, GIVEN), GIVEN)


def test_walk_goes_five_folders_deep_and_past_what_is_hidden(tmp_path):
    near = ["1.jpg", "a/1.jpg", "a/b/c/d/e/1.jpg"]
    write_folder(tmp_path, [*near, "a/b/c/d/e/f/1.jpg", ".git/1.jpg"])
    assert sorted(walk(tmp_path)) == near


def test_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(class_folders.os, "scandir", refuse)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        list(walk(tmp_path / "folder"))


def test_folders_count_as_files_against_endless_links(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folders, "MAX_FILES", 3)
    for name in "abcd":
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="holds more than 3 files: name the"):
        list(walk(tmp_path))
