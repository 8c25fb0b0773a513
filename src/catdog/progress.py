"""Progress bars: on a terminal and in a notebook, never on a page or in a log."""

import os
import sys

from tqdm import tqdm


class Bar(tqdm):
    """A tqdm bar that knows where it runs.

    In a notebook it writes to standard output, since standard error looks like
    a failure there, and goes away when its work is done.
    """

    def __init__(self, *args, **options):
        notebook = in_notebook()
        defaults = {
            "disable": not notebook and not sys.stderr.isatty(),
            "file": sys.stdout if notebook else sys.stderr,
            "leave": not notebook,
        }
        super().__init__(*args, **defaults | options)


def in_notebook() -> bool:
    """Whether somebody watches cells run: in Colab or Jupyter, not while a
    chapter becomes a page.
    """
    # Quarto and our own renderer set it for the kernels that they start.
    rendering = "QUARTO_PROJECT_DIR" in os.environ
    return not rendering and type(sys.stdout).__module__.startswith("ipykernel")
