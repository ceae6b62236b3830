"""Typeset formulas with KaTeX while the site is built, so that no page needs a script for them."""

import html
import json
import re
from functools import cache
from pathlib import Path

from py_mini_racer import JSEvalException, MiniRacer

__all__ = ["MACROS", "FormulaError", "marked", "rendered", "typeset"]

MACROS = {r"\E": r"\mathbb{E}", r"\R": r"\mathbb{R}", r"\tr": r"\operatorname{tr}"}

_KATEX = Path(__file__).parents[1] / "katex" / "katex.min.js"
_MARKED = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">'
    r"(?:\\\((?P<inline>.*?)\\\)|\\\[(?P<display>.*?)\\\])</(?P=tag)>(?P<after>[.,;:?!)]*)",
    re.DOTALL,
)
# A formula opens and closes at a dollar with no blank inside; "$5 and $6" is money.
_DOLLARS = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?=\S)(?P<inline>[^$]+?)(?<=\S)\$(?!\d)", re.S)
_DISPLAY_PARAGRAPH = re.compile(r"<p>\s*(<div class=\"arithmatex\">[^<]*</div>)\s*</p>")
_SHORT = 30  # characters of TeX: what fits on a line of any screen
_CODE = re.compile(r"(<pre\b.*?</pre>|<code\b.*?</code>)", re.DOTALL)


class FormulaError(ValueError):
    """KaTeX cannot typeset a formula."""


def marked(page: str) -> str:
    """Mark `$...$` and `$$...$$` outside code as arithmatex does: notebooks leave them as text."""
    prose = _CODE.split(page)
    prose[::2] = [_DOLLARS.sub(_mark, part) for part in prose[::2]]
    return _DISPLAY_PARAGRAPH.sub(r"\1", "".join(prose))


def rendered(page: str) -> str:
    """Replace every marked formula by its typeset HTML and MathML.

    Raises:
        FormulaError: A formula is not TeX that KaTeX knows.
    """
    return _MARKED.sub(_render, page)


def typeset(tex: str, *, display: bool) -> str:
    """Typeset one formula.

    Raises:
        FormulaError: It is not TeX that KaTeX knows.
    """
    options = {
        "displayMode": display,
        "macros": MACROS,
        "output": "htmlAndMathml",
        "strict": "error",
        "throwOnError": True,
    }
    try:
        return str(_katex().eval(f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"))
    except JSEvalException as error:
        reason = next((x for x in str(error).splitlines() if "Error" in x), str(error))
        raise FormulaError(f"{tex.strip()!r}: {reason.strip()}") from None


def _mark(match: re.Match[str]) -> str:
    if match["display"] is not None:
        return f'<div class="arithmatex">\\[{match["display"]}\\]</div>'
    return f'<span class="arithmatex">\\({match["inline"]}\\)</span>'


def _render(match: re.Match[str]) -> str:
    if match["display"] is not None:  # a wide formula scrolls, also by keyboard
        formula = typeset(html.unescape(match["display"]), display=True)
        marked_up = f'<div class="arithmatex" data-search-exclude tabindex="0">{formula}</div>'
        return marked_up + match["after"]

    # The theme's search stops to exclude at the first end of a like tag: KaTeX has spans, no bdi.
    formula = typeset(html.unescape(match["inline"]), display=False)
    inline = f'<bdi class="arithmatex" data-search-exclude>{formula}</bdi>{match["after"]}'
    # Browsers may begin a line with the comma behind a formula.
    is_whole = match["after"] and len(match["inline"]) <= _SHORT
    return f'<span class="whole">{inline}</span>' if is_whole else inline


@cache
def _katex() -> MiniRacer:
    context = MiniRacer()
    context.eval(_KATEX.read_text(encoding="utf-8"))
    return context
