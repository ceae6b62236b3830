"""Every page in Chromium: light, at home on a phone and in a folder, its formulas whole."""

from pathlib import Path

import pytest
from browser import SIZES, visit
from formula_fonts import missing
from pages import page_names
from playwright.sync_api import Browser

pytestmark = pytest.mark.site

FIRST_VIEW, NEXT_VIEW = 160_000, 60_000  # bytes on the wire, as a host with gzip sends them
HEADER = "getComputedStyle(document.querySelector('.md-header')).backgroundColor"
BLUE = "rgb(36, 72, 111)"  # of theme.css, the last but two of the style sheets


@pytest.mark.parametrize("name", page_names())
def test_weighs_little(browser, address, name):
    """A first view, with all that it loads, and a further page, with what is new on it."""
    with visit(browser, "about:blank") as visited:
        visited.page.context.unroute_all()
        requests = []
        visited.page.on("requestfinished", lambda request: requests.append(request))
        visited.page.goto(f"{address}/{name}", wait_until="networkidle")
        sizes = {r.url: r.sizes()["responseBodySize"] for r in requests}

    report = "\n".join(f"{size:7d} {url}" for url, size in sizes.items())
    assert sum(sizes.values()) <= FIRST_VIEW, report
    assert sizes[f"{address}/{name}"] <= NEXT_VIEW, report


@pytest.mark.parametrize("name", page_names())
def test_does_not_scroll_sideways_on_a_small_phone(browser, address, name):
    with visit(browser, f"{address}/{name}", size=(360, 740)) as visited:
        visited.open_folds()
        width = visited.page.evaluate("document.documentElement.scrollWidth")

    assert width <= 360


@pytest.mark.parametrize("name", page_names())
def test_figures_keep_their_text_readable_on_a_phone(browser, address, name):
    with visit(browser, f"{address}/{name}", size=SIZES["phone"]) as visited:
        heights = visited.page.evaluate(
            "[...document.querySelectorAll('figure svg text')].map("
            "t => parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getScreenCTM().a)"
        )

    assert all(height >= 8.9 for height in heights), min(heights)


@pytest.mark.parametrize("name", page_names())
def test_works_from_a_folder(browser, site, name):
    """Opened as a file, without a server: styled, quiet, and with every glyph of its formulas."""
    with visit(browser, f"file://{site}/{name}") as visited:
        assert visited.page.evaluate(HEADER) == BLUE
        assert missing(visited.page) == {}, "run `make fonts`"

    assert not visited.errors
    assert not visited.elsewhere


def test_search_finds_a_heading(browser: Browser, address: str):
    with visit(browser, f"{address}/index.html") as visited:
        visited.page.get_by_placeholder("Search").first.click()
        visited.page.keyboard.type("log-likelihood")
        link = visited.page.locator(".md-search-result__link").first
        link.wait_for()

        assert "log-likelihood" in link.inner_text().lower()


def test_search_works_from_a_folder(browser: Browser, site: Path):
    with visit(browser, f"file://{site}/index.html") as visited:
        visited.page.get_by_placeholder("Search").first.click()
        visited.page.keyboard.type("log-likelihood")
        visited.page.locator(".md-search-result__link").first.wait_for()

    assert not visited.errors
    assert not visited.elsewhere
