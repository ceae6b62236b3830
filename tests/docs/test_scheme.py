"""Light, dark or as the system: by pointer and by key, at once, and as it was left."""

import pytest
from browser import visit
from playwright.sync_api import expect

pytestmark = pytest.mark.site

SHOWN = {"light": "default", "dark": "slate"}
BAR = {"light": "rgb(36, 72, 111)", "dark": "rgb(27, 42, 61)"}
SWITCH = ".md-header label[for^=__palette]:visible"


def check_scheme(page, name):
    page.wait_for_timeout(100)  # a change of the system is told a moment later
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SHOWN[name])


@pytest.mark.parametrize("scheme", SHOWN)
def test_a_first_visit_is_as_the_system_before_the_themes_script_runs(browser, address, scheme):
    with visit(browser, "about:blank", scheme=scheme) as visited:
        visited.page.context.unroute_all()
        visited.page.route("**/bundle.*.js", lambda route: route.abort())
        visited.page.goto(f"{address}/index.html")

        check_scheme(visited.page, scheme)
        bar = visited.page.locator("meta[name=theme-color]").get_attribute("content")
        assert bar == BAR[scheme]


def test_the_systems_change_is_followed(browser, address):
    with visit(browser, f"{address}/index.html") as visited:
        visited.page.emulate_media(color_scheme="dark")
        check_scheme(visited.page, "dark")


def test_a_choice_is_kept_whatever_the_system(browser, address):
    with visit(browser, f"{address}/index.html", scheme="dark") as visited:
        visited.page.locator(SWITCH).click()
        check_scheme(visited.page, "light")

        visited.page.goto(f"{address}/learn/uncertainty.html")
        check_scheme(visited.page, "light")
        visited.page.emulate_media(color_scheme="light")
        visited.page.locator(SWITCH).click()
        check_scheme(visited.page, "dark")

        visited.page.locator(SWITCH).click()
        check_scheme(visited.page, "light")  # the system's again
        assert not visited.errors


def test_the_keyboard_switches(browser, address):
    with visit(browser, f"{address}/index.html") as visited:
        visited.page.locator("[name=__palette]:checked").focus()
        for key, scheme, offer in (
            ("Enter", "light", "Switch to the dark scheme"),
            ("Enter", "dark", "Follow the system's scheme"),
            ("ArrowLeft", "light", "Switch to the dark scheme"),
        ):
            visited.page.keyboard.press(key)
            check_scheme(visited.page, scheme)
            assert visited.page.evaluate("document.activeElement.ariaLabel") == offer
