"""Drawings become smaller and stay what they are: the same points, ids that do not mix."""

import re

import pytest
from sitekit.drawings import compact, relative

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def compacted(drawing, name="figure-7"):
    return compact(f"{HEAD}{drawing}</svg>", name=name)


def points(path):
    """Return the end points of a path that `relative` wrote."""
    here, start, ends = (0.0, 0.0), (0.0, 0.0), []
    for letter, text in re.findall(r"([MlqCcz])([^MlqCcz]*)", path):
        numbers = [float(x) for x in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        size = {"M": 2, "l": 2, "q": 4, "c": 6}.get(letter, 1)
        here = start if letter == "z" else here
        for i in range(0, len(numbers), size):
            x, y = numbers[i + size - 2 : i + size]
            here = (x, y) if letter == "M" else (here[0] + x, here[1] + y)
            start = here if letter == "M" else start
            ends.append(here)
    return ends


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("M 1.234567 -20.999999 \nL 3 4.5 \n", "M1.23-21l1.77 25.5"),
        ("M 0 0 \nL 0 3.5 \nL 0.25 3.5 \nz\n", "M0 0l0 3.5 .25 0z"),
        ("M 5 5 L 6 6 z L 7 7", "M5 5l1 1zl2 2"),
        ("M 0 1 C 1 1 2 2 3 2 Q 4 2 5 1", "M0 1c1 0 2 1 3 1q1 0 2-1"),
        ("M 1 1 M 2 2 L 1e-03 2", "M1 1M2 2l-2 0"),
    ],
)
def test_a_path_is_written_in_steps(path, expected):
    assert relative(path) == expected


def test_rounding_does_not_add_up():
    xs = [i * 0.123456789 for i in range(1000)]
    ends = points(relative("M 0 0 " + " ".join(f"L {x:.6f} {-x:.6f}" for x in xs)))[1:]
    assert len(ends) == 1000
    assert max(abs(x - a) + abs(x + b) for x, (a, b) in zip(xs, ends, strict=True)) < 0.0101


def test_a_command_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="expected a path of M, L, Q, C and z; got 'A'"):
        relative("M 0 0 A 1 1")


def test_ids_and_their_references_are_renamed_alike_and_the_others_dropped():
    drawing = compacted(
        '<g id="unused"><path id="m1" d="M 0 0"/><use xlink:href="#m1" x="1.26" y="2"/></g>'
        '<g clip-path="url(#c2)"><a href="#elsewhere">a</a></g><clipPath id="c2"/>'
    )
    assert '<path d="M0 0" id="figure-7-1"/><use x="1.3" y="2" href="#figure-7-1"/>' in drawing
    assert 'clip-path="url(#figure-7-2)"' in drawing
    assert '<clipPath id="figure-7-2"/>' in drawing
    assert 'href="#elsewhere"' in drawing
    assert "unused" not in drawing


def test_blanks_stay_in_text_alone():
    drawing = compacted('<g>\n <text x="1.005"> a <tspan>b</tspan> c</text>\n</g>\n')
    assert drawing == '<text x="1"> a <tspan>b</tspan> c</text>'


def test_a_rotation_by_nothing_goes():
    assert compacted('<text transform="rotate(-0 1.234 2.345)">a</text>') == "<text>a</text>"
    turned = compacted('<text transform="rotate(-90 1.234 2.346)">a</text>')
    assert turned == '<text transform="rotate(-90 1.23 2.35)">a</text>'


@pytest.mark.parametrize(
    ("style", "is_hoisted"),
    [
        ("fill: red; stroke-width: 0.8", True),
        ("fill: red; opacity: 0.5", False),
        ("fill: red; fill-opacity: 0.5", True),
    ],
)
def test_a_group_has_the_style_that_its_children_inherit(style, is_hoisted):
    drawing = compacted(f'<g id="a"><use style="{style}"/><use style="{style}"/></g><a/>')
    assert drawing.count("style=") == (1 if is_hoisted else 2)
