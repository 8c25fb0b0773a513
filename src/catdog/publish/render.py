"""The site: by Quarto where there is one, else by our own renderer."""

import os
import subprocess
import sys
from pathlib import Path

from catdog.publish import pages
from catdog.publish.project import PublishError, read_project
from catdog.publish.quarto_cli import find_quarto


def build(root: Path, renderer: str = "auto") -> tuple[Path, str]:
    """Render the project in `root` to `_site/`; return its first page and who made it.

    `renderer` is "quarto", "built-in", or "auto": Quarto if it is installed,
    or can be.

    Raises PublishError for whatever is wrong with a chapter, and where Quarto is asked
    for but missing.
    """
    read_project(root)
    program = find_quarto() if renderer != "built-in" else None
    if renderer == "quarto" and not program:
        raise PublishError(
            "Quarto is not installed: get it from https://quarto.org, "
            "or choose `--with built-in`."
        )
    if not program:
        pages.render(root)
        return Path(root) / "_site" / "index.html", "the built-in renderer"
    settings = {"QUARTO_PYTHON": sys.executable} | os.environ
    if subprocess.run([program, "render", str(root)], env=settings).returncode:
        raise PublishError(
            "Quarto could not render the site; it says why above.", 1
        )
    return Path(root) / "_site" / "index.html", "Quarto"
