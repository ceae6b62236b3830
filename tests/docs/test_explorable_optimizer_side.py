"""The optimizer on the surface: its views of the loss, by the step and along the next one."""

import math
from itertools import pairwise

import pytest
from drive_optimizer import choose, press, step
from explorables import run_code, settle, slide, words

pytestmark = pytest.mark.site


def test_the_dot_of_the_loss_is_whole_from_the_first_step_to_the_last(walk):
    choose(walk, optimizer="newton", coordinate="convex")
    for name in ("To the start", "Run"):
        press(walk, name)
        dot = walk.locator(".plot").nth(1).locator("circle.model")
        assert dot.evaluate("dot => !dot.closest('[clip-path]')")
        assert dot.evaluate(IS_BY_THE_AXES)


# Whether the middle of a dot is within the axes, or on them.
IS_BY_THE_AXES = """dot => {
  const { e: x, f: y } = dot.transform.baseVal.consolidate().matrix;
  const { width, height } = dot.closest("svg").viewBox.baseVal;
  return x >= 46 && x <= width - 14 && y >= 24 && y <= height - 42;
}"""


def test_says_that_the_side_view_of_an_arrived_walk_is_empty(walk):
    choose(walk, optimizer="newton", coordinate="convex")
    press(walk, "Run")
    side = walk.locator(".plot").last
    assert side.get_by_text("arrived: no step left to see").is_visible()
    assert not side.get_by_text("the loss", exact=True).is_visible()
    press(walk, "To the start")
    assert side.get_by_text("the loss", exact=True).is_visible()


def test_the_side_view_is_smooth_to_the_end(walk):
    slide(walk, mu=0, sigma=1, exponent=-3)
    press(walk, "To the start", "Run", "Run")
    last = step(walk) - 1
    walk.evaluate("(e, last) => e.go(last)", last)
    settle(walk)
    assert step(walk) == last
    heights = [y for _, y in walk.locator(".plot").last.locator("path.data").evaluate(POINTS)]
    assert len(heights) > 40
    assert heights == sorted(heights)
    slopes = [b - a for a, b in pairwise(heights)]
    assert max(slopes) - min(slopes) < 0.5 * max(slopes)


# The points `[x, y]` of a path.
POINTS = """path => path.getAttribute("d").slice(1).split("L").map(p => p.split(",").map(Number))"""


@pytest.mark.parametrize("mu", [5, -6, -11])
def test_the_side_view_shows_how_deep_the_next_step_falls(walk, mu):
    slide(walk, mu=mu, sigma=0.1)
    press(walk, "To the start")
    now, nxt = (walk.locator(".plot").last.locator(f"circle.{c}") for c in ("model", "trail"))
    assert nxt.bounding_box()["y"] - now.bounding_box()["y"] > 60


def test_the_side_view_says_that_a_loss_is_too_steep_to_draw(walk):
    slide(walk, exponent=-1, mu=1.62, sigma=7.35)
    choose(walk, reduce="sum")
    press(walk, "To the start", "Step")
    assert walk.locator(".plot").last.get_by_text("too far out to draw a step").is_visible()


def test_an_infinite_loss_is_called_so_everywhere(walk):
    choose(walk, coordinate="log", reduce="sum")
    infinity, mu, sigma = (
        "\N{INFINITY}",
        "\N{GREEK SMALL LETTER MU}",
        "\N{GREEK SMALL LETTER SIGMA}",
    )
    assert walk.locator(".big").inner_text() == f"sum loss {infinity}"
    plots = [plot.text_content() for plot in walk.locator(".plot").all()]
    assert f"now at {mu}" in plots[0]
    assert f"{sigma} {infinity}" in plots[0]
    assert "an infinite loss here, and no parabola" in plots[2]
    assert "no loss" not in plots[2]


def test_says_that_no_normal_is_there(walk, tmp_path):
    choose(walk, coordinate="inverse")
    assert "No normal has such a scale" in words(walk)
    sigma = "\N{GREEK SMALL LETTER SIGMA}"
    assert walk.locator(".big").inner_text() == f"no loss: {sigma} < 0"
    side = walk.locator(".plot").last
    assert side.get_by_text("no loss here").is_visible()
    assert not side.get_by_text("the loss", exact=True).is_visible()
    assert math.isnan(float(run_code(walk, tmp_path)))
