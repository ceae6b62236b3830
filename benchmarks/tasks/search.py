"""Normals, by search: the 2022 post's fits, raw units, and columns that nearly hang together."""

__all__ = ["fifty_columns", "penguins", "post_multivariate", "post_univariate", "twenty_columns"]

from collections.abc import Mapping
from functools import partial

import torch
from scipy import stats
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, constraints
from torch.nn.functional import softplus

import mlefit
from benchmarks import ours
from benchmarks.measure import Contender, Estimate, Task
from benchmarks.peers import (
    formulas,
    post,
    pyro_ppl,
    scikit_learn,
    scipy_stats,
    stats_models,
    torch_minimize,
)
from benchmarks.reference import multivariate_gap, normal_gap
from benchmarks.report import duration
from benchmarks.tasks.exact import FORMULA

SECTION = "By search"
LIMIT = (
    f"charts written by hand, no standard errors; at most {torch_minimize.ITERATIONS:,} iterations"
)
CHECKED = "the formula, after checks of the data and of the columns' rank"
STEPS = "no rule to stop: the steps are the post's"


def post_univariate(*, toy: bool) -> Task:
    """The 2022 post's free fit of one normal, from its start."""
    steps = 50 if toy else 5100
    torch.manual_seed(0)
    x = torch.randn(10_000)
    first = softplus(torch.tensor(2.0))
    init = {"loc": -10.0, "scale": first}
    u = torch.tensor([-10.0, 2.0])
    pyro = {
        "loc": (torch.tensor(-10.0), constraints.real),
        "scale": (first, constraints.positive),
    }

    def build(u: Tensor) -> Normal:
        return Normal(u[0], softplus(u[1]), validate_args=False)

    def fit() -> Estimate:
        return ours.fitted(Normal, x, init=init)

    a = x.double().numpy()
    return Task(
        SECTION,
        "Normal by search, from (-10, 2.13)",
        "10,000 rows",
        [
            Contender("mlefit fit", fit),
            Contender("post's loop", lambda: post.univariate(x, steps=steps), note=STEPS),
            Contender(
                "pyro SVI", lambda: pyro_ppl.search("Normal", x, pyro, steps=steps), note=STEPS
            ),
            Contender(
                "pytorch-minimize bfgs",
                lambda: torch_minimize.search(build, x, u, lambda p: (p.mean, p.stddev)),
                note="charts written by hand; softplus underflows on the way",
            ),
            Contender(
                "statsmodels generic",
                lambda: stats_models.generic(stats.norm.logpdf, a, (-10.0, float(first))),
                note="evaluates SciPy's density, without gradients",
            ),
            Contender(
                "scipy stats.fit",
                lambda: scipy_stats.by_bounds(
                    stats.norm, a, {"loc": (-20, 20), "scale": (0.01, 20)}, lambda m, s: (m, s)
                ),
                note="needs bounds: here loc in ±20, scale up to 20",
            ),
            Contender("scipy norm.fit", lambda: formulas.scipy_normal(a), note=FORMULA),
        ],
        normal_gap(x),
        {"mlefit fit": partial(_by_operations, ours.operations(fit))},
    )


def post_multivariate(*, toy: bool) -> Task:
    """The 2022 post's free fit of two columns, from its start."""
    steps = 50 if toy else 8100
    torch.manual_seed(0)
    L = torch.linalg.cholesky(torch.tensor([[1.0, 0.5], [0.5, 2.0]]))
    X = torch.randn(1000, 2) @ L.T
    loc, factor = torch.tensor([-10.0, 5.0]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    return Task(
        SECTION,
        "Multivariate normal by search, from (-10, 5)",
        "1,000 x 2",
        [
            Contender("mlefit fit", lambda: _searched(X, loc, factor)),
            Contender("post's loop", lambda: post.multivariate(X, loc, steps=steps), note=STEPS),
            *_searches(X, loc, factor, steps),
        ],
        multivariate_gap(X),
    )


def penguins(*, toy: bool) -> Task:
    """Gentoo penguins in millimetres and grams: the covariance has condition 7e5."""
    steps = 50 if toy else 8100
    X = mlefit.datasets.penguins("Gentoo")
    loc, eye = torch.zeros(4, dtype=X.dtype), torch.eye(4, dtype=X.dtype)
    return Task(
        SECTION,
        "Penguins in raw units, from 0 and the identity",
        "123 x 4",
        [
            Contender("mlefit fit", lambda: _searched(X, loc, eye)),
            Contender("post's loop", lambda: post.multivariate(X, loc, steps=steps), note=STEPS),
            *_searches(X, loc, eye, steps),
        ],
        multivariate_gap(X),
    )


def twenty_columns(*, toy: bool) -> Task:
    """Twenty columns that nearly hang together."""
    return _narrow(4 if toy else 20, 1e8)


def fifty_columns(*, toy: bool) -> Task:
    """Fifty columns: 1325 parameters."""
    return _narrow(5 if toy else 50, 1e4)


def _narrow(d: int, condition: float) -> Task:
    n = 2000
    torch.manual_seed(0)
    axes = torch.linalg.qr(torch.randn(d, d, dtype=torch.float64)).Q
    widths = torch.logspace(0, -0.5 * torch.tensor(condition).log10().item(), d).double()
    X = torch.randn(n, d, dtype=torch.float64) * widths @ axes.T
    loc, eye = torch.zeros(d, dtype=X.dtype), torch.eye(d, dtype=X.dtype)
    return Task(
        SECTION,
        f"{d} columns, condition {condition:.0e}".replace("e+0", "e"),
        f"{n:,} x {d}",
        [
            Contender(
                "mlefit fit",
                lambda: ours.multivariate(mlefit.fit(MultivariateNormal, X)),
                note="by search, as if there were no formula",
            ),
            Contender("mlefit closed_form", lambda: ours.exact_multivariate(X), note=CHECKED),
            Contender(
                "pytorch-minimize l-bfgs",
                lambda: torch_minimize.multivariate(X, loc, eye),
                note=f"from 0 and the identity; {LIMIT}",
            ),
            Contender(
                "sklearn GaussianMixture",
                lambda: scikit_learn.mixture(X.numpy()),
                note="with one component, EM is the formula; adds 1e-6 to each variance",
            ),
            Contender(
                "scipy multivariate_normal.fit",
                lambda: formulas.scipy_multivariate(X.numpy()),
                note=FORMULA,
            ),
        ],
        multivariate_gap(X),
    )


def _by_operations(count: int, seconds: Mapping[str, float]) -> str:
    each = seconds["mlefit fit"] / count
    few = seconds["post's loop"] / 1000 / each
    return (
        f"{count:,} small operations of torch, {duration(each)} each, whatever the rows; a "
        f"thousandth of the loop's time is that of {few:,.0f}"
    )


def _searched(X: Tensor, loc: Tensor, factor: Tensor) -> Estimate:
    init = {"loc": loc, "scale_tril": factor}
    return ours.multivariate(mlefit.fit(MultivariateNormal, X, init=init))


def _searches(X: Tensor, loc: Tensor, factor: Tensor, steps: int) -> list[Contender]:
    pyro = {"loc": (loc, constraints.real), "scale_tril": (factor, constraints.lower_cholesky)}
    return [
        Contender(
            "pyro SVI",
            lambda: pyro_ppl.search("MultivariateNormal", X, pyro, steps=steps),
            note=STEPS,
        ),
        Contender(
            "pytorch-minimize l-bfgs",
            lambda: torch_minimize.multivariate(X, loc, factor),
            note=LIMIT,
        ),
        Contender(
            "sklearn GaussianMixture",
            lambda: scikit_learn.mixture(X.numpy()),
            note="with one component, EM is the formula; adds 1e-6 to each variance",
        ),
        Contender(
            "scipy multivariate_normal.fit",
            lambda: formulas.scipy_multivariate(X.numpy()),
            note=FORMULA,
        ),
    ]
