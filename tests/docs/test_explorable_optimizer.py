"""The optimizer on the surface: what the reader does to it, and what it says and shows."""

import math
from itertools import pairwise

import pytest
from browser import SIZES
from explorables import drag, explore, number, run_code, settle, still, swipe, words

pytestmark = pytest.mark.site

PAGE = "learn/gradient-descent.html"
ROWS = {"n": 10_000, "mean": -0.01739417, "variance": 1.00974334}
CHOICES = {
    "optimizer": ["descent", "momentum", "adam", "newton"],
    "coordinate": ["sigma", "log", "softplus", "inverse", "convex"],
    "reduce": ["mean", "sum"],
}
BEST = (math.log(2 * math.pi * ROWS["variance"]) + 1) / 2


@pytest.fixture
def walk(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-optimizer") as element:
        yield element


def choose(walk, **choices: str) -> None:
    for name, value in choices.items():
        walk.locator(f"select[name={name}]").select_option(index=CHOICES[name].index(value))
    settle(walk)


def slide(walk, **places: float) -> None:
    for name, value in places.items():
        walk.locator(f"input[name={name}]").fill(str(value))
    settle(walk)


def press(walk, *names: str) -> None:
    for name in names:
        walk.get_by_role("button", name=name, exact=True).click()
        settle(walk)


def start(walk) -> tuple[float, float]:
    inputs = (walk.locator(f"input[name={name}]") for name in ("mu", "sigma"))
    return tuple(float(slider.input_value()) for slider in inputs)


def loss(walk) -> float:
    return number(walk.locator(".big").inner_text())


def step(walk) -> int:
    return int(number(walk.locator(".small").inner_text()))


def drawn(walk) -> list[str]:
    return [p.get_attribute("d") or "" for p in walk.locator("path.trail.line").all()]


def test_has_the_statistics_of_the_page(walk):
    assert walk.evaluate("e => e.data") == ROWS


def test_runs_to_the_minimum(walk):
    press(walk, "Run")

    assert "arrived" in words(walk)
    assert loss(walk) == pytest.approx(BEST, abs=1e-6)
    assert step(walk) == 104
    assert walk.get_by_role("button", name="Step").is_disabled()


def test_steps_one_by_one_and_back(walk):
    press(walk, "To the start")
    assert step(walk) == 0
    assert start(walk) == (-10.0, 2.13)
    press(walk, "Step", "Step")
    assert step(walk) == 2


def test_pauses_where_it_is(browser, address):
    """With motion, a run takes its time."""
    with explore(browser, f"{address}/{PAGE}", "mle-optimizer") as walk:
        walk.page.emulate_media(reduced_motion="no-preference")
        choose(walk, optimizer="adam")
        slide(walk, exponent=-2)
        with still(walk) as wait:
            walk.get_by_role("button", name="Run").click()
            wait(2000)
            walk.get_by_role("button", name="Pause").click()
            wait(100)
            reached = step(walk)
            wait(1000)
            assert 80 < reached < 100  # from 40, ten times exp(0.9 t) - 1
            assert step(walk) == reached


def test_the_start_follows_the_pointer_and_the_walk_the_start(walk):
    knob, before = walk.locator(".knob"), drawn(walk)
    box, place = knob.bounding_box(), start(walk)
    drag(knob, 150, -60)

    after = knob.bounding_box()
    assert after["x"] - box["x"] == pytest.approx(150, abs=1)
    assert after["y"] - box["y"] == pytest.approx(-60, abs=1)
    assert start(walk)[0] > place[0]
    assert start(walk)[1] > place[1]
    assert all(new != old for new, old in zip(drawn(walk), before, strict=True))


def test_a_click_sets_the_start(walk):
    plot = walk.locator(".plot").first
    plot.click(position={"x": plot.bounding_box()["width"] - 40, "y": 60})
    settle(walk)
    assert start(walk)[0] > 4
    assert start(walk)[1] > 8


def test_a_click_beside_the_axes_sets_nothing(walk):
    plot, before = walk.locator(".plot").first, start(walk)
    box = plot.bounding_box()
    for x, y in ((12, 100), (200, box["height"] - 30), (box["width"] - 30, box["height"] - 6)):
        plot.click(position={"x": x, "y": y})
        settle(walk)
        assert start(walk) == before


def test_a_drag_that_begins_beside_the_start_does_not_move_it(walk):
    box, before = walk.locator(".plot").first.bounding_box(), start(walk)
    mouse = walk.page.mouse
    mouse.move(box["x"] + 200, box["y"] + 100)
    mouse.down()
    mouse.move(box["x"] + 400, box["y"] + 200, steps=5)
    mouse.up()
    settle(walk)
    assert start(walk) == before


def test_keeps_the_steps_that_were_asked_for(walk, tmp_path):
    choose(walk, coordinate="inverse")
    assert step(walk) == 1
    assert "After 1 step of" in words(walk)
    assert math.isnan(float(run_code(walk, tmp_path)))
    choose(walk, coordinate="softplus")
    assert step(walk) == 40

    place, trail = start(walk), drawn(walk)
    slide(walk, mu=0, sigma=1)
    assert step(walk) < 40
    slide(walk, mu=place[0], sigma=place[1])
    assert step(walk) == 40
    assert drawn(walk) == trail


def test_a_run_goes_to_the_end_in_other_settings_too(walk):
    press(walk, "Run")
    arrived = step(walk)
    choose(walk, optimizer="newton", coordinate="convex")
    assert step(walk) == 4
    choose(walk, optimizer="descent", coordinate="softplus")
    assert step(walk) == arrived

    choose(walk, optimizer="newton", coordinate="convex")
    press(walk, "Run")
    choose(walk, optimizer="descent", coordinate="softplus")
    assert step(walk) == arrived


def test_a_run_that_moves_keeps_what_was_asked_for(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-optimizer") as walk:
        walk.page.emulate_media(reduced_motion="no-preference")
        choose(walk, optimizer="newton", coordinate="convex")
        press(walk, "Run")
        walk.get_by_role("button", name="Run", exact=True).wait_for()
        assert step(walk) == 4
        choose(walk, optimizer="descent", coordinate="softplus")
        assert step(walk) == 104


def test_says_that_a_run_is_cut_and_goes_on(walk):
    choose(walk, optimizer="adam")
    slide(walk, exponent=-4)
    press(walk, "To the start", "Run")
    assert step(walk) == 5000
    assert "Here a run ends, and the next goes on." in words(walk)
    press(walk, "Run")
    assert step(walk) == 10_000
    assert "Here a run ends" in words(walk)
    press(walk, "To the start")
    assert "Here a run ends" not in words(walk)


def test_a_button_keeps_the_focus_when_the_walk_arrives(walk):
    focused = "document.activeElement.textContent"
    choose(walk, optimizer="newton", coordinate="convex")
    for name in ("Run", "Step"):
        press(walk, "To the start")
        button = walk.get_by_role("button", name=name, exact=True)
        button.focus()
        for _ in range(5):
            walk.page.keyboard.press("Enter")
            settle(walk)
        assert "arrived" in words(walk)
        assert walk.page.evaluate(focused) == name
        assert step(walk) == 4


def test_runs_again_from_the_start_once_it_has_arrived(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-optimizer") as walk:
        choose(walk, optimizer="adam")
        press(walk, "Run")
        arrived = step(walk)
        assert "arrived" in words(walk)

        walk.page.emulate_media(reduced_motion="no-preference")
        press(walk, "Run")
        assert step(walk) < arrived
        walk.get_by_role("button", name="Run", exact=True).wait_for()
        assert step(walk) == arrived


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


def test_says_what_the_start_is_and_what_there_is_to_see(walk):
    minus = "\N{MINUS SIGN}"
    knob = walk.get_by_role("slider", name="Start of the walk", exact=True)
    mu, sigma = "\N{GREEK SMALL LETTER MU}", "\N{GREEK SMALL LETTER SIGMA}"
    assert knob.get_attribute("aria-valuetext") == f"{mu} {minus}10.00, {sigma} 2.13"
    now = [float(knob.get_attribute(f"aria-value{part}")) for part in ("min", "now", "max")]
    assert now == [-11, -10, 5.5]

    plane = walk.locator(".plot").first
    for words_ in ("drag the start, or tap", "level lines: nats a row to go", "best"):
        assert plane.get_by_text(words_, exact=True).is_visible()
    drag(walk.locator(".knob"), 30, -30)
    assert "drag the start" not in plane.text_content()

    choose(walk, optimizer="newton")
    press(walk, "To the start")
    assert plane.get_by_text("level line of Newton's parabola").is_visible()
    assert "not used" in walk.locator(".range").first.inner_text()


@pytest.mark.parametrize("name", ["exponent", "mu", "sigma"])
def test_on_a_phone_a_slider_has_the_loss_and_the_walk_in_sight(browser, address, name):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-optimizer", size=SIZES["phone"]) as walk:
        block = "start" if name == "exponent" else "end"  # it stands above the plane
        show = (
            f"e => {{ e.style.scrollMarginTop = '6rem'; e.scrollIntoView({{block: '{block}'}}); }}"
        )
        walk.locator(f"input[name={name}]").evaluate(show)
        header = walk.page.locator(".md-header").bounding_box()["height"]
        big, plane = (walk.locator(part).first.bounding_box() for part in (".big", ".plot"))
        assert big["y"] >= header
        assert plane["y"] > big["y"] + big["height"]
        assert plane["y"] + plane["height"] < SIZES["phone"][1]


def test_keys_alone_drive_it(walk):
    page = walk.page
    walk.locator("select[name=optimizer]").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    walk.get_by_role("button", name="To the start").focus()
    page.keyboard.press("Enter")
    walk.get_by_role("slider", name="Start of the walk", exact=True).focus()
    for key in ("Shift+ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    settle(walk)
    assert start(walk) == (-8.9, 2.23)

    walk.get_by_role("button", name="Step").focus()
    page.keyboard.press("Space")
    assert "After 1 step of Newton" in words(walk)


def test_a_finger_drags_the_start_and_scrolls_the_page(browser, address):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-optimizer", size=SIZES["phone"]) as walk:
        before, top = start(walk), walk.bounding_box()["y"]
        swipe(walk.locator(".knob"), 30, -60)
        assert start(walk)[0] > before[0]
        assert start(walk)[1] > before[1]
        assert walk.bounding_box()["y"] == top

        moved = start(walk)
        swipe(walk.locator(".plot").first, 0, -200)
        assert walk.bounding_box()["y"] < top - 100
        assert start(walk) == moved


def test_the_sum_throws_the_walk_out_and_a_smaller_rate_brings_it_back(walk):
    by_mean = drawn(walk)
    choose(walk, reduce="sum")
    assert "has left the picture" in words(walk)
    assert "now at" in walk.locator("svg").first.text_content()

    slide(walk, exponent=-4)
    assert drawn(walk) == by_mean


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


def conic(walk):
    return walk.locator(".plot").first.get_by_text("level line of Newton's parabola")


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


@pytest.mark.parametrize("mu", [5, -6, -11])
def test_the_side_view_shows_how_deep_the_next_step_falls(walk, mu):
    slide(walk, mu=mu, sigma=0.1)
    press(walk, "To the start")
    now, nxt = (walk.locator(".plot").last.locator(f"circle.{c}") for c in ("model", "trail"))
    assert nxt.bounding_box()["y"] - now.bounding_box()["y"] > 60


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


def test_the_side_view_says_that_a_loss_is_too_steep_to_draw(walk):
    slide(walk, exponent=-1, mu=1.62, sigma=7.35)
    choose(walk, reduce="sum")
    press(walk, "To the start", "Step")
    assert walk.locator(".plot").last.get_by_text("too far out to draw a step").is_visible()


def test_on_a_phone_the_headline_keeps_its_room(browser, address):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-optimizer", size=SIZES["phone"]) as walk:
        slide(walk, mu=-1.29, sigma=8.27)
        height = walk.locator(".score").bounding_box()["height"]
        for coordinate in CHOICES["coordinate"]:
            choose(walk, coordinate=coordinate, reduce="sum")
            assert walk.locator(".score").bounding_box()["height"] == height


# The points `[x, y]` of a path.
POINTS = """path => path.getAttribute("d").slice(1).split("L").map(p => p.split(",").map(Number))"""

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


def test_a_walk_that_runs_away_ends_while_it_can_be_drawn(walk):
    choose(walk, optimizer="newton", coordinate="sigma")
    assert walk.get_by_role("button", name="Step").is_disabled()
    assert "It runs away." in words(walk)
    assert "not a number" not in walk.locator(".score").inner_text()
    assert step(walk) < 60
    assert walk.evaluate("e => e.walk.gaps.every(Number.isFinite)")
    assert walk.evaluate("e => e.views[1].plot.yAxis.domain[1]") < 20


def test_says_that_no_normal_is_there(walk, tmp_path):
    choose(walk, coordinate="inverse")
    assert "No normal has such a scale" in words(walk)
    sigma = "\N{GREEK SMALL LETTER SIGMA}"
    assert walk.locator(".big").inner_text() == f"no loss: {sigma} < 0"
    side = walk.locator(".plot").last
    assert side.get_by_text("no loss here").is_visible()
    assert not side.get_by_text("the loss", exact=True).is_visible()
    assert math.isnan(float(run_code(walk, tmp_path)))


@pytest.mark.parametrize(
    ("optimizer", "coordinate", "reduce", "exponent"),
    [
        ("descent", "softplus", "mean", 0),
        ("descent", "convex", "mean", -1),
        ("momentum", "sigma", "sum", -5),
        ("adam", "log", "sum", -0.5),
        ("adam", "inverse", "mean", -2),
        ("newton", "sigma", "mean", 0),
        ("newton", "convex", "sum", 0),
    ],
)
def test_its_code_prints_the_number_on_the_screen(
    walk, tmp_path, optimizer, coordinate, reduce, exponent
):
    slide(walk, exponent=exponent)
    choose(walk, optimizer=optimizer, coordinate=coordinate, reduce=reduce)
    drag(walk.locator(".knob"), 80, -20)
    assert float(run_code(walk, tmp_path)) == loss(walk)
