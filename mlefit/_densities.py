"""Densities that torch computes in a way that a fit cannot use."""

__all__ = ["DENSITIES"]

from collections.abc import Callable

import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import logsigmoid

LARGE = 60.0  # beyond it Stirling's series is good to all digits


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


def _beta(distribution: Distribution, x: Tensor) -> Tensor:
    r"""Return $(\alpha - 1) \log x + (\beta - 1) \log(1 - x) - \log B(\alpha, \beta)$.

    torch takes the logarithm of $1 - x$ and the difference of two log-gammas: both lose all digits
    for data near zero, and a slope that is rounding looks flat.
    """
    a, b = distribution.concentration1, distribution.concentration0  # type: ignore[attr-defined]
    return (a - 1) * x.log() + (b - 1) * torch.log1p(-x) - _log_beta(a, b)


def _binomial(distribution: Distribution, x: Tensor) -> Tensor:
    r"""Return $\log \binom{n}{x} + x \eta - n \log(1 + e^\eta)$ with the logit $\eta$.

    torch takes the last term by way of $|\eta|$: its second derivative at 0 is lost.
    """
    n, logits = distribution.total_count, distribution.logits  # type: ignore[attr-defined]
    ways = (n + 1).lgamma() - (x + 1).lgamma() - (n - x + 1).lgamma()
    return ways + x * logits + n * logsigmoid(-logits)


def _fisher_snedecor(distribution: Distribution, x: Tensor) -> Tensor:
    r"""Return $-a \log(1 + 1/q) - b \log(1 + q) - \log x - \log B(a, b)$ with $q = a x / b$.

    Here $a$ and $b$ are half the degrees of freedom. torch takes differences of log-gammas, whose
    rounding makes a maximum where either number is large.
    """
    a, b = distribution.df1 / 2, distribution.df2 / 2  # type: ignore[attr-defined]
    q = a * x / b
    return -a * torch.log1p(1 / q) - b * torch.log1p(q) - x.log() - _log_beta(a, b)


def _log_beta(a: Tensor, b: Tensor) -> Tensor:
    near = a.lgamma() + b.lgamma() - (a + b).lgamma()
    large = torch.maximum(a, b) > LARGE
    if not large.any():
        return near
    far = torch.where(a > b, b.lgamma() - _rise(a, b), a.lgamma() - _rise(b, a))
    return torch.where(large, far, near)


def _rise(a: Tensor, b: Tensor) -> Tensor:
    r"""Return $\log \Gamma(a + b) - \log \Gamma(a)$ for a large a, by Stirling's series."""
    total = a + b
    return (total - 0.5) * torch.log1p(b / a) + b * (a.log() - 1) + _stirling(total) - _stirling(a)


def _stirling(a: Tensor) -> Tensor:
    return (1 / 12 - (1 / 360 - 1 / 1260 / a**2) / a**2) / a


DENSITIES: dict[type[Distribution], Callable[[Distribution, Tensor], Tensor]] = {
    td.Beta: _beta,
    td.Binomial: _binomial,
    td.FisherSnedecor: _fisher_snedecor,
}

if hasattr(td, "GeneralizedPareto"):  # torch 2.8 and later
    DENSITIES[td.GeneralizedPareto] = _generalized_pareto
