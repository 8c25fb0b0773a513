"""Projects for tests of what is published: the tutorial, a fixture, small ones."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from catdog.publish.chapter import read_chapter
from catdog.publish.execute import ThisPythonKernelManager, execute_all
from catdog.publish.pages import page
from catdog.publish.project import read_project

TUTORIAL = Path(__file__).parents[1]
FIXTURE = TUTORIAL / "tests" / "fixtures" / "site"
# Its chapters: one with all that a chapter may use, and a short one.
ALL, SHORT = "chapters/01-all", "chapters/02-short"
GITHUB = "https://github.com/someone/cats"
IN_COLAB = (
    "https://colab.research.google.com/github/someone/cats/blob/main/"
    "assets/notebooks/"
)
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "cat-dog"
version = "1.2"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["cat_dog"]
"""


def read(path):
    return path.read_text(encoding="utf-8")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def copy_fixture(folder):
    """The fixture as it is, with the address of a repository."""
    ignored = shutil.ignore_patterns("_site")
    return Path(shutil.copytree(FIXTURE, folder, ignore=ignored))


def copy_with_repository(folder, repository):
    """The fixture with another repository, or with None."""
    settings = copy_fixture(folder) / "_quarto.yml"
    line = f"repo-url: {repository}" if repository else ""
    write(settings, re.sub("repo-url: .*", line, read(settings)))
    return folder


def copy_with_package(folder, repository=None):
    """The fixture with a package to build, and a repository or none."""
    copy_with_repository(folder, repository)
    write(folder / "pyproject.toml", PYPROJECT)
    write(folder / "cat_dog/__init__.py", "purr = 1\n")
    return folder


def write_draft(project, text):
    """A project with one page."""
    write(project / "_quarto.yml", "project: {render: [index.qmd]}\n")
    write(project / "index.qmd", f"---\ntitle: A page\n---\n\n{text}\n")
    return project


def append(path, text):
    write(path, read(path) + text)


def replace(path, old, new):
    text = read(path)
    assert old in text
    write(path, text.replace(old, new, 1))


def git(folder, *words):
    subprocess.run(["git", "-C", folder, *words], check=True)


def parse(project, name):
    """A page of a rendered project."""
    return BeautifulSoup(read(project / f"_site/{name}.html"), "html.parser")


def execute_page(project, name, folder):
    """A single page of a project, executed; its figures go to the folder."""
    chapter = read_chapter(read_project(project), name)
    execute_all([chapter])
    return BeautifulSoup(page(chapter, folder), "html.parser")


def read_notebook(project, name):
    path = project / "assets/notebooks" / name
    return nbformat.read(path, as_version=4)


def execute_cells(cells, folder, allow_errors=False, env=None):
    """Run cells in a folder, as a notebook of their own, and return it."""
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells),
        kernel_manager_class=ThisPythonKernelManager,
        resources={"metadata": {"path": str(folder)}},
        allow_errors=allow_errors,
    )
    return client.execute(env=env or os.environ)


def markdown_of(notebook):
    return "\n\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    )


def words(element):
    """The text of an element, with its spaces evened out."""
    return " ".join(element.get_text().replace("\u00a0", " ").split())


def names(folder):
    """The names of what a folder holds, in order."""
    return sorted(path.name for path in folder.iterdir())


def contents(folder):
    """The bytes of all files below a folder, by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
