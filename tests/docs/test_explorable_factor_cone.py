"""Drag the factor: the cone of the covariances, and what lies beyond it."""

import math

import pytest
from browser import SIZES
from drive_factor import PAGE, drawn, enter, handle, log_likelihood, shown
from explorables import drag, explore, number, run_code, slide, words

pytestmark = pytest.mark.site


def test_the_covariance_has_a_scale(factor):
    ticks = factor.locator(".plot").nth(1).locator(".axes text").all_text_contents()
    assert {"\N{MINUS SIGN}10", "0", "10"} <= set(ticks)


def test_a_covariance_can_be_dragged_out_of_the_cone(factor, tmp_path):
    enter(factor, "covariance")
    inside = shown(factor)
    assert inside == pytest.approx(log_likelihood(factor), abs=0.01)
    drag(handle(factor, "Covariance matrix"), -60, 90)

    assert factor.locator(".big").inner_text() == "no log-likelihood"
    assert "left the cone" in words(factor)
    assert drawn(factor) == [""]
    smallest = number(factor.locator(".score .small").inner_text())
    assert smallest < 0
    assert float(run_code(factor, tmp_path)) == smallest

    enter(factor, "factor")
    assert math.isfinite(shown(factor))


def test_beyond_the_cone_there_is_no_correlation(factor):
    enter(factor, "covariance")
    assert "correlation" in factor.locator(".matrices").inner_text()
    for dx, dy in ((90, 120), (300, 300), (-900, 300)):
        drag(handle(factor, "Covariance matrix"), dx, dy)
        seen = factor.inner_text()
        assert "no correlation: \N{GREEK CAPITAL LETTER SIGMA} is not positive definite" in seen
        assert "Infinity" not in seen


@pytest.mark.parametrize("variance", [0.25, 9, 15.9])
def test_on_the_border_it_says_so(factor, variance):
    enter(factor, "covariance")
    slide(factor, s11=variance, s22=variance, s12=variance)
    assert "is on the border of the cone: smallest eigenvalue 0.000" in words(factor)
    assert "correlation 1, on the border" in factor.locator(".matrices").inner_text()
    slide(factor, s12=variance + 0.01)
    assert "left the cone" in words(factor)


@pytest.mark.parametrize(("s12", "said"), [(15.8, "0.99"), (15.95, "0.997"), (15.9999, "0.999994")])
def test_no_correlation_inside_the_cone_is_one(factor, s12, said):
    enter(factor, "covariance")
    factor.evaluate("(e, s12) => e.move({s11: 16, s22: 16, s12})", s12)
    assert f"correlation {said}." in words(factor)
    enter(factor, "factor")
    slider = factor.get_by_role("slider", name="correlation", exact=True)
    assert slider.get_attribute("aria-valuetext") == said


def test_the_border_has_its_vertex_at_the_axis(factor):
    for s1 in (0.5, 1, 3):
        slide(factor, s1=s1)
        path, floor = factor.evaluate(
            "e => [e.cone.border.getAttribute('d'), e.cone.plot.inner.bottom]"
        )
        heights = [float(point.split(",")[1]) for point in path.strip("M").split("L")]
        assert max(heights) == pytest.approx(floor, abs=0.1)
        assert heights.count(max(heights)) < 20


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 640)])
def test_the_regions_of_the_cone_have_their_names_in_them(browser, address, size):
    with explore(browser, f"{address}/{PAGE}", "mle-factor", size=size) as factor:
        for s1 in (0.5, 1, 1.5, 2, 3, 4):
            slide(factor, s1=s1)
            assert corners(factor, "positive definite") == [True] * 4
            assert corners(factor, "no normal") == [False] * 4


def corners(factor, name: str) -> list[bool]:
    """Return which of the corners of words lie in the cone."""
    return factor.get_by_text(name, exact=True).evaluate(
        """text => {
          const cone = text.closest("svg").querySelector(".area");
          const { x, y, width, height } = text.getBBox();
          const toCone = cone.getCTM().inverse().multiply(text.getCTM());
          return [[x, y], [x + width, y], [x, y + height], [x + width, y + height]].map(
            ([x, y]) => cone.isPointInFill(new DOMPoint(x, y).matrixTransform(toCone)));
        }"""
    )


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 640)])
@pytest.mark.parametrize(("s12", "s22"), [(-16, 0.25), (0, 16)])
def test_the_ring_covers_no_words(browser, address, size, s12, s22):
    with explore(browser, f"{address}/{PAGE}", "mle-factor", size=size) as factor:
        enter(factor, "covariance")
        for s11 in (0.25, 4, 9):
            slide(factor, s11=s11, s12=s12, s22=s22)
            ring = handle(factor, "Covariance matrix").bounding_box()
            for name in ("positive definite", "no normal"):
                text = factor.get_by_text(name, exact=True).bounding_box()
                assert not meet(ring, text)


def meet(one: dict[str, float], other: dict[str, float]) -> bool:
    """Return whether two boxes overlap."""
    return all(
        one[side] < other[side] + other[length] and other[side] < one[side] + one[length]
        for side, length in (("x", "width"), ("y", "height"))
    )
