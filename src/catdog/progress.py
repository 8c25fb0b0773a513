"""Progress bars: on a terminal and in a notebook, never on a page or in a log."""

import sys
from typing import Any

from tqdm import tqdm

from catdog import settings


class Bar(tqdm):
    """A tqdm bar that knows where it runs.

    In a notebook it writes to standard output, since standard error looks like
    a failure there, and disappears when its work is done.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what tqdm takes."""
        notebook = in_notebook()
        defaults = {
            "disable": not notebook and not _on_terminal(),
            "file": sys.stdout if notebook else sys.stderr,
            "leave": not notebook,
        }
        super().__init__(*args, **defaults | options)


def in_notebook() -> bool:
    """Return whether somebody watches cells run.

    That is so in Colab and Jupyter, but not while a chapter is rendered.
    """
    in_kernel = type(sys.stdout).__module__.startswith("ipykernel")
    return in_kernel and not settings.rendering()


def _on_terminal() -> bool:
    # Standard error may be closed, or missing, as where no console is.
    stream = sys.stderr
    return stream is not None and not stream.closed and stream.isatty()
