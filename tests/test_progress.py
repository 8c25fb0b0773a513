"""Progress bars show up where somebody watches, and nowhere else."""

import io
import os
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from catdog.progress import Bar
from catdog.publish.execute import ThisPythonKernelManager

CODE = """\
from catdog.progress import Bar
for _ in Bar(range(3), "Counting", mininterval=0):
    pass
print("done")
"""


def outputs(**environment):
    """What a real kernel writes, as `(stream, text)`."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(CODE)]
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPythonKernelManager,
        coalesce_streams=True,
    )
    kept = {k: v for k, v in os.environ.items() if k != "QUARTO_PROJECT_DIR"}
    client.execute(env=kept | environment)
    return [(out.name, out.text) for out in notebook.cells[0].outputs]


def test_bar_in_a_notebook_moves_on_standard_output_and_leaves():
    ((stream, text),) = outputs()
    assert stream == "stdout" and text.endswith("done\n")
    assert "100%" not in text  # the last line was wiped out


def test_no_bar_while_a_chapter_becomes_a_page():
    assert outputs(QUARTO_PROJECT_DIR="/tmp") == [("stdout", "done\n")]


@pytest.mark.parametrize("terminal", [True, False])
def test_bar_on_a_terminal_but_not_in_a_log(monkeypatch, terminal):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(Bar(range(3), "Counting")) == [0, 1, 2]
    assert ("100%" in stream.getvalue()) == terminal


@pytest.mark.parametrize(
    "stream", [None, io.StringIO()], ids=["none", "closed"]
)
def test_no_bar_where_standard_error_is_missing(monkeypatch, capsys, stream):
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(Bar(range(3), "Counting")) == [0, 1, 2]
    assert capsys.readouterr().out == ""


def test_what_is_asked_for_comes_before_what_is_usual():
    stream = io.StringIO()
    bar = Bar(range(3), "Counting", file=stream, disable=False, leave=True)
    assert list(bar) == [0, 1, 2] and "100%" in stream.getvalue()
