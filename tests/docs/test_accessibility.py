"""Every page by axe-core: WCAG 2.2 AA and best practice, in both schemes and at both widths."""

import pytest
from browser import MODULES, SCHEMES, SIZES, visit
from pages import page_names
from playwright.sync_api import Page

pytestmark = pytest.mark.site

AXE = MODULES / "axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# A formula is thousands of spans of one make and one colour, for which axe takes a minute a page:
# the first formula of a page, and the first display, stand for all of them.
LIKE_THE_FIRST = """
for (const kind of [".katex-display > .katex", ":not(.katex-display) > .katex"])
  [...document.querySelectorAll(kind)].slice(1).forEach(f => f.setAttribute("data-like-first", ""))
"""
RUN = """rules => axe.run({exclude: [["[data-like-first]"]]}, rules).then(result =>
  result.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${node.target} ${node.failureSummary}`)))"""

# A fallback font may be as flat as this one is made here; a link in it is 17 px high of its own.
FLAT_FONT = """
@font-face { font-family: Flat; src: url(%s); ascent-override: 70%%; descent-override: 15%%;
  line-gap-override: 0%% }
body { --md-text-font-family: Flat !important; --md-code-font-family: Flat !important }
"""
A_FONT = "assets/katex/fonts/KaTeX_Main-Regular.woff2"


@pytest.mark.parametrize("name", page_names())
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_has_no_violation_and_is_quiet(browser, address, name, scheme, size):
    with visit(browser, f"{address}/{name}", size=SIZES[size], scheme=scheme) as visited:
        visited.open_folds()
        found = violations(visited.page, {"type": "tag", "values": RULES})

    assert not found, "\n".join(found)
    assert not visited.errors
    assert not visited.elsewhere


@pytest.mark.parametrize("name", page_names())
@pytest.mark.parametrize("size", SIZES)
def test_targets_are_large_in_any_font(browser, address, name, size):
    with visit(browser, f"{address}/{name}", size=SIZES[size]) as visited:
        visited.page.add_style_tag(content=FLAT_FONT % f"{address}/{A_FONT}")
        assert visited.page.evaluate("document.fonts.load('16px Flat').then(fonts => fonts.length)")
        visited.open_folds()
        found = violations(visited.page, {"type": "rule", "values": ["target-size"]})

    assert not found, "\n".join(found)


def violations(page: Page, rules: dict[str, object]) -> list[str]:
    """Return what axe finds against a page, one line a place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # the page's policy refuses a script tag
    page.evaluate(LIKE_THE_FIRST)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    return list(page.evaluate(RUN, options))
