"""Say below an executed page what ran it, and publish the notebook that a reader can run."""

import html
import platform
import re
from copy import deepcopy
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import nbformat

from .copies import plain_tex
from .links import in_markdown
from .notebooks import Notebook
from .outputs import code_cells, printed, text

__all__ = ["colab_address", "footer", "published"]


def footer(notebook: Notebook, *, download: str, colab: str | None) -> str:
    """Return the page's last paragraph: versions, counts, and where to get the notebook.

    Args:
        notebook: An executed notebook.
        download: The address of its executed copy, relative to the page.
        colab: An address that opens it in Colab, or None.
    """
    cells = code_cells(notebook)
    compared = sum(bool(printed(cell)) for cell in cells)
    links = [f'<a href="{html.escape(download)}" download>Download the executed notebook</a>']
    if colab:
        links.append(f'<a href="{html.escape(colab)}">Open in Colab</a>')

    return (
        '<p class="provenance" data-search-exclude>'
        f"Executed with mlefit {version('mlefit')}, torch {version('torch').split('+')[0]}, "
        f"Python {platform.python_version()}; {_counted(len(cells), 'code block')}, "
        f"{_counted(compared, 'output')} compared. {' · '.join(links)}</p>"
    )


def colab_address(repository: str | None, path: str, *, branch: str = "gh-pages") -> str | None:
    """Return where Colab opens a published notebook; None without a repository on GitHub."""
    parts = urlsplit(repository or "")
    if parts.netloc != "github.com":
        return None
    name = parts.path.strip("/").removesuffix(".git")
    return f"https://colab.research.google.com/github/{name}/blob/{branch}/{path}"


def published(notebook: Notebook, *, repository: str | None, address: str = "") -> str:
    """Return the notebook file for readers.

    Args:
        notebook: An executed notebook.
        repository: Where the library can be installed from, in a first cell; or None.
        address: Of the notebook, where the site's is known: its links then lead there.
    """
    copy = deepcopy(notebook)
    copy.metadata.pop("mlefit", None)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            prose = plain_tex(cell.source)
            cell.source = in_markdown(prose, lambda page: urljoin(address, f"{page}.html"))
        for output in cell.get("outputs", []):
            if output.output_type == "error":  # a traceback names the folders of this machine
                output.traceback = [text(output)]

    if repository:
        install = f'%pip install -q "mlefit[plot] @ git+{repository}"'
        copy.cells.insert(0, nbformat.v4.new_code_cell(install, id="install"))

    # a warning names the kernel's process: another one at each build
    return re.sub(r"[^\s\"]*ipykernel_\d+/\d+\.py", "cell.py", str(nbformat.writes(copy))) + "\n"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
