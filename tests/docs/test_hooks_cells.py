"""Cells, tags, figures and outputs become Material's markup."""

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sitekit import cells

SVG = '<svg viewBox="0 0 10 5"><path id="a" style="fill: #3a6ea8"/><g clip-path="url(#a)"/></svg>'


def code(source, *outputs, tags=(), **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags), **metadata})


def stdout(text):
    return new_output("stream", name="stdout", text=text)


def page(*parts):
    notebook = new_notebook(cells=list(parts))
    prose = [f"<p>{c.source}</p>" for c in parts if c.cell_type == "markdown"]
    return BeautifulSoup(cells.page(notebook, prose), "html.parser")


def test_a_code_cell_is_a_highlighted_block_without_anchors():
    block = page(code("x = 1\ny = 2")).select_one("div.language-python.highlight pre > code")
    assert block.get_text() == "x = 1\ny = 2\n"
    assert block.select("a, [id]") == []


def test_an_output_scrolls_and_has_no_copy_button():
    soup = page(code("print(1 < 2)", stdout("1 < 2\n")))
    output = soup.select_one("div.output.no-copy > pre[tabindex='0'][aria-label='Output 1']")
    assert output.get_text() == "1 < 2\n"


def test_messages_may_wrap_and_what_is_printed_may_not():
    warning = new_output("stream", name="stderr", text="cell.py:1: UserWarning: a < b\n  x\n")
    error = new_output("error", ename="ValueError", evalue="c", traceback=[])
    output = page(code("f()", stdout("1.5\n"), warning, error)).select_one(".output code")
    assert output.get_text() == "1.5\nUserWarning: a < b\nValueError: c\n"
    wrapping = [span.get_text() for span in output.select("span.message")]
    assert wrapping == ["UserWarning: a < b", "ValueError: c"]


def test_a_data_frame_is_a_bare_table_in_a_box():
    html = (
        '<style scoped>td {}</style><table border="1" class="dataframe"><tr style="a"></tr></table>'
    )
    output = new_output("execute_result", {"text/html": html, "text/plain": "x"})
    soup = page(code("frame", output))
    assert str(soup.select_one("div.output-table > table")) == "<table><tr></tr></table>"
    assert soup.select_one("style, div.output") is None


@pytest.mark.parametrize(
    ("tag", "selector"),
    [
        ("solution", "details.solution > summary:-soup-contains('Solution')"),
        ("steps", "details.steps > summary:-soup-contains('Show the steps')"),
        ("pitfall", "div.admonition.warning > p.admonition-title"),
    ],
)
def test_consecutive_cells_with_a_tag_share_one_fold(tag, selector):
    soup = page(
        new_markdown_cell("before"),
        new_markdown_cell("first", metadata={"tags": [tag]}),
        code("second", stdout("third"), tags=[tag]),
        new_markdown_cell("after"),
    )
    (head,) = soup.select(selector)
    inside = head.parent.get_text()
    assert all(word in inside for word in ("first", "second", "third"))
    assert not any(word in inside for word in ("before", "after"))


def test_cells_beside_each_other_share_one_box():
    soup = page(code("a"), code("b", tags=["beside"]), code("c", tags=["beside"]))
    (box,) = soup.select("div.beside")
    assert [block.get_text() for block in box.select("pre > code")] == ["b\n", "c\n"]


def test_fold_hides_the_code_and_shows_the_output():
    soup = page(code("x", stdout("1"), tags=["fold"]))
    assert soup.select_one("details.fold div.highlight")
    assert soup.select_one("details .output") is None
    assert soup.select_one(".output")


def test_hide_drops_the_code():
    soup = page(code("x", stdout("1"), tags=["hide"]))
    assert soup.select_one(".language-python") is None
    assert soup.select_one(".output")


def test_a_figure_has_its_alt_text_and_ids_of_its_own():
    drawn = new_output("display_data", {"image/svg+xml": SVG, "text/plain": "<Figure>"})
    soup = page(code("a", drawn, alt='A "bell" & more'), code("b", drawn, alt="B"))
    labels = [svg["aria-label"] for svg in soup.select("figure svg[role=img]")]
    assert labels == ['A "bell" & more', "B"]
    assert [p["id"] for p in soup.select("path")] == ["figure-1-1", "figure-2-1"]
    assert soup.select_one(".output") is None


def test_an_explorable_holds_its_figure_and_a_word_for_those_without_scripts():
    element = new_output("display_data", {"text/html": '<mle-bell data="[1]"></mle-bell>'})
    drawn = new_output("display_data", {"image/svg+xml": SVG, "text/plain": "<Figure>"})
    soup = page(code("show()", element, drawn, tags=["hide"], alt="A bell."))

    bell = soup.select_one("mle-bell[data='[1]'][data-search-exclude]")
    assert [child.name for child in bell.children] == ["figure", "p"]
    assert "interactive" in bell.p.get_text()
    assert soup.select_one(".output, .output-table") is None
    assert len(soup.select("figure")) == 1


def test_markdown_fragments_leave_the_wrappers_behind():
    content = """
      <div class="jp-Cell jp-MarkdownCell"><div class="jp-RenderedMarkdown"><p>a</p></div></div>
      <div class="jp-Cell jp-CodeCell"><pre>x</pre></div>
      <div class="jp-Cell jp-MarkdownCell"><div class="jp-RenderedMarkdown">
        <div class="highlight"><pre><span></span>ls</pre></div></div></div>
      <style>.x {}</style>"""
    assert cells.markdown_fragments(content) == [
        "<p>a</p>",
        '<div class="highlight"><pre><code><span></span>ls</code></pre></div>',
    ]
