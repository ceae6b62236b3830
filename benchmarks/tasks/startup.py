"""What a fresh process waits for: the import, and the first fit; in CPU time."""

__all__ = ["first_fit", "imports"]

import os
import subprocess
import sys
from functools import partial

from benchmarks.measure import Contender, Estimate, Task

SECTION = "Starting up"
NORMALS = "import torch; x = torch.linspace(-2, 2, 100).double(); a = x.numpy()"

# who -> what is imported already, what is timed, note
IMPORTS = {
    "mlefit": ("import torch, torch.distributions", "import mlefit", "beyond torch"),
    "torch itself": ("", "import torch, torch.distributions", ""),
    "scipy.stats": ("import numpy", "import scipy.stats", "beyond NumPy"),
    "sklearn.mixture": (
        "import numpy, scipy.stats",
        "import sklearn.mixture",
        "beyond NumPy and SciPy",
    ),
    "statsmodels.api": (
        "import numpy, scipy.stats, pandas",
        "import statsmodels.api",
        "beyond NumPy, SciPy and pandas",
    ),
    "pyro": ("import torch, torch.distributions", "import pyro", "beyond torch"),
    "pytorch-minimize": (
        "import torch, torch.distributions, scipy.optimize",
        "import torchmin",
        "beyond torch and SciPy: a few small modules",
    ),
}

FIRST_FITS = {
    "mlefit fit": (
        f"{NORMALS}; import mlefit; from torch.distributions import Normal",
        "mlefit.fit(Normal, x)",
        "imports done",
    ),
    "mlefit fit, Gamma": (
        f"{NORMALS}; import mlefit; from torch.distributions import Gamma",
        "mlefit.fit(Gamma, x.exp())",
        "imports done; by search",
    ),
    "scipy norm.fit": (
        f"{NORMALS}; from scipy.stats import norm",
        "norm.fit(a)",
        "imports done; two calls of NumPy",
    ),
    "sklearn GaussianMixture": (
        f"{NORMALS}; from sklearn.mixture import GaussianMixture",
        "GaussianMixture(1).fit(a[:, None])",
        "imports done",
    ),
}


def imports(*, toy: bool) -> Task:
    """The import of each package, beyond what it stands on."""
    return _task("Import", "a fresh process", IMPORTS)


def first_fit(*, toy: bool) -> Task:
    """The first fit in a fresh process."""
    return _task("First fit", "100 rows, a fresh process", FIRST_FITS)


def _task(name: str, size: str, snippets: dict[str, tuple[str, str, str]]) -> Task:
    contenders = [
        Contender(who, partial(_timed, before, code), note=note)
        for who, (before, code, note) in snippets.items()
    ]
    return Task(SECTION, name, size, contenders, budget=15.0)  # most of it for starting Python


def _timed(before: str, code: str) -> Estimate:
    lines = [before, "from time import process_time", "start = process_time()", code]
    script = "\n".join([*lines, "print(process_time() - start)"])
    # bytecode is kept, as pip keeps it when it installs: else Python compiles at each start
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=env
    )
    return Estimate(verdict="", seconds=float(done.stdout))
