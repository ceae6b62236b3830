"""Densities that torch computes in a way that a fit cannot use."""

__all__ = ["DENSITIES"]

from collections.abc import Callable

import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution


def _generalized_pareto(distribution: Distribution, x: Tensor) -> Tensor:
    r"""Return $-\log\sigma - (1 + 1/\xi) \log(1 + \xi z)$ with $z = (x - \mu) / \sigma$.

    torch compares $\xi$ with a float32 zero, which fails in float64.
    """
    z = (x - distribution.loc) / distribution.scale  # type: ignore[attr-defined]
    xi = distribution.concentration  # type: ignore[attr-defined]
    tiny = xi.abs() < 1e-6
    c = torch.where(tiny, 1.0, xi)
    inside = 1 + c * z > 0
    curved = (1 + 1 / c) * torch.log1p(torch.where(inside, c * z, 0.0))
    series = z + xi * (z - z**2 / 2)  # to first order in xi
    density = -torch.where(tiny, series, curved) - distribution.scale.log()  # type: ignore[attr-defined]
    return torch.where((z >= 0) & (inside | tiny), density, -torch.inf)


DENSITIES: dict[type[Distribution], Callable[[Distribution, Tensor], Tensor]] = {}

if hasattr(td, "GeneralizedPareto"):  # torch 2.8 and later
    DENSITIES[td.GeneralizedPareto] = _generalized_pareto
