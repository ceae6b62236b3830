"""Drag the factor: what the reader does to it, and what follows."""

import math
from collections.abc import Iterator
from itertools import product

import pytest
from browser import SIZES
from drive_factor import (
    HEIGHTS,
    IS_INSIDE,
    MODES,
    PAGE,
    drawn,
    enter,
    handle,
    log_likelihood,
    press,
    shown,
    state,
)
from explorables import drag, explore, run_code, settle, slide, swipe, words
from torch.distributions import MultivariateNormal

from mlefit import closed_form

pytestmark = pytest.mark.site

TOP = closed_form(MultivariateNormal, HEIGHTS)


def written(factor) -> list[str]:
    """Return the entries of the matrices."""
    return factor.locator(".matrix span span").all_text_contents()


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


def test_the_symmetric_root(factor):
    enter(factor, "root")
    press(factor, "Symmetric root")
    _, upper, lower, _ = factor.evaluate("e => Explorables.factorState.root(e.state).flat()")
    assert upper == pytest.approx(lower, abs=1e-4)


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


@pytest.mark.parametrize("mode", MODES)
def test_starts_again_with_what_is_dragged(factor, mode):
    before = factor.evaluate("e => ({...e.state})")
    enter(factor, mode)
    slide(factor, mu1=70, **{{"factor": "s1", "root": "angle", "covariance": "s11"}[mode]: 4})
    press(factor, "Start again")
    assert factor.evaluate("e => e.state") == before | {"mode": mode}


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
