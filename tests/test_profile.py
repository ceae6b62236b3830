"""Likelihood-ratio intervals equal those of a hand-written profile and a root-finder."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.distributions as td
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, f, genpareto
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal
from torch.distributions.transforms import ExpTransform
from torch.testing import assert_close

import mlefit

close = partial(assert_close, rtol=1e-5, atol=1e-9)

N = 25
x = 2 * torch.randn(N, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 3
times = x.exp()


def edges(
    profile: Callable[[float], float], best: float, low: float, high: float, level: float
) -> tuple[Tensor, Tensor]:
    """Return where twice the log-likelihood has fallen by the quantile, to either side."""
    threshold = chi2.ppf(level, 1)
    fall = lambda value: 2 * (profile(best) - profile(value)) - threshold  # noqa: E731
    ends = brentq(fall, low, best, xtol=1e-12), brentq(fall, best, high, xtol=1e-12)
    return tuple(torch.tensor(end, dtype=torch.float64) for end in ends)


def normal_loc(m: float) -> float:
    return -N / 2 * (x - m).square().mean().log().item()


def normal_scale(s: float) -> float:
    return Normal(x.mean(), s).log_prob(x).sum().item()


def exponential_rate(rate: float) -> float:
    return td.Exponential(rate).log_prob(times).sum().item()


def gamma_concentration(a: float) -> float:
    return td.Gamma(a, a / times.mean()).log_prob(times).sum().item()


def weibull_concentration(k: float) -> float:
    scale = times.pow(k).mean().pow(1 / k)
    return td.Weibull(scale, torch.tensor(k)).log_prob(times).sum().item()


def gumbel_loc(m: float) -> float:
    fall = lambda s: -td.Gumbel(m, s).log_prob(x).sum().item()  # noqa: E731
    return -minimize_scalar(fall, bounds=(0.1, 20.0), options={"xatol": 1e-10}).fun


PROFILES = {
    "Normal.loc": (Normal, x, normal_loc, -10.0, 16.0),
    "Normal.scale": (Normal, x, normal_scale, 0.1, 50.0),
    "Exponential.rate": (td.Exponential, times, exponential_rate, 1e-6, 1.0),
    "Gamma.concentration": (td.Gamma, times, gamma_concentration, 1e-3, 20.0),
    "Weibull.concentration": (td.Weibull, times, weibull_concentration, 1e-2, 10.0),
    "Gumbel.loc": (td.Gumbel, x, gumbel_loc, -2.0, 7.0),
}


@pytest.mark.parametrize("level", [0.5, 0.99])
@pytest.mark.parametrize("label", PROFILES)
def test_equals_a_profile_by_hand(label: str, level: float) -> None:
    family, data, profile, low, high = PROFILES[label]
    name = label.split(".")[1]
    found = mlefit.fit(family, data, tol=1e-14)
    interval = found.profile_interval(name, level=level)
    expected = edges(profile, found.params[name].item(), low, high, level)
    for mine, theirs in zip(interval, expected, strict=True):
        assert mine.shape == ()
        close(mine, theirs)


def test_scale_of_a_normal_by_statistics_or_exactly() -> None:
    expected = mlefit.fit(Normal, x).profile_interval("scale")
    stats = mlefit.suffstats(Normal, x)
    for found in (mlefit.fit(Normal, stats), mlefit.closed_form(Normal, x)):
        for mine, theirs in zip(found.profile_interval("scale"), expected, strict=True):
            close(mine, theirs)


def test_vector_of_one_number_is_no_scalar() -> None:
    found = mlefit.fit(MultivariateNormal, x[:, None])
    with pytest.raises(ValueError, match=r"one number a fit; got 'loc'"):
        found.profile_interval("loc")


@pytest.mark.parametrize("transform", [ExpTransform(), td.SoftplusTransform()])
def test_chart_does_not_matter(transform: td.Transform) -> None:
    reference = mlefit.fit(td.Gamma, times, tol=1e-14)
    found = mlefit.fit(td.Gamma, times, tol=1e-14, transforms={"concentration": transform})
    for name in ("concentration", "rate"):
        for mine, theirs in zip(
            found.profile_interval(name), reference.profile_interval(name), strict=True
        ):
            close(mine, theirs)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_follows_the_unit(unit: float) -> None:
    for name in ("loc", "scale"):
        reference = mlefit.fit(td.Gumbel, x).profile_interval(name)
        found = mlefit.fit(td.Gumbel, unit * x).profile_interval(name)
        for mine, theirs in zip(found, reference, strict=True):
            assert_close(mine / unit, theirs, rtol=1e-4, atol=0)


def test_weights_are_frequencies() -> None:
    counts = torch.arange(N) % 3
    weighted = mlefit.fit(td.Gumbel, x, weights=counts)
    repeated = mlefit.fit(td.Gumbel, x.repeat_interleave(counts))
    for mine, theirs in zip(
        weighted.profile_interval("loc"), repeated.profile_interval("loc"), strict=True
    ):
        assert_close(mine, theirs, rtol=1e-4, atol=0)


def test_fixed_parameters_stay_fixed() -> None:
    found = mlefit.fit(td.StudentT, x, fixed={"df": 5.0, "scale": 2.0})
    fall = lambda m: td.StudentT(5.0, m, 2.0).log_prob(x).sum().item()  # noqa: E731
    expected = edges(fall, found.params["loc"].item(), -5.0, 10.0, 0.95)
    for mine, theirs in zip(found.profile_interval("loc"), expected, strict=True):
        assert_close(mine, theirs, rtol=1e-4, atol=0)


def test_batch_equals_its_singles() -> None:
    data = torch.stack([x, x + 1e3, 0.01 * x, x**3], 1).reshape(N, 2, 2)
    together = mlefit.fit(td.Gumbel, data)
    for name in ("loc", "scale"):
        low, high = together.profile_interval(name)
        assert low.shape == high.shape == (2, 2)
        for i in range(4):
            one = mlefit.fit(td.Gumbel, data[:, i // 2, i % 2])
            for mine, theirs in zip((low, high), one.profile_interval(name), strict=True):
                assert_close(mine[i // 2, i % 2], theirs, rtol=1e-4, atol=0)


def test_ends_may_be_infinite() -> None:
    """Near-normal data: any number of degrees of freedom above some bound will do."""
    data = torch.cat([Normal(0.0, 1.0).icdf(torch.linspace(0.02, 0.98, 49)), torch.tensor([4.0])])
    found = mlefit.fit(td.StudentT, data.double())
    assert found.converged, found.message
    low, high = found.profile_interval("df")
    assert 0 < low < found.params["df"]
    assert high == torch.inf


def test_one_success_in_three() -> None:
    """Wald's interval would be symmetric on the logit; this one is not."""
    found = mlefit.fit(td.Bernoulli, [0.0, 1.0, 0.0])
    low, high = found.profile_interval("probs", level=0.95)
    fall = lambda p: td.Bernoulli(p).log_prob(torch.tensor([0.0, 1.0, 0.0])).sum().item()  # noqa: E731
    expected = edges(fall, 1 / 3, 1e-9, 1 - 1e-9, 0.95)
    assert_close(low, expected[0], rtol=1e-3, atol=0)
    assert_close(high, expected[1], rtol=1e-3, atol=0)


@pytest.mark.parametrize(("toss", "end"), [(1.0, 1), (0.0, 0)], ids=["heads", "tails"])
def test_from_a_boundary_the_other_end_is_found(toss: float, end: int) -> None:
    """Ten heads: twice 10 log p is -3.84 at the lower end."""
    with pytest.warns(mlefit.ConvergenceWarning, match="no maximum inside"):
        found = mlefit.fit(td.Bernoulli, [toss] * 10)
    with pytest.warns(mlefit.ConvergenceWarning, match="^a profile interval of a fit"):
        interval = found.profile_interval("probs")
    expected = math.exp(-chi2.ppf(0.95, 1) / 2 / 10)
    assert interval[end].item() == end
    assert interval[1 - end].item() == pytest.approx(expected if end else 1 - expected, rel=1e-6)


def test_of_logits_is_that_of_probs() -> None:
    ends = []
    for name in ("logits", "probs"):
        with pytest.warns(mlefit.ConvergenceWarning, match=f"{name} runs to"):
            found = mlefit.fit(td.Bernoulli, [1.0] * 10, init={name: 0.5})
        with pytest.warns(mlefit.ConvergenceWarning):
            ends.append(found.profile_interval(name))
    (low, high), (least, most) = ends
    close(low.sigmoid(), least)
    assert (high, most) == (torch.inf, 1)


@pytest.mark.skipif(not hasattr(td, "GeneralizedPareto"), reason="torch 2.8 and later")
@pytest.mark.parametrize("seed", [4, 6, 9])
def test_the_others_move_where_the_support_depends_on_them(seed: int) -> None:
    """A Pareto tail that ends: far from the estimate the scale of there has no density."""
    data = genpareto.rvs(-0.2, scale=2, size=60, random_state=seed)
    found = mlefit.fit(td.GeneralizedPareto, data, fixed={"loc": 0.0})
    c, s = (found.params[name].item() for name in ("concentration", "scale"))

    def of_shape(c: float) -> float:
        least = math.log(max(-c * data.max(), 1e-9) * (1 + 1e-9))
        fall = lambda u: -genpareto.logpdf(data, c, scale=math.exp(u)).sum()  # noqa: E731
        return -minimize_scalar(fall, bounds=(least, 4.0), options={"xatol": 1e-11}).fun

    def of_scale(s: float) -> float:
        fall = lambda c: -genpareto.logpdf(data, c, scale=s).sum()  # noqa: E731
        ends = (-s / data.max() + 1e-10, 3.0)
        return -minimize_scalar(fall, bounds=ends, options={"xatol": 1e-11}).fun

    by_hand = edges(of_shape, c, -0.98, 3.0, 0.95), edges(of_scale, s, s / 10, s * 10, 0.95)
    for name, ends in zip(("concentration", "scale"), by_hand, strict=True):
        assert_close(found.profile_interval(name), ends, rtol=1e-4, atol=0)


def test_of_a_callable_stays_inside_its_chart() -> None:
    rate = {"rate": ExpTransform()}
    own = mlefit.fit(
        lambda rate: td.Exponential(rate), times[:3], init={"rate": 1.0}, transforms=rate
    )
    known = mlefit.fit(td.Exponential, times[:3])
    close(own.profile_interval("rate"), known.profile_interval("rate"))
    close(own.confidence_interval()["rate"], known.confidence_interval()["rate"])


def test_of_a_callable_without_a_chart_ends_where_torch_refuses() -> None:
    own = mlefit.fit(lambda rate: td.Exponential(rate), times[:3], init={"rate": 1.0})
    known = mlefit.fit(td.Exponential, times[:3])
    close(own.profile_interval("rate"), known.profile_interval("rate"))


def test_of_f_where_other_degrees_of_freedom_run_off() -> None:
    data = f.rvs(5, 6, size=15, random_state=3)
    found = mlefit.fit(td.FisherSnedecor, data)

    def by_df1(df1: float) -> float:
        fall = lambda u: -f.logpdf(data, df1, math.exp(u)).sum()  # noqa: E731
        return -minimize_scalar(fall, bounds=(-2.0, 25.0), options={"xatol": 1e-10}).fun

    best = found.params["df1"].item()
    low, _ = found.profile_interval("df1")
    assert_close(low, edges(by_df1, best, 0.5, 1e4, 0.95)[0], rtol=1e-4, atol=0)


def test_of_a_corner_in_a_batch_there_is_none() -> None:
    tosses = torch.ones(10, 2)
    tosses[:4, 0] = 0
    low, high = mlefit.closed_form(td.Bernoulli, tosses).profile_interval("probs")
    expected = mlefit.closed_form(td.Bernoulli, tosses[:, 0]).profile_interval("probs")
    close((low[0], high[0]), expected)
    assert low[1].isnan()
    assert high[1].isnan()


def test_from_infinity_the_lower_end_is_found() -> None:
    """Light tails: the likelihood rises with df, ever less, to that of a normal."""
    data = mlefit.datasets.michelson(2)
    with pytest.warns(mlefit.ConvergenceWarning, match="df runs to the boundary"):
        found = mlefit.fit(td.StudentT, data)
    with pytest.warns(mlefit.ConvergenceWarning):
        low, high = found.profile_interval("df")
    there = mlefit.fit(td.StudentT, data, fixed={"df": low})
    fall = mlefit.closed_form(Normal, data).log_likelihood - there.log_likelihood
    assert 2 * fall.item() == pytest.approx(chi2.ppf(0.95, 1), rel=1e-4)
    assert high == torch.inf


def test_contains_the_estimate_and_grows_with_the_level() -> None:
    found = mlefit.fit(td.Weibull, times)
    before = (found.params["concentration"],) * 2
    for level in (0.1, 0.5, 0.9, 0.99):
        low, high = found.profile_interval("concentration", level=level)
        assert low < before[0]
        assert before[1] < high
        before = low, high
