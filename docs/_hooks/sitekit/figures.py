"""Inline a matplotlib SVG so that its colours, text and width follow the page."""

import html
import re

from .drawings import compact

__all__ = ["COLOURS", "MIN_WIDTH", "figure", "themed"]

# What docs/matplotlibrc draws with -> the CSS variable in docs/assets/css/figures.css.
COLOURS = {
    "#3a6ea8": "--figure-data",
    "#d13438": "--figure-model",
    "#12795c": "--figure-truth",
    "#b45309": "--figure-path",
    "#687078": "--figure-muted",
    "#2f343c": "--figure-text",
    "#000000": "--figure-text",
    "#d9dce1": "--figure-grid",
    "#ffffff": "--figure-paper",
}

# Pixels. At its natural 691 px a figure's smallest text (8.3 pt) is 11 px high; here it is 9 px.
# A narrower screen scrolls the figure within its box.
MIN_WIDTH = 560

_PIXELS_PER_POINT = 96 / 72
_SVG = re.compile(r"<svg\b(?P<attributes>[^>]*)>.*</svg>", re.DOTALL)
_COLOUR = re.compile("|".join(COLOURS))
_FONT_FAMILY = re.compile(r"font-family:[^;\"]*;?\s*")
_FONT = re.compile(r"font: ((?:italic |oblique |bold |\d{3} )*)([\d.]+px) [^;\"]*")


def figure(svg: str, *, name: str, alt: str) -> str:
    """Return an HTML figure: the themed drawing, described by `alt`, its ids begun by `name`."""
    found = _SVG.search(svg)
    if found is None:
        raise ValueError(f"expected an SVG drawing; got {svg[:40]!r}")

    width, height = _size(found["attributes"])
    drawing = compact(themed(found[0]), name=name)

    pixels = round(width * _PIXELS_PER_POINT)
    style = f"width:{pixels}px;min-width:{min(pixels, MIN_WIDTH)}px"
    label = html.escape(alt, quote=True)
    # matplotlib's style sheet would reach the whole page: its two rules are attributes here.
    return (
        f'<figure class="figure" data-search-exclude tabindex="0" role="group" '
        f'aria-label="Figure {name.removeprefix("figure-")}">'
        f'<svg viewBox="0 0 {width:g} {height:g}" style="{style}" role="img" aria-label="{label}" '
        f'stroke-linejoin="round" stroke-linecap="butt">{drawing}</svg></figure>'
    )


def themed(drawing: str) -> str:
    """Swap the sentinel colours for CSS variables and leave the font to the page."""
    drawing = _COLOUR.sub(lambda match: f"var({COLOURS[match[0]]})", drawing)
    drawing = _FONT.sub(r"font: \1\2 var(--figure-font)", drawing)
    return _FONT_FAMILY.sub("", drawing)


def _size(attributes: str) -> tuple[float, float]:
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', attributes)
    if box is None:
        raise ValueError(f"expected a viewBox that starts at 0 0; got {attributes!r}")
    return float(box[1]), float(box[2])
