"""Normals, exactly: one, sixteen columns, and single precision far from zero."""

__all__ = ["FORMULA", "far_from_zero", "multivariate", "normal"]

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.distributions import Normal

from benchmarks import ours
from benchmarks.measure import Contender, Task
from benchmarks.peers import formulas, scikit_learn
from benchmarks.reference import multivariate_gap, normal_gap
from benchmarks.report import duration

SECTION = "Exact"
OURS = "mlefit closed_form"
COV = "torch mean, cov"
PRODUCT = "one torch X.T @ X"
SUM = "one torch sum()"
NUMPY_SUM = "one numpy sum()"
FORMULA = "the formula alone, without a check of the data, verdict or standard errors"


def normal(*, toy: bool) -> Task:
    """One normal, ten million rows."""
    n = 10_000 if toy else 10_000_000
    torch.manual_seed(0)
    x = 5 + 2 * torch.randn(n, dtype=torch.float64)
    a = x.numpy()
    return Task(
        SECTION,
        "Normal, exact",
        f"{n:,} rows",
        [
            Contender(OURS, lambda: ours.exact(Normal, x)),
            Contender("scipy norm.fit", lambda: formulas.scipy_normal(a), note=FORMULA),
            Contender("numpy mean, std", lambda: formulas.numpy_normal(a), note=FORMULA),
            Contender("torch std_mean", lambda: formulas.torch_normal(x), note=FORMULA),
            Contender(
                NUMPY_SUM,
                lambda: formulas.numpy_sum(a),
                note="no estimate: the least that reading the data costs",
            ),
        ],
        normal_gap(a),
        {OURS: _beside_a_sum},
    )


def multivariate(*, toy: bool) -> Task:
    """One multivariate normal, a million rows of 16 columns."""
    n = 10_000 if toy else 1_000_000
    torch.manual_seed(0)
    X = 5 + torch.randn(n, 16, dtype=torch.float64) @ torch.randn(16, 16, dtype=torch.float64)
    return Task(
        SECTION,
        "Multivariate normal, exact",
        f"{n:,} x 16",
        [
            Contender(OURS, lambda: ours.exact_multivariate(X)),
            *_covariances(X),
            Contender(
                "sklearn GaussianMixture",
                lambda: scikit_learn.mixture(X.numpy()),
                note="EM; adds 1e-6 to each variance",
            ),
            Contender(PRODUCT, lambda: formulas.torch_product(X), note="no estimate: all squares"),
            Contender(SUM, lambda: formulas.torch_sum(X), note="no estimate: the data read once"),
        ],
        multivariate_gap(X),
        {OURS: _beside_the_least},
    )


def far_from_zero(*, toy: bool) -> Task:
    """Single precision, far from zero: where sums lose their digits."""
    n = 10_000 if toy else 100_000
    torch.manual_seed(0)
    X = (1e4 + torch.randn(n, 2, dtype=torch.float64)).float()
    return Task(
        SECTION,
        "Multivariate normal near 10,000, float32",
        f"{n:,} x 2",
        [
            Contender(
                OURS,
                lambda: ours.exact_multivariate(X),
                note="the estimate is rounded to float32 at the end, like the data",
            ),
            *_covariances(X),
        ],
        multivariate_gap(X),
    )


def _beside_a_sum(seconds: Mapping[str, float]) -> str:
    share = seconds[NUMPY_SUM] / seconds[OURS]
    return f"two sums, of the rows and of their squares; one numpy sum() takes {share:.0%} of this"


def _beside_the_least(seconds: Mapping[str, float]) -> str:
    """Compare with the least that a covariance takes: to add up the rows and their products."""
    least = seconds[PRODUCT] + seconds[SUM]
    return (
        f"one X.T @ X and one sum() take {duration(least)} and estimate nothing; this takes "
        f"{seconds[OURS] / least:.1f} times as long, torch's cov {seconds[COV] / least:.1f} times"
    )


def _covariances(X: Tensor) -> list[Contender]:
    A = X.numpy()
    return [
        Contender(
            "scipy multivariate_normal.fit", lambda: formulas.scipy_multivariate(A), note=FORMULA
        ),
        Contender("numpy mean, cov", lambda: formulas.numpy_cov(A), note=FORMULA),
        Contender(COV, lambda: formulas.torch_cov(X), note=FORMULA),
        Contender("sklearn EmpiricalCovariance", lambda: scikit_learn.empirical(A), note=FORMULA),
    ]
