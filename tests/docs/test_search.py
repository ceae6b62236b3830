"""What readers type finds the heading that answers it, first."""

import re

import pytest
from browser import visit
from playwright.sync_api import expect

pytestmark = pytest.mark.site

# what is typed -> the address of the first heading that is offered
ANSWERS = {
    "fit": "reference/api.html#mlefit.fit",
    "scale_tril": "reference/formulas-general.html#cholesky",
    "not positive definite": (
        "howto/errors.html#to-satisfy-the-constraint-positivedefinite-not-positive-definite"
    ),
}
# The theme lists a page, and below it the page's headings.
HEADING = ".md-search-result__item:first-child .md-search-result__link[href*='#']"


@pytest.mark.parametrize("words", ANSWERS)
def test_the_first_heading_is_the_answer(browser, address, words):
    with visit(browser, f"{address}/index.html") as visited:
        page = visited.page
        page.get_by_placeholder("Search").first.click()
        page.keyboard.type(words)
        page.wait_for_timeout(300)  # results follow each letter: let the last ones come
        found = page.locator(HEADING).first
        page_of_it, anchor = ANSWERS[words].split("#")
        words_marked = r"(\?h=[^#]*)?"  # the theme's, so that the page shows where they are
        there = re.compile(f"{re.escape(f'{address}/{page_of_it}')}{words_marked}#{anchor}")
        expect(found).to_have_attribute("href", there)

        found.click()
        page.wait_for_url("**#*")
        assert page.locator(f"[id='{anchor}']").is_visible()

    assert visited.errors == []
