"""Formulas, headings, links, the lead and the footer of a page."""

import json

import pytest
from conftest import DOCS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sitekit import formulas, headings, lead, links, notebooks, provenance, theme


class TestFormulas:
    @pytest.mark.parametrize(
        ("html", "marked"),
        [
            ("a $x$ b", r'a <span class="arithmatex">\(x\)</span> b'),
            ("<p>$$\nx\n$$</p>", '<div class="arithmatex">\\[\nx\n\\]</div>'),
            ("from $5 to $6 each", "from $5 to $6 each"),
            ("<code>$x$</code>", "<code>$x$</code>"),
            ("<pre>a\n$x$</pre>", "<pre>a\n$x$</pre>"),
            ("$a &lt; b$", r'<span class="arithmatex">\(a &lt; b\)</span>'),
        ],
    )
    def test_marks_dollars(self, html, marked):
        assert formulas.marked(html) == marked

    def test_renders_marked_formulas_as_arithmatex_leaves_them(self):
        html = formulas.rendered(r'<span class="arithmatex">\(\mu &lt; 1\)</span> a')
        assert html.startswith('<bdi class="arithmatex" data-search-exclude>')
        assert "<math" in html
        assert "<mi>μ</mi><mo>&lt;</mo><mn>1</mn>" in html
        assert 'aria-hidden="true"' in html

    @pytest.mark.parametrize(
        ("tex", "after", "is_whole"),
        [("x", ", a", True), ("x", " a", False), (r"\mu + " * 9 + "x", ", a", False)],
    )
    def test_a_short_formula_keeps_what_follows_it_on_its_line(self, tex, after, is_whole):
        html = formulas.rendered(rf'<span class="arithmatex">\({tex}\)</span>{after}')
        assert html.endswith("</bdi>,</span> a" if is_whole else f"</bdi>{after}")
        assert html.startswith('<span class="whole"><bdi') == is_whole

    def test_a_display_formula_takes_the_keyboard(self):
        html = formulas.rendered('<div class="arithmatex">\\[x\\]</div>')
        assert 'tabindex="0"' in html
        assert "katex-display" in html

    @pytest.mark.parametrize("tex", [r"\nope", "x^", r"\frac{1}", r"{x", "é"])
    def test_refuses_bad_tex(self, tex):
        with pytest.raises(formulas.FormulaError):
            formulas.typeset(tex, display=False)

    @pytest.mark.parametrize("macro", formulas.MACROS)
    def test_macros_are_known(self, macro):
        assert "katex" in formulas.typeset(macro, display=False)


class TestHeadings:
    def test_anchors_are_unique_over_the_fragments_and_nested(self):
        fragments = [
            "<h1>A <code>b</code><a class='anchor-link' href='#x'>¶</a></h1><h2>C</h2>",
            "<h2 id='old'>C</h2><p>d</p>",
        ]
        html, contents = headings.anchored(fragments)
        assert '<h1 id="a-b">A <code>b</code><a class="headerlink" href="#a-b"' in html[0]
        assert '<h2 id="c_1">C' in html[1]
        assert contents[0]["name"] == "A b"
        assert [child["id"] for child in contents[0]["children"]] == ["c", "c_1"]


class TestLinks:
    SOURCE = "learn/one.py"

    def test_targets_are_paths_in_docs(self):
        html = (
            '<a href="two.py#a">2</a><a href="../index.md">i</a><a href="#here">h</a>'
            '<a href="https://example.org/x.md">e</a><a href="mailto:a@b.c">m</a>'
        )
        assert links.targets(html, source=self.SOURCE) == [
            ("two.py#a", "learn/two.py", "a"),
            ("../index.md", "index.md", ""),
            ("#here", "learn/one.py", "here"),
        ]

    def test_resolves_to_the_addresses_of_pages(self):
        pages = {"learn/two.py": "two.html", "index.md": "../index.html"}
        html = '<a href="two.py#a">2</a> <a href="../index.md">i</a> <a href="no.md">n</a>'
        assert links.resolved(html, source=self.SOURCE, url=pages.get) == (
            '<a href="two.html#a">2</a> <a href="../index.html">i</a> <a href="no.md">n</a>'
        )

    def test_leaves_a_link_within_the_page(self):
        html = '<a href="#here">h</a>'
        assert links.resolved(html, source=self.SOURCE, url=lambda _: "wrong") == html


class TestLead:
    def test_is_the_first_paragraph_as_text(self):
        assert lead.description("<h1>T</h1><p>A <b>b</b>\n c.</p><p>D</p>") == "A b c."

    def test_is_cut_at_a_word(self):
        text = lead.description(f"<p>{'word ' * 50}</p>")
        assert len(text) <= 160
        assert text.endswith("word…")

    @pytest.mark.parametrize(
        ("tex", "text"),
        [
            ("$n - 1$", "n \N{MINUS SIGN} 1"),
            (r"$\bar x$", "x\N{COMBINING MACRON}"),
            ("$10^{-8}$", "10\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT EIGHT}"),
        ],
    )
    def test_writes_a_short_formula_in_the_line(self, tex, text):
        assert lead.description(formulas.marked(f"<p>A {tex}.</p>")) == f"A {text}."

    @pytest.mark.parametrize("words", ["", "A $x_1$.", r"A $\frac12$.", "A $x^n$."])
    def test_is_none_where_text_would_mislead(self, words):
        assert lead.description(formulas.marked(f"<h1>T</h1><p>{words}</p>")) is None

    def test_every_page_has_its_own(self):
        pages = [notebooks.read(source).cells[0].source for source in notebooks.sources(DOCS)]
        pages += [page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md")]
        leads = [page.split("\n\n")[1] for page in pages if page.startswith("# ")]
        found = [lead.description(formulas.marked(f"<p>{text}</p>")) for text in leads]
        assert None not in found
        assert len(found) == len(set(found)) > 20


class TestProvenance:
    def test_the_footer_counts_blocks_and_compared_outputs(self):
        silent = new_code_cell("x = 1")
        spoken = new_code_cell("x", outputs=[new_output("stream", name="stdout", text="1\n")])
        footer = provenance.footer(
            new_notebook(cells=[silent, spoken]), download="a.ipynb", colab=None
        )
        assert "2 code blocks, 1 output compared" in footer
        assert '<a href="a.ipynb" download>' in footer
        assert "Colab" not in footer

    @pytest.mark.parametrize("repository", [None, "", "https://example.org/a/b"])
    def test_colab_needs_a_repository_that_it_can_open(self, repository):
        assert provenance.colab_address(repository, "learn/a.ipynb") is None

    def test_colab_opens_the_published_notebook(self):
        address = provenance.colab_address("https://github.com/a/b.git", "learn/c.ipynb")
        assert address == "https://colab.research.google.com/github/a/b/blob/gh-pages/learn/c.ipynb"

    def test_published_notebooks_install_what_they_need_and_carry_no_key(self):
        notebook = new_notebook(metadata={"mlefit": {"key": "k"}})
        text = provenance.published(notebook, repository="https://github.com/a/b")
        assert "git+https://github.com/a/b" in text
        assert '"key"' not in text
        assert notebook.cells == []

    @pytest.mark.parametrize(
        ("address", "link"),
        [
            ("", "../reference/api.html#fit"),
            ("https://example.org/x/learn/c.ipynb", "https://example.org/x/reference/api.html#fit"),
        ],
    )
    def test_published_notebooks_link_to_pages(self, address, link):
        cell = new_markdown_cell("[fit](../reference/api.md#fit), [a](b.py)")
        notebook = new_notebook(cells=[cell])
        text = provenance.published(notebook, repository=None, address=address)
        assert f"[fit]({link})" in text
        assert "b.html)" in text
        assert "b.py" in cell.source

    def test_published_notebooks_say_what_was_raised_and_not_in_which_folder(self):
        trace = ["Traceback (most recent call last)", "File /home/me/a.py:1", "KeyError: 'b'"]
        error = new_output("error", ename="KeyError", evalue="'b'", traceback=trace)
        notebook = new_notebook(cells=[new_code_cell("{}['b']", outputs=[error])])
        (cell,) = json.loads(provenance.published(notebook, repository=None))["cells"]
        assert cell["outputs"][0]["traceback"] == ["KeyError: 'b'"]
        assert error.traceback == trace


def test_the_search_dialog_gets_a_name():
    html = '<div class="md-search" data-md-component="search" role="dialog">'
    assert 'aria-label="Search"' in theme.mended(html)
