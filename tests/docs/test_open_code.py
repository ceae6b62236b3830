"""The code that a page shows runs without the code that it folds away.

A reader who types what is in sight, or pastes it, has every name that it needs. A solution may also
use what the solutions before it bound. What is folded may use all.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator

import pytest
from conftest import DOCS
from nbformat.v4 import new_code_cell, new_notebook
from sitekit import notebooks

SOURCES = notebooks.sources(DOCS)

BUILT_IN = {*vars(builtins), "__name__"}
HIDDEN = {"fold", "hide"}
ASIDE = {"solution", "steps"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(DOCS)))
def test_no_name_is_bound_in_folded_code_alone(source):
    missing = list(_missing(notebooks.read(source)))
    if missing:
        pytest.fail("\n".join(["bound only in folded code:", *missing]), pytrace=False)


@pytest.mark.parametrize(
    "cells",
    [
        [("x = 1", ""), ("print(x)", "")],
        [("def f(y):\n    return [y + z for z in range(y)]", ""), ("f(2)", "")],
        [("x = 1", "solution"), ("x", "solution")],
        [("x = 1", ""), ("x", "solution"), ("x", "fold")],
        [("import math", ""), ("import math", "fold"), ("math.pi", "")],
        [("x = 1", "fold"), ("x", "fold")],
        [("x = 1", "fold"), ("x = 2", ""), ("x", "")],
        [("for x in (1, 2):\n    print(x)", "")],
    ],
)
def test_is_whole(cells):
    assert not list(_missing(_page(cells)))


@pytest.mark.parametrize(
    "cells",
    [
        [("x = 1", "fold"), ("print(x)", "")],
        [("x = 1", "hide"), ("x", "solution")],
        [("x = 1", "solution"), ("x", "")],
        [("import math", "fold"), ("def f():\n    return math.pi", "")],
        [("x = 1", "fold"), ("x = x + 1", "")],
        [("x = 1", "fold"), ("x += 1", "")],
        [("x = 1", ""), ("x = 2", "fold"), ("x", "")],
    ],
)
def test_lacks_a_name(cells):
    assert len(list(_missing(_page(cells)))) == 1


def _missing(notebook: notebooks.Notebook) -> Iterator[str]:
    """Yield each line in sight that needs a name from folded code, or another value of it."""
    in_sight, aside = set[str](BUILT_IN), set[str]()

    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tags = set(notebooks.tags(cell))

        for statement in ast.parse(cell.source).body:
            needs, binds = _names(statement)
            if tags & HIDDEN:
                imported = isinstance(statement, ast.Import | ast.ImportFrom)
                in_sight -= set() if imported else binds
                continue

            lost = needs - in_sight - (aside if tags & ASIDE else set())
            yield from (f"{name} in: {ast.unparse(statement)[:60]}" for name in sorted(lost))
            (aside if tags & ASIDE else in_sight).update(binds, lost)


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Return the names that a statement of a module needs beforehand, and those that it binds."""
    module = symtable.symtable(ast.unparse(statement), "cell", "exec")
    binds = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported()}
    needs = {s.get_name() for s in module.get_symbols() if s.is_referenced()}
    needs |= {
        symbol.get_name()
        for scope in _inner(module)
        for symbol in scope.get_symbols()
        if symbol.is_global() and symbol.is_referenced()
    }
    if isinstance(statement, ast.AugAssign):
        return needs | binds, binds
    in_one_go = isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr)
    return (needs if in_one_go else needs - binds), binds


def _inner(scope: symtable.SymbolTable) -> Iterable[symtable.SymbolTable]:
    for child in scope.get_children():
        yield child
        yield from _inner(child)


def _page(cells: list[tuple[str, str]]) -> notebooks.Notebook:
    return new_notebook(
        cells=[new_code_cell(code, metadata={"tags": [tag] if tag else []}) for code, tag in cells]
    )
