"""What is known of each family: its parameters, where to start, and what cannot be learned."""

__all__ = ["FAMILIES", "WITHOUT_DENSITY", "Family", "Start", "one_hot"]

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.distributions.constraints import Constraint

from mlefit.transforms import ExpTransform

Start = Callable[[Tensor, Tensor | None, Mapping[str, Any]], dict[str, Tensor]]

CATEGORIES = 500  # more would need a Hessian that is too large
UNIDENTIFIED = "adding a constant to all logits changes nothing; try probs instead"
NOT_SMOOTH = "the support depends on it, so the likelihood is not smooth at its maximum; "
ENDPOINT = f"{NOT_SMOOTH}try to fix it"
DEPENDENT = f"{NOT_SMOOTH}try closed_form, or fix it"
INTEGER = "it is an integer; try to fix it, as in fixed={%r: 10}"
ROTATION = "it is determined only up to a rotation; try to fix it, or MultivariateNormal"
KINK = (
    "the log-likelihood has a kink at every observation, so no Hessian there; "
    "try closed_form, or fix it"
)


@dataclass(frozen=True)
class Family:
    """What `fit` knows of a family.

    Attributes:
        start: (rows `(n, B, *event)`, normalized weights or None, fixed values) -> a starting
            point, one `(B, *shape)` tensor for each parameter of the default signature.
        events: Trailing dimensions of one observation.
        collapse: If all of these are learned and the rows are all equal, the likelihood is
            unbounded.
        refused: Parameter -> why it cannot be learned.
        domain: Constraints that the torch class does not state, given the shape of one observation.
        links: Charts of positive parameters that serve better than softplus.
        single: Whether torch's density is for one fit at a time.
        warns: Whether building the torch distribution warns of what a search cannot help.
    """

    start: Start
    events: int = 0
    collapse: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    domain: Callable[[tuple[int, ...]], Mapping[str, Constraint]] = lambda shape: {}
    links: Mapping[str, td.Transform] = field(default_factory=dict)
    single: bool = False
    warns: bool = False


WITHOUT_DENSITY: dict[type[Distribution], str] = {
    td.Distribution: "it is the abstract base class",
    td.ExponentialFamily: "it is an abstract base class",
    td.Independent: "it wraps a distribution",
    td.MixtureSameFamily: "it is built of other distributions",
    td.TransformedDistribution: "it is built of a distribution and transforms",
}


def one_hot(x: Tensor) -> Tensor:
    """Return 1 at each category of `x` and 0 elsewhere, `(*shape) -> (*shape, categories)`."""
    if x.max() >= CATEGORIES:
        raise ValueError(
            f"expected categories numbered from 0, fewer than {CATEGORIES}; got "
            f"{x.max().item():g}; try torch.unique(x, return_inverse=True)[1]"
        )
    kinds = torch.arange(int(x.max()) + 1, device=x.device, dtype=x.dtype)
    return (x[..., None] == kinds).to(x.dtype)


def _mean(x: Tensor, w: Tensor | None) -> Tensor:
    if w is None:
        return x.mean(0)
    return (x * w.reshape((*w.shape, *[1] * (x.ndim - w.ndim)))).sum(0)


def _variance(x: Tensor, w: Tensor | None) -> Tensor:
    return _mean((x - _mean(x, w)) ** 2, w)


def _quantiles(x: Tensor, w: Tensor | None, qs: tuple[float, ...]) -> list[Tensor]:
    if w is None:
        ordered = x.sort(0).values
        return [ordered[int(q * (x.shape[0] - 1) + 0.5)] for q in qs]
    ordered, index = x.sort(0)
    share, last = w.expand(x.shape).gather(0, index).cumsum(0), x.shape[0] - 1
    below = [(share < q).sum(0, keepdim=True).clamp(max=last) for q in qs]
    return [ordered.gather(0, k)[0] for k in below]


def _inside(p: Tensor) -> Tensor:
    return p.clamp(1e-3, 1 - 1e-3)


def _simplex(p: Tensor) -> Tensor:
    p = p.clamp(min=1e-3)
    return p / p.sum(-1, keepdim=True)


def _concentration(x: Tensor, w: Tensor | None) -> Tensor:
    """Return the total concentration of a Beta or Dirichlet by moments."""
    m, v = _mean(x, w), _variance(x, w)
    total = m * (1 - m) / v.clamp(min=1e-300) - 1
    return total.clamp(1e-2, 1e6)


def _loc_scale(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    low, median, high = _quantiles(x, w, (0.25, 0.5, 0.75))
    half = (high - low) / 2  # 0 where at least half of the rows are equal
    return {"loc": median, "scale": torch.where(half > 0, half, _variance(x, w).sqrt())}


def _student(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    start = _loc_scale(x, w, known)
    return {"df": torch.full_like(start["loc"], 4.0), **start}


def _normal(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"loc": _mean(x, w), "scale": _variance(x, w).sqrt()}


def _log_normal(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return _normal(x.log(), w, known)


def _logistic_normal(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return _normal(td.StickBreakingTransform().inv(x), w, known)


def _multivariate(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"loc": _mean(x, w), "scale_tril": torch.diag_embed(_variance(x, w).sqrt())}


def _gumbel(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    scale = _variance(x, w).sqrt() * math.sqrt(6) / math.pi
    return {"loc": _mean(x, w) - 0.5772 * scale, "scale": scale}


def _weibull(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    scale = _variance(x.log(), w).sqrt() * math.sqrt(6) / math.pi
    return {"scale": (_mean(x.log(), w) + 0.5772 * scale).exp(), "concentration": 1 / scale}


def _gamma(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    m, v = _mean(x, w), _variance(x, w)
    return {"concentration": m**2 / v, "rate": m / v}


def _inverse_gamma(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return _gamma(1 / x, w, known)


def _beta(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    m, total = _inside(_mean(x, w)), _concentration(x, w)
    return {"concentration1": m * total, "concentration0": (1 - m) * total}


def _dirichlet(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    total = _concentration(x, w).mean(-1, keepdim=True)
    return {"concentration": _simplex(_mean(x, w)) * total}


def _fisher(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    m = _mean(x, w)
    df2 = torch.where(m > 1, 2 * m / (m - 1), 10.0).clamp(3.0, 50.0)
    return {"df1": torch.full_like(m, 5.0), "df2": df2}


def _von_mises(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    c, s = _mean(x.cos(), w), _mean(x.sin(), w)
    r2 = (c**2 + s**2).clamp(1e-6, 1 - 1e-12)
    return {"loc": torch.atan2(s, c), "concentration": r2.sqrt() * (2 - r2) / (1 - r2)}


def _negative_binomial(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    m, v = _mean(x, w).clamp(min=1e-3), _variance(x, w)
    r = torch.where(v > 1.05 * m, m**2 / (v - m).clamp(min=1e-12), 20 * m)
    r = torch.as_tensor(known.get("total_count", r), device=m.device).to(m)
    return {"total_count": r, "probs": m / (r + m)}


def _binomial(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    total = torch.as_tensor(known.get("total_count", 1), device=x.device).to(x)
    return {"probs": _inside(_mean(x, w) / total)}


def _categorical(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"probs": _simplex(_mean(one_hot(x), w))}


def _multinomial(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"probs": _simplex(_mean(x / x.sum(-1, keepdim=True).clamp(min=1), w))}


def _relaxed(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    probs = _mean(x, w)
    return {"temperature": torch.ones_like(probs), "probs": _inside(probs)}


def _relaxed_one_hot(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    probs = _simplex(_mean(x, w))
    return {"temperature": torch.ones_like(probs[..., 0]), "probs": probs}


def _wishart(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    m = _mean(x, w)
    df = torch.as_tensor(known.get("df", float(m.shape[-1] + 2)), device=m.device)
    df = df.to(m).expand(m.shape[:-2])
    return {"df": df, "scale_tril": torch.linalg.cholesky(m) / df.sqrt()[..., None, None]}


def _lkj(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    independent = (x.diagonal(dim1=-2, dim2=-1) == 1).all(-1).all(0)  # all rows are the identity
    return {"concentration": torch.where(independent, torch.inf, 1.0).to(x)}


def _of_mean(**formulas: Callable[[Tensor], Tensor]) -> Start:
    """Return a start whose parameters are functions of the mean."""

    def start(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
        m = _mean(x, w)
        return {name: formula(m) for name, formula in formulas.items()}

    return start


def _half_cauchy(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"scale": _quantiles(x, w, (0.5,))[0]}


def _half_normal(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"scale": _mean(x**2, w).sqrt()}


def _uniform(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"low": x.amin(0), "high": torch.nextafter(x.amax(0), x.new_tensor(torch.inf))}


def _pareto(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    scale = torch.as_tensor(known.get("scale", x.amin(0)), device=x.device).to(x)
    return {"scale": scale, "alpha": 1 / _mean((x / scale).log(), w)}


def _low_rank(x: Tensor, w: Tensor | None, known: Mapping[str, Any]) -> dict[str, Tensor]:
    return {"loc": _mean(x, w)}


FAMILIES: dict[type[Distribution], Family] = {
    td.Bernoulli: Family(_of_mean(probs=_inside)),
    td.Beta: Family(_beta, collapse=("concentration1", "concentration0")),
    td.Binomial: Family(_binomial, refused={"total_count": INTEGER % "total_count"}),
    td.Categorical: Family(_categorical, refused={"logits": UNIDENTIFIED}),
    td.Cauchy: Family(_loc_scale, collapse=("loc", "scale")),
    td.Chi2: Family(_of_mean(df=lambda m: m)),
    td.ContinuousBernoulli: Family(_of_mean(probs=_inside)),
    td.Dirichlet: Family(_dirichlet, events=1, collapse=("concentration",)),
    td.Exponential: Family(_of_mean(rate=lambda m: 1 / m)),
    td.FisherSnedecor: Family(_fisher, collapse=("df1", "df2")),
    td.Gamma: Family(_gamma, collapse=("concentration", "rate")),
    td.Geometric: Family(_of_mean(probs=lambda m: _inside(1 / (1 + m)))),
    td.Gumbel: Family(_gumbel, collapse=("loc", "scale")),
    td.HalfCauchy: Family(_half_cauchy),
    td.HalfNormal: Family(_half_normal),
    td.InverseGamma: Family(_inverse_gamma, collapse=("concentration", "rate")),
    td.Kumaraswamy: Family(
        _of_mean(concentration1=torch.ones_like, concentration0=torch.ones_like),
        collapse=("concentration1", "concentration0"),
    ),
    td.LKJCholesky: Family(_lkj, events=2, refused={"dim": INTEGER % "dim"}),
    td.Laplace: Family(_loc_scale, collapse=("loc", "scale"), refused={"loc": KINK}),
    td.LogNormal: Family(_log_normal, collapse=("loc", "scale")),
    td.LogisticNormal: Family(
        _logistic_normal,
        events=1,
        collapse=("loc", "scale"),
        domain=lambda shape: {
            "loc": constraints.real_vector,
            "scale": constraints.independent(constraints.positive, 1),
        },
    ),
    td.LowRankMultivariateNormal: Family(
        _low_rank, events=1, refused={"cov_factor": ROTATION, "cov_diag": ROTATION}
    ),
    td.Multinomial: Family(
        _multinomial,
        events=1,
        refused={"total_count": INTEGER % "total_count", "logits": UNIDENTIFIED},
    ),
    td.MultivariateNormal: Family(_multivariate, events=1),
    td.NegativeBinomial: Family(
        _negative_binomial,
        # the ridge of equal means is straight in log total_count and logit probs
        links={"total_count": ExpTransform()},
    ),
    td.Normal: Family(_normal),
    td.OneHotCategorical: Family(_multinomial, events=1, refused={"logits": UNIDENTIFIED}),
    td.OneHotCategoricalStraightThrough: Family(
        _multinomial, events=1, refused={"logits": UNIDENTIFIED}
    ),
    td.Pareto: Family(_pareto, collapse=("scale", "alpha"), refused={"scale": DEPENDENT}),
    td.Poisson: Family(_of_mean(rate=lambda m: m.clamp(min=1e-3))),
    td.RelaxedBernoulli: Family(
        _relaxed, domain=lambda shape: {"temperature": constraints.positive}
    ),
    td.RelaxedOneHotCategorical: Family(
        _relaxed_one_hot,
        events=1,
        refused={"logits": UNIDENTIFIED},
        domain=lambda shape: {"temperature": constraints.positive},
        single=True,
    ),
    td.StudentT: Family(_student, collapse=("loc", "scale")),
    td.Uniform: Family(
        _uniform,
        collapse=("low", "high"),
        refused={"low": DEPENDENT, "high": DEPENDENT},
        domain=lambda shape: {"low": constraints.real, "high": constraints.real},
    ),
    td.VonMises: Family(_von_mises, collapse=("loc", "concentration")),
    td.Weibull: Family(_weibull, collapse=("scale", "concentration")),
    td.Wishart: Family(
        _wishart,
        events=2,
        warns=True,
        domain=lambda shape: {
            "df": constraints.greater_than(float(shape[-1] - 1)),
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
        },
    ),
}

if hasattr(td, "GeneralizedPareto"):  # torch 2.8 and later
    FAMILIES[td.GeneralizedPareto] = Family(
        lambda x, w, known: {
            "loc": x.amin(0),
            "scale": (_mean(x, w) - known.get("loc", 0.0)).clamp(min=1e-300),
            "concentration": torch.full_like(x[0], 0.1),
        },
        refused={"loc": ENDPOINT},
    )
