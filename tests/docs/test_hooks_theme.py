"""What the theme lacks is added, what it need not do is left out, and its style sheets are one."""

from pathlib import PurePosixPath

import pytest
from sitekit import buttons, stylesheets, theme

LINK = '<link rel="stylesheet" href="{}">'
HEAD = "<html><head><title>Page</title>{}</head></html>"


def test_the_repository_is_a_link_and_asks_nobody():
    html = '<a href="r" class="md-source" data-md-component="source">'
    assert theme.mended(html) == '<a href="r" class="md-source">'


def test_lines_of_code_have_a_class_and_no_id():
    html = '<span id="__span-0-1">a</span><span id="__span-0-1">b</span>'
    assert theme.mended(html) == '<span class="line">a</span><span class="line">b</span>'


def test_code_has_elements_for_what_is_coloured_alone():
    html = '<span class="n">x</span> <span class="o">=</span> <span class="mi">1</span>'
    assert theme.mended(html) == 'x = <span class="mi">1</span>'


def test_a_long_name_may_break_in_a_table_alone():
    name = "<code>{}</code>"
    broken = "torch.<wbr>tril_<wbr>indices(<wbr>d)"
    html = f"<td>{name}</td><p>{name}</p>".replace("{}", "torch.tril_indices(d)")
    assert theme.mended(html) == html.replace("torch.tril_indices(d)", broken, 1)
    numbers = "<td><code>suffstats(...).n</code> is 0.5. <code>f()</code></td>"
    assert theme.mended(numbers) == numbers.replace(").n", ").<wbr>n")


def test_every_block_of_code_has_a_button_that_names_it():
    code = '<div class="language-python highlight{}"><pre><span></span><code>x</code></pre></div>'
    page = buttons.with_copy_buttons(code.format("") + code.format(" asks"))

    for number in (1, 2):
        assert f'aria-label="Copy code block {number}"' in page
        assert f'data-clipboard-target="#code-{number}"' in page
        assert f'<code id="code-{number}">x</code>' in page


@pytest.mark.parametrize(
    "of", ["output highlight no-copy", "language-python doc-signature highlight"]
)
def test_outputs_and_signatures_have_no_button(of):
    block = f'<div class="{of}"><pre><code>x</code></pre></div>'
    assert buttons.with_copy_buttons(block) == block


@pytest.fixture
def site(tmp_path):
    """Two pages, at different depths, which link the same two style sheets."""
    for folder in ("learn", "assets/stylesheets", "assets/katex"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "assets/stylesheets/main.css").write_text('@charset "UTF-8";a{color:red}')
    (tmp_path / "assets/katex/katex.css").write_text("/* K */b{src:url(fonts/k.woff2)}")

    names = ("assets/stylesheets/main.css", "assets/katex/katex.css")
    for page, base in (("index.html", ""), ("learn/a.html", "../")):
        links = "\n".join(LINK.format(base + name) for name in names)
        (tmp_path / page).write_text(HEAD.format(links))
    return tmp_path


def test_pages_share_one_style_sheet(site):
    stylesheets.merge(site)
    (merged,) = (site / "assets").rglob("*.css")

    text = merged.read_text()
    assert text == '@charset "utf-8";a{color:red}b{src:url(../katex/fonts/k.woff2)}'
    for page, base in (("index.html", ""), ("learn/a.html", "../")):
        assert (site / page).read_text().count('stylesheet"') == 1
        assert LINK.format(f"{base}assets/stylesheets/{merged.name}") in (site / page).read_text()


def test_its_name_follows_its_text(site, tmp_path_factory):
    stylesheets.merge(site)
    (before,) = (site / "assets").rglob("*.css")
    before.write_text("a{color:blue}")
    stylesheets.merge(site)
    (after,) = (site / "assets").rglob("*.css")

    assert after.name != before.name


def test_pages_that_differ_are_refused(site):
    (site / "learn/a.html").write_text(HEAD.format(LINK.format("../assets/stylesheets/main.css")))
    with pytest.raises(ValueError, match="expected the same style sheets on every page"):
        stylesheets.merge(site)


@pytest.mark.parametrize("address", ["url(data:image/png;base64,x)", 'url("data:x")', "url(#a)"])
def test_addresses_within_the_sheet_stay(address):
    assert stylesheets.moved(address, PurePosixPath("assets/css/a.css")) == address
