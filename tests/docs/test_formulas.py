"""Each formula of the formula sheets, computed as it stands there and a second way."""

import math
import re

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import torch
from conftest import DOCS
from torch import Tensor
from torch.autograd.functional import hessian, jacobian
from torch.distributions import Bernoulli, Gamma, MultivariateNormal, Normal, kl_divergence
from torch.testing import assert_close

import mlefit
from mlefit.transforms import CholeskyTransform, ExpTransform, GramTransform, SoftplusTransform

LOG_2PI = math.log(2 * math.pi)
CHI2 = float(scipy.stats.chi2(1).ppf(0.95))

# a normal and data for it; another one
MU, SIGMA = torch.tensor([3.0, 2.0], dtype=torch.float64)
MU_1, SIGMA_1 = torch.tensor([1.5, 2.6], dtype=torch.float64)
X1 = mlefit.datasets.newcomb()
N, MEAN, S = len(X1), X1.mean(), X1.std(correction=0)

# the same in three dimensions
LOC, LOC_1, POINT = torch.tensor(
    [[1.0, -2.0, 0.5], [0.0, 1.0, 0.3], [2.0, -1.0, 1.5]], dtype=torch.float64
)
L = torch.tensor([[2.0, 0.0, 0.0], [-1.0, 1.5, 0.0], [0.5, 0.3, 0.7]], dtype=torch.float64)
SIGMAS, SIGMAS_1 = L @ L.T, L.T @ L
P = torch.linalg.inv(L)
D = 3
XD = mlefit.datasets.penguins("Gentoo")[:, :3]
MEANS = XD.mean(0)
SCATTER = (XD - MEANS).T @ (XD - MEANS) / len(XD)
STEP_LOC = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64)
STEP = torch.tensor([[0.5, 0.1, -0.4], [0.1, -0.2, 0.3], [-0.4, 0.3, 0.8]], dtype=torch.float64)


def test_every_formula_has_a_test():
    sheets = sorted((DOCS / "reference").glob("formulas*.md"))
    text = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    names = re.findall(r"^### .*\{ #(\S+) \}$", text, re.MULTILINE)

    assert len(sheets) == 2
    assert len(set(names)) == len(re.findall(r"^### ", text, re.MULTILINE))
    assert [n for n in names if f"test_{n.replace('-', '_')}" not in globals()] == []


class TestHelpers:
    """Quadrature is exact for the polynomials that are integrated here."""

    @pytest.mark.parametrize("power", range(10))
    def test_moments_of_a_standard_normal(self, power):
        z, w = gauss(rows=1)
        odd = power % 2
        expected = 0.0 if odd else math.prod(range(1, power, 2))
        assert math.isclose(w @ z[:, 0] ** power, expected, abs_tol=1e-9)


# Likelihood


def test_log_likelihood():
    w = torch.tensor([1.0, 3.0, 2.0], dtype=torch.float64)
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    fit = mlefit.fit(Normal, x, weights=w)
    total = (w * fit.distribution.log_prob(x)).sum()

    assert_close(fit.log_likelihood, total)
    assert_close(fit.trace.loss[-1], -total / w.sum())


def test_information():
    """For a gamma, whose score is not a polynomial: by sums over a fine grid."""
    theta = torch.tensor([3.0, 2.0], dtype=torch.float64)
    x = torch.linspace(1e-6, 25, 20_001, dtype=torch.float64)

    p = Gamma(*theta).log_prob(x).exp() * (x[1] - x[0])
    scores = jacobian(lambda t: Gamma(*t).log_prob(x).sum(), theta[:, None].expand(2, len(x))).T
    curvature = hessian(lambda t: (p * Gamma(*t).log_prob(x)).sum(), theta)
    shape, rate = theta.tolist()
    trigamma = torch.polygamma(1, theta[0]).item()
    exact = torch.tensor([[trigamma, -1 / rate], [-1 / rate, shape / rate**2]]).double()

    assert_close(p @ scores, torch.zeros(2).double(), atol=1e-6, rtol=0)
    assert_close(scores.T @ (p[:, None] * scores), exact, rtol=1e-5, atol=0)
    assert_close(-curvature, exact, rtol=1e-5, atol=0)


def test_standard_error():
    x = X1[X1 > 0]
    fit = mlefit.fit(Gamma, x)
    total = hessian(lambda t: Gamma(*t).log_prob(x).sum(), torch.stack([*fit.params.values()]))
    errors = torch.linalg.inv(-total).diagonal().sqrt()
    assert_close(torch.stack([*fit.standard_errors().values()]), errors, rtol=1e-5, atol=0)


def test_distance_to_the_maximum():
    def loss(theta):
        return -Normal(theta[0], theta[1]).log_prob(X1).mean()

    theta = torch.stack([MEAN + 0.01, S * 1.001])
    g, H = jacobian(loss, theta), hessian(loss, theta)
    left = N * (loss(theta) - loss(torch.stack([MEAN, S])))
    assert_close(N / 2 * g @ torch.linalg.solve(H, g), left, rtol=0.01, atol=0)


# The normal in one dimension


def test_normal_density():
    z = (X1 - MU) / SIGMA
    density = torch.exp(-(z**2) / 2) / (math.sqrt(2 * math.pi) * SIGMA)
    log_density = -SIGMA.log() - LOG_2PI / 2 - z**2 / 2

    assert_close(density, torch.from_numpy(scipy.stats.norm(MU, SIGMA).pdf(X1)))
    assert_close(log_density, Normal(MU, SIGMA).log_prob(X1))


def test_normal_score():
    z = (X1 - MU) / SIGMA
    by_loc, by_scale = jacobian(lambda m, s: Normal(m, s).log_prob(X1), (MU, SIGMA))
    assert_close(z / SIGMA, by_loc)
    assert_close((z**2 - 1) / SIGMA, by_scale)


def test_normal_hessian():
    x = MU + 1.7
    z = ((x - MU) / SIGMA).item()
    formula = torch.tensor([[-1, -2 * z], [-2 * z, 1 - 3 * z**2]]).double() / SIGMA**2
    curvature = hessian(lambda t: Normal(*t).log_prob(x), torch.stack([MU, SIGMA]))
    assert_close(formula, curvature, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("scale_of", "at", "formula"),
    [(lambda s: s, SIGMA, 2 / SIGMA**2), (torch.exp, SIGMA.log(), torch.tensor(2.0).double())],
    ids=["scale", "log"],
)
def test_normal_fisher(scale_of, at, formula):
    z, w = gauss(rows=1)
    x = MU + SIGMA * z[:, 0]
    theta = torch.stack([MU, at])
    s = jacobian(lambda t: Normal(t[0], scale_of(t[1])).log_prob(x), theta)
    information = s.T @ (w[:, None] * s)
    assert_close(information, torch.diag(torch.stack([1 / SIGMA**2, formula])))


def test_normal_likelihood():
    spread = (S**2 + (MEAN - MU) ** 2) / SIGMA**2
    formula = -N / 2 * (torch.log(2 * math.pi * SIGMA**2) + spread)
    assert_close(formula, Normal(MU, SIGMA).log_prob(X1).sum())


@pytest.mark.parametrize(
    ("to", "back", "is_inside"),
    [
        (lambda m, s: (m, s), lambda a, b: (a, b), lambda m, s: m**2 + s**2 < 3),
        (lambda m, s: (m, s.log()), lambda a, b: (a, b.exp()), lambda m, s: abs(m) < 1),
        (lambda m, s: (m / s, 1 / s), lambda a, b: (a / b, 1 / b), lambda m, s: True),
    ],
    ids=["scale", "log", "reciprocal"],
)
def test_normal_convex(to, back, is_inside):
    """At points on either side of the borders, in units of the data about their mean."""
    signs = set()
    for m in (-2.0, -1.01, -0.99, 0.3, 1.4):
        for s in (0.1, 0.98, 1.0, 1.01, 1.7, 1.74, 4.0):
            point = torch.stack(to(MEAN + m * S, s * S))
            curvature = hessian(lambda u: -Normal(*back(*u)).log_prob(X1).mean(), point)
            is_convex = bool(torch.linalg.eigvalsh(curvature)[0] > 0)
            assert is_convex == is_inside(m, s)
            signs.add(is_convex)
    assert len(signs) == (1 if is_inside(9, 9) else 2)


def test_normal_mle():
    for fit in (mlefit.closed_form(Normal, X1), mlefit.fit(Normal, X1)):
        assert_close(fit.params["loc"], X1.sum() / N)
        assert_close(fit.params["scale"], (((X1 - X1.sum() / N) ** 2).sum() / N).sqrt())
        assert_close(fit.log_likelihood, -N / 2 * torch.log(2 * math.pi * math.e * S**2))


def test_normal_standard_errors():
    fit = mlefit.fit(Normal, X1)
    errors = fit.standard_errors()
    assert_close(errors["loc"], S / math.sqrt(N))
    assert_close(errors["scale"], S / math.sqrt(2 * N))
    assert_close(fit.standard_errors(of=lambda d: d.variance), S**2 * math.sqrt(2 / N))


def test_normal_moments():
    n = 3
    z, w = gauss(rows=n)
    x = MU + SIGMA * z
    mean, variance = x.mean(-1), x.var(-1, correction=0)
    assert_close(w @ mean, MU)
    assert_close(w @ variance, (n - 1) / n * SIGMA**2)
    assert_close(w @ variance**2 - (w @ variance) ** 2, 2 * (n - 1) / n**2 * SIGMA**4)

    for n in (2, 3, 10):
        ratio = math.sqrt(2 / n) * math.gamma(n / 2) / math.gamma((n - 1) / 2)
        assert math.isclose(ratio, scipy.stats.chi(n - 1).mean() / math.sqrt(n))
        drawn = torch.randn(20_000, n, dtype=torch.float64).var(-1, correction=0)
        assert scipy.stats.kstest(n * drawn, scipy.stats.chi2(n - 1).cdf).pvalue > 0.001


def test_normal_divisors():
    """Of three by the mean loss, which is least there; that of n is test_normal_mle."""
    n = 7
    chi2 = scipy.stats.chi2(n - 1)  # of n s^2, in units of sigma^2

    def square(c):
        return chi2.expect(lambda t: (t / c - 1) ** 2)

    def divergence(c):  # of a normal whose mean is off by a variance of 1/n
        return chi2.expect(lambda t: ((1 + 1 / n) * c / t - 1 + math.log(t / c)) / 2)

    assert math.isclose(chi2.expect(lambda t: t / (n - 1)), 1)
    assert math.isclose(chi2.expect(lambda t: 1 / t), 1 / (n - 3))
    for loss, best in ((square, n + 1), (divergence, n * (n - 3) / (n + 1))):
        found = scipy.optimize.minimize_scalar(loss, bounds=(1, 20), method="bounded")
        assert math.isclose(found.x, best, rel_tol=1e-3)


def test_normal_entropy():
    formula = torch.log(2 * math.pi * math.e * SIGMA**2) / 2
    z, w = gauss(rows=1)
    assert_close(formula, -w @ Normal(MU, SIGMA).log_prob(MU + SIGMA * z[:, 0]))

    fit = mlefit.closed_form(Normal, X1)
    assert_close(-fit.log_likelihood / N, fit.distribution.entropy())


def test_normal_kl():
    def formula(mu_0, sigma_0, mu_1, sigma_1):
        spread = (sigma_0**2 + (mu_0 - mu_1) ** 2) / (2 * sigma_1**2)
        return torch.log(sigma_1 / sigma_0) + spread - 0.5

    z, w = gauss(rows=1)
    x = MU + SIGMA * z[:, 0]
    ratio = Normal(MU, SIGMA).log_prob(x) - Normal(MU_1, SIGMA_1).log_prob(x)
    assert_close(formula(MU, SIGMA, MU_1, SIGMA_1), w @ ratio)

    best = Normal(MEAN, S).log_prob(X1).sum()
    lead = best - Normal(MU, SIGMA).log_prob(X1).sum()
    assert_close(lead, N * formula(MEAN, S, MU, SIGMA))


def test_normal_profile():
    mu, sigma = MEAN + 2.0, S * 1.3
    at_mu = mlefit.fit(Normal, X1, fixed={"loc": mu})
    at_sigma = mlefit.fit(Normal, X1, fixed={"scale": sigma})
    spread = S**2 + (MEAN - mu) ** 2
    assert_close(at_mu.params["scale"], spread.sqrt(), rtol=1e-5, atol=0)
    assert_close(at_mu.log_likelihood, -N / 2 * torch.log(2 * math.pi * math.e * spread))
    assert_close(at_sigma.params["loc"], MEAN)
    formula = -N / 2 * (torch.log(2 * math.pi * sigma**2) + S**2 / sigma**2)
    assert_close(at_sigma.log_likelihood, formula)

    half = S * math.sqrt(math.exp(CHI2 / N) - 1)
    interval = torch.stack(mlefit.fit(Normal, X1).profile_interval("loc"))
    assert_close(interval, torch.stack([MEAN - half, MEAN + half]), rtol=1e-6, atol=0)


# The normal in d dimensions


def test_mvn_density():
    delta = POINT - LOC
    square = delta @ torch.linalg.inv(SIGMAS) @ delta
    from_covariance = -D / 2 * LOG_2PI - torch.logdet(SIGMAS) / 2 - square / 2
    from_factor = -D / 2 * LOG_2PI - L.diagonal().log().sum() - (P @ delta).norm() ** 2 / 2

    expected = torch.tensor(scipy.stats.multivariate_normal(LOC, SIGMAS).logpdf(POINT))
    assert_close(from_covariance, expected)
    assert_close(from_factor, expected)
    assert_close(from_factor, MultivariateNormal(LOC, scale_tril=L).log_prob(POINT))


def test_mahalanobis():
    delta = POINT - LOC
    squares = (delta @ torch.linalg.inv(SIGMAS) @ delta, (P @ delta).norm() ** 2)
    assert_close(*squares)
    assert_close(scipy.stats.chi2(2).cdf(1.7), 1 - math.exp(-1.7 / 2))

    drawn = MultivariateNormal(LOC, SIGMAS).sample((20_000,)) - LOC
    assert scipy.stats.kstest((drawn @ P.T).square().sum(-1), "chi2", (D,)).pvalue > 0.001

    inverse = torch.linalg.inv(SCATTER)
    over_data = torch.einsum("ij,jk,ik->i", XD - MEANS, inverse, XD - MEANS)
    assert_close(over_data.mean(), torch.tensor(float(D)).double())


def test_conditional():
    """The joint log-density less that of the first entries."""
    first, rest = slice(0, 1), slice(1, D)
    gain = SIGMAS[rest, first] @ torch.linalg.inv(SIGMAS[first, first])
    mean = LOC[rest] + gain @ (POINT - LOC)[first]
    covariance = SIGMAS[rest, rest] - gain @ SIGMAS[first, rest]

    joint = MultivariateNormal(LOC, SIGMAS).log_prob(POINT)
    marginal = MultivariateNormal(LOC[first], SIGMAS[first, first]).log_prob(POINT[first])
    conditional = MultivariateNormal(mean, covariance).log_prob(POINT[rest])
    assert_close(conditional, joint - marginal)


def test_mvn_score():
    precision = torch.linalg.inv(SIGMAS)
    delta = (POINT - LOC)[:, None]
    by_sigma = (precision @ delta @ delta.T @ precision - precision) / 2
    slope = jacobian(along(STEP_LOC, STEP), torch.zeros(()).double())
    assert_close((precision @ delta)[:, 0] @ STEP_LOC + torch.trace(by_sigma @ STEP), slope)


def test_mvn_hessian():
    precision = torch.linalg.inv(SIGMAS)
    delta = POINT - LOC
    A = precision @ STEP
    formula = (
        -STEP_LOC @ precision @ STEP_LOC
        - 2 * STEP_LOC @ A @ precision @ delta
        + torch.trace(A @ A) / 2
        - delta @ A @ A @ precision @ delta
    )
    assert_close(formula, hessian(along(STEP_LOC, STEP), torch.zeros(()).double()))


def test_mvn_fisher():
    """The expected square of the score along a line, by quadrature over x."""
    z, w = gauss(rows=D)
    x = LOC + z @ L.T
    scores = jacobian(along(STEP_LOC, STEP, x), torch.zeros(()).double())
    A = torch.linalg.solve(SIGMAS, STEP)
    formula = STEP_LOC @ torch.linalg.solve(SIGMAS, STEP_LOC) + torch.trace(A @ A) / 2
    assert_close(w @ scores**2, formula)


def test_mvn_likelihood():
    gap = MEANS - LOC
    inverse = torch.linalg.inv(SIGMAS)
    terms = D * LOG_2PI + torch.logdet(SIGMAS) + torch.trace(inverse @ SCATTER)
    formula = -len(XD) / 2 * (terms + gap @ inverse @ gap)
    assert_close(formula, MultivariateNormal(LOC, SIGMAS).log_prob(XD).sum())


def test_mvn_convex():
    i, j = torch.tril_indices(D, D)
    C = torch.linalg.cholesky(SCATTER)

    def loss(coordinates):
        P = coordinates.new_zeros(D, D).index_put((i, j), coordinates[: len(i)])
        gap = P @ MEANS - coordinates[len(i) :]
        squares = (P @ C).square().sum() + gap.square().sum()
        return D / 2 * LOG_2PI - P.diagonal().log().sum() + squares / 2

    coordinates = torch.cat([P[i, j], P @ LOC])
    nll = -MultivariateNormal(LOC, scale_tril=L).log_prob(XD).mean()
    assert_close(loss(coordinates), nll)

    for _ in range(20):
        anywhere = coordinates + torch.randn(len(coordinates)).double()
        anywhere[i_diagonal(D)] = anywhere[i_diagonal(D)].abs() + 0.01
        curvature = torch.linalg.eigvalsh(hessian(loss, anywhere))
        assert curvature[0] > -1e-9 * curvature[-1]


def test_mvn_natural():
    i, j = torch.tril_indices(D, D)

    def loss(coordinates):
        half = coordinates.new_zeros(D, D).index_put((i, j), coordinates[: len(i)])
        precision, linear = half + half.tril(-1).T, coordinates[len(i) :]
        second = SCATTER + torch.outer(MEANS, MEANS)
        bend = linear @ torch.linalg.solve(precision, linear) / 2 - torch.logdet(precision) / 2
        data = linear @ MEANS - (precision @ second).trace() / 2
        return -(data - bend - D / 2 * LOG_2PI)

    for root, mu in ((P, LOC), (L, LOC_1), (P + 2 * torch.eye(D), POINT)):
        precision = root.T @ root
        coordinates = torch.cat([precision[i, j], precision @ mu])
        nll = -MultivariateNormal(mu, precision_matrix=precision).log_prob(XD).mean()
        assert_close(loss(coordinates), nll)
        curvature = torch.linalg.eigvalsh(hessian(loss, coordinates))
        assert curvature[0] > -1e-9 * curvature[-1]


def test_mvn_lead():
    n = len(XD)
    best = MultivariateNormal(MEANS, SCATTER).log_prob(XD).sum()
    for mu, sigma in ((LOC, SIGMAS), (LOC_1, SIGMAS_1), (MEANS, SCATTER)):
        own = torch.linalg.eigvals(torch.linalg.solve(sigma, SCATTER)).real
        square = (MEANS - mu) @ torch.linalg.solve(sigma, MEANS - mu)
        formula = n / 2 * ((own - 1 - own.log()).sum() + square)
        lead = best - MultivariateNormal(mu, sigma).log_prob(XD).sum()
        assert_close(formula, lead, rtol=1e-7, atol=1e-6)


def test_mvn_mle():
    n = len(XD)
    for fit in (mlefit.closed_form(MultivariateNormal, XD), mlefit.fit(MultivariateNormal, XD)):
        formula = -n / 2 * (D * (LOG_2PI + 1) + torch.logdet(SCATTER))
        assert_close(fit.params["loc"], MEANS, rtol=1e-6, atol=0)
        assert_close(fit.distribution.covariance_matrix, SCATTER, rtol=1e-5, atol=1e-6)
        assert_close(fit.log_likelihood, formula)


def test_mvn_standard_errors():
    def correlation(d):
        s = d.covariance_matrix
        return s[0, 1] / (s[0, 0] * s[1, 1]).sqrt()

    fit = mlefit.closed_form(MultivariateNormal, XD)
    n, variance = len(XD), SCATTER.diagonal()
    of_sigma = ((torch.outer(variance, variance) + SCATTER**2) / n).sqrt()
    rho = correlation(fit.distribution)

    assert_close(fit.standard_errors()["loc"], (variance / n).sqrt())
    assert_close(fit.standard_errors(of=lambda d: d.covariance_matrix), of_sigma)
    assert_close(fit.standard_errors(of=correlation), (1 - rho**2) / math.sqrt(n))
    by_atanh = fit.standard_errors(of=lambda d: torch.atanh(correlation(d)))
    assert_close(by_atanh, torch.tensor(1 / math.sqrt(n)).double())


def test_mvn_moments():
    """Every draw of two rows in two dimensions, by quadrature."""
    n, factor = 2, L[:2, :2]
    covariance = factor @ factor.T
    z, w = gauss(rows=n * 2)
    x = z.reshape(-1, n, 2) @ factor.T
    centred = x - x.mean(1, keepdim=True)
    S = centred.mT @ centred / n

    mean = torch.einsum("b,bij->ij", w, S)
    variance = torch.einsum("b,bij->ij", w, (S - mean) ** 2)
    diagonal = covariance.diagonal()
    assert_close(mean, (n - 1) / n * covariance)
    formula = (n - 1) / n**2 * (torch.outer(diagonal, diagonal) + covariance**2)
    assert_close(variance, formula)


def test_mvn_entropy():
    expected = torch.tensor(scipy.stats.multivariate_normal(LOC, SIGMAS).entropy())
    assert_close(torch.logdet(2 * math.pi * math.e * SIGMAS) / 2, expected)
    assert_close(D / 2 * (LOG_2PI + 1) + L.diagonal().log().sum(), expected)


def test_mvn_kl():
    def formula(mu_0, sigma_0, mu_1, sigma_1):
        inverse, gap = torch.linalg.inv(sigma_1), mu_0 - mu_1
        ratio = torch.logdet(sigma_1) - torch.logdet(sigma_0)
        return (torch.trace(inverse @ sigma_0) - D + ratio + gap @ inverse @ gap) / 2

    normal, other = MultivariateNormal(LOC, SIGMAS), MultivariateNormal(LOC_1, SIGMAS_1)
    z, w = gauss(rows=D)
    x = LOC + z @ L.T
    by_quadrature = w @ (normal.log_prob(x) - other.log_prob(x))
    assert_close(formula(LOC, SIGMAS, LOC_1, SIGMAS_1), by_quadrature)
    assert_close(kl_divergence(normal, other), by_quadrature)

    lead = MultivariateNormal(MEANS, SCATTER).log_prob(XD).sum() - normal.log_prob(XD).sum()
    assert_close(lead, len(XD) * formula(MEANS, SCATTER, LOC, SIGMAS))


# Charts


def test_softplus():
    u = torch.linspace(-8, 8, 9, dtype=torch.float64)
    y = torch.log(1 + torch.exp(u))
    assert_close(y, torch.nn.functional.softplus(u))
    assert_close(y + torch.log(1 - torch.exp(-y)), u)
    check_slope(SoftplusTransform(), u, y, -torch.log(1 + torch.exp(-u)))


def test_exp():
    u = torch.linspace(-8, 8, 9, dtype=torch.float64)
    check_slope(ExpTransform(), u, torch.exp(u), u)
    assert_close(torch.log(torch.exp(u)), u)


def test_interval():
    a, b = -1.0, 4.0
    u = torch.linspace(-8, 8, 9, dtype=torch.float64)
    y = a + (b - a) / (1 + torch.exp(-u))
    assert_close(torch.log((y - a) / (b - y)), u)
    formula = torch.log((y - a) * (b - y) / (b - a))
    between = mlefit.transforms.chart(torch.distributions.constraints.interval(a, b))
    check_slope(between, u, y, formula)


@pytest.mark.parametrize("link", [SoftplusTransform(), ExpTransform()], ids=["softplus", "exp"])
def test_cholesky(link):
    i, j = torch.tril_indices(D, D)
    u = torch.linspace(-1.5, 2, len(i), dtype=torch.float64)
    factor = torch.zeros(D, D).double()
    for k, (row, column) in enumerate(zip(i, j, strict=True)):
        factor[row, column] = link(u[k]) if row == column else u[k]

    chart = CholeskyTransform(link)
    assert_close(chart(u), factor)
    on_diagonal = u[i == j]
    slopes = jacobian(lambda v: link(v).sum(), on_diagonal)
    J = jacobian(lambda v: chart(v)[i, j], u)
    assert_close(slopes.log().sum(), torch.linalg.slogdet(J).logabsdet)
    assert_close(slopes.log().sum(), chart.log_abs_det_jacobian(u, factor))


def test_gram():
    i, j = torch.tril_indices(D, D)

    def gram(entries):
        lower = entries.new_zeros(D, D).index_put((i, j), entries)
        return (lower @ lower.T)[i, j]

    powers = torch.tensor([D + 1.0 - (k + 1) for k in range(D)]).double()
    formula = D * math.log(2) + (powers * L.diagonal().log()).sum()
    assert_close(formula, torch.linalg.slogdet(jacobian(gram, L[i, j])).logabsdet)
    assert_close(formula, GramTransform().log_abs_det_jacobian(L, SIGMAS))


# After the fit


def test_delta_method():
    fit = mlefit.fit(Normal, X1)

    def far_tail(loc, scale):
        return 1 - Normal(loc, scale).cdf(torch.tensor(40.0))

    J = torch.stack(jacobian(far_tail, (fit.params["loc"], fit.params["scale"])))
    covariance = torch.diag(torch.stack([*fit.standard_errors().values()]) ** 2)
    error = fit.standard_errors(of=lambda d: far_tail(d.loc, d.scale))
    assert_close(error, (J @ covariance @ J).sqrt())


def test_wald():
    z = float(scipy.stats.norm.ppf(0.975))
    fit = mlefit.fit(Normal, X1)
    interval, error = fit.confidence_interval(), fit.standard_errors()
    factor = torch.exp(z * error["scale"] / S)
    assert_close(interval["loc"], (MEAN - z * error["loc"], MEAN + z * error["loc"]))
    assert_close(interval["scale"], (S / factor, S * factor))

    coin = mlefit.fit(Bernoulli, [0.0, 0.0, 1.0, 0.0, 1.0])
    theta, error = coin.params["probs"], coin.standard_errors()["probs"]
    factor = torch.exp(z * error / (theta * (1 - theta)))
    low, high = (1 / (1 + (1 - theta) / theta * f) for f in (factor, 1 / factor))
    assert_close(coin.confidence_interval()["probs"], (low, high))


def test_likelihood_ratio():
    """For a covariance, against two fits; its distribution, for a mean, where it is exact."""
    Sigma = SCATTER + 0.2 * torch.diag(SCATTER.diagonal())
    inside = mlefit.fit(MultivariateNormal, XD, fixed={"covariance_matrix": Sigma})
    whole = mlefit.closed_form(MultivariateNormal, XD)
    ratio = torch.linalg.inv(Sigma) @ SCATTER
    formula = len(XD) * (torch.trace(ratio) - torch.logdet(ratio) - D)
    assert_close(2 * (whole.log_likelihood - inside.log_likelihood), formula, rtol=1e-6, atol=0)
    freed = (whole.aic - inside.aic) / 2 + whole.log_likelihood - inside.log_likelihood
    assert_close(freed, torch.tensor(D * (D + 1) / 2).double())

    x = Normal(MU, SIGMA).sample((10, 20_000))
    gained = Normal(x.mean(0), SIGMA).log_prob(x).sum(0) - Normal(MU, SIGMA).log_prob(x).sum(0)
    assert scipy.stats.kstest(2 * gained, "chi2", (1,)).pvalue > 0.001


def test_profile_interval():
    assert round(CHI2, 3) == 3.841
    assert round(CHI2 / 2, 3) == 1.921
    fit = mlefit.fit(Normal, X1)
    for end in fit.profile_interval("scale"):
        best = mlefit.fit(Normal, X1, fixed={"scale": end}).log_likelihood
        assert math.isclose(2 * (fit.log_likelihood - best), CHI2, rel_tol=1e-6)


def test_sandwich():
    fit = mlefit.fit(Normal, X1)
    z = (X1 - MEAN) / S
    scores = torch.stack([z / S, (z**2 - 1) / S])
    bread = torch.diag(torch.stack([S**2 / N, S**2 / (2 * N)]))
    errors = (bread @ scores @ scores.T @ bread).diagonal().sqrt()
    m4 = (z**4).mean()

    assert_close(torch.stack([*fit.standard_errors(robust=True).values()]), errors)
    assert_close(errors[0], S / math.sqrt(N))
    assert_close(errors[1], S * (m4 - 1).sqrt() / (2 * math.sqrt(N)))

    w = torch.linspace(0.5, 2, N, dtype=torch.float64)
    weighted = mlefit.fit(Normal, X1, weights=w, fixed={"scale": S})
    slope = (X1 - weighted.params["loc"]) / S**2
    error = (w**2 * slope**2).sum().sqrt() * S**2 / w.sum()
    assert_close(weighted.standard_errors(robust=True)["loc"], error)


def test_information_criteria():
    for fit, k in (
        (mlefit.closed_form(Normal, X1), 2),
        (mlefit.closed_form(MultivariateNormal, XD), D + D * (D + 1) // 2),
    ):
        assert_close(fit.aic, 2 * k - 2 * fit.log_likelihood)
        assert_close(fit.bic, k * math.log(fit.n) - 2 * fit.log_likelihood)


def gauss(rows: int, nodes: int = 5) -> tuple[Tensor, Tensor]:
    """Return points `(m, rows)` and weights that integrate polynomials against a normal.

    Exact up to degree 2 nodes - 1 in each of the independent standard normal coordinates.
    """
    points, weights = map(torch.from_numpy, np.polynomial.hermite_e.hermegauss(nodes))
    weights = weights / weights.sum()
    grid = torch.cartesian_prod(*[points] * rows).reshape(-1, rows)
    each = torch.cartesian_prod(*[weights] * rows).reshape(-1, rows)
    return grid, each.prod(-1)


def along(m: Tensor, V: Tensor, x: Tensor = POINT):
    """Return the log-density of x as a function of t, at mu + t m and Sigma + t V."""
    return lambda t: MultivariateNormal(LOC + t * m, SIGMAS + t * V).log_prob(x)


def i_diagonal(d: int) -> Tensor:
    """Return where the diagonal stands in the lower triangle, row by row."""
    i, j = torch.tril_indices(d, d)
    return (i == j).nonzero()[:, 0]


def check_slope(chart, u: Tensor, y: Tensor, log_slope: Tensor) -> None:
    """Compare a formula for log dy/du with autograd and with the library's chart."""
    assert_close(chart(u), y)
    assert_close(log_slope, jacobian(lambda v: chart(v).sum(), u).log())
    assert_close(log_slope, chart.log_abs_det_jacobian(u, y))
