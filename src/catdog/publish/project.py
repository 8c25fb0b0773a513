"""The project: what `_quarto.yml` says about the site and its pages."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from catdog.errors import CatdogError

FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


class PublishError(CatdogError):
    """A chapter or `_quarto.yml` is at fault. The message says where and why.

    Attributes:
        status: exit status of the command that fails with this error.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        """Keep the message and the exit status."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Project:
    """What `_quarto.yml` says.

    Attributes:
        root: folder of the project, as an absolute path.
        website: the section `website`.
        html: the section `format: html`.
        execute: the section `execute`, options of all code cells.
        sidebar: a (heading, entries) for each section of the sidebar, where
            an entry is (path, text). What stands above all sections has an
            empty heading.
        pages: paths of all pages, relative to `root`.
        pre_render: paths of the scripts that run before a rendering.
        resources: patterns of the files that belong to the site.
        quarto_required: the versions of Quarto that may render the project,
            such as `>=1.6 <2`. Any, if empty.
    """

    root: Path
    website: dict[str, Any]
    html: dict[str, Any]
    execute: dict[str, Any]
    sidebar: list[tuple[str, list[tuple[str, str]]]]
    pages: list[str]
    pre_render: list[str]
    resources: list[str]
    quarto_required: str


def read_project(root: Path) -> Project:
    """Read `_quarto.yml` in the folder `root`.

    Raises:
        PublishError: if it is missing, is no YAML, is written in a form that
            is not supported here, or names a page that is not there.
    """
    root = Path(root).resolve()
    file = root / "_quarto.yml"
    if not file.exists():
        raise PublishError(
            f"{file} is missing: run this in the tutorial's folder."
        )
    settings = parse_yaml(read_source(file), str(file))
    website = _mapping(settings, "website")
    contents = _list(_mapping(website, "sidebar"), "contents")
    sections = _sections(contents)
    paths = [path for _, entries in sections for path, _ in entries]
    project = _mapping(settings, "project")
    for pattern in _list(project, "render"):
        matches = sorted(root.glob(pattern))
        paths += [path.relative_to(root).as_posix() for path in matches]
    for path in paths:
        if not (root / path).exists():
            raise PublishError(
                f"{file}: {path} does not exist: correct its name."
            )
    return Project(
        root=root,
        website=website,
        html=_mapping(_mapping(settings, "format"), "html"),
        execute=_mapping(settings, "execute"),
        sidebar=[
            (heading, [(path, text or _title(root, path)) for path, text in es])
            for heading, es in sections
        ],
        pages=list(dict.fromkeys(paths)),
        pre_render=_texts(project, "pre-render"),
        resources=_texts(project, "resources"),
        quarto_required=str(settings.get("quarto-required") or ""),
    )


def read_source(path: Path) -> str:
    """Return the text of a chapter or of `_quarto.yml`.

    Raises:
        PublishError: if it is not in UTF-8.
    """
    try:
        # Some editors begin a file with a mark, which is no part of the text.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PublishError(
            f"{path} is not in UTF-8: save it in that encoding."
        ) from None


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """Parse YAML that consists of lines of the form `key: value`.

    Args:
        text: the YAML.
        where: its file, and line if it has one, for error messages.

    Raises:
        PublishError: if it is anything else.
    """
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise PublishError(f"{where}: not valid YAML: {reason}") from None
    if not isinstance(values, dict):
        raise PublishError(f"{where}: expected lines of the form `key: value`.")
    return values


def parse_front_matter(text: str, name: str) -> tuple[dict[str, Any], str]:
    """Split a page into its front matter, parsed, and the text below it.

    Args:
        text: all that stands in the file.
        name: the file's name, for error messages.

    Raises:
        PublishError: if the front matter is no YAML.
    """
    front = FRONT_MATTER.match(text)
    if not front:
        return {}, text
    return parse_yaml(front[1], name), text[front.end() :]


def has_notebook(root: Path, name: str) -> bool:
    """Return whether a page has a notebook: not if it says `notebook: false`.

    The start page has none of its own.

    Args:
        root: folder of the project.
        name: path of the page, relative to it.

    Raises:
        PublishError: if `notebook:` is neither true nor false.
    """
    meta, _ = parse_front_matter(read_source(root / name), name)
    wanted = meta.get("notebook", True)
    if not isinstance(wanted, bool):
        raise PublishError(
            f"{name}: `notebook: {wanted}` is neither true nor false: "
            "write `notebook: false`, or leave it out."
        )
    return wanted and Path(name).stem != "index"


def _mapping(settings: dict[str, Any], key: str) -> dict[str, Any]:
    value = settings.get(key) or {}
    if not isinstance(value, dict):
        raise PublishError(
            f"_quarto.yml: `{key}: {value}` is a form that is not supported: "
            f"write lines of the form `key: value` below `{key}:`."
        )
    return value


def _list(settings: dict[str, Any], key: str) -> list[Any]:
    value = settings.get(key) or []
    if not isinstance(value, list):
        raise PublishError(
            f"_quarto.yml: `{key}: {value}` is a form that is not supported: "
            f"write a line `- …` for each page below `{key}:`."
        )
    return value


def _texts(settings: dict[str, Any], key: str) -> list[str]:
    """Return a list that may be written as a single text."""
    value = settings.get(key)
    return [value] if isinstance(value, str) else _list(settings, key)


def _sections(contents: list[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    sections: list[tuple[str, list[tuple[str, str]]]] = [("", [])]
    for item in contents:
        if isinstance(item, dict) and "section" in item:
            entries = _list(item, "contents")
            sections.append((item["section"], list(map(_entry, entries))))
        else:
            sections[-1][1].append(_entry(item))
    return sections


def _entry(item: Any) -> tuple[str, str]:
    if isinstance(item, str):
        return item, ""
    if not isinstance(item, dict) or "href" not in item:
        raise PublishError(
            f"_quarto.yml: give the sidebar's {item} an `href:`."
        )
    return item["href"], item.get("text", "")


def _title(root: Path, name: str) -> str:
    meta, _ = parse_front_matter(read_source(root / name), name)
    return str(meta.get("title", name))
