"""The laboratory of intervals: what the reader does to it, and what it says and shows."""

import math

import pytest
from browser import SIZES
from explorables import explore, number, run_code, settle, swipe, words
from scipy.stats import binomtest, chi2, norm, t

pytestmark = pytest.mark.site

SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
PAGE = "learn/uncertainty.html"


@pytest.fixture
def lab(browser, address):
    with explore(browser, f"{address}/{PAGE}", "mle-coverage") as element:
        yield element


def choose(lab, **menus) -> None:
    for label, words_ in menus.items():
        name = {"of": "for", "n": "from"}.get(label, label)
        lab.get_by_role("combobox", name=name, exact=True).select_option(words_)
    settle(lab)


def draw(lab, count: int) -> None:
    lab.get_by_role("button", name=f"Draw {count}", exact=True).click()
    settle(lab)


def samples(lab) -> int:
    return int(lab.locator(".range .value").inner_text().split()[-1])


def share(lab) -> float:
    """Return the share that is shown, in per cent."""
    return number(lab.locator(".big").inner_text())


def long_run(lab) -> list[float]:
    """Return between which shares it settles, in per cent."""
    _, words_ = lab.locator(".small").inner_text().split("long run ")
    ends = words_.split(" %")[0].split(" to ")
    return [float(end) for end in ends]


def result(lab) -> str:
    return lab.locator("text.result").text_content()


def truth_of(of: str, method: str, level: float, n: int) -> float:
    """Return the probability that the interval holds the truth, in closed form."""
    z = norm.ppf((1 + level) / 2)
    if of == "mean" and method == "Wald":
        return 2 * t.cdf(z * math.sqrt((n - 1) / n), n - 1) - 1
    if of == "mean":
        return 2 * t.cdf(math.sqrt((n - 1) * math.expm1(z * z / n)), n - 1) - 1
    half = z / math.sqrt(2 * n)
    low, high = (1 - half, 1 + half) if method == "Wald" else (math.exp(-half), math.exp(half))
    return chi2.cdf(n / low**2, n - 1) - chi2.cdf(n / high**2, n - 1)


@pytest.mark.parametrize(
    ("of", "method", "level", "n"),
    [
        ("width", "Wald", 0.95, 10),
        ("width", f"Wald on log {SIGMA}", 0.9, 5),
        ("mean", "Wald", 0.8, 5),
        ("mean", "profile", 0.99, 20),
    ],
)
def test_the_share_is_the_one_that_theory_predicts(lab, of, method, level, n):
    symbol = {"mean": "the mean μ", "width": f"the width {SIGMA}"}[of]
    choose(lab, of=symbol, interval=method, level=f"{100 * level:.0f} %", n=f"{n} readings")
    draw(lab, 1000)
    draw(lab, 1000)

    count = samples(lab)
    p = truth_of(of, method, level, n)
    assert count >= 2000
    assert share(lab) == pytest.approx(100 * p, abs=400 * math.sqrt(p * (1 - p) / count))


@pytest.mark.parametrize(("level", "n"), [("95 %", "10 readings"), ("99 %", "100 readings")])
def test_the_long_run_is_uncertain_even_if_all_intervals_hold(lab, level, n):
    choose(lab, interval="profile", level=level, n=n)
    count = samples(lab)
    held = binomtest(round(share(lab) / 100 * count), count)
    expected = [100 * end for end in held.proportion_ci(method="wilson")]
    assert long_run(lab) == pytest.approx(expected, abs=0.0501)
    assert long_run(lab)[0] < share(lab)


def test_an_interval_that_misses_stays_red_when_it_is_shown(lab):
    misses = lab.evaluate("e => e.lab.intervals.findIndex((i) => !e.lab.holds(i))") + 1
    for sample, colour in ((misses, "model"), (misses + 1, "data")):
        lab.locator("input[name=shown]").fill(str(sample))
        settle(lab)
        assert lab.locator(".thick").get_attribute("class") == f"{colour} thick"


def test_says_which_samples_are_drawn(lab):
    draw(lab, 100)
    assert lab.get_by_text("samples 101 to 140 of 140").is_visible()


def test_draws_as_many_as_it_is_told(lab):
    start = samples(lab)
    draw(lab, 1)
    draw(lab, 100)
    assert samples(lab) == start + 101


def test_motion_does_not_change_what_is_drawn(browser, address, lab):
    draw(lab, 100)
    calm = result(lab)
    lab.page.emulate_media(reduced_motion="no-preference")
    lab.page.reload()
    lab.locator(".status:not(:empty)").wait_for()
    draw(lab, 100)
    settle(lab)
    assert result(lab) == calm


def test_another_rule_judges_the_same_samples(lab):
    draw(lab, 100)
    before, count, rows = result(lab), samples(lab), lab.evaluate("e => e.lab.samples.at(-1)")
    choose(lab, interval="profile")

    assert samples(lab) == count
    assert lab.evaluate("e => e.lab.samples.at(-1)") == rows
    assert result(lab) != before


def test_starts_again_with_other_samples(lab):
    first = result(lab)
    lab.get_by_role("button", name="Start again").click()
    settle(lab)
    assert result(lab) != first


def test_pressing_an_interval_shows_its_sample(lab):
    plot = lab.locator(".plot svg").first
    box = plot.bounding_box()
    lab.page.mouse.click(box["x"] + 200, box["y"] + 120)
    settle(lab)
    middle = number(result(lab).replace("sample", "").replace(":", " "))
    assert 10 < middle < 38


def test_the_lines_stay_under_the_pointer(lab):
    draw(lab, 100)
    lab.locator("input[name=shown]").fill("50")
    settle(lab)
    plot = lab.locator(".plot svg").first
    box, shown = plot.bounding_box(), []
    for dx in (0, 1, 30):
        lab.page.mouse.click(box["x"] + 200 + dx, box["y"] + 120)
        settle(lab)
        shown.append(result(lab))

    assert "sample 50:" not in shown[0]
    assert len(set(shown)) == 1
    assert plot.evaluate("e => getComputedStyle(e).cursor") == "pointer"


def shown(lab) -> int:
    settle(lab)
    return lab.evaluate("e => e.state.shown")


@pytest.mark.parametrize("beyond", [-300, 400])
def test_a_drag_beyond_the_rows_and_back_ends_where_it_began(lab, beyond):
    draw(lab, 1000)
    lab.locator("input[name=shown]").fill("500")
    settle(lab)
    box, mouse = lab.locator(".plot svg").first.bounding_box(), lab.page.mouse
    x, y = box["x"] + 200, box["y"] + 150
    mouse.move(x, y)
    mouse.down()
    before, line = shown(lab), lab.locator(".thick").bounding_box()
    for height, steps in ((beyond, 30), (0, 5)):
        mouse.move(x, y + height, steps=steps)
        settle(lab)
    mouse.up()
    assert shown(lab) == before
    assert lab.locator(".thick").bounding_box() == line


@pytest.mark.parametrize("place", [(200, 12), (200, 285), (5, 150)])
def test_a_click_beside_the_axes_shows_nothing_else(lab, place):
    draw(lab, 100)
    lab.locator("input[name=shown]").fill("120")
    before = shown(lab)
    lab.locator(".plot svg").first.click(position=dict(zip("xy", place, strict=True)))
    assert shown(lab) == before


def test_an_interval_that_goes_on_beyond_the_axes_has_an_arrow(lab):
    choose(lab, interval="profile", level="99 %", n="5 readings")
    counts = """e => {
      const { plot, marks } = e.views[0];
      const lines = [marks.hits, marks.misses].map((m) => m.getAttribute("d")).join("");
      const cut = e.lab.intervals.filter(([, high]) => high > plot.xAxis.domain[1]);
      return [lines.split("L").length - 1, cut.length];
    }"""
    arrows, cut = lab.evaluate(counts)
    assert arrows == cut > 0


def test_the_log_comes_back_with_the_width(lab):
    log = f"Wald on log {SIGMA}"
    choose(lab, interval=log)
    choose(lab, of="the mean \N{GREEK SMALL LETTER MU}")
    assert lab.evaluate("e => e.state.method") == "wald"
    choose(lab, of=f"the width {SIGMA}")
    assert lab.evaluate("e => e.state.method") == "logWald"

    choose(lab, of="the mean \N{GREEK SMALL LETTER MU}")
    choose(lab, interval="profile")
    choose(lab, of=f"the width {SIGMA}")
    assert lab.evaluate("e => e.state.method") == "profile"


def test_a_line_that_is_pressed_stays_shown_while_samples_come(lab):
    lab.page.emulate_media(reduced_motion="no-preference")
    box = lab.locator(".plot svg").first.bounding_box()
    lab.get_by_role("button", name="Draw 1000").click()
    lab.page.mouse.click(box["x"] + 200, box["y"] + 120)
    before = lab.evaluate("e => e.state.shown")
    settle(lab)
    assert samples(lab) == 1040
    assert f"sample {before}:" in result(lab)


def test_a_narrow_bell_has_a_peak(lab):
    choose(lab, n="5 readings")
    lab.locator("input[name=shown]").fill("32")
    settle(lab)
    curve = lab.evaluate("e => e.views[2].marks.fitted.getAttribute('d')")
    heights = [point.split(",")[1] for point in curve.strip("M").split("L")]
    assert heights.count(min(heights, key=float)) <= 2


def test_keys_alone_draw_choose_and_show(lab):
    lab.get_by_role("button", name="Draw 1", exact=True).focus()
    lab.page.keyboard.press("Enter")
    settle(lab)
    count = samples(lab)
    lab.get_by_role("slider", name="sample shown", exact=True).focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.get_by_role("combobox", name="interval", exact=True).focus()
    lab.page.keyboard.press("ArrowDown")

    assert f"sample {count - 1}" in words(lab)
    assert lab.evaluate("e => e.state.method") == "logWald"


def test_a_button_that_has_no_more_to_draw_keeps_the_focus(lab):
    button = lab.get_by_role("button", name="Draw 1000", exact=True)
    for _ in range(5):
        button.press("Enter")
        settle(lab)
    count = samples(lab)
    assert lab.page.evaluate("document.activeElement.textContent") == "Draw 1000"
    assert button.is_disabled()

    button.press("Enter")
    settle(lab)
    assert samples(lab) == count


@pytest.mark.parametrize(("dx", "scrolls"), [(0, False), (30, False), (15, True)])
def test_a_finger_shows_a_sample_or_scrolls_the_page(browser, address, dx, scrolls):
    with explore(browser, f"{address}/{PAGE}", "mle-coverage", size=SIZES["phone"]) as lab:
        scroll = lab.evaluate("() => scrollY")
        swipe(lab.locator(".plot svg").first, dx, -150 if scrolls else 0)
        assert (lab.evaluate("() => scrollY") > scroll) == scrolls
        assert ("sample 40" in words(lab)) == scrolls


@pytest.mark.parametrize("of", ["the mean μ", f"the width {SIGMA}"])
@pytest.mark.parametrize("interval", ["Wald", "profile"])
def test_its_code_prints_the_interval_on_the_screen(lab, tmp_path, of, interval):
    choose(lab, of=of, interval=interval, level="90 %", n="20 readings")
    draw(lab, 1)
    assert result(lab).endswith(f" from {run_code(lab, tmp_path).strip()}")


def test_its_code_prints_the_interval_on_the_log(lab, tmp_path):
    choose(lab, interval=f"Wald on log {SIGMA}")
    assert result(lab).endswith(f" from {run_code(lab, tmp_path).strip()}")
