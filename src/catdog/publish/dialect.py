"""What a chapter may use: Markdown that Quarto, our renderer and Colab read alike."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypandoc

FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
CELL = re.compile(r"^```\{python\}\n.*?^```$", re.DOTALL | re.MULTILINE)
READER = "markdown-yaml_metadata_block-pandoc_title_block"

# Options of code cells, written `#| name: value`.
OPTIONS = {
    *("label", "echo", "output", "include", "eval", "warning"),
    *("code-fold", "code-summary", "fig-cap", "fig-alt", "tbl-cap"),
}
# Elements of the text, by pandoc's names. Nothing else may stand in a chapter.
ALLOWED = {
    *(
        "Para",
        "Plain",
        "BlockQuote",
        "BulletList",
        "OrderedList Decimal Period",
    ),
    *("Header 2", "Header 3", "Header #sec"),
    *("CodeBlock bash", "CodeBlock text", "CodeBlock python"),
    *("Table", "Table caption", "Figure #fig", "Figure caption"),
    *("Div .callout-note", "Div .callout-tip", "Div .callout-warning"),
    *("Div .callout-important", "Div .callout-caution", "Div .class"),
    *("Div title", "Div collapse"),
    *(
        "Str",
        "Space",
        "SoftBreak",
        "Emph",
        "Strong",
        "Quoted",
        "Code",
        "Note",
        "Link",
    ),
    *(
        "Image",
        "Image fig-alt",
        "Image width",
        "Math InlineMath",
        "Math DisplayMath",
    ),
    *("Cite @fig", "Cite @tbl", "Cite @sec"),
}
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


def refuse_unknown(path: Path) -> list[tuple[int, str]]:
    """What a chapter must not use, as (line, reason); empty if all is well."""
    text = path.read_text(encoding="utf-8")
    text = FRONT_MATTER.sub(lambda front: "\n" * front[0].count("\n"), text)
    return _refused_lines(text) or _refused_elements(text)


def _refused_lines(text: str) -> list[tuple[int, str]]:
    found, fence, opened, divs = [], None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if fence is not None:
            option = re.match(r"#\|\s*([\w-]+):", line)
            if fence == "{python}" and option and option[1] not in OPTIONS:
                found.append(
                    (number, f"the cell option `{option[1]}` is not supported")
                )
            if re.match(r"\s*```\s*$", line):
                fence = None
            continue
        words = INLINE_CODE.sub("", line)
        reasons = [why for pattern, why in REFUSED if re.match(pattern, words)]
        if re.search(r"(?<!`)`\{python\}", line):
            reasons.append("inline code does not run in Colab: use a cell")
        if line.lstrip().startswith("```"):
            fence, opened = line.strip().strip("`"), number
        if line.startswith(":::"):
            divs = [*divs, number] if line.strip(": ") else divs[:-1]
        if divs and fence == "{python}":
            reasons.append("a cell inside a div is lost: move it out")
        found += [(number, why) for why in reasons[:1]]
    left = divs[-1:] if fence is None else [opened]
    return found + [(number, "this is never closed") for number in left]


def _refused_elements(text: str) -> list[tuple[int, str]]:
    found = [
        (name, said) for name, said in elements(text) if name not in ALLOWED
    ]
    return [
        (_line(text, said), f"`{name}` is not among what chapters may use")
        for name, said in dict.fromkeys(found)
    ]


def elements(text: str) -> list[tuple[str, str]]:
    """Each element of a chapter's text as (name as in `ALLOWED`, its first words)."""
    text = CELL.sub(lambda cell: "\n" * cell[0].count("\n"), text)
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", READER, "-t", "json"],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return list(_walk(json.loads(done.stdout)["blocks"]))


def _walk(node) -> Iterator[tuple[str, str]]:
    parts = node.values() if isinstance(node, dict) else node
    if isinstance(node, dict) and "t" in node:
        kind, content = node["t"], node.get("c", [])
        said = " ".join(_words(node))
        yield from ((name, said) for name in _names(kind, content))
        if kind in ("Cite", "Math"):  # they hold their own source
            parts = []
        elif kind in ("OrderedList", "Quoted"):  # after a word on their style
            parts = content[1:]
    for part in parts:
        if isinstance(part, dict | list):
            yield from _walk(part)


def _names(kind: str, content) -> list[str]:
    if kind.startswith(("Align", "ColWidth")):
        return []  # parts of a table
    if kind == "Header":
        level, (label, classes, pairs), _ = content
        extra = ["Header attributes"] if classes or pairs else []
        return [f"Header {level}", *extra] + ["Header #sec"] * label.startswith(
            "sec-"
        )
    if kind == "OrderedList":
        (_, style, end), _ = content
        return [f"OrderedList {style['t']} {end['t']}"]
    if kind == "CodeBlock":
        return [" ".join(["CodeBlock", *content[0][1]])]
    if kind == "Div":
        classes, keys = content[0][1], [key for key, _ in content[0][2]]
        known = [c if c.startswith("callout-") else "class" for c in classes]
        return [f"Div .{name}" for name in known] + [
            f"Div {key}" for key in keys
        ]
    if kind in ("Table", "Figure"):
        named = [f"{kind} caption"] if content[1][1] else []
        label = content[0][0]
        fig = "#fig" if label.startswith("fig-") else "without #fig-…"
        own = f"Figure {fig}" if kind == "Figure" else "Table"
        return [own, *named]
    if kind == "Image":
        return ["Image", *(f"Image {key}" for key, _ in content[0][2])]
    if kind == "Math":
        return [f"Math {content[0]['t']}"]
    if kind == "Cite":
        kinds = (cited["citationId"].partition("-")[0] for cited in content[0])
        return [f"Cite @{name}" for name in kinds]
    return [kind]


def _words(node) -> Iterator[str]:
    """The first words of an element, to find its line by."""
    if isinstance(node, dict):
        if node.get("t") == "Str":
            yield node["c"]
        elif node.get("t") in (
            "Code",
            "CodeBlock",
            "RawInline",
            "RawBlock",
            "Math",
        ):
            yield from str(node["c"][1]).split()
        else:
            yield from _words(node.get("c", []))
    elif isinstance(node, list):
        for part in node:
            yield from _words(part)


def _line(text: str, said: str) -> int:
    """The first line that has the first word of an element, or 1."""
    words = said.split()[:1]
    numbered = enumerate(text.splitlines(), 1)
    return next((n for n, line in numbered if words and words[0] in line), 1)
