"""Names that a notebook uses before anything defines them, without running it."""

import builtins
import symtable

from IPython.core.inputtransformer2 import TransformerManager


def undefined_names(notebook):
    """One line `cell: name` for each name that no cell up to it has brought.

    The code of functions counts as well: they may be called at once.
    """
    known = {*dir(builtins), "get_ipython", "__name__"}
    missing = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            code = TransformerManager().transform_cell(cell.source)
            brought, used = global_names(symtable.symtable(code, "", "exec"))
            known |= brought
            missing += [f"{cell.id}: {name}" for name in sorted(used - known)]
    return missing


def global_names(module):
    """The names that some code defines at its top, and those that it uses."""
    symbols = module.get_symbols()
    brought = {s.get_name() for s in symbols if is_bound(s)}
    used = {s.get_name() for s in symbols if s.is_referenced()}
    inner = [*module.get_children()]
    for table in inner:
        inner += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_global():
                used.add(symbol.get_name())
                if symbol.is_declared_global() and symbol.is_assigned():
                    brought.add(symbol.get_name())
    return brought, used


def is_bound(symbol):
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
