"""The project: what `_quarto.yml` says about the site and its pages."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from catdog.errors import CatdogError
from catdog.publish.dialect import FRONT_MATTER


class PublishError(CatdogError):
    """A chapter or `_quarto.yml` is at fault. The message says where and why."""

    def __init__(self, message: str, status: int = 2):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Project:
    """What `_quarto.yml` says. `sidebar` has a (heading, [(path, text)]) a section."""

    root: Path
    website: dict
    html: dict
    execute: dict
    sidebar: list[tuple[str, list[tuple[str, str]]]]
    pages: list[str]


def read_project(root: Path) -> Project:
    """Read `_quarto.yml` in the folder `root`.

    Raises PublishError where it is missing, is no YAML, or names a page that is not
    there.
    """
    file = Path(root) / "_quarto.yml"
    if not file.exists():
        raise PublishError(
            f"{file} is missing: run this in the tutorial's folder."
        )
    settings = parse_yaml(file.read_text(encoding="utf-8"), str(file))
    website = settings.get("website") or {}
    sidebar = [("", [])]
    for item in (website.get("sidebar") or {}).get("contents") or []:
        if isinstance(item, dict) and "section" in item:
            sidebar.append(
                (item["section"], list(map(_entry, item["contents"])))
            )
        else:
            sidebar[-1][1].append(_entry(item))
    listed = [path for _, entries in sidebar for path, _ in entries]
    for pattern in (settings.get("project") or {}).get("render") or []:
        found = sorted(Path(root).glob(pattern))
        listed += [path.relative_to(root).as_posix() for path in found]
    for path in listed:
        if not (Path(root) / path).exists():
            raise PublishError(
                f"{file}: {path} does not exist: correct its name."
            )
    sidebar = [
        (
            heading,
            [
                (path, text or _title(Path(root), path))
                for path, text in entries
            ],
        )
        for heading, entries in sidebar
    ]
    html = settings.get("format", {}).get("html") or {}
    execute = settings.get("execute") or {}
    pages = list(dict.fromkeys(listed))
    return Project(Path(root).resolve(), website, html, execute, sidebar, pages)


def _entry(item: str | dict) -> tuple[str, str]:
    if isinstance(item, str):
        return item, ""
    if "href" not in item:
        raise PublishError(
            f"_quarto.yml: give the sidebar's {item} an `href:`."
        )
    return item["href"], item.get("text", "")


def _title(root: Path, name: str) -> str:
    front = FRONT_MATTER.match((root / name).read_text(encoding="utf-8"))
    return str(parse_yaml(front[1], name).get("title", name)) if front else name


def parse_yaml(text: str, where: str) -> dict:
    try:
        read = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise PublishError(f"{where}: not valid YAML: {said}") from None
    if not isinstance(read, dict):
        raise PublishError(f"{where}: expected lines of the form `key: value`.")
    return read
