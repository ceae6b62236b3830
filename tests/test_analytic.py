"""Derivatives that are written out are those of autograd, and values those of torch."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.testing import assert_close

from mlefit._analytic import ANALYTIC, LARGE, _gamma_ratio
from mlefit._objective import derivatives
from mlefit._pose import pose

B = 6
WEIGHTS = {"none": None, "shared": (40,), "of each fit": (40, B)}
every_family = pytest.mark.parametrize("family", ANALYTIC, ids=lambda family: family.__name__)
weighted = pytest.mark.parametrize("shape", WEIGHTS.values(), ids=WEIGHTS)


def params(family: type[Distribution]) -> dict[str, Tensor]:
    """Return positive parameters of B fits, over two orders of magnitude."""
    return {name: 10 * torch.rand(B).double() + 0.1 for name in ANALYTIC[family].names}


def rows(n: int = 40) -> Tensor:
    return 5 * torch.randn(n, B, dtype=torch.float64).exp()


def weights(shape: tuple[int, ...] | None) -> Tensor | None:
    return None if shape is None else torch.rand(shape, dtype=torch.float64)


def mean_nll(family: type, params: Mapping[str, Tensor], x: Tensor, w: Tensor | None) -> Tensor:
    each = -family(**params, validate_args=False).log_prob(x)
    w = torch.ones_like(x) if w is None else w.reshape(len(w), -1)
    return (w * each).sum(0) / w.sum(0).expand(B)


@every_family
@weighted
def test_value_gradient_and_hessian(family: type, shape: tuple[int, ...] | None) -> None:
    by_hand, theta, x, w = ANALYTIC[family], params(family), rows(), weights(shape)
    n = torch.full((B,), 40.0).double() if w is None else w.reshape(40, -1).sum(0).expand(B)
    arguments = theta, x, None if w is None else w.reshape(40, -1), n

    def of(u: Tensor) -> Tensor:
        return mean_nll(family, dict(zip(by_hand.names, u.unbind(-1), strict=True)), x, w)

    expected = derivatives(of, torch.stack([theta[name] for name in by_hand.names], -1))
    for found, automatic in zip(by_hand.derivatives(*arguments), expected, strict=True):
        assert_close(found, automatic, rtol=1e-10, atol=1e-12)
    assert_close(by_hand.value(*arguments), expected[0], rtol=1e-12, atol=0)


@every_family
def test_tiles_add_up(family: type, monkeypatch: pytest.MonkeyPatch) -> None:
    theta, x, w = params(family), rows(), weights((40, B))
    arguments = theta, x, w, w.sum(0)
    whole = ANALYTIC[family].derivatives(*arguments)
    for tile in (1, 7, 80, 1000):
        monkeypatch.setattr("mlefit._analytic.TILE", tile)
        for part, all_at_once in zip(ANALYTIC[family].derivatives(*arguments), whole, strict=True):
            assert_close(part, all_at_once, rtol=1e-12, atol=1e-14)


@every_family
@pytest.mark.parametrize("fixed", [0, 1, 2])
def test_through_the_charts_and_with_one_parameter_fixed(family: type, fixed: int) -> None:
    name = ANALYTIC[family].names[fixed]
    likelihood = pose(family, rows(), fixed={name: 1.5}).likelihood()
    u = torch.randn(B, 2, dtype=torch.float64)
    for found, automatic in zip(likelihood.derivatives(u), derivatives(likelihood, u), strict=True):
        assert_close(found, automatic, rtol=1e-10, atol=1e-12)


@every_family
def test_out_of_bounds_is_infinite(family: type) -> None:
    likelihood = pose(family, rows()).likelihood()
    u = torch.full((B, 3), -1e4, dtype=torch.float64)  # a softplus of exactly zero
    with torch.no_grad():
        assert (likelihood(u) == torch.inf).all()


@pytest.mark.parametrize("df", [0.01, 1.0, 59.0, LARGE, LARGE + 1e-9, 1e3])
def test_gamma_ratio_by_quotients_of_its_own(df: float) -> None:
    """Against log Gamma in fifty digits: Stirling's series, and the recurrence down from there."""
    with localcontext(prec=50):
        h = Decimal("1e-12")
        at = [exact_ratio(Decimal(df) + k * h) for k in (-1, 0, 1)]
        expected = [at[1], (at[2] - at[0]) / (2 * h), (at[2] - 2 * at[1] + at[0]) / h**2]
    for found, want in zip(
        _gamma_ratio(torch.tensor(df, dtype=torch.float64)), expected, strict=True
    ):
        assert_close(found.item(), float(want), rtol=1e-9, atol=1e-14)


def exact_ratio(df: Decimal) -> Decimal:
    return log_gamma(df / 2) - log_gamma((df + 1) / 2) + df.ln() / 2


def log_gamma(x: Decimal) -> Decimal:
    down = Decimal(0)
    while x < 80:
        down, x = down + x.ln(), x + 1
    bernoulli = [Fraction(1, 6), Fraction(-1, 30), Fraction(1, 42), Fraction(-1, 30)]
    bernoulli += [Fraction(5, 66), Fraction(-691, 2730), Fraction(7, 6), Fraction(-3617, 510)]
    bernoulli += [Fraction(43867, 798), Fraction(-174611, 330), Fraction(854513, 138)]
    two_pi = Decimal("6.2831853071795864769252867665590057683943387987502")
    series = sum(
        Decimal(b.numerator) / b.denominator / (2 * k * (2 * k - 1)) / x ** (2 * k - 1)
        for k, b in enumerate(bernoulli, 1)
    )
    return (x - Decimal("0.5")) * x.ln() - x + two_pi.ln() / 2 + series - down
