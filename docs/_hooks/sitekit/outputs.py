"""What a cell printed, as text, and what a page must not contain."""

import re
from collections.abc import Iterator
from typing import Any

from .notebooks import TAGS, Cell, Notebook, tags

__all__ = [
    "MAX_LINES",
    "Output",
    "code_cells",
    "figures",
    "is_message",
    "printed",
    "problems",
    "text",
]

Output = Any  # nbformat's NotebookNode is an untyped dictionary

MAX_LINES = 20

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(r"^\S.*?:\d+: (\w+Warning: .*)$", re.MULTILINE)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def code_cells(notebook: Notebook) -> list[Cell]:
    """Return the code cells that hold code."""
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def figures(cell: Cell) -> list[str]:
    """Return the SVG figures that a cell drew."""
    return [
        output.data["image/svg+xml"]
        for output in cell.outputs
        if "image/svg+xml" in output.get("data", {})
    ]


def printed(cell: Cell) -> str:
    """Return the text that a cell printed, with its value, its warnings and its error."""
    return "\n".join(filter(None, map(text, cell.outputs)))


def text(output: Output) -> str:
    """Return one output as text; the empty string for a figure."""
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    if output.output_type == "stream":
        return _plain(output.text) if output.name == "stdout" else _warning(output.text)
    if "image/svg+xml" in output.data:
        return ""
    return _plain(output.data.get("text/plain", ""))


def is_message(output: Output) -> bool:
    """Say whether an output is an error or a warning: a sentence, no table."""
    return bool(output.output_type == "error" or output.get("name") == "stderr")


def problems(notebook: Notebook) -> list[str]:
    """Say why a notebook cannot be published, one sentence a fault, each with its code."""
    return [
        f"{problem}, in {_first_line(cell)!r}"
        for cell in notebook.cells
        if cell.source.strip()
        for problem in (*_unknown_tags(cell), *_faults(cell))
    ]


def _unknown_tags(cell: Cell) -> Iterator[str]:
    if unknown := set(tags(cell)) - set(TAGS):
        yield f"has the unknown tag {sorted(unknown)}; known are {', '.join(TAGS)}"


def _faults(cell: Cell) -> Iterator[str]:
    if cell.cell_type != "code":
        return

    errors = [o for o in cell.outputs if o.output_type == "error"]
    stderr = "".join(o.text for o in cell.outputs if o.get("name") == "stderr")
    shown = printed(cell)

    if errors and "raises-exception" not in tags(cell):
        yield f"raised {errors[0].ename}: {errors[0].evalue}"
    if not errors and "raises-exception" in tags(cell):
        yield "is tagged raises-exception and raised nothing"

    if stderr and "warns" not in tags(cell):
        yield f"wrote to stderr: {stderr.strip()}"
    if not stderr and "warns" in tags(cell):
        yield "is tagged warns and wrote nothing to stderr"

    if len(figures(cell)) > 1:
        yield "draws more than one figure; give each its own cell and alt text"
    if figures(cell) and not cell.metadata.get("alt", "").strip():
        yield 'draws a figure without a text for those who do not see it; write # %% alt="..."'
    if cell.metadata.get("alt") and not figures(cell):
        yield "has an alt text and draws no figure"
    if any("image/png" in o.get("data", {}) for o in cell.outputs):
        yield "shows a PNG; figures are SVG, so that they follow the colour scheme"

    if _ADDRESS.search(shown):
        yield f"prints a memory address ({shown.splitlines()[0]}); end it with a semicolon"
    if len(shown.splitlines()) > MAX_LINES:
        yield f"prints {len(shown.splitlines())} lines; at most {MAX_LINES} are read"


def _plain(written: str) -> str:
    return _ANSI.sub("", written).rstrip("\n")


def _warning(written: str) -> str:
    """Drop the file, the line number and the source line: they differ from run to run."""
    found = _WARNING.findall(written)
    return "\n".join(found) if found else _plain(written)


def _first_line(cell: Cell) -> str:
    return str(cell.source.strip().splitlines()[0])
