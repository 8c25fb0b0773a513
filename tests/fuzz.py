"""Throw broken images, folders and archives at the checks.

`PYTHONPATH=tests:tests/data python tests/fuzz.py 600` does so for ten minutes,
and counts. Whatever comes, each file is used, or left out for a reason, or one
sentence refuses all: no other error, no hang, no content on two sides.
"""

import collections
import contextlib
import faulthandler
import io
import os
import random
import resource
import shutil
import stat
import struct
import sys
import tempfile
import time
import unicodedata
import warnings
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from PIL import Image, features
from samples import jpeg
from test_archive import bytes_, changed, check_archive, ends
from test_image_files import SEEDS, changes, check_bytes, mutated

from catdog import cli
from catdog.data import archive, class_folders, sources
from catdog.data.split import split
from catdog.errors import DataError

ROUND = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SECONDS = 120  # for one example; then the stack is printed

# ----- image bytes


def encoded(mode="RGB", size=(48, 32), frames=1, **options):
    images = [
        Image.effect_noise(size, 60 + n).convert(mode) for n in range(frames)
    ]
    file = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(file, **more, **options)
    return file.getvalue()


MORE_SEEDS = [
    *SEEDS,
    encoded("CMYK", format="JPEG"),
    encoded("L", format="JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0"),
    encoded("P", format="PNG"),
    encoded("RGBA", format="PNG"),
    encoded("1", format="PNG"),
    encoded(frames=3, format="PNG"),
    encoded("I;16", format="PNG"),
    encoded("RGBA", format="WEBP", lossless=True),
    encoded(frames=3, format="WEBP"),
    encoded("P", frames=3, format="GIF"),
    encoded(frames=2, format="TIFF"),
    encoded(format="TIFF", compression="tiff_lzw"),
    encoded(format="TIFF", compression="tiff_adobe_deflate"),
    encoded("F", format="TIFF"),
    encoded("P", format="BMP"),
]  # fmt: skip
if features.check("avif"):
    MORE_SEEDS += [encoded(format="AVIF"), encoded(frames=2, format="AVIF")]

# Numbers at which readers stumble, for headers.
NUMBERS = st.sampled_from(
    [0, 1, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31, 2**32 - 1]
)
header_changes = st.lists(
    st.tuples(
        st.integers(0, 160),
        st.sampled_from(["<H", ">H", "<I", ">I", "B"]),
        NUMBERS,
    ),
    min_size=1,
    max_size=4,
)


def with_header(content, changes):
    content = bytearray(content)
    for place, form, number in changes:
        size = struct.calcsize(form)
        at = place % max(1, len(content) - size)
        content[at : at + size] = struct.pack(form, number % 256**size)
    return bytes(content)


def huge_png(width, height):
    """A PNG whose header is right, and says more than there is."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(5_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    )


# ----- folders

CLASS_NAMES = st.sampled_from(
    [
        "cats", "dogs", "Dogs", "CATS", "B\u00e4r", unicodedata.normalize("NFD", "B\u00e4r"),
        "\u0130stanbul", "stra\u00dfe", "STRASSE", "a b", " a", "a ", "a\nb", "\u202eabc", "\u732b",
        "\U0001f408", "train", "test", "val", "valid", "validation", "x" * 200, "-rf", "$HOME",
        "a'b\"c", "%s{0}", "\udce9", "con", "a.jpg", "0", "00", "\u0661", "\u00b2", "1\u00b2",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "1.jpg", "01.jpg", "\u0661.jpg", "\u00b2.jpg", "x.PNG", "x.png", "x.jpeg", "x.webp", "x.gif",
        "x.avif", "x.heic", "x.tif", "x.bmp", "Thumbs.db", "desktop.ini", ".DS_Store", ".hidden.jpg",
        "._1.jpg", "labels.csv", "a\nb.jpg", "\u202egpj.exe.jpg", "\udce9.jpg", "n" * 240 + ".jpg",
        "e\u0301.jpg", "\u00e9.jpg", "3 (1).jpg", "noend", ".jpg", "a.jpg.zip", "a\\b.jpg", "C:x.jpg",
    ]
)  # fmt: skip
PLACES = st.sampled_from(
    [
        ".", "train", "validation", "test", "val", "deep/er", "@eaDir", "lost+found",
        "__MACOSX", ".git", "x/y/z", "System Volume Information", "Test", "TRAIN",
    ]
)  # fmt: skip
CONTENTS = st.one_of(
    st.integers(0, 60).map(jpeg),
    st.sampled_from([*MORE_SEEDS, b"", b"miaow", jpeg(3)[:200]]),
)
KINDS = st.sampled_from(
    ["file", "file", "file", "file", "folder", "link", "gone", "loop", "outside", "pipe", "locked"]
)  # fmt: skip
USUAL_SHAPES = st.sampled_from(
    [("",), ("train", "validation"), ("Train", "VAL", "test")]
)
SHAPES = st.sampled_from(
    [("",), ("train", "validation"), ("train", "val"), ("train", "validation", "test"),
     ("Train", "TEST"), ("train", "valid", "val"), ("train",)]
)  # fmt: skip


@st.composite
def trees(draw):
    """Files in class folders, with trouble among them: (path, kind, content)."""
    prefix = draw(
        st.sampled_from(["", "", "a", "a/b", "train", "\u732b/\u72ac"])
    )
    # Half of all are what one expects, but for what comes on top.
    usual = draw(st.booleans())
    names = st.lists(CLASS_NAMES, min_size=2, max_size=2, unique=True)
    if not usual:
        names = st.lists(CLASS_NAMES, min_size=1, max_size=3, unique=True)
    classes = draw(st.one_of(st.just(["cats", "dogs"]), names))
    entries, number = [], 0
    counts = [20, 21, 30] if usual else [0, 4, 5, 20, 30]
    for part in draw(USUAL_SHAPES if usual else SHAPES):
        for folder in classes:
            for n in range(draw(st.sampled_from(counts))):
                # Few contents are there twice.
                entries.append(
                    (f"{prefix}/{part}/{folder}/{n}.jpg", "file", jpeg(number))
                )
                number += 1
    inner = sorted({name.rpartition("/")[0] for name, *_ in entries}) or ["."]
    for place, deeper, name, kind, content in draw(
        st.lists(
            st.tuples(
                st.sampled_from([*inner, ".", "@eaDir"])
                if usual
                else st.one_of(PLACES, st.sampled_from(inner)),
                st.sampled_from(
                    ["", "", "in"] if usual else ["", "cats", "in"]
                ),
                NAMES,
                KINDS,
                CONTENTS,
            ),
            max_size=12,
        )
    ):
        entries.append((f"{place}/{deeper}/{name}", kind, content))
    return entries


def write_tree(folder, entries, outside):
    for name, kind, content in entries:
        path = Path(folder, name.lstrip("/"))
        with contextlib.suppress(OSError):  # a name that this system refuses
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() or path.is_symlink():
                continue
            if kind == "file":
                path.write_bytes(content)
            elif kind == "locked":
                path.write_bytes(content)
                path.chmod(0)
            elif kind == "folder":
                path.mkdir()
            elif kind == "link":
                others = [p for p in path.parent.iterdir() if p.is_file()]
                path.symlink_to(min(others).name if others else "none.jpg")
            elif kind == "gone":
                path.symlink_to("gone.jpg")
            elif kind == "loop":
                path.with_suffix("").symlink_to("..")
            elif kind == "outside":
                path.with_suffix("").symlink_to(outside)
            elif kind == "pipe":
                os.mkfifo(path)


def check_sentence(error):
    text = str(error)
    assert text.endswith(".") and "\n" not in text and text.isprintable(), text


def check_account(images, seen, folder):
    """Each file that is seen is used once or left out for a reason."""
    reasons = [reason for _, reason in (*images.faults, *images.ignored)]
    assert all(reason and "\n" not in reason for reason in reasons)
    assert all(name != other for name, other in images.copies)
    used = [*images.train, *images.held_out]
    mine = [*used, *(name for name, _ in (*images.faults, *images.copies))]
    assert len(mine) == len(set(mine))
    root = os.path.relpath(images.folder, folder.resolve())
    ignored = [name for name, _ in images.ignored]
    if not root.startswith(".."):
        mine = [os.path.normpath(f"{root}/{name}") for name in mine]
        ignored = [os.path.normpath(name) for name in ignored]
        assert sorted([*mine, *ignored]) == sorted(seen)
    else:
        assert len(mine) + len(ignored) == len(seen)
    assert {images.label(name) for name in used} == {0, 1}
    assert len(set(images.classes)) == 2 and all(images.classes)
    assert images.fingerprint and images.contents
    for fold in range(images.folds):
        parts = split(images, fold)
        assert all(parts)
        names = sum(parts, [])
        assert sorted(names) == sorted(used)
        contents = [
            sha256((images.folder / n).read_bytes()).digest() for n in names
        ]
        assert len(contents) == len(set(contents)), "one content twice"


def visible(names):
    return [
        os.path.normpath(n) for n in names if not class_folders._is_hidden(n)
    ]


def check_folder(entries, order):
    with world() as place:
        # A link to the folder above must not find the cache, which grows.
        folder, outside = Path(place, "in/pets"), Path(place, "outside")
        outside.mkdir()
        (outside / "1.jpg").write_bytes(jpeg(999))
        folder.mkdir(parents=True)
        write_tree(folder, entries, outside)
        outcome = open_or_refuse(folder)
        with pytest.MonkeyPatch.context() as patch:
            names = list(class_folders.walk(folder))
            random.Random(order).shuffle(names)
            patch.setattr(sources, "walk", lambda _: iter(names))
            assert open_or_refuse(folder) == outcome
        if isinstance(outcome, str):
            return outcome
        check_account(outcome, visible(names), folder)
        check_command(folder)
        return "used"


def open_or_refuse(path):
    try:
        return sources.open_images(path)
    except DataError as error:
        check_sentence(error)
        return str(error).replace(str(path.parent), "")


def check_command(path):
    os.environ["CATDOG_DATA"] = str(path)
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        assert cli.main(["data", "--check"]) in {0, 2}
    for line in (output.getvalue() + errors.getvalue()).splitlines():
        assert line.isprintable(), line


@contextlib.contextmanager
def world():
    """A temporary folder with a cache of its own."""
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    with (
        tempfile.TemporaryDirectory() as place,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setenv("CATDOG_CACHE", f"{place}/cache")
        p.setenv("CATDOG_DATA", "")
        yield place
        for path in Path(place).rglob("*"):
            if not path.is_symlink() and path.is_file():
                path.chmod(0o600)


# ----- archives

MEMBER_NAMES = st.one_of(
    NAMES,
    st.sampled_from(
        ["", "/", ".", "..", "../x.jpg", "/etc/x.jpg", "C:\\x.jpg", "a//b.jpg", "./a.jpg",
         "cats", "cats/0.jpg", "cats/0.jpg/deeper.jpg", "cats\\7.jpg", "n" * 300 + ".jpg",
         "/".join(["d"] * 100) + "/x.jpg", "a\0b.jpg", "cats/", "dogs//0.jpg"]
    ),
    st.text(max_size=12),
)  # fmt: skip


@st.composite
def archives(draw):
    """The bytes of an archive, of a zip most of the time."""
    entries = draw(trees())
    file = io.BytesIO()
    method = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))  # fmt: skip
    file.write(draw(st.sampled_from([b"", b"", b"MZ junk before"])))
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(file, "a", method) as packed,
    ):
        warnings.simplefilter("ignore")
        for name, kind, content in entries:
            add(packed, name.lstrip("/"), content, link=kind in {"link", "gone"} and draw(st.booleans()))  # fmt: skip
        for name, content, link in draw(
            st.lists(
                st.tuples(MEMBER_NAMES, CONTENTS, st.booleans()), max_size=3
            )
        ):
            add(packed, f"{draw(st.sampled_from(['', 'cats/', 'dogs/']))}{name}", content, link=link and draw(st.booleans()))  # fmt: skip
        if draw(st.integers(0, 9)) == 0:
            add(packed, "cats/bomb.jpg", bytes(2**22))
        packed.comment = draw(st.binary(max_size=30))
    content = file.getvalue()
    trouble = draw(st.sampled_from(["", "", "", "bytes", "cut", "flag", "method", "size", "end", "kind"]))  # fmt: skip
    if trouble == "bytes":
        content = changed(content, draw(bytes_), 0)
    elif trouble == "cut":
        content = content[: draw(st.integers(0, len(content)))]
    elif trouble == "end":
        content += draw(st.binary(max_size=100))
    elif trouble == "kind":
        content = draw(st.sampled_from([*archive.MARKS, b"PK\3\4", b"PK\5\6" + bytes(18)])) + content  # fmt: skip
    elif trouble:
        place = {"flag": 8, "method": 10, "size": 24}[trouble]
        content = marked(
            content, place, draw(st.binary(min_size=1, max_size=2))
        )
    return content


def add(packed, name, content, link=False):
    item = zipfile.ZipInfo("x")
    item.filename = name.encode("utf-8", "replace").decode()
    item.compress_type = packed.compression
    if link:
        item.external_attr = (stat.S_IFLNK | 0o777) << 16
    with contextlib.suppress(ValueError):
        packed.writestr(item, content)


def marked(content, place, value):
    content = bytearray(content)
    start = content.find(b"PK\1\2")
    while start >= 0:
        content[start + place : start + place + len(value)] = value
        start = content.find(b"PK\1\2", start + 4)
    return bytes(content)


def check_zip(content):
    with world() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "MAX_BYTES", 2**22)
        path = Path(place, "given.zip")
        path.write_bytes(content)
        outcome = open_or_refuse(path)
        assert {item.name for item in Path(place).iterdir()} <= {
            "given.zip",
            "cache",
        }
        parts = [p.name for p in Path(place, "cache").glob(".*.part")]
        assert not parts, parts
        if isinstance(outcome, str):
            return outcome
        with zipfile.ZipFile(path) as packed:
            names = [
                str(class_folders.PurePosixPath(i.filename.replace("\\", "/")))
                for i in packed.infolist()
                if not i.is_dir()
            ]
        left = [name for name, _ in outcome.ignored]
        own = [*outcome.train, *outcome.held_out, *(n for n, _ in (*outcome.faults, *outcome.copies))]  # fmt: skip
        assert len(own) + len(left) == len(set(visible(names)))
        for fold in range(outcome.folds):
            parts = split(outcome, fold)
            used = [sha256((outcome.folder / n).read_bytes()).digest() for n in sum(parts, [])]  # fmt: skip
            assert all(parts) and len(used) == len(set(used))
        shutil.rmtree(outcome.folder)
        return "used"


# ----- all of it


def kind_of(outcome):
    """What an outcome says, without the names that are in it."""
    if outcome in {None, "whole", "used"}:
        return "used"
    text = str(outcome)
    return (
        text.rpartition(": ")[2]
        if text.endswith(".")
        else text.split("(", maxsplit=1)[0]
    )[:70]


SORTS = {
    "changed image": (
        st.builds(
            mutated, st.sampled_from(MORE_SEEDS), changes, st.integers(0, 2**16)
        ),
        check_bytes,
    ),
    "changed header": (
        st.builds(with_header, st.sampled_from(MORE_SEEDS), header_changes),
        check_bytes,
    ),
    "PNG of any size": (st.builds(huge_png, NUMBERS, NUMBERS), check_bytes),
    "rubbish": (st.binary(max_size=2_000), check_bytes),
    "changed archive": (
        st.tuples(bytes_, ends),
        lambda example: check_archive(*example),
    ),
    "folder": (
        st.tuples(trees(), st.integers(0, 99)),
        lambda example: check_folder(*example),
    ),
    "archive": (archives(), check_zip),
}


def fuzz(seconds: float, counts: collections.Counter) -> None:
    """Count what was tried, by sort and outcome. Raises at a failure."""
    end, number = time.monotonic() + seconds, int(time.time())
    while time.monotonic() < end:
        number += 1
        for sort in SORTS:
            try_round(sort, number, counts)


def try_round(sort, number, counts):
    examples, check = SORTS[sort]

    @seed(number)
    @ROUND
    @given(examples)
    def attempt(example):
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        counts[sort, kind_of(check(example))] += 1
        faulthandler.cancel_dump_traceback_later()

    attempt()


if __name__ == "__main__":
    counts, end = collections.Counter(), "and then one broke a check"
    try:
        fuzz(float(sys.argv[1]), counts)
        end = "none of which broke a check"
    finally:
        for (sort, outcome), number in sorted(counts.items()):
            print(f"{number:7,}  {sort}: {outcome}")
        print(f"{counts.total():7,}  in all, {end}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{peak / 2**20:7.1f}  GiB of memory at the most", flush=True)
