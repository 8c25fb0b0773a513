"""Every odd or broken image is either read rightly or named with a reason."""

import errno
import io
import os
import struct
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from catdog.data import decoded, image_files
from catdog.data.pipeline import decode
from catdog.errors import DataError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def half_and_half(size=(64, 48)):
    """Red above, blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    return image


def saved(path, image, **options):
    image.save(path, **options)
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
        image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
        return saved(path, image.convert(mode))

    return make


def palette_with_a_hole(path):
    image = Image.new("P", (64, 48), 1)
    image.putpalette([0, 255, 0, 9, 9, 9])
    return saved(path, image, transparency=1)


def animation(path):
    frames = [Image.new("RGB", (64, 48), color) for color in (RED, BLUE)]
    return saved(path, frames[0], save_all=True, append_images=frames[1:])


def gray(value):
    return (value, value, value)


TURN = Image.Transpose


def avif(path):
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    return saved(path, half_and_half(), format="AVIF", quality=95)


def odd_exif(orientation, how):
    """A photograph whose resolution is -1/0, which cannot be written."""

    def make(path):
        image = half_and_half()
        entries = [(0x0112, 3, 1, orientation), (0x011A, 10, 1, 38)]
        exif = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
        exif += b"".join(struct.pack("<HHII", *entry) for entry in entries)
        exif += struct.pack("<Iii", 0, -1, 0)
        image = image.transpose(how) if how is not None else image
        return saved(path, image, exif=b"Exif\0\0" + exif)

    return make


GOOD = {
    "plain.jpg": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "progressive.jpg": (
        lambda p: saved(p, half_and_half(), progressive=True),
        RED,
        BLUE,
    ),
    "gray.jpg": (
        lambda p: saved(p, Image.new("L", (64, 48), 90)),
        gray(90),
        gray(90),
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
    "hole.png": (palette_with_a_hole, gray(255), gray(255)),
    "clear.png": (transparent("RGBA"), gray(255), gray(255)),
    "clear_gray.png": (transparent("LA"), gray(255), gray(255)),
    "sixteen_bits.png": (sixteen_bits, gray(200), gray(200)),
    "sixteen_bits.tif": (sixteen_bits, gray(200), gray(200)),
    "one_bit.png": (
        lambda p: saved(p, Image.new("1", (64, 48), 1)),
        gray(255),
        gray(255),
    ),
    "moving.gif": (animation, RED, RED),
    "plain.bmp": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "plain.tiff": (lambda p: saved(p, half_and_half()), RED, BLUE),
    "plain.webp": (
        lambda p: saved(p, half_and_half(), lossless=True),
        RED,
        BLUE,
    ),
    "plain.avif": (avif, RED, BLUE),
    "avif_named.jpg": (avif, RED, BLUE),
    "odd_exif.jpg": (odd_exif(1, None), RED, BLUE),
    "turned_odd_exif.jpg": (odd_exif(6, TURN.ROTATE_90), RED, BLUE),
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
def test_odd_image_is_read_upright_and_in_its_colors(name, tmp_path):
    make, above, below = GOOD[name]
    path = make(tmp_path / name)
    assert image_files.find_fault(path) is None
    image = decode(str(path)).numpy()
    assert image.shape == (160, 160, 3) and image.dtype == "uint8"
    assert np.abs(image[:60].mean(axis=(0, 1)) - above).max() < 12
    assert np.abs(image[100:].mean(axis=(0, 1)) - below).max() < 12


def encoded(image_format, **options):
    file = io.BytesIO()
    half_and_half((200, 150)).save(file, image_format, **options)
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

    def chunk(name, content):
        check = zlib.crc32(name + content)
        size = struct.pack(">I", len(content))
        return size + name + content + struct.pack(">I", check)

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


def pipe(path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no such files on Windows")
    os.mkfifo(path)


BAD = {
    "empty.jpg": (lambda p: p.touch(), "is empty"),
    "text.jpg": (lambda p: p.write_text("miaow"), "is no image"),
    "page.jpg": (lambda p: p.write_text("<html>404</html>"), "is no image"),
    "drawing.svg": (lambda p: p.write_text("<svg/>"), "is no image"),
    "code.eps": (
        lambda p: saved(p, half_and_half(), format="EPS"),
        "is no image",
    ),
    "phone.heic": (
        lambda p: p.write_bytes(b"\0\0\0\x18ftypheic"),
        "save it as JPEG",
    ),
    "phone.jpg": (
        lambda p: p.write_bytes(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic"),
        "is a HEIC file: save it as JPEG",
    ),
    "garbage.heic": (lambda p: p.write_text("miaow"), "is no image"),
    "zipped.png": (lambda p: p.write_bytes(b"PK\3\4"), "is no image"),
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
    "pipe.jpg": (pipe, "is no file"),
    "nowhere.jpg": (lambda p: p.symlink_to("gone.jpg"), "is no file"),
    "missing.jpg": (lambda p: None, "is no file"),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_image_is_refused_with_its_reason(name, tmp_path):
    make, reason = BAD[name]
    make(tmp_path / name)
    with pytest.raises(DataError, match=reason):
        image_files.read_image(tmp_path / name)
    reason = image_files.find_fault(tmp_path / name)
    assert "\n" not in reason and str(tmp_path) not in reason


@pytest.mark.parametrize(
    ("formats", "reason"),
    [
        (["JPEG"], "is an AVIF file: save it as JPEG"),
        pytest.param(
            ["JPEG", "AVIF"],
            "is damaged (an AVIF file that cannot be read)",
            marks=pytest.mark.skipif(
                not features.check("avif"), reason="this Pillow reads no AVIF"
            ),
        ),
    ],
)
def test_avif_is_to_be_saved_anew_only_where_no_avif_is_read(
    formats, reason, tmp_path, monkeypatch
):
    path = tmp_path / "phone.jpg"
    path.write_bytes(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1")
    monkeypatch.setattr(image_files, "FORMATS", formats)
    assert image_files.find_fault(path) == reason


@pytest.mark.skipif(
    sys.platform != "linux", reason="other systems take no such name"
)
def test_name_that_is_no_text_is_refused(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path / "cat") + b"\xe9.jpg")
    half_and_half().save(path)
    assert image_files.find_fault(path) == "has a name that is not valid UTF-8"


def test_note_of_what_is_broken_follows_the_files(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    half_and_half().save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_text("miaow")
    names = ["a.jpg", "b.jpg"]
    for _ in range(2):
        assert decoded.find_faults(tmp_path, names) == {"b.jpg": "is no image"}
    # Of the same size, but another file.
    (tmp_path / "a.jpg").write_bytes(bytes((tmp_path / "a.jpg").stat().st_size))
    os.utime(tmp_path / "a.jpg", (1, 1))
    assert list(decoded.find_faults(tmp_path, names)) == names
    (note,) = [
        path
        for path in (tmp_path / "cache" / "checked").iterdir()
        if "a.jpg" in path.read_text(encoding="utf-8")
    ]
    note.write_text("{", encoding="utf-8")
    assert list(decoded.find_faults(tmp_path, names)) == names


def test_files_are_checked_once_for_each_version_of_what_decodes(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.jpg").write_text("miaow")
    opened = []

    def count(path, **options):
        opened.append(path)
        raise Image.UnidentifiedImageError

    monkeypatch.setattr(Image, "open", count)
    for version, times in (("1.0", 1), ("1.0", 1), ("2.0", 2), ("1.0", 2)):
        monkeypatch.setattr(PIL, "__version__", version)
        image_files.decoder_version.cache_clear()
        faults = decoded.find_faults(tmp_path, ["a.jpg"])
        assert faults == {"a.jpg": "is no image"} and len(opened) == times
    monkeypatch.undo()
    image_files.decoder_version.cache_clear()


def test_permission_is_no_damage_and_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    half_and_half().save(tmp_path / "a.jpg")
    read = Image.open

    def refuse(path, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    # An administrator may read every file.
    monkeypatch.setattr(Image, "open", refuse)
    assert decoded.find_faults(tmp_path, ["a.jpg"]) == {
        "a.jpg": "cannot be opened (Permission denied)"
    }
    monkeypatch.setattr(Image, "open", read)
    assert decoded.find_faults(tmp_path, ["a.jpg"]) == {}


def test_file_that_is_gone_has_no_other_fault(tmp_path):
    assert decoded.find_faults(tmp_path, ["gone.jpg"]) == {
        "gone.jpg": "is no file"
    }


SEEDS = [
    *(encoded(name) for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")),
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
        start = place % len(content)
        content[start : start + len(bytes_)] = bytes_
    return bytes(content[: len(content) - end % (len(content) // 2)])


def check_bytes(content):
    """What the check lets pass can be read. It never raises."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.jpg")
        path.write_bytes(content)
        reason = image_files.find_fault(path)
        if reason is None:
            assert image_files.read_image(path).shape == (160, 160, 3)
        else:
            assert reason and "\n" not in reason
        return reason
