"""What readers type finds the heading that answers it, first."""

import pytest
from browser import visit

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
        found = page.locator(HEADING).first
        found.wait_for()
        page.wait_for_timeout(300)  # results follow each letter: let the last ones come
        assert without_query(found.get_attribute("href")) == f"{address}/{ANSWERS[words]}"

        found.click()
        page.wait_for_url("**#*")
        anchor = ANSWERS[words].split("#")[1]
        assert page.locator(f"[id='{anchor}']").is_visible()

    assert visited.errors == []


def without_query(address: str) -> str:
    """Drop `?h=...`, by which the theme marks the words on the page."""
    path, _, anchor = address.partition("#")
    return f"{path.split('?')[0]}#{anchor}"
