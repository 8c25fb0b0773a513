"""A download is whole and checked, or it is not there. The servers are real."""

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import STOPS, start, stop
from servers import CONTENT, Server

from catdog.data import download
from catdog.errors import DataError


@pytest.fixture
def serve():
    servers = []

    def serving(*arguments, **how):
        servers.append(Server(*arguments, **how))
        return servers[-1]

    yield serving
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(download, "SECONDS_TO_ANSWER", 3)
    monkeypatch.setattr(download, "PAUSE", 0)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "kept" / "file.zip"


def whole(path):
    if path.read_bytes() != CONTENT:
        raise DataError("it is another file")


def names(target):
    return sorted(path.name for path in target.parent.iterdir())


def test_good_server_is_asked_once(serve, target):
    server = serve(tag='"1"')
    for _ in range(2):
        assert download.fetch([server.address], target, whole) == target
    assert server.asked == [None] and names(target) == ["file.zip"]


def test_broken_off_transfer_goes_on_where_it_stopped(serve, target):
    server = serve(tag='"1"', breaks=[100_000, 50_000])
    download.fetch([server.address], target, whole)
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert names(target) == ["file.zip"]


def test_server_without_marks_starts_anew(serve, target):
    server = serve(breaks=[100_000])
    download.fetch([server.address], target, whole)
    assert server.asked == [None, None]


def test_later_call_resumes_what_an_earlier_one_began(serve, target):
    gone = serve(tag='"1"', breaks=[100_000, 0, 0, 0])
    with pytest.raises(DataError, match="ended after"):
        download.fetch([gone.address], target, whole)
    assert not target.exists()
    server = serve(tag='"1"')
    download.fetch([server.address], target, whole)
    assert server.asked == ["bytes=100000-"]


def test_part_of_another_version_is_not_continued(serve, target):
    old = serve(b"x" * 200_000, tag='"old"', breaks=[100_000, 0])
    with pytest.raises(DataError):
        download.fetch([old.address], target, whole)
    download.fetch([serve(tag='"new"').address], target, whole)


def test_part_that_nobody_knows_is_not_continued(serve, target):
    target.parent.mkdir()
    (target.parent / ".file.zip.part").write_bytes(CONTENT[:1000])
    server = serve(tag='"1"')
    download.fetch([server.address], target, whole)
    assert server.asked == [None]


def test_part_longer_than_the_file_is_thrown_away(serve, target):
    target.parent.mkdir()
    (target.parent / ".file.zip.part").write_bytes(CONTENT + b"more")
    (target.parent / ".file.zip.part.tag").write_text('"1"')
    download.fetch([serve(tag='"1"').address], target, whole)


@pytest.mark.parametrize("begun", [False, True])
def test_server_that_finds_no_range_satisfiable_is_left(begun, serve, target):
    if begun:
        target.parent.mkdir()
        (target.parent / ".file.zip.part").write_bytes(CONTENT[:1000])
        (target.parent / ".file.zip.part.tag").write_bytes(b'"1"')
    server, good = serve(status=416), serve()
    with pytest.raises(DataError, match="416 Requested Range Not Satisf"):
        download.fetch([server.address], target, whole)
    assert server.asked == ["bytes=1000-" if begun else None, None]
    assert names(target) == []
    download.fetch([server.address, good.address], target, whole)
    assert names(target) == ["file.zip"]


def test_part_that_is_too_long_again_and_again_is_given_up(serve, target):
    # The server promises more than it has.
    server = serve(CONTENT[:1000], tag='"1"', length=len(CONTENT))
    with pytest.raises(DataError, match="416 "):
        download.fetch([server.address], target, whole)
    assert server.asked == [None, "bytes=1000-", None, "bytes=1000-"]


def test_what_a_server_says_is_kept_to_one_line(serve, target):
    server = serve(status=503, reason="Come \x1b[2J back")
    with pytest.raises(DataError) as caught:
        download.fetch([server.address], target, whole)
    assert r"503 Come \x1b[2J back" in str(caught.value)


BAD = {
    "not_found": ({"status": 404}, "404 Not Found"),
    "forbidden": ({"status": 403}, "403 Forbidden"),
    "out_of_order": ({"status": 503}, "503 Service Unavailable"),
    "another_file": ({"content": b"<html>Log in</html>"}, "another file"),
    "empty": ({"content": b""}, "another file"),
    "always_cut": ({"breaks": [1000] * 9}, "ended after 1,000 of 512,000"),
    "no_length_and_cut": ({"length": None, "breaks": [1000]}, "another file"),
    "silly_length": ({"length": "many"}, "many"),
    "too_long": ({"length": 10**12}, "bytes are too many"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_server_is_passed_over_for_the_second_address(name, serve, target):
    how, reason = BAD[name]
    bad, good = serve(**how), serve()
    with pytest.raises(DataError, match=reason) as caught:
        download.fetch([bad.address], target, whole)
    sentence = str(caught.value)
    assert bad.address in sentence
    assert "\n" not in sentence and sentence.endswith(".")
    assert not target.exists()
    download.fetch([bad.address, good.address], target, whole)
    assert names(target) == ["file.zip"]


def test_nobody_there(target):
    closed = Server()
    closed.stop()
    with pytest.raises(DataError, match="refused"):
        download.fetch([closed.address], target, whole)
    with pytest.raises(DataError, match="connect to the internet"):
        download.fetch(["http://nowhere.invalid/x"], target, whole)
    assert names(target) == []


def test_silent_server_is_left(serve, target, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_TO_ANSWER", 0.2)
    with pytest.raises(DataError, match="timed out"):
        download.fetch([serve(silent=True).address], target, whole)


def test_endless_answer_is_cut(serve, target, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 100_000)
    server = serve(length=None)
    with pytest.raises(DataError, match="over 100,000 bytes"):
        download.fetch([server.address], target, whole)


def test_drop_by_drop_is_too_slow(serve, target, monkeypatch):
    monkeypatch.setattr(download, "WINDOW", 0)
    monkeypatch.setattr(download, "MIN_SPEED", -1)
    server = serve()
    download.fetch([server.address], target, whole)
    target.unlink()
    monkeypatch.setattr(download, "WINDOW", 1e-9)
    monkeypatch.setattr(download, "MIN_SPEED", 1e18)
    with pytest.raises(DataError, match="too slow"):
        download.fetch([server.address], target, whole)


def test_broken_file_in_the_cache_is_replaced(serve, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:99])
    download.fetch([serve().address], target, whole)
    assert target.read_bytes() == CONTENT


def test_broken_file_in_the_cache_stays_while_there_is_no_better(target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:99])
    with pytest.raises(DataError):
        download.fetch([], target, whole)
    assert target.read_bytes() == CONTENT[:99]


FETCH = (
    "import sys; from pathlib import Path; from catdog.data import download",
    "download.fetch([sys.argv[1]], Path(sys.argv[2]), lambda path: None)",
)


@pytest.mark.parametrize("how", STOPS)
def test_stopped_download_is_never_taken_for_a_whole_one(
    how, serve, target, tmp_path
):
    server = serve(tag='"1"', wait=0.05)
    arguments = (server.address, target)
    stopped = 0
    for wait in (0.1, 0.4, 0.8):
        process = start(FETCH, *arguments, cache=tmp_path / "cache")
        time.sleep(wait)
        stopped += stop(process, how) != 0
        assert not target.exists() or target.read_bytes() == CONTENT
    assert stopped
    server.how["wait"] = 0
    process = start(FETCH, *arguments, cache=tmp_path / "cache")
    process.communicate()
    assert process.returncode == 0
    assert target.read_bytes() == CONTENT and names(target) == ["file.zip"]


def test_two_processes_fetch_once(serve, target, tmp_path):
    server = serve(wait=0.02)
    both = [
        start(FETCH, server.address, target, cache=tmp_path / "cache")
        for _ in range(2)
    ]
    for process in both:
        process.communicate()
        assert process.returncode == 0
    assert server.asked == [None] and target.read_bytes() == CONTENT


@given(st.lists(st.integers(0, len(CONTENT)), max_size=4), st.booleans())
@settings(max_examples=20, deadline=None)
def test_wherever_it_breaks_the_file_is_whole_or_not_there(breaks, marked):
    server = Server(tag='"1"' if marked else None, breaks=list(breaks))
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "file.zip")
            try:
                download.fetch([server.address], target, whole)
            except DataError:
                assert not target.exists()
            else:
                assert target.read_bytes() == CONTENT
    finally:
        server.stop()
