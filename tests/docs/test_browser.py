"""Every page in Chromium: quiet, accessible, at home on a phone, its copy buttons true."""

import gzip
from pathlib import Path

import pytest
from browser import SIZES, chromium, visit
from fences import fences
from pages import notebook_of, page_names, source_of
from playwright.sync_api import Browser, Response
from sitekit.notebooks import tags
from sitekit.outputs import code_cells

pytestmark = pytest.mark.site

AXE = Path(__file__).parent / "browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIRST_VIEW, NEXT_VIEW = 210_000, 65_000  # bytes on the wire, gzipped; KaTeX's fonts are 90 kB
SCHEMES_AND_SIZES = [("light", "desktop")]  # the others are to follow: they take five minutes each
API = "reference/api.html"
COPYABLE = "div.highlight:is(.language-python, .language-pycon) pre:has(> code)"


@pytest.fixture(scope="module")
def browser(executed):  # notebooks first: Playwright holds the thread's event loop while it runs
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("name", page_names())
@pytest.mark.parametrize(("scheme", "size"), SCHEMES_AND_SIZES)
def test_is_accessible_and_quiet(browser, address, name, scheme, size):
    with visit(browser, f"{address}/{name}", size=SIZES[size], scheme=scheme) as visited:
        visited.page.evaluate(AXE.read_text(encoding="utf-8"))  # the policy refuses a script tag
        visited.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        # not KaTeX's own markup: thousands of spans, each with the colour of the text around it
        result = visited.page.evaluate(
            "rules => axe.run({exclude: [['.katex']]}, {runOnly: {type: 'tag', values: rules}})",
            RULES,
        )
        violations = [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]

    assert not violations, "\n".join(violations)
    assert not visited.errors
    assert not visited.elsewhere


@pytest.mark.parametrize("name", page_names())
def test_does_not_scroll_sideways_on_a_small_phone(browser, address, name):
    with visit(browser, f"{address}/{name}", size=(360, 740)) as visited:
        visited.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
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
def test_copy_buttons_copy_what_was_run(browser, address, name, executed):
    """What a button copies is the code of the cell or the fence, whose run other tests check."""
    with visit(browser, f"{address}/{name}") as visited:
        visited.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        copied = [copy(visited.page, block) for block in visited.page.locator(COPYABLE).all()]

    # The API's page also has signatures and examples, which the library's own doctests run.
    if (
        "mkdocstrings" not in source_of(name).read_text()
        and ":::" not in source_of(name).read_text()
    ):
        assert [code.strip() for code in copied] == expected_code(name, executed)


@pytest.mark.parametrize("name", page_names())
def test_weighs_little(browser, address, name):
    """A first view, with all that it loads, and a further page, with what is new on it."""
    sizes = {}

    def weigh(response: Response) -> None:
        body = response.body()
        packed = body if response.url.endswith(".woff2") else gzip.compress(body, 6)
        sizes[response.url] = len(packed)

    with visit(browser, "about:blank") as visited:
        visited.page.on("response", weigh)
        visited.page.context.unroute_all()
        visited.page.goto(f"{address}/{name}", wait_until="networkidle")

    page = sizes[f"{address}/{name}"]
    report = "\n".join(f"{size:7d} {url}" for url, size in sizes.items())
    assert sum(sizes.values()) <= FIRST_VIEW, report
    assert page <= NEXT_VIEW, report


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


def copy(page, block) -> str:
    """Press a block's copy button and read the clipboard."""
    page.evaluate("navigator.clipboard.writeText('')")
    block.hover()
    block.locator("[data-md-type=copy], .md-clipboard").first.click()
    page.wait_for_timeout(30)
    return page.evaluate("navigator.clipboard.readText()")


def expected_code(name, executed) -> list[str]:
    """Return what the Python blocks of a page run, prompts and outputs left out."""
    if notebook := notebook_of(name):
        cells = code_cells(executed[notebook])
        return [cell.source.strip() for cell in cells if "hide" not in tags(cell)]

    blocks = [f for f in fences(source_of(name).read_text(encoding="utf-8")) if f.is_python]
    return [(without_prompts(f.code) if f.is_doctest else f.code).strip() for f in blocks]


def without_prompts(session: str) -> str:
    lines = session.splitlines()
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ", "...")))
