"""The practice edition of a notebook: all of it, with blanks in the key lines.

Which blanks, says one file for all chapters, `chapters/_practice.yml`. Quarto
passes over files whose names start like this.

    02-first-model:                  # a chapter
      compile:                       # the label of one of its cells
        blanks: ["from_logits=True"] # each stands once in its code
        check: "model.loss.from_logits"
        hint: "The last layer gives plain sums."

The check is a Python expression that is true if all is right.
"""

import ast
import copy
import json
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode

from catdog.publish.project import (
    Project,
    PublishError,
    parse_yaml,
    read_source,
)

FILE = "chapters/_practice.yml"
# Four lines: three are a name in IPython, the third last output, so that a blank
# which was left alone might pass unnoticed.
BLANK = "____"
NOTE = (
    "*Practice edition. Before you run a cell, say what it will do. "
    f"Where you see `{BLANK}`, fill in what is missing; "
    "the cell below tells whether you are right.*"
)
CHECK = "from catdog.practice import check\ncheck(lambda: {check}, {hint})"
ANSWERS = "# @title Answers"  # which Colab shows in place of the folded code
# Metadata of cells whose code Colab and Jupyter fold; it still runs.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


@dataclass(frozen=True)
class Exercise:
    """A cell to complete.

    Attributes:
        blanks: pieces of its code that are left out, each in one line.
        check: a Python expression that is true if all is right.
        hint: a sentence for those who are not right yet.
    """

    blanks: list[str]
    check: str
    hint: str


Exercises = dict[str, Exercise]  # by the labels of cells


def read_exercises(
    project: Project, chapters: list[str]
) -> dict[str, Exercises]:
    """Read `chapters/_practice.yml`, if there is one.

    Args:
        project: the project.
        chapters: names of the chapters that have a notebook, such as
            `02-first-model`.

    Returns:
        The exercises of each chapter that has any, by its name.

    Raises:
        PublishError: if the file is no YAML, names another chapter, or lacks
            something.
    """
    file = project.root / FILE
    if not file.exists():
        return {}
    found: dict[str, Exercises] = {}
    for chapter, cells in parse_yaml(read_source(file), FILE).items():
        if chapter not in chapters:
            raise PublishError(
                f"{FILE}: no chapter {chapter} has a notebook: "
                f"write one of {', '.join(chapters)}."
            )
        if not isinstance(cells, dict):
            raise PublishError(
                f"{FILE}: {chapter}: write the label of a cell, and below it "
                "`blanks:`, `check:` and `hint:`."
            )
        found[chapter] = {
            str(label): _exercise(entry, f"{FILE}: {chapter}: {label}")
            for label, entry in cells.items()
        }
    return found


def practice_edition(
    whole: NotebookNode, exercises: Exercises, where: str
) -> NotebookNode:
    """Return the practice edition of a notebook.

    After each cell with blanks come a cell that checks what was filled in, and
    one with the answers, folded and in comments: who runs all cells keeps what
    they wrote.

    Args:
        whole: the notebook, which starts with its title.
        exercises: what to leave out in which cells.
        where: the chapter's name, for error messages.

    Raises:
        PublishError: if no cell has an exercise's label, or if a blank does not
            stand in its cell exactly once.
    """
    edition = copy.deepcopy(whole)
    edition.cells[0].source += f"\n\n{NOTE}"
    labels = {cell.id for cell in edition.cells if cell.cell_type == "code"}
    for label in exercises:
        if label not in labels:
            raise PublishError(
                f"{FILE}: {where} has no code cell with the label {label}: "
                "correct it."
            )
    edition.cells = [
        part
        for cell in edition.cells
        for part in (
            _with_blanks(cell, exercises[cell.id], f"{FILE}: {where}")
            if cell.id in exercises
            else [cell]
        )
    ]
    return edition


def fill_in(edition: NotebookNode) -> NotebookNode:
    """Return a practice edition with its answers filled in, for tests."""
    filled = copy.deepcopy(edition)
    for cell, _, answers in zip(
        filled.cells, filled.cells[1:], filled.cells[2:], strict=False
    ):
        if cell.cell_type == "code" and answers.source.startswith(ANSWERS):
            lines = iter(answers.source.splitlines()[1:])
            cell.source = "\n".join(
                next(lines).removeprefix("# ") if BLANK in line else line
                for line in cell.source.split("\n")
            )
    return filled


def _exercise(entry: Any, where: str) -> Exercise:
    known: dict[str, Any] = entry if isinstance(entry, dict) else {}
    blanks: Any = known.get("blanks")
    check: Any = known.get("check")
    hint: Any = known.get("hint")
    if not _are_texts(blanks) or any("\n" in text for text in blanks):
        raise PublishError(
            f"{where}: `blanks:` must be a list of pieces of code, none longer "
            "than a line."
        )
    if not _are_texts([check]) or not _is_expression(check):
        raise PublishError(f"{where}: `check:` must be a Python expression.")
    if not _are_texts([hint]):
        raise PublishError(f"{where}: `hint:` must be a sentence.")
    unknown = known.keys() - {"blanks", "check", "hint"}
    if unknown:
        raise PublishError(
            f"{where}: `{min(unknown)}:` is none of `blanks:`, `check:` and "
            "`hint:`."
        )
    return Exercise(blanks, check.strip(), hint.strip())


def _are_texts(values: Any) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(text, str) and text.strip() for text in values)
    )


def _is_expression(text: str) -> bool:
    """Return whether a text can stand after `lambda:` in a call."""
    try:
        call = ast.parse(f"check(lambda: {text.strip()})", mode="eval").body
    except SyntaxError:
        return False
    return isinstance(call, ast.Call) and [*map(type, call.args)] == [
        ast.Lambda
    ]


def _with_blanks(
    cell: NotebookNode, exercise: Exercise, where: str
) -> list[NotebookNode]:
    """Return a cell with blanks, the one that checks it, and its answers."""
    source = cell.source
    for text in exercise.blanks:
        times = cell.source.count(text)
        if times != 1:
            raise PublishError(
                f"{where}: {cell.id}: the cell has `{text}` {times} times: "
                "write a piece of its code that stands there once."
            )
        if text not in source:
            raise PublishError(
                f"{where}: {cell.id}: `{text}` is part of another blank: "
                "leave out one of the two."
            )
        source = source.replace(text, BLANK)
    answers = [
        f"# {whole}"
        for whole, line in zip(
            cell.source.split("\n"), source.split("\n"), strict=True
        )
        if BLANK in line
    ]
    cell.source = source
    cell.metadata = nbformat.from_dict({})  # open, whatever it was
    hint = json.dumps(exercise.hint, ensure_ascii=False)
    checks = CHECK.format(check=exercise.check, hint=hint)
    name = cell.id[:50]  # 64 characters are the most
    return [
        cell,
        nbformat.v4.new_code_cell(checks, id=f"check-{name}"),
        nbformat.v4.new_code_cell(
            "\n".join([ANSWERS, *answers]),
            id=f"answers-{name}",
            metadata=FOLDED,
        ),
    ]
