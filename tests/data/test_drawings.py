import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from catdog.data.drawings import scenes

FINGERPRINT = """
import hashlib
from catdog.data.drawings.scenes import draw
pictures = [draw(kind, number) for kind in ("cat", "dog") for number in range(4)]
print(hashlib.sha256(b"".join(picture.tobytes() for picture in pictures)).hexdigest())
"""


def pixels(kind, number, seed=0):
    return scenes.draw(kind, number, seed).tobytes()


def test_drawing_is_160_pixels_square_and_rgb():
    picture = scenes.draw("cat", 3)
    assert picture.size == (160, 160) and picture.mode == "RGB"


def test_no_two_are_alike():
    seen = {
        pixels(kind, number) for kind in ("cat", "dog") for number in range(60)
    }
    assert len(seen) == 120
    assert pixels("cat", 1, seed=1) != pixels("cat", 1, seed=2)


def test_same_arguments_give_the_same_pixels_in_any_process():
    found = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_a_horse_cannot_be_drawn():
    with pytest.raises(ValueError, match="'horse'"):
        scenes.draw("horse", 1)


def test_mean_colour_does_not_tell_the_classes_apart():
    colours = np.array(
        [
            np.asarray(scenes.draw(kind, number)).mean(axis=(0, 1)) / 255
            for number in range(300)
            for kind in ("cat", "dog")
        ]
    )
    dogs = np.tile([0, 1], 300)
    features = np.hstack([colours, colours**2, np.ones((600, 1))])
    weights = np.linalg.lstsq(features[:400], dogs[:400], rcond=None)[0]
    right = ((features[400:] @ weights > 0.5) == dogs[400:]).mean()
    assert right < 0.62


def small(monkeypatch):
    parts = {
        part: range(numbers[0], numbers[0] + 2)
        for part, numbers in scenes.SET.items()
    }
    monkeypatch.setattr(scenes, "SET", parts)


def test_set_has_the_names_of_the_photographs():
    sizes = {part: len(numbers) for part, numbers in scenes.SET.items()}
    assert sizes == {
        "train/cats": 1000,
        "train/dogs": 1000,
        "validation/cats": 500,
        "validation/dogs": 500,
    }


def test_set_is_written_whole_and_the_same_each_time(monkeypatch, tmp_path):
    small(monkeypatch)
    for name in ("one", "two"):
        scenes.write_set(tmp_path / name)
    files = sorted(
        path.relative_to(tmp_path / "one")
        for path in (tmp_path / "one").rglob("*.jpg")
    )
    assert [path.as_posix() for path in files][-2:] == [
        "validation/dogs/dog.2000.jpg",
        "validation/dogs/dog.2001.jpg",
    ]
    assert len(files) == 8
    for file in files:
        one, two = (tmp_path / name / file for name in ("one", "two"))
        assert (
            hashlib.sha256(one.read_bytes()).digest()
            == hashlib.sha256(two.read_bytes()).digest()
        )


def test_nothing_is_left_when_drawing_stops_half_way(monkeypatch, tmp_path):
    small(monkeypatch)
    draw = scenes.draw

    def stop(kind, number):
        if kind == "dog":
            raise KeyboardInterrupt
        return draw(kind, number)

    monkeypatch.setattr(scenes, "draw", stop)
    with pytest.raises(KeyboardInterrupt):
        scenes.write_set(tmp_path / "set")
    assert not list(tmp_path.iterdir())


def test_second_process_to_finish_keeps_the_first_ones_set(
    monkeypatch, tmp_path
):
    small(monkeypatch)
    scenes.write_set(tmp_path / "set")
    scenes.write_set(tmp_path / "set")
    assert len(list((tmp_path / "set").rglob("*.jpg"))) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
