"""Cut KaTeX's fonts down to the glyphs that the site shows: whole, they weigh 90 kB a page.

Run as a program on a built site, it writes `docs/assets/katex` anew: `make fonts`. The whole fonts
stand in `docs/_hooks/katex`. Hints for coarse screens are left out; they are a fifth of a font.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import ascii_letters, digits

from browser import chromium, visit
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pages import page_names
from playwright.sync_api import Page
from server import serving

__all__ = ["SMALL", "WHOLE", "characters", "missing", "used"]

ROOT = Path(__file__).parents[2]
WHOLE, SMALL = ROOT / "docs/_hooks/katex", ROOT / "docs/assets/katex"

# So that an ordinary new formula needs no new fonts.
_ALWAYS = {
    "KaTeX_Main-Regular": set(ascii_letters + digits + "()[]{}|/+-=<>.,:;!"),
    "KaTeX_Math-Italic": set(ascii_letters + "αβγδεθλμνρσφ"),
}
_FACE = re.compile(r"@font-face\{[^}]*url\(fonts/([\w-]+)\.woff2\)[^}]*\}")
_USED = """() => {
  const used = {};
  for (const formula of document.querySelectorAll(".katex-html")) {
    const texts = document.createTreeWalker(formula, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const style = getComputedStyle(texts.currentNode.parentElement);
      const face = [style.fontFamily, style.fontWeight, style.fontStyle].join("|");
      used[face] = (used[face] ?? "") + texts.currentNode.data;
    }
  }
  return used;
}"""


def used(page: Page) -> dict[str, set[str]]:
    """Return the characters that an open page's formulas show in each font, as styled."""
    found: dict[str, set[str]] = defaultdict(set)
    for style, text in page.evaluate(_USED).items():
        found[_font(*style.split("|"))] |= set(text)
    return dict(found)


def characters(font: Path) -> set[str]:
    """Return the characters that a font file has; none where there is no such file."""
    return set(map(chr, TTFont(font).getBestCmap())) if font.exists() else set()


def missing(page: Page) -> dict[str, set[str]]:
    """Return, for each font, the characters that an open page needs and the small font lacks.

    A character that the whole font lacks too is no fault: KaTeX writes a few without ink.
    """
    lost = {
        name: (wanted & characters(WHOLE / f"fonts/{name}.woff2"))
        - characters(SMALL / f"fonts/{name}.woff2")
        for name, wanted in used(page).items()
    }
    return {name: lacking for name, lacking in lost.items() if lacking}


def main(site: Path) -> None:
    """Write the fonts and the style sheet for a built site."""
    wanted = {name: set(text) for name, text in _ALWAYS.items()}
    for found in _visited(site):
        for name, text in found.items():
            wanted.setdefault(name, set()).update(text)

    for old in (SMALL / "fonts").glob("*.woff2"):
        old.unlink()
    for name, text in sorted(wanted.items()):
        size = _cut(name, text)
        print(f"{size:6d} bytes  {name}")

    sheet = (WHOLE / "katex.min.css").read_text(encoding="utf-8")
    (SMALL / "katex.min.css").write_text(_sheet(sheet, wanted), encoding="utf-8")


def _visited(site: Path) -> Iterator[dict[str, set[str]]]:
    with serving(site) as address, chromium() as browser:
        for name in page_names():
            with visit(browser, f"{address}/{name}") as visited:
                yield used(visited.page)


def _font(families: str, weight: str, style: str) -> str:
    """Return the name of a font's file, such as KaTeX_Main-BoldItalic."""
    variant = "Bold" * (int(weight) >= 600) + "Italic" * (style == "italic")
    return f"{families.split(',')[0]}-{variant or 'Regular'}"


def _cut(name: str, text: set[str]) -> int:
    options = Options(flavor="woff2", hinting=False, layout_features=[], notdef_outline=True)
    options.drop_tables += ["GDEF", "GPOS", "GSUB"]
    font = TTFont(WHOLE / f"fonts/{name}.woff2", recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(text)))
    subsetter.subset(font)

    path = SMALL / f"fonts/{name}.woff2"
    font.flavor = "woff2"
    font.save(path)
    return path.stat().st_size


def _sheet(sheet: str, fonts: Mapping[str, object]) -> str:
    """Return KaTeX's style sheet without the fonts that the site has no use for."""
    return _FACE.sub(lambda face: face[0] if face[1] in fonts else "", sheet)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
