"""Small sets of pictures for tests, quickly made."""

import io
import zipfile

from PIL import Image

KINDS = ("cats", "dogs")
DIVIDED = [
    f"{part}/{kind}/{number}.jpg"
    for part, count in (("train", 20), ("validation", 5))
    for kind in KINDS
    for number in range(count)
]
FLAT = [f"{kind}/{number}.jpg" for kind in KINDS for number in range(20)]


def jpeg(number: int = 0) -> bytes:
    """A small picture; each number gives another."""
    file = io.BytesIO()
    colour = (number * 37 % 256, number * 91 % 256, 100)
    Image.new("RGB", (24, 16), colour).save(file, "JPEG")
    return file.getvalue()


def write_zip(path, names=DIVIDED, more=(), **options):
    """A zip with a picture under each name, and `more` of name and content."""
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
