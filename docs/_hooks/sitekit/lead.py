"""Describe a page by its first paragraph, for search engines and previews."""

import re

from bs4 import BeautifulSoup

__all__ = ["description"]

_LONGEST = 160
_PARAGRAPH = re.compile(r"<p\b.*?</p>", re.DOTALL)
_FORMULA = re.compile(r"\\\((.*?)\\\)")
_BAR = re.compile(r"\\bar (\w)")
_POWER = re.compile(r"\^\{(-?\d+)\}")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def description(content: str) -> str | None:
    """Return the plain text of the first paragraph, cut at a word.

    None where there is no such text: no paragraph, or a formula that takes more than one line.
    """
    paragraph = _PARAGRAPH.search(content)
    if paragraph is None:
        return None

    text = " ".join(BeautifulSoup(paragraph[0], "html.parser").get_text().split())
    text = _FORMULA.sub(_in_line, text)
    if "\\" in text:
        return None
    if len(text) <= _LONGEST:
        return text or None
    return text[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _in_line(formula: re.Match[str]) -> str:
    r"""Write a formula as text, `10^{-8}` as 10⁻⁸, or leave it as it is."""
    text = _BAR.sub("\\1\N{COMBINING MACRON}", formula[1])
    text = _POWER.sub(lambda power: power[1].translate(_RAISED), text)
    return formula[0] if re.search(r"[\\^_{}]", text) else text.replace("-", "\N{MINUS SIGN}")
