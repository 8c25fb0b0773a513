"""Drawings: always the same, no two alike, and told apart by shapes alone."""

import os
import subprocess
import sys

import numpy as np
import pytest

from catdog.data.drawings import scenes

FINGERPRINT = """
import hashlib
from catdog.data.drawings.scenes import draw
drawings = [draw(animal, n) for animal in ("cat", "dog") for n in range(4)]
pixels = b"".join(drawing.tobytes() for drawing in drawings)
print(hashlib.sha256(pixels).hexdigest())
"""


def pixels(animal, number, seed=0):
    return scenes.draw(animal, number, seed).tobytes()


def test_drawing_is_160_pixels_square_and_rgb():
    drawing = scenes.draw("cat", 3)
    assert drawing.size == (160, 160) and drawing.mode == "RGB"


def test_no_two_are_alike():
    seen = {
        pixels(animal, number)
        for animal in ("cat", "dog")
        for number in range(60)
    }
    assert len(seen) == 120
    assert pixels("cat", 1, seed=1) != pixels("cat", 1, seed=2)


def test_same_arguments_give_the_same_pixels_in_any_process():
    fingerprints = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(fingerprints) == 1


def test_a_horse_cannot_be_drawn():
    with pytest.raises(ValueError, match="'horse'"):
        scenes.draw("horse", 1)


def test_mean_color_does_not_tell_the_classes_apart():
    colors = np.array(
        [
            np.asarray(scenes.draw(animal, number)).mean(axis=(0, 1)) / 255
            for number in range(300)
            for animal in ("cat", "dog")
        ]
    )
    dogs = np.tile([0, 1], 300)
    features = np.hstack([colors, colors**2, np.ones((600, 1))])
    weights = np.linalg.lstsq(features[:400], dogs[:400], rcond=None)[0]
    right = ((features[400:] @ weights > 0.5) == dogs[400:]).mean()
    assert right < 0.62


SMALL = [
    f"{part}/{animal}s/{animal}.{number}.jpg"
    for part, first in (("train", 0), ("validation", 2000))
    for animal in ("cat", "dog")
    for number in (first, first + 1)
]


def names(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")
    )


def test_set_is_written_whole_and_the_same_each_time(tmp_path):
    for name in ("one", "two"):
        scenes.write_set(tmp_path / name, SMALL)
    assert names(tmp_path / "one") == sorted(SMALL)
    for name in SMALL:
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_nothing_is_left_when_drawing_stops_half_way(monkeypatch, tmp_path):
    draw = scenes.draw

    def stop(animal, number):
        if animal == "dog":
            raise KeyboardInterrupt
        return draw(animal, number)

    monkeypatch.setattr(scenes, "draw", stop)
    with pytest.raises(KeyboardInterrupt):
        scenes.write_set(tmp_path / "set", SMALL)
    assert not list(tmp_path.iterdir())


def test_second_process_to_finish_keeps_the_first_ones_set(tmp_path):
    scenes.write_set(tmp_path / "set", SMALL)
    before = (tmp_path / "set").stat()
    scenes.write_set(tmp_path / "set", SMALL)
    assert names(tmp_path / "set") == sorted(SMALL)
    assert (tmp_path / "set").stat().st_ino == before.st_ino
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize("damage", ["lost", "strange"])
def test_set_with_other_files_is_drawn_anew(damage, tmp_path):
    folder = tmp_path / "set"
    scenes.write_set(folder, SMALL)
    if damage == "lost":
        (folder / SMALL[0]).unlink()
    else:
        (folder / "more.jpg").touch()
    scenes.write_set(folder, SMALL)
    assert names(folder) == sorted(SMALL)


def test_each_version_of_the_code_has_a_set_of_its_own(monkeypatch, tmp_path):
    version = scenes.version()
    assert version == scenes.version() and len(version) == 16
    code = tmp_path / "animals.py"
    code.write_text("# ü", encoding="utf-8")
    monkeypatch.setattr(scenes.animals, "__file__", str(code))
    assert scenes.version() != version
