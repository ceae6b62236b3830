"""Describe a page by its first paragraph, for search engines and previews."""

from bs4 import BeautifulSoup

__all__ = ["description"]

_LONGEST = 160


def description(content: str) -> str | None:
    """Return the plain text of the first paragraph, cut at a word; None where it has formulas."""
    paragraph = BeautifulSoup(content, "html.parser").p
    if paragraph is None or paragraph.select(".arithmatex"):
        return None

    text = " ".join(paragraph.get_text().split())
    if len(text) <= _LONGEST:
        return text or None
    return text[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
