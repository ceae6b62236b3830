r"""Say how far an estimate lies from the optimum, in nats a row, without the library's help.

For normals the distance has a closed form: the Kullback-Leibler divergence from the best normal.
For other families the score equations are solved by mpmath to 30 digits.
"""

__all__ = ["DENSITIES", "gap_by_mpmath", "multivariate_gap", "normal_gap"]

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import torch
from mpmath import mp, mpf

mp.dps = 30

Gap = Callable[..., float]


def normal_gap(x: Any) -> Gap:
    r"""Return the gap of `(loc, scale)` for data `(n,)`.

    $\tfrac12 (r - \log(1 + r)) + \tfrac12 \delta^2 / \sigma^2$, with $r = s^2 / \sigma^2 - 1$ and
    $\delta = \bar x - \mu$; mean and variance in extended precision, in two passes.
    """
    x = np.asarray(x).astype(np.longdouble)
    mean = x.mean()
    variance = ((x - mean) ** 2).mean()

    def gap(loc: Any, scale: Any) -> float:
        square = np.longdouble(float(scale)) ** 2
        r = variance / square - 1
        return float((r - np.log1p(r) + (mean - float(loc)) ** 2 / square) / 2)

    return gap


def multivariate_gap(X: Any) -> Gap:
    r"""Return the gap of `(loc, covariance)` for data `(n, d)`.

    $\tfrac12 \sum_i (\lambda_i - 1 - \log \lambda_i) + \tfrac12 |L^{-1} \delta|^2$, with the
    eigenvalues of $L^{-1} S L^{-\top}$.
    """
    X = np.asarray(X).astype(np.longdouble)
    mean = X.mean(0)
    D = X - mean
    S = np.array([[(a * b).mean() for b in D.T] for a in D.T]).astype(float)
    C = torch.linalg.cholesky(torch.from_numpy(S))

    def gap(loc: Any, covariance: Any) -> float:
        L, failed = torch.linalg.cholesky_ex(torch.as_tensor(covariance, dtype=torch.float64))
        if failed:
            return float("inf")
        singular = torch.linalg.svdvals(torch.linalg.solve_triangular(L, C, upper=False))
        r = singular**2 - 1
        shift = torch.from_numpy((mean - np.asarray(loc, dtype=float)).astype(float))
        z = torch.linalg.solve_triangular(L, shift[:, None], upper=False)
        return float((r - r.log1p()).sum() + (z**2).sum()) / 2

    return gap


def gap_by_mpmath(family: str, x: Sequence[float], start: Sequence[float]) -> Gap:
    """Return the gap of a family's parameters, as torch names and orders them.

    Args:
        family: A key of `DENSITIES`.
        x: Data.
        start: Where to begin the search for the root of the score.
    """
    density = DENSITIES[family]([mpf(value) for value in x])

    def score(*params: mpf) -> list[mpf]:
        units = np.eye(len(params), dtype=int).tolist()
        return [mpmath.diff(density, params, tuple(unit)) for unit in units]

    best = density(*mpmath.findroot(score, [mpf(value) for value in start], maxsteps=50))

    def gap(*params: Any) -> float:
        return float(best - density(*(mpf(float(value)) for value in params)))

    return gap


def _gamma(x: list[mpf]) -> Callable[..., mpf]:
    mean, log = _mean(x), _mean([mp.log(v) for v in x])
    return lambda c, rate: c * mp.log(rate) - mp.loggamma(c) + (c - 1) * log - rate * mean


def _weibull(x: list[mpf]) -> Callable[..., mpf]:
    logs = [mp.log(v) for v in x]
    log = _mean(logs)

    def density(scale: mpf, c: mpf) -> mpf:
        power = _mean([mp.exp(c * (v - mp.log(scale))) for v in logs])
        return mp.log(c) - c * mp.log(scale) + (c - 1) * log - power

    return density


def _beta(x: list[mpf]) -> Callable[..., mpf]:
    log, log1m = _mean([mp.log(v) for v in x]), _mean([mp.log(1 - v) for v in x])
    return lambda a, b: (
        (a - 1) * log + (b - 1) * log1m + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    )


def _student(x: list[mpf]) -> Callable[..., mpf]:
    def density(df: mpf, loc: mpf, scale: mpf) -> mpf:
        kernel = _mean([mp.log1p(((v - loc) / scale) ** 2 / df) for v in x])
        constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2
        return constant - mp.log(scale) - (df + 1) / 2 * kernel

    return density


def _negative_binomial(x: list[mpf]) -> Callable[..., mpf]:
    values, counts = np.unique([int(v) for v in x], return_counts=True)
    shares = [(int(v), mpf(int(c)) / len(x)) for v, c in zip(values, counts, strict=True)]
    mean = _mean(x)

    def density(r: mpf, p: mpf) -> mpf:
        terms = [w * (mp.loggamma(v + r) - mp.loggamma(v + 1)) for v, w in shares]
        return mp.fsum(terms) - mp.loggamma(r) + r * mp.log(1 - p) + mean * mp.log(p)

    return density


# Family -> what makes the mean log-density of data, as a function of torch's parameters.
DENSITIES: dict[str, Callable[[list[mpf]], Callable[..., mpf]]] = {
    "Gamma": _gamma,
    "Weibull": _weibull,
    "Beta": _beta,
    "StudentT": _student,
    "NegativeBinomial": _negative_binomial,
}


def _mean(values: Sequence[mpf]) -> mpf:
    return mp.fsum(values) / len(values)
