"""The practice edition: the whole notebook, with blanks that can be checked."""

import nbformat
import pytest
from projects import TUTORIAL, execute_cells, read_notebook, write, write_draft
from undefined import undefined_names

from catdog.publish import notebooks, practice
from catdog.publish.practice import BLANK, fill_in
from catdog.publish.project import PublishError

CHAPTER = """\
---
title: "1. Sums"
---

All prose stays.

```{python}
#| label: listing
#| code-fold: true
def double(x):
    if x:
        return 2 * x
    return 0
```

More prose.

```{python}
#| label: sum
total = sum([double(1), double(2)], start=1)
print("the total is", total)
```

```{python}
#| label: answers
#| echo: false
print("answered", total)
```

## Try it yourself

1. Why?
"""
PLAIN = "---\ntitle: 2. Plain\n---\n\nWords.\n\n```{python}\n1\n```\n"
EXERCISES = """\
01-sums:
  listing:
    blanks: ["if x:", "2 * x"]
    check: "double(3) == 6 and double(0) == 0"
    hint: 'What is "double"?'
  sum:
    blanks: ["double(1)", "start=1"]
    check: total == 7
    hint: Count again – from one.
"""


@pytest.fixture
def project(tmp_path):
    """A project with two chapters; the first one has exercises."""
    project = write_draft(tmp_path / "project", "Start here.")
    pages = "project: {render: [index.qmd, chapters/*.qmd]}\n"
    write(project / "_quarto.yml", pages)
    write(project / "chapters/01-sums.qmd", CHAPTER)
    write(project / "chapters/02-plain.qmd", PLAIN)
    write(project / practice.FILE, EXERCISES)
    return project


@pytest.fixture
def edition(project):
    notebooks.write_notebooks(project)
    return read_notebook(project, "practice/01-sums.ipynb")


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def run(edition, folder):
    """What each cell prints, by its id; the first cell is left out."""
    cells = [c for c in edition.cells if c.id != "set-up-for-colab"]
    execute_cells(cells, folder, allow_errors=True)
    return {
        cell.id: "".join(
            output.get("text") or output.ename for output in cell.outputs
        )
        for cell in cells
        if cell.cell_type == "code"
    }


def test_blank_check_and_answers_follow_one_another(project, edition):
    whole = read_notebook(project, "01-sums.ipynb")
    ids = [cell.id for cell in edition.cells]
    at = ids.index("sum")
    assert ids[at : at + 3] == ["sum", "check-sum", "answers-sum"]
    cells = by_id(edition)
    assert cells["sum"].source.splitlines() == [
        f"total = sum([{BLANK}, double(2)], {BLANK})",
        'print("the total is", total)',
    ]
    assert cells["listing"].source == (
        f"def double(x):\n    {BLANK}\n        return {BLANK}\n    return 0"
    )
    assert cells["check-listing"].source == (
        "from catdog.practice import check\n"
        "check(lambda: double(3) == 6 and double(0) == 0, "
        '"What is \\"double\\"?")'
    )
    assert not cells["check-sum"].metadata
    assert cells["answers-listing"].source.splitlines()[1:] == [
        "#     if x:",
        "#         return 2 * x",
    ]
    assert cells["answers-listing"].metadata.jupyter.source_hidden
    # Who is to fill in the blanks must see them.
    assert by_id(whole)["listing"].metadata and not cells["listing"].metadata


def test_all_else_is_as_in_the_whole_notebook(project, edition):
    plain = read_notebook(project, "practice/02-plain.ipynb")
    whole = read_notebook(project, "02-plain.ipynb")
    whole.cells[0].source += f"\n\n{practice.NOTE}"
    assert plain == whole
    whole = by_id(read_notebook(project, "01-sums.ipynb"))
    kept = {
        cell.id: cell
        for cell in edition.cells[1:]
        if not cell.id.endswith(("sum", "listing"))
    }
    assert kept == {key: whole[key] for key in kept}
    assert kept["answers"].metadata.jupyter.source_hidden


def test_filled_in_notebook_runs_and_all_is_right(project, edition):
    filled = by_id(fill_in(edition))
    whole = by_id(read_notebook(project, "01-sums.ipynb"))
    for label in ("listing", "sum"):
        assert filled[label].source == whole[label].source
    printed = run(fill_in(edition), project)
    assert printed == {
        "listing": "",
        "check-listing": "Right.\n",
        "answers-listing": "",
        "sum": "the total is 7\n",
        "check-sum": "Right.\n",
        "answers-sum": "",
        "answers": "answered 7\n",
    }


def test_blanks_are_not_yet_right(project, edition):
    printed = run(edition, project)
    assert printed["check-listing"] == 'Not yet: What is "double"?\n'
    assert printed["sum"] == "NameError"
    assert printed["check-sum"] == "Not yet: Count again – from one.\n"


def test_wrong_answer_is_not_yet_right(project, edition):
    filled = fill_in(edition)
    cell = by_id(filled)["sum"]
    cell.source = cell.source.replace("start=1", "start=2")
    printed = run(filled, project)
    assert printed["sum"] == "the total is 8\n"
    assert printed["check-sum"] == "Not yet: Count again – from one.\n"


def test_listing_may_have_blanks(project, monkeypatch):
    write(project / "made_sums.py", "def once(x):\n    return 1 * x\n")
    monkeypatch.syspath_prepend(project)
    write(
        project / "chapters/02-plain.qmd",
        "---\ntitle: 2. Plain\n---\n\n```{python}\nfrom made_sums import once\n"
        "from catdog.report.markdown import source\n```\n\n"
        "```{python}\n#| label: once\n#| echo: false\nsource(once)\n```\n",
    )
    entry = (
        "02-plain: {once: {blanks: [1 * x], check: once(2) == 2, hint: Hm.}}"
    )
    write(project / practice.FILE, entry)
    notebooks.write_notebooks(project)
    cells = by_id(read_notebook(project, "practice/02-plain.ipynb"))
    assert cells["once"].source == f"def once(x):\n    return {BLANK}"


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("01-sums:", "01-sum:", "no chapter 01-sum has a notebook: write one"),
        ("  sum:", "  product:", "01-sums has no code cell .* label product"),
        ("double(1)", "double(9)", r"sum: the cell has `double\(9\)` 0 times"),
        ("double(1)", "total", "sum: the cell has `total` 3 times"),
        ("2 * x", "x:", "`x:` is part of another blank"),
        ("2 * x", "0\\n", "listing: `blanks:` must be a list"),
        ('["if x:", "2 * x"]', "if x", "listing: `blanks:` must be a list"),
        ('["if x:", "2 * x"]', "[]", "listing: `blanks:` must be a list"),
        ('["if x:", "2 * x"]', "[1]", "listing: `blanks:` must be a list"),
        ("total == 7", "total = 7", "sum: `check:` must be a Python expr"),
        ("total == 7", "total, 7", "sum: `check:` must be a Python expr"),
        ("total == 7", "1) + (7", "sum: `check:` must be a Python expr"),
        ("    check: total == 7\n", "", "sum: `check:` must be a Python expr"),
        ("hint: Count", "hint: [] # ", "sum: `hint:` must be a sentence"),
        ("    hint: Count", "    # ", "sum: `hint:` must be a sentence"),
        ("    hint: Count", "    more: 1\n    hint: ", "`more:` is none of"),
        (EXERCISES, "01-sums: [sum]", "01-sums: write the label of a cell"),
        (EXERCISES, "01-sums: {sum: 1}", "sum: `blanks:` must be a list"),
        (EXERCISES, "- sum", "expected lines of the form"),
        (EXERCISES, "sum: [", "not valid YAML"),
    ],
)
def test_fault_in_the_file_gets_one_sentence(project, old, new, match):
    assert EXERCISES.count(old) == 1
    write(project / practice.FILE, EXERCISES.replace(old, new))
    with pytest.raises(PublishError, match=match) as caught:
        notebooks.write_notebooks(project)
    message = str(caught.value)
    assert message.startswith(practice.FILE) and "\n" not in message
    assert not (project / "assets").exists()


def test_chapter_without_a_notebook_has_no_exercises(project):
    path = project / "chapters/01-sums.qmd"
    write(path, CHAPTER.replace("---\n", "---\nnotebook: false\n", 1))
    with pytest.raises(PublishError, match="no chapter 01-sums has a notebook"):
        notebooks.write_notebooks(project)


@pytest.mark.parametrize(
    "path",
    sorted(TUTORIAL.glob("assets/notebooks/**/*.ipynb")),
    ids=lambda path: path.relative_to(TUTORIAL / "assets/notebooks").as_posix(),
)
def test_every_name_is_defined_before_its_use(path):
    """Above all in listings, which were written for another module."""
    whole = fill_in(nbformat.read(path, as_version=4))
    assert undefined_names(whole) == []
