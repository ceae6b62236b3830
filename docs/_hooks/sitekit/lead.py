"""Describe a page by its first paragraph, for search engines and previews."""

import re

from bs4 import BeautifulSoup

__all__ = ["description"]

_LONGEST = 160
_PARAGRAPH = re.compile(r"<p\b.*?</p>", re.DOTALL)


def description(content: str) -> str | None:
    """Return the plain text of the first paragraph, cut at a word; None where it has formulas."""
    paragraph = _PARAGRAPH.search(content)
    if paragraph is None or "arithmatex" in paragraph[0]:
        return None

    text = " ".join(BeautifulSoup(paragraph[0], "html.parser").get_text().split())
    if len(text) <= _LONGEST:
        return text or None
    return text[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
