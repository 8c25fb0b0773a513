"""Docstrings in listings: the first line is enough where prose explains the rest."""

import ast


def shorten_docstrings(code: str) -> str:
    """Keep the first line of each docstring: prose explains the rest.

    Args:
        code: source of functions or classes.
    """
    lines = code.split("\n")
    definitions = [
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    # From the end, so that the numbers of the lines before stay right.
    for node in sorted(definitions, key=lambda node: -node.lineno):
        docstring = ast.get_docstring(node)
        if docstring:
            first = node.body[0]
            summary = docstring.split("\n")[0]
            short = f'{" " * first.col_offset}"""{summary}"""'
            lines[first.lineno - 1 : first.end_lineno] = [short]
    return "\n".join(lines)
