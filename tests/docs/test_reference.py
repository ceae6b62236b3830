"""The look-up pages leave nothing out: every reference cited, every data set, words in order."""

import re

import pytest
from conftest import DOCS, ROOT

import mlefit

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


def dois(text: str) -> set[str]:
    """Return the DOIs of a text, without the punctuation that follows them."""
    found = (match[0].rstrip(".,;:").lower() for match in DOI.finditer(text))
    return {doi.rstrip(")") if doi.count("(") < doi.count(")") else doi for doi in found}
