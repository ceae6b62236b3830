"""Figures follow the page: colours, fonts, ids, width; the palette has contrast."""

import re

import pytest
from conftest import DOCS
from sitekit import figures

CSS = (DOCS / "assets/css/figures.css").read_text(encoding="utf-8")
RC = (DOCS / "matplotlibrc").read_text(encoding="utf-8")
MATPLOTLIB = """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">
<svg xmlns:xlink="x" width="518.4pt" height="244.8pt" viewBox="0 0 518.4 244.8" version="1.1">
 <metadata><date>1970</date></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style><path id="m1" d="M 0 0"/></defs>
 <use xlink:href="#m1" style="fill: #3a6ea8; stroke: #d13438"/>
 <g clip-path="url(#m1)"><a href="#elsewhere">a</a></g>
 <!-- text -->
 <text style="font: bold 10px 'DejaVu Sans', sans-serif; text-anchor: middle">n</text>
 <text style="font-size: 9px; font-family: 'DejaVu Sans'; fill: #2f343c">n</text>
</svg>"""


@pytest.fixture
def figure():
    return figures.figure(MATPLOTLIB, name="figure-7", alt="A < B")


def test_is_described_and_keeps_its_width(figure):
    assert 'role="img" aria-label="A &lt; B"' in figure
    assert 'style="width:691px;min-width:560px"' in figure
    assert 'viewBox="0 0 518.4 244.8"' in figure


def test_a_small_figure_may_be_as_small_as_it_is():
    assert "width:133px;min-width:133px" in figures.figure(
        '<svg viewBox="0 0 100 50"></svg>', name="figure-1", alt="A"
    )


def test_leaves_nothing_that_reaches_the_page_or_changes_with_time(figure):
    assert not re.search("<style|xmlns|<metadata|<!--|<!DOCTYPE|<\\?xml|1970", figure)


def test_swaps_colours_and_leaves_the_font_to_the_page(figure):
    assert "fill:var(--figure-data);stroke:var(--figure-model)" in figure
    assert "font:bold 10px var(--figure-font);text-anchor:middle" in figure
    assert "font-size:9px;fill:var(--figure-text)" in figure
    assert "DejaVu" not in figure


def test_refuses_what_is_no_drawing():
    with pytest.raises(ValueError, match="expected an SVG"):
        figures.figure("<p>no</p>", name="figure-1", alt="A")


def test_every_colour_of_the_rc_file_is_swapped():
    drawn = {f"#{c}" for c in re.findall(r"\b[0-9a-f]{6}\b", RC)}
    assert drawn == set(figures.COLOURS) - {"#000000", "#ffffff"}


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_every_colour_can_be_read_on_the_paper(scheme):
    block = CSS.split(f'[data-md-color-scheme="{scheme}"]')[1].split("}")[0]
    colours = dict(re.findall(r"(--[\w-]+): (#\w{6})", block))
    assert set(colours) == set(figures.COLOURS.values())

    paper = colours.pop("--figure-paper")
    colours.pop("--figure-grid")  # faint on purpose: it carries nothing
    assert {n: c for n, c in colours.items() if contrast(c, paper) < 4.5} == {}


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
