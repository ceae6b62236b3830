"""Give each block of code the theme's button that copies it.

The theme's own script can add them, and then has the browser lay the page out once for each.
"""

import re
from itertools import count

__all__ = ["with_copy_buttons"]

_BLOCK = re.compile(
    r'(<div class="(?:language-\w+ )?highlight(?: asks)?">)'  # no output, and no signature
    r"(<pre>(?:<span></span>)?<code)>"
)


def with_copy_buttons(output: str) -> str:
    """Return a page whose blocks of code each have a button, named by a number."""
    numbers = count(1)

    def block(match: re.Match[str]) -> str:
        number = next(numbers)
        button = (
            '<div class="md-code__nav"><button class="md-code__button" type="button" '
            f'title="Copy to clipboard" aria-label="Copy code block {number}" '
            f'data-clipboard-target="#code-{number}" data-md-type="copy"></button></div>'
        )
        return f'{match[1]}{button}{match[2]} id="code-{number}">'

    return _BLOCK.sub(block, output)
