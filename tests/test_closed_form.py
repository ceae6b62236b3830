"""Closed forms are the maximum: by a second formula, and better than anything near them."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median, pstdev
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.testing import assert_close

import mlefit
from mlefit import Fit, closed_form
from mlefit._closed_form import CLOSED_FORMS
from mlefit._natural import from_natural, natural
from mlefit._normal import ConvexNormal

N = 200
Values = dict[str, Any]


@dataclass(frozen=True)
class Case:
    family: type[Distribution]
    truth: Callable[[], Distribution]  # whose draws are the data
    formula: Callable[[list[Any]], Values]  # the estimator, in plain Python
    events: int = 0


def two_columns(rows: list[list[float]]) -> Values:
    X = np.array(rows)
    return {"loc": X.mean(0), "scale_tril": np.linalg.cholesky(np.cov(X.T, bias=True))}


def shares(rows: list[list[float]]) -> Values:
    return {"probs": [fmean(column) for column in zip(*rows, strict=True)]}


def frequencies(x: list[float]) -> Values:
    counts = Counter(x)
    return {"probs": [counts[k] / len(x) for k in range(int(max(x)) + 1)]}


def pareto(x: list[float]) -> Values:
    least = min(x)
    return {"scale": least, "alpha": len(x) / sum(math.log(one / least) for one in x)}


def laplace(x: list[float]) -> Values:
    middle = median(x)
    return {"loc": middle, "scale": fmean(abs(one - middle) for one in x)}


def log_normal(x: list[float]) -> Values:
    logs = [math.log(one) for one in x]
    return {"loc": fmean(logs), "scale": pstdev(logs)}


def double(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


CASES = {
    "Bernoulli": Case(
        td.Bernoulli, lambda: td.Bernoulli(double(0.3)), lambda x: {"probs": fmean(x)}
    ),
    "Categorical": Case(td.Categorical, lambda: td.Categorical(double(0.2, 0.5, 0.3)), frequencies),
    "Exponential": Case(
        td.Exponential, lambda: td.Exponential(double(3)), lambda x: {"rate": 1 / fmean(x)}
    ),
    "Geometric": Case(
        td.Geometric,
        lambda: td.Geometric(double(0.2)),
        lambda x: {"probs": len(x) / (len(x) + sum(x))},
    ),
    "HalfNormal": Case(
        td.HalfNormal,
        lambda: td.HalfNormal(double(3)),
        lambda x: {"scale": math.hypot(*x) / math.sqrt(len(x))},
    ),
    "Laplace": Case(td.Laplace, lambda: td.Laplace(double(1), double(2)), laplace),
    "LogNormal": Case(td.LogNormal, lambda: td.LogNormal(double(1), double(0.5)), log_normal),
    "MultivariateNormal": Case(
        td.MultivariateNormal,
        lambda: td.MultivariateNormal(double(-3, 5), scale_tril=double(2, 0, 1, 0.1).reshape(2, 2)),
        two_columns,
        events=1,
    ),
    "Normal": Case(
        td.Normal,
        lambda: td.Normal(double(-3), double(2)),
        lambda x: {"loc": fmean(x), "scale": pstdev(x)},
    ),
    "OneHotCategorical": Case(
        td.OneHotCategorical, lambda: td.OneHotCategorical(double(0.2, 0.5, 0.3)), shares, events=1
    ),
    "Pareto": Case(td.Pareto, lambda: td.Pareto(double(2), double(3)), pareto),
    "Poisson": Case(td.Poisson, lambda: td.Poisson(double(4)), lambda x: {"rate": fmean(x)}),
    "Uniform": Case(
        td.Uniform,
        lambda: td.Uniform(double(-2), double(5)),
        lambda x: {"low": min(x), "high": math.nextafter(max(x), math.inf)},
    ),
}
KINKS = {"Laplace": "loc", "Pareto": "scale", "Uniform": "high"}

every_case = pytest.mark.parametrize("name", CASES)


def draws(case: Case, *batch: int) -> Tensor:
    """Return rows `(N, *batch, *event)`."""
    x = case.truth().sample(torch.Size([N, *batch])).double()
    scalar = case.events == 0 and case.family is not td.Categorical
    return (
        x.reshape((N, *batch))
        if scalar
        else x.reshape((N, *batch, *x.shape[1 + len(batch) :][-1:]))
    )


def log_likelihood(distribution: Distribution, x: Tensor) -> Tensor:
    """Return the sum over rows, -inf where one lies outside the support."""
    inside = distribution.support.check(x)
    return torch.where(inside, distribution.log_prob(x), -torch.inf).sum(0)


def test_every_closed_form_is_in_the_table() -> None:
    assert {case.family for case in CASES.values()} == {
        *CLOSED_FORMS,
        td.Normal,
        td.MultivariateNormal,
    }


@every_case
def test_equals_the_formula_in_plain_python(name: str) -> None:
    x = draws(CASES[name])
    found, expected = closed_form(CASES[name].family, x), CASES[name].formula(x.tolist())

    assert list(found.params) == list(expected)
    for key, value in expected.items():
        assert_close(
            found.params[key], torch.as_tensor(value, dtype=torch.float64), rtol=1e-12, atol=1e-13
        )
    assert found.converged
    assert found.n.item() == N
    assert found.message.startswith("exact")


@pytest.mark.parametrize(
    ("name", "theirs"),
    {
        "Exponential": lambda x: {"rate": 1 / scipy.stats.expon.fit(x, floc=0)[1]},
        "HalfNormal": lambda x: {"scale": scipy.stats.halfnorm.fit(x, floc=0)[1]},
        "Laplace": lambda x: dict(zip(("loc", "scale"), scipy.stats.laplace.fit(x), strict=True)),
        "LogNormal": lambda x: {"scale": scipy.stats.lognorm.fit(x, floc=0)[0]},
        "Normal": lambda x: dict(zip(("loc", "scale"), scipy.stats.norm.fit(x), strict=True)),
        "MultivariateNormal": lambda x: {"loc": scipy.stats.multivariate_normal.fit(x)[0]},
        "Uniform": lambda x: {"low": scipy.stats.uniform.fit(x)[0]},
    }.items(),
)
def test_equals_scipy(name: str, theirs: Callable[[np.ndarray], Values]) -> None:
    x = draws(CASES[name])
    found = closed_form(CASES[name].family, x)
    for key, value in theirs(x.numpy()).items():
        assert_close(
            found.params[key], torch.as_tensor(value, dtype=torch.float64), rtol=1e-6, atol=1e-9
        )


@every_case
@pytest.mark.parametrize("size", [1e-4, 1e-2, 1.0])
def test_beats_everything_around_it(name: str, size: float) -> None:
    case = CASES[name]
    x = draws(case)
    found = closed_form(case.family, x)
    best = log_likelihood(found.distribution, x)
    others = case.family(**perturbed(found, size, 100), validate_args=False)

    assert torch.isfinite(best)
    assert (log_likelihood(others, x.unsqueeze(1)) <= best + 1e-9).all()


def perturbed(found: Fit, size: float, times: int) -> dict[str, Tensor]:
    """Return the parameters, moved at random on their natural scales, `(times, *shape)`."""
    params, stated = {}, found.family.arg_constraints
    for name, value in found.params.items():
        # the bounds of Uniform depend on each other: its class states none
        constraint = stated[name] if isinstance(stated, dict) else constraints.real
        many = value.expand(times, *value.shape)
        moved = natural(constraint, many) + size * torch.randn_like(many)
        moved = from_natural(constraint, moved, many)
        if constraint is constraints.simplex:
            moved = moved / moved.sum(-1, keepdim=True)
        params[name] = moved.tril() if constraint is constraints.lower_cholesky else moved
    return params


@every_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_its_distribution_explains_the_data_as_it_says(name: str, dtype: torch.dtype) -> None:
    x = draws(CASES[name]).to(dtype)
    found = closed_form(CASES[name].family, x)

    assert {value.dtype for value in found.params.values()} == {dtype}
    each = found.distribution.log_prob(x)
    assert_close(each.double().sum(), found.log_likelihood.double(), rtol=1e-5, atol=1e-3)


@every_case
def test_weights_are_repetitions(name: str) -> None:
    case = CASES[name]
    x = draws(case)
    w = torch.randint(0, 4, (N,))
    found = closed_form(case.family, x, weights=w)
    repeated = closed_form(case.family, x.repeat_interleave(w, 0))

    for key, value in repeated.params.items():
        assert_close(found.params[key], value, rtol=1e-12, atol=1e-13)
    assert_close(found.log_likelihood, repeated.log_likelihood)
    assert_close(found.n, repeated.n)


@every_case
def test_rows_of_weight_zero_may_hold_anything(name: str) -> None:
    case = CASES[name]
    x, w = draws(case), torch.ones(N)
    w[::5] = 0
    spoiled = x.clone()
    spoiled[0], spoiled[5], spoiled[10] = torch.nan, torch.inf, -1e9

    found = closed_form(case.family, spoiled, weights=w)
    clean = closed_form(case.family, x[w > 0])
    for key, value in clean.params.items():
        assert_close(found.params[key], value, rtol=1e-12, atol=1e-13)
    assert_close(found.log_likelihood, clean.log_likelihood)


@every_case
@pytest.mark.parametrize("weighted", [None, (N,), (N, 2, 3)], ids=str)
def test_a_batch_is_its_singles(name: str, weighted: tuple[int, ...] | None) -> None:
    case = CASES[name]
    x = draws(case, 2, 3)
    w = None if weighted is None else 1 + torch.rand(weighted, dtype=torch.float64)
    whole = closed_form(case.family, x, weights=w)

    assert whole.n.shape == whole.converged.shape == whole.log_likelihood.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            own = w if w is None or w.ndim == 1 else w[:, i, j]
            single = closed_form(case.family, x[:, i, j], weights=own)
            for key, value in single.params.items():
                assert_close(whole.params[key][i, j], value, rtol=1e-12, atol=1e-13)
            assert_close(whole.log_likelihood[i, j], single.log_likelihood)


@every_case
def test_order_of_rows_does_not_matter(name: str) -> None:
    x = draws(CASES[name])
    found, shuffled = (closed_form(CASES[name].family, rows) for rows in (x, x[torch.randperm(N)]))
    for key, value in found.params.items():
        assert_close(shuffled.params[key], value, rtol=1e-12, atol=1e-13)


@every_case
def test_trace_is_the_estimate_alone(name: str) -> None:
    found = closed_form(CASES[name].family, draws(CASES[name]))
    assert found.trace.loss.shape == (1,)
    assert_close(-N * found.trace.loss[0], found.log_likelihood)
    for key, value in found.params.items():
        assert_close(found.trace.params[key], value[None])


@every_case
def test_standard_errors_where_the_likelihood_is_smooth(name: str) -> None:
    found = closed_form(CASES[name].family, draws(CASES[name]))
    if name in KINKS:
        for word in ("exact: a closed form; no standard errors", "kink or a jump", KINKS[name]):
            assert word in found.message
        for method in (found.standard_errors, found.confidence_interval):
            with pytest.raises(ValueError, match=r"expected an estimate in the interior.*; try"):
                method()
    else:
        assert found.message == "exact: a closed form"
        for key, error in found.standard_errors().items():
            assert error.shape == found.params[key].shape
            assert (error >= 0).all()
            assert (error > 0).any()


@pytest.mark.parametrize("n", [2, 3, 10])
def test_the_divisor_is_n(n: int) -> None:
    x = torch.randn(n, dtype=torch.float64)
    assert_close(closed_form(td.Normal, x).params["scale"], x.std(correction=0))

    X = torch.randn(n + 1, 2, dtype=torch.float64)
    found = closed_form(td.MultivariateNormal, X).distribution.covariance_matrix
    assert_close(found, X.T.cov(correction=0))


@pytest.mark.parametrize("family", [td.Normal, td.MultivariateNormal])
def test_statistics_stand_for_their_data(family: type[Distribution]) -> None:
    x = torch.randn(50, 2, dtype=torch.float64)
    whole = closed_form(family, x)
    parts = closed_form(family, sum(mlefit.suffstats(family, part) for part in x.split(20)))
    for key, value in whole.params.items():
        assert_close(parts.params[key], value)
    assert_close(parts.log_likelihood, whole.log_likelihood)


@pytest.mark.parametrize(
    ("x", "w", "expected"),
    [
        ([1.0, 2.0, 10.0], None, 2.0),
        ([1.0, 2.0, 4.0, 10.0], None, 3.0),
        ([4.0, 1.0, 2.0], [1, 1, 2], 2.0),
        ([4.0, 1.0, 2.0], [2, 1, 1], 3.0),
        ([4.0, 1.0, 2.0], [0, 1, 1], 1.5),
        ([4.0, 1.0, 2.0], [9, 1, 1], 4.0),
        ([4.0, 4.0, 2.0], None, 4.0),
    ],
)
def test_weighted_median(x: list[float], w: list[float] | None, expected: float) -> None:
    assert closed_form(td.Laplace, x, weights=w).params["loc"].item() == expected


BOUNDARY = {
    "Bernoulli, all 1": (td.Bernoulli, [1.0, 1.0, 1.0], {"probs": 1.0}),
    "Bernoulli, all 0": (td.Bernoulli, [0.0, 0.0], {"probs": 0.0}),
    "Geometric, all 0": (td.Geometric, [0.0, 0.0], {"probs": 1.0}),
    "Poisson, all 0": (td.Poisson, [0.0, 0.0], {"rate": 0.0}),
    "Categorical, an empty class": (td.Categorical, [0.0, 2.0], {"probs": [0.5, 0.0, 0.5]}),
    "OneHotCategorical, an empty class": (
        td.OneHotCategorical,
        [[1.0, 0.0], [1.0, 0.0]],
        {"probs": [1.0, 0.0]},
    ),
}


@pytest.mark.parametrize(("family", "x", "expected"), BOUNDARY.values(), ids=BOUNDARY)
def test_on_the_boundary(family: type[Distribution], x: list[Any], expected: Values) -> None:
    found = closed_form(family, x)
    for key, value in expected.items():
        assert found.params[key].tolist() == value
    assert torch.isfinite(found.log_likelihood)
    assert found.log_likelihood <= 0
    for word in ("exact: a closed form; no standard errors", "the estimate lies on the boundary"):
        assert word in found.message
    with pytest.raises(ValueError, match="expected an estimate in the interior"):
        found.standard_errors()


def test_one_fit_of_a_batch_on_the_boundary_spoils_no_other() -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    found, single = closed_form(td.Bernoulli, x), closed_form(td.Bernoulli, x[:, 1])
    error = found.standard_errors()["probs"]
    assert_close(error[1], single.standard_errors()["probs"])
    assert error[0].isnan() or error[0] == 0


def test_no_information_is_computed_before_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 100 columns it would be a matrix of 5150 x 5150 numbers."""
    X = torch.randn(200, 100, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    monkeypatch.delattr(ConvexNormal, "derivatives")
    found = closed_form(td.MultivariateNormal, X)
    assert_close(found.distribution.covariance_matrix, X.T.cov(correction=0))
    assert "and " in repr(found)
    with pytest.raises(AttributeError, match="derivatives"):
        found.standard_errors()


UNBOUNDED = {
    "Exponential": [0.0, 0.0],
    "HalfNormal": [0.0, 0.0],
    "Laplace": [2.0, 2.0],
    "LogNormal": [3.0],
    "MultivariateNormal": [[1.0, 2.0], [2.0, 4.0]],
    "Normal": [5.0, 5.0, 5.0],
    "Pareto": [2.0, 2.0],
    "Uniform": [2.0, 2.0],
}


@pytest.mark.parametrize(("name", "x"), UNBOUNDED.items(), ids=UNBOUNDED)
def test_an_unbounded_likelihood_raises(name: str, x: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"expected .*; got .*unbounded.*; try"):
        closed_form(CASES[name].family, x)


@pytest.mark.parametrize(
    ("family", "x", "message"),
    [
        (td.Bernoulli, [0.0, 2.0], "support of Bernoulli"),
        (td.Exponential, [1.0, -2.0], "support of Exponential"),
        (td.LogNormal, [1.0, 0.0], "support of LogNormal"),
        (td.Poisson, [1.0, 0.5], "support of Poisson"),
        (td.Categorical, [1.0, -1.0], "support of Categorical"),
        (td.OneHotCategorical, [[1.0, 1.0]], "support of OneHotCategorical"),
        (td.Laplace, [1.0, math.nan], "finite"),
        (td.Normal, [1.0, math.inf], "finite"),
        (td.Poisson, [], "at least one observation"),
    ],
)
def test_bad_data_raise(family: type[Distribution], x: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        closed_form(family, x)


@pytest.mark.parametrize("family", [td.Gamma, td.StudentT, partial(td.Normal, 0.0)])
def test_families_without_a_closed_form(family: Any) -> None:
    with pytest.raises(
        NotImplementedError, match=r"expected a family with a closed form .*Uniform"
    ):
        closed_form(family, [1.0, 2.0])
