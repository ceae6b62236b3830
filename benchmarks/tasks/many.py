"""Ten thousand fits in one call, and a hundred thousand."""

__all__ = ["normals", "students"]

from collections.abc import Sequence
from typing import Any

import torch
from torch.distributions import Normal, StudentT

import mlefit
from benchmarks import ours
from benchmarks.measure import Contender, Estimate, Task
from benchmarks.peers import formulas, scipy_stats
from benchmarks.reference import Gap, gap_by_density, normal_gap
from benchmarks.tasks.exact import FORMULA

SECTION = "Many fits"
JUDGED = 20  # fits whose distance from the optimum is computed; the row gives the worst


def students(*, toy: bool) -> Task:
    """Ten thousand Student t fits of 200 rows, with the degrees of freedom learned."""
    fits, looped = (50, 2) if toy else (10_000, 200)
    torch.manual_seed(0)
    X = StudentT(5.0, 10.0, 2.0).sample((200, fits)).double()
    found = mlefit.fit(StudentT, X[:, :looped])
    judged = found.converged.nonzero()[: 2 if toy else JUDGED, 0].tolist()
    starts = torch.stack([found.params[name] for name in ("df", "loc", "scale")], 1)
    gaps = {k: gap_by_density("StudentT", X[:, k].tolist(), starts[k].tolist()) for k in judged}
    return Task(
        SECTION,
        "Student t, many fits",
        f"{fits:,} fits x 200 rows",
        [
            Contender(
                "mlefit fit",
                lambda: ours.fitted(StudentT, X),
                note=f"nats off: the worst of {len(judged)} fits, of those that converged",
            ),
            Contender(
                "scipy t.fit in a loop",
                lambda: scipy_stats.each_t(X[:, :looped].numpy()),
                share=looped / fits,
                note=f"measured on {looped} of the fits, and scaled; nats off: the same fits",
            ),
        ],
        lambda *params: _worst(gaps, params),
    )


def normals(*, toy: bool) -> Task:
    """A hundred thousand normals of 100 rows."""
    fits, looped = (100, 10) if toy else (100_000, 1000)
    torch.manual_seed(0)
    X = 5 + 2 * torch.randn(100, fits, dtype=torch.float64)
    gaps = {k: normal_gap(X[:, k]) for k in range(min(JUDGED, looped))}
    return Task(
        SECTION,
        "Normal, many fits",
        f"{fits:,} fits x 100 rows",
        [
            Contender("mlefit closed_form", lambda: ours.exact(Normal, X)),
            Contender(
                "mlefit fit",
                lambda: ours.fitted(Normal, X),
                note="begins at the mean and the width, sees that nothing is left, and stops",
            ),
            Contender(
                "scipy norm.fit in a loop",
                lambda: _loop(X[:, :looped].numpy()),
                share=looped / fits,
                note=f"measured on {looped:,} of the fits, and scaled",
            ),
            Contender("numpy mean, std", lambda: formulas.numpy_normal(X.numpy()), note=FORMULA),
            Contender(
                "torch std_mean",
                lambda: formulas.torch_normal(X),
                note=FORMULA,
            ),
        ],
        lambda *params: _worst(gaps, params),
    )


def _loop(X: Any) -> Estimate:
    found = [formulas.scipy_normal(x).params for x in X.T]
    return Estimate(tuple(zip(*found, strict=True)), "formula")


def _worst(gaps: dict[int, Gap], params: Sequence[Any]) -> float:
    return max(gap(*(values[k] for values in params)) for k, gap in gaps.items())
