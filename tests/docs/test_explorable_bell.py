"""Slide the bell: what the reader does to it, and what it says and shows."""

import re

import pytest
import torch
from browser import SIZES
from explorables import drag, explore, number, run_code, settle, swipe, words
from torch.distributions import Normal

from mlefit import closed_form, datasets

pytestmark = pytest.mark.site

SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
X = datasets.michelson()[:20]
TOP = closed_form(Normal, X)


@pytest.fixture
def bell(browser, address):
    with explore(browser, f"{address}/learn/log-likelihood.html", "mle-bell") as element:
        yield element


def at(element) -> tuple[float, float]:
    return tuple(number(v.inner_text()) for v in element.locator(".range .value").all())


def shown(element) -> float:
    return number(element.locator(".big").inner_text())


def best(element) -> float:
    return number(element.locator(".small").inner_text().split(",")[0])


def log_likelihood(loc: float, scale: float) -> float:
    bell = Normal(torch.tensor(loc, dtype=X.dtype), torch.tensor(scale, dtype=X.dtype))
    return bell.log_prob(X).sum().item()


def test_has_the_readings_from_the_page(bell):
    assert bell.evaluate("e => e.data") == X.tolist()


def test_the_peak_stays_under_the_pointer(bell):
    knob = bell.locator(".knob")
    before, start = knob.bounding_box(), at(bell)
    drag(knob, 90, 25)

    after, (loc, scale) = knob.bounding_box(), at(bell)
    assert after["x"] - before["x"] == pytest.approx(90, abs=1)
    assert after["y"] - before["y"] == pytest.approx(25, abs=1)
    assert loc > start[0]
    assert scale > start[1]
    assert shown(bell) == pytest.approx(log_likelihood(loc, scale), abs=0.00501)


def test_the_profiles_draw_themselves(bell):
    trails = bell.locator(".trail:not(.thick)")
    before = [t.get_attribute("d") for t in trails.all()]
    drag(bell.locator(".knob"), 60, 20)
    after = [t.get_attribute("d") for t in trails.all()]

    assert all(len(new) > len(old) + 50 for old, new in zip(before, after, strict=True))


def test_the_best_is_never_behind_the_present_value(bell):
    for dx, dy in [(60, -40), (-13, 21), (7, 33)]:
        drag(bell.locator(".knob"), dx, dy)
        assert best(bell) >= shown(bell)


def test_what_is_found_at_one_place_alone_is_seen(bell):
    places = (("width", 50), ("mean", 1000), ("width", 180), ("width", 50), ("mean", 1140))
    for name, value in places:
        bell.get_by_role("slider", name=name).first.fill(str(value))
        settle(bell)

    is_seen = """(trail, e) => {
      const { plot, seen } = e.trails[0];
      const there = (bin) => new DOMPoint(plot.x(bin), plot.y(seen[bin]));
      return [990, 1000].map((bin) => trail.isPointInStroke(there(bin)));
    }"""
    trail = bell.locator(".trail.thick").first
    assert trail.evaluate(is_seen, bell.element_handle()) == [False, True]


def test_what_is_below_the_scale_is_not_drawn(bell):
    bell.get_by_role("slider", name="mean μ", exact=True).fill("700")
    settle(bell)
    floor = bell.evaluate("e => e.trails[0].plot.inner.bottom")
    for trail in bell.locator(".trail").all():
        heights = [float(y) for y in re.findall(r",([\d.]+)", trail.get_attribute("d"))]
        assert all(height < floor for height in heights)

    assert bell.locator(".below").first.is_visible()
    assert not bell.locator(".row .dot").first.is_visible()


def test_keys_alone_find_the_maximum(bell):
    names, targets = ("mean μ", f"width {SIGMA}"), TOP.params.values()
    for name, start, target in zip(names, at(bell), targets, strict=True):
        bell.get_by_role("slider", name=name, exact=True).focus()
        for _ in range(round(target.item() - start)):
            bell.page.keyboard.press("ArrowRight")

    assert "this is the maximum" in words(bell)
    assert shown(bell) == pytest.approx(TOP.log_likelihood.item(), abs=0.006)


def test_arrows_move_the_handle(bell):
    loc, scale = at(bell)
    bell.get_by_role("slider", name="The bell").focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown"):
        bell.page.keyboard.press(key)
    settle(bell)
    assert at(bell) == (loc + 11, scale + 1)


def test_says_the_limits_of_the_handle(bell):
    handle = bell.get_by_role("slider", name="The bell")
    for key, place in {"Home": 650, "End": 1150}.items():
        handle.press(key)
        settle(bell)
        limits = [handle.get_attribute(f"aria-value{name}") for name in ("min", "now", "max")]
        assert [float(limit) for limit in limits] == [650, place, 1150]


def test_a_finger_drags_the_bell_and_scrolls_the_page(browser, address):
    page = f"{address}/learn/log-likelihood.html"
    with explore(browser, page, "mle-bell", size=SIZES["phone"]) as bell:
        before, scroll = at(bell), bell.evaluate("() => scrollY")
        swipe(bell.locator(".knob"), 40, 30)
        assert at(bell)[0] > before[0]
        assert at(bell)[1] > before[1]
        assert bell.evaluate("() => scrollY") == scroll

        moved = at(bell)
        swipe(bell.locator(".score"), 0, -200)
        assert bell.evaluate("() => scrollY") > scroll
        assert at(bell) == moved


@pytest.mark.parametrize("slant", [0, 20])
def test_a_finger_that_scrolls_past_leaves_the_bell(browser, address, slant):
    page = f"{address}/learn/log-likelihood.html"
    with explore(browser, page, "mle-bell", size=SIZES["phone"]) as bell:
        before, scroll = bell.locator(".score").inner_text(), bell.evaluate("() => scrollY")
        swipe(bell.locator(".plot svg").first, slant, -80)
        assert bell.evaluate("() => scrollY") > scroll
        assert bell.locator(".score").inner_text() == before


def test_a_drag_that_is_taken_back_has_moved_nothing(browser, address):
    page = f"{address}/learn/log-likelihood.html"
    with explore(browser, page, "mle-bell", size=SIZES["phone"]) as bell:
        before = at(bell)
        swipe(bell.locator(".knob"), 40, 30, end="touchCancel")
        assert at(bell) == before


def test_reveals_the_maximum_and_starts_again(bell):
    start = at(bell)
    bell.get_by_role("button", name="Reveal the maximum").click()
    assert "this is the maximum" in words(bell)
    assert at(bell) == pytest.approx([v.item() for v in TOP.params.values()], abs=0.0501)

    bell.get_by_role("button", name="Start again").click()
    settle(bell)
    assert at(bell) == start


def test_a_reveal_does_not_end_the_search_by_hand(bell):
    start = shown(bell)
    bell.get_by_role("button", name="Reveal the maximum").click()
    settle(bell)
    assert best(bell) == start
    assert not bell.get_by_text("drag the peak").is_visible()

    drag(bell.locator(".knob"), 40)
    assert start < shown(bell) <= best(bell)


def test_offers_to_snap_near_the_maximum(bell):
    knob, again = bell.locator(".knob"), bell.get_by_role("button", name="Start again")
    before = again.bounding_box()
    bell.get_by_role("button", name="Reveal the maximum").click()
    drag(knob, 6)
    assert again.bounding_box() == before
    bell.get_by_role("button", name="Snap to the maximum").click()
    assert "this is the maximum" in words(bell)


def test_its_code_prints_the_number_on_the_screen(bell, tmp_path):
    drag(bell.locator(".knob"), 70, 15)
    assert float(run_code(bell, tmp_path)) == shown(bell)
