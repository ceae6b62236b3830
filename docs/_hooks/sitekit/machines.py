"""List the pages for programs that read documentation, and say where the sitemap is."""

import html
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urljoin

from mkdocs.structure.pages import Page

__all__ = ["Entry", "entry", "in_order", "llms", "robots"]


_TAG = re.compile(r"<[^>]+>")


class Entry(NamedTuple):
    """A page: its section's title, its own, what it answers, its Markdown copy's address."""

    section: str
    heading: str
    description: str
    address: str


def in_order(pages: Iterable[Page | None]) -> list[Page]:
    """Return the pages as a reader walks them, from the home page by each page's "next"."""
    page = next((page for page in pages if page and page.is_homepage), None)
    found = []
    while page:
        found.append(page)
        page = page.next_page
    return found


def entry(page: Page) -> Entry:
    """Return what a list of pages says of one."""
    heading = next((anchor.title for anchor in page.toc), page.title or "")
    sections = [section.title for section in page.ancestors]
    return Entry(
        section=str(sections[-1]) if sections else "Home",
        heading=html.unescape(_TAG.sub("", str(heading))),
        description=page.meta["description"],
        address=page.meta["markdown"],
    )


def llms(name: str, description: str, entries: Iterable[Entry], *, base: str) -> str:
    """Return `llms.txt`, as llmstxt.org has it: a title, a summary, a list for each section.

    Args:
        name: The site's.
        description: Likewise.
        entries: In the order of the navigation.
        base: The site's address; the empty string leaves links relative.
    """
    return "\n".join(_lines(name, description, entries, base)) + "\n"


def robots(base: str) -> str:
    """Return `robots.txt`: all may be read, and the sitemap is at this site's address."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {urljoin(base, 'sitemap.xml')}\n"


def _lines(name: str, description: str, entries: Iterable[Entry], base: str) -> Iterator[str]:
    yield f"# {name}\n\n> {description}\n"
    yield "Each page is HTML for people and, with .md in place of .html, Markdown with all of its"
    yield "code and what it printed, which was run and compared when the site was built."

    for section, group in groupby(entries, key=lambda entry: entry.section):
        yield f"\n## {section}\n"
        for entry in group:
            yield f"- [{entry.heading}]({urljoin(base, entry.address)}): {entry.description}"
