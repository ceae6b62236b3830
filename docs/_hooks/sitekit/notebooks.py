"""Read a percent-format notebook, and say what its cells and tags mean."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import jupytext

__all__ = ["FOLDERS", "FOLDS", "TAGS", "Cell", "Notebook", "folds", "read", "sources", "tags"]

Notebook = Any  # nbformat's NotebookNode is an untyped dictionary
Cell = Any

FOLDERS = ("learn", "howto", "explain")
FOLDS = ("solution", "steps", "pitfall", "beside")
TAGS = (*FOLDS, "fold", "hide", "warns", "raises-exception")


def sources(docs: Path) -> list[Path]:
    """Return the notebooks in a documentation folder: the home page and those of the sections."""
    inside = (path for folder in FOLDERS for path in (docs / folder).rglob("*.py"))
    return sorted([*docs.glob("*.py"), *inside])


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
