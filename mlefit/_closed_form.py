"""A table: family -> exact maximum likelihood estimator of its parameters."""

__all__ = ["CLOSED_FORMS"]

from collections.abc import Callable

import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution

from mlefit._families import one_hot
from mlefit._problem import Rows

Estimator = Callable[[Rows, torch.dtype], dict[str, Tensor]]


def _mean(rows: Rows, values: Tensor) -> Tensor:
    if rows.w is None:
        return values.mean(0)
    w = rows.w.reshape((*rows.w.shape, *[1] * (values.ndim - 2)))
    return (w * values).sum(0) / rows.n.reshape(-1, *[1] * (values.ndim - 2))


def _median(rows: Rows, values: Tensor) -> Tensor:
    """Return a median: the middle value, or halfway between the two in the middle."""
    w = torch.ones_like(values) if rows.w is None else rows.w.expand(values.shape)
    ordered, index = values.sort(0)
    share = w.gather(0, index).cumsum(0) / w.sum(0)
    lower, upper = (share < 0.5).sum(0), (share <= 0.5).sum(0).clamp(max=len(values) - 1)
    middle = [ordered.gather(0, k[None])[0] for k in (lower, upper)]
    return (middle[0] + middle[1]) / 2


def _laplace(rows: Rows, dtype: torch.dtype) -> dict[str, Tensor]:
    loc = _median(rows, rows.x)
    return {"loc": loc, "scale": _mean(rows, (rows.x - loc).abs())}


def _log_normal(rows: Rows, dtype: torch.dtype) -> dict[str, Tensor]:
    loc = _mean(rows, rows.x.log())
    return {"loc": loc, "scale": _mean(rows, (rows.x.log() - loc) ** 2).sqrt()}


def _pareto(rows: Rows, dtype: torch.dtype) -> dict[str, Tensor]:
    scale = rows.x.amin(0)
    return {"scale": scale, "alpha": 1 / _mean(rows, (rows.x / scale).log())}


def _categorical(rows: Rows, dtype: torch.dtype) -> dict[str, Tensor]:
    return {"probs": _mean(rows, one_hot(rows.x))}


def _uniform(rows: Rows, dtype: torch.dtype) -> dict[str, Tensor]:
    # torch's support is [low, high), so no high attains the supremum: take the nearest float
    highest = rows.x.amax(0).to(dtype)
    high = torch.nextafter(highest, torch.full_like(highest, torch.inf))
    return {"low": rows.x.amin(0), "high": high.double()}


CLOSED_FORMS: dict[type[Distribution], Estimator] = {
    td.Bernoulli: lambda rows, dtype: {"probs": _mean(rows, rows.x)},
    td.Categorical: _categorical,
    td.Exponential: lambda rows, dtype: {"rate": 1 / _mean(rows, rows.x)},
    td.Geometric: lambda rows, dtype: {"probs": 1 / (1 + _mean(rows, rows.x))},
    td.HalfNormal: lambda rows, dtype: {"scale": _mean(rows, rows.x**2).sqrt()},
    td.Laplace: _laplace,
    td.LogNormal: _log_normal,
    td.OneHotCategorical: lambda rows, dtype: {"probs": _mean(rows, rows.x)},
    td.Pareto: _pareto,
    td.Poisson: lambda rows, dtype: {"rate": _mean(rows, rows.x)},
    td.Uniform: _uniform,
}
