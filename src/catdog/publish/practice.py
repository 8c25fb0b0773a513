"""The practice edition of a notebook: its headings, its code and its exercises."""

import ast
import copy
import re

import nbformat
from nbformat import NotebookNode

NOTE = (
    "*Practice edition: headings, code and exercises. "
    "Before you run a cell, say what it will do.*"
)
# Cells that write prose with numbers in it, by their labels.
PROSE = re.compile(r"answers?|.*-words")
HEADING = re.compile(r"#+ ")
LIST_LINE = re.compile(r"\d+\. |[-*] |  |$")
EXERCISES = "Try it yourself"


def practice_edition(whole: NotebookNode) -> NotebookNode:
    """Return the practice edition of a notebook.

    Prose is cut to headings and exercises, and what answers a question is left
    out. Of code that writes answers, all but the last expression stays: a later
    cell may need its values.

    Args:
        whole: the notebook with all its text, which starts with its title.
    """
    edition = copy.deepcopy(whole)
    title, *rest = edition.cells
    title.source += f"\n\n{NOTE}"
    edition.cells = [title]
    for cell in rest:
        _cut(cell)
        if cell.source:
            edition.cells.append(cell)
        if cell.cell_type == "markdown" and EXERCISES in cell.source:
            edition.cells.append(
                nbformat.v4.new_code_cell("# Your turn.", id="your-turn")
            )
    return edition


def _cut(cell: NotebookNode) -> None:
    if cell.cell_type == "markdown":
        cell.source = _headings_and_exercises(cell.source)
    elif PROSE.fullmatch(cell.id):
        source = _without_last_value(cell.source)
        if source != cell.source:  # what is left is for the reader to see
            cell.source, cell.metadata = source, nbformat.from_dict({})


def _without_last_value(source: str) -> str:
    """Cut the expression at the end of a cell, which is what it shows."""
    last = ast.parse(source).body[-1]
    if not isinstance(last, ast.Expr):
        return source
    return "\n".join(source.splitlines()[: last.lineno - 1]).strip()


def _headings_and_exercises(text: str) -> str:
    kept, in_exercises, in_code = [], False, False
    for line in text.splitlines():
        in_code ^= line.lstrip("> ").startswith("```")
        if not in_code and HEADING.match(line):
            kept += ["", line, ""]
            in_exercises = line.endswith(EXERCISES)
        elif in_exercises and LIST_LINE.match(line):
            kept.append(line)
        else:
            in_exercises = False
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
