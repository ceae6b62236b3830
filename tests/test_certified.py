"""Estimates, likelihoods and errors against certified values, rational arithmetic and textbooks."""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, getcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
import torch.distributions as td
from scipy.optimize import minimize
from test_statistics import NIST, exact_rows
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal

from mlefit import Fit, closed_form, datasets, fit

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
METHODS = {"fit": fit, "closed_form": closed_form}
each_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def draw(n: int, *shape: int, seed: int = 0) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, *shape, dtype=torch.float64, generator=g)


# ---- the Statistical Reference Datasets of NIST


@each_method
@pytest.mark.parametrize("name", NIST)
def test_normal_of_certified_data(name: str, method: Callable[..., Fit]) -> None:
    certified = NIST[name]
    found = method(Normal, certified.data())
    n = found.n.item()
    sd = found.params["scale"].item() * math.sqrt(n / (n - 1))
    assert found.params["loc"].item() == pytest.approx(certified.mean, rel=1e-15)
    assert sd == pytest.approx(certified.sd, rel=10 ** -min(certified.digits, 14))


# digits of the standard deviation that the data keep when they are stored in single precision
SINGLE = {"NumAcc1": 7.0, "NumAcc2": 6.4, "NumAcc3": 1.2, "Michelso": 4.7}


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision_loses_what_the_storage_loses_and_no_more(name: str) -> None:
    certified = NIST[name]
    stored = torch.as_tensor(certified.data(), dtype=torch.float64).float()
    found = closed_form(Normal, stored)
    n = len(stored)
    sd = found.params["scale"].double().item() * math.sqrt(n / (n - 1))
    assert found.params["scale"].dtype == torch.float32
    assert sd == pytest.approx(certified.sd, rel=1.1 * 10 ** -SINGLE[name])


# ---- rational arithmetic on the numbers as they are stored


def nearly_collinear(apart: float) -> Tensor:
    x = draw(40)
    return torch.stack([x, x + apart * draw(40, seed=1), draw(40, seed=2)], -1) + 10.0


EXACT = {
    "Adelie": datasets.penguins("Adelie"),
    "Chinstrap": datasets.penguins("Chinstrap"),
    "Gentoo": datasets.penguins("Gentoo"),
    "collinear but for 1e-2": nearly_collinear(1e-2),
    "collinear but for 1e-5": nearly_collinear(1e-5),
}


def determinant(S: list[list[Fraction]]) -> Fraction:
    """Return the determinant by elimination; a covariance needs no pivoting."""
    S, product = [list(row) for row in S], Fraction(1)
    for k in range(len(S)):
        product *= S[k][k]
        for i in range(k + 1, len(S)):
            ratio = S[i][k] / S[k][k]
            S[i] = [a - ratio * b for a, b in zip(S[i], S[k], strict=True)]
    return product


def decimal(q: Fraction) -> Decimal:
    return Decimal(q.numerator) / Decimal(q.denominator)


@each_method
@pytest.mark.parametrize("label", EXACT)
def test_multivariate_normal_of_exact_moments(label: str, method: Callable[..., Fit]) -> None:
    X = EXACT[label]
    (n, d), (means, scatter) = X.shape, exact_rows(X)
    S = [[s / n for s in row] for row in scatter]
    best = -n * (d * (2 * PI).ln() + decimal(determinant(S)).ln() + d) / 2  # Anderson (3.2.6)

    found = method(MultivariateNormal, X)
    L, loc = found.params["scale_tril"], found.params["loc"]
    condition = torch.linalg.cond(X.T.corrcoef()).item()  # costs digits of the factor
    assert found.converged, found.message
    assert abs(found.log_likelihood.item() - float(best)) <= 1e-8 + 1e-15 * n * condition
    near = 1e-14 if method is closed_form else 1e-4  # 1e-8 nats are 1.4e-4 standard errors
    for i in range(d):
        assert loc[i].item() == pytest.approx(float(means[i]), rel=near)
        for j in range(d):
            exact = pytest.approx(float(S[i][j]), abs=near * math.sqrt(S[i][i] * S[j][j]))
            assert (L @ L.T)[i, j].item() == exact


@pytest.mark.parametrize("label", EXACT)
def test_factor_of_exact_moments(label: str) -> None:
    """Its diagonal holds ratios of determinants: hardest where columns are close."""
    X = EXACT[label]
    d, (_, scatter) = X.shape[1], exact_rows(X)
    S = [[s / len(X) for s in row] for row in scatter]
    condition = torch.linalg.cond(X.T.corrcoef()).item()
    L = closed_form(MultivariateNormal, X).params["scale_tril"]
    for k in range(1, d):
        minor = [row[: k + 1] for row in S[: k + 1]]
        smaller = [row[:k] for row in S[:k]]
        exact = (decimal(determinant(minor)) / decimal(determinant(smaller))).sqrt()
        assert L[k, k].item() == pytest.approx(float(exact), rel=1e-15 * condition)


# ---- standard errors: the inverse of the observed information, by hand


N = 60
z = draw(N, seed=3)
Z = draw(N, 3, seed=4)


def polygamma(k: int, x: float) -> float:
    return float(scipy.special.polygamma(k, x))


def gamma(x: np.ndarray, concentration: float, rate: float) -> Any:
    return [[polygamma(1, concentration), -1 / rate], [-1 / rate, concentration / rate**2]]


def inverse_gamma(x: np.ndarray, concentration: float, rate: float) -> Any:
    return gamma(x, concentration, rate)  # the law of 1/x


def beta(x: np.ndarray, concentration1: float, concentration0: float) -> Any:
    both = polygamma(1, concentration1 + concentration0)
    a, b = polygamma(1, concentration1), polygamma(1, concentration0)
    return [[a - both, -both], [-both, b - both]]


def dirichlet(x: np.ndarray, concentration: np.ndarray) -> Any:
    each = scipy.special.polygamma(1, concentration)
    return np.diag(each) - polygamma(1, concentration.sum())


def student(x: np.ndarray, loc: float, scale: float) -> Any:
    """Lange, Little & Taylor (1989), J. Amer. Statist. Assoc. 84, appendix B, with 5 df."""
    r, df = (x - loc) / scale, 5.0
    w = (df + 1) / (df + r**2)
    d = 2 * r**2 / (df + r**2)
    ll, ls = (w * (1 - d)).mean(), (w * r * (2 - d)).mean()
    return np.array([[ll, ls], [ls, (w * r**2 * (3 - d)).mean() - 1]]) / scale**2


def gumbel(x: np.ndarray, loc: float, scale: float) -> Any:
    y = (x - loc) / scale
    e = np.exp(-y)
    ls = (1 - e + y * e).mean()
    ss = (-1 + 2 * y * (1 - e) + y**2 * e).mean()
    return np.array([[e.mean(), ls], [ls, ss]]) / scale**2


def weibull(x: np.ndarray, scale: float, concentration: float) -> Any:
    k, y = concentration, np.log(x / scale)
    e = np.exp(k * y)
    ss = k / scale**2 * ((k + 1) * e.mean() - 1)
    sk = -((1 + k * y) * e - 1).mean() / scale
    return [[ss, sk], [sk, 1 / k**2 + (y**2 * e).mean()]]


def von_mises(x: np.ndarray, loc: float, concentration: float) -> Any:
    """Mardia & Jupp (2000), Directional Statistics, section 5.3: diagonal, with A = I1 / I0."""
    kappa = concentration
    A = float(scipy.special.i1e(kappa) / scipy.special.i0e(kappa))
    return np.diag([kappa * A, 1 - A / kappa - A**2])


def negative_binomial(x: np.ndarray, total_count: float, probs: float) -> Any:
    r, p = total_count, probs
    rr = polygamma(1, r) - scipy.special.polygamma(1, x + r).mean()
    return [[rr, 1 / (1 - p)], [1 / (1 - p), x.mean() / p**2 + r / (1 - p) ** 2]]


@dataclass(frozen=True)
class Textbook:
    family: type[Distribution]
    data: Tensor
    information: Callable[..., Any]  # of one row, the average over the data
    fixed: Mapping[str, Any] = field(default_factory=dict)


counts = (3 * draw(200, seed=5).exp()).round()
TEXTBOOKS = {
    "Gamma": Textbook(td.Gamma, z.exp(), gamma),
    "InverseGamma": Textbook(td.InverseGamma, z.exp(), inverse_gamma),
    "Beta": Textbook(td.Beta, z.sigmoid(), beta),
    "Dirichlet": Textbook(td.Dirichlet, Z.softmax(-1), dirichlet),
    "StudentT": Textbook(td.StudentT, z.sinh(), student, {"df": 5.0}),
    "Gumbel": Textbook(td.Gumbel, z, gumbel),
    "Weibull": Textbook(td.Weibull, z.exp(), weibull),
    "VonMises": Textbook(td.VonMises, z, von_mises),
    "NegativeBinomial": Textbook(td.NegativeBinomial, counts, negative_binomial),
}


@pytest.mark.parametrize("name", TEXTBOOKS)
def test_standard_errors_by_hand(name: str) -> None:
    book = TEXTBOOKS[name]
    found = fit(book.family, book.data, fixed=book.fixed or None, tol=1e-14)
    learned = {k: v.numpy() for k, v in found.params.items() if k not in book.fixed}
    information = len(book.data) * np.array(book.information(book.data.numpy(), **learned))
    errors = np.sqrt(np.linalg.inv(information).diagonal())
    ours = np.concatenate([found.standard_errors()[k].numpy().reshape(-1) for k in learned])
    assert ours == pytest.approx(errors, rel=1e-6)


def test_student_t_reaches_its_expected_information() -> None:
    """On the quantiles of a t distribution, observed and expected information meet."""
    df, n = 5.0, 20_000
    x = scipy.stats.t.ppf((np.arange(n) + 0.5) / n, df)
    found = fit(td.StudentT, torch.from_numpy(x), fixed={"df": df})
    scale, errors = found.params["scale"].item(), found.standard_errors()
    informations = {"loc": (df + 1) / (df + 3) / scale**2, "scale": 2 * df / (df + 3) / scale**2}
    for name, information in informations.items():
        assert errors[name].item() == pytest.approx((n * information) ** -0.5, rel=1e-3)


# ---- scipy's own likelihood, maximized


def maximized(family: Any, x: np.ndarray, **fixed: float) -> float:
    """Return scipy's log-likelihood at the estimate of scipy's own `fit`."""
    return family.logpdf(x, *family.fit(x, **fixed)).sum()


def searched(nll: Callable[[np.ndarray], float], start: list[float]) -> float:
    """Return the maximum that a simplex finds, of a log-likelihood that scipy has no `fit` for."""
    options = {"xatol": 1e-10, "fatol": 1e-10, "maxiter": 10_000, "maxfev": 10_000}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # steps out of bounds
        return -minimize(nll, start, method="Nelder-Mead", options=options).fun


def of_counts(family: Any, x: np.ndarray, *start: float) -> float:
    return searched(lambda u: -family.logpmf(x, *u).sum(), list(start))


@dataclass(frozen=True)
class Rival:
    family: type[Distribution]
    data: Callable[[], Tensor]
    best: Callable[[np.ndarray], float]  # scipy's log-likelihood of its own estimate
    options: Mapping[str, Any] = field(default_factory=dict)


def sample(distribution: Distribution, n: int = 300) -> Tensor:
    torch.manual_seed(7)
    return distribution.sample(torch.Size([n])).double()


def real(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).squeeze()


T3 = td.Dirichlet(real(1.0, 2.0, 3.0))
RIVALS = {
    "Normal": Rival(
        td.Normal,
        lambda: sample(td.Normal(real(1), real(2))),
        lambda x: maximized(scipy.stats.norm, x),
    ),
    "MultivariateNormal": Rival(
        td.MultivariateNormal,
        lambda: sample(td.MultivariateNormal(torch.ones(3), torch.eye(3) + 1)),
        lambda x: scipy.stats.multivariate_normal.logpdf(
            x, *scipy.stats.multivariate_normal.fit(x)
        ).sum(),
    ),
    "LogNormal": Rival(
        td.LogNormal,
        lambda: sample(td.LogNormal(real(1), real(0.5))),
        lambda x: maximized(scipy.stats.lognorm, x, floc=0),
    ),
    "Kumaraswamy": Rival(
        td.Kumaraswamy,
        lambda: sample(td.Kumaraswamy(real(2), real(3))),
        lambda x: searched(  # with x^a, a Beta(1, b)
            lambda u: (
                -(
                    scipy.stats.beta.logpdf(x ** u[0], 1, u[1])
                    + np.log(u[0])
                    + (u[0] - 1) * np.log(x)
                ).sum()
            ),
            [1.0, 1.0],
        ),
    ),
    "Dirichlet": Rival(
        td.Dirichlet,
        lambda: sample(T3),
        lambda x: searched(
            lambda u: -scipy.stats.dirichlet.logpdf(x.T, np.exp(u)).sum(), [0.0, 0.0, 0.0]
        ),
    ),
    "Pareto": Rival(
        td.Pareto,
        lambda: sample(td.Pareto(real(1.5), real(2))),
        lambda x: maximized(scipy.stats.pareto, x, floc=0, fscale=1.5),
        {"fixed": {"scale": 1.5}},
    ),
    "Poisson": Rival(
        td.Poisson,
        lambda: sample(td.Poisson(real(3))),
        lambda x: of_counts(scipy.stats.poisson, x, 1.0),
    ),
    "Geometric": Rival(
        td.Geometric,
        lambda: sample(td.Geometric(real(0.2))),
        lambda x: of_counts(scipy.stats.geom, x + 1, 0.5),
    ),
    "NegativeBinomial": Rival(
        td.NegativeBinomial,
        lambda: sample(td.NegativeBinomial(real(3.5), real(0.4))),
        lambda x: of_counts(scipy.stats.nbinom, x, 2.0, 0.5),
    ),
    "Binomial": Rival(
        td.Binomial,
        lambda: sample(td.Binomial(10, real(0.3))),
        lambda x: searched(lambda u: -scipy.stats.binom.logpmf(x, 10, u[0]).sum(), [0.5]),
        {"fixed": {"total_count": 10}},
    ),
    "Bernoulli": Rival(
        td.Bernoulli,
        lambda: sample(td.Bernoulli(real(0.3))),
        lambda x: of_counts(scipy.stats.bernoulli, x, 0.5),
    ),
}
if hasattr(td, "GeneralizedPareto"):  # torch 2.8 and later
    RIVALS["GeneralizedPareto"] = Rival(
        td.GeneralizedPareto,
        lambda: sample(td.GeneralizedPareto(*torch.tensor([0.0, 1.0, 0.2]))),
        lambda x: maximized(scipy.stats.genpareto, x, floc=0),
        {"fixed": {"loc": 0.0}},
    )


@pytest.mark.parametrize("name", RIVALS)
def test_is_as_likely_as_what_scipy_finds(name: str) -> None:
    rival = RIVALS[name]
    x = rival.data()
    found, best = fit(rival.family, x, **rival.options), rival.best(x.numpy())
    slack = 1e-9 * len(x) + 1e-8  # the default tolerance
    assert found.converged, found.message
    assert found.log_likelihood.item() >= best - slack
    assert found.log_likelihood.item() == pytest.approx(best, abs=1e-3)  # of one density


EXACT_RIVALS = {
    "Laplace": (td.Laplace, z, lambda x: maximized(scipy.stats.laplace, x)),
    "Uniform": (td.Uniform, z, lambda x: maximized(scipy.stats.uniform, x)),
    "Exponential": (td.Exponential, z.exp(), lambda x: maximized(scipy.stats.expon, x, floc=0)),
    "HalfNormal": (td.HalfNormal, z.abs(), lambda x: maximized(scipy.stats.halfnorm, x, floc=0)),
    "Pareto": (
        td.Pareto,
        z.exp() + 1,
        lambda x: maximized(scipy.stats.pareto, x, floc=0, fscale=x.min()),
    ),
}


@pytest.mark.parametrize("name", EXACT_RIVALS)
def test_closed_form_is_as_likely_as_what_scipy_finds(name: str) -> None:
    family, x, best = EXACT_RIVALS[name]
    assert closed_form(family, x).log_likelihood.item() == pytest.approx(best(x.numpy()), abs=1e-8)
