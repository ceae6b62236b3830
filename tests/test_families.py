"""Every family of torch.distributions is fitted, or refused with the reason."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import scipy.stats
import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution
from torch.testing import assert_close

import mlefit

N, BATCH = 300, 3


def real(*values: Any) -> Tensor:
    return torch.tensor(values[0] if len(values) == 1 else values, dtype=torch.float64)


@dataclass(frozen=True)
class Case:
    """A family with a truth to draw from; `known` is fixed in the fit."""

    family: type[Distribution]
    truth: Mapping[str, Tensor]
    known: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, *shape: int) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's Wishart warns while it draws
            return self.family(**self.truth, **self.known).sample(shape)


L = real([[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-1.0, 0.3, 0.7]])
THIRDS = real(0.2, 0.3, 0.5)
CASES = [
    Case(td.Bernoulli, {"probs": real(0.3)}),
    Case(td.Bernoulli, {"logits": real(0.3)}),
    Case(td.Beta, {"concentration1": real(2.0), "concentration0": real(5.0)}),
    Case(td.Binomial, {"probs": real(0.3)}, {"total_count": 10}),
    Case(td.Categorical, {"probs": THIRDS}),
    Case(td.Cauchy, {"loc": real(1.0), "scale": real(2.0)}),
    Case(td.Chi2, {"df": real(4.0)}),
    Case(td.ContinuousBernoulli, {"probs": real(0.2)}),
    Case(td.Dirichlet, {"concentration": real(1.0, 2.0, 3.0)}),
    Case(td.Exponential, {"rate": real(3.0)}),
    Case(td.FisherSnedecor, {"df1": real(5.0), "df2": real(8.0)}),
    Case(td.Gamma, {"concentration": real(2.0), "rate": real(0.01)}),
    Case(td.Geometric, {"probs": real(0.2)}),
    Case(td.Gumbel, {"loc": real(1.0), "scale": real(2.0)}),
    Case(td.HalfCauchy, {"scale": real(2.0)}),
    Case(td.HalfNormal, {"scale": real(2.0)}),
    Case(td.InverseGamma, {"concentration": real(3.0), "rate": real(2.0)}),
    Case(td.Kumaraswamy, {"concentration1": real(2.0), "concentration0": real(3.0)}),
    # two columns: torch draws the wrong distribution from three on, by an offset of 1/2 in its Beta
    Case(td.LKJCholesky, {"concentration": real(2.0)}, {"dim": 2}),
    Case(td.Laplace, {"scale": real(2.0)}, {"loc": real(1.0)}),
    Case(td.LogNormal, {"loc": real(1.0), "scale": real(0.5)}),
    Case(td.LogisticNormal, {"loc": real(0.0, 1.0), "scale": real(1.0, 0.5)}),
    Case(
        td.LowRankMultivariateNormal,
        {"loc": real(1.0, 2.0)},
        {"cov_factor": real([[1.0], [0.5]]), "cov_diag": real(1.0, 2.0)},
    ),
    Case(td.Multinomial, {"probs": THIRDS}, {"total_count": 10}),
    Case(td.MultivariateNormal, {"loc": real(0.0, 1.0, 2.0), "scale_tril": L}),
    Case(td.NegativeBinomial, {"total_count": real(3.5), "probs": real(0.4)}),
    Case(td.Normal, {"loc": real(1.0), "scale": real(2.0)}),
    Case(td.OneHotCategorical, {"probs": THIRDS}),
    Case(td.OneHotCategoricalStraightThrough, {"probs": THIRDS}),
    Case(td.Pareto, {"alpha": real(2.0)}, {"scale": real(1.5)}),
    Case(td.Poisson, {"rate": real(3.0)}),
    Case(td.RelaxedBernoulli, {"temperature": real(0.7), "probs": real(0.3)}),
    Case(td.RelaxedOneHotCategorical, {"temperature": real(0.7), "probs": THIRDS}),
    Case(td.StudentT, {"df": real(4.0), "loc": real(1.0), "scale": real(2.0)}),
    Case(td.VonMises, {"loc": real(1.0), "concentration": real(2.0)}),
    Case(td.Weibull, {"scale": real(2.0), "concentration": real(1.5)}),
    Case(td.Wishart, {"df": real(6.0), "scale_tril": L}),
    Case(td.Wishart, {"df": real(2.5), "scale_tril": L}),
]
if hasattr(td, "GeneralizedPareto"):  # torch 2.8 and later
    shape = {"scale": real(1.0), "concentration": real(0.2)}
    CASES.append(Case(td.GeneralizedPareto, shape, {"loc": real(0.0)}))


def each(cases: list[Case]) -> pytest.MarkDecorator:
    ids = [f"{case.family.__name__}-{'-'.join(case.truth)}" for case in cases]
    return pytest.mark.parametrize("case", cases, ids=ids)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(20)


def fit(case: Case, x: Tensor) -> mlefit.Fit:
    """Fit with starts from the data; a name of another signature than the default needs a value."""
    other = {"logits": torch.zeros(())} if "logits" in case.truth else None
    return mlefit.fit(case.family, x, init=other, fixed=case.known)


def log_likelihood(case: Case, params: Mapping[str, Any], x: Tensor) -> Tensor:
    """Return torch's own value, whose generalized Pareto works in the default dtype only."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's Wishart warns of a low df
            return case.family(**params).log_prob(x).sum()
    finally:
        torch.set_default_dtype(default)


@each(CASES)
def test_truth_is_within_five_standard_errors(case: Case) -> None:
    x = case.draw(N)
    found = fit(case, x)
    assert found.converged, found.message

    assert found.log_likelihood >= log_likelihood(case, {**case.truth, **case.known}, x)
    assert_close(log_likelihood(case, found.params, x), found.log_likelihood)

    errors = found.standard_errors()
    assert errors.keys() == case.truth.keys()
    for name, truth in case.truth.items():
        assert found.params[name].shape == truth.shape
        assert torch.isfinite(errors[name]).all()
        assert ((found.params[name] - truth).abs() <= 5 * errors[name]).all(), name


@each([case for case in CASES if case.family is not td.RelaxedOneHotCategorical])
def test_batch_equals_its_singles(case: Case) -> None:
    x = case.draw(N, BATCH)
    together = fit(case, x)
    assert together.converged.shape == (BATCH,)
    assert together.converged.all(), together.message

    errors = together.standard_errors()
    for i in range(BATCH):
        alone = fit(case, x[:, i])
        assert_close(together.log_likelihood[i], alone.log_likelihood, rtol=0, atol=1e-7)
        for name, error in alone.standard_errors().items():
            apart = (together.params[name][i] - alone.params[name]).abs()
            assert (apart <= 1e-3 * error).all(), name  # 1e-8 nats are 1.4e-4 standard errors
            assert_close(errors[name][i], error, rtol=1e-3, atol=1e-12)


def test_refuses_a_batch_of_temperatures_which_torch_cannot_take() -> None:
    x = td.RelaxedOneHotCategorical(real(0.7), THIRDS).sample((N, BATCH))
    with pytest.raises(ValueError, match=r"expected .*one fit.*; got 3; try a loop"):
        mlefit.fit(td.RelaxedOneHotCategorical, x)


EXACT = {
    td.Bernoulli,
    td.Categorical,
    td.Exponential,
    td.Geometric,
    td.HalfNormal,
    td.LogNormal,
    td.MultivariateNormal,
    td.Normal,
    td.OneHotCategorical,
    td.Poisson,
}


@each([case for case in CASES if case.family in EXACT and "logits" not in case.truth])
def test_equals_closed_form(case: Case) -> None:
    x = case.draw(N, BATCH)
    found, exact = fit(case, x), mlefit.closed_form(case.family, x)
    assert_close(found.log_likelihood, exact.log_likelihood)
    for name, error in exact.standard_errors().items():
        assert ((found.params[name] - exact.params[name]).abs() <= 1e-3 * error).all()
        assert_close(found.standard_errors()[name], error, rtol=1e-3, atol=1e-12)


def test_laplace_about_its_median_equals_closed_form() -> None:
    x = td.Laplace(real(1.0), real(2.0)).sample((N + 1,))
    exact = mlefit.closed_form(td.Laplace, x)
    found = mlefit.fit(td.Laplace, x, fixed={"loc": exact.params["loc"]})
    assert_close(found.params["scale"], exact.params["scale"])


def test_pareto_above_its_minimum_equals_closed_form() -> None:
    x = td.Pareto(real(1.5), real(2.0)).sample((N,))
    exact = mlefit.closed_form(td.Pareto, x)
    found = mlefit.fit(td.Pareto, x, fixed={"scale": exact.params["scale"]})
    assert_close(found.params["alpha"], exact.params["alpha"])


def test_uniform_holds_its_data_and_no_more() -> None:
    x = td.Uniform(real(-1.0), real(3.0)).sample((N,))
    exact = mlefit.closed_form(td.Uniform, x)
    assert exact.params["low"] == x.min()
    assert exact.params["high"] == x.max().nextafter(real(torch.inf))
    assert_close(exact.log_likelihood, -N * (x.max() - x.min()).log())


SMOOTH = "expected parameters that a smooth search can learn; got .*; try "
REFUSED: dict[str, tuple[Any, Callable[[], Tensor], Mapping[str, Any], str]] = {
    "Uniform": (td.Uniform, lambda: real(1.0, 2.0, 4.0), {}, "support depends on it"),
    "Pareto": (td.Pareto, lambda: real(1.0, 2.0, 4.0), {}, "support depends on it"),
    "Laplace": (td.Laplace, lambda: real(1.0, 2.0, 4.0), {}, "kink at every observation"),
    "LowRankMultivariateNormal": (
        td.LowRankMultivariateNormal,
        lambda: L,
        {},
        "only up to a rotation",
    ),
    "LowRankMultivariateNormal.cov_factor": (
        td.LowRankMultivariateNormal,
        lambda: L,
        {"fixed": {"cov_diag": torch.ones(3)}},
        "only up to a rotation",
    ),
    "Binomial": (td.Binomial, lambda: real(1.0, 2.0), {}, "it is an integer"),
    "Multinomial": (td.Multinomial, lambda: real([[1.0, 2.0]]), {}, "it is an integer"),
    "LKJCholesky": (td.LKJCholesky, lambda: torch.eye(2)[None], {}, "it is an integer"),
    "Categorical.logits": (
        td.Categorical,
        lambda: real(0.0, 1.0, 2.0),
        {"init": {"logits": torch.zeros(3)}},
        "adding a constant",
    ),
    "OneHotCategorical.logits": (
        td.OneHotCategorical,
        lambda: torch.eye(3),
        {"init": {"logits": torch.zeros(3)}},
        "adding a constant",
    ),
    "Multinomial.logits": (
        partial(td.Multinomial, 3),
        lambda: real([[1.0, 2.0]]),
        {"init": {"logits": torch.zeros(2)}},
        "adding a constant",
    ),
    "RelaxedOneHotCategorical.logits": (
        td.RelaxedOneHotCategorical,
        lambda: THIRDS[None],
        {"init": {"logits": torch.zeros(3)}},
        "adding a constant",
    ),
}
if hasattr(td, "GeneralizedPareto"):
    data = partial(real, 1.0, 2.0, 4.0)
    REFUSED["GeneralizedPareto"] = (td.GeneralizedPareto, data, {}, "support depends on it")


@pytest.mark.parametrize("label", REFUSED)
def test_refuses_what_a_smooth_search_cannot_learn(label: str) -> None:
    family, data, options, reason = REFUSED[label]
    with pytest.raises(ValueError, match=SMOOTH) as caught:
        mlefit.fit(family, data(), **options)
    assert reason in str(caught.value)


WITHOUT_DENSITY = {
    td.Distribution: "abstract base class",
    td.ExponentialFamily: "abstract base class",
    td.Independent: "wraps a distribution",
    td.MixtureSameFamily: "built of other distributions",
    td.TransformedDistribution: "built of a distribution and transforms",
}


@pytest.mark.parametrize("family", WITHOUT_DENSITY, ids=lambda family: family.__name__)
def test_refuses_a_family_without_a_density(family: type[Distribution]) -> None:
    with pytest.raises(TypeError, match=r"expected a family.*; got .*; try ") as caught:
        mlefit.fit(family, [1.0, 2.0])
    assert WITHOUT_DENSITY[family] in str(caught.value)


def test_tables_name_every_family_of_torch() -> None:
    public = (getattr(td, name) for name in td.__all__)
    families = {it for it in public if isinstance(it, type) and issubclass(it, Distribution)}
    refused = {family for family, *_ in REFUSED.values() if isinstance(family, type)}
    assert families == {case.family for case in CASES} | refused | WITHOUT_DENSITY.keys()


@dataclass(frozen=True)
class Oracle:
    """A distribution of scipy that starts where the case does, and our names for its parameters."""

    family: type[Distribution]
    scipy: Any
    options: Mapping[str, float]
    ours: Callable[..., Mapping[str, float]]


ORACLES = [
    Oracle(
        td.Beta,
        scipy.stats.beta,
        {"floc": 0, "fscale": 1},
        lambda a, b, loc, scale: {"concentration1": a, "concentration0": b},
    ),
    Oracle(td.Cauchy, scipy.stats.cauchy, {}, lambda loc, scale: {"loc": loc, "scale": scale}),
    Oracle(td.Chi2, scipy.stats.chi2, {"floc": 0, "fscale": 1}, lambda df, *_: {"df": df}),
    Oracle(td.Exponential, scipy.stats.expon, {"floc": 0}, lambda _, scale: {"rate": 1 / scale}),
    Oracle(
        td.FisherSnedecor,
        scipy.stats.f,
        {"floc": 0, "fscale": 1},
        lambda df1, df2, *_: {"df1": df1, "df2": df2},
    ),
    Oracle(
        td.Gamma,
        scipy.stats.gamma,
        {"floc": 0},
        lambda a, loc, scale: {"concentration": a, "rate": 1 / scale},
    ),
    Oracle(td.Gumbel, scipy.stats.gumbel_r, {}, lambda loc, scale: {"loc": loc, "scale": scale}),
    Oracle(td.HalfCauchy, scipy.stats.halfcauchy, {"floc": 0}, lambda _, s: {"scale": s}),
    Oracle(td.HalfNormal, scipy.stats.halfnorm, {"floc": 0}, lambda _, s: {"scale": s}),
    Oracle(
        td.InverseGamma,
        scipy.stats.invgamma,
        {"floc": 0},
        lambda a, loc, scale: {"concentration": a, "rate": scale},
    ),
    Oracle(
        td.StudentT,
        scipy.stats.t,
        {},
        lambda df, loc, scale: {"df": df, "loc": loc, "scale": scale},
    ),
    Oracle(
        td.VonMises,
        scipy.stats.vonmises,
        {"fscale": 1},
        lambda kappa, loc, scale: {"concentration": kappa, "loc": loc},
    ),
    Oracle(
        td.Weibull,
        scipy.stats.weibull_min,
        {"floc": 0},
        lambda c, loc, scale: {"concentration": c, "scale": scale},
    ),
]


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.family.__name__)
def test_is_as_good_as_scipy(oracle: Oracle) -> None:
    (case,) = (case for case in CASES if case.family is oracle.family)
    x = case.draw(N)
    theirs = oracle.scipy.fit(x.numpy(), **oracle.options)
    best = oracle.scipy.logpdf(x.numpy(), *theirs).sum()

    found = fit(case, x)
    assert found.log_likelihood >= best - 1e-6  # scipy's simplex stops a little short
    assert_close(found.log_likelihood, real(best), rtol=0, atol=1e-2)
    for name, value in oracle.ours(*theirs).items():
        apart = abs(found.params[name] - value)
        assert apart <= 0.05 * found.standard_errors()[name], name
