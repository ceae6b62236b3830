"""Compare what the notebooks print with the committed snapshots: text exactly, numbers nearly.

Run as a module, it rewrites the snapshots: `make snapshots`.
"""

import re
from collections.abc import Iterator
from difflib import unified_diff
from math import isclose
from pathlib import Path

from . import cache
from .notebooks import Notebook, sources
from .outputs import code_cells, printed

__all__ = ["agree", "differences", "path_of", "snapshot", "write_all"]

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?!\w)")
_RELATIVE = 1e-6


def snapshot(notebook: Notebook) -> str:
    """Return all that a notebook prints, each output under the first line of its code."""
    blocks = [
        f">>> {cell.source.strip().splitlines()[0]}\n{text}\n"
        for cell in code_cells(notebook)
        if (text := printed(cell))
    ]
    return "\n".join(blocks)


def differences(expected: str, actual: str) -> str:
    """Return a diff of the lines that do not agree; empty if all do."""
    want, got = expected.splitlines(), actual.splitlines()
    if len(want) == len(got):  # a line that agrees stands in the diff as it was expected
        got = [a if agree(a, b) else b for a, b in zip(want, got, strict=True)]

    return "\n".join(unified_diff(want, got, "expected", "printed", lineterm="", n=1))


def agree(expected: str, actual: str) -> bool:
    """Say whether two lines have equal text, and numbers within one unit of the last digit.

    A number with many digits need only agree to a relative 1e-6; a whole number is text.
    """
    if _words(expected) != _words(actual):
        return False

    numbers = zip(_NUMBER.findall(expected), _NUMBER.findall(actual), strict=True)
    return all(_near(a, b) for a, b in numbers)


def path_of(source: Path, *, root: Path) -> Path:
    """Return where a notebook's snapshot is kept."""
    relative = source.relative_to(root / "docs")
    return (root / "tests" / "docs" / "snapshots" / relative).with_suffix(".txt")


def write_all(root: Path) -> Iterator[Path]:
    """Write every notebook's snapshot, remove orphans, and yield what changed."""
    notebooks = cache.executed(sources(root / "docs"), store=root / ".cache/notebooks", root=root)
    wanted = {path_of(source, root=root): snapshot(nb) for source, nb in notebooks.items()}
    present = set((root / "tests/docs/snapshots").rglob("*.txt"))

    for path in sorted(present - set(wanted)):
        path.unlink()
        yield path

    for path, text in wanted.items():
        if not path.exists() or differences(path.read_text(encoding="utf-8"), text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield path


def _words(line: str) -> list[str]:
    """Return the text between the numbers, its blanks collapsed: columns may shift by a sign."""
    return [" ".join(part.split()) for part in _NUMBER.split(line)]


def _near(expected: str, actual: str) -> bool:
    if re.fullmatch(r"[-+]?\d+", expected):
        return expected == actual
    if re.fullmatch(r"[-+]?\d+", actual):
        return False

    a, b = float(expected), float(actual)
    unit = max(_unit(expected), _unit(actual))
    return abs(a - b) <= 1.000001 * unit or isclose(a, b, rel_tol=_RELATIVE)


def _unit(number: str) -> float:
    mantissa, _, exponent = number.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - digits))


if __name__ == "__main__":
    for changed in write_all(Path(__file__).parents[3]):
        print(f"rewrote {changed.name}")
