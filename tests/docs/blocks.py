"""Press the copy buttons of a page, and read what the page shows below each block."""

from dataclasses import dataclass
from typing import Any

from browser import copied, visit
from playwright.sync_api import Browser, Locator

__all__ = ["Block", "Copied", "copy"]

# The code that an interactive figure shows changes with it, and has tests of its own.
_HIGHLIGHT = "article div.highlight:not(.explorable *):not(.output)"
_PYTHON = f"{_HIGHLIGHT}:is(.language-python, .language-pycon):not(.doc-signature)"
_OTHER = f"{_HIGHLIGHT}:not(.language-python, .language-pycon)"

# What stands below a block: outputs, tables and figures, up to whatever else follows.
_SHOWN = """block => {
  const shown = {texts: [], messages: [], tables: [], figures: 0};
  let next = (block.closest("details.fold") ?? block).nextElementSibling;
  for (; next?.matches(".output, .output-table, figure"); next = next.nextElementSibling) {
    if (next.matches(".output")) {
      const output = next.cloneNode(true);
      for (const message of output.querySelectorAll(".message")) {
        shown.messages.push(message.textContent);
        message.remove();
      }
      shown.texts.push(output.textContent);
    } else if (next.matches("figure")) shown.figures += 1;
    else shown.tables.push(next.textContent);
  }
  const session = [...block.querySelectorAll(".go, .gr, .gt")].map(line => line.textContent);
  shown.session = block.querySelector(".gp") ? session : null;
  return shown;
}"""


@dataclass(frozen=True)
class Block:
    """A block of a page: what its button copied, and what the page shows below it.

    Warnings and errors are messages: a notebook writes them beside what the code prints, in no
    fixed order. In a session, code and output take turns; `session` holds the lines of output, else
    None.
    """

    code: str
    texts: list[str]
    messages: list[str]
    tables: list[str]
    figures: int
    session: list[str] | None

    @property
    def shows(self) -> bool:
        return bool(self.texts or self.tables or self.figures or self.session)


@dataclass(frozen=True)
class Copied:
    """What a page gives away: its blocks in their order, Python and others, and its text."""

    name: str
    python: list[Block]
    other: list[Block]
    text: str


def copy(browser: Browser, site: str, name: str) -> Copied:
    """Open a page of a site and press every copy button."""
    with visit(browser, f"{site}/{name}") as visited:
        visited.open_folds()
        python, other = (
            [_copied(block) for block in visited.page.locator(blocks).all()]
            for blocks in (_PYTHON, _OTHER)
        )
        return Copied(name, python, other, visited.page.inner_text("article"))


def _copied(block: Locator) -> Block:
    block.hover()
    code = copied(block.locator("[data-md-type=copy]"))
    shown: dict[str, Any] = block.evaluate(_SHOWN)
    return Block(code, **shown)
