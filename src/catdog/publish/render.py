"""The site: by Quarto where there is one, else by our own renderer."""

import os
import subprocess
import sys
from pathlib import Path

from catdog.publish import pages
from catdog.publish.project import PublishError, read_project
from catdog.publish.quarto_cli import find_quarto


def build(root: Path, renderer: str = "auto") -> tuple[Path, str]:
    """Render the project in `root` to its folder `_site`.

    Args:
        root: the project's folder.
        renderer: "quarto", "built-in", or "auto": Quarto if it is installed, or
            can be.

    Returns:
        The first page, and the name of the renderer.

    Raises:
        PublishError: for whatever is wrong with a chapter, and if Quarto is
            asked for but missing.
    """
    read_project(root)
    program = find_quarto() if renderer != "built-in" else None
    if renderer == "quarto" and not program:
        raise PublishError(
            "Quarto is not installed: get it from https://quarto.org, "
            "or choose `--with built-in`."
        )
    index = Path(root) / pages.FOLDER / "index.html"
    if not program:
        pages.render(root)
        return index, "the built-in renderer"
    settings = {"QUARTO_PYTHON": sys.executable} | os.environ
    command = [program, "render", str(root)]
    if subprocess.run(command, check=False, env=settings).returncode:
        raise PublishError(
            "Quarto could not render the site; it says why above.", 1
        )
    return index, "Quarto"
