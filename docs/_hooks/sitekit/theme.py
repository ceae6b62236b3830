"""Mend what the theme's templates leave unlabelled."""

__all__ = ["mended"]

_REPLACEMENTS = {
    'class="md-search" data-md-component="search" role="dialog"': (
        'class="md-search" data-md-component="search" role="dialog" aria-label="Search"'
    ),
}


def mended(output: str) -> str:
    """Return a page with accessible names where the theme gives none."""
    for old, new in _REPLACEMENTS.items():
        output = output.replace(old, new)
    return output
