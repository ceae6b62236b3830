"""Drag the factor: what is written has its unit and its place, on a phone too."""

import pytest
from browser import SIZES
from drive_factor import IS_INSIDE, MODES, PAGE, enter, handle, state
from explorables import drag, explore, settle, slide

pytestmark = pytest.mark.site


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


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 640)])
def test_nothing_below_jumps_as_what_is_dragged_changes(browser, address, size):
    with explore(browser, f"{address}/{PAGE}", "mle-factor", size=size) as factor:
        rows = factor.locator(".plot, .matrices, .status")
        places = []
        for mode in MODES:
            enter(factor, mode)
            places.append([row.bounding_box() for row in rows.all()])
        assert places == places[:1] * len(MODES)


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
