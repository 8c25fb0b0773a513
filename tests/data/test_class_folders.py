"""Two class folders are found by file names, wherever they lie."""

import itertools
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from samples import DIVIDED, FLAT, set_of_layout, write_folder

from catdog.data import class_folders
from catdog.data.class_folders import (
    check_counts,
    find_layout,
    folder_key,
    walk,
)
from catdog.errors import DataError
from catdog.evaluation import label_counts

GIVEN = Path("given")

words = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1
)


places = st.lists(
    st.sampled_from(["a", "b", "train", "val", "Cats"]), max_size=3
).map("/".join)


@given(
    words.filter(lambda n: n[0] != "." and not class_folders._is_hidden(n)),
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
    for label, part in itertools.product((0, 1), layout[2:4]):
        for name in part[label]:
            assert layout.classes[label] == folder_key(name.split("/")[0])


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
    layout = find_layout([*names, "other/validation/cats.txt"], GIVEN)
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
    ],
)
def test_what_is_hidden_or_no_image_does_not_count(stray):
    layout = find_layout([*FLAT, stray], GIVEN)
    assert layout._replace(ignored={}) == find_layout(FLAT, GIVEN)
    assert not set(layout.ignored) - {stray}


def many(*folders):
    return [f"{place}/{n}.jpg" for place in folders for n in range(30)]


@pytest.mark.parametrize(
    ("folders", "classes", "merged"),
    [
        (
            ["A/cats/indoor", "A/cats/outdoor", "A/dogs"],
            ("cats", "dogs"),
            ("cats/indoor", "cats/outdoor"),
        ),
        (
            ["cats/persian", "cats/siamese", "dogs/boxer", "dogs/pug"],
            ("cats", "dogs"),
            ("cats/persian", "cats/siamese", "dogs/boxer", "dogs/pug"),
        ),
        (
            [
                "train/cats/a/b",
                "train/cats/a",
                "train/dogs",
                "val/cats",
                "val/dogs/c",
            ],
            ("cats", "dogs"),
            ("train/cats/a", "val/dogs/c"),
        ),
        (["cats/images", "dogs/images"], ("cats", "dogs"), None),
        (["pets/cats/cats", "pets/dogs"], ("cats", "dogs"), ("cats/cats",)),
        (["cats/dogs", "dogs"], ("cats", "dogs"), ("cats/dogs",)),
        (["invalid", "valid"], ("invalid", "valid"), ()),
        (["a/test/x", "a/control"], ("control", "test"), ("test/x",)),
        (["train", "bus"], ("bus", "train"), ()),
        (
            ["train/train", "train/bus", "valid/train", "valid/bus"],
            ("bus", "train"),
            (),
        ),
        (["x/train/cats", "x/train/dogs"], ("cats", "dogs"), ()),
    ],
    ids=str,
)
def test_class_folders_are_the_outermost_with_all_that_is_in_them(
    folders, classes, merged
):
    layout = find_layout(many(*folders), GIVEN)
    assert layout.classes == classes and not layout.ignored
    assert merged is None or layout.merged == merged
    assert len(layout.names) == 30 * len(folders)
    images = set_of_layout(layout)
    for label, part in itertools.product((0, 1), layout[2:4]):
        for name in part[label]:
            above = PurePosixPath(layout.root, name).parent
            assert str(above) in folders and classes[label] in above.parts
            assert images.label(name) == label
    counts = [sum(map(len, pair)) for pair in zip(*layout[2:4], strict=True)]
    assert label_counts(layout.names) == dict(zip(classes, counts, strict=True))


@pytest.mark.parametrize(
    ("folders", "reason"),
    [
        (
            ["a/cats", "a/dogs", "b/cats"],
            "cats and dogs in a and b, and either",
        ),
        (["train", "val"], "has images in train and val themselves: sort"),
        (["train", "test"], "has images in test and train themselves: sort"),
        (["train/cats", "train/dogs", "val"], "images in train and val them"),
        (["train/a", "train/b", "test/a", "test/b"], "test and train, and not"),
        (["valid/a", "valid/b", "val/a", "val/b"], "val and valid, and not"),
        (["train/a", "train/b", "test1"], "other images in test1: give the"),
        (
            [
                f"{s}/{p}/{c}"
                for s in "xy"
                for p in ("train", "val")
                for c in "ab"
            ],
            "holds train and validation several times, in x and y: give one",
        ),
        (
            [f"{p}/{c}" for p in ("train", "val", "valid") for c in "ab"],
            "holds val and valid beside train: keep one",
        ),
        (
            list("abcdefg"),
            r"7 class folders \(a, b, c, d, e and 2 more\), and two",
        ),
    ],
    ids=str,
)
def test_of_two_readings_none_is_chosen(folders, reason):
    with pytest.raises(DataError, match=reason) as caught:
        find_layout(many(*folders), GIVEN)
    assert str(caught.value).startswith("given h")


@pytest.mark.parametrize(
    "folder",
    [
        "@eaDir",
        "lost+found",
        "$RECYCLE.BIN",
        "System Volume Information",
        "__MACOSX",
        ".thumbnails",
    ],
)
@pytest.mark.parametrize("place", ["", "train/", "train/cats/"])
def test_folders_of_the_system_do_not_count(folder, place):
    names = [*DIVIDED, f"{place}{folder}/1.jpg", f"{place}{folder}/x/2.jpg"]
    assert find_layout(names, GIVEN) == find_layout(DIVIDED, GIVEN)


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "desktop.ini", "labels.txt", "a.csv", "README", "x"]
)
def test_other_files_change_no_split_and_are_named(name):
    more = [*DIVIDED, f"train/cats/{name}", f"validation/dogs/{name}"]
    layout = find_layout(more, GIVEN)
    assert layout.names == find_layout(DIVIDED, GIVEN).names
    assert layout.ignored == dict.fromkeys(more[-2:], "has no image's name")


def test_images_outside_of_the_class_folders_are_named():
    stray = ["1.jpg", "set/2.jpg", "other/cats/3.jpg", "set/train/4.jpg"]
    names = [f"set/{name}" for name in DIVIDED]
    layout = find_layout([*names, *stray], GIVEN)
    assert layout.names == find_layout(DIVIDED, GIVEN).names
    assert layout.ignored == dict.fromkeys(
        sorted(stray), "lies in neither of the two class folders"
    )


def test_names_of_folders_are_compared_as_they_look():
    composed, decomposed = "B\u00e4r", "Ba\u0308r"
    names = many(f"train/{composed}", "train/Hai")
    names += many(f"validation/{decomposed}", "validation/HAI")
    layout = find_layout(names, GIVEN)
    assert layout.classes == ("b\u00e4r", "hai")
    assert list(map(len, layout.held_out)) == [30, 30]
    images = set_of_layout(layout)
    assert images.label(layout.held_out[0][0]) == 0
    assert label_counts(layout.names) == {"b\u00e4r": 60, "hai": 60}


def test_given_test_set_is_the_test_set():
    names = many("val/a", "val/b", "test/a", "test/b", "train/a", "train/b")
    layout = find_layout([*names, "test/unknown/1.jpg", "test/2.jpg"], GIVEN)
    assert list(map(len, layout.held_out)) == [60, 60]
    assert set(layout.test) == {n for n in names if n.startswith("test")}
    assert sorted(layout.ignored) == ["test/2.jpg", "test/unknown/1.jpg"]
    gone = {"test/a/3.jpg"}
    assert set(layout.without(gone).test) == set(layout.test) - gone


def test_given_test_set_must_be_large_enough():
    names = many("train/a", "train/b", "val/a", "val/b")
    names += ["test/a/0.jpg", "test/a/1.jpg", "test/b/0.jpg"]
    with pytest.raises(DataError, match="32 to test with, 2 of them in test: "):
        check_counts(find_layout(names, GIVEN), GIVEN)


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
    names = [f"{c}/{n}.jpg" for c in ("c", "d", "a\nb") for n in range(20)]
    with pytest.raises(DataError, match=r"3 class folders \(a\\x0ab, c and d"):
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


def test_walk_goes_deep_and_past_what_is_hidden(tmp_path):
    near = ["1.jpg", "a/1.jpg", "a/b/c/d/e/f/1.jpg"]
    write_folder(tmp_path, [*near, ".git/1.jpg", "a/@eaDir/1.jpg"])
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
