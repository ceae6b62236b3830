"""The optimizer on the surface: Newton's method, and the parabola that it trusts."""

import pytest
from drive_optimizer import choose, press, step
from explorables import slide, words

pytestmark = pytest.mark.site


def test_newton_depends_on_the_coordinates(walk):
    choose(walk, optimizer="newton", coordinate="sigma")
    slide(walk, mu=0, sigma=2)
    press(walk, "To the start", "Step")
    assert "saddle" in words(walk)
    assert walk.locator("input[name=exponent]").is_disabled()
    assert walk.locator("path.model.dashed").first.get_attribute("d")

    for coordinate, place, steps in (("log", (0, 2), 6), ("convex", (-10, 2.13), 4)):
        choose(walk, coordinate=coordinate)
        slide(walk, mu=place[0], sigma=place[1])
        press(walk, "To the start", "Run")
        assert "arrived" in words(walk)
        assert step(walk) == steps


@pytest.mark.parametrize("place", [(1, 1.2), (-1, 1.4)])
def test_the_parabolas_level_line_is_open_where_it_leaves_the_plane(walk, place):
    choose(walk, optimizer="newton", coordinate="sigma")
    slide(walk, mu=place[0], sigma=place[1])
    press(walk, "To the start")
    assert conic(walk).is_visible()
    ends = [walk.evaluate(ENDS, [part, end]) for part in (0, -1) for end in (0, -1)]
    floors = sorted(abs(sigma) < 1e-6 for mu, sigma in ends)
    assert floors == [False, False, True, True]
    assert walk.evaluate(CHORDS) == 0

    press(walk, "Step")
    assert "No normal has such a scale" in words(walk)
    assert conic(walk).count() == 0
    assert not walk.locator("path.model.dashed").first.get_attribute("d")


# The two ends of a part of the line, `[part, end]`, as `[mu, sigma]`.
ENDS = """(e, [part, end]) => {
  const plot = e.views[0].plot;
  const parts = e.views[0].conic.getAttribute("d").split("M").slice(1);
  const [x, y] = parts.at(part).split("L").at(end).split(",").map(Number);
  return [plot.xAt(x), plot.yAt(y)];
}"""


# How many pieces of it lie on the axis.
CHORDS = """e => {
  const { plot, conic } = e.views[0];
  const parts = conic.getAttribute("d").split("M").slice(1);
  const isLow = point => plot.yAt(Number(point.split(",")[1])) < 1e-6;
  const lows = parts.map(part => part.split("L").map(isLow));
  return lows.flatMap(low => low.slice(1).filter((is, k) => is && low[k])).length;
}"""


@pytest.mark.parametrize("coordinate", ["sigma", "log", "softplus", "inverse", "convex"])
def test_names_the_parabolas_level_line_only_where_it_is_drawn(walk, coordinate):
    choose(walk, optimizer="newton", coordinate=coordinate)
    slide(walk, mu=1, sigma=1)
    press(walk, "To the start")
    assert conic(walk).count() == 1

    while not walk.get_by_role("button", name="Step").is_disabled():
        line = walk.locator("path.model.dashed").first.get_attribute("d")
        assert (conic(walk).count() == 1) == bool(line)
        press(walk, "Step")
    assert conic(walk).count() == 0


def conic(walk):
    return walk.locator(".plot").first.get_by_text("level line of Newton's parabola")


def test_a_walk_that_runs_away_ends_while_it_can_be_drawn(walk):
    choose(walk, optimizer="newton", coordinate="sigma")
    assert walk.get_by_role("button", name="Step").is_disabled()
    assert "It runs away." in words(walk)
    assert "not a number" not in walk.locator(".score").inner_text()
    assert step(walk) < 60
    assert walk.evaluate("e => e.walk.gaps.every(Number.isFinite)")
    assert walk.evaluate("e => e.views[1].plot.yAxis.domain[1]") < 20
