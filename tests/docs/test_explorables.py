"""What holds for every explorable: accessible, fit for a small phone, a figure without scripts."""

import pytest
from browser import SCHEMES, SIZES
from explorables import explore, overflow, violations

pytestmark = pytest.mark.site

PAGES = {
    "mle-bell": "learn/log-likelihood.html",
    "mle-coverage": "learn/uncertainty.html",
    "mle-factor": "learn/multivariate.html",
    "mle-optimizer": "learn/gradient-descent.html",
    "mle-tests": "learn/uncertainty.html",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [*SIZES.values(), (360, 740)])
def test_is_accessible_and_fits(browser, address, name, scheme, size):
    page = f"{address}/{PAGES[name]}"
    with explore(browser, page, name, scheme=scheme, size=size) as element:
        assert violations(element) == []
        assert overflow(element) <= 0


@pytest.mark.parametrize("name", ["mle-bell", "mle-factor", "mle-optimizer"])
def test_without_scripts_a_figure_stays(browser, address, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGES[name]}")
    assert page.locator(f"{name} figure svg").is_visible()
    assert "interactive" in page.locator(f"{name} > p").inner_text()
    context.close()
