"""Drag the factor: what the reader does to it, and what it says and shows."""

import math

import pytest
import torch
from browser import SIZES
from explorables import drag, explore, number, run_code, swipe, words
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


def settle(factor) -> None:
    factor.page.wait_for_timeout(60)


def handle(factor, name: str):
    return factor.get_by_role("slider", name=name, exact=True).locator(".knob")


def state(factor, *names: str) -> list[float]:
    values = factor.evaluate("e => e.state")
    return [values[name] for name in names]


def shown(factor) -> float:
    return number(factor.locator(".big").inner_text())


def written(factor) -> list[str]:
    """Return the entries of the matrices."""
    return factor.locator(".score").nth(1).locator("span span span").all_text_contents()


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
    knob = handle(factor, "Tip 1")
    before = knob.bounding_box()
    drag(knob, 30, -25)

    after = knob.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(30, abs=1)
    assert after["y"] - before["y"] == pytest.approx(-25, abs=1)
    assert shown(factor) == pytest.approx(log_likelihood(factor), abs=0.00501)


def test_the_second_tip_goes_up_and_down_alone(factor):
    knob = handle(factor, "Tip 2")
    before = knob.bounding_box()
    drag(knob, 40, -25)

    after = knob.bounding_box()
    assert after["x"] == pytest.approx(before["x"], abs=0.1)
    assert after["y"] - before["y"] == pytest.approx(-25, abs=1)


def test_what_moves_in_one_view_moves_in_all(factor):
    ring, dot = drawn(factor)[0], factor.locator("circle.model.dot").get_attribute("transform")
    drag(handle(factor, "Tip 1"), 20, -30)
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
    tip = handle(factor, "Tip 2").bounding_box()
    drag(handle(factor, "Tip 1"), -60, -40)

    assert abs(state(factor, "angle")[0]) > 10
    assert handle(factor, "Tip 2").bounding_box() != tip
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

    slide(factor, s1=0.4, rho=0)
    before = state(factor, "s2")[0]
    drag(handle(factor, "Tip 2"), 0, -20)
    assert state(factor, "s2")[0] > before


def test_the_covariance_has_a_scale(factor):
    ticks = factor.locator(".plot").nth(1).locator(".axes text").all_text_contents()
    assert {"\N{MINUS SIGN}5", "0", "5"} <= set(ticks)


def test_the_symmetric_root(factor):
    enter(factor, "root")
    press(factor, "Symmetric root")
    _, upper, lower, _ = factor.evaluate("e => e.root().flat()")
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


def test_keys_alone_drive_it(factor):
    page = factor.page
    factor.get_by_role("slider", name="Tip 1", exact=True).focus()
    for key in ("ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    factor.get_by_role("slider", name="Centre", exact=True).focus()
    page.keyboard.press("Shift+ArrowDown")
    settle(factor)
    assert state(factor, "s1", "mu2") == [3.05, 70]
    assert state(factor, "rho")[0] > -0.1

    factor.locator("select[name=mode]").focus()
    page.keyboard.press("ArrowDown")
    settle(factor)  # the angle's slider shows with the next frame; hidden, it takes no focus
    factor.locator("input[name=angle]").focus()
    page.keyboard.press("ArrowRight")
    settle(factor)
    assert state(factor, "mode", "angle") == ["root", 1]


def test_keys_faster_than_the_screen_all_count(factor):
    press_thrice = """knob => {
      const key = new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true});
      for (let i = 0; i < 3; i++) knob.dispatchEvent(key);
    }"""
    handle(factor, "Tip 1").evaluate(press_thrice)
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
        swipe(handle(factor, "Tip 1"), 20, -20)
        assert state(factor, "s1") > before
        assert factor.bounding_box()["y"] == top

        moved = state(factor, "s1", "s2", "rho")
        swipe(factor.locator(".score").first, 0, -200)
        assert factor.bounding_box()["y"] < top - 100
        assert state(factor, "s1", "s2", "rho") == moved


@pytest.mark.parametrize("mode", MODES)
def test_its_code_prints_the_number_on_the_screen(factor, tmp_path, mode):
    drag(handle(factor, "Tip 1"), 12, -9)
    enter(factor, mode)
    drag(handle(factor, "Centre"), 15, 11)
    if mode == "root":
        slide(factor, angle=77)
    assert float(run_code(factor, tmp_path)) == shown(factor)
