"""Images come from the first source that has them, whole, or with a sentence."""

import logging
import shutil
import threading
import zipfile

import pytest
from samples import SMALL, write_small_set
from servers import Server

from catdog.data import image_files, sources
from catdog.data import split as data_split
from catdog.data.drawings import scenes
from catdog.data.split import tutorial_names
from catdog.errors import DataError

FEW = [
    f"{part}/{part.split('/')[1].removesuffix('s')}.{first + number}.jpg"
    for first, (part, count) in zip((0, 0, 50, 50), SMALL.items(), strict=True)
    for number in range(count)
]


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """A cache and a Keras home without anything, and no network."""
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(sources, "ADDRESSES", ())
    monkeypatch.setattr(sources, "tutorial_names", lambda: FEW)
    return tmp_path


@pytest.fixture
def small_is_the_tutorials(images, monkeypatch):
    """Take the small set for the tutorial's own."""
    for module in (sources, data_split):
        monkeypatch.setattr(module, "TUTORIAL_FINGERPRINT", images.fingerprint)


def test_names_are_in_natural_order(images):
    assert images.train[:3] == (
        "train/cats/cat.0.jpg",
        "train/cats/cat.1.jpg",
        "train/cats/cat.2.jpg",
    )
    assert images.train[10] == "train/cats/cat.10.jpg"


def test_folder_and_zip_give_the_same_images(
    small_folder, small_zip, monkeypatch
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    from_folder = sources.find_images()
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    from_zip = sources.find_images()
    assert from_zip.contents == from_folder.contents
    assert from_zip.source == from_folder.source == "photographs"


def test_relative_path_is_meant_from_the_project(
    small_folder, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(small_folder.parent))
    monkeypatch.setenv("CATDOG_DATA", small_folder.name)
    assert sources.find_images().folder == small_folder.resolve()


def stray_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "no images here")


def lacking_dogs(path):
    write_small_set(path)
    shutil.rmtree(path / "train" / "dogs")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "nothing at"),
        (lambda path: path.write_text("no zip"), "broken archive"),
        (stray_zip, "train/ and validation/"),
        (lambda path: path.mkdir(), "train/ and validation/"),
        (lacking_dogs, "0 readable images of dogs to train with"),
    ],
)
def test_unusable_images_get_one_sentence_and_leave_nothing(
    make, sentence, monkeypatch, tmp_path
):
    path, cache = tmp_path / "given", tmp_path / "cache"
    make(path)
    monkeypatch.setenv("CATDOG_DATA", str(path))
    monkeypatch.setenv("CATDOG_CACHE", str(cache))
    with pytest.raises(DataError, match=sentence) as caught:
        sources.find_images()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert not [path for path in cache.rglob("*") if path.suffix != ".lock"]


def test_path_that_is_too_long_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CATDOG_DATA", str(tmp_path / ("x" * 5_000)))
    with pytest.raises(DataError, match="There is nothing at"):
        sources.find_images()


def test_broken_copy_of_the_tutorials_images_is_no_set(tmp_path):
    for name in tutorial_names():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"miaow")
    with pytest.raises(DataError, match="broken copy of the tut") as caught:
        sources.open_images(tmp_path)
    sentence = str(caught.value)
    assert "(train/cats/cat.0.jpg is no image): delete it and" in sentence


def test_zip_that_ends_early_is_named(small_zip, monkeypatch):
    small_zip.write_bytes(small_zip.read_bytes()[:-4000])
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    with pytest.raises(DataError, match="broken archive"):
        sources.find_images()


def test_zip_with_a_changed_byte_is_named(small_zip, monkeypatch, tmp_path):
    content = bytearray(small_zip.read_bytes())
    content[len(content) // 3] ^= 0xFF
    small_zip.write_bytes(content)
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    with pytest.raises(DataError):
        sources.find_images()
    assert not list((tmp_path / "cache").rglob("*.jpg"))


@pytest.mark.parametrize(
    "name", ["cats_and_dogs_extracted", "cats_and_dogs_filtered"]
)
def test_folder_in_keras_cache_comes_before_the_network(
    name, homes, small_folder, small_is_the_tutorials
):
    cached = homes / "keras" / "datasets" / name
    shutil.copytree(small_folder, cached / "cats_and_dogs_filtered")
    images = sources.find_images()
    assert images.folder.is_relative_to(cached.resolve()) and not images.own


@pytest.mark.parametrize(
    "name", ["cats_and_dogs.zip", "cats_and_dogs_filtered.zip"]
)
def test_zip_in_keras_cache_does_too(
    name, homes, small_zip, small_is_the_tutorials
):
    (homes / "keras" / "datasets").mkdir(parents=True)
    shutil.copy(small_zip, homes / "keras" / "datasets" / name)
    images = sources.find_images()
    assert images.source == "photographs" and not images.own


def test_part_of_the_set_in_keras_cache_is_passed_over(
    homes, small_folder, caplog
):
    caplog.set_level(logging.INFO)
    cached = homes / "keras" / "datasets" / "cats_and_dogs_extracted"
    shutil.copytree(small_folder, cached)
    assert sources.find_images().source == "drawings"
    assert f"Passing over Keras' cache: {cached} is not the whole set" in (
        caplog.text
    )
    assert "No photographs: " in caplog.text and cached.exists()


def test_download_is_kept_where_keras_keeps_it(
    homes, small_zip, small_is_the_tutorials, monkeypatch
):
    server = Server(small_zip.read_bytes())
    monkeypatch.setattr(sources, "ADDRESSES", (server.address,))
    try:
        for _ in range(2):
            images = sources.find_images()
            assert images.source == "photographs" and not images.own
    finally:
        server.stop()
    assert server.asked == [None]
    assert (homes / "keras" / "datasets" / "cats_and_dogs.zip").exists()


def test_drawings_are_there_for_the_asking(
    homes, small_folder, small_is_the_tutorials, monkeypatch
):
    cached = homes / "keras" / "datasets" / "cats_and_dogs_extracted"
    shutil.copytree(small_folder, cached)
    monkeypatch.setenv("CATDOG_DATA", "drawings")
    images = sources.find_images()
    assert images.source == "drawings" and images.train == tuple(FEW[:48])


def count_drawings(monkeypatch):
    drawn = []
    draw = scenes.draw

    def counted(animal, number):
        drawn.append((animal, number))
        return draw(animal, number)

    monkeypatch.setattr(scenes, "draw", counted)
    return drawn


def test_drawn_set_is_made_once(homes, monkeypatch):
    drawn = count_drawings(monkeypatch)
    first, second = sources.drawn_images(), sources.drawn_images()
    assert first == second and len(drawn) == len(FEW)


@pytest.mark.parametrize("damaged", [False, True])
def test_drawn_set_is_made_or_repaired_by_one_and_read_by_all(
    damaged, homes, monkeypatch
):
    if damaged:
        (sources.drawn_images().folder / FEW[7]).unlink()
    drawn = count_drawings(monkeypatch)
    ready, outcomes = threading.Barrier(4), []

    def use():
        ready.wait()
        images = sources.drawn_images()
        for name in images.train + images.held_out:
            image_files.read_image(images.folder / name)
        outcomes.append(images)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4 and len(set(map(repr, outcomes))) == 1
    assert len(drawn) == len(FEW)
    assert sorted(outcomes[0].train + outcomes[0].held_out) == sorted(FEW)
