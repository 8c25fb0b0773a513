"""Chapters: text with code cells, read from `.qmd` files and executed."""

import asyncio
import os
import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import yaml
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from catdog.errors import CatdogError
from catdog.publish.dialect import FRONT_MATTER, refuse_unknown

CELL_OPTIONS = re.compile(r"\A(?:#\|.*\n?)+")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

# What Quarto runs before a chapter, so that figures have the same size here.
SET_UP = """
try:
    import matplotlib.pyplot as plt
    from matplotlib_inline.backend_inline import set_matplotlib_formats
    plt.rcParams.update(
        {"figure.figsize": (7, 5), "figure.dpi": 192, "savefig.dpi": "figure"}
    )
    set_matplotlib_formats("png")
    del plt, set_matplotlib_formats
except ImportError:
    pass
"""


class PublishError(CatdogError):
    """A chapter or `_quarto.yml` is at fault. The message says where and why."""

    def __init__(self, message: str, status: int = 2):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Project:
    """What `_quarto.yml` says. `sidebar` has a (heading, [(path, text)]) a section."""

    root: Path
    website: dict
    html: dict
    execute: dict
    sidebar: list[tuple[str, list[tuple[str, str]]]]
    pages: list[str]


@dataclass(frozen=True)
class Chapter:
    """A `.qmd` file. The `#|` options of a cell are in `cell.metadata.options`."""

    project: Project
    name: str
    meta: dict
    notebook: nbformat.NotebookNode

    @property
    def folder(self) -> Path:
        return (self.project.root / self.name).parent

    @property
    def code_cells(self) -> list[nbformat.NotebookNode]:
        return [
            cell for cell in self.notebook.cells if cell.cell_type == "code"
        ]


def read_project(root: Path) -> Project:
    """Read `_quarto.yml` in the folder `root`.

    Raises PublishError where it is missing, is no YAML, or names a page that is not
    there.
    """
    file = Path(root) / "_quarto.yml"
    if not file.exists():
        raise PublishError(
            f"{file} is missing: run this in the tutorial's folder."
        )
    settings = _yaml(file.read_text(encoding="utf-8"), str(file))
    website = settings.get("website") or {}
    sidebar = [("", [])]
    for item in (website.get("sidebar") or {}).get("contents") or []:
        if isinstance(item, dict) and "section" in item:
            sidebar.append(
                (item["section"], list(map(_entry, item["contents"])))
            )
        else:
            sidebar[-1][1].append(_entry(item))
    listed = [path for _, entries in sidebar for path, _ in entries]
    for pattern in (settings.get("project") or {}).get("render") or []:
        found = sorted(Path(root).glob(pattern))
        listed += [path.relative_to(root).as_posix() for path in found]
    for path in listed:
        if not (Path(root) / path).exists():
            raise PublishError(
                f"{file}: {path} does not exist: correct its name."
            )
    sidebar = [
        (
            heading,
            [
                (path, text or _title(Path(root), path))
                for path, text in entries
            ],
        )
        for heading, entries in sidebar
    ]
    html = settings.get("format", {}).get("html") or {}
    execute = settings.get("execute") or {}
    pages = list(dict.fromkeys(listed))
    return Project(Path(root).resolve(), website, html, execute, sidebar, pages)


def _entry(item: str | dict) -> tuple[str, str]:
    if isinstance(item, str):
        return item, ""
    if "href" not in item:
        raise PublishError(
            f"_quarto.yml: give the sidebar's {item} an `href:`."
        )
    return item["href"], item.get("text", "")


def _title(root: Path, name: str) -> str:
    front = FRONT_MATTER.match((root / name).read_text(encoding="utf-8"))
    return str(_yaml(front[1], name).get("title", name)) if front else name


def _yaml(text: str, where: str) -> dict:
    try:
        read = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise PublishError(f"{where}: not valid YAML: {said}") from None
    if not isinstance(read, dict):
        raise PublishError(f"{where}: expected lines of the form `key: value`.")
    return read


def read_chapter(project: Project, name: str) -> Chapter:
    """Read the page `name`, a path relative to the project, into cells.

    Raises PublishError for bad front matter, bad cell options and all that
    `refuse_unknown` finds.
    """
    refused = refuse_unknown(project.root / name)
    if refused:
        raise PublishError(
            "\n".join(f"{name}:{line}: {why}." for line, why in refused)
        )
    text = (project.root / name).read_text(encoding="utf-8")
    front = FRONT_MATTER.match(text)
    meta = _yaml(front[1], name) if front else {}
    if not meta.get("title"):
        raise PublishError(
            f"{name}: give it a `title:` between two lines of `---`."
        )
    body = text[front.end() :]
    rmd = {"extension": ".Rmd", "comment_magics": False}
    notebook = jupytext.reads(body, fmt=rmd)
    for cell in notebook.cells:
        options = (
            CELL_OPTIONS.match(cell.source)
            if cell.cell_type == "code"
            else None
        )
        said = re.sub(r"(?m)^#\| ?", "", options[0]) if options else ""
        line = 1 + text[: text.find(options[0])].count("\n") if options else 0
        cell.source = cell.source[options.end() :] if options else cell.source
        cell.metadata = nbformat.from_dict(
            {"options": _yaml(said, f"{name}:{line}")}
        )
    return Chapter(project, name, meta, notebook)


def execute_all(chapters: list[Chapter], jobs: int) -> None:
    """Run the cells of all chapters, up to `jobs` chapters side by side.

    Raises PublishError with status 1 where a cell fails. When it returns, or raises, no
    kernel is left.
    """
    started = Future()

    async def run():
        started.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        turn = asyncio.Semaphore(jobs)
        tasks = [asyncio.create_task(_execute(c, turn)) for c in chapters]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # Not in the main thread: there nbclient takes Ctrl-C over, and stops one kernel.
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(asyncio.run, run())
        try:
            done.result()
        except KeyboardInterrupt:
            loop, task = started.result()
            loop.call_soon_threadsafe(task.cancel)
            raise


class ThisPython(AsyncKernelManager):
    """Kernels of the very interpreter that runs this, whatever else is installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(
            argv=command, display_name="Python 3", language="python"
        )


async def _execute(chapter: Chapter, turn: asyncio.Semaphore) -> None:
    cells = [
        c for c in chapter.code_cells if c.metadata.options.get("eval", True)
    ]
    set_up = nbformat.v4.new_code_cell(SET_UP)
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=[set_up, *cells]),
        kernel_manager_class=ThisPython,
        timeout=None,
        coalesce_streams=True,
        resources={"metadata": {"path": str(chapter.folder)}},
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=ERROR"],
    )
    async with turn:
        try:
            await client.async_execute(env=_environment(chapter.project.root))
        except (CellExecutionError, DeadKernelError) as error:
            raise PublishError(
                _failure(chapter, cells, error), status=1
            ) from None
        finally:
            if client.km is not None and client.km.has_kernel:
                await client.km.shutdown_kernel(now=True)


def _environment(root: Path) -> dict[str, str]:
    file = root / "_environment"
    lines = (
        file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    )
    pairs = [
        line.split("=", 1) for line in lines if re.match(r"\s*\w+\s*=", line)
    ]
    said = {key.strip(): value.strip().strip("\"'") for key, value in pairs}
    return said | os.environ | {"QUARTO_PROJECT_DIR": str(root)}


def _failure(chapter: Chapter, cells: list, error: Exception) -> str:
    for number, cell in enumerate(cells, 1):
        failed = [out for out in cell.outputs if out.output_type == "error"]
        if failed:
            label = cell.metadata.options.get("label", f"number {number}")
            trace = ANSI.sub("", "\n".join(failed[0].traceback))
            return f"{chapter.name}: the cell {label} failed:\n{trace}"
    return (
        f"{chapter.name}: the kernel died, perhaps for want of memory: {error}"
    )
