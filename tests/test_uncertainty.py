"""Standard errors and Wald intervals equal the textbook's, and cover as often as they say."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.distributions.transforms import ExpTransform
from torch.testing import assert_close

import mlefit

close = partial(assert_close, rtol=1e-6, atol=1e-12)
like = partial(assert_close, rtol=1e-3, atol=1e-9)  # estimates are 1e-8 nats from the maximum
Z95 = 1.959963984540054

N = 80
x = 2 * torch.randn(N, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 3
L = torch.tensor([[1.0, 0.0, 0.0], [0.6, 0.5, 0.0], [-2.0, 0.3, 3.0]], dtype=torch.float64)
X = torch.randn(N, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) @ L.T + 1
counts = x.abs().round()
coins = (x > 3).double()


# ---- textbook formulas, from the second derivative by hand


TEXTBOOK: dict[str, tuple[type[Distribution], Tensor, Callable[[dict[str, Any]], dict[str, Any]]]]
TEXTBOOK = {
    "Normal": (
        Normal,
        x,
        lambda p: {"loc": p["scale"] / N**0.5, "scale": p["scale"] / (2 * N) ** 0.5},
    ),
    "Poisson": (td.Poisson, counts, lambda p: {"rate": (p["rate"] / N).sqrt()}),
    "Exponential": (td.Exponential, x.exp(), lambda p: {"rate": p["rate"] / N**0.5}),
    "Bernoulli": (
        td.Bernoulli,
        coins,
        lambda p: {"probs": (p["probs"] * (1 - p["probs"]) / N).sqrt()},
    ),
    "Geometric": (
        td.Geometric,
        counts,
        lambda p: {"probs": (p["probs"] ** 2 * (1 - p["probs"]) / N).sqrt()},
    ),
    "HalfNormal": (td.HalfNormal, x.abs(), lambda p: {"scale": p["scale"] / (2 * N) ** 0.5}),
    "LogNormal": (
        td.LogNormal,
        x.exp(),
        lambda p: {"loc": p["scale"] / N**0.5, "scale": p["scale"] / (2 * N) ** 0.5},
    ),
    "Categorical": (
        td.Categorical,
        counts.clamp(max=3),
        lambda p: {"probs": (p["probs"] * (1 - p["probs"]) / N).sqrt()},
    ),
}
METHODS = {"fit": mlefit.fit, "closed_form": mlefit.closed_form}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("label", TEXTBOOK)
def test_textbook_formulas(label: str, method: str) -> None:
    family, data, formulas = TEXTBOOK[label]
    found = METHODS[method](family, data)
    errors = found.standard_errors()
    for name, error in formulas(dict(found.params)).items():
        like(errors[name], error)


def test_location_of_a_known_scale() -> None:
    found = mlefit.fit(Normal, x, fixed={"scale": 2.0})
    like(found.standard_errors()["loc"], torch.tensor(2 / N**0.5, dtype=torch.float64))


@pytest.mark.parametrize("method", METHODS)
def test_multivariate_normal(method: str) -> None:
    found = METHODS[method](MultivariateNormal, X)
    S = found.distribution.covariance_matrix
    like(found.standard_errors()["loc"], (S.diagonal() / N).sqrt())
    # Var S_ij = (S_ij^2 + S_ii S_jj) / n, the diagonal of (2/n) D+ (S x S) D+'
    variance = (S**2 + S.diagonal()[:, None] * S.diagonal()) / N
    like(found.standard_errors(of=lambda it: it.covariance_matrix), variance.sqrt())
    errors = found.standard_errors()["scale_tril"]
    assert torch.equal(errors.triu(1), torch.zeros(3, 3, dtype=torch.float64))
    assert (errors.tril().diagonal() > 0).all()


@pytest.mark.parametrize("name", ["covariance_matrix", "precision_matrix"])
def test_matrix_parameters_carry_the_same_errors(name: str) -> None:
    start = {name: torch.eye(3)}
    direct = mlefit.fit(MultivariateNormal, X, init=start).standard_errors()[name]
    delta = mlefit.closed_form(MultivariateNormal, X)
    like(direct, delta.standard_errors(of=lambda it: getattr(it, name)))


def test_weights_are_frequencies() -> None:
    data, times = x[:20], torch.arange(20) % 3 + 1
    weighted = mlefit.fit(td.Gumbel, data, weights=times)
    repeated = mlefit.fit(td.Gumbel, data.repeat_interleave(times))
    for name, error in repeated.standard_errors().items():
        like(weighted.standard_errors()[name], error)


def test_errors_have_the_shape_of_their_parameters() -> None:
    data = X.reshape(N, 3, 1).expand(N, 3, 2) + torch.tensor([0.0, 1.0])
    found = mlefit.fit(td.Gumbel, data)
    for name, error in found.standard_errors().items():
        assert error.shape == found.params[name].shape == (3, 2)
    assert found.standard_errors(of=lambda it: it.mean).shape == (3, 2)
    low, high = found.confidence_interval(of=lambda it: torch.stack([it.mean, it.stddev], -1))
    assert low.shape == high.shape == (3, 2, 2)


# ---- charts


CHARTS = {
    "default": {},
    "exp": {"transforms": {"concentration": ExpTransform(), "rate": ExpTransform()}},
    "torch's softplus": {"transforms": {"rate": td.SoftplusTransform()}},
}


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("chart", CHARTS)
def test_charts_do_not_matter(chart: str, robust: bool) -> None:
    reference = mlefit.fit(td.Gamma, x.exp(), tol=1e-14)
    found = mlefit.fit(td.Gamma, x.exp(), tol=1e-14, **CHARTS[chart])
    for name, error in reference.standard_errors(robust=robust).items():
        close(found.standard_errors(robust=robust)[name], error)
        for mine, theirs in zip(
            found.confidence_interval(robust=robust)[name],
            reference.confidence_interval(robust=robust)[name],
            strict=True,
        ):
            close(mine, theirs)


# ---- functions of the distribution


def test_delta_method_of_a_function() -> None:
    found = mlefit.fit(Normal, x)
    loc, scale = found.params["loc"], found.params["scale"]
    like(found.standard_errors(of=lambda it: it.variance), 2 * scale**2 / (2 * N) ** 0.5)
    coefficient = found.standard_errors(of=lambda it: it.scale / it.loc)
    like(coefficient, scale / loc * (1 / (2 * N) + (scale / loc) ** 2 / N).sqrt())
    quantile = found.standard_errors(of=lambda it: it.icdf(torch.tensor(0.975).double()))
    q = Normal(0.0, 1.0).icdf(torch.tensor(0.975).double())
    like(quantile, scale * ((1 + q**2 / 2) / N).sqrt())


def test_interval_of_a_function_is_symmetric_on_its_own_scale() -> None:
    found = mlefit.fit(Normal, x)
    low, high = found.confidence_interval(of=lambda it: it.variance)
    error = found.standard_errors(of=lambda it: it.variance)
    close(low, found.params["scale"] ** 2 - Z95 * error)
    close(high, found.params["scale"] ** 2 + Z95 * error)


def test_function_of_nothing_learned_is_certain() -> None:
    found = mlefit.fit(Normal, x, fixed={"scale": 2.0})
    assert found.standard_errors(of=lambda it: it.scale) == 0


# ---- the sandwich


def test_sandwich_of_a_mean_is_the_usual_one() -> None:
    """For a Poisson, the score is (x - rate) / rate: the sandwich is the plain variance."""
    found = mlefit.fit(td.Poisson, counts)
    usual = (counts.var(correction=0) / N).sqrt()
    like(found.standard_errors(robust=True)["rate"], usual)


def test_sandwich_of_a_normal() -> None:
    found = mlefit.fit(Normal, x)
    m, s = x.mean(), x.std(correction=0)
    scores = torch.stack([(x - m) / s**2, ((x - m) ** 2 - s**2) / s**3], -1)
    bread = torch.stack([s**2, s**2 / 2]).diag() / N
    variance = (bread @ scores.T @ scores @ bread).diagonal()
    errors = found.standard_errors(robust=True)
    like(torch.stack([errors["loc"], errors["scale"]]), variance.sqrt())


def test_sandwich_of_weights() -> None:
    w = torch.linspace(0.1, 2.0, N, dtype=torch.float64)
    found = mlefit.fit(td.Exponential, x.exp(), weights=w)
    rate = found.params["rate"]
    scores = 1 / rate - x.exp()
    meat, bread = (w**2 * scores**2).sum(), rate**2 / w.sum()
    like(found.standard_errors(robust=True)["rate"], bread * meat.sqrt())
    like(found.standard_errors()["rate"], rate / w.sum().sqrt())


def test_sandwich_of_a_vector() -> None:
    found = mlefit.fit(MultivariateNormal, X)
    residuals = X - X.mean(0)
    usual = (residuals.square().mean(0) / N).sqrt()
    like(found.standard_errors(robust=True)["loc"], usual)
    fourth = residuals[:, :, None] * residuals[:, None, :]
    spread = fourth.var(0, correction=0)
    robust = found.standard_errors(of=lambda it: it.covariance_matrix, robust=True)
    like(robust, (spread / N).sqrt())


def test_sandwich_of_a_batch() -> None:
    data = torch.stack([x, 0.5 * x + 1], 1).exp()
    together = mlefit.fit(td.Weibull, data).standard_errors(robust=True)
    for i in range(2):
        alone = mlefit.fit(td.Weibull, data[:, i]).standard_errors(robust=True)
        for name, error in alone.items():
            like(together[name][i], error)


# ---- intervals


def test_interval_of_a_location_is_symmetric() -> None:
    found = mlefit.fit(Normal, x)
    low, high = found.confidence_interval()["loc"]
    margin = Z95 * found.standard_errors()["loc"]
    close(low, found.params["loc"] - margin)
    close(high, found.params["loc"] + margin)


def test_interval_of_a_positive_parameter_is_on_its_logarithm() -> None:
    found = mlefit.fit(Normal, x)
    low, high = found.confidence_interval(level=0.9)["scale"]
    factor = (1.6448536269514722 * found.standard_errors()["scale"] / found.params["scale"]).exp()
    close(low, found.params["scale"] / factor)
    close(high, found.params["scale"] * factor)


def test_interval_of_a_probability_is_on_its_logit() -> None:
    found = mlefit.fit(td.Bernoulli, coins)
    p = found.params["probs"]
    low, high = found.confidence_interval()["probs"]
    margin = Z95 * (1 / (N * p * (1 - p))).sqrt()
    like(low, (p.logit() - margin).sigmoid())
    like(high, (p.logit() + margin).sigmoid())


def test_interval_of_a_factor_has_log_diagonal_and_plain_rest() -> None:
    found = mlefit.fit(MultivariateNormal, X)
    value, error = found.params["scale_tril"], found.standard_errors()["scale_tril"]
    low, high = found.confidence_interval()["scale_tril"]
    close(low[1, 0], value[1, 0] - Z95 * error[1, 0])
    close(high[2, 2], value[2, 2] * (Z95 * error[2, 2] / value[2, 2]).exp())
    assert torch.equal(low.triu(1), torch.zeros(3, 3, dtype=torch.float64))
    assert torch.equal(high.triu(1), torch.zeros(3, 3, dtype=torch.float64))


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_intervals_follow_the_unit(unit: float) -> None:
    reference = mlefit.fit(Normal, x).confidence_interval()
    for name, (low, high) in mlefit.fit(Normal, unit * x).confidence_interval().items():
        close(low / unit, reference[name][0])
        close(high / unit, reference[name][1])


# ---- coverage


def within(interval: tuple[Tensor, Tensor], truth: float) -> float:
    low, high = interval
    return ((low <= truth) & (truth <= high)).double().mean().item()


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """2000 samples at once: 95 % give or take four times sqrt(.95 * .05 / 2000) = 0.5 %."""
    g = torch.Generator().manual_seed(3)
    data = -torch.rand(60, 2000, dtype=torch.float64, generator=g).log() / 3.0
    found = mlefit.fit(td.Exponential, data)
    assert found.converged.all()
    assert within(found.confidence_interval()["rate"], 3.0) == pytest.approx(0.95, abs=0.02)
    narrow = found.confidence_interval(level=0.5)["rate"]
    assert within(narrow, 3.0) == pytest.approx(0.5, abs=0.045)
    assert within(found.profile_interval("rate"), 3.0) == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_robust_intervals_cover_where_the_family_is_wrong() -> None:
    g = torch.Generator().manual_seed(4)
    data = -torch.rand(200, 1000, dtype=torch.float64, generator=g).log()
    found = mlefit.fit(Normal, data)  # exponential data: the spread of (x - 1)^2 is 8, not 2
    assert within(found.confidence_interval()["scale"], 1.0) < 0.8
    assert within(found.confidence_interval(robust=True)["scale"], 1.0) > 0.88


def test_of_what_is_infinite_there_is_no_error() -> None:
    """The variance of a t with 1.5 degrees of freedom is infinite, whatever its scale."""
    found = mlefit.fit(td.StudentT, x, fixed={"df": 1.5})
    error = found.standard_errors(of=lambda d: torch.stack([d.loc, d.variance]))
    assert_close(error[0], found.standard_errors()["loc"])
    assert error[1].isnan()
