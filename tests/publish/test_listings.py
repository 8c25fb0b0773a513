"""Listings become code in notebooks: readers edit it, and what follows changes."""

import nbformat
import pytest
from programs import heavy, watch
from projects import execute_cells, write, write_draft
from undefined import undefined_names

from catdog.publish.chapter import read_chapter
from catdog.publish.notebooks import notebook
from catdog.publish.project import PublishError, read_project

NETS = '''\
"""Small networks."""

import functools

from nets_of_tests.tools import checked, layers

SIZE = 8


def body(filters=4):
    """Return the layers.

    Args:
        filters: how many patterns to look for.

    Shown in chapter 2.
    """
    return [layers.Input((SIZE, SIZE, 1)), layers.Conv2D(filters, 3)]


@checked(
    "number",
)
@functools.cache
def model1():
    """Return a network."""
    return layers.keras.Sequential(body())


class Box:
    """Holds a network."""

    def open(self):
        """Open it."""
'''
TOOLS = """\
import types


def checked(_):
    return lambda function: function


def keras_layers():
    import keras

    names = {name: getattr(keras.layers, name) for name in ("Conv2D", "Input")}
    return types.SimpleNamespace(keras=keras, **names)


layers = keras_layers()
"""
IMPORTS = (
    "from nets_of_tests import again, nets\n"
    "from nets_of_tests.nets import SIZE, body, model1\n"
    "from nets_of_tests.tools import layers\n"
    "from catdog.report.markdown import source\n"
    "import functools"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a package beside its only page."""
    folder = write_draft(tmp_path / "project", "")
    write(folder / "nets_of_tests/__init__.py", "raise ImportError('no need')")
    write(folder / "nets_of_tests/nets.py", NETS)
    write(folder / "nets_of_tests/tools.py", TOOLS)
    write(
        folder / "nets_of_tests/again.py", "from nets_of_tests.nets import Box"
    )
    monkeypatch.syspath_prepend(folder)
    return folder


def cell(label, code, option="echo: false"):
    return f"```{{python}}\n#| label: {label}\n#| {option}\n{code}\n```\n\n"


def made(project, *cells, imports=IMPORTS):
    """The notebook of a page with some cells after its imports."""
    text = "".join([cell("packages", imports, "echo: true"), *cells])
    write_draft(project, text)
    return notebook(read_chapter(read_project(project), "index.qmd"))


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


BODY = (
    "def body(filters=4):\n"
    '    """Return the layers."""\n'
    "    return [layers.Input((SIZE, SIZE, 1)), layers.Conv2D(filters, 3)]"
)
MODEL1 = (
    "@functools.cache\n"
    "def model1():\n"
    '    """Return a network."""\n'
    "    return layers.keras.Sequential(body())"
)


def test_listing_holds_the_code_itself(project):
    listing = by_id(made(project, cell("both", "source(body, model1)")))["both"]
    # Of the decorators, the package's own is left out.
    assert listing.source == f"{BODY}\n\n\n{MODEL1}"
    assert not listing.metadata


def test_listing_that_the_page_folds_is_folded(project):
    cells = by_id(
        made(project, cell("body", "source(body)", "code-fold: true"))
    )
    assert cells["body"].source == BODY
    assert cells["body"].metadata.jupyter.source_hidden


def test_dotted_name_is_followed_and_replaced(project):
    cells = by_id(made(project, cell("box", "source(nets.body, again.Box)")))
    start, _, end = cells["box"].source.partition("class Box:")
    assert start.strip() == BODY
    assert end.endswith("nets.body = body\nagain.Box = Box")


@pytest.mark.parametrize(
    ("code", "option"),
    [
        ("source(body)", "echo: true"),
        ("source(*[body])", "echo: false"),
        ("print(source(body))", "echo: false"),
        ("source(body)\n1", "echo: false"),
    ],
)
def test_other_cells_stay_as_they_are(project, code, option):
    assert by_id(made(project, cell("x", code, option)))["x"].source == code


def test_another_function_called_source_is_none_of_ours(project):
    imports = IMPORTS.replace("catdog.report.markdown", "inspect")
    cells = made(project, cell("x", "source(body)"), imports=imports)
    assert by_id(cells)["x"].source == "source(body)"


@pytest.mark.parametrize(
    "name", ["bodies", "nets", "nets.SIZE", "nets.Box.open", "SIZE", "no.x"]
)
def test_name_that_is_not_found_gets_one_sentence(project, name):
    match = rf"^index\.qmd: the cell lost lists `{name}`, which is no .*\.$"
    with pytest.raises(PublishError, match=match):
        made(project, cell("lost", f"source({name})"))


def test_listing_comes_after_its_import(project):
    with pytest.raises(PublishError, match="the cell early lists `body`"):
        made(
            project,
            cell("early", "source(body)"),
            cell("late", "from nets_of_tests.nets import body"),
            imports="from catdog.report.markdown import source",
        )


def test_nothing_is_imported_to_find_the_code(tmp_path):
    """Least of all TensorFlow."""
    imports = (
        "from catdog.models import conv_layers\n"
        "from catdog.report.markdown import source"
    )
    project = write_draft(tmp_path / "project", cell("packages", imports))
    with (project / "index.qmd").open("a") as page:
        page.write(cell("layers", "source(conv_layers)"))
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from catdog.publish.chapter import read_chapter\n"
        "from catdog.publish.listings import listings\n"
        "from catdog.publish.project import read_project\n"
        "project = read_project(Path(sys.argv[1]))\n"
        "print(listings(read_chapter(project, 'index.qmd'))[1])"
    )
    done, seen = watch(tmp_path / "seen.json", code, project)
    assert "\ndef conv_layers(" in done.stdout, done.stderr
    assert done.stdout.startswith("from catdog.backend import layers\n")
    assert not heavy(seen["modules"])
    assert "catdog.models" not in seen["modules"]


def test_edited_listing_changes_what_follows(project):
    write(project / "nets_of_tests/__init__.py", "")
    made_notebook = made(
        project,
        cell("network", "source(body, model1)"),
        cell("count", "model = model1()\nprint(model.count_params())"),
    )
    assert parameters(made_notebook, project) == 4 * (9 + 1)
    network = by_id(made_notebook)["network"]
    network.source = network.source.replace("filters=4", "filters=7")
    assert parameters(made_notebook, project) == 7 * (9 + 1)


def test_edited_listing_changes_what_the_package_calls(project):
    write(project / "nets_of_tests/__init__.py", "")
    made_notebook = made(
        project,
        cell("network", "source(nets.body)"),
        cell("count", "print(nets.model1().count_params())"),
    )
    network = by_id(made_notebook)["network"]
    network.source = network.source.replace("filters=4", "filters=7")
    assert parameters(made_notebook, project) == 7 * (9 + 1)


def parameters(made_notebook, project):
    """Run a notebook without its first cell; the number that it prints."""
    cells = [c for c in made_notebook.cells if c.id != "set-up-for-colab"]
    executed = execute_cells(cells, project)
    return int(by_id(executed)["count"].outputs[0].text)


def test_parameter_is_no_name_to_import(project):
    text = NETS.replace("def body(filters=4)", "def body(SIZE, filters=4)")
    write(project / "nets_of_tests/nets.py", text)
    imports = IMPORTS.replace("SIZE, ", "")
    lacking = made(project, cell("body", "source(body)"), imports=imports)
    assert by_id(lacking)["body"].source.startswith("def body(SIZE, ")


def test_listing_imports_what_nothing_above_it_brings(project):
    complete = made(project, cell("body", "source(body)"))
    assert by_id(complete)["body"].source.startswith("def body(")
    assert undefined_names(complete) == []
    imports = IMPORTS.replace("SIZE, ", "").replace(
        "import layers", "import checked"
    )
    lacking = made(project, cell("body", "source(body)"), imports=imports)
    assert undefined_names(lacking) == []
    assert by_id(lacking)["body"].source.startswith(
        "from nets_of_tests.nets import SIZE\n"
        "from nets_of_tests.tools import layers\n\n\n"
        "def body("
    )


@pytest.mark.parametrize(
    ("sources", "missing"),
    [
        (["x = 1", "print(x)"], []),
        (["print(x)", "x = 1"], ["0: x"]),
        (["def f(a):\n    return a + b", "a, b = 1, 2"], ["0: b"]),
        (["[x for x in range(3)]", "x"], ["1: x"]),
        (["def f():\n    global g\n    g = 1", "f()\ng"], []),
        (["def f(a: Cat): ...", "class Cat: ..."], ["0: Cat"]),
        (["@wrap\ndef f(): ..."], ["0: wrap"]),
        (["!pip list {x}", "%time x = 1"], []),
        (["try:\n    1\nexcept E as e:\n    e"], ["0: E"]),
        (["import a.b as c\nfrom d import e\nc, e"], []),
    ],
)
def test_undefined_names_are_found(sources, missing):
    cells = [
        nbformat.v4.new_code_cell(source, id=str(number))
        for number, source in enumerate(sources)
    ]
    made_notebook = nbformat.v4.new_notebook(cells=cells)
    assert undefined_names(made_notebook) == missing
