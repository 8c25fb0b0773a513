"""A zip gives the images in it, or one sentence. Nothing leads out of it."""

import errno
import random
import shutil
import stat
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import STOPS, start, stop
from samples import DIVIDED, FLAT, jpeg, write_folder, write_zip

from catdog.data import archive, class_folders
from catdog.errors import DataError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def leftovers(cache):
    """What is in the cache besides locks."""
    return [
        path
        for path in cache.rglob("*")
        if path.suffix != ".lock" and path != cache / "locks"
    ]


LINK = zipfile.ZipInfo("train/cats/link.jpg")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16
HIDDEN = [
    ("__MACOSX/train/cats/._0.jpg", b"shadow"),
    ("train/cats/.DS_Store", b"x"),
    (".git/cats/a.jpg", b"x"),
]
STRANGE = 'tra ‘quote’ "<script>alert(1)</script>" ü\n$x$.jpg'

GOOD = {
    "divided": (DIVIDED, {}),
    "flat": (FLAT, {}),
    "nested": ([f"a/b/c/{name}" for name in DIVIDED], {}),
    "one_folder": ([f"pets/{name}" for name in FLAT], {}),
    "wrong_case": ([name.upper() for name in DIVIDED], {}),
    "mixed_case": (
        [
            name.replace("validation", "Validation").replace("/cats", "/CATS")
            for name in DIVIDED
        ],
        {},
    ),
    "val": ([name.replace("validation", "val") for name in DIVIDED], {}),
    "backslashes": ([name.replace("/", "\\") for name in DIVIDED], {}),
    "dots": ([f"./{name}" for name in DIVIDED], {}),
    "other_classes": ([n.replace("cats", "zebras") for n in FLAT], {}),
    "deflated": (DIVIDED, {"compression": zipfile.ZIP_DEFLATED}),
    "bzip2": (DIVIDED, {"compression": zipfile.ZIP_BZIP2}),
    "lzma": (DIVIDED, {"compression": zipfile.ZIP_LZMA}),
    "strange_name": (
        [*DIVIDED, f"train/cats/{STRANGE}".replace("/s", "s")],
        {},
    ),
    "hidden": (DIVIDED, {"more": HIDDEN}),
    "stray": (
        DIVIDED,
        {"more": [("vectorize.py", b"import os"), ("docs/a.txt", b"x")]},
    ),
    "folders_listed": (
        DIVIDED,
        {"more": [("train/", b""), ("train/cats/", b"")]},
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_images_are_unpacked_and_nothing_else(name, cache, tmp_path):
    names, options = GOOD[name]
    folder = archive.unzip(write_zip(tmp_path / "given.zip", names, **options))[
        0
    ]
    assert folder.parent == cache and len(files(folder)) == len(names)
    layout = class_folders.find_layout(class_folders.walk(folder), folder)
    assert sorted(layout.names) == files(folder)
    assert {"zebras", "cats"} & set(layout.classes) and "dogs" in layout.classes
    before = folder.stat().st_mtime_ns
    assert archive.unzip(tmp_path / "given.zip")[0] == folder
    assert folder.stat().st_mtime_ns == before


def marked(flag, place, signature):
    """Change two bytes in each header of a zip."""

    def make(path):
        content = bytearray(write_zip(path).read_bytes())
        start = content.find(signature)
        while start >= 0:
            content[start + place : start + place + 2] = flag
            start = content.find(signature, start + 4)
        path.write_bytes(content)

    return make


def with_more(name, content=b"x"):
    return lambda path: write_zip(path, more=[(name, content)])


def cut(share):
    def make(path):
        content = write_zip(path).read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return make


def flipped(path):
    content = bytearray(write_zip(path).read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def flipped_bzip2(path):
    noise = random.Random(0).randbytes(30_000)
    write_zip(
        path,
        more=[("train/cats/noise.jpg", noise)],
        compression=zipfile.ZIP_BZIP2,
    )
    content = bytearray(path.read_bytes())
    start = content.find(b"BZh", content.find(b"noise.jpg"))
    content[start + 20 : start + 40] = bytes(20)
    path.write_bytes(content)


def twice(path):
    with pytest.warns(UserWarning, match="Duplicate"):
        write_zip(path, [*DIVIDED, DIVIDED[0]])


def lying(path):
    """Members that are larger than their headers say."""
    content = bytearray(write_zip(path).read_bytes())
    start = content.find(b"PK\1\2")
    while start >= 0:
        content[start + 24 : start + 28] = (100).to_bytes(4, "little")
        start = content.find(b"PK\1\2", start + 4)
    path.write_bytes(content)


def zip_in_zip(path):
    inner = write_zip(path.with_name("inner.zip")).read_bytes()
    write_zip(path, [], more=[("inner.zip", inner)])


def tarred(path):
    write_zip(path)
    shutil.make_archive(str(path), "gztar", path.parent, path.name)
    shutil.move(f"{path}.tar.gz", path)


def archived(kind):
    """An archive of another kind, made by Python itself."""

    def make(path):
        write_folder(path.with_name("pets"), FLAT)
        shutil.make_archive(str(path), kind, path.with_name("pets"))
        (made,) = path.parent.glob("given.zip.*")
        made.replace(path)
        shutil.rmtree(path.with_name("pets"))

    return make


def long_name(path):
    if sys.platform == "win32":
        pytest.skip("Windows takes it for a path to nowhere")
    with_more(f"train/cats/{'n' * 300}.jpg", jpeg())(path)


def begins(mark):
    return lambda path: path.write_bytes(mark + bytes(300))


BAD = {
    "tar": (archived("tar"), "given.zip is a tar archive of a kind that"),
    "tar_bz2": (archived("bztar"), "is a bzip2 archive .* unpack it, and give"),
    "tar_xz": (archived("xztar"), "is a xz archive"),
    "7z": (begins(b"7z\xbc\xaf\x27\x1c"), "is a 7z archive"),
    "rar": (begins(b"Rar!\x1a\x07\1\0"), "is a rar archive"),
    "deflate64": (
        marked(b"\x09\0", 10, b"PK\1\2"),
        "is a zip archive of a kind",
    ),
    "empty_file": (lambda p: p.touch(), "broken archive"),
    "text": (lambda p: p.write_text("no zip"), "broken archive"),
    "an_image": (lambda p: p.write_bytes(jpeg()), "broken archive"),
    "tar_gz": (tarred, "a gzip archive of a kind that is not read here"),
    "half": (cut(0.5), "broken archive"),
    "without_last_byte": (cut(0.999), "broken archive"),
    "flipped_byte": (flipped, "broken archive"),
    "flipped_bzip2": (flipped_bzip2, "broken archive"),
    "lying_sizes": (lying, "broken archive"),
    "unknown_method": (marked(b"\x63\0", 10, b"PK\1\2"), "unpack it, and give"),
    "locked": (marked(b"\1\0", 8, b"PK\1\2"), "locked with a password"),
    "no_member": (lambda p: write_zip(p, []), "no two folders"),
    "no_images": (
        lambda p: write_zip(p, [], more=[("train/cats/a.txt", b"x")]),
        "no two folders",
    ),
    "zip_in_zip": (zip_in_zip, "no two folders"),
    "one_class": (
        lambda p: write_zip(p, [n for n in DIVIDED if "cats" in n]),
        r"1 class folder \(cats\): it takes two",
    ),
    "three_classes": (
        lambda p: write_zip(p, [*FLAT, "birds/1.jpg"]),
        r"3 class folders \(birds, cats and dogs\)",
    ),
    "two_pairs": (
        lambda p: write_zip(
            p, [f"{place}/{name}" for place in "ab" for name in FLAT]
        ),
        "holds cats and dogs in a and b, and either may be the classes",
    ),
    "few": (
        lambda p: write_zip(p, [n for n in FLAT if n != "dogs/7.jpg"]),
        "13 readable images of dogs to train with and 6 to test with",
    ),
    "few_held_out": (
        lambda p: write_zip(p, DIVIDED[:-1]),
        "20 readable images of dogs to train with and 4 to test with",
    ),
    "file_and_folder": (
        with_more("train/cats/0.jpg/1.jpg", jpeg()),
        r"a name that cannot be written here \(.*\): make a new zip",
    ),
    "long_name": (long_name, "a name that cannot be written here"),
    "climbing": (with_more("../../train/cats/x.jpg"), "leads out"),
    "climbing_inside": (with_more("train/cats/../../../x.jpg"), "leads out"),
    "climbing_backwards": (with_more("..\\..\\x.jpg"), "leads out"),
    "absolute": (with_more("/etc/cats/x.jpg"), "leads out"),
    "drive": (with_more("C:\\cats\\x.jpg"), "leads out"),
    "link": (with_more(LINK, b"/etc/passwd"), "leads out"),
    "twice": (twice, "holds train/cats/0.jpg twice"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_archive_gets_one_sentence_and_leaves_nothing(
    name, cache, tmp_path
):
    make, reason = BAD[name]
    path = tmp_path / "in" / "given.zip"
    path.parent.mkdir()
    make(path)
    with pytest.raises(DataError, match=reason) as caught:
        archive.unzip(path)
    sentence = str(caught.value)
    assert "given.zip" in sentence and "\n" not in sentence
    assert sentence.endswith(".")
    assert not leftovers(cache)
    assert files(tmp_path / "in") in (["given.zip"], ["given.zip", "inner.zip"])


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MAX_BYTES", 20_000, "would unpack to"),
        ("MAX_FILES", 40, "more than 40 files"),
    ],
)
def test_archive_bomb_is_refused(
    limit, value, reason, cache, tmp_path, monkeypatch
):
    monkeypatch.setattr(archive, limit, value)
    path = write_zip(tmp_path / "given.zip")
    with pytest.raises(DataError, match=reason):
        archive.unzip(path)
    assert not leftovers(cache)


def test_small_bomb_of_many_bytes_is_refused(cache, tmp_path):
    zeros = [(f"train/cats/zeros{n}.jpg", bytes(2**24)) for n in range(3)]
    path = write_zip(
        tmp_path / "given.zip", more=zeros, compression=zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 200_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "MAX_BYTES", 2**25)
        with pytest.raises(DataError, match="would unpack to"):
            archive.unzip(path)


def test_full_disk_is_named(cache, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "given.zip")
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    with pytest.raises(DataError, match=r"no room .* CATDOG_CACHE"):
        archive.unzip(path)


def test_disk_that_fills_meanwhile_is_named(cache, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "given.zip")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(DataError, match="no room"):
        archive.unzip(path)
    assert not leftovers(cache)


def test_zip_that_may_not_be_read_is_named(cache, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    # An administrator may read every file.
    monkeypatch.setattr(archive.zipfile, "ZipFile", refuse)
    with pytest.raises(DataError) as caught:
        archive.unzip(tmp_path / "given.zip")
    assert str(caught.value) == (
        f"{tmp_path / 'given.zip'} cannot be unpacked (Permission denied): "
        f"make sure that you may read it, and write to {cache}."
    )


def test_damaged_cache_is_made_anew(cache, tmp_path):
    path = write_zip(tmp_path / "given.zip")
    folder, _ = archive.unzip(path)
    (folder / DIVIDED[3]).unlink()
    assert files(archive.unzip(path)[0]) == sorted(DIVIDED)


UNZIP = (
    "import sys; from pathlib import Path; from catdog.data import archive",
    "print(archive.unzip(Path(sys.argv[1]))[0])",
)


@pytest.mark.parametrize("how", STOPS)
def test_stopped_unpacking_leaves_no_half_set(how, cache, tmp_path):
    names = [f"{folder}/{n}.jpg" for folder in "ab" for n in range(3_000)]
    path = write_zip(tmp_path / "given.zip", names)
    stopped = 0
    for wait in (0.02, 0.1, 0.3):
        process = start(UNZIP, path, cache=cache)
        time.sleep(wait)
        stopped += stop(process, how) != 0
        for folder in cache.glob("photographs-*"):
            assert len(files(folder)) == len(names)
    assert stopped
    process = start(UNZIP, path, cache=cache)
    process.communicate()
    assert process.returncode == 0
    assert len(files(next(cache.glob("photographs-*")))) == len(names)
    assert not list(cache.glob(".*.part"))


def test_two_processes_share_one_unpacking(cache, tmp_path):
    names = [f"{folder}/{n}.jpg" for folder in "ab" for n in range(1_000)]
    path = write_zip(tmp_path / "given.zip", names)
    both = [start(UNZIP, path, cache=cache) for _ in range(2)]
    answers = {process.communicate()[0] for process in both}
    assert len(answers) == 1
    assert not any(process.returncode for process in both)
    assert len(files(next(cache.glob("photographs-*")))) == len(names)


def changed(content, changes, end):
    content = bytearray(content)
    for place, value in changes:
        content[place % len(content)] = value
    return bytes(content[: len(content) - end])


bytes_ = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)))
ends = st.one_of(st.just(0), st.integers(0, 2_000))


@given(bytes_, ends)
@settings(max_examples=40, deadline=None)
def test_no_archive_whatever_its_bytes_breaks_out(changes, end):
    check_archive(changes, end)


def check_archive(changes, end):
    """One sentence or the set, and no file outside of the cache. Returns which."""
    with (
        tempfile.TemporaryDirectory() as place,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setenv("CATDOG_CACHE", f"{place}/cache")
        path = write_zip(Path(place, "given.zip"))
        path.write_bytes(changed(path.read_bytes(), changes, end))
        try:
            folder, _ = archive.unzip(path)
            outcome = "whole"
            assert len(files(folder)) >= 50 - 2
        except DataError as error:
            outcome = str(error)
            assert outcome.endswith(".") and "\n" not in outcome
            assert not leftovers(Path(place, "cache"))
        assert {item.name for item in Path(place).iterdir()} <= {
            "given.zip",
            "cache",
        }
        return outcome
