"""Merge the style sheets of the theme, its plugins and the site: a page waits for all to paint."""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath

__all__ = ["merge", "moved"]

_LINK = re.compile(r'\s*<link rel="stylesheet" href="([^"]*?)(assets/[^"]+\.css)">')
_FOLDER = PurePosixPath("assets/stylesheets")
_ADDRESS = re.compile(r"""url\((["']?)(?!data:|#)([^"')]+)\1\)""")
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_ENCODING = re.compile(r'@charset "[^"]+";')


def merge(site: Path) -> None:
    """Give the pages of a built site one style sheet in the place of those that they link.

    Raises:
        ValueError: Two pages link different style sheets.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    found = {tuple(sheet for _, sheet in _LINK.findall(page)) for page in pages.values()}
    if len(found) != 1:
        raise ValueError(f"expected the same style sheets on every page; got {sorted(found)}")

    sheets = [PurePosixPath(sheet) for sheet in found.pop()]
    text = "".join(moved((site / sheet).read_text(encoding="utf-8"), sheet) for sheet in sheets)
    name = _FOLDER / f"site.{hashlib.sha256(text.encode()).hexdigest()[:8]}.css"
    (site / name).write_text(f'@charset "utf-8";{text}', encoding="utf-8")

    for path, page in pages.items():
        path.write_text(_relinked(page, name), encoding="utf-8")
    for sheet in sheets:
        (site / sheet).unlink()
        (site / f"{sheet}.map").unlink(missing_ok=True)


def moved(text: str, sheet: PurePosixPath) -> str:
    """Return a style sheet without comments, its addresses those of the merged one's folder."""

    def address(match: re.Match[str]) -> str:
        return f"url({os.path.relpath(sheet.parent / match[2], _FOLDER)})"

    return _ADDRESS.sub(address, _COMMENT.sub("", _ENCODING.sub("", text)))


def _relinked(page: str, name: PurePosixPath) -> str:
    base = next(_LINK.finditer(page))[1]
    link = f'</title>\n      <link rel="stylesheet" href="{base}{name}">'
    return _LINK.sub("", page).replace("</title>", link, 1)
