"""Images of a page, small enough to travel."""

import io

from PIL import Image

CSS_DPI = 96  # pixels of a style sheet to the inch


def webp(png: bytes) -> bytes:
    """Convert a PNG to WebP.

    Exactly, unless that takes more than twice the room of an image that the eye
    cannot tell from it.
    """
    image = Image.open(io.BytesIO(png))
    exact, close = io.BytesIO(), io.BytesIO()
    image.save(exact, "webp", lossless=True, quality=60, method=4)
    image.convert("RGB").save(close, "webp", quality=88, method=4)
    best = exact if exact.tell() < 2 * close.tell() else close
    return best.getvalue()


def size(png: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG on a page, in CSS pixels."""
    image = Image.open(io.BytesIO(png))
    dpi = round(image.info.get("dpi", (CSS_DPI, CSS_DPI))[0])
    width, height = (round(pixels * CSS_DPI / dpi) for pixels in image.size)
    return width, height
