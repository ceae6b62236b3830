"""The script of the how-to page on several processes, run by as many processes as it says."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import DOCS
from sitekit import notebooks
from torch.distributions import MultivariateNormal
from torch.testing import assert_close

import mlefit

NAME = "fit_shards.py"

# Runs the page's script as it stands, then keeps the fit that this process ended with.
KEEP = f"""
import os, runpy, torch
fit = runpy.run_path("{NAME}")["fit"]
torch.save(dict(fit.params), "fit" + os.environ["RANK"])
"""

# The same, but the third process is gone when the others want to add up.
DIE = f"""
import os, torch
gather = torch.distributed.all_gather
def die(*args, **kwargs):
    if os.environ["RANK"] == "2":
        os._exit(9)
    gather(*args, **kwargs)
torch.distributed.all_gather = die
{KEEP}
"""


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_every_process_ends_with_the_fit_of_all_rows(tmp_path: Path, processes: int) -> None:
    """Two processes hold 274 and 68 penguins; of four, the last holds none."""
    printed = run(tmp_path, processes)
    fits = [torch.load(tmp_path / f"fit{rank}") for rank in range(processes)]

    whole = mlefit.fit(MultivariateNormal, mlefit.datasets.penguins())
    for name, value in whole.params.items():
        assert_close(fits[0][name], value, rtol=1e-12, atol=0)
        assert all(torch.equal(fit[name], fits[0][name]) for fit in fits)

    wanted = promised()
    assert printed == [line.replace("processes: 4", f"processes: {processes}") for line in wanted]


@pytest.mark.slow
def test_a_process_that_dies_ends_all_of_them_without_an_estimate(tmp_path: Path) -> None:
    result = launch(tmp_path, DIE, 4)
    assert result.returncode != 0
    assert result.stdout == ""
    assert "exitcode  : 9" in result.stderr
    assert not list(tmp_path.glob("fit*[0-9]"))


def run(folder: Path, processes: int) -> list[str]:
    """Run the script of the page by torchrun, and return the lines that it prints."""
    result = launch(folder, KEEP, processes)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def launch(folder: Path, wrapper: str, processes: int) -> subprocess.CompletedProcess[str]:
    """Run the script of the page by torchrun, within another script."""
    (folder / NAME).write_text(script(), encoding="utf-8")
    (folder / "wrapper.py").write_text(wrapper, encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.run(
        [*torchrun, f"--nproc-per-node={processes}", "wrapper.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def script() -> str:
    """Return the block of the page that begins with the script's name."""
    (cell,) = [c for c in page().cells if c.source.startswith(f"# {NAME}\n")]
    return str(cell.source)


def promised() -> list[str]:
    """Return what the page says that four processes print."""
    command = f"$ torchrun --standalone --nproc-per-node=4 {NAME}\n"
    (cell,) = [c for c in page().cells if command in c.source]
    return str(cell.source).partition(command)[2].partition("\n```")[0].splitlines()


def page() -> notebooks.Notebook:
    return notebooks.read(DOCS / "howto" / "distributed.py")
