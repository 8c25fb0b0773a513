"""Listings: cells that show functions of a package, as code to run and to edit.

On a page, such a cell calls `source(model1)` and shows what that returns. In a
notebook, the code of `model1` takes the place of the call: whoever edits and
runs it goes on with what they wrote. It is looked up without running anything.
"""

import ast
import builtins
import importlib.util
from importlib.machinery import PathFinder
from pathlib import Path

from nbformat import NotebookNode

from catdog.publish.chapter import Chapter
from catdog.publish.project import PublishError
from catdog.report.docstrings import shorten_docstrings

SOURCE = "catdog.report.markdown.source"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def listings(chapter: Chapter) -> list[str | None]:
    """Return the code that each cell of a chapter lists.

    Returns:
        For each cell that runs: the code, or None if the cell is no listing.

    Raises:
        PublishError: if a listing names what no import above it brings.
    """
    above: list[ast.stmt] = []
    found: list[str | None] = []
    for number, cell in enumerate(chapter.evaluated_cells, 1):
        names = _listed_names(cell, above)
        label = cell.metadata.options.get("label", f"number {number}")
        where = f"{chapter.name}: the cell {label}"
        code = _listing(names, above, where) if names else None
        above += _statements(code or cell.source)
        found.append(code)
    return found


def _listed_names(cell: NotebookNode, above: list[ast.stmt]) -> list[str]:
    """Return the names in `source(name, package.name)`, or none."""
    options = cell.metadata.options
    if options.get("echo") is not False and not options.get("code-fold"):
        return []
    match _statements(cell.source):
        case [ast.Expr(ast.Call(ast.Name(called), arguments, []))]:
            names = list(map(ast.unparse, arguments))
            simple = all(
                name.isidentifier()
                for path in names
                for name in path.split(".")
            )
            is_source = _imported(above).get(called) == SOURCE
            return names if simple and is_source else []
    return []


def _listing(names: list[str], above: list[ast.stmt], where: str) -> str:
    parts: list[str] = []
    imports: list[str] = []
    for name in names:
        first, *rest = name.split(".")
        origin = _imported(above).get(first)
        found = _code(".".join([origin, *rest]), above) if origin else None
        if not found:
            raise PublishError(
                f"{where} lists `{name}`, which is no function or class that "
                "an import above it brings: import it, or correct the name."
            )
        code, body, module = found
        known = [*above, *_statements("\n".join([*parts, *imports]))]
        imports += _missing_imports(code, body, module, known)
        parts.append(code)
    # What follows calls it by this name.
    replaced = [
        f"{name} = {name.rpartition('.')[2]}" for name in names if "." in name
    ]
    blocks = ["\n".join(imports), *parts, "\n".join(replaced)]
    return "\n\n\n".join(filter(None, blocks))


def _missing_imports(
    code: str, body: list[ast.stmt], module: str, known: list[ast.stmt]
) -> list[str]:
    """Return imports of what some code needs and nothing above it brings.

    Args:
        code: a definition.
        body: the module that it is from.
        module: its name.
        known: what comes before the code in the notebook.
    """
    nodes = list(ast.walk(ast.parse(code)))
    used = [n for n in nodes if isinstance(n, ast.Name)]
    local = {n.id for n in used if not isinstance(n.ctx, ast.Load)}
    local |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    there = {*dir(builtins), *_imported(known), *_names_of(known), *local}
    needed = sorted({n.id for n in used} - there - _names_of(_statements(code)))
    paths = {name: f"{module}.{name}" for name in _names_of(body)}
    paths |= _imported(body)
    return [_import(name, paths[name]) for name in needed if name in paths]


def _import(name: str, path: str) -> str:
    package, _, last = path.rpartition(".")
    renamed = f" as {name}" if name != last else ""
    return f"{f'from {package} ' if package else ''}import {last}{renamed}"


def _code(
    path: str, above: list[ast.stmt]
) -> tuple[str, list[ast.stmt], str] | None:
    """Return the code of a function or class, its module's body and name.

    Args:
        path: `package.module.name`.
        above: what comes before it in the notebook.
    """
    module, _, name = path.rpartition(".")
    file = _file(module) if module else None
    if not file:
        return None
    text = file.read_text(encoding="utf-8")
    body = ast.parse(text).body
    for node in body:
        if isinstance(node, Definition) and node.name == name:
            cut = _cut(node, text, _dropped(node, body, module, above))
            return shorten_docstrings(cut), body, module
    origin = _imported(body).get(name)
    return _code(origin, above) if origin and origin != path else None


def _cut(node: Definition, text: str, dropped: list[ast.expr]) -> str:
    """Cut a definition out of a module's text, without some decorators."""
    first = min([node, *node.decorator_list], key=lambda part: part.lineno)
    without = {
        number
        for decorator in dropped
        for number in range(decorator.lineno, (decorator.end_lineno or 0) + 1)
    }
    return "\n".join(
        line
        for number, line in enumerate(text.split("\n"), 1)
        if first.lineno <= number <= (node.end_lineno or 0)
        and number not in without
    )


def _dropped(
    node: Definition, body: list[ast.stmt], module: str, above: list[ast.stmt]
) -> list[ast.expr]:
    """Return the decorators that only the package knows, not the notebook."""
    package = module.partition(".")[0] + "."
    own = _defined(body) | {
        name
        for name, path in _imported(body).items()
        if path.startswith(package)
    }
    known = {*dir(builtins), *_imported(above), *_defined(above)}
    return [
        decorator
        for decorator in node.decorator_list
        if _root(decorator) in own - known
    ]


def _root(expression: ast.expr) -> str:
    """Return the first name of `name.more(…)`."""
    names = (n.id for n in ast.walk(expression) if isinstance(n, ast.Name))
    return next(names, "")


def _file(module: str) -> Path | None:
    """Return the file of a module, without importing the packages around it."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    for name in rest:
        folders = spec.submodule_search_locations if spec else None
        spec = (
            PathFinder.find_spec(f"{spec.name}.{name}", folders)
            if spec and folders
            else None
        )
    is_python = spec and (spec.origin or "").endswith(".py")
    return Path(str(spec.origin)) if spec and is_python else None


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a line such as `!pip list` brings no names
        return []


def _imported(statements: list[ast.stmt]) -> dict[str, str]:
    """Return what imports bring: the full path of each name."""
    paths: dict[str, str] = {}
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                path = f"{statement.module}.{alias.name}"
                paths[alias.asname or alias.name] = path
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                top = alias.name.split(".")[0]
                paths[alias.asname or top] = alias.name if alias.asname else top
    return paths


def _names_of(statements: list[ast.stmt]) -> set[str]:
    """Return what statements at the top of a cell or module give a name to."""
    assigned = {
        node.id
        for statement in statements
        if not isinstance(statement, Definition)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return assigned | _defined(statements)


def _defined(statements: list[ast.stmt]) -> set[str]:
    return {node.name for node in statements if isinstance(node, Definition)}
