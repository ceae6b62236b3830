"""What the site says to programs, copies, lists and addresses, and what its policy refuses."""

import re
from urllib.parse import urljoin
from xml.etree import ElementTree

import pytest
from browser import chromium, visit
from bs4 import BeautifulSoup
from conftest import build
from fences import fences
from pages import notebook_of, page_names, source_of
from sitekit.notebooks import tags
from sitekit.outputs import code_cells

pytestmark = pytest.mark.site

BASE = "https://example.org/mlefit/"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """The site, built for a host whose address is known."""
    return build(tmp_path_factory.mktemp("hosted") / "site", SITE_URL=BASE)


@pytest.fixture(scope="module")
def browser(executed):  # notebooks first: Playwright holds the thread's event loop while it runs
    with chromium() as browser:
        yield browser


def read(site, name):
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def copy_of(name):
    return name.removesuffix(".html") + ".md"


@pytest.mark.parametrize("name", page_names())
def test_every_page_has_its_markdown_with_all_of_its_code(site, name, executed):
    link = read(site, name).find("link", type="text/markdown")
    copy = (site / name).parent / str(link["href"])
    assert copy == site / copy_of(name)

    text = copy.read_text(encoding="utf-8")
    if notebook := notebook_of(name):
        cells = code_cells(executed[notebook])
        code = [cell.source.strip() for cell in cells if "hide" not in tags(cell)]
    else:
        code = [fence.code.strip() for fence in fences(source_of(name).read_text(encoding="utf-8"))]
    assert [block for block in code if block not in text] == []


def test_links_between_the_copies_resolve(site):
    copies = [site / copy_of(name) for name in page_names()]
    broken = [
        f"{copy.relative_to(site)}: {target}"
        for copy in copies
        for target in re.findall(r"\]\(([^):#\s]+\.(?:md|py))[)#]", copy.read_text("utf-8"))
        if not (copy.parent / target).exists()
    ]
    assert broken == []


def test_llms_txt_lists_every_page(site):
    listed = re.findall(r"^- \[.+?\]\((.+?)\): .", (site / "llms.txt").read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(map(copy_of, page_names()))


def test_without_an_address_no_page_claims_one(site):
    assert not (site / "robots.txt").exists()
    for name in page_names():
        page = read(site, name)
        assert page.find("link", rel="canonical") is None
        assert page.find("meta", property="og:image") is None


def test_main_has_no_banner(site):
    """A release's pages say that there are newer ones; the theme shows an empty one for a blank."""
    assert [name for name in page_names() if read(site, name).select(".md-banner")] == []


def test_an_address_is_everywhere(hosted):
    locations = ElementTree.parse(hosted / "sitemap.xml").iter(SITEMAP)
    assert sorted(x.text for x in locations) == sorted(urljoin(BASE, n) for n in page_names())
    assert f"Sitemap: {BASE}sitemap.xml" in (hosted / "robots.txt").read_text()
    assert f"]({BASE}index.md)" in (hosted / "llms.txt").read_text()

    for name in page_names():
        page = read(hosted, name)
        assert page.find("link", rel="canonical")["href"] == urljoin(BASE, name)
        card = page.find("meta", property="og:image")["content"]
        assert (hosted / card.removeprefix(BASE)).is_file()


def test_links_of_the_404_page_hold_at_any_depth(site, hosted):
    for folder, root in ((site, "/"), (hosted, "/mlefit/")):
        page = read(folder, "404.html")
        found = [str(tag[a]) for a in ("href", "src") for tag in page.select(f"[{a}]")]
        inside = [x.split("#")[0] for x in found if not x.startswith(("#", "http", "mailto:"))]
        assert inside
        assert [x for x in inside if not x.startswith(root)] == []
        assert [x for x in inside if not (folder / x.removeprefix(root)).exists()] == []


@pytest.mark.parametrize("name", [*page_names(), "404.html"])
def test_every_page_has_a_policy_before_what_it_governs(site, name):
    text = (site / name).read_text(encoding="utf-8")
    assert (
        "script-src 'self'" in read(site, name).find("meta", attrs={"http-equiv": True})["content"]
    )
    assert text.index("Content-Security-Policy") < text.index("<link")
    assert not re.search(r"<[^>]+\son\w+=", text)  # handlers as attributes: the policy refuses them


def test_the_policy_refuses_an_injected_script(browser, address):
    with visit(browser, f"{address}/index.html") as visited:
        with visited.page.expect_console_message(lambda m: "Content Security Policy" in m.text):
            visited.page.evaluate(
                "const s = document.createElement('script'); s.textContent = 'window.seen = 1';"
                "document.body.append(s); document.body.insertAdjacentHTML("
                "'beforeend', `<img src='data:,' onerror='window.seen = 1'>`)"
            )
        visited.page.wait_for_timeout(200)
        assert visited.page.evaluate("window.seen") is None
        assert any("Content Security Policy" in error for error in visited.errors)


def test_the_policy_holds_in_a_folder_too(browser, site):
    with visit(browser, f"file://{site}/learn/multivariate.html") as visited:
        loaded = visited.page.evaluate("typeof document$ !== 'undefined'")
        styled = visited.page.evaluate(
            "getComputedStyle(document.body).getPropertyValue('--md-code-font-family')"
        )

    assert loaded  # the theme's script ran
    assert styled  # and its style sheet was read
    assert visited.errors == []
