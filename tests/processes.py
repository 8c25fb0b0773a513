"""Python in processes of its own, stopped while it works."""

import os
import signal
import subprocess
import sys

import pytest

STOPS = [
    "kill",
    pytest.param(
        "interrupt",
        marks=pytest.mark.skipif(
            sys.platform == "win32",
            reason="Windows interrupts all processes of a terminal, or none",
        ),
    ),
]
# What a shell starts in the background ignores Ctrl-C, unless told otherwise.
READY = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
"""


def start(code, *arguments, cache):
    """Run imports, then code, and come back when the imports are done."""
    imports, work = code
    process = subprocess.Popen(
        [sys.executable, "-c", imports + READY + work, *map(str, arguments)],
        env={**os.environ, "CATDOG_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def stop(process, how):
    """Stop a process; its exit status, 0 if it was done before."""
    if how == "kill":
        process.kill()
    else:
        process.send_signal(signal.SIGINT)
    process.communicate()
    return process.returncode
