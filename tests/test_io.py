"""Files appear whole, are made by one at a time, and have names of one line."""

import logging
import re
import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catdog import _io, settings

lines = st.lists(
    st.text(st.characters(exclude_characters="\n")), min_size=1, max_size=5
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_is_written_in_utf8_with_its_folders(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    for text in ("Größe – ü\n", "shorter"):
        _io.write_atomically(path, text)
        assert path.read_bytes().decode() == text
    assert names(path.parent) == ["file.txt"]


def test_file_that_cannot_be_written_keeps_what_it_held(tmp_path):
    path = tmp_path / "file.txt"
    _io.write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        _io.write_atomically(path, "new \udcff")
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["file.txt"]


def test_files_are_written_together_or_not_at_all(tmp_path):
    text, data = tmp_path / "text", tmp_path / "deep" / "data"
    _io.write_all_atomically({text: "ü", data: b"\xff"})
    with pytest.raises(UnicodeEncodeError):
        _io.write_all_atomically({data: b"new", text: "new \udcff"})
    assert (text.read_bytes(), data.read_bytes()) == ("ü".encode(), b"\xff")
    assert names(tmp_path) == ["deep", "text"] and names(data.parent) == [
        "data"
    ]


def test_folder_takes_the_place_of_the_one_before(tmp_path):
    folder = tmp_path / "set"
    for name in ("old", "new"):
        with _io.write_folder_atomically(folder) as scratch:
            assert not list(scratch.iterdir()) and scratch.parent == tmp_path
            (scratch / name).touch()
        assert names(folder) == [name]
    assert names(tmp_path) == ["set"]


def test_folder_that_is_not_finished_leaves_the_one_before(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "old").touch()

    def stop():
        with _io.write_folder_atomically(folder) as scratch:
            (scratch / "new").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert names(folder) == ["old"] and names(tmp_path) == ["set"]


def test_folder_that_a_killed_process_left_is_emptied(tmp_path):
    folder = tmp_path / "set"
    with _io.write_folder_atomically(folder) as scratch:
        place = scratch
    place.mkdir()
    (place / "half").touch()
    with _io.write_folder_atomically(folder) as scratch:
        assert not list(scratch.iterdir())
    assert names(tmp_path) == ["set"]


def test_second_one_waits_and_says_for_what(tmp_path, caplog):
    caplog.set_level(logging.INFO, "catdog")
    order, began = [], threading.Event()
    path = tmp_path / "deep" / "set"

    def wait():
        began.wait()
        with _io.exclusive(path):
            order.append("second")

    waiting = threading.Thread(target=wait)
    waiting.start()
    with _io.exclusive(path):
        began.set()
        deadline = time.monotonic() + 60  # it says so after two seconds
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.05)
        assert caplog.messages == [
            f"Waiting for another process, which makes {path}."
        ]
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert path.parent.is_dir() and not path.exists()


def test_lock_is_given_back_after_a_failure(tmp_path):
    for _ in range(2):
        with (
            pytest.raises(OSError, match="no"),
            _io.exclusive(tmp_path / "set"),
        ):
            raise OSError("no")


def test_two_paths_have_two_locks_and_two_names_of_one_path_one(tmp_path):
    locks = settings.cache_folder() / "locks"
    before = set(locks.iterdir()) if locks.exists() else set()
    with _io.exclusive(tmp_path / "a"), _io.exclusive(tmp_path / "b"):
        pass
    both = set(locks.iterdir()) - before
    assert len(both) == 2
    with _io.exclusive(tmp_path / "x" / ".." / "a"):
        pass
    assert set(locks.iterdir()) - before == both


def test_cached_paths_are_those_of_this_package(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path))
    assert _io.cached_paths() == []
    first, second = _io.digest(["1"]), _io.digest(["2"])
    ours = [
        "checked",
        "decoded",
        "features",
        "npm",
        *sorted([f"drawings-{first}", f"drawings-{second}"]),
        f"photographs-{first}",
    ]
    theirs = ["locks", "photographs-2019", f".drawings-{first}.part"]
    for name in [*ours, *theirs]:
        (tmp_path / name).mkdir()
    assert _io.cached_paths() == [tmp_path / name for name in ours]


@given(lines, lines)
@example(["\ud800"], ["?"])  # Windows allows such names
@example(["\udcc3\udcbc"], ["ü"])
def test_digest_stands_for_its_lines(one, other):
    assert re.fullmatch("[0-9a-f]{16}", _io.digest(one))
    assert (_io.digest(one) == _io.digest(iter(other))) == (one == other)


def test_digest_is_the_same_for_ever():
    # Records, locks and caches are found by it.
    names = ["train/cats/cat.0.jpg", "train/dogs/ü.jpg"]
    assert _io.digest(names) == "b87935f9fd61624d"


@given(st.text())
@example("a\nb\r\t\u2028\u202e\x85\0\x1b[2J")
def test_any_name_is_printable_on_one_line(name):
    printed = _io.printable(name)
    assert printed.isprintable() and len(printed.splitlines()) <= 1
    assert (printed == name) == name.isprintable()
    assert _io.printable(printed) == printed


def test_characters_that_cannot_be_printed_are_shown_as_codes():
    assert _io.printable("a\nb ü\u202e\udce9") == r"a\x0ab ü\x202e\xdce9"
    assert _io.printable(Path("cats", "1\n.jpg")) == str(
        Path("cats", r"1\x0a.jpg")
    )
