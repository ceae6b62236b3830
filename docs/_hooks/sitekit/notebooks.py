"""Read a percent-format notebook, and say what its cells and tags mean."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import jupytext

__all__ = ["FOLDERS", "FOLDS", "TAGS", "Cell", "Notebook", "folds", "is_source", "read", "tags"]

Notebook = Any  # nbformat's NotebookNode is an untyped dictionary
Cell = Any

FOLDERS = ("learn", "howto", "explain")
FOLDS = ("solution", "steps", "pitfall")
TAGS = (*FOLDS, "fold", "hide", "warns", "raises-exception")


def is_source(uri: str) -> bool:
    """Say whether a path in docs/ is a notebook."""
    return uri.endswith(".py") and uri.split("/", 1)[0] in FOLDERS


def read(path: Path) -> Notebook:
    """Read a percent-format notebook with cell ids that do not change from run to run."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }

    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"

    return notebook


def tags(cell: Cell) -> tuple[str, ...]:
    """Return a cell's tags."""
    return tuple(cell.metadata.get("tags", ()))


def folds(cells: Iterable[Cell]) -> Iterator[tuple[str | None, list[Cell]]]:
    """Group consecutive cells that share one of `FOLDS`; the others have the key None."""
    for fold, group in groupby(cells, key=_fold):
        yield fold, list(group)


def _fold(cell: Cell) -> str | None:
    return next((tag for tag in tags(cell) if tag in FOLDS), None)
