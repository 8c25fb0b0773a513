"""What the chapters promise: labels, honest numbers, fluent words, fresh notebooks."""

import ast
import importlib
import json
import re
import types
from pathlib import Path

import nbformat
import pytest
from undefined import undefined_names

from catdog.publish.chapter import read_chapter
from catdog.publish.dialect import refuse_unknown
from catdog.publish.notebooks import check_notebooks
from catdog.publish.project import read_project

ROOT = Path(__file__).parents[1]
PROJECT = read_project(ROOT)
PAGES = PROJECT.pages
CHAPTERS = PAGES[1:8]
EVERY_PAGE = pytest.mark.parametrize("name", PAGES)
EVERY_CHAPTER = pytest.mark.parametrize("name", CHAPTERS)
NOTEBOOKS = sorted((ROOT / "assets/notebooks").rglob("*.ipynb"))
# Which of our records took as long as the `fit` of a chapter takes in full.
TRAINED = {2: "model1", 3: "model2", 4: "model3", 5: "every_epoch"}
# Percentages that are no results: of hypothetical models, and of intervals.
NO_RESULTS = (
    r"95% \*\*\[confidence interval\]|95% interval|about 95% of such"
    r"|says 90%, it should be right 90%|99% sure of every answer, and right for 90%"
    r"|5% of the validation images, which|probability of 99%|For 98%, you need"
    r"|accuracy of 75%|about 90% of|drop 40% of"
    r"|52% for model 1, 55% for model 2, 70% for model 3, and 95% for"
    r"|80\.\d% beats 80\.0%|about 90% sure"
)
# How many images the tutorial's own set has, in all and in its parts.
OWN_COUNTS = (
    r"\b(?:[23],?000|1,000|[248]00) (?:[\w-]+ ){0,2}(?:images|photographs)\b"
)
# What a native speaker would not write, from the review of the first version.
NOT_FLUENT = (
    "anew",
    "at hand",
    "on the mean",
    "whoever",
    "share them out",
    "need a word",
    "colour",
    "labelled",
    "normalisation",
    "recognise",
    "picture",
    "the course",
    "trial",
)


def cells(name):
    return read_chapter(PROJECT, name).code_cells


def test_site_has_a_start_page_a_chapter_for_each_section_and_appendices():
    assert PAGES[0] == "index.qmd" and len(PAGES) == 12
    for number, name in enumerate(CHAPTERS, start=1):
        assert name.startswith(f"chapters/{number:02}-")
        assert (
            read_chapter(PROJECT, name).meta["title"].startswith(f"{number}. ")
        )
    for name in PAGES[8:]:
        assert read_chapter(PROJECT, name).meta["notebook"] is False


@EVERY_PAGE
def test_page_has_one_name_in_title_sidebar_and_plan(name):
    title = read_chapter(PROJECT, name).meta["title"]
    if name == "index.qmd":
        return
    sidebar = (ROOT / "_quarto.yml").read_text()
    text = re.search(rf'href: {name}\n +text: "(.*)"', sidebar)[1]
    assert text == title
    if name in CHAPTERS:
        assert f"| [{title}]({name}) |" in (ROOT / "index.qmd").read_text()


@EVERY_PAGE
def test_page_keeps_to_what_both_renderers_understand(name):
    assert refuse_unknown(ROOT / name) == []


@EVERY_PAGE
def test_every_cell_has_a_label_of_its_own(name):
    labels = [cell.metadata.options.get("label") for cell in cells(name)]
    assert all(labels) and len(set(labels)) == len(labels)


@EVERY_PAGE
def test_every_figure_has_a_caption_and_says_what_is_seen(name):
    for cell in cells(name):
        options = cell.metadata.options
        if options.label.startswith("fig-"):
            assert len(options["fig-cap"]) > 40 and len(options["fig-alt"]) > 40
        elif "figures." in cell.source and "folded_source" not in cell.source:
            assert "fig-alt" in options or "example_image(" in cell.source
        if options.label.startswith("tbl-"):
            assert options["tbl-cap"]


def prose(name):
    """The text of a page: what is written, and what its cells say."""
    yield from written(name)
    for cell in cells(name):
        yield from re.findall(
            r'markdown\(f?"""(.*?)"""', cell.source, re.DOTALL
        )


def written(name):
    """The text of a page that no cell computes: its Markdown and captions."""
    chapter = read_chapter(PROJECT, name)
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown":
            yield re.sub(r"(?ms)^```.*?^```", "", cell.source)
        for option in ("fig-cap", "fig-alt", "tbl-cap"):
            yield str(cell.metadata.options.get(option, ""))
    yield from map(str, (chapter.meta["title"], chapter.meta["description"]))


@EVERY_PAGE
def test_no_result_is_typed_into_the_text(name):
    for text in prose(name):
        computed = re.sub(r"{[^{}]*}", "", text)
        left = re.sub(NO_RESULTS, "", computed)
        assert not re.findall(r"\d+(?:[.,]\d+)? ?(?:%|per ?cent)", left)


@EVERY_PAGE
def test_text_is_fluent_and_in_the_words_of_the_field(name):
    for text in prose(name):
        words = re.sub(r"\(http[^)]*\)|`[^`]*`|{[^{}]*}", "", text).lower()
        assert not [w for w in NOT_FLUENT if re.search(rf"\b{w}", words)], text


@EVERY_PAGE
def test_text_that_is_not_computed_holds_for_any_images(name):
    """The whole site is tried on other images in `own_images_site.py`."""
    title = read_chapter(PROJECT, name).meta["title"]
    for text in written(name):
        # `catdog new` gives the start page another title.
        if name == "index.qmd" and text == title:
            continue
        words = re.sub(r"\[[^]]*\]\(http[^)]*\)|`[^`]*`", "", text)
        assert not re.findall(r"(?i)\b(?:cats?|dogs?)\b", words)
        assert not re.findall(OWN_COUNTS, words)


@EVERY_CHAPTER
def test_chapter_has_the_parts_of_every_chapter(name):
    text = (ROOT / name).read_text()
    number = CHAPTERS.index(name) + 1
    assert "By the end of this chapter you will know" in text
    for part in ("## Summary", "## Check yourself", "## Exercises"):
        assert f"\n{part}" in text
    questions = re.split(r"\n## (?:Check yourself|Exercises)", text)[1]
    assert questions.count("::: {.callout-note title=") == 3
    assert f"answers.qmd#sec-answers-{number}" in text


@EVERY_CHAPTER
def test_every_exercise_has_its_answer(name):
    number = CHAPTERS.index(name) + 1
    exercises = (ROOT / name).read_text().split("## Exercises")[1]
    asked = len(re.findall(r"(?m)^\d\. ", exercises))
    answers = (ROOT / "chapters/answers.qmd").read_text()
    section = answers.split(f"{{#sec-answers-{number}}}")[1].split("\n## ")[0]
    answered = re.findall(r'title="Exercises? (\d)(?: and (\d))?', section)
    assert sorted(filter(None, sum(answered, ()))) == [
        str(exercise + 1) for exercise in range(asked)
    ]


def test_terms_are_linked_to_the_glossary_where_they_are_defined():
    glossary = (ROOT / "chapters/glossary.qmd").read_text()
    linked = re.findall(
        r"\*\*\[[^]]+\]\(glossary\.qmd#(sec-[\w-]+)\)\*\*",
        "".join((ROOT / name).read_text() for name in CHAPTERS),
    )
    assert len(linked) > 40 and set(linked) <= set(
        re.findall(r"{#([\w-]+)}", glossary)
    )
    for term in (
        "gradient",
        "backpropagation",
        "softmax",
        "cross-entropy",
        "logits",
        "epoch",
        "batch",
        "feature",
        "head",
        "fold",
        "batch-normalization",
        "regularization",
        "inference-mode",
    ):
        assert f"sec-{term}" in linked


@EVERY_PAGE
def test_every_reference_has_its_label(name):
    text = (ROOT / name).read_text()
    assert set(re.findall(r"@((?:fig|tbl)-[\w-]+)", text)) <= set(
        re.findall(r"#\| label: ([\w-]+)", text)
    )


@EVERY_PAGE
def test_cells_that_write_prose_say_so_in_their_label(name):
    for cell in cells(name):
        if re.search(r"\bmarkdown\(", cell.source):
            label = cell.metadata.options.label
            assert re.fullmatch(r"answers?|.*-words", label)


@EVERY_PAGE
def test_code_in_sight_fits_its_box(name):
    for cell in cells(name):
        if cell.metadata.options.get("echo", True):
            assert max(map(len, cell.source.splitlines())) <= 80, cell.source


def test_notebooks_are_those_of_todays_chapters():
    assert check_notebooks(ROOT) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_uses_no_name_before_it_is_there(path):
    notebook = nbformat.read(path, as_version=4)
    missing = undefined_names(notebook)
    assert [name for name in missing if not name.endswith("____")] == []


@EVERY_CHAPTER
def test_notebook_is_done_in_ten_minutes_on_a_gpu(name):
    """As far as our records tell: they were made on two processor cores, and a
    T4 is eight times as fast at the least. A minute goes for getting ready.
    """
    chapter = read_chapter(PROJECT, name)
    number = CHAPTERS.index(name) + 1
    fits = [cell for cell in cells(name) if "epochs=EPOCHS" in cell.source]
    assert len(fits) == (number in TRAINED)
    seconds = [
        json.loads(path.read_text())["seconds"]
        for path in (ROOT / "assets/runs").glob(f"{TRAINED.get(number)}-*.json")
    ]
    minutes = min(seconds, default=0) / 60
    assert 1 + minutes / 8 <= chapter.meta["colab-minutes"] <= 10


class Names:
    """What the imports of a chapter name, as far as they are of the package."""

    def __init__(self):
        self.names = {}

    def add_imports(self, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith(
                "catdog"
            ):
                exec(ast.unparse(node), self.names)

    def function(self, node):
        """The full name of the package's function or class that is meant."""
        base, *rest = ast.unparse(node).split(".")
        thing = self.names.get(base)
        for attribute in rest:
            thing = getattr(thing, attribute, None)
        module = getattr(thing, "__module__", None) or ""
        if isinstance(thing, types.ModuleType) or "catdog" not in module:
            return None
        return f"{module}.{thing.__qualname__}"


def read_calls(name):
    """For each cell: is it visible, what does it list, what does it call?"""
    names = Names()
    for cell in cells(name):
        tree = ast.parse(cell.source)
        names.add_imports(tree)
        listed, called = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if ast.unparse(node.func) in ("source", "folded_source"):
                    arguments = [
                        value
                        for a in node.args
                        for value in (
                            ablations_of(a)
                            if isinstance(a, ast.Starred)
                            else [names.function(a)]
                        )
                    ]
                    listed |= set(arguments)
                else:
                    called.add(names.function(node.func))
        visible = cell.metadata.options.get("echo", True)
        yield visible, listed - {None}, called - {None}


def ablations_of(_node):
    """What `*ablations.OF_MODEL1.values()` stands for in a listing."""
    ablations = importlib.import_module("catdog.ablations")
    return [f"catdog.ablations.{name}" for name in ablations.OF_MODEL1]


def test_functions_that_pages_call_in_sight_were_shown_before():
    shown = set()
    for name in PAGES:
        for visible, listed, called in read_calls(name):
            if visible:
                assert called <= shown, f"{name}: {called - shown}"
            shown |= listed


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


@EVERY_CHAPTER
def test_functions_say_in_which_chapter_they_are_shown(name):
    shown = set().union(*(listed for _, listed, _ in read_calls(name)))
    assert shown == {
        function
        for function, number in promised_functions().items()
        if number == CHAPTERS.index(name) + 1
    }


def test_chapters_show_functions_of_many_modules():
    modules = {name.rsplit(".", 1)[0] for name in promised_functions()}
    assert {"catdog.models", "catdog.training", "catdog.evaluation"} <= modules
