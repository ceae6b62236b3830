"""The built site: whole, at home without other hosts, the same at every build."""

import json
import re
import sys
import tempfile
from inspect import ismodule
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, build
from fences import fences
from pages import notebook_of, page_names, source_of

import mlefit

pytestmark = pytest.mark.site

MAX_PAGE = 400_000  # bytes of HTML, before compression

LOADING = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "image": "href",
    "img": "src",
    "input": "src",
    "object": "data",
    "script": "src",
    "source": "src",
    "track": "src",
    "video": "src",
}
LINKS_THAT_LOAD = {"stylesheet", "preload", "modulepreload", "icon", "prefetch", "preconnect"}


@pytest.fixture(scope="module")
def soups(site):
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


def test_every_source_became_a_page(site):
    assert {p.relative_to(site).as_posix() for p in site.rglob("*.html")} == {
        *page_names(),
        "404.html",
    }


def test_two_clean_builds_are_identical(site, tmp_path):
    """The second executes every notebook again."""
    again = build(tmp_path / "again", NOTEBOOK_CACHE=str(tmp_path / "cache"))
    assert different(contents(site), contents(again)) == []


def test_nothing_names_a_folder_of_the_machine_that_built_it(site):
    folders = [f"{folder}/" for folder in (ROOT, sys.prefix, tempfile.gettempdir())]
    found = {
        f"{name}: {folder}"
        for name, body in contents(site).items()
        for folder in folders
        if folder.encode() in body
    }
    assert found == set()


def test_nothing_is_loaded_from_another_host(site, soups):
    asked = [
        f"{path.name}: {address}"
        for path, soup in soups.items()
        for address in loaded(soup)
        if is_elsewhere(address)
    ]
    asked += [
        f"{path.name}: {address}"
        for path in site.rglob("*.css")
        for address in re.findall(
            r"(?:url\(|@import )\s*[\"']?([^\"')\s]+)", path.read_text(encoding="utf-8")
        )
        if is_elsewhere(address)
    ]
    assert asked == []


def test_links_and_anchors_resolve(site, soups):
    anchors = {
        path: {str(tag["id"]) for tag in soup.select("[id]")}
        | {str(tag["name"]) for tag in soup.select("a[name]")}
        for path, soup in soups.items()
    }
    broken = [
        f"{path.relative_to(site)}: {address}"
        for path, soup in soups.items()
        if path.name != "404.html"  # its addresses start at the server's root
        for address in linked(soup)
        if not resolves(address, path, anchors)
    ]
    assert broken == []


def test_every_image_has_a_text(soups):
    bare = [
        f"{path.name}: {str(tag)[:80]}"
        for path, soup in soups.items()
        for tag in soup.select("img, figure svg, [role=img]")
        if not (tag.get("alt") or tag.get("aria-label") or tag.get("aria-labelledby"))
    ]
    assert bare == []


def test_ids_are_unique(soups):
    for path, soup in soups.items():
        # mkdocstrings numbers the lines of each code block anew; nothing links to them.
        ids = [i for tag in soup.select("[id]") if not (i := str(tag["id"])).startswith("__")]
        assert sorted(set(ids)) == sorted(ids), path.name


def test_no_formula_is_left_as_tex(soups):
    left = [
        f"{path.name}: {text.strip()[:60]}"
        for path, soup in soups.items()
        for text in soup.select_one("body").find_all(string=re.compile(r"\$[^$\s]|\\[(\[]"))
        if text.find_parent(["code", "pre", "script", "style", "annotation"]) is None
    ]
    assert left == []


def test_the_reference_has_every_public_name(site):
    page = BeautifulSoup((site / "reference/api.html").read_text(encoding="utf-8"), "html.parser")
    objects = {name: getattr(mlefit, name) for name in mlefit.__all__}
    names = [f"mlefit.{name}" for name, thing in objects.items() if not ismodule(thing)]
    names += [
        f"{module.__name__}.{name}"
        for module in filter(ismodule, objects.values())
        for name in module.__all__
        if getattr(module, name).__module__ == module.__name__  # the others have homes elsewhere
    ]

    assert [name for name in names if page.find(id=name) is None] == []


def test_search_knows_the_prose_and_no_formula(site):
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    text = " ".join(entry["text"] for entry in index["docs"])
    found = {entry["location"].split("#")[0] for entry in index["docs"]}

    assert found == set(page_names())
    assert not re.search(r"\\(?:frac|sum|mu|sigma)\b|\u2223|\U0001d465", text)


def test_pages_are_light(soups):
    heavy = {p.name: size for p in soups if (size := p.stat().st_size) > MAX_PAGE}
    assert heavy == {}


@pytest.mark.parametrize("name", [n for n in page_names() if notebook_of(n) is None])
def test_every_fence_became_a_block(site, name):
    """A fence whose info string superfences does not know is left as text, and says so here."""
    text = source_of(name).read_text(encoding="utf-8")
    soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
    assert len(soup.select("article div.highlight")) >= len(fences(text))
    assert "```" not in soup.article.get_text()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def different(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def loaded(soup: BeautifulSoup) -> list[str]:
    """Return the addresses that a browser fetches to show a page."""
    addresses = [str(tag[a]) for n, a in LOADING.items() for tag in soup.select(f"{n}[{a}]")]
    addresses += [s.split()[0] for tag in soup.select("[srcset]") for s in tag["srcset"].split(",")]
    for tag in soup.select("link[href]"):
        if LINKS_THAT_LOAD & set(tag.get("rel", [])):
            addresses.append(str(tag["href"]))
    for style in [*soup.select("style"), *soup.select("[style]")]:
        text = style.get_text() if style.name == "style" else str(style["style"])
        addresses += re.findall(r"url\([\"']?([^\"')]+)", text)
    return addresses


def linked(soup: BeautifulSoup) -> list[str]:
    addresses = [str(tag["href"]) for tag in soup.select("a[href], link[href]")]
    addresses += [str(tag["src"]) for tag in soup.select("[src]")]
    return [address for address in addresses if not is_elsewhere(address)]


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def resolves(address: str, page: Path, anchors: dict[Path, set[str]]) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return True

    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return False

    known = anchors.get(target)
    return not parts.fragment or known is None or unquote(parts.fragment) in known
