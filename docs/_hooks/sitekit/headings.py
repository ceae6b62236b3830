"""Give the headings of a page ids and permalinks as Python-Markdown does, and list them."""

import re
from collections.abc import Sequence
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdown.extensions.toc import nest_toc_tokens, slugify, unique

__all__ = ["anchored"]


def anchored(fragments: Sequence[str]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the fragments of one page with anchored headings, and its nested contents."""
    soups = [BeautifulSoup(fragment, "html.parser") for fragment in fragments]
    taken: set[str] = set()
    tokens = [
        _anchor(heading, taken)
        for soup in soups
        for heading in soup.find_all(re.compile("^h[1-6]$"))
    ]
    return [str(soup) for soup in soups], nest_toc_tokens(tokens)


def _anchor(heading: Tag, taken: set[str]) -> dict[str, Any]:
    for old in heading.select("a.anchor-link"):
        old.decompose()

    name = heading.get_text().strip()
    heading["id"] = unique(slugify(name, "-"), taken)
    heading.append(_permalink(str(heading["id"])))
    return {"level": int(heading.name[1]), "id": heading["id"], "name": name}


def _permalink(target: str) -> Tag:
    link = f'<a class="headerlink" href="#{target}" title="Permanent link">&para;</a>'
    tag = BeautifulSoup(link, "html.parser").a
    assert tag is not None
    return tag
