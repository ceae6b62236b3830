"""Which page comes from which source."""

from pathlib import Path

from conftest import DOCS
from sitekit import notebooks

__all__ = ["notebook_of", "page_names", "source_of"]


def page_names() -> list[str]:
    """Return the addresses of all pages, relative to the site's root."""
    markdown = [p for p in DOCS.rglob("*.md") if "_hooks" not in p.parts]
    sources = [*markdown, *notebooks.sources(DOCS)]
    return sorted(p.relative_to(DOCS).with_suffix(".html").as_posix() for p in sources)


def source_of(name: str) -> Path:
    """Return the Markdown file or notebook that a page is made from."""
    page = DOCS / name
    return next(p for s in (".md", ".py") if (p := page.with_suffix(s)).exists())


def notebook_of(name: str) -> Path | None:
    """Return the notebook that a page is made from; None for a Markdown page."""
    source = source_of(name)
    return source if source.suffix == ".py" else None
