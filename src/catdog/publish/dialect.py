"""What a project may use: settings and Markdown that all readers understand.

These are Quarto, our own renderer and, for the Markdown, Colab.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypandoc
import yaml

from catdog.publish.project import (
    FRONT_MATTER,
    Project,
    PublishError,
    has_notebook,
    read_source,
)

INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
CELL = re.compile(r"^```\{python\}\n.*?^```$", re.DOTALL | re.MULTILINE)
CLOSING_FENCE = re.compile(r"\s*```\s*$")
READER = "markdown-yaml_metadata_block-pandoc_title_block"

# What `_quarto.yml` and front matters may set, with a pattern for the values. What
# stands below `format: html` has the same name as what stands above it. All else
# that Quarto knows is refused: see tests/publish/quarto_settings.txt.
ANY, TEXT, YES_NO = "anything", "(?s:.*)", "True|False"
HONORED = {
    "quarto-required": ANY,
    "project.type": "website",
    "project.render": ANY,
    "project.output-dir": "_site/?",
    "project.execute-dir": "file|project",
    "project.pre-render": ANY,
    "project.resources": ANY,
    "website.title": TEXT,
    "website.description": TEXT,
    "website.favicon": TEXT,
    "website.site-url": TEXT,
    "website.repo-url": TEXT,
    "website.repo-branch": TEXT,
    "website.repo-subdir": TEXT,
    "website.repo-actions": "edit|source|issue|none|False",
    "website.issue-url": TEXT,
    "website.search": YES_NO,
    "website.navbar.logo": TEXT,
    "website.navbar.logo-alt": TEXT,
    "website.navbar.search": "True",
    "website.sidebar.contents": ANY,
    "website.page-navigation": YES_NO,
    "website.page-footer": TEXT,
    "website.page-footer.left": TEXT,
    "website.page-footer.center": TEXT,
    "website.page-footer.right": TEXT,
    "title": TEXT,
    "description": TEXT,
    "draft": YES_NO,
    "lang": "en(-[A-Za-z]+)*",  # the frame speaks English
    "toc": YES_NO,
    "toc-title": TEXT,
    "code-fold": "True|False|show",
    "code-summary": TEXT,
    "execute.echo": YES_NO,
    "execute.eval": YES_NO,
    "execute.include": YES_NO,
    "execute.output": "True|False|asis",
    "execute.warning": YES_NO,
    # Ours: Quarto passes over them.
    "notebook": YES_NO,
    "colab-minutes": ANY,
}
# Of no effect here, or with these values what we do anyway.
HARMLESS = {
    "project.title": ANY,
    "project.lib-dir": ANY,
    "project.preview": ANY,
    "website.bread-crumbs": "True",
    "website.draft-mode": "gone",
    "website.image": ANY,  # for cards and listings, which are refused
    "website.image-alt": ANY,
    "website.sidebar.style": "docked|floating",
    "website.sidebar.border": ANY,
    "website.sidebar.search": "True",
    "website.sidebar.collapse-level": ANY,
    "format.html": "default",
    "format": "html",
    "engine": "jupyter",
    "jupyter": "python3",
    "editor": ANY,
    "order": ANY,  # of listings
    "image": ANY,
    "image-alt": ANY,
    "image-height": ANY,
    "image-width": ANY,
    # The pages have styles and a frame of their own.
    "theme": ANY,
    "css": r"assets/(fonts|text)\.css",
    "callout-appearance": "simple",
    "callout-icon": "False",
    "include-after-body.text": r'<script src="/assets/text\.js"></script>\s*',
    "filters": r"assets/offer\.lua",
    "respect-user-color-scheme": "True",
    "highlight-style": ANY,
    "syntax-highlighting": ANY,
    "anchor-sections": ANY,
    "smooth-scroll": ANY,
    "page-layout": "article",
    "toc-depth": "3",
    "toc-location": "right",
    "toc-expand": ANY,
    "number-sections": "False",
    "code-copy": "True|hover",
    "code-overflow": "scroll",
    "code-line-numbers": "False",
    "code-tools": "False",
    "code-annotations": "below",
    "html-math-method": "mathml",
    "html-table-processing": "none",
    "link-external-newwindow": "False",
    "link-external-icon": "False",
    "crossrefs-hover": ANY,
    "footnotes-hover": ANY,
    "citations-hover": ANY,
    "lightbox": "False",
    "fig-responsive": ANY,
    "fig-env": ANY,  # of LaTeX
    "fig-pos": ANY,
    "fig-cap-location": "bottom",
    "tbl-cap-location": "top",
    "tbl-colwidths": "False",
    "reference-location": "document",
    "embed-resources": "False",
    "comments": "False",
    # How Quarto goes about it, not what comes of it.
    "execute.enabled": "True",
    "execute.error": "False",
    "execute.cache": ANY,
    "execute.freeze": "False|auto",
    "execute.daemon": ANY,
    "execute.daemon-restart": ANY,
    "execute.debug": ANY,
    "execute.ipynb": ANY,
    "cache": ANY,
    "freeze": "False|auto",
    "debug": ANY,
    "keep-md": ANY,
    "keep-ipynb": ANY,
    "keep-source": ANY,
    "keep-hidden": "False",
    "fail-if-warnings": ANY,
    "trace": ANY,
    "verbosity": ANY,
    "log-file": ANY,
}
SETTINGS = HONORED | HARMLESS
# Quarto reads settings from these, too.
SETTINGS_FILES = (
    "_quarto.yaml", "_quarto.yml.local", "_brand.yml", "_brand/_brand.yml",
    "_environment.local", "_environment.required",
)  # fmt: skip
FOLDER_SETTINGS = "_metadata.yml"  # of the pages in its folder and below

# Code, and the list right below it if there is one.
CODE_AND_LIST = re.compile(
    r"^```.+\n(?P<code>(?:.*\n)*?)```[ \t]*\n\s*"
    r"(?P<list>(?:1\.[ \t].*\n?(?:(?:\n*(?:[ \t]|\d+\.[ \t])|\S).*\n?)*)?)",
    re.MULTILINE,
)
ANNOTATION = re.compile(r"#\s*<(\d+)>[ \t]*$", re.MULTILINE)

# Options of code cells, written `#| name: value`.
OPTIONS = {
    **dict.fromkeys(("label", "fig-cap", "fig-alt", "tbl-cap"), ANY),
    **{name: HONORED[name] for name in ("code-fold", "code-summary")},
    **{
        name: HONORED[f"execute.{name}"]
        for name in ("echo", "eval", "include", "output", "warning")
    },
}
# Elements of the text, by pandoc's names. Nothing else may stand in a chapter.
# fmt: off
ALLOWED = {
    "Para", "Plain", "BlockQuote", "BulletList", "OrderedList Decimal Period",
    "Header 2", "Header 3", "Header #sec",
    "CodeBlock bash", "CodeBlock text", "CodeBlock python",
    "Table", "Table caption", "Figure #fig", "Figure caption",
    "Div .callout-note", "Div .callout-tip", "Div .callout-warning",
    "Div .callout-important", "Div .callout-caution", "Div .class",
    "Div title", "Div collapse",
    "Str", "Space", "SoftBreak", "Emph", "Strong", "Quoted", "Code", "Note",
    "Link", "Image", "Image fig-alt", "Image width",
    "Math InlineMath", "Math DisplayMath",
    "Cite @fig", "Cite @tbl", "Cite @sec",
}
# fmt: on
# Refused by its look, before pandoc reads it. Inline code is blanked before.
REFUSED = [
    (r"\s*(`{4,}|~{3,})", "fence code with three backticks"),
    (
        r"\s+```+\s*\{",
        "an indented cell does not run: start it at the left margin",
    ),
    (
        r"\s*```\s*(?!\{python\}$)\S*\s*\{",
        "a fence takes a language and nothing else",
    ),
    (r"\s*```\s*\S+\s+\S", "a fence takes a language and nothing else"),
    (r".*\{\{<", "a shortcode works in Quarto only"),
    (
        r"\s*<[A-Za-z!/]",
        "raw HTML does not reach the notebooks: write Markdown",
    ),
    (r".*\]\{", "attributes work on images and headings only, not on a [span]"),
    (
        r"(#|#{4,})\s",
        "a heading has two or three hashes; the title is front matter",
    ),
    (
        r"#{2,3}\s.*\{(?!#sec-[\w-]+\}\s*$)",
        "a heading takes {#sec-…} and nothing else",
    ),
    (r":::+\s*(?!\{\.[^{}]*\}\s*$)\S", "a div starts with ::: {.class}"),
]

# Quarto's markup, as patterns that find it where Quarto should have replaced it.
MARKUP = {
    "a fenced div": r":::",
    "a shortcode": r"\{\{<",
    "a reference": r"\?@|@(?:fig|tbl|sec)-",
    "an attribute": r"\{#|\{\.|\]\{",
    "a cell option": r"(?<!\S)#\|",
}


def leftovers(text: str, patterns: dict[str, str]) -> list[tuple[str, str]]:
    """Return what should not be left in a finished text.

    Args:
        text: the text, without its code.
        patterns: what to look for, such as `MARKUP`.

    Returns:
        A (what, match) for each place: a key of `patterns`, and what stands
        there.
    """
    return [
        (what, match[0])
        for what, pattern in patterns.items()
        for match in re.finditer(pattern, text)
    ]


def refuse_settings(project: Project) -> None:
    """Refuse what `_quarto.yml` and its like set for Quarto alone.

    Raises:
        PublishError: with a line for each setting that the built-in renderer
            does not have.
    """
    text = read_source(project.root / "_quarto.yml")
    refuse("_quarto.yml", unknown_settings(text))
    folders = {
        folder for page in project.pages for folder in Path(page).parents
    }
    files = [Path(name) for name in SETTINGS_FILES]
    files += [folder / FOLDER_SETTINGS for folder in sorted(folders)]
    for file in files:
        if (project.root / file).exists():
            raise PublishError(
                f"{file.as_posix()}: only Quarto reads settings from it: "
                "write them into `_quarto.yml`, and delete it."
            )


def refuse(name: str, faults: list[tuple[int, str]]) -> None:
    """Raise a PublishError if there are any faults.

    Args:
        name: the file that has them.
        faults: the line and the reason of each.
    """
    if faults:
        raise PublishError(
            "\n".join(f"{name}:{line}: {reason}." for line, reason in faults)
        )


def unknown_settings(text: str) -> list[tuple[int, str]]:
    """Return the settings in a piece of YAML that are not among `SETTINGS`.

    Returns:
        The line number and the reason of each fault; empty if all is well.
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return []  # who parses it says so
    return list(_refused_settings("", tree, 1)) if tree else []


def refuse_unknown(path: Path) -> list[tuple[int, str]]:
    """Return what a chapter must not use.

    Returns:
        The line number and the reason of each fault; empty if all is well.
    """
    text = read_source(path)
    front_matter = FRONT_MATTER.match(text)
    faults = unknown_settings("\n" + front_matter[1]) if front_matter else []
    in_notebook = has_notebook(path.parent, path.name)
    text = FRONT_MATTER.sub(_blank, text)
    faults += _refused_lines(text, cells_in_divs=not in_notebook)
    faults += _refused_annotations(text)
    return faults or _refused_elements(text)


def elements(text: str) -> list[tuple[str, str]]:
    """Return each element of a chapter's text, front matter aside.

    Returns:
        A (name, words) for each: its name as in `ALLOWED`, and the words in it.
    """
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", READER, "-t", "json"],
        input=CELL.sub(_blank, text),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return list(_walk(json.loads(done.stdout)["blocks"]))


def _refused_settings(
    name: str, node: yaml.Node, line: int
) -> Iterator[tuple[int, str]]:
    """Yield the line and the reason of each fault in a setting."""
    name = name.removeprefix("format.html.")
    values = SETTINGS.get(name)
    parts = f"{name}." if name else ""
    if values == ANY:
        return
    if not values and not any(known.startswith(parts) for known in SETTINGS):
        yield line, f"only Quarto knows the setting `{name}`: leave it out"
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            yield from _refused_settings(parts + key.value, value, line)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            line = item.start_mark.line + 1
            yield from _refused_settings(name, item, line)
    elif not _is_allowed(node.value, values or ""):
        setting = f"{name}: {node.value}"
        yield line, f"only Quarto knows the setting `{setting}`: leave it out"


def _is_allowed(written: str, values: str) -> bool:
    """Return whether a value is one of those that a pattern describes.

    Args:
        written: the value in YAML: `yes` is `True`, and nothing at all is fine.
        values: the pattern.
    """
    try:
        value = yaml.safe_load(written)
    except yaml.YAMLError:
        value = written
    return value is None or bool(re.fullmatch(values, str(value)))


def _blank(match: re.Match[str]) -> str:
    """Return as many empty lines as a match has."""
    return "\n" * match[0].count("\n")


def _refused_lines(text: str, cells_in_divs: bool) -> list[tuple[int, str]]:
    refused: list[tuple[int, str]] = []
    language, opened = None, 0  # of the fence around a line
    divs: list[int] = []  # the lines that open the divs around it
    for number, line in enumerate(text.splitlines(), 1):
        if language is not None:
            reason = _wrong_option(line) if language == "{python}" else None
            if CLOSING_FENCE.match(line):
                language = None
        else:
            reason = _wrong_line(line, bool(divs) and not cells_in_divs)
            if line.lstrip().startswith("```"):
                language, opened = line.strip().strip("`"), number
            if line.startswith(":::"):
                divs = [*divs, number] if line.strip(": ") else divs[:-1]
        if reason:
            refused.append((number, reason))
    unclosed = divs[-1:] if language is None else [opened]
    return refused + [(number, "this is never closed") for number in unclosed]


def _refused_annotations(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines of code that end with `# <1>` without such an item below."""
    for found in CODE_AND_LIST.finditer(text):
        items = len(re.findall(r"^\d+\.[ \t]", found["list"], re.MULTILINE))
        for mark in ANNOTATION.finditer(found["code"]):
            if not 1 <= int(mark[1]) <= items:
                start = found.start("code") + mark.start()
                yield (
                    1 + text[:start].count("\n"),
                    f"the list right below this code has no item {mark[1]}",
                )


def _wrong_option(line: str) -> str | None:
    option = re.match(r"#\|\s*([\w-]+):\s*(.*)", line)
    if not option:
        return None
    name, value = option.groups()
    if name not in OPTIONS:
        return f"the cell option `{name}` is not supported"
    if OPTIONS[name] == ANY or _is_allowed(value, OPTIONS[name]):
        return None
    return f"the cell option `{name}: {value}` is not supported"


def _wrong_line(line: str, in_div: bool) -> str | None:
    words = INLINE_CODE.sub("", line)
    for pattern, reason in REFUSED:
        if re.match(pattern, words):
            return reason
    if re.search(r"(?<!`)`\{python\}", line):
        return "inline code does not run in Colab: use a cell"
    if in_div and line.strip() == "```{python}":
        return "a cell inside a div is lost in the notebook: move it out"
    return None


def _refused_elements(text: str) -> list[tuple[int, str]]:
    refused = [
        (name, words) for name, words in elements(text) if name not in ALLOWED
    ]
    return [
        (_line(text, words), f"`{name}` is not among what chapters may use")
        for name, words in dict.fromkeys(refused)
    ]


def _walk(node: Any) -> Iterator[tuple[str, str]]:
    parts = node.values() if isinstance(node, dict) else node
    if isinstance(node, dict) and "t" in node:
        tag, content = node["t"], node.get("c", [])
        words = " ".join(_words(node))
        yield from ((name, words) for name in _names(tag, content))
        if tag in ("Cite", "Math"):  # they hold their own source
            parts = []
        elif tag in ("OrderedList", "Quoted"):  # after a word on their style
            parts = content[1:]
    for part in parts:
        if isinstance(part, dict | list):
            yield from _walk(part)


def _names(tag: str, content: Any) -> list[str]:
    """Return the names, as in `ALLOWED`, of a pandoc element."""
    if tag.startswith(("Align", "ColWidth")):
        return []  # parts of a table
    return NAMES[tag](content) if tag in NAMES else [tag]


def _header_names(content: Any) -> list[str]:
    level, (label, classes, pairs), _ = content
    return [
        f"Header {level}",
        *(["Header attributes"] if classes or pairs else []),
        *(["Header #sec"] if label.startswith("sec-") else []),
    ]


def _list_names(content: Any) -> list[str]:
    (_, style, end), _ = content
    return [f"OrderedList {style['t']} {end['t']}"]


def _code_names(content: Any) -> list[str]:
    (_, classes, _), _ = content
    return [" ".join(["CodeBlock", *classes])]


def _div_names(content: Any) -> list[str]:
    (_, classes, pairs), _ = content
    known = [c if c.startswith("callout-") else "class" for c in classes]
    return [f"Div .{name}" for name in known] + [
        f"Div {key}" for key, _ in pairs
    ]


def _table_names(content: Any) -> list[str]:
    return ["Table", *(["Table caption"] if content[1][1] else [])]


def _figure_names(content: Any) -> list[str]:
    label = "#fig" if content[0][0].startswith("fig-") else "without #fig-…"
    return [f"Figure {label}", *(["Figure caption"] if content[1][1] else [])]


def _image_names(content: Any) -> list[str]:
    return ["Image", *(f"Image {key}" for key, _ in content[0][2])]


def _math_names(content: Any) -> list[str]:
    return [f"Math {content[0]['t']}"]


def _cite_names(content: Any) -> list[str]:
    labels = [cited["citationId"] for cited in content[0]]
    return [f"Cite @{label.partition('-')[0]}" for label in labels]


NAMES: dict[str, Callable[[Any], list[str]]] = {
    "Header": _header_names,
    "OrderedList": _list_names,
    "CodeBlock": _code_names,
    "Div": _div_names,
    "Table": _table_names,
    "Figure": _figure_names,
    "Image": _image_names,
    "Math": _math_names,
    "Cite": _cite_names,
}


def _words(node: Any) -> Iterator[str]:
    """Yield the words of an element, to find its line by."""
    if isinstance(node, list):
        for part in node:
            yield from _words(part)
    elif isinstance(node, dict):
        tag, content = node.get("t"), node.get("c", [])
        if tag == "Str":
            yield content
        elif tag in ("Code", "CodeBlock", "RawInline", "RawBlock", "Math"):
            yield from str(content[1]).split()
        else:
            yield from _words(content)


def _line(text: str, words: str) -> int:
    """Return the first line that has the first of some words, or 1."""
    first = words.split()[:1]
    numbered = enumerate(text.splitlines(), 1)
    return next((n for n, line in numbered if first and first[0] in line), 1)
