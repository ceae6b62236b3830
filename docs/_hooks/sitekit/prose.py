"""The prose of a notebook, which is all that mkdocs-jupyter has to render."""

from pathlib import Path

import nbformat

__all__ = ["copy"]


def copy(executed: Path) -> Path:
    """Write a notebook's Markdown cells beside it, and return where: outputs are slow to render."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]

    path = executed.with_suffix(".prose.ipynb")
    nbformat.write(notebook, path)
    return path
