"""Mend what the theme and its highlighter leave: unlabelled, named twice, asking another host."""

import re

__all__ = ["mended"]

_REPLACEMENTS = {
    'class="md-search" data-md-component="search" role="dialog"': (
        'class="md-search" data-md-component="search" role="dialog" aria-label="Search"'
    ),
    # scheme.html switches instead
    'class="md-header__option" data-md-component="palette"': 'class="md-header__option"',
    # the theme's script would ask GitHub for the repository's stars
    'class="md-source" data-md-component="source"': 'class="md-source"',
}

# A docstring's code blocks are numbered from 0 again, so that lines of one page share an id.
_LINE = re.compile(r'<span id="__span-[\d-]+">')

# A name in a table may break behind a dot, say, so that the table fits a phone.
_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_NAME = re.compile(r"(?<=<code>)[^<]*(?=</code>)")
_JOINT = re.compile(r"(?<=[\w)])([._(])(?=[^\W\d])")

# Names, operators and punctuation have the colour of all code: no need of an element for each.
_PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')


def mended(output: str) -> str:
    """Return a page with accessible names where the theme gives none, at home on one host.

    A line of code is known by its class, `line`, instead of an id.
    """
    for old, new in _REPLACEMENTS.items():
        output = output.replace(old, new)
    output = _CELL.sub(lambda cell: _NAME.sub(_breakable, cell[0]), output)
    return _PLAIN.sub(r"\1", _LINE.sub('<span class="line">', output))


def _breakable(name: re.Match[str]) -> str:
    return _JOINT.sub(r"\1<wbr>", name[0])
