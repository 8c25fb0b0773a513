"""Read image files as they come: any format, any colors, any size.

What `find_fault` lets pass, `read_image` reads: they are the same code.
"""

import functools
import os
import warnings
from pathlib import Path

import numpy as np
import PIL
from PIL import ExifTags, Image, features

from catdog._io import digest
from catdog.errors import DataError

# What Pillow has against a file reaches the reader in our words.
warnings.filterwarnings("ignore", module=r"PIL\.")

IMAGE_SIZE = 160  # pixels to each side, as most of the models take them
# No others: some that Pillow knows start a program to read a file.
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"]
if features.check("avif"):  # since Pillow 11.3
    FORMATS.append("AVIF")
MIN_SIZE = 8  # pixels to each side
MAX_PIXELS = 89_000_000  # just below where Pillow begins to warn
JPEG_DRAFT_SIZE = (640, 640)
ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# How a fault begins that is the system's, and may be gone the next time.
NOT_OPENED = "cannot be opened"


def read_image(path: str | os.PathLike, size: int = IMAGE_SIZE) -> np.ndarray:
    """Read an image and stretch it to a square.

    A rotated photograph is turned upright, a transparent one is laid on white.
    Of an animation, the first image counts.

    Args:
        path: the file.
        size: pixels to each side of the result.

    Returns:
        uint8 of shape (size, size, 3) in [0, 255].

    Raises:
        DataError: if it cannot be read. The message is the reason alone, such
            as `is empty`.
    """
    try:
        _refuse_empty(Path(path))
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if min(width, height) < MIN_SIZE:
                raise DataError(f"is too small ({width}x{height} pixels)")
            if width * height > MAX_PIXELS:
                raise DataError(f"is too large ({width}x{height} pixels)")
            # A JPEG can be reduced while it is decoded, which saves most of the
            # work on large photographs.
            image.draft(None, JPEG_DRAFT_SIZE)
            return _to_square(_upright(image), size)
    except DataError:
        raise
    except Image.UnidentifiedImageError:
        raise DataError(_unknown(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("is too large") from None
    except OSError as error:
        # Decoders raise it, too, but without a number.
        if error.errno:
            reason = f"{NOT_OPENED} ({error.strerror})"
        else:
            reason = f"is damaged ({' '.join(str(error).split())})"
        raise DataError(reason) from error
    # Pillow raises whatever a broken file leads its many readers to.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise DataError(f"is damaged ({reason})") from error


@functools.cache
def decoder_version() -> str:
    """Return sixteen hexadecimal digits that stand for all that decodes.

    That is Pillow, the libraries behind it, and this module.
    """
    libraries = ("jpg", "libjpeg_turbo", "zlib", "libtiff", "webp")
    return digest(
        [
            PIL.__version__,
            *(str(features.version(name)) for name in libraries),
            Path(__file__).read_text(encoding="utf-8"),
        ]
    )


@functools.cache
def decoding_fingerprint() -> str:
    """Return sixteen hexadecimal digits that stand for decoding and resizing.

    They are those of what becomes of a fixed image in memory.
    """
    y, x = np.mgrid[0:90, 0:120]
    pixels = np.stack([x * 2, y * 2, (x * y) % 256], axis=-1).astype("uint8")
    squares = [
        _to_square(Image.fromarray(array), IMAGE_SIZE)
        for array in (pixels, pixels[..., 2])
    ]
    return digest(square.tobytes().hex() for square in squares)


def find_fault(path: str | os.PathLike) -> str | None:
    """Return why an image cannot be read, such as `is empty`; None if it can."""
    found = read_or_fault(path)
    return found if isinstance(found, str) else None


def read_or_fault(
    path: str | os.PathLike, size: int = IMAGE_SIZE
) -> np.ndarray | str:
    """Return what `read_image` returns, or why the image cannot be read."""
    try:
        os.fspath(path).encode()
        return read_image(path, size)
    except UnicodeEncodeError:
        return "has a name that is not valid UTF-8"
    except DataError as error:
        return str(error)


def _refuse_empty(path: Path) -> None:
    # Not path.is_file(), which raises for a name that is too long.
    if not os.path.isfile(path):  # noqa: PTH113
        raise DataError("is no file")
    if not path.stat().st_size:
        raise DataError("is empty")


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    # Not ImageOps.exif_transpose, which writes the other EXIF data anew, and
    # fails if something is odd there.
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        method = ORIENTATIONS.get(orientation)
    except Exception:
        return image
    return image if method is None else image.transpose(method)


def _to_square(image: Image.Image, size: int) -> np.ndarray:
    resized = _rgb(image).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits
        values = np.asarray(image, float) / 257
        image = Image.fromarray(values.clip(0, 255).astype("uint8"))
    elif image.mode == "F":
        raise DataError("has colors in floating point numbers")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _unknown(path: str | os.PathLike) -> str:
    # Files of this family name their kinds at the start.
    try:
        with Path(path).open("rb") as file:
            start = file.read(64)
    except OSError:
        start = b""
    kinds = start[8:] if start[4:8] == b"ftyp" else b""
    for kind in ("avif", "heic", "heix", "hevc", "mif1"):
        if kind.encode() in kinds:
            if kind != "avif":
                return "is a HEIC file: save it as JPEG"
            if "AVIF" in FORMATS:
                return "is damaged (an AVIF file that cannot be read)"
            return "is an AVIF file: save it as JPEG"
    return "is no image"
