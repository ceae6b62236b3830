"""No number in a notebook's words is typed by hand alone: a cell of the page shows each of them.

A number agrees with one that a cell prints, writes in a figure or computes with, once this is
rounded to the digits in the prose. For one that does not: correct it, or print it, or assert it.
"""

import prose
import pytest
from conftest import DOCS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sitekit import notebooks

pytestmark = pytest.mark.xdist_group("notebooks")  # one process executes them

SOURCES = notebooks.sources(DOCS)

# Facts from elsewhere, which no cell can show. Keep it short.
ELSEWHERE = {
    "index.py": {"3.11": "a version of Python"},
    "explain/post-2022.py": {"122": "of 125 numbers, on another machine"},
    "howto/errors.py": {"10^{-6}": "torch's documentation of GaussianNLLLoss"},
    "howto/optimizer.py": {"2.10": "a version of torch"},
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(DOCS)))
def test_a_cell_shows_every_number(source, executed):
    exempt = set(ELSEWHERE.get(source.relative_to(DOCS).as_posix(), {}))
    lost = _lost(executed[source])

    wrong = [f"{number.text} in: {number.sentence}" for number in lost if number.text not in exempt]
    if wrong:
        pytest.fail("\n".join(["no cell of the page shows", *wrong]), pytrace=False)
    assert exempt <= {number.text for number in lost}, "an exemption that is not needed"


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("The mean is 852.4 km/s.", "loc 852.40"),
        ("It is 3.85 nats behind.", "-3.8461"),
        ("$\\mu = \N{MINUS SIGN}0.02$", "-0.0174"),
        ("about 85 % hold the truth", "0.853"),
        ("85.3 percent", "85.31"),
        ("after 10,000 rows", "10000 rows"),
        ("at 299 852.40 km/s", "299852.40"),
        ("$10{,}000$ rows", "10,000"),
        ("a scale of $10^{10}$", "2.7e+10"),
        ("$6.1 \\times 10^{-6}$", "6.11e-06"),
        ("the factor $e^{-744.4}$", "744.44"),
        ("after about 1100 steps", "1059"),
        ("at a rate of `0.01`", "0.0100"),
    ],
)
def test_agree(words, output):
    assert not _lost(_page(words, output))


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("The mean is 852.4 km/s.", "852.5"),
        ("The mean is 852.40 km/s.", "852.43"),
        ("$\\mu = -0.02$", "0.02"),
        ("0.85 of them", "85.0"),
        ("85 %", "0.861"),
        ("after 1100 steps", "1059"),
        ("after about 1100 steps", "1040"),
        ("$10^{10}$", "2.7e+11"),
        ("$6.1 \\cdot 10^{-6}$", "6.11e-05"),
        ("after 299 852 rows", "299"),
        ("64.5", "float64.5"),
    ],
)
def test_disagree(words, output):
    assert len(_lost(_page(words, output))) == 1


@pytest.mark.parametrize(
    "words",
    [
        "Five of 66 times, in 2 dimensions.",
        "Fisher (1922) named it (Wilks 1938); in 1879 he took readings; the 2022 post",
        "# Which of 1234?",
        "[a post](https://example.org/1234/5.67)",
        "`lr=0.125`, `x[:1234]`, float64",
        "```sh\npip install 1.2.3\n```",
        "Text.\n\n## References\n\n- Annals 45, 503-528. doi:10.1214/12345",
    ],
)
def test_is_no_statement_about_a_number(words):
    assert not list(prose.stated(_page(words)))


def test_reads_alt_texts():
    page = new_notebook(cells=[new_code_cell("1", metadata={"alt": "A peak at 12.5."})])
    assert [number.text for number in prose.stated(page)] == ["12.5"]


@pytest.mark.parametrize("code", ["x = -12.5", "f(lr=12.5)", 'f"{x + 12.5:.3f}"'])
def test_code_computes_with_a_number(code):
    assert not _lost(_page("It is 12.5.", code=code))


@pytest.mark.parametrize("code", ["1  # 12.5", '"12.5"', 'f"12.5 {x}"', "ax.text(12.5, 0)"])
def test_what_somebody_typed_is_no_evidence(code):
    assert _lost(_page("It is 12.5.", code=code))


@pytest.mark.parametrize(
    ("code", "group", "is_shown"),
    [
        ('ax.text(0, 0, f"at {x}")', "text_1", True),
        ('ax.text(0, 0, "at 12.5")', "text_1", False),
        ("ax.plot(x)", "xtick_1", False),
    ],
)
def test_a_figure_shows_the_labels_that_it_computed(code, group, is_shown):
    drawn = f'<g id="{group}"><text>at 12.5</text></g>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{drawn}</svg>'
    page = _page("It is 12.5.", code=code)
    page.cells[1].outputs = [new_output("display_data", {"image/svg+xml": svg})]
    assert bool(_lost(page)) is not is_shown


def _lost(notebook):
    """Return the numbers in words for which no cell shows the like."""
    values = prose.shown(notebook)
    return [n for n in prose.stated(notebook) if not any(n.agrees(value) for value in values)]


def _page(words, output="", code="show()"):
    outputs = [new_output("stream", text=output)] if output else []
    return new_notebook(cells=[new_markdown_cell(words), new_code_cell(code, outputs=outputs)])
