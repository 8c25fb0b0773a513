"""Where readers get a chapter's notebook, and the line on its page that says so.

`catdog notebooks` writes these lines to `assets/notebooks/offers.json`. Both
renderers put them at the top of the pages.
"""

import json
import posixpath
import re
import subprocess
from pathlib import Path

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
    """The address of the project: `website.repo-url` in `_quarto.yml`, else the
    git remote `origin` if that is on GitHub, else None.
    """
    said = project.website.get("repo-url")
    return said.rstrip("/") if said else _origin(project.root)


def _origin(root: Path) -> str | None:
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:  # no git here
        return None
    found = GITHUB.fullmatch(done.stdout.strip())
    return f"https://github.com/{found[1]}" if found else None


def for_pip(project: Project, repository: str | None) -> str | None:
    """What `pip install` needs to get the package from the repository."""
    branch, folder = _place(project)
    at = f"@{branch}" if branch else ""
    below = f"#subdirectory={folder}" if folder else ""
    return f"git+{repository}{at}{below}" if repository else None


def in_colab(project: Project, repository: str | None, file: str) -> str | None:
    """The address that opens a notebook of the project in Colab, which reads
    from GitHub only.
    """
    found = GITHUB.fullmatch(repository or "")
    branch, folder = _place(project)
    path = posixpath.join(folder, FOLDER, file)
    # Quarto's own default for links to the source.
    branch = branch or "main"
    return f"{COLAB}/github/{found[1]}/blob/{branch}/{path}" if found else None


def _place(project: Project) -> tuple[str, str]:
    website = project.website
    return website.get("repo-branch", ""), website.get("repo-subdir", "")


def minutes(chapter: Chapter) -> str:
    """How long a notebook takes, from the chapter's `colab-minutes:`."""
    number = chapter.meta.get("colab-minutes")
    if not number:
        return ""
    return f"about {number} minute{'s' if number != 1 else ''} on a T4 GPU"


def line(chapter: Chapter, repository: str | None) -> str:
    """What a chapter's page says about its notebook, in Markdown."""
    project = chapter.project
    name = f"{Path(chapter.name).stem}.ipynb"
    whole, practice = (
        in_colab(project, repository, file)
        for file in (name, f"practice/{name}")
    )
    time = minutes(chapter)
    if whole:
        return (
            f"[Open in Colab]({whole}){{.open-in-colab}} and run this chapter"
            f"{f': {time}' if time else ''}. There is a "
            f"[practice edition]({practice}) too: its code, without the prose."
        )
    up = posixpath.relpath(FOLDER, posixpath.dirname(chapter.name) or ".")
    package, asked = "", ""
    file = wheel.name(project.root)
    if file and not repository:
        package = f", and [the package]({up}/{file}){{download={file}}}"
        asked = ": the first cell asks for the package"
    return (
        f"Run this chapter in Colab{f' ({time})' if time else ''}: download "
        f"[its notebook]({up}/{name}){{download={name}}} or the "
        f"[practice edition]({up}/practice/{name}){{download=practice-{name}}}, "
        f"its code without the prose{package}. In [Colab]({COLAB}), choose "
        f"File > Upload notebook, and run it{asked}."
    )


def as_json(chapters: list[Chapter], repository: str | None) -> str:
    """The text of `offers.json`."""
    lines = {chapter.name: line(chapter, repository) for chapter in chapters}
    found = {"repository": repository, "lines": lines}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def written(root: Path) -> dict:
    """What `offers.json` says; nothing where it was never written.

    Raises PublishError when the file is broken.
    """
    file = Path(root) / FILE
    if not file.exists():
        return {"repository": None, "lines": {}}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {key: said[key] for key in ("repository", "lines")}
    except (ValueError, KeyError, TypeError):
        raise PublishError(
            f"{file} is broken: delete it, and run `catdog notebooks`."
        ) from None
