"""The command line in a process of its own, watched by what it loads and opens."""

import json
import os
import subprocess
import sys

# Modules that take seconds to import.
TENSORFLOW = ("tensorflow", "keras", "h5py")

WATCH = """
import atexit, json, sys
opened = []
def note(event, arguments):
    if event == "open":
        opened.append(str(arguments[0]))
def report():
    with open(REPORT, "w") as file:
        json.dump({"opened": opened, "modules": sorted(sys.modules)}, file)
sys.addaudithook(note)
atexit.register(report)
"""
COMMAND = """
from catdog import cli
sys.exit(cli.main(sys.argv[1:]))
"""


def run_python(code, *arguments, cwd=None, environment=None, **options):
    """Run Python code."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        text=True,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
    )


def run_catdog(*arguments, **options):
    """Run `catdog` as the installed program does."""
    return run_python("import sys" + COMMAND, *arguments, **options)


def watch(path, code, *arguments, **options):
    """Run code, and return with it which files it opened and what it imported.

    Args:
        path: of a file to write that to.
        code: what to run.
        arguments: its command line.
        options: those of `run_python`.
    """
    setup = WATCH.replace("REPORT", repr(str(path)))
    done = run_python(setup + code, *arguments, **options)
    return done, json.loads(path.read_text())


def heavy(modules):
    """Return those modules that belong to TensorFlow or Keras."""
    return [name for name in modules if name.split(".")[0] in TENSORFLOW]
