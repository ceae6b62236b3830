"""What holds for every explorable: accessible, fit for a small phone, a figure without scripts."""

import pytest
from browser import SCHEMES, SIZES
from explorables import drag, explore, overflow, settle, still, violations

pytestmark = pytest.mark.site

WITH_HANDLES = ["mle-bell", "mle-factor", "mle-optimizer", "mle-tests"]

PAGES = {
    "mle-bell": "learn/log-likelihood.html",
    "mle-coverage": "learn/uncertainty.html",
    "mle-factor": "learn/multivariate.html",
    "mle-optimizer": "learn/gradient-descent.html",
    "mle-tests": "learn/uncertainty.html",
}


# Buttons too small for a finger, and words that stand out of their drawing or of the box.
SMALL = """element => [...element.querySelectorAll("button")]
  .map((button) => [button.textContent || button.ariaLabel, button.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 0 && (width < 24 || height < 24))
  .map(([words]) => words)"""
CUT_OFF = """element => [...element.querySelectorAll("svg text, .value")]
  .filter((words) => {
    const frame = (words.closest("svg") ?? element).getBoundingClientRect();
    const { left, right, width } = words.getBoundingClientRect();
    return width > 0 && (left < frame.left || right > frame.right);
  })
  .map((words) => words.textContent)"""


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [*SIZES.values(), (360, 740)])
def test_is_accessible_and_fits(browser, address, name, scheme, size):
    page = f"{address}/{PAGES[name]}"
    with explore(browser, page, name, scheme=scheme, size=size) as element:
        assert violations(element) == []
        assert overflow(element) <= 0
        assert element.evaluate(SMALL) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_on_the_smallest_phone(browser, address, name):
    page = f"{address}/{PAGES[name]}"
    with explore(browser, page, name, size=(320, 740)) as element:
        assert element.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_where_it_was_when_one_comes_back(browser, address, name):
    with explore(browser, f"{address}/{PAGES[name]}", name, size=SIZES["phone"]) as element:
        page = element.page
        page.evaluate("() => scrollBy(0, 300)")
        before = page.evaluate("scrollY")
        page.goto(f"{address}/")
        page.go_back(wait_until="load")
        element.locator(".status:not(:empty)").wait_for()
        page.wait_for_timeout(300)
        page.wait_for_function("before => scrollY === before", arg=before)


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_a_figure_stays(browser, address, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGES[name]}")
    assert page.locator(f"{name} figure svg").is_visible()
    assert "interactive" in page.locator(f"{name} > p").inner_text()
    context.close()


@pytest.mark.parametrize("name", WITH_HANDLES)
def test_a_handle_has_a_ring_for_the_keyboard_alone(browser, address, name):
    with explore(browser, f"{address}/{PAGES[name]}", name) as element:
        handle = element.locator(".handle").first
        drag(handle.locator(".knob"), 20, -10)
        assert element.page.evaluate("document.activeElement.matches('.handle')")
        assert rings(handle) == ["none", "none"]

        handle.press("ArrowRight")
        assert rings(handle) == ["none", "solid"]


@pytest.mark.parametrize("name", WITH_HANDLES)
def test_a_handle_takes_the_keys_of_a_slider_and_the_page_stays(browser, address, name):
    with explore(browser, f"{address}/{PAGES[name]}", name) as element:
        handle = element.locator(".handle").first
        handle.focus()
        scroll = element.evaluate("() => scrollY")

        seen = []
        for key in ("Home", "End", "PageDown", "PageUp", "Space"):
            handle.press(key)
            settle(handle)
            seen.append((handle.get_attribute("transform"), handle.get_attribute("aria-valuenow")))
        element.page.wait_for_timeout(200)  # scrolling is smooth

        (_, lowest), (_, highest), (below, _), (above, _), last = seen
        assert float(lowest) < float(highest)
        assert below != above
        assert last == seen[-2]
        assert element.evaluate("() => scrollY") == scroll


def test_of_two_handles_the_nearest_is_taken(browser, address):
    with explore(browser, f"{address}/{PAGES['mle-factor']}", "mle-factor") as element:
        element.locator("input[name=s2]").fill("0.5")
        settle(element)
        centre, _, tip = element.locator(".handle .knob").all()[:3]
        apart = tip.bounding_box()["y"] - centre.bounding_box()["y"]
        assert 0 < abs(apart) < 22  # the centre lies under what one may touch of the tip

        before = centre.bounding_box()
        drag(centre, 30)
        assert centre.bounding_box()["x"] - before["x"] == pytest.approx(30, abs=1)
        assert element.page.evaluate("document.activeElement.ariaLabel") == "Centre"


def rings(handle) -> list[str]:
    """Return the outlines of a handle and of the knob in it."""
    style = "e => getComputedStyle(e).outlineStyle"
    return [part.evaluate(style) for part in (handle, handle.locator(".knob"))]


@pytest.mark.parametrize("name", PAGES)
def test_is_seen_to_follow_at_once_and_heard_once_it_rests(browser, address, name):
    with explore(browser, f"{address}/{PAGES[name]}", name) as element, still(element) as wait:
        shown, heard = element.locator(".status"), element.locator("[role=status]")
        before = heard.inner_text()
        assert before == shown.inner_text()

        slider = element.locator("input[type=range]:visible").last
        seen = set()
        for _ in range(4):
            slider.press("ArrowLeft")
            wait(600)
            seen.add(shown.inner_text())
            assert heard.inner_text() == before
        assert len(seen) == 4

        wait(200)
        assert heard.inner_text() == shown.inner_text() != before
