"""The package offers its public names, needs only torch, and knows its version."""

import subprocess
import sys
from importlib import metadata

import pytest

import mlefit
from mlefit import transforms

PUBLIC = [
    "ConvergenceWarning",
    "Fit",
    "SufficientStatistics",
    "Trace",
    "closed_form",
    "datasets",
    "fit",
    "newton",
    "suffstats",
    "transforms",
]

WITHOUT = """
import sys
for name in ("matplotlib", "numpy", "pandas", "scipy"):
    sys.modules[name] = None  # importing it raises ImportError
import mlefit
from torch.distributions import Gumbel
found = mlefit.fit(Gumbel, mlefit.datasets.michelson())
found.standard_errors(), found.profile_interval("loc"), repr(found)
assert found.converged
"""


def test_public_names() -> None:
    assert sorted(mlefit.__all__) == PUBLIC
    for name in (*mlefit.__all__, *(f"transforms.{name}" for name in transforms.__all__)):
        thing = mlefit
        for part in name.split("."):
            thing = getattr(thing, part)
        assert thing.__doc__, f"{name} has no docstring"


def test_public_objects_name_public_or_private_modules_of_the_package() -> None:
    for name in ("Fit", "Trace", "ConvergenceWarning", "fit", "closed_form", "suffstats", "newton"):
        assert getattr(mlefit, name).__module__.split(".")[0] == "mlefit"


def test_version_is_the_installed_one() -> None:
    assert mlefit.__version__ == metadata.version("mlefit")


@pytest.mark.filterwarnings("default")
def test_needs_torch_only() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
