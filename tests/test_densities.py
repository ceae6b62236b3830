"""Densities that the library writes anew, against arithmetic with 50 digits."""

import mpmath
import pytest
import torch
from torch.distributions import Beta, Binomial, FisherSnedecor, Gamma

import mlefit
from mlefit._densities import DENSITIES

POINTS = [
    (2.0, 3.0, 0.3),
    (59.0, 60.5, 0.5),
    (61.0, 61.0, 0.5),
    (3.0, 1e5, 1e-5),
    (1e12, 1e12, 0.5),
    (0.01, 1e14, 1e-20),
    (2.0, 1e17, 1e-17),
    (1e9, 0.5, 1 - 1e-9),
]


def exact_beta(a, b, x):
    """Return the log-density and its derivatives in a and b, from 50 digits."""
    with mpmath.workdps(50):
        a, b, x = (mpmath.mpf(value) for value in (a, b, x))
        value = (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log1p(-x)
        value -= mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
        both = mpmath.digamma(a + b)
        slopes = (
            mpmath.log(x) - mpmath.digamma(a) + both,
            (mpmath.log1p(-x) - mpmath.digamma(b) + both),
        )
        return [float(number) for number in (value, *slopes)]


@pytest.mark.parametrize(("a", "b", "x"), POINTS)
def test_the_beta_density_keeps_its_digits(a, b, x):
    params = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    value = DENSITIES[Beta](Beta(*params, validate_args=False), torch.tensor(x).double())
    (found,) = torch.autograd.grad(value, params)

    x = torch.tensor(x).double().item()
    expected, *slopes = exact_beta(a, b, x)
    terms = abs(a * mpmath.log(x)) + abs(b * mpmath.log1p(-x))  # what rounding is relative to
    assert value.item() == pytest.approx(expected, abs=3e-15 * float(terms), rel=1e-13)
    log = [float(-mpmath.log(x)), float(-mpmath.log1p(-x))]
    for slope, right, size in zip(found.tolist(), slopes, log, strict=True):
        assert slope == pytest.approx(right, rel=1e-9, abs=4e-15 * size)


@pytest.mark.parametrize("unit", [1e-8, 1e-14, 1e-20])
def test_beta_data_near_zero_are_gamma_data(unit):
    torch.manual_seed(0)
    x = unit * Gamma(torch.tensor(3.0).double(), torch.tensor(2.0).double()).sample((60,))
    near, limit = mlefit.fit(Beta, x), mlefit.fit(Gamma, x / unit)
    assert near.converged
    assert limit.converged
    shape, rate = limit.params["concentration"].item(), limit.params["rate"].item()
    assert near.params["concentration1"].item() == pytest.approx(shape, rel=1e-4)
    assert near.params["concentration0"].item() * unit == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("df1", [0.5, 5.0, 300.0, 1e9])
@pytest.mark.parametrize("df2", [0.5, 6.0, 1e12])
@pytest.mark.parametrize("x", [1e-6, 0.8, 40.0])
def test_the_f_density_keeps_its_digits(df1, df2, x):
    with mpmath.workdps(60):
        a, b, y = mpmath.mpf(df1) / 2, mpmath.mpf(df2) / 2, mpmath.mpf(x)
        exact = a * mpmath.log(a * y / b) - (a + b) * mpmath.log1p(a * y / b) - mpmath.log(y)
        exact -= mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    params = torch.tensor([df1, df2], dtype=torch.float64)
    value = torch.tensor(x, dtype=torch.float64)
    ours = DENSITIES[FisherSnedecor](FisherSnedecor(*params), value)
    assert ours.item() == pytest.approx(float(exact), rel=1e-12, abs=1e-10)


def test_the_binomial_density_is_torchs():
    logits = torch.linspace(-40, 40, 17, dtype=torch.float64)[:, None]
    counts = torch.arange(8, dtype=torch.float64)
    coins = Binomial(7, logits=logits)
    torch.testing.assert_close(DENSITIES[Binomial](coins, counts), coins.log_prob(counts))


@pytest.mark.parametrize("logit", [0.0, -0.0, 1e-9, 3.0])
def test_the_binomial_density_bends_where_torchs_is_flat(logit):
    """The second derivative in the logit is -n p (1 - p), also where p is one half."""
    x = torch.tensor(3.0, dtype=torch.float64)
    u = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    p = u.detach().sigmoid()
    (slope,) = torch.autograd.grad(
        DENSITIES[Binomial](Binomial(10, logits=u), x), u, create_graph=True
    )
    (bend,) = torch.autograd.grad(slope, u)
    torch.testing.assert_close(slope.detach(), 3 - 10 * p)
    torch.testing.assert_close(bend, -10 * p * (1 - p))
