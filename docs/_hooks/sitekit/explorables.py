"""Load on each page the scripts of the interactive figures that it shows, and no others."""

import re

__all__ = ["ELEMENT", "loaded"]

ELEMENT = re.compile(r"<mle-([a-z]+)\b")

_FOLDER = "assets/explorables"
_SHARED = ("maths", "plot", "drag", "frame")
_ALSO = {
    "bell": ("bell-trail",),
    "coverage": ("coverage-lab", "coverage-views"),
    "factor": (
        *("maths-bivariate", "factor-state", "factor-views", "factor-cloud", "factor-cone"),
        "factor-code",
    ),
    "optimizer": (
        *("maths-surface", "optimizer-walk", "optimizer-marks", "optimizer-plane"),
        *("optimizer-side", "optimizer-words"),
    ),
    "tests": ("tests-bars",),
}


def loaded(output: str, *, base: str) -> str:
    """Return a page with the scripts of its `<mle-...>` elements.

    Args:
        output: The HTML of a whole page.
        base: The way from the page to the site's root, such as `..`.
    """
    names = sorted(set(ELEMENT.findall(output)))
    if not names:
        return output

    also = dict.fromkeys(script for name in names for script in _ALSO.get(name, ()))
    # Classic scripts, since modules are dead in a page opened from a folder; deferred, in order.
    tags = [
        f'<script defer src="{base}/{_FOLDER}/{script}.js"></script>'
        for script in (*_SHARED, *also, *names)
    ]
    return output.replace("</head>", "".join(tags) + "</head>", 1)
