"""Notebooks: the chapters for Google Colab, with clean Markdown and no outputs.

Each chapter makes two: one with all its text, and a practice edition with the
headings, the code and the exercises alone.
"""

import ast
import itertools
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from catdog.publish import colab_links, wheel
from catdog.publish.chapter import Chapter, read_chapter
from catdog.publish.dialect import INLINE_CODE
from catdog.publish.links import check
from catdog.publish.pages import page
from catdog.publish.pandoc import compose, fenced, floating, pandoc
from catdog.publish.project import PublishError, read_project

MARKDOWN = "commonmark+pipe_tables+tex_math_dollars-raw_html"
CELL_MARK = re.compile(r"^\u240c$", re.MULTILINE)  # written by filter.lua
END = "\u240d"  # between the text and each name to look up
REFERENCE = re.compile(r"@(?:fig|tbl|sec)-[\w-]+")
# The chapters that pandoc's filter leaves as links to files beside the notebook.
NEIGHBOUR = re.compile(r"\[([^]]*)\]\(([\w-]+\.ipynb)\)")
SET_UP = """\
# Google Colab gets the package of this tutorial here. Elsewhere, install it first.
import sys
from glob import glob

if "google.colab" in sys.modules:
    package = sorted(glob("catdog-*.whl"))
{source}
    !pip install --quiet --no-deps {{package[-1]}}

from catdog import colab

colab.set_up()
"""
FROM_REPOSITORY = "    package = package or [{address!r}]"
FROM_READER = """\
    if not package:
        from google.colab import files

        print("Choose the file catdog-….whl that came with this notebook.")
        package = list(files.upload()) or sys.exit("No package, no chapter.")"""
PRACTICE = (
    "*Practice edition: headings, code and exercises. "
    "Before you run a cell, say what it will do.*"
)
METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
# Colab and Jupyter fold these cells, and still run them.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}
# Cells that write prose with numbers in it, by their labels.
PROSE = re.compile(r"answers?|.*-words")
HEADING = re.compile(r"#+ ")
EXERCISES = "Try it yourself"
LEFTOVERS = {
    "a fenced div": r":::",
    "a shortcode": r"\{\{<",
    "a reference": r"\?@|@(?:fig|tbl|sec)-",
    "an attribute": r"\{#|\{\.|\]\{",
    "a cell option": r"^#\|",
    "a link within the page": r"\]\(#",
    "a link to a chapter's source": r"\.qmd\b",
    "raw HTML": r"</?[A-Za-z][\w-]*(?:\s[^>]*)?/?>|<!--",
}


def write_notebooks(root: Path) -> list[Path]:
    """Write both notebooks of each chapter of the project in `root`, the pages'
    lines about them, and the package's wheel; return the files.

    Raises PublishError for whatever is wrong with a chapter, and then writes
    nothing.
    """
    made = _made(root, colab_links.repository(read_project(root)))
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    built = wheel.build(root)
    return [*made, *([built] if built else [])]


def check_notebooks(root: Path) -> list[str]:
    """The names of notebooks that are missing, differ from their chapter, or
    have none.

    Where `_quarto.yml` names no repository, the notebooks may keep the one that
    they have: a clone's `origin` makes no notebook stale.

    Raises PublishError for whatever is wrong with a chapter.
    """
    project = read_project(root)
    kept = colab_links.written(root)["repository"]
    said = project.website.get("repo-url")
    made = _made(root, colab_links.repository(project) if said else kept)
    folder = project.root / colab_links.FOLDER
    stale = {
        path
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    stale |= set(folder.rglob("*.ipynb")) - made.keys()
    return sorted(path.relative_to(folder).as_posix() for path in stale)


def _made(root: Path, repository: str | None) -> dict[Path, str]:
    project = read_project(root)
    chapters = [read_chapter(project, name) for name in project.pages]
    check(project, {chapter.name: page(chapter) for chapter in chapters})
    chapters = [c for c in chapters if Path(c.name).stem != "index"]
    folder = project.root / colab_links.FOLDER
    made = {
        project.root / colab_links.FILE: colab_links.as_json(
            chapters, repository
        )
    }
    for chapter in chapters:
        name = f"{Path(chapter.name).stem}.ipynb"
        whole = notebook(chapter, repository)
        made[folder / name] = _text(whole)
        made[folder / "practice" / name] = _text(practice(whole))
    return made


def notebook(chapter: Chapter, repository: str | None = None) -> NotebookNode:
    """A chapter as a notebook, which gets the package from a repository or, if
    there is none, from its reader.

    Raises PublishError where Quarto's own markup would be left in it.
    """
    hidden = {"echo": False, "include": False, "code-fold": True}
    runs = [
        c for c in chapter.code_cells if c.metadata.options.get("eval", True)
    ]
    # Texts that cells write may refer to figures, too: their names go last.
    names = [name for cell in runs for name in REFERENCE.findall(cell.source)]
    document = "\n\n".join(
        [compose(chapter, _cell), *(f"{END}\n\n{name}" for name in names)]
    )
    text, *words = pandoc(document, MARKDOWN).split(END)
    words = dict(zip(names, map(str.strip, words), strict=True))
    texts = CELL_MARK.split(text)
    head = [chapter.meta["title"], chapter.meta.get("description", "")]
    time = colab_links.minutes(chapter)
    head = (
        f"# {head[0]}\n\n{head[1]}\n\n{f'*We expect {time}.*' if time else ''}"
    )
    made = nbformat.v4.new_notebook(metadata=METADATA)
    made.cells = [_markdown(head, "title"), _code(_set_up(chapter, repository))]
    for number, (text, cell) in enumerate(
        itertools.zip_longest(texts, runs), 1
    ):
        if text.strip():
            text = _neighbours(chapter, repository, text)
            made.cells.append(_markdown(text, f"text-{number}"))
        if cell:
            options = cell.metadata.options
            name = options.get("label") or f"cell-{number}"
            folded = any(options.get(key) == hidden[key] for key in hidden)
            source = REFERENCE.sub(lambda found: words[found[0]], cell.source)
            made.cells.append(_code(source, name, folded))
    faults = leftovers(made)
    if faults:
        raise PublishError(
            "\n".join(f"{chapter.name}: {fault}." for fault in faults)
        )
    return made


def practice(whole: NotebookNode) -> NotebookNode:
    """The practice edition of a notebook: prose is cut to headings, and what
    answers a question is left out. Of code that writes answers, the values stay
    that they are made of: a later cell may need them.
    """
    head, *rest = whole.cells
    made = nbformat.v4.new_notebook(metadata=whole.metadata)
    made.cells = [_markdown(f"{head.source}\n\n{PRACTICE}", head.id)]
    for cell in rest:
        if cell.cell_type == "code":
            source = cell.source
            if PROSE.fullmatch(cell.id):
                source = _without_words(source)
            if source:
                folded = source == cell.source and bool(cell.metadata)
                made.cells.append(_code(source, cell.id, folded))
        elif cell.cell_type == "markdown" and _skeleton(cell.source):
            made.cells.append(_markdown(_skeleton(cell.source), cell.id))
            if EXERCISES in cell.source:
                made.cells.append(_code("# Your turn.", "your-turn"))
    return made


def _without_words(source: str) -> str:
    last = ast.parse(source).body[-1]
    if not isinstance(last, ast.Expr):
        return source
    return "\n".join(source.splitlines()[: last.lineno - 1]).strip()


def _skeleton(text: str) -> str:
    kept, exercises, fence = [], False, False
    for line in text.splitlines():
        fence ^= line.lstrip("> ").startswith("```")
        if not fence and HEADING.match(line):
            kept += ["", line, ""]
            exercises = line.endswith(EXERCISES)
        elif exercises and re.match(r"\d+\. |[-*] |  |$", line):
            kept.append(line)
        else:
            exercises = False
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def leftovers(notebook: NotebookNode) -> list[str]:
    """What Colab would show as it stands: Quarto's markup, and raw HTML.

    A line for each, with the cell's id; none if all is well. Code in a text is
    not looked at, a code cell for options and references only.
    """
    found = []
    for cell in notebook.cells:
        text = cell.source
        reasons = LEFTOVERS
        if cell.cell_type == "code":
            reasons = {
                why: LEFTOVERS[why]
                for why in ("a reference", "a cell option", "a shortcode")
            }
        else:
            text = re.sub(r"(?ms)^[> ]*```.*?^[> ]*```", "", text)
            text = INLINE_CODE.sub("", text)
        for why, pattern in reasons.items():
            for match in re.finditer(pattern, text, re.MULTILINE):
                found.append(f"the cell {cell.id} has {why} left: {match[0]}")
    return found


def _neighbours(chapter: Chapter, repository: str | None, text: str) -> str:
    """Links to other chapters: to their notebooks in Colab, else as words."""

    def link(found):
        words, file = found.groups()
        address = colab_links.in_colab(chapter.project, repository, file)
        return f"[{words}]({address})" if address else f"{words} (`{file}`)"

    return NEIGHBOUR.sub(link, text)


def _set_up(chapter: Chapter, repository: str | None) -> str:
    address = colab_links.for_pip(chapter.project, repository)
    source = FROM_REPOSITORY.format(address=address) if address else FROM_READER
    return SET_UP.format(source=source)


def _cell(cell, number: int) -> str:
    options = cell.metadata.options
    if options.get("eval") is False:
        return fenced(cell.source, "python")
    return fenced("", "{.cell-code}") + "\n\n" + (floating(options) or "")


def _markdown(text: str, name: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text.strip(), id=name)


def _code(
    source: str, name: str = "set-up-for-colab", folded: bool = False
) -> NotebookNode:
    return nbformat.v4.new_code_cell(
        source.strip(), id=name[:64], metadata=FOLDED if folded else {}
    )


def _text(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
