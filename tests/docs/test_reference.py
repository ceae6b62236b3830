"""The look-up pages leave nothing out: every reference, data set and type, words in order."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest
from conftest import DOCS, ROOT

import mlefit
import mlefit.plot

REFERENCE = DOCS / "reference"
DOI = re.compile(r"\b10\.\d{4,}/[^\s\"'`<>\]*]+")


def test_every_doi_is_in_the_bibliography():
    sources = [*DOCS.glob("*/*.py"), *DOCS.glob("*/*.md"), *(ROOT / "mlefit").glob("*.py")]
    sources = [p for p in sources if p.parent.name != "_hooks"]
    cited = {doi for path in sources for doi in dois(path.read_text(encoding="utf-8"))}
    known = dois((REFERENCE / "bibliography.md").read_text(encoding="utf-8"))

    assert len(known) > 20
    assert cited - known == set()


def test_every_entry_of_the_bibliography_can_be_linked_to():
    page = (REFERENCE / "bibliography.md").read_text(encoding="utf-8")
    anchors = re.findall(r"^  \{ #(\S+) \}$", page, re.MULTILINE)
    assert len(set(anchors)) == len(re.findall(r"^- ", page, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(set(mlefit.datasets.__all__) - {"about", "columns"}))
def test_every_data_set_is_described_with_its_licence(name):
    page = (REFERENCE / "datasets.md").read_text(encoding="utf-8")
    anchor = name.replace("_", "-")
    section = re.search(rf"\{{ #{anchor} \}}\n(.*?)(?=\n## |\Z)", page, re.DOTALL)
    licence = re.search(r"^Licence: (public domain|MIT|CC0)", mlefit.datasets.about(name), re.M)

    assert section
    assert licence
    assert licence[1].lower() in section[1].lower()
    assert "**The trap:**" in section[1]


def test_every_type_of_ours_in_a_signature_is_explained():
    page = (REFERENCE / "api.md").read_text(encoding="utf-8")
    modules = (mlefit, mlefit.transforms, mlefit.datasets, mlefit.plot)
    public = {name for module in modules for name in module.__all__}
    named = {name for module in modules for name in types_of_ours(module)}

    assert "Of" in named
    assert {name for name in named - public if f"`{name}`" not in page} == set()


def test_the_glossary_is_in_order():
    page = (REFERENCE / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\*\*(.*)\*\* \{ #\S+ \}\n:   ", page, re.MULTILINE)
    assert len(words) == len(re.findall(r"^:   ", page, re.MULTILINE))
    assert len(words) > 30
    assert words == sorted(words, key=str.lower)


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "mlefit").glob("[!_]*.py")) + sorted((ROOT / "mlefit").glob("_[a-z]*.py")),
    ids=lambda p: p.name,
)
def test_what_is_returned_is_a_sentence(path):
    """The reference would take what stands before a colon for a type."""
    sections = re.findall(r"Returns:\n +(.*(?:\n +\S.*)*)", path.read_text(encoding="utf-8"))
    assert [text for text in sections if re.match(r"[^.]*?: ", text)] == []


def types_of_ours(module) -> Iterator[str]:
    """Yield the names of mlefit's own types and aliases in the signatures of a public module."""
    for public in map(vars(module).get, module.__all__):
        home = inspect.getmodule(public)
        if not callable(public) or home is None or not home.__name__.startswith("mlefit"):
            continue
        for part in ast.walk(ast.parse(inspect.getsource(public))):
            if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                given = [arg for arg in ast.walk(part.args) if isinstance(arg, ast.arg)]
                hints = [part.returns, *(arg.annotation for arg in given)]
                names = [n for hint in hints if hint for n in ast.walk(hint)]
                yield from (n.id for n in names if isinstance(n, ast.Name) and is_ours(home, n.id))


def is_ours(home, name: str) -> bool:
    """Say whether a name in a module is a class of mlefit's or an alias."""
    value = vars(home).get(name)
    is_alias = value is not None and getattr(value, "__name__", None) != name
    return is_alias or str(getattr(value, "__module__", "")).startswith("mlefit")


def dois(text: str) -> set[str]:
    """Return the DOIs of a text, without the punctuation that follows them."""
    found = (match[0].rstrip(".,;:").lower() for match in DOI.finditer(text))
    return {doi.rstrip(")") if doi.count("(") < doi.count(")") else doi for doi in found}
