"""Images of a page, small enough to travel."""

import io

from PIL import Image

SCREEN_DPI = 96  # a page's inch, also of a PNG that does not say


def webp(png: bytes) -> bytes:
    """Convert a PNG to WebP.

    Exactly, unless that takes more than twice the room of an image that the eye
    cannot tell from it.
    """
    image: Image.Image = Image.open(io.BytesIO(png))
    if not image.has_transparency_data or image.getextrema()[-1] == (255, 255):
        image = image.convert("RGB")
    exact, close = io.BytesIO(), io.BytesIO()
    image.save(exact, "webp", lossless=True, quality=60, method=4)
    image.save(close, "webp", quality=88, method=4)
    best = exact if exact.tell() < 2 * close.tell() else close
    return best.getvalue()


def resolution(data: bytes) -> tuple[int, int, int]:
    """Return the width and height of an image in pixels, and its pixels to the inch.

    Args:
        data: the image, as a PNG or the like.
    """
    image = Image.open(io.BytesIO(data))
    dpi = round(image.info.get("dpi", (SCREEN_DPI, SCREEN_DPI))[0])
    return *image.size, dpi
