"""A machine decodes an image once, and never believes half of one."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from programs import run_python
from samples import jpeg

from catdog import disk_cache
from catdog.data import decoded
from catdog.data.decoded import DecodedImages, find_faults
from catdog.data.image_files import read_image

POSIX_ONLY = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such limits or signals"
)
NAMES = [f"{number}.jpg" for number in range(30)]
TAKE = """
import sys
from pathlib import Path
from catdog.data import decoded
folder = Path(sys.argv[1])
names = sorted(path.name for path in folder.iterdir())
print(decoded.DecodedImages(folder, names, int(sys.argv[2])).take([0, 1]).sum())
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "images"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(jpeg(number))
    return folder


@pytest.fixture
def decodings(monkeypatch):
    """How many images were opened, to be decoded."""
    opened = []
    read = Image.open

    def count(path, **options):
        opened.append(path)
        return read(path, **options)

    monkeypatch.setattr(Image, "open", count)
    return opened


def kept_files():
    return sorted((disk_cache.cache_folder() / "decoded").rglob("*.rgb"))


def take_all(folder, size=24):
    return DecodedImages(folder, NAMES, size).take(range(len(NAMES)))


def expected(folder, size=24):
    return np.stack([read_image(folder / name, size) for name in NAMES])


def test_images_are_those_of_the_files_in_any_order_and_size(folder):
    for size in (24, 160):
        images = DecodedImages(folder, NAMES, size)
        for numbers in ([3], [29, 0, 3, 3], range(30)):
            taken = images.take(numbers)
            assert taken.dtype == np.uint8
            assert np.array_equal(taken, expected(folder, size)[list(numbers)])


def test_each_is_decoded_once_also_for_others(folder, tmp_path, decodings):
    first = take_all(folder)
    assert len(decodings) == 30
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    for place in (folder, copy):
        assert np.array_equal(take_all(place), first)
    assert len(decodings) == 30


def test_what_the_check_decodes_is_kept(folder, decodings):
    (folder / "broken.jpg").write_text("miaow")
    faults = find_faults(folder, [*NAMES, "broken.jpg"])
    assert faults == {"broken.jpg": "is no image"} and len(decodings) == 31
    assert np.array_equal(take_all(folder, 160)[:1], take_all(folder, 160)[:1])
    assert len(decodings) == 31
    # A check of the same files elsewhere has to read them, and no more.
    os.utime(folder / NAMES[0], (1, 1))
    assert find_faults(folder, NAMES) == {} and len(decodings) == 31


def test_many_images_are_in_several_files(folder, monkeypatch):
    monkeypatch.setattr(decoded, "IMAGES_PER_FILE", 8)
    assert np.array_equal(take_all(folder), expected(folder))
    assert len(kept_files()) == 4


@pytest.mark.parametrize("same_time", [False, True])
def test_changed_image_is_noticed(folder, same_time):
    before = take_all(folder)
    path = folder / NAMES[7]
    status = path.stat()
    content = next(
        content
        for content in map(jpeg, range(100, 4000))
        if len(content) == status.st_size
    )
    path.write_bytes(content)
    if same_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = take_all(folder)
    assert np.array_equal(after, expected(folder))
    assert [n for n in range(30) if (after[n] != before[n]).any()] == [7]


def test_another_decoder_decodes_again(folder, decodings, monkeypatch):
    take_all(folder)
    monkeypatch.setattr(decoded, "decoder_version", lambda: "0" * 16)
    take_all(folder)
    assert len(decodings) == 60


DAMAGES = {
    "shorter": lambda content: content[:-1],
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "longer": lambda content: content + b"\0",
    "zeros": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_file_that_is_not_whole_is_not_believed(folder, damage):
    before = take_all(folder)
    (file,) = kept_files()
    whole = file.read_bytes()
    file.write_bytes(DAMAGES[damage](whole))
    assert np.array_equal(take_all(folder), before)
    assert file.read_bytes() == whole


@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_cache_may_be_deleted_at_any_time(folder, damage):
    images = DecodedImages(folder, NAMES, 24)
    before = images.take(range(30))
    for file in kept_files():
        if damage == "deleted":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[: 9 * 24 * 24 * 3 + 100])
    assert np.array_equal(images.take(range(30)), before)


def test_image_that_changes_while_it_is_decoded_is_not_kept(
    folder, monkeypatch
):
    path = folder / NAMES[7]
    content = path.read_bytes()
    read = decoded.read_or_fault

    def change(name, size):
        if name == str(path):
            path.write_bytes(jpeg(1000))
        return read(name, size)

    monkeypatch.setattr(decoded, "read_or_fault", change)
    assert np.array_equal(take_all(folder), expected(folder))
    monkeypatch.undo()
    monkeypatch.setenv("CATDOG_CACHE", str(folder.parent / "cache"))
    path.write_bytes(content)
    assert np.array_equal(take_all(folder), expected(folder))


@given(
    st.lists(st.integers(0, 29), max_size=9),
    st.lists(st.integers(0, 29), max_size=40),
)
def test_whatever_is_asked_for_in_whatever_order(shared_folder, some, more):
    for numbers in (some, more):
        names = [NAMES[number] for number in numbers]
        images = DecodedImages(shared_folder, names, 24)
        taken = images.take(range(len(names)))
        assert np.array_equal(taken, expected(shared_folder)[numbers])


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(jpeg(number))
    return folder


def test_without_room_images_are_decoded_each_time_and_a_line_says_so(
    folder, decodings, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "catdog")
    monkeypatch.setattr(disk_cache, "_room", disk_cache._Room())
    monkeypatch.setattr(disk_cache, "LIMIT", 1000)
    monkeypatch.setattr(decoded, "IMAGES_PER_FILE", 10)
    images = DecodedImages(folder, NAMES, 24)
    for _ in range(2):
        taken = images.take(range(30))
    # It gave up after the first ten.
    assert len(decodings) == 10 + 2 * 30
    assert np.array_equal(taken, expected(folder))
    (line,) = caplog.messages
    assert line.startswith(f"{disk_cache.cache_folder()} takes no more (No spa")
    assert kept_files() == []
    # All are checked all the same.
    (folder / NAMES[29]).write_text("miaow")
    assert find_faults(folder, NAMES) == {NAMES[29]: "is no image"}


def test_what_was_of_no_use_for_longest_makes_room(folder, monkeypatch):
    monkeypatch.setattr(disk_cache, "_room", disk_cache._Room())
    monkeypatch.setattr(disk_cache, "GRANT", 0)
    files = []
    for size in (20, 21, 22):
        take_all(folder, size)
        files += [file for file in kept_files() if file not in files]
    for age, file in enumerate(files):
        os.utime(file, (10**9 - age, 10**9 - age))
    total = sum(file.stat().st_size for file in files)
    monkeypatch.setattr(disk_cache, "LIMIT", total)
    take_all(folder, 22)  # now it was of use
    take_all(folder, 23)
    left = {file.parent.name.split("-")[1] for file in kept_files()}
    assert left == {"22", "23"}


def test_parts_of_killed_writers_go_after_an_hour(folder, monkeypatch):
    monkeypatch.setattr(disk_cache, "_room", disk_cache._Room())
    take_all(folder)
    old, new = (kept_files()[0].with_name(f".{n}.rgb.part") for n in "ab")
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    monkeypatch.setattr(disk_cache, "_room", disk_cache._Room())
    take_all(folder, 25)
    assert not old.exists() and new.exists()


@POSIX_ONLY
def test_disk_that_is_full_keeps_nobody_from_images(folder):
    limited = (
        "import logging, resource\n"
        "logging.basicConfig(level=logging.INFO, format='%(message)s')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))\n"
    )
    done = run_python(limited + TAKE, folder, 24)
    assert done.returncode == 0, done.stderr
    total = expected(folder)[sorted_numbers()].sum()
    assert int(done.stdout) == total
    assert "takes no more (File too large)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    left = [
        path
        for path in (disk_cache.cache_folder() / "decoded").rglob("*")
        if path.is_file()
    ]
    assert left == []


def sorted_numbers():
    return [NAMES.index(name) for name in sorted(NAMES)[:2]]


@POSIX_ONLY
def test_writer_that_is_killed_leaves_nothing_to_believe(folder):
    arguments = [sys.executable, "-c", TAKE, str(folder), "640"]
    for moment in (0.0, 0.01, 0.05):
        process = subprocess.Popen(arguments)
        cache = disk_cache.cache_folder() / "decoded"
        deadline = time.monotonic() + 60
        while not list(cache.rglob(".*.part")) and process.poll() is None:
            assert time.monotonic() < deadline
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert np.array_equal(take_all(folder, 640), expected(folder, 640))


def test_two_processes_at_once_make_it_once(folder):
    arguments = [sys.executable, "-c", TAKE, str(folder), "320"]
    both = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE) for _ in range(2)
    ]
    sums = {int(process.communicate()[0]) for process in both}
    assert sums == {int(expected(folder, 320)[sorted_numbers()].sum())}
    assert len(kept_files()) == 1
