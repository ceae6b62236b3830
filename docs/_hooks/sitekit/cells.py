"""Assemble a page from an executed notebook, in Material's own markup."""

import html
import re
from collections.abc import Iterator, Sequence
from itertools import count

from bs4 import BeautifulSoup
from markdown import Markdown
from pymdownx.highlight import Highlight

from .explorables import ELEMENT
from .figures import figure
from .notebooks import Cell, Notebook, folds, tags
from .outputs import Output, figures, is_message, text

__all__ = ["markdown_fragments", "page"]

_WITHOUT_SCRIPTS = "<p>With scripts on, an interactive figure stands here.</p>"
_SUMMARIES = {"solution": "Solution", "steps": "Show the steps"}
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)
_TABLE = re.compile(r"<table\b[^>]*>")
_ASKS = re.compile(r'highlight">((?:(?!</div>).)*</div>\n<div class="output )', re.DOTALL)
_ROW = re.compile(r'<tr style="[^"]*">')


def markdown_fragments(content: str) -> list[str]:
    """Return the HTML of each Markdown cell in mkdocs-jupyter's page, free of its wrappers."""
    soup = BeautifulSoup(content, "html.parser")
    cells = soup.select(".jp-RenderedMarkdown")

    for block in soup.select(".jp-RenderedMarkdown pre:not(:has(> code))"):
        block.wrap(soup.new_tag("pre"))
        block.name = "code"

    return [cell.decode_contents().strip() for cell in cells]


def page(notebook: Notebook, prose: Sequence[str]) -> str:
    """Return a page's HTML.

    Args:
        notebook: An executed notebook.
        prose: The HTML of its Markdown cells, in their order.
    """
    parts: list[str] = []
    fragments = iter(prose)
    numbers: dict[str, Iterator[int]] = {"figure": count(1), "output": count(1)}

    for fold, cells in folds(notebook.cells):
        inner = "\n".join(
            next(fragments) if cell.cell_type == "markdown" else _code(cell, numbers)
            for cell in cells
        )
        parts.append(_folded(fold, inner))

    return _ASKS.sub(r'highlight asks">\1', "\n".join(parts))


def _folded(fold: str | None, inner: str) -> str:
    if fold is None:
        return inner
    if fold == "beside":
        return f'<div class="beside">{inner}</div>'
    if fold == "pitfall":
        title = '<p class="admonition-title">What goes wrong</p>'
        return f'<div class="admonition warning">{title}\n{inner}\n</div>'
    return f'<details class="{fold}"><summary>{_SUMMARIES[fold]}</summary>\n{inner}\n</details>'


def _code(cell: Cell, numbers: dict[str, Iterator[int]]) -> str:
    if not cell.source.strip():
        return ""
    return "\n".join([*_input(cell), *_outputs(cell, numbers)])


def _input(cell: Cell) -> Iterator[str]:
    if "hide" in tags(cell):
        return

    # No span and no anchor for each line: nothing links to them, and they are half of the bytes.
    block = Highlight(Markdown(), pygments_lang_class=True).highlight(cell.source, "python")
    if "fold" in tags(cell):
        summary = "<summary>Show the code</summary>"
        block = f'<details class="fold" data-search-exclude>{summary}\n{block}\n</details>'
    yield block


def _outputs(cell: Cell, numbers: dict[str, Iterator[int]]) -> Iterator[str]:
    shown = [o.data["text/html"] for o in cell.outputs if "text/html" in o.get("data", {})]
    drawn = [
        figure(svg, name=f"figure-{next(numbers['figure'])}", alt=cell.metadata["alt"])
        for svg in figures(cell)
    ]

    if any(map(ELEMENT.match, shown)):
        yield from (_explorable(element, "".join(drawn)) for element in shown)
        return

    if shown:
        yield from (f'<div class="output-table">{_bare(table)}</div>' for table in shown)
    elif lines := "\n".join(filter(None, map(_printed, cell.outputs))):
        number = next(numbers["output"])
        yield (
            f'<div class="output highlight no-copy" data-search-exclude>'
            f'<pre tabindex="0" role="region" aria-label="Output {number}">'
            f"<code>{lines}\n</code></pre></div>"
        )
    yield from drawn


def _explorable(element: str, drawing: str) -> str:
    """Fill an interactive element with what stands in its place where scripts are off."""
    element = ELEMENT.sub(r"\g<0> data-search-exclude", element, count=1)
    return element.replace("></mle-", f">{drawing}{_WITHOUT_SCRIPTS}</mle-", 1)


def _printed(output: Output) -> str:
    """Return the HTML of one output's text; the long line of a message may wrap."""
    escaped = html.escape(text(output), quote=False)
    return f'<span class="message">{escaped}</span>' if is_message(output) else escaped


def _bare(table: str) -> str:
    """Strip a table's own style: the theme's applies to tables without a class."""
    return _ROW.sub("<tr>", _TABLE.sub("<table>", _STYLE.sub("", table)))
