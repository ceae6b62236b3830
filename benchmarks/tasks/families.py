"""Families without a formula, one row of a table each."""

__all__ = ["beta", "gamma", "negative_binomial", "student", "weibull"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from scipy import stats
from torch import Tensor
from torch.distributions import Beta, Distribution, Gamma, NegativeBinomial, StudentT, Weibull
from torch.distributions import constraints as c
from torch.nn.functional import softplus

import mlefit
from benchmarks import ours
from benchmarks.measure import Contender, Estimate, Task
from benchmarks.peers import pyro_ppl, scipy_stats, stats_models, torch_minimize
from benchmarks.reference import gap_by_density

SECTION = "Other families"
STEPS = 2000


@dataclass(frozen=True)
class Family:
    """What each package must be told of a family.

    Attributes:
        truth: The distribution that the data come from.
        names: torch's names of the parameters, in the reference's order.
        start: Where the searches that ask for it begin.
        build: An unconstrained vector -> torch's distribution.
        dist: SciPy's distribution.
        bounds: For `scipy.stats.fit`.
        order: SciPy's parameters -> torch's.
        arguments: torch's parameters -> SciPy's.
        fixed: For SciPy's own `fit`.
    """

    truth: Distribution
    names: tuple[str, ...]
    start: tuple[float, ...]
    build: Callable[[Tensor], Distribution]
    dist: Any
    bounds: Mapping[str, tuple[float, float]]
    order: Callable[..., tuple[float, ...]]
    arguments: Callable[..., tuple[float, ...]]
    fixed: Mapping[str, float]


FAMILIES = {
    "Gamma": Family(
        Gamma(3.0, 0.5),
        ("concentration", "rate"),
        (1.0, 1.0),
        lambda u: Gamma(softplus(u[0]), softplus(u[1]), validate_args=False),
        stats.gamma,
        {"a": (0.01, 100), "scale": (0.01, 100)},
        lambda a, loc, scale: (a, 1 / scale),
        lambda concentration, rate: (concentration, 0, 1 / rate),
        {"floc": 0},
    ),
    "Weibull": Family(
        Weibull(2.0, 1.5),
        ("scale", "concentration"),
        (1.0, 1.0),
        lambda u: Weibull(softplus(u[0]), softplus(u[1]), validate_args=False),
        stats.weibull_min,
        {"c": (0.01, 100), "scale": (0.01, 100)},
        lambda k, loc, scale: (scale, k),
        lambda scale, k: (k, 0, scale),
        {"floc": 0},
    ),
    "Beta": Family(
        Beta(2.0, 5.0),
        ("concentration1", "concentration0"),
        (1.0, 1.0),
        lambda u: Beta(softplus(u[0]), softplus(u[1]), validate_args=False),
        stats.beta,
        {"a": (0.01, 100), "b": (0.01, 100)},
        lambda a, b, loc, scale: (a, b),
        lambda a, b: (a, b),
        {"floc": 0, "fscale": 1},
    ),
    "StudentT": Family(
        StudentT(5.0, 10.0, 2.0),
        ("df", "loc", "scale"),
        (3.0, 0.0, 1.0),
        lambda u: StudentT(softplus(u[0]), u[1], softplus(u[2]), validate_args=False),
        stats.t,
        {"df": (0.1, 100), "loc": (-100, 100), "scale": (0.01, 100)},
        lambda df, loc, scale: (df, loc, scale),
        lambda df, loc, scale: (df, loc, scale),
        {},
    ),
    "NegativeBinomial": Family(
        NegativeBinomial(5.3, torch.tensor(0.6)),
        ("total_count", "probs"),
        (1.0, 0.5),
        lambda u: NegativeBinomial(softplus(u[0]), logits=u[1], validate_args=False),
        stats.nbinom,
        {"n": (0, 100), "p": (0.001, 1)},
        lambda n, p, loc: (n, 1 - p),
        lambda r, p: (r, 1 - p),
        {},
    ),
}


def gamma(*, toy: bool) -> Task:
    """A gamma distribution."""
    return _task("Gamma", toy)


def weibull(*, toy: bool) -> Task:
    """A Weibull distribution."""
    return _task("Weibull", toy)


def beta(*, toy: bool) -> Task:
    """A beta distribution."""
    return _task("Beta", toy)


def student(*, toy: bool) -> Task:
    """A Student t with its degrees of freedom learned."""
    return _task("StudentT", toy)


def negative_binomial(*, toy: bool) -> Task:
    """A negative binomial with a real count."""
    return _task("NegativeBinomial", toy)


def _task(name: str, toy: bool) -> Task:
    family = FAMILIES[name]
    torch.manual_seed(0)
    x = family.truth.sample((100 if toy else 1000,)).double()
    return Task(
        SECTION,
        name,
        f"{len(x):,} rows",
        [
            Contender("mlefit fit", lambda: _ours(type(family.truth), x, family.names)),
            *_scipy(family, x.numpy()),
            *_statsmodels(name, family, x.numpy()),
            Contender(
                "pytorch-minimize bfgs",
                lambda: torch_minimize.search(
                    family.build, x, torch.zeros(len(family.names)).double(), _reader(family)
                ),
                note="charts and start written by hand; no Hessian, so no standard errors",
            ),
            Contender(
                "pyro SVI",
                lambda: pyro_ppl.search(name, x, _pyro(family), steps=10 if toy else STEPS),
                note=f"no rule to stop: {STEPS:,} steps of Adam",
            ),
        ],
        gap_by_density(name, x.tolist(), _values(family.truth, family.names)),
    )


def _ours(family: type[Distribution], x: Tensor, names: Sequence[str]) -> Estimate:
    found = mlefit.fit(family, x)
    return Estimate(_values(found.distribution, names), ours.said(found))


def _scipy(family: Family, x: Any) -> list[Contender]:
    by_bounds = Contender(
        "scipy stats.fit",
        lambda: scipy_stats.by_bounds(family.dist, x, family.bounds, family.order),
        note="needs bounds for each parameter; whole counts only"
        if "n" in family.bounds
        else "needs bounds for each parameter",
    )
    if not hasattr(family.dist, "fit"):
        return [by_bounds]
    own = Contender(
        f"scipy {family.dist.name}.fit",
        lambda: scipy_stats.own(family.dist, x, family.order, **family.fixed),
        note=OWN.get(family.dist.name, ""),
    )
    return [own, by_bounds]


# Why SciPy's own fits are as fast as they are.
OWN = {
    "gamma": "solves one equation in the mean and the mean logarithm; no gradient, no verdict",
    "beta": "solves two equations in two mean logarithms; no verdict",
    "weibull_min": "Nelder and Mead's simplex; no verdict",
    "t": "Nelder and Mead's simplex; no verdict",
}


def _statsmodels(name: str, family: Family, x: Any) -> list[Contender]:
    density = family.dist.logpmf if name == "NegativeBinomial" else family.dist.logpdf

    def log_density(x: Any, *params: float) -> Any:
        return density(x, *family.arguments(*params))

    generic = Contender(
        "statsmodels generic",
        lambda: stats_models.generic(log_density, x, family.start),
        note="evaluates SciPy's density, without gradients; standard errors by differences",
    )
    own = Contender(
        "statsmodels NegativeBinomial",
        lambda: stats_models.negative_binomial(x),
        note="gradient and Hessian written by hand for this family",
    )
    return [own, generic] if name == "NegativeBinomial" else [generic]


def _pyro(family: Family) -> dict[str, tuple[Tensor, c.Constraint]]:
    constraints = {"loc": c.real, "probs": c.unit_interval}
    return {
        name: (torch.tensor(value, dtype=torch.float64), constraints.get(name, c.positive))
        for name, value in zip(family.names, family.start, strict=True)
    }


def _reader(family: Family) -> Callable[[Distribution], tuple[float, ...]]:
    return lambda distribution: _values(distribution, family.names)


def _values(distribution: Distribution, names: Sequence[str]) -> tuple[float, ...]:
    return tuple(float(getattr(distribution, name)) for name in names)
