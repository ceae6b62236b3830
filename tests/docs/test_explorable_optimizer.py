"""The optimizer on the surface: what the reader does to it, and what it says."""

import math

import pytest
from browser import SIZES
from drive_optimizer import CHOICES, PAGE, choose, drawn, loss, press, start, step
from explorables import drag, explore, run_code, settle, slide, still, swipe, words

pytestmark = pytest.mark.site

ROWS = {"n": 10_000, "mean": -0.01739417, "variance": 1.00974334}
BEST = (math.log(2 * math.pi * ROWS["variance"]) + 1) / 2


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
        with still(walk) as wait:
            walk.get_by_role("button", name="Run", exact=True).click()
            wait(1000)
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
        with still(walk) as wait:
            walk.get_by_role("button", name="Run", exact=True).click()
            wait(1000)
            assert 0 < step(walk) < arrived
            wait(6000)
            assert step(walk) == arrived


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


def test_on_a_phone_the_headline_keeps_its_room(browser, address):
    page = f"{address}/{PAGE}"
    with explore(browser, page, "mle-optimizer", size=SIZES["phone"]) as walk:
        slide(walk, mu=-1.29, sigma=8.27)
        height = walk.locator(".score").bounding_box()["height"]
        for coordinate in CHOICES["coordinate"]:
            choose(walk, coordinate=coordinate, reduce="sum")
            assert walk.locator(".score").bounding_box()["height"] == height


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
