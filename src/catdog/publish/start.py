"""A project of one's own: the tutorial's text with another title and images."""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from catdog.publish.project import START, PublishError, parse_yaml, read_source
from catdog.settings import ENVIRONMENT, tutorial_folder

# All that either renderer wants to find in a project. What else lies in
# `assets/` belongs to the package, or is written anew.
COPIED = (
    START,
    "chapters/*.qmd",
    "chapters/_practice.yml",
    "LICENSE",
    "assets/*.scss",
    "assets/demo/*.*",
    "assets/explore/*.*",
    "assets/logo.svg",
    "assets/offer.lua",
    "assets/prepare.py",
    "assets/text.*",
)
SETTINGS = "_quarto.yml"
OF_THE_PACKAGE = "    - src/catdog/publish/wheel.py\n"
IGNORED = """\
_site/
/.quarto/
assets/demo/built/
assets/fonts/
assets/fonts.css
*_files/
**/*.quarto_ipynb
"""
REMEMBERED = """\
# A variable that is set elsewhere counts more than the same one here.
CATDOG_DATA={data}
QUARTO_PYTHON={python}
TF_CPP_MIN_LOG_LEVEL=3
"""


def start_project(folder: Path, data: Path, title: str) -> None:
    """Write a project that renders the tutorial about one's own images.

    Args:
        folder: to write it to: a new one, or an empty one.
        data: the folder or zip of images, which the project remembers.
        title: of the site.

    Raises:
        PublishError: if the folder holds something, or title or path cannot be
            written down. Nothing is written then.
    """
    target = folder.resolve()
    refuse_used(target)
    settings = read_source(tutorial_folder() / SETTINGS)
    about = parse_yaml(settings, SETTINGS)["website"]["description"]
    start = read_source(tutorial_folder() / START)
    texts = {
        SETTINGS: _filled(settings, "title", title).replace(OF_THE_PACKAGE, ""),
        START: _filled(_filled(start, "title", title), "description", about),
        ENVIRONMENT: REMEMBERED.format(
            data=_quoted(data.absolute()), python=_quoted(Path(sys.executable))
        ),
        ".gitignore": IGNORED,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=f".{target.name}-"
    ) as scratch:
        _copy(Path(scratch))
        for name, text in texts.items():
            Path(scratch, name).write_text(text, encoding="utf-8")
        target.mkdir(exist_ok=True)
        for path in Path(scratch).iterdir():
            path.replace(target / path.name)


def refuse_used(folder: Path) -> None:
    """Refuse a folder that holds something, or is none.

    Raises:
        PublishError: if it does.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise PublishError(
            f"{folder} is there already, and is no empty folder: name a new one."
        )


def _copy(folder: Path) -> None:
    for pattern in COPIED:
        for path in tutorial_folder().glob(pattern):
            copy = folder / path.relative_to(tutorial_folder())
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _filled(text: str, name: str, value: str) -> str:
    """Return a text in YAML with another value in its first line of that name."""
    if not value.strip() or not value.isprintable():
        raise PublishError(f"The {name} {value!r} is not one line of text.")
    # What stands in double quotes means the same in YAML and in JSON.
    line = f"{name}: {json.dumps(value, ensure_ascii=False)}"
    pattern = re.compile(rf"^( *){name}: .*$", re.MULTILINE)
    return pattern.sub(lambda found: found[1] + line, text, count=1)


def _quoted(path: Path) -> str:
    """Return a path as Quarto's reader of `_environment` and ours take it."""
    text = path.as_posix()
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    raise PublishError(
        f"{text!a} cannot be written into {ENVIRONMENT}: give the folder "
        "a simpler name."
    )
