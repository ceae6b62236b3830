"""Whatever goes wrong at the door says what was expected, what came, and what to try."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, distributions
from torch.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Chi2,
    Dirichlet,
    Exponential,
    ExpTransform,
    Gamma,
    HalfCauchy,
    HalfNormal,
    Kumaraswamy,
    Laplace,
    LKJCholesky,
    LogisticNormal,
    LogNormal,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
    OneHotCategorical,
    Pareto,
    Poisson,
    SigmoidTransform,
    StudentT,
    Weibull,
    Wishart,
)

from mlefit import closed_form, fit, newton, suffstats
from mlefit.datasets import penguins
from mlefit.transforms import CholeskyTransform

FORM = re.compile(r"expected .*; got .*; try .*", re.DOTALL)
NAN, INF = float("nan"), float("inf")

X = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
x = X[:, 0]
ones = torch.ones(20, dtype=torch.float64)
leaf = torch.zeros(1, requires_grad=True)


def with_columns(*columns: Tensor) -> Tensor:
    return torch.cat([X, *(column.reshape(-1, 1) for column in columns)], 1)


def with_holes(shape: tuple[int, ...], *holes: tuple[int, ...]) -> Tensor:
    data = torch.arange(1.0, 1.0 + torch.Size(shape).numel()).reshape(shape)
    for hole in holes:
        data[hole] = NAN
    return data


@dataclass(frozen=True)
class Wrong:
    """A call, the error that it must raise, and what the message must say."""

    call: Callable[[], Any]
    says: str
    error: type[Exception] = ValueError


def wrong_fit(says: str, *args: Any, error: type[Exception] = ValueError, **options: Any) -> Wrong:
    return Wrong(lambda: fit(*args, **options), says, error)


DATA = {
    "nan": wrong_fit("finite data; got 1 of 3, the first nan at index 1;", Normal, [1.0, NAN, 3.0]),
    "inf": wrong_fit("got 2 of 3, the first -inf at index 1;", Normal, [1.0, -INF, INF]),
    "nan in a batch": wrong_fit(
        "got 2 of 12, the first nan at index (1, 2);",
        Normal,
        with_holes((4, 3), (1, 2), (3, 0)),
    ),
    "nan in a batch of two dimensions": wrong_fit(
        "the first nan at index (1, 1, 2);", Gamma, with_holes((4, 2, 3), (1, 1, 2))
    ),
    "nan in a vector": wrong_fit(
        "the first nan at index (3, 1);", MultivariateNormal, with_holes((5, 2), (3, 1))
    ),
    "nan in a batch of vectors": wrong_fit(
        "the first nan at index (3, 1, 0);",
        MultivariateNormal,
        with_holes((5, 2, 2), (3, 1, 0)),
    ),
    "nan, not normal": wrong_fit("finite data; got 1 of 2", Gamma, [1.0, NAN]),
    "nan category": wrong_fit("finite data; got 1 of 2", Categorical, [NAN, 1.0]),
    "nan statistics": Wrong(lambda: suffstats(Normal, [1.0, NAN]), "finite data; got 1 of 2"),
    "overflow": wrong_fit("squares fit into float64; got", Normal, [1e200, -1e200]),
    "empty": wrong_fit("at least one observation; got shape (0,)", Normal, []),
    "no rows": wrong_fit("got shape (0, 2)", MultivariateNormal, torch.zeros(0, 2)),
    "no columns": wrong_fit("got shape (5, 0)", MultivariateNormal, torch.zeros(5, 0)),
    "no rows, not normal": wrong_fit("got shape (0,)", Gamma, []),
    "scalar": wrong_fit("got shape ()", Normal, 1.0),
    "none": wrong_fit("got NoneType", Normal, None, error=TypeError),
    "strings": wrong_fit("got list", Normal, ["a", "b"], error=TypeError),
    "ragged": wrong_fit("rows of equal length", Normal, [[1.0], [1.0, 2.0]], error=TypeError),
    "complex": wrong_fit("complex64", Normal, torch.ones(3) * 1j, error=TypeError),
    "masked array": wrong_fit(
        "without a mask; got a masked array",
        Normal,
        np.ma.array([1.0, 2.0, 999.0], mask=[0, 0, 1]),
        error=TypeError,
    ),
    "a category too far": wrong_fit("numbered from 0, fewer than", Categorical, [1e15, 1e15 + 1]),
    "too small for the result": wrong_fit(
        "estimates fit into torch.float32; got rate", Exponential, torch.tensor([1e-45, 4e-45])
    ),
    "sparse": wrong_fit("sparse", Normal, torch.eye(3).to_sparse(), error=TypeError),
    "dates": wrong_fit(
        "datetime64", Normal, np.array(["2020-01-01"], dtype="datetime64[D]"), error=TypeError
    ),
    "a text column": wrong_fit(
        "dtype object",
        MultivariateNormal,
        pd.DataFrame({"height": [1.0, 2.0], "name": ["a", "b"]}),
        error=TypeError,
    ),
    "a vector for a multivariate": wrong_fit(
        "shape (n, *batch, d), one row an observation; got shape (20,)", MultivariateNormal, x
    ),
    "a vector for a matrix": wrong_fit("got shape (20, 3)", Wishart, X),
}

SUPPORT = {
    "negative": wrong_fit(
        "support of Gamma, GreaterThanEq(lower_bound=0.0); got 2 of 4, the first -2 at index 1;",
        Gamma,
        [1.0, -2.0, 3.0, -4.0],
    ),
    "zero": wrong_fit("support of Weibull", Weibull, [0.0, 1.0]),
    "log of a negative": wrong_fit("support of LogNormal", LogNormal, [1.0, -1.0]),
    "not a count": wrong_fit("the first 1.5 at index 0;", Poisson, [1.5, 2.0]),
    "negative count": wrong_fit("support of NegativeBinomial", NegativeBinomial, [-1.0, 3.0]),
    "not 0 or 1": wrong_fit("the first 2 at index 1;", Bernoulli, [0.0, 2.0]),
    "not a category": wrong_fit("support of Categorical", Categorical, [0.5, 1.0]),
    "negative category": wrong_fit("the first -1 at index 0;", Categorical, [-1.0, 1.0]),
    "more than the count": wrong_fit("the first 5", partial(Binomial, 3), [1.0, 5.0]),
    "not one-hot": wrong_fit(
        "got 1 of 2, the first [1.0, 1.0]", OneHotCategorical, [[0, 1], [1, 1]]
    ),
    "off the simplex": wrong_fit("[0.2, 0.3] at index 0;", Dirichlet, [[0.2, 0.3], [0.5, 0.5]]),
    "off the simplex, logistic": wrong_fit(
        "support of LogisticNormal", LogisticNormal, [[0.5, 0.6], [0.2, 0.3]]
    ),
    "not definite": wrong_fit("support of Wishart", Wishart, [[[1.0, 2.0], [2.0, 1.0]]] * 5),
    "not a correlation": wrong_fit(
        "support of LKJCholesky", LKJCholesky, torch.ones(3, 2, 2), fixed={"dim": 2}
    ),
    "below a fixed bound": wrong_fit("support of Pareto", Pareto, [1.0, 2.0], fixed={"scale": 1.5}),
    # torch counts these as inside, where the density is 0 or infinite
    "density 0 at the edge": wrong_fit("got 1 of 3, the first 1", Beta, [0.2, 0.5, 1.0]),
    "density 0 at an edge of zero": wrong_fit("got 1 of 2, the first 0", Kumaraswamy, [0.0, 0.5]),
}

WEIGHTS = {
    "negative weights": wrong_fit(
        "not negative; got 20 of 20, the first -1 at index 0", Normal, x, weights=-ones
    ),
    "nan weights": wrong_fit("weights that are finite", Normal, x, weights=ones * NAN),
    "infinite weights": wrong_fit("weights that are finite", Normal, x, weights=ones * INF),
    "all weights zero": wrong_fit("got weights that are all zero;", Normal, x, weights=ones * 0),
    "all weights zero in one fit": wrong_fit(
        "all zero in fit 1;", Normal, X, weights=ones[:, None] * torch.tensor([1.0, 0.0, 2.0])
    ),
    "too few weights": wrong_fit("of shape (20,); got (19,);", Normal, x, weights=ones[:19]),
    "weights of another batch": wrong_fit(
        "of shape (20,) or (20, 3); got (20, 2);", Normal, X, weights=torch.ones(20, 2)
    ),
    "weights of the columns": wrong_fit(
        "of shape (20,); got (20, 3);", MultivariateNormal, X, weights=torch.ones(20, 3)
    ),
    "weights that are too small": wrong_fit(
        "got a sum of 9.88e-323", Normal, x, weights=ones * 5e-324
    ),
    "weights that are too large": wrong_fit(
        "try weights of order 1", Gamma, [1, 2], weights=[1e200] * 2
    ),
    "text weights": wrong_fit("expected weights", Normal, x, weights=["a"] * 20, error=TypeError),
    "weights beside statistics": wrong_fit(
        "no weights beside statistics", Normal, suffstats(Normal, x), weights=ones
    ),
}

NAMES = {
    "unknown init": wrong_fit("which are loc, scale; got 'sigma'", Normal, x, init={"sigma": 1.0}),
    "unknown fixed": wrong_fit("got 'sigma'", Normal, x, fixed={"sigma": 1.0}),
    "unknown transform": wrong_fit("got 'mu'", Normal, x, transforms={"mu": ExpTransform()}),
    "unknown parameter of a callable": wrong_fit(
        "got 'sigma'", lambda loc: Normal(loc, 1.0), x, init={"loc": 0.0, "sigma": 1.0}
    ),
    "given twice": wrong_fit(
        "got 'scale' in init and fixed", Normal, x, init={"scale": 1.0}, fixed={"scale": 1.0}
    ),
    "given twice by a partial": wrong_fit(
        "got 'total_count' in init and fixed",
        partial(Binomial, 10),
        [1.0, 2.0],
        init={"total_count": 3.0},
    ),
    "transform of a fixed parameter": wrong_fit(
        "scale", Normal, x, fixed={"scale": 1.0}, transforms={"scale": ExpTransform()}
    ),
    "alternatives": wrong_fit(
        "got scale_tril and covariance_matrix",
        MultivariateNormal,
        X,
        init={"covariance_matrix": torch.eye(3)},
        fixed={"scale_tril": torch.eye(3)},
    ),
    "probs and logits": wrong_fit(
        "got probs and logits", Bernoulli, [0.0, 1.0], init={"probs": 0.5, "logits": 0.0}
    ),
    "everything fixed": wrong_fit(
        "a parameter to learn; got loc, scale fixed", Normal, x, fixed={"loc": 0.0, "scale": 1.0}
    ),
    "a list as init": wrong_fit("init", Normal, x, init=[0.0, 1.0], error=TypeError),
}

VALUES = {
    "init below its constraint": wrong_fit(
        "init['scale'] inside its constraint, GreaterThan(lower_bound=0.0); got -1",
        Normal,
        x,
        init={"scale": -1.0},
    ),
    "init on its bound": wrong_fit("init['scale'] inside", Normal, x, init={"scale": 0.0}),
    "init of probability 1": wrong_fit("init['probs']", Bernoulli, [0.0, 1.0], init={"probs": 1.0}),
    "init off the simplex": wrong_fit(
        "init['probs']", Categorical, [0.0, 1.0], init={"probs": [0.5, 0.6]}
    ),
    "init nan": wrong_fit("init['loc']", Normal, x, init={"loc": NAN}),
    "init not definite": wrong_fit(
        "init['covariance_matrix']",
        MultivariateNormal,
        X,
        init={"covariance_matrix": -torch.eye(3)},
    ),
    "init of another shape": wrong_fit(
        "init['loc'] of shape (3,), or one that expands to it; got (2,)",
        MultivariateNormal,
        X,
        init={"loc": [1.0, 2.0]},
    ),
    "init text": wrong_fit("init['loc']", Normal, x, init={"loc": "a"}, error=TypeError),
    "fixed below its constraint": wrong_fit("fixed['scale']", Normal, x, fixed={"scale": -1.0}),
    "fixed text": wrong_fit("fixed['scale']", Normal, x, fixed={"scale": "a"}, error=TypeError),
}

FAMILIES = {
    "an instance": wrong_fit("got Normal(loc: 0.0", Normal(0.0, 1.0), x, error=TypeError),
    "another class": wrong_fit("got Linear", torch.nn.Linear, x, error=TypeError),
    "a name": wrong_fit("got 'normal'", "normal", x, error=TypeError),
    "the base class": wrong_fit(
        "abstract base class", distributions.Distribution, x, error=TypeError
    ),
    "a wrapper": wrong_fit("wraps a distribution", distributions.Independent, x, error=TypeError),
    "a callable that detaches": wrong_fit(
        "a log-density that carries a gradient",
        lambda loc: Normal(loc.detach(), 1.0),
        x,
        init={"loc": 0.0},
    ),
    "a callable without init": wrong_fit(
        "a starting value for each parameter", lambda loc: Normal(loc, 1.0), x
    ),
    "a callable with too little init": wrong_fit(
        "got ['loc']", lambda loc, scale: Normal(loc, scale), x, init={"loc": 0.0}
    ),
    "a callable of no distribution": wrong_fit(
        "float", lambda loc: 3.0, x, init={"loc": 0.0}, error=TypeError
    ),
    "statistics of another normal": wrong_fit(
        "statistics of Normal; got statistics of MultivariateNormal",
        Normal,
        suffstats(MultivariateNormal, X),
        error=TypeError,
    ),
    "statistics of another family": wrong_fit(
        "got statistics of Normal", Gamma, suffstats(Normal, x), error=TypeError
    ),
    "statistics of no rows": wrong_fit("got n = 0", Normal, suffstats(Normal, [])),
    "no closed form": Wrong(
        lambda: closed_form(Gamma, [1.0, 2.0]), "got Gamma; try fit(Gamma", NotImplementedError
    ),
    "closed form of an instance": Wrong(
        lambda: closed_form(Normal(0.0, 1.0), x),
        "got Normal(loc: 0.0, scale: 1.0); try Normal ",
        TypeError,
    ),
    "closed form of a list": Wrong(lambda: closed_form([1], x), r"got [1]; try Normal", TypeError),
    "no closed form of a callable": Wrong(
        lambda: closed_form(lambda loc: Normal(loc, 1.0), x), "got <lambda>", NotImplementedError
    ),
}

BOUND = "is unbounded"
UNITS = torch.tensor([1e-3, 1.0, 1e4], dtype=torch.float64)
FEW_PENGUINS = penguins("Chinstrap")[:4]  # millimetres and grams
UNBOUNDED = {
    "n = d": wrong_fit("rank 2 of 3 .* n = 3 rows for d = 3 columns", MultivariateNormal, X[:3]),
    "one row": wrong_fit("rank 0 of 3", MultivariateNormal, X[:1]),
    "a constant column": wrong_fit(
        "rank 3 of 4 .*column 3 is constant", MultivariateNormal, with_columns(ones)
    ),
    "a constant column that is no binary fraction": wrong_fit(
        "column 3 is constant", MultivariateNormal, with_columns(ones / 10)
    ),
    "collinear columns": wrong_fit(
        "rank 3 of 4 .*linear combinations", MultivariateNormal, with_columns(X[:, 0] + X[:, 1])
    ),
    "collinear columns far from zero": wrong_fit(
        "rank 3 of 4", MultivariateNormal, with_columns(X[:, 0] + X[:, 1]) + 100.0
    ),
    "few rows in unlike units": wrong_fit("rank 3 of 4", MultivariateNormal, FEW_PENGUINS),
    "exact, few rows in unlike units": Wrong(
        lambda: closed_form(MultivariateNormal, FEW_PENGUINS), "rank 3 of 4"
    ),
    "collinear columns in unlike units": wrong_fit(
        "rank 3 of 4", MultivariateNormal, with_columns(X @ UNITS) * torch.cat([UNITS, UNITS[:1]])
    ),
    "rows of weight zero do not count": wrong_fit(
        "rank 2 of 3", MultivariateNormal, X, weights=(torch.arange(20) < 3).double()
    ),
    "a spread of rounding": wrong_fit(
        "is rounding beside the mean, 1,", Normal, [1.0, 1.0 + 3e-16]
    ),
    "a column whose spread is rounding": wrong_fit(
        "is rounding beside the mean",
        MultivariateNormal,
        with_columns(1 + 1e-15 * (x > 0).double()),
    ),
    "one observation": wrong_fit("the scatter is zero", Normal, [1.0]),
    "all equal": wrong_fit("the scatter is zero", Normal, [0.1] * 7),
    "all equal about a fixed loc": wrong_fit(BOUND, Normal, [2.0, 2.0], fixed={"loc": 2.0}),
    "all equal in every fit": wrong_fit("every fit of the batch", Normal, torch.ones(4, 2)),
    "no correlation at all": wrong_fit(
        "concentration runs to inf", LKJCholesky, torch.eye(3).expand(5, 3, 3), fixed={"dim": 3}
    ),
    "exact, one observation": Wrong(lambda: closed_form(Normal, [1.0]), "the scatter is zero"),
    "exact, rank": Wrong(lambda: closed_form(MultivariateNormal, X[:3]), "rank 2 of 3"),
    "exact Laplace": Wrong(lambda: closed_form(Laplace, [1.0, 1.0]), BOUND),
    "exact LogNormal": Wrong(lambda: closed_form(LogNormal, [2.0, 2.0]), BOUND),
    "exact Exponential": Wrong(lambda: closed_form(Exponential, [0.0, 0.0]), BOUND),
    "exact HalfNormal": Wrong(lambda: closed_form(HalfNormal, [0.0, 0.0]), BOUND),
    "exact Pareto": Wrong(lambda: closed_form(Pareto, [2.0, 2.0]), BOUND),
    "Gamma": wrong_fit(BOUND, Gamma, [1.0]),
    "Cauchy": wrong_fit(BOUND, Cauchy, [1.0]),
    "StudentT": wrong_fit(BOUND, StudentT, [1.0, 1.0]),
    "Exponential": wrong_fit(BOUND, Exponential, [0.0, 0.0]),
    "HalfNormal": wrong_fit(BOUND, HalfNormal, [0.0, 0.0]),
    "HalfCauchy": wrong_fit(BOUND, HalfCauchy, [0.0, 0.0]),
    "Laplace": wrong_fit(BOUND, Laplace, [2.0, 2.0], fixed={"loc": 2.0}),
    "Chi2": wrong_fit(BOUND, Chi2, [0.0, 0.0]),
    "Pareto": wrong_fit(BOUND, Pareto, [2.0, 2.0], fixed={"scale": 2.0}),
}

OPTIONS = {
    "negative max_steps": wrong_fit("max_steps", Normal, x, max_steps=-1),
    "half a step": wrong_fit("max_steps as a whole number; got 1.5", Normal, x, max_steps=1.5),
    "max_steps text": wrong_fit("max_steps as a whole number", Normal, x, max_steps="many"),
    "negative tol": wrong_fit("tol as a distance in nats, 0 or more; got -1", Normal, x, tol=-1.0),
    "nan tol": wrong_fit("tol", Normal, x, tol=NAN),
    "tol 0 alone": wrong_fit("expected max_steps beside tol=0", Normal, x, tol=0),
    "optimizer by name": wrong_fit("optimizer", Normal, x, optimizer="adam", error=TypeError),
    "optimizer instance": wrong_fit(
        "optimizer", Normal, x, optimizer=torch.optim.SGD([leaf], lr=0.1), error=TypeError
    ),
    "transform that does not reach the start": wrong_fit(
        "onto the constraint GreaterThan", Normal, 100 * x, transforms={"scale": SigmoidTransform()}
    ),
    "transform of another shape": wrong_fit(
        "onto the constraint", Normal, x, transforms={"scale": CholeskyTransform()}
    ),
    "factory of no optimizer": wrong_fit(
        "factory that returns", Normal, x, optimizer=lambda unknowns: 1, error=TypeError
    ),
    "start is nan": wrong_fit(
        "finite numbers in init['loc']; got nan", lambda loc: Normal(loc, 1.0), x, init={"loc": NAN}
    ),
    "partial Newton": wrong_fit(
        "try max_steps and tol beside it",
        Normal,
        x,
        optimizer=partial(newton, max_steps=5),
        error=TypeError,
    ),
    "max_steps is no truth value": wrong_fit("max_steps", Normal, x, max_steps=True),
    "transform by name": wrong_fit(
        "transforms", Normal, x, transforms={"scale": "exp"}, error=TypeError
    ),
}

found = fit(Normal, x)
RESULTS = {
    "level by name": Wrong(lambda: found.confidence_interval(level="a"), "got 'a'"),
    "levels": Wrong(lambda: found.profile_interval("loc", level=[0.9]), "got [0.9]"),
    "profile of names": Wrong(lambda: found.profile_interval(["loc"]), "got ['loc']; try 'loc'"),
    "of= no function": Wrong(lambda: found.confidence_interval(3.0), "of= to return .*; got 3.0"),
    "of= without numbers": Wrong(
        lambda: found.standard_errors(lambda it: it.mean > 0), "of= to return real"
    ),
    "of= not a number": Wrong(lambda: found.standard_errors(lambda it: it.mean * NAN), "got [nan]"),
    "of= without a graph": Wrong(
        lambda: found.standard_errors(lambda it: it.mean.detach()), "keeps the graph"
    ),
    "level 1": Wrong(lambda: found.confidence_interval(level=1.0), "between 0 and 1; got 1.0"),
    "level in per cent": Wrong(lambda: found.confidence_interval(level=95), "got 95"),
    "level 0": Wrong(lambda: found.profile_interval("loc", level=0.0), "got 0.0"),
    "level nan": Wrong(lambda: found.confidence_interval(level=NAN), "got nan"),
    "profile of an unknown name": Wrong(
        lambda: found.profile_interval("mu"), "got 'mu'; try 'loc' or 'scale'"
    ),
    "profile of a fixed parameter": Wrong(
        lambda: fit(Normal, x, fixed={"loc": 0.0}).profile_interval("loc"), "got 'loc'; try 'scale'"
    ),
    "profile of a vector": Wrong(
        lambda: fit(MultivariateNormal, X).profile_interval("loc"),
        "a learned parameter with one number a fit; got 'loc'",
    ),
    "profile of a matrix in a batch": Wrong(
        lambda: fit(MultivariateNormal, X[:, None]).profile_interval("scale_tril"),
        "got 'scale_tril'",
    ),
    "standard errors at a kink": Wrong(
        lambda: closed_form(Laplace, x).standard_errors(), "kink or a jump in loc"
    ),
    "standard errors on the boundary": Wrong(
        lambda: closed_form(Poisson, [0.0, 0.0]).standard_errors(), "boundary"
    ),
    "profile at a kink": Wrong(lambda: closed_form(Laplace, x).profile_interval("scale"), "kink"),
    "sandwich of statistics": Wrong(
        lambda: fit(Normal, suffstats(Normal, x)).standard_errors(robust=True),
        "expected rows, since the sandwich needs the score of each; got statistics",
    ),
}

ERRORS = {
    f"{table}: {label}": row
    for table, rows in {
        "data": DATA,
        "support": SUPPORT,
        "weights": WEIGHTS,
        "names": NAMES,
        "values": VALUES,
        "families": FAMILIES,
        "unbounded": UNBOUNDED,
        "options": OPTIONS,
        "results": RESULTS,
    }.items()
    for label, row in rows.items()
}


@pytest.mark.parametrize("label", ERRORS)
def test_error_says_what_to_try(label: str) -> None:
    row = ERRORS[label]
    with pytest.raises(row.error) as caught:
        row.call()
    message = str(caught.value)
    assert FORM.fullmatch(message)
    for part in row.says.split(".*"):
        assert part in message
    assert type(caught.value) is row.error


def test_a_fit_without_a_maximum_does_not_stop_its_batch() -> None:
    data = torch.stack([x, torch.ones(20)], 1)
    with pytest.warns(match="1 of 2 fits converged.*fit 1: the scatter is zero"):
        batch = fit(Normal, data)
    assert batch.converged.tolist() == [True, False]
    assert torch.isnan(batch.params["scale"]).tolist() == [False, True]
    assert torch.isnan(batch.log_likelihood).tolist() == [False, True]


def test_a_hopeless_fit_does_not_spoil_a_family_that_torch_checks_as_a_whole() -> None:
    heavy = torch.sinh(2 * x)
    data = torch.stack([ones, heavy], 1)
    with pytest.warns(match="fit 0"):
        batch = fit(StudentT, data)
    alone = fit(StudentT, heavy)
    assert batch.converged.tolist() == [False, True]
    torch.testing.assert_close(batch.log_likelihood[1], alone.log_likelihood)
    torch.testing.assert_close(batch.params["loc"][1], alone.params["loc"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("init", [None, {"loc": 0.0}])
def test_a_class_without_a_density_is_refused(init: dict[str, float] | None) -> None:
    class Shapeless(distributions.Distribution):
        """A class that torch accepts."""

    with pytest.raises(TypeError, match=r"got Shapeless, which defines no log_prob; try"):
        fit(Shapeless, [1.0, 2.0], init=init)


def test_inference_mode_is_refused() -> None:
    with torch.inference_mode(), pytest.raises(RuntimeError, match=r"try torch\.no_grad"):
        fit(Normal, [1.0, 2.0])
