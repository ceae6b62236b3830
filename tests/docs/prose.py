"""Find the numbers that a notebook states in words, and those that its cells show for them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree

from sitekit.notebooks import Notebook
from sitekit.outputs import code_cells, figures, printed

__all__ = ["Number", "shown", "stated"]

_TEN_TO = r"10\^\{?(?P<%s>-?\d+)\}?"
_NUMBER = re.compile(
    rf"""(?<![\w.\#^])(?P<about>(?:about|some|near|nearly|almost|over|more\ than)\ )?
    (?P<sign>(?<!\^\{{)-)?  # an exponent goes without its sign
    (?: {_TEN_TO % "magnitude"}
      | (?P<digits>\d{{1,3}}(?:[,\ ]\d{{3}})+(?!\d)(?:\.\d+)?|\d*\.?\d+)
        (?:e(?P<exponent>[-+]?\d+)|\ ?\\(?:times|cdot)\ ?{_TEN_TO % "power"})?
    )
    (?P<percent>\ ?(?:%|percent\b))?""",
    re.VERBOSE,
)
_OUTPUT = re.compile(
    r"(?<![\w.])-?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?!\w)"
)

_REFERENCES = re.compile(r"^## References$.*", re.MULTILINE | re.DOTALL)
_APART = re.compile(  # fences, headings, targets of links
    r"^```.*?^```$|^#+ [^\n]*$|(?<=\])\([^)]*\)|https?:\S+", re.MULTILINE | re.DOTALL
)
_CODE = re.compile(r"`([^`]+)`")
_DATE = re.compile(  # Fisher (1922); (Fisher 1922); in 1879; February 2022; the 2022 post
    r"(?:(?<=[(\[])|(?<=\b[Ii]n )|(?<=\bof )|(?<=since )|(?<=ary )|(?<=\b[Tt]he ))"
    r"(?!2000)(?:1[6-9]|20)\d\d\b"
    r"|\b(?:1[6-9]|20)\d\d(?=\))"
)
_SENTENCE = re.compile(r"\n\n|\n(?=[-|>])|(?<=[.?!])\s(?=\W*[A-Z])")
_PLAIN = {
    "{,}": "",
    r"\,": " ",
    r"\%": "%",
    "\N{NO-BREAK SPACE}": " ",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": r"\times",
}

# Where a label stands, or an axis ends, says nothing about the data.
_LAYOUT = {"annotate", "set", "subplot_mosaic", "subplots", "text"}
_TICK = re.compile(r"[xy]tick_\d+")


@dataclass(frozen=True)
class Number:
    """A number in words, its sentence, and the range of values that round to it."""

    text: str
    sentence: str
    low: Decimal
    high: Decimal

    def agrees(self, value: Decimal) -> bool:
        """Say whether a value, rounded to the digits written, is this number.

        Without a minus it may be the size of a negative value: "4 nats behind". A percentage may
        be of a share.
        """
        size = value if self.text.startswith("-") else abs(value)
        scales = (1, 100) if self.text.endswith(("%", "percent")) else (1,)
        return any(self.low <= scale * size <= self.high for scale in scales)


def stated(notebook: Notebook) -> Iterator[Number]:
    """Yield decimals, percentages, powers of ten and integers from 100 up, in prose and alt texts.

    Small whole numbers are words; dates, headings, code and references are not prose.
    """
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    prose = _REFERENCES.sub("", "\n\n".join(cells))
    alts = [cell.metadata["alt"] for cell in notebook.cells if "alt" in cell.metadata]

    for sentence in _SENTENCE.split(_plain("\n\n".join([prose, *alts]))):
        line = " ".join(sentence.split())
        found = _NUMBER.finditer(_DATE.sub("", line))
        yield from (_number(match, line) for match in found if _counts(match))


def shown(notebook: Notebook) -> set[Decimal]:
    """Return the numbers that an executed notebook prints, writes in figures, and computes with.

    Left out are the comments, strings and labels that somebody typed: they are words too.
    """
    cells = code_cells(notebook)
    trees = [ast.parse(cell.source) for cell in cells]
    typed = "\n".join(text for tree in trees for text in _strings(tree))
    drawn = [ElementTree.fromstring(svg) for cell in cells for svg in figures(cell)]
    labels = [text for svg in drawn for text in _labels(svg) if text not in typed]
    written = [*map(printed, cells), *labels]
    numbers = _OUTPUT.findall("\n".join(written).replace("\N{MINUS SIGN}", "-"))

    return {
        *(Decimal(number.replace(",", "")) for number in numbers),
        *(value for tree in trees for value in _constants(tree)),
    }


def _plain(page: str) -> str:
    page = _APART.sub("", page)
    page = _CODE.sub(lambda span: span[1] if _NUMBER.fullmatch(span[1]) else "`…`", page)
    for mark, plain in _PLAIN.items():
        page = page.replace(mark, plain)
    return page


def _counts(match: re.Match[str]) -> bool:
    digits = match["digits"] or ""
    other = ("magnitude", "exponent", "power", "percent")
    return "." in digits or len(digits) > 2 or any(match[part] for part in other)


def _number(match: re.Match[str], sentence: str) -> Number:
    """Return the number with its range; a bare power of ten states a magnitude only."""
    half = Decimal("0.5")
    if match["magnitude"]:
        power = int(match["magnitude"])
        ends = [Decimal(10) ** (power - half), Decimal(10) ** (power + half)]
    else:
        digits = re.sub("[, ]", "", match["digits"])
        places = len(digits.partition(".")[2])
        if match["about"] and "." not in digits:
            places = len(digits.rstrip("0")) - len(digits)  # about 1100: to a hundred
        tens = Decimal(10) ** int(match["exponent"] or match["power"] or 0)
        slack = half / Decimal(10) ** places
        ends = [tens * (Decimal(digits) - slack), tens * (Decimal(digits) + slack)]

    if match["sign"]:
        ends = [-end for end in ends]
    return Number(match[0].removeprefix(match["about"] or ""), sentence, min(ends), max(ends))


def _labels(node: ElementTree.Element) -> Iterator[str]:
    """Yield the lines of text in a figure, but for those at the ticks."""
    if _TICK.fullmatch(node.get("id", "")):
        return
    if node.tag.endswith("}text"):
        yield "".join(node.itertext())
    for child in node:
        yield from _labels(child)


def _strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings in code, but for what stands within an f-string."""
    match tree:
        case ast.Constant(value=str() as text):
            yield text
        case ast.AST() if not isinstance(tree, ast.JoinedStr):
            for child in ast.iter_child_nodes(tree):
                yield from _strings(child)


def _constants(tree: ast.AST) -> Iterator[Decimal]:
    """Yield the numbers in code, but for the layout of figures."""
    match tree:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _LAYOUT:
            return
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            yield -Decimal(repr(value))
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield Decimal(repr(value))
        case _:
            for child in ast.iter_child_nodes(tree):
                yield from _constants(child)
