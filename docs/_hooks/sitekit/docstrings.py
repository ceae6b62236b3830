"""Write the library's docstrings as Markdown, read from its sources without importing it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import griffe

__all__ = ["markdown"]


def markdown(name: str, *, root: Path) -> str:
    """Return what the reference says of an object: signature and docstring, and its members'.

    Args:
        name: A dotted name, such as `mlefit.fit`; a module stands for what it exports.
        root: The folder that has the package.
    """
    package, _, inside = name.partition(".")
    return "\n\n".join(_described(_target(_load(package, root)[inside]), name)) + "\n"


def _described(thing: griffe.Object, name: str) -> Iterator[str]:
    if not thing.is_module:
        yield f"### {name}"
    if isinstance(thing, griffe.Function):
        yield f"```python\n{thing.signature()}\n```"
    if thing.docstring:
        yield thing.docstring.value.strip()

    for member in thing.members.values():
        if _is_public(member, thing):
            yield from _described(_target(member), f"{name}.{member.name}")


def _target(thing: griffe.Object | griffe.Alias) -> griffe.Object:
    return thing.final_target if isinstance(thing, griffe.Alias) else thing


def _is_public(member: griffe.Object | griffe.Alias, parent: griffe.Object) -> bool:
    if parent.is_module and parent.exports is not None:
        return member.name in map(str, parent.exports) and member.has_docstring
    return not member.name.startswith("_") and member.has_docstring


@cache
def _load(package: str, root: Path) -> griffe.Object | griffe.Alias:
    return griffe.load(package, search_paths=[root], resolve_aliases=True)
