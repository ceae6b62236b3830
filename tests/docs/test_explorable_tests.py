"""Three tests on one curve: what the reader does to them, and what they say and show."""

import pytest
import torch
from browser import SIZES
from explorables import drag, explore, number, run_code, settle, swipe, words
from torch.distributions import Normal

import mlefit

pytestmark = pytest.mark.site

X = mlefit.datasets.michelson()
PAGE = "learn/uncertainty.html"


# Bars that reach the words beside them; names and a slope that leave the curve's axes.
AMISS = """tests => {
  const { curve, marks, bars } = tests;
  const { left, top, right, bottom } = curve.inner;
  const corner = curve.svg.getBoundingClientRect();
  const isOut = (mark) => {
    const box = mark.getBoundingClientRect();
    const [x, y] = [box.left - corner.left, box.top - corner.top];
    const ends = [x < left - 1, x + box.width > corner.width, y < 0, y + box.height > bottom + 1];
    return box.width > 0 && ends.includes(true);
  };
  const reaches = ({ bar, value }) =>
    bar.getBoundingClientRect().right > value.getBoundingClientRect().left;
  const names = Object.keys(marks).filter((name) => /slope|height|distance/.test(name));
  return [
    ...names.filter((name) => isOut(marks[name])),
    ...bars.rows.filter(reaches).map(({ value }) => value.textContent),
  ];
}"""


@pytest.fixture
def tests(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-tests") as element:
        yield element


def hypothesis(element) -> float:
    return number(element.locator(".big").inner_text().replace("=", " "))


def results(element) -> list[str]:
    """Return the statistics and their p-values as they stand beside the bars."""
    return [text.text_content() for text in element.locator("text.result").all()]


def by_hand(mu0: float, n: int) -> list[float]:
    """Return the likelihood ratio, Wald's statistic and the score's, by fits and gradients."""
    x = X[:n]
    free, held = mlefit.fit(Normal, x), mlefit.fit(Normal, x, fixed={"loc": mu0})
    ratio = 2 * (free.log_likelihood - held.log_likelihood)
    wald = ((free.params["loc"] - mu0) / free.standard_errors()["loc"]) ** 2

    at = torch.tensor(mu0, dtype=x.dtype, requires_grad=True)
    Normal(at, held.params["scale"]).log_prob(x).sum().backward()
    score = at.grad**2 * held.params["scale"] ** 2 / n
    return [ratio.item(), wald.item(), score.item()]


def test_has_the_readings_from_the_page(tests):
    assert tests.evaluate("e => e.data") == X.tolist()


def test_the_hypothesis_stays_under_the_pointer(tests):
    knob = tests.locator(".knob")
    before, start = knob.bounding_box(), hypothesis(tests)
    drag(knob, -40)
    after = knob.bounding_box()

    assert after["x"] - before["x"] == pytest.approx(-40, abs=1)
    assert after["y"] > before["y"]
    assert hypothesis(tests) < start


@pytest.mark.parametrize("n", [5, 20, 100])
def test_the_three_statistics_are_torchs(tests, n):
    tests.get_by_label("readings").select_option(f"the first {n}")
    drag(tests.locator(".knob"), 15)
    shown = [number(text.replace(",", " ")) for text in results(tests)]
    assert shown == pytest.approx(by_hand(hypothesis(tests), n), abs=0.00501)


def test_each_bar_says_in_words_how_it_is_read_off_the_curve(tests):
    for how in ("nats, twice", "standard errors, squared", "squared, over its variance"):
        assert tests.get_by_text(how).is_visible()


def test_more_readings_make_them_agree(tests):
    spread = []
    for n in (5, 20, 100):
        tests.get_by_label("readings").select_option(f"the first {n}")
        settle(tests)
        values = [number(text.replace(",", " ")) for text in results(tests)]
        spread.append(max(values) - min(values))

    assert spread[0] > 2 * spread[1] > 4 * spread[2]
    assert spread[2] < 0.25


def test_keys_alone_move_the_hypothesis_and_the_readings(tests):
    start = hypothesis(tests)
    tests.get_by_role("slider", name="The hypothesis", exact=True).focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        tests.page.keyboard.press(key)
    settle(tests)
    assert hypothesis(tests) == start + 5

    tests.get_by_role("slider", name="hypothesis μ₀", exact=True).focus()
    tests.page.keyboard.press("ArrowLeft")
    assert f"μ₀ = {start + 4.5} km/s" in words(tests)

    tests.get_by_label("readings").focus()
    tests.page.keyboard.press("ArrowDown")
    assert "of 100 readings" in words(tests)


@pytest.mark.parametrize("n", [5, 100])
def test_says_the_limits_of_the_handle(tests, n):
    tests.get_by_label("readings").select_option(f"the first {n}")
    slider = tests.locator("input[name=mu0]")
    handle = tests.get_by_role("slider", name="The hypothesis", exact=True)
    for key, end in {"Home": "min", "End": "max"}.items():
        handle.press(key)
        settle(tests)
        for name in ("min", "max"):
            assert handle.get_attribute(f"aria-value{name}") == slider.get_attribute(name)
        assert handle.get_attribute("aria-valuenow") == slider.get_attribute(end)


def test_up_is_more(tests):
    start = hypothesis(tests)
    handle = tests.get_by_role("slider", name="The hypothesis", exact=True)
    for key, there in {"ArrowUp": 0.5, "PageUp": 5.5, "ArrowDown": 5, "PageDown": 0}.items():
        handle.press(key)
        settle(tests)
        assert hypothesis(tests) == start + there


@pytest.mark.parametrize("size", [*SIZES.values(), (320, 740)])
@pytest.mark.parametrize("n", [5, 20, 100])
def test_all_is_in_its_place_at_the_ends(browser, address, size, n):
    with explore(browser, f"{address}/{PAGE}", "mle-tests", size=size) as tests:
        tests.get_by_label("readings").select_option(f"the first {n}")
        for end in ("Home", "End"):
            tests.get_by_role("slider", name="The hypothesis", exact=True).press(end)
            settle(tests)
            assert tests.evaluate(AMISS) == []


def test_a_finger_drags_the_hypothesis(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-tests", size=SIZES["phone"]) as tests:
        start = hypothesis(tests)
        swipe(tests.locator(".knob"), 30)
        assert hypothesis(tests) > start


def test_a_swipe_upwards_on_the_handle_scrolls_the_page(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-tests", size=SIZES["phone"]) as tests:
        start, top = hypothesis(tests), tests.bounding_box()["y"]
        swipe(tests.locator(".knob"), 4, -150)
        assert tests.bounding_box()["y"] < top - 100
        assert hypothesis(tests) == start


@pytest.mark.parametrize("n", [5, 100])
def test_its_code_prints_the_numbers_on_the_screen(tests, tmp_path, n):
    tests.get_by_label("readings").select_option(f"the first {n}")
    drag(tests.locator(".knob"), 12)
    printed = run_code(tests, tmp_path).splitlines()

    assert len(printed) == 3
    for line, shown in zip(printed, results(tests), strict=True):
        assert line.endswith(f" {shown}")
