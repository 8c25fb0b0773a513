"""A download is whole and checked, or it is not there. The servers are real."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catdog import downloads
from catdog.errors import DataError

CONTENT = bytes(range(256)) * 2_000


class Server(ThreadingHTTPServer):
    """Serves `content`, as badly as `how` says. `asked` holds the ranges."""

    daemon_threads = True

    def __init__(self, content=CONTENT, **how):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.how, self.asked = content, how, []
        self.address = f"http://127.0.0.1:{self.server_port}/file.zip"
        serving = threading.Thread(
            target=self.serve_forever, args=[0.05], daemon=True
        )
        serving.start()

    def handle_error(self, *_):
        pass


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        how, content = self.server.how, self.server.content
        self.server.asked.append(self.headers.get("Range"))
        if "silent" in how:
            return time.sleep(1)
        if "status" in how:
            return self.send_error(how["status"])
        tag, start = how.get("tag"), 0
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and tag and self.headers.get("If-Range") == tag:
            start = int(asked[1])
            if start >= len(content):
                return self.send_error(416)
        self.send_response(206 if start else 200)
        if tag:
            self.send_header("ETag", tag)
        length = how.get("length", len(content) - start)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        breaks = how.get("breaks", [])
        end = start + breaks.pop(0) if breaks else len(content)
        for place in range(start, end, 2**14):
            self.wfile.write(content[place : min(place + 2**14, end)])
            time.sleep(how.get("wait", 0))


@pytest.fixture
def serve():
    servers = []

    def start(*arguments, **how):
        servers.append(Server(*arguments, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(downloads, "SECONDS_TO_ANSWER", 3)
    monkeypatch.setattr(downloads, "PAUSE", 0)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "kept" / "file.zip"


def whole(path):
    if path.read_bytes() != CONTENT:
        raise DataError("it is another file")


def left(target):
    return sorted(path.name for path in target.parent.iterdir())


def test_good_server_is_asked_once(serve, target):
    server = serve(tag='"1"')
    for _ in range(2):
        assert downloads.fetch([server.address], target, whole) == target
    assert server.asked == [None] and left(target) == ["file.zip"]


def test_broken_off_transfer_goes_on_where_it_stopped(serve, target):
    server = serve(tag='"1"', breaks=[100_000, 50_000])
    downloads.fetch([server.address], target, whole)
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert left(target) == ["file.zip"]


def test_server_without_marks_starts_anew(serve, target):
    server = serve(breaks=[100_000])
    downloads.fetch([server.address], target, whole)
    assert server.asked == [None, None]


def test_later_call_resumes_what_an_earlier_one_began(serve, target):
    gone = serve(tag='"1"', breaks=[100_000, 0, 0, 0])
    with pytest.raises(DataError, match="ended after"):
        downloads.fetch([gone.address], target, whole)
    assert not target.exists()
    server = serve(tag='"1"')
    downloads.fetch([server.address], target, whole)
    assert server.asked == ["bytes=100000-"]


def test_part_of_another_version_is_not_continued(serve, target):
    old = serve(b"x" * 200_000, tag='"old"', breaks=[100_000, 0])
    with pytest.raises(DataError):
        downloads.fetch([old.address], target, whole)
    downloads.fetch([serve(tag='"new"').address], target, whole)


def test_part_that_nobody_knows_is_not_continued(serve, target):
    target.parent.mkdir()
    (target.parent / ".file.zip.part").write_bytes(CONTENT[:1000])
    server = serve(tag='"1"')
    downloads.fetch([server.address], target, whole)
    assert server.asked == [None]


def test_part_longer_than_the_file_is_thrown_away(serve, target):
    target.parent.mkdir()
    (target.parent / ".file.zip.part").write_bytes(CONTENT + b"more")
    (target.parent / ".file.zip.part.tag").write_text('"1"')
    downloads.fetch([serve(tag='"1"').address], target, whole)


BAD = {
    "not_found": (dict(status=404), "404 Not Found"),
    "forbidden": (dict(status=403), "403 Forbidden"),
    "out_of_order": (dict(status=503), "503 Service Unavailable"),
    "another_file": (dict(content=b"<html>Log in</html>"), "another file"),
    "empty": (dict(content=b""), "another file"),
    "always_cut": (dict(breaks=[1000] * 9), "ended after 1,000 of 512,000"),
    "no_length_and_cut": (dict(length=None, breaks=[1000]), "another file"),
    "silly_length": (dict(length="many"), "many"),
    "too_long": (dict(length=10**12), "bytes are too many"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_server_is_passed_over_for_the_second_address(name, serve, target):
    how, reason = BAD[name]
    bad, good = serve(**how), serve()
    with pytest.raises(DataError, match=reason) as caught:
        downloads.fetch([bad.address], target, whole)
    said = str(caught.value)
    assert bad.address in said and "\n" not in said and said.endswith(".")
    assert not target.exists()
    downloads.fetch([bad.address, good.address], target, whole)
    assert left(target) == ["file.zip"]


def test_nobody_there(target):
    closed = Server()
    closed.shutdown()
    closed.server_close()
    with pytest.raises(DataError, match="refused"):
        downloads.fetch([closed.address], target, whole)
    with pytest.raises(DataError, match="connect to the internet"):
        downloads.fetch(["http://nowhere.invalid/x"], target, whole)
    assert left(target) == []


def test_silent_server_is_left(serve, target, monkeypatch):
    monkeypatch.setattr(downloads, "SECONDS_TO_ANSWER", 0.2)
    with pytest.raises(DataError, match="timed out"):
        downloads.fetch([serve(silent=True).address], target, whole)


def test_endless_answer_is_cut(serve, target, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_BYTES", 100_000)
    server = serve(length=None)
    with pytest.raises(DataError, match="over 100,000 bytes"):
        downloads.fetch([server.address], target, whole)


def test_drop_by_drop_is_too_slow(serve, target, monkeypatch):
    monkeypatch.setattr(downloads, "WINDOW", 0)
    monkeypatch.setattr(downloads, "SLOWEST", -1)
    server = serve()
    downloads.fetch([server.address], target, whole)
    target.unlink()
    monkeypatch.setattr(downloads, "WINDOW", 1e-9)
    monkeypatch.setattr(downloads, "SLOWEST", 1e18)
    with pytest.raises(DataError, match="too slow"):
        downloads.fetch([server.address], target, whole)


def test_broken_file_in_the_cache_is_replaced(serve, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:99])
    downloads.fetch([serve().address], target, whole)
    assert target.read_bytes() == CONTENT


def test_broken_file_in_the_cache_stays_while_there_is_no_better(target):
    target.parent.mkdir()
    target.write_bytes(CONTENT[:99])
    with pytest.raises(DataError):
        downloads.fetch([], target, whole)
    assert target.read_bytes() == CONTENT[:99]


FETCH = """
import sys; from pathlib import Path; from catdog import downloads
import signal  # what a shell starts in the background ignores Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
print('ready', flush=True)
downloads.fetch([sys.argv[1]], Path(sys.argv[2]), lambda path: None)
"""


def start(server, target, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", FETCH, server.address, str(target)],
        env={**os.environ, "CATDOG_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    process.stdout.readline()
    return process


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_stopped_download_is_never_taken_for_a_whole_one(
    sign, serve, target, tmp_path
):
    server = serve(tag='"1"', wait=0.05)
    stopped = 0
    for wait in (0.1, 0.4, 0.8):
        process = start(server, target, tmp_path)
        time.sleep(wait)
        process.send_signal(sign)
        stopped += process.wait() != 0
        assert not target.exists() or target.read_bytes() == CONTENT
    assert stopped
    server.how["wait"] = 0
    assert start(server, target, tmp_path).wait() == 0
    assert target.read_bytes() == CONTENT and left(target) == ["file.zip"]


def test_two_processes_fetch_once(serve, target, tmp_path):
    server = serve(wait=0.02)
    both = [start(server, target, tmp_path) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert server.asked == [None] and target.read_bytes() == CONTENT


@given(st.lists(st.integers(0, len(CONTENT)), max_size=4), st.booleans())
@settings(max_examples=20, deadline=None)
def test_wherever_it_breaks_the_file_is_whole_or_not_there(breaks, marked):
    server = Server(tag='"1"' if marked else None, breaks=list(breaks))
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "file.zip")
            try:
                downloads.fetch([server.address], target, whole)
            except DataError:
                assert not target.exists()
            else:
                assert target.read_bytes() == CONTENT
    finally:
        server.shutdown()
        server.server_close()
