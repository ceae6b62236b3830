"""Resolve the links of a notebook page, which MkDocs does for Markdown pages alone."""

import posixpath
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

__all__ = ["Link", "in_markdown", "resolved", "targets"]

_MARKDOWN = re.compile(r"(?<=\]\()(?P<page>[^():\s]+)\.(?:py|md)(?P<anchor>#[^()\s]*)?(?=\))")


class Link(NamedTuple):
    """A link as it is written, the source that it leads to, and its anchor."""

    written: str
    target: str
    anchor: str


def targets(fragment: str, *, source: str) -> list[Link]:
    """Return the links of a fragment that lead to other files of the documentation.

    Args:
        fragment: HTML of a page.
        source: The page's own path in docs/.
    """
    soup = BeautifulSoup(fragment, "html.parser")
    links = [_link(str(a["href"]), source) for a in soup.select("a[href]")]
    return [link for link in links if link is not None]


def resolved(fragment: str, *, source: str, url: Callable[[str], str | None]) -> str:
    """Return the fragment with its links to sources turned into links to pages.

    Args:
        fragment: HTML of a page.
        source: The page's own path in docs/.
        url: From a source's path in docs/ to its address relative to the page; None leaves it.
    """
    soup = BeautifulSoup(fragment, "html.parser")

    for tag in soup.select("a[href]"):
        link = _link(str(tag["href"]), source)
        address = url(link.target) if link and link.target != source else None
        if link and address is not None:
            tag["href"] = f"{address}#{link.anchor}" if link.anchor else address

    return str(soup)


def in_markdown(markdown: str, address: Callable[[str], str]) -> str:
    """Return Markdown with its links to sources turned into others.

    Args:
        markdown: The text, without fences.
        address: From a source's path, as it is written and without suffix, to an address.
    """
    return _MARKDOWN.sub(lambda m: address(m["page"]) + (m["anchor"] or ""), markdown)


def _link(href: str, source: str) -> Link | None:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return None

    folder = posixpath.dirname(source)
    path = posixpath.normpath(posixpath.join(folder, unquote(parts.path)))
    return Link(href, path if parts.path else source, unquote(parts.fragment))
