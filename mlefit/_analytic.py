"""Likelihoods whose derivatives are written out, which take a tenth of the time of autograd's."""

__all__ = ["ANALYTIC", "Analytic"]

import math
from collections.abc import Callable, Mapping
from typing import Protocol

import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution

TILE = 16_384  # numbers in a tile: a handful of temporaries of that size stay in cache
LARGE = 60.0  # degrees of freedom beyond which the series is good to all digits
SERIES = {1: 1 / 4, 3: -1 / 24, 5: 1 / 20, 7: -17 / 112, 9: 31 / 36}  # power of 1/df: coefficient


class Analytic(Protocol):
    """The mean negative log-likelihood of B fits, from sums over rows that are quick to take.

    Parameters are `(B,)`, in the order of the family's signature; x is `(n, B)`, and w, which
    broadcasts to it, or None; n is the sum of the weights, `(B,)`.
    """

    names: tuple[str, ...]

    def value(self, params: Mapping[str, Tensor], x: Tensor, w: Tensor | None, n: Tensor) -> Tensor:
        """Return the mean negative log-likelihood, `(B,)`."""

    def derivatives(
        self, params: Mapping[str, Tensor], x: Tensor, w: Tensor | None, n: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return it with its gradient `(B, k)` and Hessian `(B, k, k)` in the parameters."""


class _StudentT:
    r"""Student's t, with $z = (x - \mu) / \sigma$, $D = 1 / (\nu + z^2)$ and $r = z^2 D$.

    $$-\log p = c(\nu) + \tfrac12 \log\pi + \log\sigma + \tfrac{\nu + 1}2 \log(1 + z^2 / \nu)$$
    """

    names: tuple[str, ...] = ("df", "loc", "scale")

    def value(self, params: Mapping[str, Tensor], x: Tensor, w: Tensor | None, n: Tensor) -> Tensor:
        df, loc, scale = (params[name] for name in self.names)
        (log,) = _sums(lambda z, df: (torch.log1p(z.square() / df),), x, w, loc, scale, df) / n
        return _gamma_ratio(df)[0] + scale.log() + (df + 1) / 2 * log + math.log(math.pi) / 2

    def derivatives(
        self, params: Mapping[str, Tensor], x: Tensor, w: Tensor | None, n: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        df, loc, scale = (params[name] for name in self.names)
        log, r, rD, zD, zDr = _sums(self._terms, x, w, loc, scale, df) / n
        c, slope, bend = _gamma_ratio(df)
        D, k = (1 - r) / df, df + 1

        loss = c + scale.log() + k / 2 * log + math.log(math.pi) / 2
        g = [slope + (log - k * r / df) / 2, -k * zD / scale, (1 - k * r) / scale]
        H = [
            [
                bend + (k * rD - r + r / df) / df / 2,
                (k * (zD - zDr) / df - zD) / scale,
                (k * rD - r) / scale,
            ],
            [k * (D - 2 * rD) / scale**2, 2 * k * (zD - zDr) / scale**2],
            [(k * r + 2 * k * df * rD - 1) / scale**2],
        ]
        symmetric = [[H[min(i, j)][abs(i - j)] for j in range(3)] for i in range(3)]
        hessian = torch.stack([torch.stack(row, -1) for row in symmetric], -2)
        return loss, torch.stack(g, -1), hessian

    @staticmethod
    def _terms(z: Tensor, df: Tensor) -> tuple[Tensor, ...]:
        square = z.square()
        D = 1 / (df + square)
        r, zD = square * D, z.mul_(D)
        return torch.log1p(square.div_(df)), r, r * D, zD, zD * r


ANALYTIC: dict[type[Distribution], Analytic] = {td.StudentT: _StudentT()}


def _gamma_ratio(df: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r"""Return $c(\nu) = \log\Gamma(\nu/2) - \log\Gamma((\nu+1)/2) + \log\sqrt\nu$, and $c'$, $c''$.

    Where $\nu$ is large the terms cancel, and the search would follow their rounding: there, by
    the series in $1/\nu$ (Tricomi & Erdelyi 1951, Pacific J. Math. 1, 133-142).
    """
    half, next_half = df / 2, (df + 1) / 2
    psi = [torch.special.polygamma(i, half) - torch.special.polygamma(i, next_half) for i in (0, 1)]
    exact = [
        torch.lgamma(half) - torch.lgamma(next_half) + df.log() / 2,
        (psi[0] + 1 / df) / 2,
        (psi[1] / 2 - 1 / df**2) / 2,
    ]
    powers = [(p, a * df**-p) for p, a in SERIES.items()]
    series = [
        math.log(2) / 2 + sum(term for _, term in powers),
        -sum(p * term for p, term in powers) / df,
        sum(p * (p + 1) * term for p, term in powers) / df**2,
    ]
    c, slope, bend = (
        torch.where(df > LARGE, far, near) for far, near in zip(series, exact, strict=True)
    )
    return c, slope, bend


def _sums(
    terms: Callable[..., tuple[Tensor, ...]],
    x: Tensor,
    w: Tensor | None,
    loc: Tensor,
    scale: Tensor,
    *params: Tensor,
) -> Tensor:
    """Sum functions of z and of some parameters over the rows of each fit, tile by tile: `(k, B)`.

    The functions may use the memory of z.
    """
    rows = max(1, min(x.shape[0], TILE))
    fits = max(1, TILE // rows)
    totals = []
    for j in range(0, x.shape[1], fits):
        here = slice(j, j + fits)
        total = torch.zeros((), dtype=x.dtype, device=x.device)
        for i in range(0, x.shape[0], rows):
            z = (x[i : i + rows, here] - loc[here]).div_(scale[here])
            each = terms(z, *(param[here] for param in params))
            if w is not None:
                weight = w[i : i + rows, here] if w.shape[1] > 1 else w[i : i + rows]
                each = tuple(term * weight for term in each)
            total = total + torch.stack([term.sum(0) for term in each])
        totals.append(total)
    return torch.cat(totals, 1)
