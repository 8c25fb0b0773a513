"""A web server for the rendered site, on this machine and for it alone."""

import functools
import signal
import sys
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from catdog.errors import CatdogError

FOLDER = "_site"
HOST = "127.0.0.1"
PORT = 8000
# Not left to the machine: Windows has its own mind about some.
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
}


class Handler(SimpleHTTPRequestHandler):
    """Hands out the files of a folder, without a word."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def end_headers(self) -> None:
        """Let the browser keep each file, and ask whether it is the same."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves a site until it is stopped."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Let a browser go that has left."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*_)


def serve(site: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve a rendered site until Ctrl-C or SIGTERM.

    Args:
        site: its folder.
        port: where to listen; 0 for any that is free.
        ready: is called with the address when there is one.

    Raises:
        CatdogError: if nothing is rendered, or the port cannot be had.
    """
    if not (site / "index.html").exists():
        raise CatdogError(
            f"There is no site in {site}: run `catdog render` first."
        )
    handler = functools.partial(Handler, directory=str(site))
    try:
        server = Server((HOST, port), handler)
    except (OSError, OverflowError) as error:
        raise CatdogError(
            f"Port {port} cannot be had: choose another with --port."
        ) from error
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            ready(f"http://{HOST}:{server.server_port}/")
            server.serve_forever()
    except KeyboardInterrupt:
        pass  # that is how it is stopped
    finally:
        signal.signal(signal.SIGTERM, before)
