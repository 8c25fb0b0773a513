"""Small sets of images for tests, quickly made."""

import io
import zipfile
from pathlib import Path

from PIL import Image

from catdog.data.drawings import scenes
from catdog.data.split import ImageSet

CLASS_FOLDERS = ("cats", "dogs")
DIVIDED = [
    f"{part}/{class_folder}/{number}.jpg"
    for part, count in (("train", 20), ("validation", 5))
    for class_folder in CLASS_FOLDERS
    for number in range(count)
]
FLAT = [
    f"{class_folder}/{number}.jpg"
    for class_folder in CLASS_FOLDERS
    for number in range(20)
]
# How many images a small set of drawings has in each folder.
SMALL = {
    "train/cats": 24,
    "train/dogs": 24,
    "validation/cats": 20,
    "validation/dogs": 20,
}


def jpeg(number: int = 0) -> bytes:
    """A small image; each number below 4,096 gives a very different one."""
    file = io.BytesIO()
    color = tuple(number * step % 4096 // 16 for step in (3353, 1205, 2255))
    Image.new("RGB", (24, 16), color).save(file, "JPEG")
    return file.getvalue()


def set_of_layout(layout) -> ImageSet:
    """The set of a layout, without any files."""
    return ImageSet(
        Path("nowhere"),
        "photographs",
        tuple(sum(layout.train, [])),
        tuple(sum(layout.held_out, [])),
        layout.classes,
        test=layout.test,
    )


def write_zip(path, names=DIVIDED, more=(), **options):
    """A zip with an image under each name, and `more` of name and content."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for number, name in enumerate(names):
            archive.writestr(name, jpeg(number))
        for name, content in more:
            archive.writestr(name, content)
    return path


def write_folder(folder, names=DIVIDED):
    """The same as files."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number))
    return folder


def write_small_set(folder):
    """Drawings that can be learned from, under the tutorial's file names."""
    for part, count in SMALL.items():
        (folder / part).mkdir(parents=True)
        animal = part.split("/")[1].removesuffix("s")
        for number in range(count):
            drawing = scenes.draw(animal, number, seed=len(part))
            drawing.save(folder / part / f"{animal}.{number}.jpg")
    return folder
