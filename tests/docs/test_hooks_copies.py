"""Pages as Markdown, the list of them, and the cards of their links."""

import json
from types import SimpleNamespace

import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sitekit import cards, copies, docstrings, machines, provenance


def cell(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text):
    return new_output("stream", name="stdout", text=text)


def displayed(**data):
    return new_output("display_data", data=data)


def copied(*cells):
    return copies.of_notebook(new_notebook(cells=list(cells)))


class TestNotebooks:
    def test_code_is_fenced_and_followed_by_what_it_printed(self):
        assert copied(cell("print(1)", printed("1\n"))) == (
            "```python\nprint(1)\n```\n\nOutput:\n\n```text\n1\n```\n"
        )

    def test_a_figure_is_its_alt_text(self):
        drawing = displayed(**{"image/svg+xml": "<svg/>", "text/plain": "<Figure>"})
        copy = copied(cell("plot()", drawing, alt="A bell."))
        assert copy == "```python\nplot()\n```\n\n*Figure: A bell.*\n"

    def test_an_explorable_leaves_its_figure(self):
        element = displayed(**{"text/html": "<mle-bell></mle-bell>", "text/plain": "<HTML>"})
        assert copied(cell("show()", element)) == "```python\nshow()\n```\n"

    def test_a_table_without_a_text_stays_html(self):
        nameless = "<IPython.core.display.HTML object>"
        table = displayed(**{"text/html": "<table></table>", "text/plain": nameless})
        assert copied(cell("show()", table)) == "```python\nshow()\n```\n\n<table></table>\n"

    def test_hidden_code_leaves_its_output(self):
        assert "Output:" in copied(cell("x", printed("1"), tags=["hide"]))
        assert "python" not in copied(cell("x", printed("1"), tags=["hide"]))

    def test_solutions_are_named_once_and_shown(self):
        copy = copied(cell("a = 1", tags=["solution"]), cell("b = 2", tags=["solution"]))
        assert copy.count("**Solution**") == 1
        assert "a = 1" in copy
        assert "b = 2" in copy

    def test_formulas_stay_tex(self):
        assert copied(new_markdown_cell(r"$\mu$")) == "$\\mu$\n"

    @pytest.mark.parametrize(
        ("written", "plain"),
        [
            (r"$\E[\mathcal I]$", r"$\mathbb{E}[\mathcal I]$"),
            (r"$\tr A + \tr(B)$", r"$\operatorname{tr} A + \operatorname{tr}(B)$"),
            (r"$x \in \R^d$", r"$x \in \mathbb{R}^d$"),
            (r"$\triangle \Rightarrow \Eta$", r"$\triangle \Rightarrow \Eta$"),
        ],
    )
    def test_formulas_need_no_macros_elsewhere(self, written, plain):
        page = new_notebook(cells=[new_markdown_cell(written)])
        assert copies.of_notebook(page) == copies.of_page(written, root=ROOT) == f"{plain}\n"

        notebook = json.loads(provenance.published(page, repository=None))
        assert "".join(notebook["cells"][0]["source"]) == plain

    def test_code_that_has_fences_gets_a_longer_one(self):
        assert copied(cell('"""```"""')).startswith("````python\n")


class TestPages:
    @pytest.mark.parametrize(
        ("written", "copy"),
        [
            ("[a](../learn/b.py#c)", "[a](../learn/b.md#c)"),
            ("[a](b.md)", "[a](b.md)"),
            ("[a](https://example.org/b.py)", "[a](https://example.org/b.py)"),
            ("```\n[a](b.py)\n```", "```\n[a](b.py)\n```"),
            ("## A { #a }\nb", "## A\nb"),
            (
                "``` { .python .no-test }\nx\n```\n[a](b.py)",
                "``` { .python .no-test }\nx\n```\n[a](b.md)",
            ),
        ],
    )
    def test_marks_of_this_site_are_gone(self, written, copy):
        assert copies.of_page(written, root=ROOT) == copy + "\n"

    def test_a_file_that_is_named_is_included(self, tmp_path):
        (tmp_path / "A.md").write_text("# A\n")
        assert copies.of_page('--8<-- "A.md"', root=tmp_path) == "# A\n"

    def test_a_docstring_takes_the_place_of_its_name(self):
        page = copies.of_page("a\n\n::: mlefit.fit\n    options:\n      x: y\n\nb", root=ROOT)
        assert "### mlefit.fit\n\n```python\nfit(family:" in page
        assert ":::" not in page
        assert "options" not in page
        assert page.endswith("b\n")


class TestDocstrings:
    def test_a_module_stands_for_what_it_exports(self):
        text = docstrings.markdown("mlefit.transforms", root=ROOT)
        assert "### mlefit.transforms.CholeskyTransform" in text
        assert "._" not in "".join(x for x in text.splitlines() if x.startswith("#"))

    def test_a_class_has_its_members(self):
        assert "### mlefit.Fit.standard_errors" in docstrings.markdown("mlefit.Fit", root=ROOT)


class TestLists:
    ENTRIES = (
        machines.Entry("Home", "A", "What?", "index.md"),
        machines.Entry("Learn", "B", "How?", "learn/b.md"),
        machines.Entry("Learn", "C", "Why?", "learn/c.md"),
    )

    def test_a_section_is_named_once(self):
        text = machines.llms("m", "d.", self.ENTRIES, base="")
        assert text.startswith("# m\n\n> d.\n")
        assert text.endswith("\n## Learn\n\n- [B](learn/b.md): How?\n- [C](learn/c.md): Why?\n")

    def test_addresses_are_whole_where_the_sites_is_known(self):
        text = machines.llms("m", "d.", self.ENTRIES, base="https://example.org/m/")
        assert "(https://example.org/m/learn/b.md)" in text
        assert "Sitemap: https://example.org/m/sitemap.xml" in machines.robots(
            "https://example.org/m/"
        )

    def test_pages_are_listed_as_they_are_walked(self):
        last = SimpleNamespace(is_homepage=False, next_page=None)
        home = SimpleNamespace(is_homepage=True, next_page=last)
        assert machines.in_order([None, last, home]) == [home, last]


class TestCards:
    def test_equal_words_give_equal_bytes(self, tmp_path):
        for name in "ab":
            cards.draw("What is a log-likelihood?", name="mlefit", path=tmp_path / name / "c.png")
        one, other = ((tmp_path / name / "c.png").read_bytes() for name in "ab")
        assert one == other
        assert len(one) < 100_000

    def test_a_card_has_the_size_that_the_page_says(self, tmp_path):
        cards.draw("A", name="m", path=tmp_path / "c.png")
        header = (tmp_path / "c.png").read_bytes()[16:24]
        assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == cards.SIZE
