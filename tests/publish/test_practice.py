"""The practice edition keeps headings, code and exercises."""

import ast
import builtins

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from projects import (
    SHORT,
    TUTORIAL,
    copy_with_repository,
    markdown_of,
    read_notebook,
    write,
)

from catdog.publish import notebooks, practice

NAMING = (
    ast.Name,
    ast.alias,
    ast.arg,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.FunctionDef,
)


def test_practice_edition_has_headings_code_and_exercises(tmp_path):
    project = copy_with_repository(tmp_path / "project", None)
    write(
        project / f"{SHORT}.qmd",
        '---\ntitle: "2. Short"\ndescription: "In a line."\n---\n\n'
        "Prose.\n\n## A heading\n\nMore prose.\n\n- a point\n\n"
        "```bash\n# no heading\n```\n\n"
        "```{python}\n#| label: fig-line\n#| fig-cap: 'A caption.'\nx = 1\n```\n\n"
        "## What we saw\n\n"
        "```{python}\n#| label: answers\n#| echo: false\nprint(x)\n```\n\n"
        "```{python}\n#| label: line-words\n#| echo: false\ny = 2\nprint(y)\n```\n\n"
        "## Try it yourself {#sec-end}\n\n1. What is `x`?\n2. Why?\n\n"
        "::: {.callout-tip title='Answer'}\nIt is 1.\n:::\n\n"
        "Next: [back](../index.qmd).\n",
    )
    notebooks.write_notebooks(project)
    edition = read_notebook(project, "practice/02-short.ipynb")
    code = [c.source for c in edition.cells if c.cell_type == "code"][1:]
    assert code == ["x = 1", "y = 2", "# Your turn."]
    assert markdown_of(edition) == (
        f"# 2. Short\n\nIn a line.\n\n{practice.NOTE}\n\n"
        "## A heading\n\n## What we saw\n\n## Try it yourself\n\n"
        "1.  What is `x`?\n2.  Why?"
    )


@pytest.mark.parametrize(
    "path",
    sorted(TUTORIAL.glob("assets/notebooks/**/*.ipynb")),
    ids=lambda path: path.relative_to(TUTORIAL / "assets/notebooks").as_posix(),
)
def test_every_name_is_defined_before_its_use(path):
    """Above all where the practice edition has left cells out."""
    known = {*dir(builtins), "get_ipython"}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            code = TransformerManager().transform_cell(cell.source)
            names = [
                node
                for node in ast.walk(ast.parse(code))
                if isinstance(node, NAMING)
            ]
            for node in names:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    known.add(node.name)
                elif isinstance(node, ast.alias):
                    known.add((node.asname or node.name).split(".")[0])
                elif isinstance(node, ast.arg):
                    known.add(node.arg)
                elif isinstance(node, ast.ExceptHandler):
                    known.add(node.name)
                elif not isinstance(node.ctx, ast.Load):
                    known.add(node.id)
            used = {
                node.id
                for node in names
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            assert used <= known, f"{path.name}, cell {cell.id}"
