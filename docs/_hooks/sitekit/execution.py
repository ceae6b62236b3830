"""Execute notebooks, two at a time, each in a fresh kernel and an empty folder."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from .notebooks import Notebook

__all__ = ["RC", "execute", "execute_all"]

RC = Path(__file__).parents[2] / "matplotlibrc"

_ENVIRONMENT = {
    "MATPLOTLIBRC": str(RC),
    "OMP_NUM_THREADS": "1",  # two kernels share two cores, and sums keep their order
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
}
_KERNEL_ARGUMENTS = [
    "--InlineBackend.figure_formats={'svg'}",
    "--InlineBackend.print_figure_kwargs={'bbox_inches': None}",  # keep the width that was asked
    "--HistoryManager.enabled=False",
    "--log-level=ERROR",  # kernels warn that they talk over TCP, here on the loopback
]


def execute(notebook: Notebook, *, timeout: int = 120) -> Notebook:
    """Return the notebook with its outputs; a cell that raises stops it, its error as output."""
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=_KERNEL_ARGUMENTS,
            resources={"metadata": {"path": folder}},
        )
        try:
            executed: Notebook = client.execute(env=_environment(os.environ))
        except CellExecutionError:
            executed = client.nb  # the traceback is among the outputs, and reported from there

    return executed


def execute_all(notebooks: Iterable[Notebook], *, workers: int = 2) -> list[Notebook]:
    """Execute several notebooks, keeping their order."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(execute, notebooks))


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    inherited = {k: v for k, v in environ.items() if k not in ("MPLBACKEND", "PYTHONWARNINGS")}
    return inherited | _ENVIRONMENT
