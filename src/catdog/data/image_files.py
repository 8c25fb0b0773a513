"""Read picture files as they come: any format, any colours, any size.

What `fault` lets pass, `read_picture` reads: they are the same code.
"""

import json
import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from catdog._io import cache_folder, digest, written_whole
from catdog.errors import DataError
from catdog.progress import Bar

# What Pillow has against a file reaches the reader in our words.
warnings.filterwarnings("ignore", module=r"PIL\.")

SIDE = 160  # of the pictures that the models take, in pixels
# No others: some that Pillow knows start a program to read a file.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
FEWEST_PIXELS = 8  # a side
MOST_PIXELS = 89_000_000  # just below where Pillow begins to warn
ENOUGH = (640, 640)


def read_picture(path: str | os.PathLike, side: int = SIDE) -> np.ndarray:
    """Read a picture and stretch it to a square: uint8 of shape (side, side, 3)
    in [0, 255].

    A turned photograph is put upright, a transparent one on white. Of an
    animation, the first picture counts.

    Raises:
        DataError: when it cannot be read. The message is the reason alone, such
            as `is empty`.
    """
    try:
        if not os.path.isfile(path):
            raise DataError("is no file")
        if not os.path.getsize(path):
            raise DataError("is empty")
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if min(width, height) < FEWEST_PIXELS:
                raise DataError(f"is too small ({width}x{height} pixels)")
            if width * height > MOST_PIXELS:
                raise DataError(f"is too large ({width}x{height} pixels)")
            # A JPEG can be reduced while it is decoded, which saves most of the
            # work on large photographs.
            picture.draft(None, ENOUGH)
            colours = _rgb(ImageOps.exif_transpose(picture))
            return np.asarray(
                colours.resize((side, side), Image.Resampling.BILINEAR)
            )
    except DataError:
        raise
    except Image.UnidentifiedImageError:
        raise DataError(_unknown(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("is too large") from None
    # Pillow raises whatever a broken file leads its many readers to.
    except Exception as error:
        said = " ".join(str(error).split())
        raise DataError(f"is damaged ({said})") from error


def fault(path: str | os.PathLike) -> str | None:
    """Why a picture cannot be read, such as `is empty`; None if it can."""
    try:
        os.fspath(path).encode()
        read_picture(path)
    except UnicodeEncodeError:
        return "has a name that is not valid UTF-8"
    except DataError as error:
        return str(error)
    return None


def faults(root: Path, names: list[str]) -> dict[str, str]:
    """Why files cannot be read: `{name relative to root: reason}`.

    A note in the cache spares the next process the reading.
    """
    stamp = digest(f"{name} {_stamp(root / name)}" for name in names)
    note = cache_folder() / "checked" / f"{stamp}.json"
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = list(
            Bar(
                pool.map(lambda name: fault(root / name), names),
                "Checking pictures",
                len(names),
            )
        )
    found = {name: why for name, why in zip(names, reasons, strict=True) if why}
    written_whole(note, json.dumps(found))
    return found


def shown(name: str) -> str:
    """A file name made fit for one line of text: whatever would break the line,
    or turn it around, is shown as its code.
    """
    return "".join(
        sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in name
    )


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits
        values = np.asarray(picture, float) / 257
        picture = Image.fromarray(values.clip(0, 255).astype("uint8"))
    elif picture.mode == "F":
        raise DataError("has colours in floating point numbers")
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def _unknown(path) -> str:
    if re.search(r"\.hei[cf]$", os.fspath(path), re.IGNORECASE):
        return "is a HEIC file: save it as JPEG"
    return "is no picture"


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size} {status.st_mtime_ns}"
