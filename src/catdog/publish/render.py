"""The site: by Quarto where there is one, else by our own renderer."""

import logging
import os
import subprocess
import sys
from pathlib import Path

from catdog.publish import pages
from catdog.publish.project import PublishError, read_settings
from catdog.publish.quarto_cli import (
    DEVELOPMENT,
    find_quarto,
    quarto_version,
    version_range,
)

log = logging.getLogger(__name__)


def build(root: Path, renderer: str = "auto") -> tuple[Path, str]:
    """Render the project in `root` to its folder `_site`.

    Args:
        root: the project's folder.
        renderer: "quarto", "built-in", or "auto": Quarto if it is installed, or
            can be, in a version that `_quarto.yml` allows.

    Returns:
        The first page, and the name of the renderer.

    Raises:
        PublishError: for whatever is wrong with a chapter, and if Quarto is
            asked for but missing, or has another version.
    """
    # No more of it: Quarto may know what our own renderer refuses.
    required = str(read_settings(root).get("quarto-required") or "")
    index = Path(root).resolve() / pages.FOLDER / "index.html"
    program = None
    if renderer != "built-in":
        program = _choose_quarto(required, insist=renderer == "quarto")
    if not program:
        pages.render(root)
        return index, "the built-in renderer"
    command = [program, "render", str(root)]
    settings = {"QUARTO_PYTHON": sys.executable} | os.environ
    if subprocess.run(command, check=False, env=settings).returncode:
        raise PublishError(
            "Quarto could not render the site; it says why above.", 1
        )
    return index, "Quarto"


def _choose_quarto(required: str, insist: bool) -> str | None:
    versions = version_range(required)
    program = find_quarto(versions)
    version = quarto_version(program) if program else None
    if version and (
        str(version) == DEVELOPMENT
        or versions.contains(version, prereleases=True)
    ):
        return program
    if not program:
        fault = "Quarto is not installed"
    elif not version:
        fault = f"{program} does not tell its version"
    else:
        asked = f"_quarto.yml asks for {required}"
        fault = f"{program} is Quarto {version}, and {asked}"
    if insist:
        raise PublishError(
            f"{fault}: get it from https://quarto.org, "
            "or choose `--with built-in`."
        )
    if program:
        log.warning("%s: the built-in renderer stands in.", fault)
    return None
