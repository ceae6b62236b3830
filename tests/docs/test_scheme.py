"""Light, dark or as the system: by pointer and by key, at once, and as it was left."""

import pytest
from browser import visit

pytestmark = pytest.mark.site

SHOWN = {"light": "default", "dark": "slate"}
BAR = {"light": "rgb(36, 72, 111)", "dark": "rgb(27, 42, 61)"}
SWITCH = ".md-header label[for^=__palette]:visible"


def shown(page):
    page.wait_for_timeout(100)  # a change of the system is told a moment later
    return page.evaluate("document.body.dataset.mdColorScheme")


@pytest.mark.parametrize("scheme", SHOWN)
def test_a_first_visit_is_as_the_system_before_the_themes_script_runs(browser, address, scheme):
    with visit(browser, "about:blank", scheme=scheme) as visited:
        visited.page.context.unroute_all()
        visited.page.route("**/bundle.*.js", lambda route: route.abort())
        visited.page.goto(f"{address}/index.html")

        assert shown(visited.page) == SHOWN[scheme]
        bar = visited.page.locator("meta[name=theme-color]").get_attribute("content")
        assert bar == BAR[scheme]


def test_the_systems_change_is_followed(browser, address):
    with visit(browser, f"{address}/index.html") as visited:
        visited.page.emulate_media(color_scheme="dark")
        assert shown(visited.page) == "slate"


def test_a_choice_is_kept_whatever_the_system(browser, address):
    with visit(browser, f"{address}/index.html", scheme="dark") as visited:
        visited.page.locator(SWITCH).click()
        assert shown(visited.page) == "default"

        visited.page.goto(f"{address}/learn/uncertainty.html")
        assert shown(visited.page) == "default"
        visited.page.emulate_media(color_scheme="light")
        visited.page.locator(SWITCH).click()
        assert shown(visited.page) == "slate"

        visited.page.locator(SWITCH).click()
        assert shown(visited.page) == "default"  # the system's again
        assert not visited.errors


def test_the_keyboard_switches(browser, address):
    with visit(browser, f"{address}/index.html") as visited:
        visited.page.locator("[name=__palette]:checked").focus()
        seen = []
        for key in ("Enter", "Enter", "ArrowLeft"):
            visited.page.keyboard.press(key)
            name = visited.page.evaluate("document.activeElement.ariaLabel")
            seen.append((shown(visited.page), name))

    assert seen == [
        ("default", "Switch to the dark scheme"),
        ("slate", "Follow the system's scheme"),
        ("default", "Switch to the dark scheme"),
    ]
