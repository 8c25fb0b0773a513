"""A web server of its own for each test, as good or as bad as asked for."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 2_000


class Server(ThreadingHTTPServer):
    """Serves `content`, as badly as `how` says.

    `asked` holds the range of each request: None for a request of the whole.
    """

    daemon_threads = True

    def __init__(self, content=CONTENT, **how):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.how, self.asked = content, how, []
        self.address = f"http://127.0.0.1:{self.server_port}/file.zip"
        serving = threading.Thread(
            target=self.serve_forever, args=[0.05], daemon=True
        )
        serving.start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        how = self.server.how
        self.server.asked.append(self.headers.get("Range"))
        start = self.start()
        if "silent" in how:
            time.sleep(1)
        elif "status" in how:
            self.send_error(how["status"], how.get("reason"))
        elif start and start >= len(self.server.content):
            self.send_error(416)
        else:
            self.send_from(start)

    def start(self):
        """Where to go on, if the range is of the version that is served."""
        tag = self.server.how.get("tag")
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        same = tag and self.headers.get("If-Range") == tag
        return int(asked[1]) if asked and same else 0

    def send_from(self, start):
        how, content = self.server.how, self.server.content
        self.send_response(206 if start else 200)
        if how.get("tag"):
            self.send_header("ETag", how["tag"])
        length = how.get("length", len(content) - start)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        breaks = how.get("breaks", [])
        end = start + breaks.pop(0) if breaks else len(content)
        for place in range(start, end, 2**14):
            self.wfile.write(content[place : min(place + 2**14, end)])
            time.sleep(how.get("wait", 0))
