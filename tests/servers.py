"""A web server of its own for each test, as good or as bad as asked for."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
