"""Pictures of a page, small enough to travel."""

import io

from PIL import Image

INCH = 96  # a browser's pixels


def webp(png: bytes) -> bytes:
    """A PNG as WebP: exact, unless that takes much more room than what the eye
    cannot tell from it.
    """
    picture = Image.open(io.BytesIO(png))
    exact, near = io.BytesIO(), io.BytesIO()
    picture.save(exact, "webp", lossless=True, quality=60, method=4)
    picture.convert("RGB").save(near, "webp", quality=88, method=4)
    best = exact if exact.tell() < 2 * near.tell() else near
    return best.getvalue()


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG on a page, in CSS pixels."""
    picture = Image.open(io.BytesIO(png))
    dpi = round(picture.info.get("dpi", (INCH, INCH))[0])
    return tuple(round(pixels * INCH / dpi) for pixels in picture.size)
