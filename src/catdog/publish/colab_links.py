"""Where readers get a chapter's notebook, and the line on its page that says so.

`catdog notebooks` writes these lines to `assets/notebooks/offers.json`. Both
renderers put them at the top of the pages.
"""

import json
import logging
import os
import posixpath
import re
import subprocess
from collections.abc import Container
from pathlib import Path
from typing import Any, NamedTuple

from catdog.publish import wheel
from catdog.publish.chapter import Chapter
from catdog.publish.project import START, Project, PublishError

log = logging.getLogger(__name__)

FOLDER = wheel.FOLDER
FILE = f"{FOLDER}/offers.json"
ALL = "all-chapters.ipynb"  # offered on the start page
GITHUB = re.compile(
    r"(?:https?://|ssh://|git@)(?:[^@/]*@)?github\.com[:/]"
    r"([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
COLAB = "https://colab.research.google.com"


class Repository(NamedTuple):
    """Where the project can be had from.

    Attributes:
        address: web address of the repository.
        branch: its branch, or an empty text for the one that it shows first.
        folder: the project's folder in it, or an empty text.
    """

    address: str
    branch: str = ""
    folder: str = ""


def repository(project: Project) -> Repository | None:
    """Return the project's repository, if it is known.

    That is `website.repo-url` in `_quarto.yml`, with `repo-branch` and
    `repo-subdir`, else the git remote `origin` if that is on GitHub.

    Raises:
        PublishError: if git knows the repository but no branch.
    """
    website = project.website
    branch = str(website.get("repo-branch") or "")
    folder = str(website.get("repo-subdir") or "").strip("/")
    if website.get("repo-url"):
        return Repository(website["repo-url"].rstrip("/"), branch, folder)
    address = _origin(project.root)
    if not address:
        return None
    branch = branch or _branch(project.root)
    if not branch:
        raise PublishError(
            f"The branch of {address} that has this project cannot be told: "
            "write `repo-branch:` with its name below `website:` in _quarto.yml."
        )
    folder = folder or _git(project.root, "rev-parse", "--show-prefix")
    return Repository(address, branch, folder.strip("/"))


def pip_address(repository: Repository | None) -> str | None:
    """Return what `pip install` needs to get the package from a repository."""
    if not repository:
        return None
    at = f"@{repository.branch}" if repository.branch else ""
    folder = repository.folder
    below = f"#subdirectory={folder}" if folder else ""
    return f"git+{repository.address}{at}{below}"


def colab_address(repository: Repository | None, file: str) -> str | None:
    """Return the address that opens a notebook of the project in Colab.

    Args:
        repository: the project's, if it is known. Colab reads from GitHub only.
        file: path of the notebook, relative to the folder of notebooks.
    """
    match = GITHUB.fullmatch(repository.address) if repository else None
    if not repository or not match:
        return None
    # Quarto's own default for links to the source.
    branch = repository.branch or "main"
    path = posixpath.join(repository.folder, FOLDER, file)
    return f"{COLAB}/github/{match[1]}/blob/{branch}/{path}"


def duration(*chapters: Chapter) -> str:
    """Return how long chapters take, from the `colab-minutes:` of each."""
    minutes = sum(
        chapter.meta.get("colab-minutes") or 0 for chapter in chapters
    )
    if not minutes:
        return ""
    return f"about {minutes} minute{'s' if minutes != 1 else ''} on a T4 GPU"


def offer(
    chapter: Chapter, repository: Repository | None, has_blanks: bool = True
) -> str:
    """Return what a chapter's page says about its notebook, in Markdown.

    Args:
        chapter: the chapter.
        repository: the project's, if it is known.
        has_blanks: whether the practice edition has blanks.
    """
    project, time = chapter.project, duration(chapter)
    name = f"{Path(chapter.name).stem}.ipynb"
    whole = colab_address(repository, name)
    practice = colab_address(repository, f"practice/{name}")
    blanks = ", with blanks to fill in" if has_blanks else ""
    if whole:
        return (
            f"[Open in Colab]({whole}){{.open-in-colab}} and run this chapter"
            f"{f': {time}' if time else ''}. There is a "
            f"[practice edition]({practice}) too{blanks}."
        )
    folder = _folder_from(chapter.name)
    files = (
        f"[`{name}`]({folder}/{name}){{download={name}}} or the [practice "
        f"edition]({folder}/practice/{name}){{download=practice-{name}}}{blanks}"
    )
    package = None if repository else f"{folder}/{wheel.BUNDLE}"
    return _offer_downloads(project, "this chapter", time, files, package)


def offer_all(
    project: Project, chapters: list[Chapter], repository: Repository | None
) -> str:
    """Return what the start page says about the notebook with all chapters.

    Args:
        project: the project.
        chapters: the chapters in that notebook.
        repository: the project's, if it is known.
    """
    time = duration(*chapters)
    address = colab_address(repository, ALL)
    if address:
        return (
            f"[Open in Colab]({address}){{.open-in-colab}} and run all chapters "
            f"in one notebook{f': {time}' if time else ''}."
        )
    folder = _folder_from(START)
    files = f"[`{ALL}`]({folder}/{ALL}){{download={ALL}}}"
    package = None if repository else f"{folder}/{wheel.BUNDLE}"
    return _offer_downloads(project, "all chapters", time, files, package)


def offers_json(
    project: Project,
    chapters: list[Chapter],
    repository: Repository | None,
    with_blanks: Container[str] = (),
) -> str:
    """Return the text of `offers.json`.

    Args:
        project: the project.
        chapters: those that have a notebook.
        repository: the project's, if it is known.
        with_blanks: names of the chapters whose practice edition has blanks.
    """
    lines = {}
    if chapters and START in project.pages:
        lines[START] = offer_all(project, chapters, repository)
    for chapter in chapters:
        has_blanks = Path(chapter.name).stem in with_blanks
        lines[chapter.name] = offer(chapter, repository, has_blanks)
    where = repository._asdict() if repository else None
    offers = {"repository": where, "lines": lines}
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
        where = offers["repository"]
        return {
            "repository": Repository(**where) if where else None,
            "lines": offers["lines"],
        }
    except (ValueError, KeyError, TypeError):
        raise PublishError(
            f"{file} is broken: delete it, and run `catdog notebooks`."
        ) from None


def _origin(root: Path) -> str | None:
    match = GITHUB.fullmatch(_git(root, "remote", "get-url", "origin"))
    return f"https://github.com/{match[1]}" if match else None


def _branch(root: Path) -> str:
    """Return the branch that `origin` shows first, or else the current one."""
    name = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return name.removeprefix("origin/") or _git(
        root, "symbolic-ref", "--short", "HEAD"
    )


def _git(root: Path, *words: str) -> str:
    """Return what git answers about the project, or an empty text."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | {"LC_ALL": "C"},
        )
    except OSError:  # no git here
        return ""
    if "dubious ownership" in done.stderr:
        log.warning(
            "git does not trust %s, which belongs to another user, so its "
            "address is unknown: run `git config --global --add "
            "safe.directory '%s'`, or write `repo-url:` into _quarto.yml.",
            root,
            root,
        )
    return done.stdout.strip()


def _folder_from(page: str) -> str:
    """Return the path from a page to the folder of notebooks."""
    return posixpath.relpath(FOLDER, posixpath.dirname(page) or ".")


def _offer_downloads(
    project: Project, what: str, time: str, files: str, package: str | None
) -> str:
    """Return a line for readers who upload notebooks to Colab.

    Args:
        project: the project.
        what: what they run.
        time: how long that takes, or an empty text.
        files: links to the notebooks.
        package: path of the zip with the package, for notebooks that do not get
            it from a repository.
    """
    run = f"Run {what} in Colab{f' ({time})' if time else ''}: download"
    upload = f"In [Colab]({COLAB}), choose File > Upload notebook"
    if package and wheel.file_name(project.root):
        return (
            f"{run} [all notebooks and the package]({package})"
            f"{{download={wheel.BUNDLE}}} once, and unpack them. {upload}, "
            f"take {files}, and run it: the first cell asks for the package."
        )
    return f"{run} {files}. {upload}, and run it."
