"""Every odd or broken picture is either read rightly or named with a reason."""

import io
import os
import struct
import tempfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catdog.data import image_files, sources
from catdog.errors import DataError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def half_and_half(size=(64, 48)):
    """Red above, blue below."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (0, size[1] // 2, *size))
    return picture


def saved(path, picture, **options):
    picture.save(path, **options)
    return path


def sixteen_bits(path):
    values = np.full((48, 64), 200 * 257, "uint16")
    return saved(path, Image.fromarray(values))


def turned(orientation, how):
    def make(path):
        exif = Image.Exif()
        exif[0x0112] = orientation
        return saved(path, half_and_half().transpose(how), exif=exif)

    return make


def transparent(mode):
    def make(path):
        picture = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
        return saved(path, picture.convert(mode))

    return make


def palette_with_a_hole(path):
    picture = Image.new("P", (64, 48), 1)
    picture.putpalette([0, 255, 0, 9, 9, 9])
    return saved(path, picture, transparency=1)


def animation(path):
    frames = [Image.new("RGB", (64, 48), colour) for colour in (RED, BLUE)]
    return saved(path, frames[0], save_all=True, append_images=frames[1:])


def grey(value):
    return (value, value, value)


TURN = Image.Transpose
GOOD = {
    "plain.jpg": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "progressive.jpg": (
        lambda p: saved(p, half_and_half(), progressive=True),
        RED,
        BLUE,
    ),
    "grey.jpg": (
        lambda p: saved(p, Image.new("L", (64, 48), 90)),
        grey(90),
        grey(90),
    ),
    "cmyk.jpg": (
        lambda p: saved(p, half_and_half().convert("CMYK")),
        RED,
        BLUE,
    ),
    "large.jpg": (lambda p: saved(p, half_and_half((2000, 1500))), RED, BLUE),
    "wide.jpg": (lambda p: saved(p, half_and_half((900, 10))), RED, BLUE),
    "upside_down.jpg": (turned(3, TURN.ROTATE_180), RED, BLUE),
    "on_its_left.jpg": (turned(6, TURN.ROTATE_90), RED, BLUE),
    "on_its_right.jpg": (turned(8, TURN.ROTATE_270), RED, BLUE),
    "mirrored.jpg": (turned(4, TURN.FLIP_TOP_BOTTOM), RED, BLUE),
    "plain.png": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "palette.png": (lambda p: saved(p, half_and_half().quantize(4)), RED, BLUE),
    "hole.png": (palette_with_a_hole, grey(255), grey(255)),
    "clear.png": (transparent("RGBA"), grey(255), grey(255)),
    "clear_grey.png": (transparent("LA"), grey(255), grey(255)),
    "sixteen_bits.png": (sixteen_bits, grey(200), grey(200)),
    "sixteen_bits.tif": (sixteen_bits, grey(200), grey(200)),
    "one_bit.png": (
        lambda p: saved(p, Image.new("1", (64, 48), 1)),
        grey(255),
        grey(255),
    ),
    "moving.gif": (animation, RED, RED),
    "plain.bmp": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "plain.tiff": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "plain.webp": (
        lambda p: saved(p, half_and_half(), lossless=True),
        RED,
        BLUE,
    ),
    "png_named.jpg": (
        lambda p: saved(p, half_and_half(), format="PNG"),
        RED,
        BLUE,
    ),
    "SHOUTED.JPG": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "nö ‘name’ <script>$x$\n.jpg": (
        lambda p: saved(p, half_and_half()),
        RED,
        BLUE,
    ),
}


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_odd_picture_is_read_upright_and_in_its_colours(name, tmp_path):
    make, above, below = GOOD[name]
    path = make(tmp_path / name)
    assert image_files.fault(path) is None
    picture = sources.decode(str(path)).numpy()
    assert picture.shape == (160, 160, 3) and picture.dtype == "uint8"
    assert np.abs(picture[:60].mean(axis=(0, 1)) - above).max() < 12
    assert np.abs(picture[100:].mean(axis=(0, 1)) - below).max() < 12


def encoded(kind, **options):
    file = io.BytesIO()
    half_and_half((200, 150)).save(file, kind, **options)
    return file.getvalue()


def shortened(path):
    content = encoded({".jpg": "JPEG", ".png": "PNG"}[path.suffix])
    path.write_bytes(content[: len(content) // 2])


def damaged_png(path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), "uint8")
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "PNG")
    content = bytearray(content.getvalue())
    content[3000:3100] = bytes(100)
    path.write_bytes(content)


def bomb(side):
    """A whole PNG of black and white pixels, small as a file."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        size = struct.pack(">I", len(content))
        return size + kind + content + struct.pack(">I", check)

    def make(path):
        head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        rows = zlib.compress(bytes(side * (side // 8 + 1)), 1)
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", head)
            + chunk(b"IDAT", rows)
            + chunk(b"IEND", b"")
        )

    return make


BAD = {
    "empty.jpg": (lambda p: p.touch(), "is empty"),
    "text.jpg": (lambda p: p.write_text("miaow"), "is no picture"),
    "page.jpg": (lambda p: p.write_text("<html>404</html>"), "is no picture"),
    "drawing.svg": (lambda p: p.write_text("<svg/>"), "is no picture"),
    "code.eps": (
        lambda p: saved(p, half_and_half(), format="EPS"),
        "is no picture",
    ),
    "phone.heic": (
        lambda p: p.write_bytes(b"\0\0\0\x18ftypheic"),
        "save it as JPEG",
    ),
    "zipped.png": (lambda p: p.write_bytes(b"PK\3\4"), "is no picture"),
    "head.jpg": (lambda p: p.write_bytes(encoded("JPEG")[:20]), "is "),
    "short.jpg": (shortened, "is damaged"),
    "short.png": (shortened, "is damaged"),
    "scratched.png": (damaged_png, "is damaged"),
    "no_frame.gif": (
        lambda p: p.write_bytes(b"GIF89a\x20\0\x20\0\0\0\0;"),
        "is ",
    ),
    "dot.png": (
        lambda p: saved(p, Image.new("RGB", (1, 1))),
        r"is too small \(1x1 pixels\)",
    ),
    "line.png": (
        lambda p: saved(p, Image.new("RGB", (500, 2))),
        "is too small",
    ),
    "bomb.png": (bomb(20_000), "is too large"),
    "medium_bomb.png": (bomb(10_000), "is too large"),
    "floats.tif": (
        lambda p: saved(p, Image.new("F", (64, 64))),
        "floating point",
    ),
    "folder.jpg": (lambda p: p.mkdir(), "is no file"),
    "pipe.jpg": (os.mkfifo, "is no file"),
    "nowhere.jpg": (lambda p: p.symlink_to("gone.jpg"), "is no file"),
    "missing.jpg": (lambda p: None, "is no file"),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_picture_is_refused_with_its_reason(name, tmp_path):
    make, reason = BAD[name]
    make(tmp_path / name)
    with pytest.raises(DataError, match=reason):
        image_files.read_picture(tmp_path / name)
    said = image_files.fault(tmp_path / name)
    assert "\n" not in said and str(tmp_path) not in said


def test_name_that_is_no_text_is_refused(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9.jpg")
    half_and_half().save(path)
    assert image_files.fault(path) == "has a name that is not valid UTF-8"


def test_note_of_what_is_broken_follows_the_files(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    half_and_half().save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_text("miaow")
    names = ["a.jpg", "b.jpg"]
    for _ in range(2):
        assert image_files.faults(tmp_path, names) == {"b.jpg": "is no picture"}
    # Of the same size, but another file.
    (tmp_path / "a.jpg").write_bytes(bytes((tmp_path / "a.jpg").stat().st_size))
    os.utime(tmp_path / "a.jpg", (1, 1))
    assert list(image_files.faults(tmp_path, names)) == names
    (note,) = [
        path
        for path in (tmp_path / "cache" / "checked").iterdir()
        if "a.jpg" in path.read_text()
    ]
    note.write_text("{")
    assert list(image_files.faults(tmp_path, names)) == names


SEEDS = [
    *(encoded(kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")),
    encoded("JPEG", progressive=True),
]
changes = st.lists(st.tuples(st.integers(0, 2**16), st.binary(max_size=4)))


@given(st.sampled_from(SEEDS), changes, st.integers(0, 2**16))
@settings(max_examples=150, deadline=None)
def test_no_file_whatever_its_bytes_breaks_the_check(content, changes, end):
    check_bytes(mutated(content, changes, end))


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_no_rubbish_breaks_the_check(content):
    check_bytes(content)


def mutated(content, changes, end):
    content = bytearray(content)
    for place, bytes_ in changes:
        place %= len(content)
        content[place : place + len(bytes_)] = bytes_
    return bytes(content[: len(content) - end % (len(content) // 2)])


def check_bytes(content, folder=None):
    """What the check lets pass can be read. It never raises."""
    with tempfile.TemporaryDirectory(dir=folder) as folder:
        path = os.path.join(folder, "file.jpg")
        with open(path, "wb") as file:
            file.write(content)
        reason = image_files.fault(path)
        if reason is None:
            assert image_files.read_picture(path).shape == (160, 160, 3)
        else:
            assert reason and "\n" not in reason
        return reason


@given(st.text())
def test_any_name_is_shown_on_one_line(name):
    said = image_files.shown(name)
    assert said.isprintable() and (said == name or not name.isprintable())
