"""Where readers get a chapter's notebook, and the line on its page that says so.

`catdog notebooks` writes these lines to `assets/notebooks/offers.json`. Both
renderers put them at the top of the pages.
"""

import json
import posixpath
import re
import subprocess
from pathlib import Path
from typing import Any

from catdog.publish import wheel
from catdog.publish.chapter import Chapter
from catdog.publish.project import Project, PublishError

FOLDER = wheel.FOLDER
FILE = f"{FOLDER}/offers.json"
GITHUB = re.compile(
    r"(?:https?://|ssh://|git@)(?:[^@/]*@)?github\.com[:/]"
    r"([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
COLAB = "https://colab.research.google.com"


def repository(project: Project) -> str | None:
    """Return the web address of the project's repository, if it is known.

    That is `website.repo-url` in `_quarto.yml`, else the git remote `origin` if
    that is on GitHub.
    """
    address = project.website.get("repo-url")
    return address.rstrip("/") if address else _origin(project.root)


def pip_address(project: Project, repository: str | None) -> str | None:
    """Return what `pip install` needs to get the package from a repository."""
    branch, folder = _branch_and_folder(project)
    at = f"@{branch}" if branch else ""
    below = f"#subdirectory={folder}" if folder else ""
    return f"git+{repository}{at}{below}" if repository else None


def colab_address(
    project: Project, repository: str | None, file: str
) -> str | None:
    """Return the address that opens a notebook of the project in Colab.

    Args:
        project: the project.
        repository: web address of its repository, if there is one. Colab reads
            from GitHub only.
        file: path of the notebook, relative to the folder of notebooks.
    """
    match = GITHUB.fullmatch(repository or "")
    branch, folder = _branch_and_folder(project)
    path = posixpath.join(folder, FOLDER, file)
    # Quarto's own default for links to the source.
    branch = branch or "main"
    return f"{COLAB}/github/{match[1]}/blob/{branch}/{path}" if match else None


def duration(chapter: Chapter) -> str:
    """Return how long a notebook takes, from the chapter's `colab-minutes:`."""
    minutes = chapter.meta.get("colab-minutes")
    if not minutes:
        return ""
    return f"about {minutes} minute{'s' if minutes != 1 else ''} on a T4 GPU"


def offer(chapter: Chapter, repository: str | None) -> str:
    """Return what a chapter's page says about its notebook, in Markdown."""
    name = f"{Path(chapter.name).stem}.ipynb"
    whole = colab_address(chapter.project, repository, name)
    practice = colab_address(chapter.project, repository, f"practice/{name}")
    time = duration(chapter)
    if whole:
        return (
            f"[Open in Colab]({whole}){{.open-in-colab}} and run this chapter"
            f"{f': {time}' if time else ''}. There is a "
            f"[practice edition]({practice}) too, with blanks to fill in."
        )
    return _offer_downloads(chapter, name, with_wheel=not repository)


def offers_json(chapters: list[Chapter], repository: str | None) -> str:
    """Return the text of `offers.json`."""
    lines = {chapter.name: offer(chapter, repository) for chapter in chapters}
    offers = {"repository": repository, "lines": lines}
    return json.dumps(offers, indent=1, ensure_ascii=False) + "\n"


def read_offers(root: Path) -> dict[str, Any]:
    """Read `offers.json`.

    Returns:
        Its `repository`, and its `lines` by the names of chapters. Nothing
        where it was never written.

    Raises:
        PublishError: if the file is broken.
    """
    file = Path(root) / FILE
    if not file.exists():
        return {"repository": None, "lines": {}}
    try:
        offers = json.loads(file.read_text(encoding="utf-8"))
        return {key: offers[key] for key in ("repository", "lines")}
    except (ValueError, KeyError, TypeError):
        raise PublishError(
            f"{file} is broken: delete it, and run `catdog notebooks`."
        ) from None


def _origin(root: Path) -> str | None:
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    except OSError:  # no git here
        return None
    match = GITHUB.fullmatch(done.stdout.strip())
    return f"https://github.com/{match[1]}" if match else None


def _branch_and_folder(project: Project) -> tuple[str, str]:
    website = project.website
    return website.get("repo-branch", ""), website.get("repo-subdir", "")


def _offer_downloads(chapter: Chapter, name: str, with_wheel: bool) -> str:
    up = posixpath.relpath(FOLDER, posixpath.dirname(chapter.name) or ".")
    time = duration(chapter)
    package, first_cell = "", ""
    file = wheel.file_name(chapter.project.root)
    if file and with_wheel:
        package = f", and [the package]({up}/{file}){{download={file}}}"
        first_cell = ": the first cell asks for the package"
    return (
        f"Run this chapter in Colab{f' ({time})' if time else ''}: download "
        f"[its notebook]({up}/{name}){{download={name}}} or the "
        f"[practice edition]({up}/practice/{name}){{download=practice-{name}}}, "
        f"with blanks to fill in{package}. In [Colab]({COLAB}), choose "
        f"File > Upload notebook, and run it{first_cell}."
    )
