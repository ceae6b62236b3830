"""Keep executed notebooks until something that they depend on changes."""

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import nbformat

from .execution import RC, data_files, execute_all
from .notebooks import Notebook
from .outputs import problems

__all__ = ["NotebookError", "cached_path", "executed", "key"]

_HERE = Path(__file__).parent
_EXECUTOR = [_HERE / f"{m}.py" for m in ("cache", "execution", "kernels", "notebooks", "outputs")]
_PACKAGES = ("torch", "matplotlib", "numpy")


class NotebookError(Exception):
    """A notebook cannot be published as it is."""


def executed(sources: Iterable[Path], *, store: Path, root: Path) -> dict[Path, Notebook]:
    """Return every notebook with its outputs, executing only those that are not in the cache.

    Args:
        sources: Percent-format notebooks in `root / "docs"`.
        store: The folder of the cache.
        root: The repository.

    Raises:
        NotebookError: A cell raised, warned, or drew a figure without alt text. What passed is
            kept, so that the next attempt executes the faulty notebooks alone.
    """
    paths = {source: cached_path(source, store=store, root=root) for source in sources}
    keys = {source: key(source, root=root) for source in paths}
    stale = [source for source, path in paths.items() if _load(path, keys[source]) is None]
    faults = []

    for source, notebook in zip(stale, execute_all(stale), strict=True):
        if found := problems(notebook):
            faults += [f"{source.relative_to(root)}: {problem}" for problem in found]
        else:
            notebook.metadata["mlefit"] = {"key": keys[source]}
            paths[source].parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, paths[source])

    if faults:
        raise NotebookError("\n".join(faults))
    return {source: _load(path, keys[source]) for source, path in paths.items()}


def key(source: Path, *, root: Path) -> str:
    """Return a digest of all that a notebook's outputs depend on."""
    digest = hashlib.sha256(platform.python_version().encode())

    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}".encode())

    found = [source, *data_files(source), RC, root / "constraints.txt"]
    for path in [*found, *_EXECUTOR, *_library(root)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")

    return digest.hexdigest()


def cached_path(source: Path, *, store: Path, root: Path) -> Path:
    """Return where the executed copy of a notebook is kept."""
    return (store / source.relative_to(root / "docs")).with_suffix(".ipynb")


def _library(root: Path) -> list[Path]:
    files = (root / "mlefit").rglob("*")
    return sorted(p for p in files if p.is_file() and p.suffix != ".pyc")


def _load(path: Path, wanted: str) -> Notebook | None:
    if not path.exists():
        return None

    notebook = nbformat.read(path, as_version=4)
    return notebook if notebook.metadata.get("mlefit", {}).get("key") == wanted else None
