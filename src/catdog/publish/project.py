"""The project: what `_quarto.yml` says about the site and its pages."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from catdog.errors import CatdogError

FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
START = "index.qmd"

# Folders and files that Quarto passes over when it looks for pages.
PASSED_OVER = re.compile(
    r"[._]|(?:node_modules|venv|env)$|(?:README|AGENTS|CLAUDE)\."
)
PAGE = (".qmd", ".md", ".ipynb", ".rmd")  # Quarto makes pages of all these


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
        settings: what `_quarto.yml` says about all pages: see `page_settings`.
        sidebar: a (heading, entries) for each section of the sidebar, where
            an entry is (path, text). What stands above all sections has an
            empty heading.
        pages: paths of all pages, relative to `root`, without drafts.
        drafts: paths of the pages that say `draft: true`.
        execute_dir: "project" if cells run in `root`, "file" if they run in
            the folder of their page.
        pre_render: paths of the scripts that run before a rendering.
        resources: patterns of the files that belong to the site.
    """

    root: Path
    website: dict[str, Any]
    settings: dict[str, Any]
    sidebar: list[tuple[str, list[tuple[str, str]]]]
    pages: list[str]
    drafts: list[str]
    execute_dir: str
    pre_render: list[str]
    resources: list[str]


def read_project(root: Path) -> Project:
    """Read `_quarto.yml` in the folder `root`.

    Raises:
        PublishError: if it is missing, is no YAML, is written in a form that
            is not supported here, or names a page that is not there.
    """
    root = Path(root).resolve()
    file = root / "_quarto.yml"
    settings = read_settings(root)
    website = _mapping(settings, "website")
    contents = _list(_mapping(website, "sidebar"), "contents")
    sections = _sections(contents)
    project = _mapping(settings, "project")
    rendered = _pages(root, project)
    listed = [path for _, entries in sections for path, _ in entries]
    for path in listed:
        if not (root / path).exists():
            raise PublishError(
                f"{file}: {path} does not exist: correct its name."
            )
        if path not in rendered:
            raise PublishError(
                f"{file}: the sidebar has {path}, which `render:` leaves out: "
                "take it out of the sidebar too, or render it."
            )
    pages = dict.fromkeys(listed + rendered)
    drafts = [path for path in pages if _front_matter_flag(root, path, "draft")]
    return Project(
        root=root,
        website=website,
        settings=page_settings(settings, "_quarto.yml"),
        sidebar=[
            (
                heading,
                [
                    (path, text or _title(root, path))
                    for path, text in entries
                    if path not in drafts
                ],
            )
            for heading, entries in sections
        ],
        pages=[path for path in pages if path not in drafts],
        drafts=drafts,
        execute_dir=str(project.get("execute-dir") or "file"),
        pre_render=texts(project, "pre-render"),
        resources=texts(project, "resources"),
    )


def read_settings(root: Path) -> dict[str, Any]:
    """Return all that `_quarto.yml` in the folder `root` says.

    Raises:
        PublishError: if it is missing, or no YAML.
    """
    file = Path(root).resolve() / "_quarto.yml"
    if not file.exists():
        raise PublishError(
            f"{file} is missing: run this in the tutorial's folder."
        )
    return parse_yaml(read_source(file), str(file))


def page_settings(values: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what `_quarto.yml` or a front matter says about pages in HTML.

    What stands below `format: html` counts more than what stands above it.

    Args:
        values: all that the file says.
        where: the file, for error messages.

    Returns:
        The settings by their names. `execute` has the options of all cells.

    Raises:
        PublishError: if a section is written in a form that is not supported.
    """
    formats = values.get("format")
    formats = {} if formats == "html" else _mapping(values, "format", where)
    html = formats.get("html")
    html = {} if html == "default" else _mapping(formats, "html", where)
    execute = [_mapping(part, "execute", where) for part in (values, html)]
    return {**values, **html, "execute": execute[0] | execute[1]}


def read_source(path: Path) -> str:
    """Return the text of a chapter or of `_quarto.yml`.

    Raises:
        PublishError: if it is not in UTF-8.
    """
    try:
        # Some editors begin a file with a mark, which is no part of the text.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise PublishError(
            f"{path}:{line}: the byte 0x{error.object[error.start]:02X} is not "
            "UTF-8: save the file in that encoding."
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
    return (
        _front_matter_flag(root, name, "notebook", default=True)
        and Path(name).stem != "index"
    )


def _front_matter_flag(
    root: Path, name: str, key: str, default: bool = False
) -> bool:
    meta, _ = parse_front_matter(read_source(root / name), name)
    value = meta.get(key, default)
    if not isinstance(value, bool):
        raise PublishError(
            f"{name}: `{key}: {value}` is neither true nor false: "
            f"write `{key}: {str(not default).lower()}`, or leave it out."
        )
    return value


def _pages(root: Path, project: dict[str, Any]) -> list[str]:
    """Return the pages that `render:` asks for, in its order.

    As in Quarto, that is all of them where it is missing, a pattern counts in
    every folder, a folder stands for all that is in it, and `!` takes away.

    Raises:
        PublishError: if a line of it takes in nothing, or what only Quarto makes
            pages of.
    """
    paths = list(_candidates(root))
    patterns = [str(pattern) for pattern in _list(project, "render")]
    taken_away = {
        path
        for pattern in patterns
        if pattern.startswith("!")
        for path in _matches(pattern, root, paths)
    }
    found: list[str] = []
    for pattern in patterns if "render" in project else ["/"]:
        matches = _matches(pattern, root, paths)
        if not matches and not pattern.startswith("!") and patterns:
            raise PublishError(
                f"_quarto.yml: `{pattern}` below `render:` takes in no page: "
                "correct it, or leave it out."
            )
        found += [path for path in matches if path not in taken_away]
    for path in found:
        if not path.endswith(".qmd"):
            raise PublishError(
                f"_quarto.yml: `render:` takes in {path}, and only `.qmd` files "
                f'become pages here: write `- "!{path}"` below it.'
            )
    return list(dict.fromkeys(found))


def _candidates(root: Path) -> Iterator[str]:
    """Yield the paths of all that Quarto makes pages of, in order."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not PASSED_OVER.match(f))
        for file in sorted(files):
            if file.lower().endswith(PAGE) and not PASSED_OVER.match(file):
                yield (Path(folder) / file).relative_to(root).as_posix()


def _matches(pattern: str, root: Path, paths: list[str]) -> list[str]:
    """Return the paths that a line below `render:` takes in, or takes away."""
    text = re.sub(r"^!?(?:\./)*", "", pattern)
    anywhere = pattern.startswith("!") or re.search(r"[*?{]", text)
    if not text.lstrip("/") or (root / text.lstrip("/")).is_dir():
        text = text.rstrip("/") + "/**/*"
    if anywhere and not text.startswith("/"):
        text = "**/" + text
    parts = re.split(r"(\*\*/|[*?]|\{[^{}]*\})", text.lstrip("/"))
    regex = re.compile("".join(map(_glob_in_regex, parts)))
    return [path for path in paths if regex.fullmatch(path)]


def _glob_in_regex(part: str) -> str:
    if part[:1] == "{" and part[-1:] == "}":
        return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
    wildcards = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return wildcards.get(part) or re.escape(part)


def texts(settings: dict[str, Any], key: str) -> list[str]:
    """Return a setting that is a list, or a single text.

    Raises:
        PublishError: if it is anything else.
    """
    value = settings.get(key)
    return [value] if isinstance(value, str) else _list(settings, key)


def _mapping(
    settings: dict[str, Any], key: str, where: str = "_quarto.yml"
) -> dict[str, Any]:
    value = settings.get(key) or {}
    if not isinstance(value, dict):
        raise PublishError(
            f"{where}: `{key}: {value}` is a form that is not supported: "
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
