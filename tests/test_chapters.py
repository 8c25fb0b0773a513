"""What the chapters promise: labels, honest numbers, fresh notebooks."""

import ast
import json
import re
from pathlib import Path

import pytest

from catdog.publish.chapter import read_chapter
from catdog.publish.dialect import refuse_unknown
from catdog.publish.notebooks import check_notebooks
from catdog.publish.project import read_project

ROOT = Path(__file__).parents[1]
PROJECT = read_project(ROOT)
# Cells that write prose with numbers in it, by their labels.
PROSE = re.compile(r"answers?|.*-words")
CHAPTERS = pytest.mark.parametrize("name", PROJECT.pages)


def test_site_has_a_start_page_and_a_chapter_for_each_section():
    assert len(PROJECT.pages) == 8 and PROJECT.pages[0] == "index.qmd"
    for number, name in enumerate(PROJECT.pages[1:], start=1):
        assert name.startswith(f"chapters/{number:02}-")
        title = read_chapter(PROJECT, name).meta["title"]
        assert title.startswith(f"{number}. ")


@CHAPTERS
def test_chapter_keeps_to_what_both_renderers_understand(name):
    assert refuse_unknown(ROOT / name) == []


@CHAPTERS
def test_every_cell_has_a_label_of_its_own(name):
    labels = [
        cell.metadata.options.get("label")
        for cell in read_chapter(PROJECT, name).code_cells
    ]
    assert all(labels) and len(set(labels)) == len(labels)


@CHAPTERS
def test_every_figure_has_a_caption_and_says_what_is_seen(name):
    for cell in read_chapter(PROJECT, name).code_cells:
        options = cell.metadata.options
        if options.label.startswith("fig-"):
            assert len(options["fig-cap"]) > 40 and len(options["fig-alt"]) > 40
        if options.label.startswith("tbl-"):
            assert options["tbl-cap"]


@CHAPTERS
def test_no_result_is_typed_into_the_text(name):
    for cell in read_chapter(PROJECT, name).notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.findall(
                r"\d+(?:[.,]\d+)? ?(?:%|per ?cent)", cell.source
            )


@CHAPTERS
def test_every_reference_has_its_label(name):
    text = (ROOT / name).read_text()
    assert set(re.findall(r"@((?:fig|tbl)-[\w-]+)", text)) <= set(
        re.findall(r"#\| label: ([\w-]+)", text)
    )


@CHAPTERS
def test_cells_that_write_prose_say_so_in_their_label(name):
    for cell in read_chapter(PROJECT, name).code_cells:
        if re.search(r"\bmarkdown\(", cell.source):
            assert PROSE.fullmatch(cell.metadata.options.label)


def test_notebooks_are_those_of_todays_chapters():
    assert check_notebooks(ROOT) == []


@CHAPTERS
def test_notebook_is_done_in_ten_minutes_on_a_gpu(name):
    """As far as our records tell: they were made on two processor cores, and a
    T4 is eight times as fast at the least. A minute goes for getting ready.
    """
    chapter = read_chapter(PROJECT, name)
    if name == "index.qmd":
        return
    seconds = {}
    for path in (ROOT / "assets/runs").glob("*.json"):
        run = json.loads(path.read_text())
        took = run["seconds"]  # other work on the machine only ever adds to it
        seconds[run["model"]] = min(took, seconds.get(run["model"], took))
    trainings = "\n".join(
        cell.source
        for cell in chapter.code_cells
        if "replay_or_train(" in cell.source
    )
    models = set(re.findall(r"models\.(model\d)\b", trainings))
    assert bool(models) == ("replay_or_train(" in trainings)
    if "BUILDERS" in trainings:
        models |= {model for model in seconds if model.startswith("model")}
    minutes = sum(seconds.get(model, 0) for model in models) / 60
    assert 1 + minutes / 8 <= chapter.meta["colab-minutes"] <= 10


def shown_functions(name):
    """The functions and classes whose source a chapter shows."""
    names, shown = {}, set()
    for cell in read_chapter(PROJECT, name).code_cells:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith(
                "catdog"
            ):
                exec(ast.unparse(node), names)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "source"
            ):
                things = eval(
                    f"[{', '.join(map(ast.unparse, node.args))}]", names
                )
                shown |= {f"{t.__module__}.{t.__qualname__}" for t in things}
    return shown


def promised_functions():
    """The chapter in which each docstring says that its function is shown."""
    chapters = {}
    for path in sorted((ROOT / "src/catdog").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                docstring = ast.get_docstring(node) or ""
                if "Shown in" in docstring:
                    last = docstring.split("\n\n")[-1]
                    match = re.fullmatch(r"Shown in chapter (\d)\.", last)
                    assert match, f"{module}.{node.name}: {last}"
                    chapters[f"{module}.{node.name}"] = int(match[1])
    return chapters


@CHAPTERS
def test_functions_say_in_which_chapter_they_are_shown(name):
    chapter = PROJECT.pages.index(name)
    assert shown_functions(name) == {
        function
        for function, number in promised_functions().items()
        if number == chapter
    }


def test_chapters_show_functions_of_many_modules():
    modules = {name.rsplit(".", 1)[0] for name in promised_functions()}
    assert {"catdog.models", "catdog.training", "catdog.evaluation"} <= modules
