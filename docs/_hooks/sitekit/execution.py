"""Execute notebooks, two at a time, each in a fresh kernel and a folder with its data alone."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from .kernels import ForkedKernelManager, start_server
from .notebooks import Notebook, read

__all__ = ["RC", "data_files", "execute_all"]

RC = Path(__file__).parents[2] / "matplotlibrc"

_ENVIRONMENT = {
    "MATPLOTLIBRC": str(RC),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",  # two kernels share two cores, and sums keep their order
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
}
_SECONDS_PER_CELL = 120
_KERNEL_ARGUMENTS = [
    "--InlineBackend.figure_formats={'svg'}",
    "--InlineBackend.print_figure_kwargs={'bbox_inches': None}",  # keep the width that was asked
    "--HistoryManager.enabled=False",
    "--log-level=ERROR",  # kernels warn that they talk over TCP, here on the loopback
]


def execute_all(sources: Iterable[Path], *, workers: int = 2) -> list[Notebook]:
    """Return the notebooks with their outputs, in the order of their sources.

    A cell that raises ends its notebook; the error is among the cell's outputs.
    """
    start_server(_environment(os.environ))
    return asyncio.run(_execute_all(sources, asyncio.Semaphore(workers)))


def data_files(source: Path) -> list[Path]:
    """Return what a notebook finds in its folder: the files of the folder that has its name."""
    return sorted(path for path in source.with_suffix("").glob("*") if path.is_file())


async def _execute_all(sources: Iterable[Path], slots: asyncio.Semaphore) -> list[Notebook]:
    return await asyncio.gather(*(_execute(source, slots) for source in sources))


async def _execute(source: Path, slots: asyncio.Semaphore) -> Notebook:
    async with slots:
        with TemporaryDirectory() as folder:
            for path in data_files(source):
                shutil.copy(path, folder)
            client = NotebookClient(
                read(source),
                timeout=_SECONDS_PER_CELL,
                record_timing=False,
                coalesce_streams=True,
                extra_arguments=_KERNEL_ARGUMENTS,
                resources={"metadata": {"path": folder}},
                kernel_manager_class=ForkedKernelManager,
            )
            with suppress(CellExecutionError):
                await client.async_execute()

    return client.nb


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environ.items() if k != "PYTHONWARNINGS"} | _ENVIRONMENT
