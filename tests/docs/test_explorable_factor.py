"""Drag the factor: what the reader does to it, and what it says and shows."""

import math
from collections.abc import Iterator
from itertools import product

import pytest
import torch
from browser import SIZES
from explorables import drag, explore, number, run_code, settle, swipe, words
from torch.distributions import MultivariateNormal

from mlefit import closed_form, datasets

pytestmark = pytest.mark.site

PAGE = "learn/multivariate.html"
HEIGHTS = datasets.galton()
TOP = closed_form(MultivariateNormal, HEIGHTS)
MODES = ["factor", "root", "covariance"]


@pytest.fixture
def factor(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-factor") as element:
        yield element


def enter(factor, mode: str) -> None:
    factor.locator("select[name=mode]").select_option(index=MODES.index(mode))
    settle(factor)


def press(factor, name: str) -> None:
    factor.get_by_role("button", name=name).click()
    settle(factor)


def slide(factor, **places: float) -> None:
    for name, value in places.items():
        factor.locator(f"input[name={name}]").fill(str(value))
    settle(factor)


def handle(factor, name: str):
    return factor.get_by_role("slider", name=name, exact=True).locator(".knob")


def state(factor, *names: str) -> list[float]:
    values = factor.evaluate("e => e.state")
    return [values[name] for name in names]


def shown(factor) -> float:
    return number(factor.locator(".big").inner_text())


def written(factor) -> list[str]:
    """Return the entries of the matrices."""
    return factor.locator(".matrix span span").all_text_contents()


def log_likelihood(factor) -> float:
    mu1, mu2, s1, s2, rho = state(factor, "mu1", "mu2", "s1", "s2", "rho")
    covariance = [[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]]
    loc, Sigma = (torch.tensor(v, dtype=torch.float64) for v in ([mu1, mu2], covariance))
    return MultivariateNormal(loc, covariance_matrix=Sigma).log_prob(HEIGHTS).sum().item()


def drawn(factor) -> list[str]:
    return [p.get_attribute("d") for p in factor.locator("path.model").all()]


def test_has_the_heights_of_the_page(factor):
    assert factor.evaluate("e => e.data") == HEIGHTS.tolist()


def test_a_tip_stays_under_the_pointer(factor):
    knob = handle(factor, "Tip of Le1")
    before = knob.bounding_box()
    drag(knob, -30, -25)

    after = knob.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(-30, abs=1)
    assert after["y"] - before["y"] == pytest.approx(-25, abs=1)
    assert shown(factor) == pytest.approx(log_likelihood(factor), abs=0.00501)


def test_the_second_tip_goes_up_and_down_alone(factor):
    knob = handle(factor, "Tip of Le2")
    before = knob.bounding_box()
    drag(knob, 40, -25)

    after = knob.bounding_box()
    assert after["x"] == pytest.approx(before["x"], abs=0.1)
    assert after["y"] - before["y"] == pytest.approx(-25, abs=1)


def test_what_moves_in_one_view_moves_in_all(factor):
    ring, dot = drawn(factor)[0], factor.locator("circle.model.dot").get_attribute("transform")
    drag(handle(factor, "Tip of Le1"), 20, -30)
    assert drawn(factor)[0] != ring
    assert factor.locator("circle.model.dot").get_attribute("transform") != dot


def test_the_maximum(factor):
    press(factor, "To the maximum")
    assert "the maximum" in words(factor)
    assert shown(factor) == pytest.approx(TOP.log_likelihood.item(), abs=0.0051)


@pytest.mark.parametrize("mode", MODES)
def test_the_maximum_has_the_numbers_of_the_page(factor, mode):
    enter(factor, mode)
    press(factor, "To the maximum")
    enter(factor, "covariance")

    covariance = TOP.distribution.covariance_matrix.flatten().tolist()
    assert written(factor)[-4:] == [f"{value:.2f}" for value in covariance]


def test_a_rotation_of_a_root_changes_nothing_else(factor):
    enter(factor, "root")
    before, score = drawn(factor), shown(factor)
    tip = handle(factor, "Tip of Ae2").bounding_box()
    drag(handle(factor, "Tip of Ae1"), -60, -40)

    assert abs(state(factor, "angle")[0]) > 10
    assert handle(factor, "Tip of Ae2").bounding_box() != tip
    assert shown(factor) == score
    assert [d.count("L") for d in drawn(factor)] == [d.count("L") for d in before]
    assert state(factor, "s1", "s2", "rho") == [3, 2, -0.3]


def test_a_label_lies_above_the_handles_and_lets_the_pointer_through(factor):
    order = (
        factor.locator(".plot")
        .first.locator(".handle, text.trail")
        .evaluate_all("parts => parts.map(part => part.localName)")
    )
    assert order == ["g", "g", "g", "text", "text"]

    slide(factor, s1=0.5, rho=0)
    before = state(factor, "s2")[0]
    drag(handle(factor, "Tip of Le2"), 0, -20)
    assert state(factor, "s2")[0] > before


def test_the_covariance_has_a_scale(factor):
    ticks = factor.locator(".plot").nth(1).locator(".axes text").all_text_contents()
    assert {"\N{MINUS SIGN}10", "0", "10"} <= set(ticks)


def test_the_symmetric_root(factor):
    enter(factor, "root")
    press(factor, "Symmetric root")
    _, upper, lower, _ = factor.evaluate("e => Explorables.factorState.root(e.state).flat()")
    assert upper == pytest.approx(lower, abs=1e-4)


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


def extremes(factor) -> Iterator[dict[str, float]]:
    """Go to the ends of the sliders of a normal, all of them together."""
    names = ("s1", "s2", "rho")
    ends = [
        [factor.locator(f"input[name={n}]").get_attribute(m) for m in ("min", "max")] for n in names
    ]
    for values in product(*ends):
        places = dict(zip(names, map(float, values), strict=True))
        slide(factor, **places)
        yield places


def test_a_change_of_what_is_dragged_keeps_the_normal(factor):
    for places in extremes(factor):
        before = shown(factor)
        for mode in ("covariance", "root", "covariance", "factor"):
            enter(factor, mode)
            assert shown(factor) == before
        assert dict(zip(places, state(factor, *places), strict=True)) == places

    enter(factor, "covariance")
    slide(factor, s11=5.31, s22=6.87, s12=6.03)
    before = shown(factor)
    enter(factor, "factor")
    assert shown(factor) == before
    assert state(factor, "rho")[0] > 0.99


def test_a_normal_stays_in_the_picture(factor):
    dot = factor.locator("circle.model.dot")
    slide(factor, mu1=74, mu2=75)
    for _ in extremes(factor):
        for mark in (dot, handle(factor, "Tip of Le1"), handle(factor, "Tip of Le2")):
            assert mark.evaluate(IS_INSIDE)


# Whether the middle of a mark is within the axes.
IS_INSIDE = """mark => {
  const box = mark.getBoundingClientRect();
  const plot = mark.closest("svg").getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2 - plot.x, box.y + box.height / 2 - plot.y];
  return x > 46 && x < plot.width - 14 && y > 24 && y < plot.height - 42;
}"""


def test_beyond_the_cone_there_is_no_correlation(factor):
    enter(factor, "covariance")
    assert "correlation" in factor.locator(".matrices").inner_text()
    for dx, dy in ((90, 120), (300, 300), (-900, 300)):
        drag(handle(factor, "Covariance matrix"), dx, dy)
        seen = factor.inner_text()
        assert "no correlation: \N{GREEK CAPITAL LETTER SIGMA} is not positive definite" in seen
        assert "Infinity" not in seen


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


def test_a_drag_there_and_back_changes_nothing(factor):
    before = state(factor, "s1", "s2", "rho")
    knob = handle(factor, "Tip of Le1").bounding_box()
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    mouse = factor.page.mouse
    mouse.move(x, y)
    mouse.down()
    for height in (-400, 400, 0):
        mouse.move(x, y + height, steps=8)
        settle(factor)
        assert written(factor)[3] == f"{before[1] * math.sqrt(1 - before[2] ** 2):.2f}"
    mouse.up()
    assert state(factor, "s1", "s2", "rho") == pytest.approx(before, abs=1e-4)


def test_says_what_each_handle_and_matrix_is(factor):
    minus = "\N{MINUS SIGN}"
    said = {
        "Centre": ("father 67.50, son 71.00 inches", 64, 67.5, 74),
        "Tip of Le1": (f"father +3.00, son {minus}0.60 inches", -4, 3, 4),
        "Tip of Le2": ("father 0.00, son +1.91 inches", -4, 1.908, 4),
    }
    for name, (words_, *values) in said.items():
        knob = factor.get_by_role("slider", name=name, exact=True)
        assert knob.get_attribute("aria-valuetext") == words_
        now = [float(knob.get_attribute(f"aria-value{part}")) for part in ("min", "now", "max")]
        assert now == pytest.approx(values, abs=1e-3)

    sigma = f"\N{GREEK CAPITAL LETTER SIGMA}: by rows 9.00, {minus}1.80; {minus}1.80, 4.00"
    assert factor.get_by_role("img", name=sigma, exact=True).is_visible()

    enter(factor, "covariance")
    knob = factor.get_by_role("slider", name="Covariance matrix")
    words_ = f"covariance {minus}1.80, sons' variance 4.00 square inches"
    assert knob.get_attribute("aria-valuetext") == words_


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 640)])
def test_nothing_below_jumps_as_what_is_dragged_changes(browser, address, size):
    with explore(browser, f"{address}/{PAGE}", "mle-factor", size=size) as factor:
        rows = factor.locator(".plot, .matrices, .status")
        places = []
        for mode in MODES:
            enter(factor, mode)
            places.append([row.bounding_box() for row in rows.all()])
        assert places == places[:1] * len(MODES)


@pytest.mark.parametrize("mode", MODES)
def test_starts_again_with_what_is_dragged(factor, mode):
    before = factor.evaluate("e => ({...e.state})")
    enter(factor, mode)
    slide(factor, mu1=70, **{{"factor": "s1", "root": "angle", "covariance": "s11"}[mode]: 4})
    press(factor, "Start again")
    assert factor.evaluate("e => e.state") == before | {"mode": mode}


UNITS = {
    "inches": ["fathers' s.d.", "sons' s.d.", "mean father", "mean son"],
    "square inches": ["fathers' variance", "sons' variance", "covariance"],
}


def test_says_the_units(factor):
    for mode in ("factor", "covariance"):
        enter(factor, mode)
        for unit, names in UNITS.items():
            for name in names:
                slider = factor.get_by_role("slider", name=name, exact=True)
                if slider.is_visible():
                    said, value = slider.get_attribute("aria-valuetext"), slider.input_value()
                    assert said == f"{float(value):.2f} {unit}".replace("-", "\N{MINUS SIGN}")
                    short = slider.locator("+ .value").inner_text()
                    assert short.endswith({"inches": " in", "square inches": " in²"}[unit])

    axes = factor.locator(".plot").nth(1).locator(".axes text").all_text_contents()
    assert {"covariance, in²", "variance of the sons, in²"} <= set(axes)


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 640)])
def test_no_words_beside_the_axes_lie_over_others(browser, address, size):
    with explore(browser, f"{address}/{PAGE}", "mle-factor", size=size) as factor:
        enter(factor, "covariance")
        slide(factor, s11=16)
        for plot in factor.locator(".plot").all():
            assert plot.evaluate(OVERLAPS) == []


# The pairs of words that overlap, of those beside the axes.
OVERLAPS = """plot => {
  const texts = [...plot.querySelectorAll(".axes text, text.muted")].filter((t) => t.textContent);
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const meet = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return texts.flatMap((one, i) =>
    texts.slice(i + 1).filter((_, k) => meet(boxes[i], boxes[i + 1 + k]))
      .map((other) => `${one.textContent} / ${other.textContent}`));
}"""


def test_names_of_near_tips_do_not_overlap(factor):
    slide(factor, s1=0.5, s2=0.5, rho=0)
    for _ in ("above", "beside"):
        one, other = (box.bounding_box() for box in factor.locator("text.trail").all())
        assert one["y"] > other["y"] + other["height"] or other["y"] > one["y"] + one["height"]
        slide(factor, rho=0.99)


@pytest.mark.parametrize("size", [(844, 390), SIZES["desktop"]])
def test_a_phone_that_is_turned_has_the_heights_of_a_phone(browser, address, size):
    page = f"{address}/{PAGE}"
    heights = []
    for before in (size, SIZES["phone"]):
        with explore(browser, page, "mle-factor", size=before) as factor:
            width, height = SIZES["phone"]
            factor.page.set_viewport_size({"width": width, "height": height})
            factor.page.wait_for_function(
                "e => e.plots.every((plot) => plot.width === plot.element.clientWidth)",
                arg=factor.element_handle(),
            )
            settle(factor)
            plots = factor.locator(".plot svg").all()
            heights.append([plot.bounding_box()["height"] for plot in plots])
            for name in ("Centre", "Tip of Le1", "Tip of Le2"):
                assert handle(factor, name).evaluate(IS_INSIDE)
    assert heights == [[320, 240]] * 2


@pytest.mark.parametrize(("s12", "said"), [(15.8, "0.99"), (15.95, "0.997"), (15.9999, "0.999994")])
def test_no_correlation_inside_the_cone_is_one(factor, s12, said):
    enter(factor, "covariance")
    factor.evaluate("(e, s12) => e.move({s11: 16, s22: 16, s12})", s12)
    assert f"correlation {said}." in words(factor)
    enter(factor, "factor")
    slider = factor.get_by_role("slider", name="correlation", exact=True)
    assert slider.get_attribute("aria-valuetext") == said


@pytest.mark.parametrize("variance", [0.25, 9, 15.9])
def test_on_the_border_it_says_so(factor, variance):
    enter(factor, "covariance")
    slide(factor, s11=variance, s22=variance, s12=variance)
    assert "is on the border of the cone: smallest eigenvalue 0.000" in words(factor)
    assert "correlation 1, on the border" in factor.locator(".matrices").inner_text()
    slide(factor, s12=variance + 0.01)
    assert "left the cone" in words(factor)


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


@pytest.mark.parametrize("name", ["s1", "rho", "mu1", "mu2"])
def test_on_a_phone_a_slider_has_the_number_and_the_ellipse_in_sight(browser, address, name):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-factor", size=SIZES["phone"]) as factor:
        factor.locator(f"input[name={name}]").evaluate("e => e.scrollIntoView({block: 'end'})")
        header = factor.page.locator(".md-header").bounding_box()["height"]
        number_ = factor.locator(".big").bounding_box()
        assert number_["y"] >= header
        assert (
            factor.locator("path.model.line").first.bounding_box()["y"]
            > number_["y"] + number_["height"]
        )


def test_keys_alone_drive_it(factor):
    page = factor.page
    factor.get_by_role("slider", name="Tip of Le1", exact=True).focus()
    for key in ("ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    factor.get_by_role("slider", name="Centre", exact=True).focus()
    page.keyboard.press("Shift+ArrowDown")
    settle(factor)
    assert state(factor, "s1", "mu2") == [3.05, 70]
    assert state(factor, "rho")[0] > -0.1

    factor.get_by_role("slider", name="Tip of Le2", exact=True).focus()
    before = state(factor, "s2")
    page.keyboard.press("ArrowRight")  # up, where there is no right
    settle(factor)
    assert state(factor, "s2") > before

    factor.locator("select[name=mode]").focus()
    page.keyboard.press("ArrowDown")
    settle(factor)  # the angle's slider shows with the next frame; hidden, it takes no focus
    factor.locator("input[name=angle]").focus()
    page.keyboard.press("ArrowRight")
    settle(factor)
    assert state(factor, "mode", "angle") == ["root", 1]

    factor.get_by_role("slider", name="Tip of Ae1", exact=True).focus()
    for key, angle in (("End", 180), ("ArrowUp", -178), ("Home", -180)):
        page.keyboard.press(key)
        settle(factor)
        assert state(factor, "angle") == [angle]


def test_keys_faster_than_the_screen_all_count(factor):
    press_thrice = """knob => {
      const key = new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true});
      for (let i = 0; i < 3; i++) knob.dispatchEvent(key);
    }"""
    handle(factor, "Tip of Le1").evaluate(press_thrice)
    settle(factor)
    assert state(factor, "s1") == [3.15]

    enter(factor, "covariance")
    before = state(factor, "s12")[0]
    handle(factor, "Covariance matrix").evaluate(press_thrice)
    settle(factor)
    assert state(factor, "s12")[0] == pytest.approx(before + 0.3)


def test_a_finger_drags_a_tip_and_scrolls_the_page(browser, address):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-factor", size=SIZES["phone"]) as factor:
        before, top = state(factor, "s1"), factor.bounding_box()["y"]
        swipe(handle(factor, "Tip of Le1"), 20, -20)
        assert state(factor, "s1") > before
        assert factor.bounding_box()["y"] == top

        moved = state(factor, "s1", "s2", "rho")
        swipe(factor.locator(".score").first, 0, -200)
        assert factor.bounding_box()["y"] < top - 100
        assert state(factor, "s1", "s2", "rho") == moved


@pytest.mark.parametrize("mode", MODES)
def test_its_code_prints_the_number_on_the_screen(factor, tmp_path, mode):
    drag(handle(factor, "Tip of Le1"), 12, -9)
    enter(factor, mode)
    drag(handle(factor, "Centre"), 15, 11)
    if mode == "root":
        slide(factor, angle=77)
    assert float(run_code(factor, tmp_path)) == shown(factor)
