"""Write pages as Markdown, for programs that read: code, what it printed, formulas as TeX."""

import re
from collections.abc import Iterator
from pathlib import Path

from . import docstrings
from .explorables import ELEMENT
from .formulas import MACROS
from .links import in_markdown
from .notebooks import Cell, Notebook, folds, tags
from .outputs import Output, figures, text

__all__ = ["of_notebook", "of_page", "plain_tex"]

_NAMELESS = "<IPython.core.display.HTML object>"  # what says nothing but that it is HTML
_SUMMARIES = {"solution": "Solution", "steps": "The steps", "pitfall": "What goes wrong"}
_FENCED = re.compile(r"(^(?P<fence>`{3,}).*?^(?P=fence)\s*?$)", re.DOTALL | re.MULTILINE)
_SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
_OBJECT = re.compile(r"^::: (\S+)\n(?:    .*\n)*", re.MULTILINE)
_ATTRIBUTES = re.compile(r"[ \t]*\{ ?[#.][^{}\n]*\}$", re.MULTILINE)
_MACRO = re.compile(rf"(?:{'|'.join(map(re.escape, MACROS))})(?![A-Za-z])")


def of_notebook(notebook: Notebook) -> str:
    """Return an executed notebook as Markdown; a figure is told by its alt text."""
    parts: list[str] = []

    for fold, cells in folds(notebook.cells):
        if fold in _SUMMARIES:
            parts.append(f"**{_SUMMARIES[fold]}**")
        for cell in cells:
            parts += [_prose(cell.source)] if cell.cell_type == "markdown" else _code(cell)

    return "\n\n".join(part for part in parts if part) + "\n"


def of_page(markdown: str, *, root: Path) -> str:
    """Return a Markdown page without the marks of this site.

    Args:
        markdown: Its source. Included files and docstrings take the place of their names.
        root: The repository.
    """
    page = _SNIPPET.sub(lambda m: (root / m[1]).read_text(encoding="utf-8"), markdown)
    page = _OBJECT.sub(lambda m: docstrings.markdown(m[1], root=root), page + "\n")
    return _prose(page) + "\n"


def plain_tex(markdown: str) -> str:
    """Write out the macros of this site's formulas, which other readers of TeX do not have."""
    return _MACRO.sub(lambda m: MACROS[m[0]], markdown)


def _prose(markdown: str) -> str:
    """Lead links to copies, write out macros, drop attribute lists; fences stay as they are."""
    parts = _FENCED.split(markdown.strip())
    outside, fences = parts[::3], [*parts[1::3], ""]
    outside = [plain_tex(_ATTRIBUTES.sub("", part)) for part in outside]
    outside = [in_markdown(part, lambda page: f"{page}.md") for part in outside]
    return "".join(a + b for a, b in zip(outside, fences, strict=True)).strip()


def _code(cell: Cell) -> Iterator[str]:
    if cell.source.strip() and "hide" not in tags(cell):
        yield _fence(cell.source.strip(), "python")

    shown = [o for o in cell.outputs if not ELEMENT.match(_html(o))]
    tables = [o for o in shown if text(o) == _NAMELESS]
    if printed := "\n".join(text(o) for o in shown if text(o) and o not in tables):
        yield "Output:"
        yield _fence(printed, "text")
    yield from map(_html, tables)  # Markdown takes HTML as it is
    if figures(cell):
        yield f"*Figure: {cell.metadata['alt']}*"


def _html(output: Output) -> str:
    return str(output.get("data", {}).get("text/html", ""))


def _fence(body: str, language: str) -> str:
    marks = "`" * max(3, 1 + max(map(len, re.findall("`+", body)), default=0))
    return f"{marks}{language}\n{body}\n{marks}"
