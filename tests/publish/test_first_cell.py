"""The first cell of a notebook gets the package in Colab, and only there."""

import os

import nbformat
from nbclient import NotebookClient
from projects import GITHUB, copy_with_repository, read, read_notebook, write

from catdog.publish import notebooks
from catdog.publish.execute import ThisPythonKernelManager


def run_set_up(notebook, folder, colab=True):
    """Run the first cell up to its import, with a pip that only takes notes."""
    pip = folder / "bin/pip"
    write(pip, f'#!/bin/sh\necho "$@" >> {folder}/pip.txt\n')
    pip.chmod(0o755)
    source = notebook.cells[1].source.partition("from catdog")[0]
    stand_in = (
        "import sys, types\n"
        "files = types.SimpleNamespace(upload=lambda: UPLOADED)\n"
        "sys.modules['google.colab'] = types.SimpleNamespace(files=files)\n"
    )
    upload = "UPLOADED = {'catdog-2-py3-none-any.whl': b''}\n"
    cells = [upload + stand_in * colab, source]
    executed = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in cells]
    )
    client = NotebookClient(
        executed,
        kernel_manager_class=ThisPythonKernelManager,
        resources={"metadata": {"path": str(folder)}},
    )
    path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
    client.execute(env=os.environ | {"PATH": path})
    notes = folder / "pip.txt"
    commands = read(notes).splitlines() if notes.exists() else []
    shown = "".join(output.text for output in executed.cells[1].outputs)
    return commands, shown


def test_first_cell_installs_in_colab_only(whole, tmp_path):
    assert run_set_up(whole, tmp_path / "here", colab=False) == ([], "")
    commands, _ = run_set_up(whole, tmp_path / "colab")
    assert commands == [f"install --quiet --no-deps git+{GITHUB}"]


def test_first_cell_prefers_a_wheel_beside_the_notebook(whole, tmp_path):
    for version in (1, 2):
        (tmp_path / f"catdog-{version}-py3-none-any.whl").touch()
    commands, _ = run_set_up(whole, tmp_path)
    assert commands == ["install --quiet --no-deps catdog-2-py3-none-any.whl"]


def test_first_cell_without_an_address_asks_for_the_wheel(tmp_path):
    notebooks.write_notebooks(copy_with_repository(tmp_path / "project", None))
    notebook = read_notebook(tmp_path / "project", "02-short.ipynb")
    commands, shown = run_set_up(notebook, tmp_path)
    assert commands == ["install --quiet --no-deps catdog-2-py3-none-any.whl"]
    assert shown.startswith("Choose the file catdog-….whl")
