"""Find the fenced code blocks of a Markdown page, as superfences does."""

import re
from dataclasses import dataclass
from textwrap import dedent

__all__ = ["Fence", "fences", "python_fences"]

_OPENING = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,}) *(?P<info>[^`]*)$")
_PYTHON = {"python", "py", "pycon"}


@dataclass(frozen=True)
class Fence:
    """A fenced block: the line of its fence (from 1), its info string, the code in it."""

    line: int
    info: str
    code: str

    @property
    def language(self) -> str:
        """The first word: `python` in `python title="a"` and in `{ .python .no-test }`."""
        words = re.findall(r"[\w+-]+", self.info)
        return words[0].lower() if words else ""

    @property
    def is_python(self) -> bool:
        return self.language in _PYTHON

    @property
    def is_marked(self) -> bool:
        """Whether it is excluded from the tests, in the open."""
        return re.search(r"(?<![\w-])no-test(?![\w-])", self.info) is not None

    @property
    def is_doctest(self) -> bool:
        return self.code.lstrip().startswith(">>>")

    @property
    def looks_like_python(self) -> bool:
        """Whether a reader takes it for Python, whatever it is called."""
        return re.search("py", self.info, re.IGNORECASE) is not None or ">>> " in self.code


def fences(page: str) -> list[Fence]:
    """Return all fenced blocks of a page, also those indented in lists and admonitions."""
    found: list[Fence] = []
    opening: re.Match[str] | None = None
    start, body = 0, list[str]()

    for number, line in enumerate(page.splitlines(), start=1):
        if opening is None:
            opening, start, body = _OPENING.match(line), number, []
        elif _closes(line, opening):
            found.append(Fence(start, opening["info"].strip(), dedent("\n".join(body)) + "\n"))
            opening = None
        else:
            body.append(line)

    if opening is not None:
        raise ValueError(f"the fence in line {start} is never closed")
    return found


def python_fences(page: str) -> list[Fence]:
    """Return the Python blocks that are to be run, in their order."""
    return [fence for fence in fences(page) if fence.is_python and not fence.is_marked]


def _closes(line: str, opening: re.Match[str]) -> bool:
    stripped = line.strip()
    return set(stripped) == {opening["ticks"][0]} and len(stripped) >= len(opening["ticks"])
