"""Execution: the cells of chapters run in kernels of this very Python."""

import asyncio
import os
import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from catdog.publish.chapter import Chapter
from catdog.publish.project import PublishError
from catdog.settings import read_environment

PARALLEL_CHAPTERS = os.cpu_count() or 1
LAST_LINES = 10  # of a kernel that died
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


class ThisPythonKernelManager(AsyncKernelManager):
    """Starts kernels of the Python that runs this, whatever else is installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command that starts a kernel."""
        command = [sys.executable, "-m", "ipykernel_launcher"]
        return KernelSpec(
            argv=[*command, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


def execute_all(chapters: list[Chapter]) -> None:
    """Run the cells of chapters, and keep the outputs in them.

    As many chapters run side by side as there are processor cores. When this
    returns, or raises, no kernel is left.

    Raises:
        PublishError: with status 1 if a cell fails.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task | None]]
    started = Future()

    async def run() -> None:
        started.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        await _execute_together(chapters)

    # Not in the main thread: there nbclient takes Ctrl-C over, and stops one kernel.
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(asyncio.run, run())
        try:
            done.result()
        except KeyboardInterrupt:
            loop, task = started.result()
            if task:
                loop.call_soon_threadsafe(task.cancel)
            raise


async def _execute_together(chapters: list[Chapter]) -> None:
    turn = asyncio.Semaphore(PARALLEL_CHAPTERS)
    tasks = [asyncio.create_task(_execute(c, turn)) for c in chapters]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _execute(chapter: Chapter, turn: asyncio.Semaphore) -> None:
    set_up = nbformat.v4.new_code_cell(SET_UP)
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=[set_up, *chapter.evaluated_cells]),
        kernel_manager_class=ThisPythonKernelManager,
        timeout=None,
        coalesce_streams=True,
        resources={"metadata": {"path": str(chapter.cells_folder)}},
        shutdown_kernel="immediate",
    )
    async with turn:
        try:
            await client.async_execute(env=_environment(chapter.project.root))
        except CellExecutionError as error:
            raise PublishError(_failure(chapter, error), status=1) from None
        except DeadKernelError:
            raise PublishError(_death(chapter), status=1) from None
        finally:
            if client.km is not None and client.km.has_kernel:
                await ensure_async(client.km.shutdown_kernel(now=True))


def _environment(root: Path) -> dict[str, str]:
    """Return a kernel's environment."""
    return (
        read_environment(root) | os.environ | {"QUARTO_PROJECT_DIR": str(root)}
    )


def _failure(chapter: Chapter, error: Exception) -> str:
    failed = next(filter(_traceback, chapter.evaluated_cells), None)
    if not failed:
        return f"{chapter.name}: its kernel cannot be set up: {error}"
    return (
        f"{chapter.name}: the cell {_name(chapter, failed)} failed:\n"
        f"{_traceback(failed)}"
    )


def _death(chapter: Chapter) -> str:
    # nbclient notes the times of each cell that it starts.
    started = [c for c in chapter.evaluated_cells if "execution" in c.metadata]
    cell = f" in the cell {_name(chapter, started[-1])}" if started else ""
    last = "\n".join(_complaints(started[-1])[-LAST_LINES:]) if started else ""
    said = f" The last that it said:\n{last}" if last else ""
    return (
        f"{chapter.name}: the kernel died{cell}, perhaps for lack of memory: "
        "close other programs and render again. With TF_CPP_MIN_LOG_LEVEL=0, "
        f"TensorFlow says more.{said}"
    )


def _complaints(cell: NotebookNode) -> list[str]:
    """Return the lines that a cell wrote to stderr."""
    return [
        line
        for output in cell.outputs
        if output.get("name") == "stderr"
        for line in output.text.splitlines()
    ]


def _name(chapter: Chapter, cell: NotebookNode) -> str:
    numbers = enumerate(chapter.evaluated_cells, 1)
    number = next(number for number, other in numbers if other is cell)
    return cell.metadata.options.get("label", f"number {number}")


def _traceback(cell: NotebookNode) -> str:
    for output in cell.outputs:
        if output.output_type == "error":
            return ANSI.sub("", "\n".join(output.traceback))
    return ""
