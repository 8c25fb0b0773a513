"""Every file of a folder is used once, or left out for a stated reason."""

import hashlib
import io
import random
import re
import shutil
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from samples import DIVIDED, FLAT, jpeg, write_folder, write_zip

from catdog import cli
from catdog._io import digest
from catdog.data import class_folders, copies, sources
from catdog.data.split import split, tutorial_names
from catdog.data.suspects import find_doubles
from catdog.errors import DataError

EXTRA = st.sampled_from(
    [
        *("Thumbs.db", "labels.txt", "broken.jpg", "copy.jpg", "deep/x/1.jpg"),
        *("new.png", "phone.heic", ".hidden.jpg", "@eaDir/1.jpg", "9.jpg"),
    ]
)
CONTENTS = st.one_of(
    st.integers(0, 60).map(jpeg),
    st.sampled_from([b"miaow", b""]),
)
SETS = st.sampled_from(
    [FLAT, DIVIDED, [*DIVIDED, *(f"test/{name}" for name in FLAT)]]
)


def open_or_refuse(folder):
    """The image set, or the sentence that refuses it, without the place."""
    try:
        return sources.open_images(folder)
    except DataError as error:
        return str(error).replace(str(folder), "")


@st.composite
def folders(draw):
    """Names and contents of files in an image set, with some trouble in it."""
    names = draw(SETS)
    files = {name: jpeg(number) for number, name in enumerate(names)}
    places = sorted({str(PurePosixPath(name).parent) for name in names})
    for place, name, content in draw(
        st.lists(
            st.tuples(st.sampled_from([".", *places]), EXTRA, CONTENTS),
            max_size=6,
        )
    ):
        files[str(PurePosixPath(place, name))] = content
    return files


def write(folder, files):
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Path(folder)


@given(folders())
@settings(max_examples=20)
def test_every_file_is_used_once_or_left_out_for_a_reason(files):
    with tempfile.TemporaryDirectory() as place:
        images = open_or_refuse(write(place, files))
    if isinstance(images, str):  # too few images, or `deep` is a class, too
        assert re.search("it takes at least|3 class folders", images)
        return
    reasons = [*images.faults, *images.copies, *images.ignored]
    assert all(reason for _, reason in reasons)
    account = [*images.train, *images.held_out, *(name for name, _ in reasons)]
    assert len(account) == len(set(account))
    hidden = {name for name in files if "/." in f"/{name}" or "@eaDir" in name}
    assert set(account) == files.keys() - hidden
    for name, other in images.copies:
        assert files[name] == files[other] and name != other


@given(folders())
@settings(max_examples=20)
def test_no_content_is_on_two_sides_of_a_split(files):
    with tempfile.TemporaryDirectory() as place:
        images = open_or_refuse(write(place, files))
    if isinstance(images, str):
        return
    for fold in range(images.folds):
        parts = split(images, fold)
        assert all(parts)
        used = [files[name] for name in sum(parts, [])]
        assert len(used) == len(set(used))
        assert set(images.test) <= set(parts.test)


@given(folders(), st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_order_of_the_listing_changes_nothing(files, shuffled):
    walk = class_folders.walk

    def walk_in_disorder(folder):
        names = sorted(walk(folder))
        shuffled.shuffle(names)
        return iter(names)

    with tempfile.TemporaryDirectory() as place:
        folder = write(place, files)
        expected = open_or_refuse(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sources, "walk", walk_in_disorder)
            assert open_or_refuse(folder) == expected


def test_zip_gives_the_same_account(tmp_path):
    stray = [("cats/labels.txt", b"x"), ("9.jpg", jpeg(99)), (".git/a", b"x")]
    images = sources.open_images(
        write_zip(tmp_path / "pets.zip", FLAT, more=stray)
    )
    folder = write(tmp_path / "pets", dict(stray))
    expected = sources.open_images(write_folder(folder, FLAT))
    assert images.ignored == expected.ignored and len(images.ignored) == 2
    assert images.fingerprint == expected.fingerprint


def test_held_out_copies_of_training_images_are_no_training_images(tmp_path):
    folder = write_folder(tmp_path / "pets")
    more = [f"train/cats/{n}.jpg" for n in range(20, 25)]
    for number, name in enumerate(more):
        shutil.copyfile(folder / f"validation/cats/{number}.jpg", folder / name)
    images = sources.open_images(folder)
    assert dict(images.copies) == {
        name: f"validation/cats/{number}.jpg"
        for number, name in enumerate(more)
    }
    assert images.fingerprint == digest(DIVIDED)
    assert {double.kind for double in find_doubles(images)} == {"leak"}


def test_copy_in_flat_folders_changes_nothing(tmp_path):
    folder = write_folder(tmp_path / "pets", FLAT)
    before = sources.open_images(folder)
    shutil.copyfile(folder / "cats/3.jpg", folder / "cats/3 (1).jpg")
    after = sources.open_images(folder)
    assert after.copies == (("cats/3 (1).jpg", "cats/3.jpg"),)
    assert after.fingerprint == before.fingerprint
    assert [double.kind for double in find_doubles(after)] == ["double"]


def test_image_with_two_labels_is_used_under_none(tmp_path):
    folder = write_folder(
        tmp_path / "pets", [*FLAT, "cats/x.jpg", "dogs/x.jpg"]
    )
    shutil.copyfile(folder / "cats/x.jpg", folder / "dogs/x.jpg")
    images = sources.open_images(folder)
    assert dict(images.copies) == {
        "cats/x.jpg": "dogs/x.jpg",
        "dogs/x.jpg": "cats/x.jpg",
    }
    assert [double.kind for double in find_doubles(images)] == ["contradiction"]


def test_too_many_copies_are_named_in_the_refusal(tmp_path):
    folder = write_folder(tmp_path / "pets")
    for number in range(5):
        name = f"cats/{number}.jpg"
        shutil.copyfile(folder / "train" / name, folder / "validation" / name)
    (folder / "train/cats/7.jpg").unlink()
    with pytest.raises(DataError) as caught:
        sources.open_images(folder)
    assert (
        "has 14 readable images of cats to train with and 5 to test with "
        "(train/cats/0.jpg is the same file as validation/cats/0.jpg): it takes "
    ) in str(caught.value)


def test_check_lists_all_that_is_left_out_and_ends_well(
    small_folder, tmp_path, monkeypatch, capsys
):
    folder = Path(shutil.copytree(small_folder, tmp_path / "pets"))
    train = folder / "train/cats"
    (train / "Thumbs.db").write_text("x")
    shutil.copyfile(train / "cat.3.jpg", train / "cat.99.jpg")
    image = io.BytesIO((folder / "validation/dogs/dog.2.jpg").read_bytes())
    with Image.open(image) as opened:
        opened.resize((90, 90)).save(folder / "train/dogs/again.png")
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    assert cli.main(["data", "--check"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "train/cats/cat.99.jpg is the same file as train/cats/cat.3.jpg",
        "train/cats/Thumbs.db has no image's name: ignored",
        "validation/dogs/dog.2.jpg shows the same image as train/dogs/again.png",
        "Left out: copies 1, other files 1",
    ]
    assert cli.main(["data"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Left out: copies 1, other files 1 (`catdog data --check` lists them)"
    ]


def test_given_test_set_is_said_and_every_run_is_tested_on_it(
    tmp_path, monkeypatch, capsys
):
    names = [*DIVIDED, *(f"test/{name}" for name in FLAT)]
    folder = write_folder(tmp_path / "pets", names)
    images = sources.open_images(folder)
    assert images.folds == 1
    for fold in range(5):
        parts = split(images, fold)
        assert parts.test == [f"test/{name}" for name in FLAT]
        assert len(parts.validation) == 10 and len(parts.train) == 40
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    assert cli.main(["data"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "40 of the held-out ones are the test set"
    ]


def test_merged_folders_are_said(tmp_path, caplog):
    caplog.set_level("INFO")
    names = [name.replace("cats/1", "cats/indoor/1") for name in FLAT]
    images = sources.open_images(write_folder(tmp_path / "pets", names))
    assert images.classes == ("cat", "dog")
    assert caplog.messages == [
        "cats against dogs: images in cats/indoor belong to the class folder "
        "around them."
    ]


def test_equal_sizes_are_no_equal_contents(tmp_path):
    names = [f"{c}/{n}.bmp" for c in ("cats", "dogs") for n in range(20)]
    contents = [random.Random(n).randbytes(50) for n in range(len(names))]
    write(tmp_path, dict(zip(names, contents, strict=True)))
    layout = class_folders.find_layout(names, tmp_path)
    assert copies.find_copies(tmp_path, layout) == {}


def test_tutorials_split_is_that_of_the_recorded_runs():
    layout = class_folders.find_layout(
        reversed(tutorial_names()), Path("given")
    )
    images = sources.ImageSet(
        Path("nowhere"),
        "photographs",
        tuple(sum(layout.train, [])),
        tuple(sum(layout.held_out, [])),
    )
    parts = [split(images, fold) for fold in range(5)]
    names = "\n".join(name for part in parts for name in sum(part, []))
    assert hashlib.sha256(names.encode()).hexdigest()[:16] == "d9cd0cadc6e61393"
