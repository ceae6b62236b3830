"""Mend what the theme's templates leave unlabelled, and what asks another host."""

__all__ = ["mended"]

_REPLACEMENTS = {
    'class="md-search" data-md-component="search" role="dialog"': (
        'class="md-search" data-md-component="search" role="dialog" aria-label="Search"'
    ),
    # the theme's script would ask GitHub for the repository's stars
    'class="md-source" data-md-component="source"': 'class="md-source"',
}


def mended(output: str) -> str:
    """Return a page with accessible names where the theme gives none, at home on one host."""
    for old, new in _REPLACEMENTS.items():
        output = output.replace(old, new)
    return output
