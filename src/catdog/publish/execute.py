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
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from catdog.publish.chapter import Chapter
from catdog.publish.project import PublishError

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
