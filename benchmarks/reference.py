r"""Say how far an estimate lies from the optimum, in nats a row, without the library's help.

For normals the distance has a closed form: the Kullback-Leibler divergence from the best normal.
For other families the mean log-density and its maximum are computed in extended precision, with
mpmath's gamma function. What is below 1e-15 is rounding.
"""

__all__ = ["DENSITIES", "gap_by_density", "multivariate_gap", "normal_gap"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from mpmath import mp, mpf

mp.dps = 30

Gap = Callable[..., float]
Array = Any  # NumPy's arrays of extended precision
Density = Callable[..., mpf]


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


def gap_by_density(family: str, x: Sequence[float], start: Sequence[float]) -> Gap:
    """Return the gap of a family's parameters, as torch names and orders them.

    Args:
        family: A key of `DENSITIES`.
        x: Data.
        start: Where to begin, near the maximum: Newton's steps are not damped.

    Raises:
        ArithmeticError: The search did not end at a maximum.
    """
    density = DENSITIES[family](np.array(x, dtype=np.longdouble))
    best = _maximum(density, [mpf(value) for value in start])

    def gap(*params: Any) -> float:
        return float(best - density(*(mpf(float(value)) for value in params)))

    return gap


def _gamma(x: Array) -> Density:
    mean, log = _mean(x), _mean(np.log(x))
    return lambda c, rate: c * mp.log(rate) - mp.loggamma(c) + (c - 1) * log - rate * mean


def _weibull(x: Array) -> Density:
    logs = np.log(x)
    log = _mean(logs)

    def density(scale: mpf, c: mpf) -> mpf:
        power = _mean(np.exp(_long(c) * (logs - _long(mp.log(scale)))))
        return mp.log(c) - c * mp.log(scale) + (c - 1) * log - power

    return density


def _beta(x: Array) -> Density:
    log, log1m = _mean(np.log(x)), _mean(np.log1p(-x))
    return lambda a, b: (
        (a - 1) * log + (b - 1) * log1m + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    )


def _student(x: Array) -> Density:
    def density(df: mpf, loc: mpf, scale: mpf) -> mpf:
        kernel = _mean(np.log1p(((x - _long(loc)) / _long(scale)) ** 2 / _long(df)))
        constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2
        return constant - mp.log(scale) - (df + 1) / 2 * kernel

    return density


def _negative_binomial(x: Array) -> Density:
    values, counts = np.unique(x.astype(int), return_counts=True)
    shares = [(int(v), mpf(int(c)) / len(x)) for v, c in zip(values, counts, strict=True)]
    mean = _mean(x)

    def density(r: mpf, p: mpf) -> mpf:
        terms = [w * (mp.loggamma(v + r) - mp.loggamma(v + 1)) for v, w in shares]
        return mp.fsum(terms) - mp.loggamma(r) + r * mp.log(1 - p) + mean * mp.log(p)

    return density


# Family -> what makes the mean log-density of data, as a function of torch's parameters.
DENSITIES: dict[str, Callable[[Array], Density]] = {
    "Gamma": _gamma,
    "Weibull": _weibull,
    "Beta": _beta,
    "StudentT": _student,
    "NegativeBinomial": _negative_binomial,
}


def _maximum(density: Density, u: list[mpf]) -> mpf:
    """Return the maximum of a function, by Newton's method on central differences."""
    h = mpf("1e-5")  # its square, the error of a difference, costs 1e-20 nats
    axes = range(len(u))

    def at(*moves: tuple[int, int]) -> mpf:
        return density(*(u[k] + sum(h * s for i, s in moves if i == k) for k in axes))

    for _ in range(30):
        here, up, down = at(), [at((i, 1)) for i in axes], [at((i, -1)) for i in axes]
        g = mp.matrix([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)])
        H = mp.matrix(len(u))
        for i in axes:
            for j in range(i + 1):
                H[i, j] = H[j, i] = (at((i, 1), (j, 1)) - up[i] - up[j] + here) / h**2
        step = mp.lu_solve(H, -g)
        u = [a + b for a, b in zip(u, step, strict=True)]
        if mp.norm(step) < mpf("1e-6"):
            mp.cholesky(-H)  # raises where the Hessian is not negative definite
            return density(*u)
    raise ArithmeticError("expected a maximum within 30 steps; got none")


def _mean(values: Array) -> mpf:
    """Return the mean, carried over to mpmath with all its digits."""
    mean = values.mean()
    return mpf(float(mean)) + mpf(float(mean - float(mean)))


def _long(value: mpf) -> Any:
    return np.longdouble(float(value)) + np.longdouble(float(value - float(value)))
