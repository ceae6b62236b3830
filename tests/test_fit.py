"""A fit equals the exact estimate, whatever the chart, optimizer, units, order or layout."""

import pickle
from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal, constraints
from torch.distributions.transforms import ExpTransform
from torch.testing import assert_close

import mlefit
from mlefit import ConvergenceWarning
from mlefit.transforms import SoftplusTransform

close = partial(assert_close, rtol=1e-8, atol=1e-10)  # the same estimate, reached the same way
NEAR = 1e-3  # standard errors: 1e-8 nats, the default tolerance, are 1.4e-4 of them


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sample(distribution: Distribution, *shape: int, seed: int = 0) -> Tensor:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return distribution.sample(shape).double()


MIX = torch.tensor([[1.0, 0.0, 0.0], [0.6, 0.5, 0.0], [-2.0, 0.3, 3.0]], dtype=torch.float64)
SHIFT = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
x = 2 * draw(50) + 3
X = draw(50, 3, seed=1) @ MIX.T + SHIFT

strong_wolfe = partial(torch.optim.LBFGS, line_search_fn="strong_wolfe")
OPTIMIZERS: dict[str, tuple[Any, int]] = {  # and steps that are enough
    "newton": (mlefit.newton, 200),
    "Adam": (partial(torch.optim.Adam, lr=0.1), 3000),
    "SGD": (partial(torch.optim.SGD, lr=0.5), 5000),
    "LBFGS": (strong_wolfe, 100),
    "LBFGS, one iteration a step": (partial(strong_wolfe, max_iter=1, max_eval=25), 1000),
}
CHARTS: dict[str, dict[str, Any]] = {
    "default": {},
    "softplus": {"transforms": {"scale": SoftplusTransform()}},
    "exp": {"transforms": {"scale": ExpTransform()}},
    "torch's softplus": {"transforms": {"scale": td.SoftplusTransform()}},
}
SIGNATURES: dict[str, dict[str, Any]] = {
    "default": {},
    "scale_tril": {"init": {"scale_tril": torch.eye(3)}},
    "covariance_matrix": {"init": {"covariance_matrix": torch.eye(3)}},
    "precision_matrix": {"init": {"precision_matrix": torch.eye(3)}},
    "softplus scale_tril": {"transforms": {"scale_tril": SoftplusTransform()}},
    "exp scale_tril": {"transforms": {"scale_tril": ExpTransform()}},
    "exp covariance_matrix": {"transforms": {"covariance_matrix": ExpTransform()}},
    "exp precision_matrix": {"transforms": {"precision_matrix": ExpTransform()}},
}

labels = pytest.mark.parametrize


def assert_near(found: mlefit.Fit, exact: mlefit.Fit, errors: Any = None) -> None:
    """Check that two fits end at one maximum, measured in standard errors."""
    assert found.converged.all(), found.message
    assert_close(found.log_likelihood, exact.log_likelihood, rtol=0, atol=1e-6)
    for name, error in (errors or exact.standard_errors()).items():
        apart = (found.params[name] - exact.params[name]).abs()
        assert (apart <= NEAR * error + 1e-12).all(), name


# ---- equal to the exact estimate


@labels("chart", CHARTS)
@labels("optimizer", OPTIMIZERS)
def test_normal_equals_closed_form(optimizer: str, chart: str) -> None:
    method, steps = OPTIMIZERS[optimizer]
    start = {"loc": 0.0, "scale": 1.0}
    found = mlefit.fit(Normal, x, init=start, optimizer=method, max_steps=steps, **CHARTS[chart])
    assert_near(found, mlefit.closed_form(Normal, x))


@labels(
    ("optimizer", "signature"),
    [
        *product(["newton", "LBFGS", "LBFGS, one iteration a step"], SIGNATURES),
        ("Adam", "default"),  # seconds each
        ("Adam", "covariance_matrix"),
    ],
)
def test_multivariate_normal_equals_closed_form(optimizer: str, signature: str) -> None:
    method, steps = OPTIMIZERS[optimizer]
    found = mlefit.fit(
        MultivariateNormal, X, optimizer=method, max_steps=steps, **SIGNATURES[signature]
    )
    exact = mlefit.closed_form(MultivariateNormal, X)
    assert found.converged, found.message
    assert_close(found.log_likelihood, exact.log_likelihood, rtol=0, atol=1e-6)

    matrices: dict[str, Callable[[Distribution], Tensor]] = {
        "loc": lambda it: it.loc,
        "covariance_matrix": lambda it: it.covariance_matrix,
        "precision_matrix": lambda it: it.precision_matrix,
    }
    for matrix in matrices.values():
        apart = (matrix(found.distribution) - matrix(exact.distribution)).abs()
        assert (apart <= NEAR * exact.standard_errors(of=matrix)).all()


def test_newton_goes_far_from_a_poor_start() -> None:
    start = {"loc": -1e4, "scale": 1e-3}
    assert_near(mlefit.fit(Normal, x, init=start), mlefit.closed_form(Normal, x))
    vector = {"loc": [-1e4] * 3, "scale_tril": 1e-3 * torch.eye(3)}
    found = mlefit.fit(MultivariateNormal, X, init=vector)
    assert_near(found, mlefit.closed_form(MultivariateNormal, X))


def test_twenty_columns_of_condition_1e8() -> None:
    d = 20
    Q = torch.linalg.qr(draw(d, d, seed=2))[0]
    data = draw(400, d) * torch.logspace(-4, 0, d, dtype=torch.float64) @ Q.T
    assert torch.linalg.cond(data.T.cov()) > 1e7
    found = mlefit.fit(MultivariateNormal, data, init={"scale_tril": 0.1 * torch.eye(d)})
    assert len(found.trace.loss) > 5  # the start is far from the answer
    assert_near(found, mlefit.closed_form(MultivariateNormal, data))


# ---- units, order, repetition


@labels("shift", [0.0, 1e4, 1e8])
@labels("scale", [1e-8, 1.0, 1e8])
def test_normal_in_any_units(scale: float, shift: float) -> None:
    z = draw(100)
    found = mlefit.fit(Normal, scale * (z + shift))
    reference = mlefit.fit(Normal, (z + shift) - shift)  # the same rounding
    assert found.converged
    # the data are rounded to 1e-8 of the scale where the shift is greatest
    assert_close(found.params["scale"] / scale, reference.params["scale"], rtol=1e-7, atol=0)
    assert_close(found.params["loc"] / scale - shift, reference.params["loc"], rtol=0, atol=1e-7)
    assert_close(
        found.log_likelihood, reference.log_likelihood - 100 * np.log(scale), rtol=0, atol=1e-5
    )


@labels("shift", [0.0, 1e8])
@labels("scale", [1e-8, 1e8])
def test_multivariate_normal_in_any_units(scale: float, shift: float) -> None:
    units = scale * torch.tensor([1.0, 1e-3, 1e3], dtype=torch.float64)
    moved = (X - SHIFT) + shift
    found = mlefit.fit(MultivariateNormal, units * moved)
    reference = mlefit.fit(MultivariateNormal, moved - shift)
    assert found.converged
    assert_close(
        found.params["scale_tril"] / units[:, None],
        reference.params["scale_tril"],
        rtol=1e-6,
        atol=1e-6,
    )
    assert_close(found.params["loc"] / units - shift, reference.params["loc"], rtol=0, atol=1e-6)


def test_multivariate_normal_is_affine_equivariant() -> None:
    start = {"scale_tril": torch.eye(3)}
    reference = mlefit.fit(MultivariateNormal, X, init=start)
    moved = mlefit.fit(MultivariateNormal, X @ MIX.T, init=start)
    errors = moved.standard_errors()
    for name, value in reference.params.items():
        assert ((moved.params[name] - MIX @ value).abs() <= NEAR * errors[name]).all(), name
    close(moved.log_likelihood, reference.log_likelihood - 50 * MIX.logdet(), atol=1e-6)


z = draw(200, seed=3)
LOCATION_SCALE: dict[type[Distribution], tuple[Tensor, dict[str, int]]] = {
    # power of the unit in each parameter
    td.StudentT: (z + z**3, {"df": 0, "loc": 1, "scale": 1}),
    td.Gumbel: (z, {"loc": 1, "scale": 1}),
    td.Cauchy: (z**3, {"loc": 1, "scale": 1}),
    td.Gamma: (z.exp(), {"concentration": 0, "rate": -1}),
    td.InverseGamma: (z.exp(), {"concentration": 0, "rate": 1}),
    td.Exponential: (z.exp(), {"rate": -1}),
    td.HalfNormal: (z.abs(), {"scale": 1}),
    td.HalfCauchy: (z.abs(), {"scale": 1}),
    td.Weibull: (z.exp(), {"scale": 1, "concentration": 0}),
}


@labels("unit", [1e-8, 1e-3, 1e3, 1e8])
@labels("family", LOCATION_SCALE, ids=lambda family: family.__name__)
def test_estimates_scale_with_the_unit(family: type[Distribution], unit: float) -> None:
    data, powers = LOCATION_SCALE[family]
    reference, found = mlefit.fit(family, data), mlefit.fit(family, unit * data)
    assert found.converged
    assert_close(
        found.log_likelihood,
        reference.log_likelihood - len(data) * np.log(unit),
        rtol=1e-12,
        atol=1e-7,
    )
    errors = reference.standard_errors()
    for name, power in powers.items():
        apart = (found.params[name] / unit**power - reference.params[name]).abs()
        assert apart <= NEAR * errors[name], name
        assert_close(found.standard_errors()[name] / unit**power, errors[name], rtol=1e-3, atol=0)


@labels("shift", [1e4, 1e8])
@labels("family", [td.StudentT, td.Gumbel, td.Cauchy], ids=lambda family: family.__name__)
def test_location_follows_the_data(family: type[Distribution], shift: float) -> None:
    data = LOCATION_SCALE[family][0] + shift
    reference, found = mlefit.fit(family, data - shift), mlefit.fit(family, data)
    assert found.converged
    apart = (found.params["loc"] - shift - reference.params["loc"]).abs()
    assert apart <= NEAR * reference.standard_errors()["loc"]


@labels("family", [Normal, td.StudentT], ids=lambda family: family.__name__)
def test_order_does_not_matter(family: type[Distribution]) -> None:
    data = z + z**3
    assert_near(mlefit.fit(family, data.flip(0)), mlefit.fit(family, data))


@labels("family", [Normal, td.StudentT], ids=lambda family: family.__name__)
def test_twice_the_data_halve_the_variance(family: type[Distribution]) -> None:
    data = z + z**3
    once, twice = mlefit.fit(family, data), mlefit.fit(family, torch.cat([data, data]))
    close(twice.log_likelihood, 2 * once.log_likelihood)
    for name, error in once.standard_errors().items():
        assert (twice.params[name] - once.params[name]).abs() <= NEAR * error
        assert_close(twice.standard_errors()[name], error / 2**0.5, rtol=1e-4, atol=0)


# ---- weights


CASES: dict[type[Distribution], tuple[Tensor, dict[str, Any]]] = {
    Normal: (x, {}),
    MultivariateNormal: (X, {}),
    td.Gamma: (x.exp(), {}),
    td.StudentT: (z[:50] + z[:50] ** 3, {"fixed": {"df": 3.0}}),
    td.Dirichlet: (X.softmax(-1), {}),
    td.Poisson: (x.abs().round(), {}),
}
each_case = labels("family", CASES, ids=lambda family: family.__name__)


@each_case
def test_integer_weights_are_repeated_rows(family: type[Distribution]) -> None:
    data, options = CASES[family]
    counts = torch.arange(50) % 4
    weighted = mlefit.fit(family, data, weights=counts, **options)
    repeated = mlefit.fit(family, data.repeat_interleave(counts, 0), **options)
    assert weighted.n == counts.sum()
    assert weighted.n.dtype == torch.float64
    assert_near(weighted, repeated)
    close(weighted.bic, repeated.bic, atol=1e-6)
    for name, error in repeated.standard_errors().items():
        assert_close(weighted.standard_errors()[name], error, rtol=1e-3, atol=1e-12)


@each_case
def test_rows_of_weight_zero_may_hold_anything(family: type[Distribution]) -> None:
    data, options = CASES[family]
    holes = data.clone()
    holes[::5] = torch.nan
    holes[1::5] = torch.inf
    holes[2::5] = -1e300
    counts = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0]).repeat(10)
    kept = data[counts > 0]
    found = mlefit.fit(family, holes, weights=counts, **options)
    alone = mlefit.fit(family, kept, **options)
    assert_near(found, alone)
    for robust in (False, True):
        errors = found.standard_errors(robust=robust)
        for name, error in alone.standard_errors(robust=robust).items():
            assert_close(errors[name], error, rtol=1e-3, atol=1e-12)


@each_case
def test_ragged_groups_are_weights(family: type[Distribution]) -> None:
    data, options = CASES[family]
    sizes = (50, 30, 45)
    ragged = torch.stack([data] * 3, 1).clone()
    counts = torch.zeros(50, 3)
    for group, size in enumerate(sizes):
        ragged[size:, group] = torch.nan
        counts[:size, group] = 1
    together = mlefit.fit(family, ragged, weights=counts, **options)
    assert together.n.tolist() == list(sizes)
    for group, size in enumerate(sizes):
        alone = mlefit.fit(family, data[:size], **options)
        close(together.log_likelihood[group], alone.log_likelihood, atol=1e-6)
        for name, error in alone.standard_errors().items():
            apart = (together.params[name][group] - alone.params[name]).abs()
            assert (apart <= NEAR * error + 1e-12).all(), name


@labels("weight", [1e-4, 1e-8, 1e-12])
def test_small_weights_leave_the_estimate(weight: float) -> None:
    """A likelihood worth less than one row is not flat for that."""
    coins = mlefit.fit(
        td.Bernoulli, [1.0, 1.0, 0.0, 1.0], init={"logits": 0.0}, weights=[weight] * 4
    )
    assert coins.converged
    close(coins.params["logits"], torch.tensor(3.0, dtype=torch.float64).log(), atol=1e-5)


def test_weights_scale_the_likelihood_and_leave_the_estimate() -> None:
    once = mlefit.fit(td.Gamma, z.exp())
    tenth = mlefit.fit(td.Gamma, z.exp(), weights=torch.full_like(z, 0.1))
    close(tenth.n, once.n / 10)
    close(tenth.log_likelihood, once.log_likelihood / 10, atol=1e-6)
    for name, error in once.standard_errors().items():
        assert (tenth.params[name] - once.params[name]).abs() <= NEAR * error
        assert_close(tenth.standard_errors()[name], error * 10**0.5, rtol=1e-3, atol=0)


# ---- batches, statistics


@each_case
def test_batch_shape_is_kept(family: type[Distribution]) -> None:
    data, options = CASES[family]
    event = data.shape[1:]
    batch = torch.stack([data.roll(k, 0)[:40] for k in range(6)], 1).reshape(40, 2, 3, *event)
    found = mlefit.fit(family, batch, **options)
    for value in (found.n, found.log_likelihood, found.converged, found.aic, found.bic):
        assert value.shape == (2, 3)
    assert found.distribution.batch_shape == (2, 3)
    close(found.distribution.log_prob(batch).sum(0), found.log_likelihood)
    one = mlefit.fit(family, batch[:, 1, 2], **options)
    close(found.log_likelihood[1, 2], one.log_likelihood, atol=1e-7)
    steps = len(found.trace.loss)
    assert found.trace.loss.shape == (steps, 2, 3)
    for name, path in found.trace.params.items():
        assert path.shape == (steps, *found.params[name].shape)


def test_init_and_fixed_of_each_fit() -> None:
    data = draw(40, 3)
    locs = torch.tensor([0.1, 0.2, 0.3])
    together = mlefit.fit(Normal, data, fixed={"loc": locs}, init={"scale": [1.0, 2.0, 3.0]})
    close(together.params["scale"], (data - locs.double()).square().mean(0).sqrt(), atol=1e-6)
    assert_close(together.fixed["loc"], locs.double())


@labels("family", [Normal, MultivariateNormal], ids=lambda family: family.__name__)
def test_statistics_equal_their_data(family: type[Distribution]) -> None:
    data = CASES[family][0]
    parts = [mlefit.suffstats(family, part) for part in data.split(7)]
    for method in (mlefit.fit, mlefit.closed_form):
        of_data, of_parts = method(family, data), method(family, sum(parts))
        close(of_parts.log_likelihood, of_data.log_likelihood)
        assert of_parts.n == of_data.n
        for name in of_data.params:
            close(of_parts.params[name], of_data.params[name])
            close(of_parts.standard_errors()[name], of_data.standard_errors()[name])


def test_statistics_take_init_fixed_and_optimizer() -> None:
    stats = mlefit.suffstats(MultivariateNormal, X)
    options = {"fixed": {"loc": SHIFT}, "init": {"covariance_matrix": torch.eye(3)}}
    found = mlefit.fit(MultivariateNormal, stats, optimizer=strong_wolfe, **options)
    assert_near(found, mlefit.fit(MultivariateNormal, X, **options))


# ---- what comes in


FLOATS = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}


@labels("dtype", FLOATS)
@labels("family", [Normal, td.Gumbel], ids=lambda family: family.__name__)
@labels("optimizer", ["newton", "LBFGS"])
def test_narrow_floats(optimizer: str, family: type[Distribution], dtype: torch.dtype) -> None:
    method, _ = OPTIMIZERS[optimizer]
    found = mlefit.fit(family, x.to(dtype), optimizer=method, tol=1e-4)
    same = mlefit.fit(family, x.to(dtype).double())
    wide = mlefit.fit(family, x)
    for name, value in found.params.items():
        assert value.dtype == torch.float32
        assert found.standard_errors()[name].dtype == torch.float32
        assert_close(value.double(), same.params[name], rtol=1e-3, atol=1e-3)
        assert_close(value.double(), wide.params[name], rtol=10 * FLOATS[dtype], atol=FLOATS[dtype])
    for value in (found.n, found.log_likelihood, found.trace.loss):
        assert value.dtype == torch.float64


def test_float32_far_from_zero() -> None:
    data = (draw(1000) + 1e4).float()
    found = mlefit.fit(Normal, data)
    assert found.converged
    assert_close(found.params["scale"], data.double().std(correction=0).float())
    assert_close(found.params["loc"], data.double().mean().float())


def strided(data: Tensor) -> Tensor:
    return torch.stack([data, data], -1)[..., 0]


LAYOUTS: dict[str, Callable[[Tensor], Any]] = {
    "list": lambda data: data.tolist(),
    "tuple": lambda data: tuple(data.tolist()),
    "list of tensors": lambda data: list(data),
    "numpy": lambda data: data.numpy(),
    "numpy, reversed twice": lambda data: data.flip(0).numpy()[::-1],
    "not contiguous": strided,
    "requires grad": lambda data: data.clone().requires_grad_(),
    "parameter": lambda data: torch.nn.Parameter(data.clone()),
    "expression with a graph": lambda data: data.clone().requires_grad_() * 1,
    "data frame": lambda data: (pd.Series if data.ndim == 1 else pd.DataFrame)(data.numpy()),
}


@labels("layout", LAYOUTS)
@labels("family", [Normal, MultivariateNormal, td.Gumbel], ids=lambda family: family.__name__)
def test_layouts(family: type[Distribution], layout: str) -> None:
    data = X if family is MultivariateNormal else x
    reference, found = mlefit.fit(family, data), mlefit.fit(family, LAYOUTS[layout](data))
    for name, value in reference.params.items():
        close(found.params[name], value)
        assert not found.params[name].requires_grad
    assert not found.log_likelihood.requires_grad
    assert not found.trace.loss.requires_grad


INTEGERS: dict[str, Any] = {
    "list": [1, 2, 4, 4],
    "torch": torch.tensor([1, 2, 4, 4]),
    "uint8": torch.tensor([1, 2, 4, 4], dtype=torch.uint8),
    "numpy": np.array([1, 2, 4, 4]),
    "Series": pd.Series([1, 2, 4, 4], index=[7, 5, 3, 1]),
    "nullable Series": pd.Series([1, 2, 4, 4], dtype="Int64"),
}


@labels("kind", INTEGERS)
@labels("family", [Normal, td.Poisson, td.Categorical], ids=lambda family: family.__name__)
def test_integers(family: type[Distribution], kind: str) -> None:
    found = mlefit.closed_form(family, INTEGERS[kind])
    reference = mlefit.closed_form(family, torch.tensor([1.0, 2.0, 4.0, 4.0], dtype=torch.float64))
    for name, value in reference.params.items():
        assert torch.equal(found.params[name], value)  # of float64 too


def test_booleans_are_coins() -> None:
    close(mlefit.fit(td.Bernoulli, x > 3).params["probs"], (x > 3).double().mean())


# ---- parametrization


def test_default_signature_of_the_multivariate_normal() -> None:
    assert list(mlefit.fit(MultivariateNormal, X).params) == ["loc", "scale_tril"]


@labels("name", ["covariance_matrix", "precision_matrix", "scale_tril"])
def test_init_chooses_the_signature(name: str) -> None:
    found = mlefit.fit(MultivariateNormal, X, init={name: torch.eye(3)})
    assert list(found.params) == ["loc", name]
    assert list(found.trace.params) == ["loc", name]


def test_partial_init_is_completed_from_the_data() -> None:
    found = mlefit.fit(Normal, x, init={"scale": 10.0})
    close(found.trace.params["scale"][0], torch.tensor(10.0, dtype=torch.float64))
    close(found.trace.params["loc"][0], x.mean())


def test_start_is_the_init() -> None:
    start = {"df": 7.0, "loc": 1.0, "scale": 5.0}
    found = mlefit.fit(td.StudentT, x**3, init=start)
    for name, value in start.items():
        close(found.trace.params[name][0], torch.tensor(value, dtype=torch.float64))


@labels("fixed", [{"loc": 1.0}, {"scale": 3.0}, {"loc": torch.tensor(1.0)}])
def test_fixed_is_known(fixed: dict[str, Any]) -> None:
    found = mlefit.fit(Normal, x, fixed=fixed)
    (name,), (learned,) = fixed, {"loc", "scale"} - fixed.keys()
    assert list(found.params) == ["loc", "scale"]
    assert found.params[name].item() == float(fixed[name])
    assert found.fixed.keys() == {name}
    assert found.standard_errors().keys() == {learned}
    assert found.confidence_interval().keys() == {learned}
    assert found.trace.params.keys() == {learned}
    close(found.aic, 2 - 2 * found.log_likelihood)
    best = {"loc": x.mean(), "scale": (x - 1).square().mean().sqrt()}[learned]
    assert (found.params[learned] - best).abs() <= NEAR * found.standard_errors()[learned]


@labels("name", ["covariance_matrix", "precision_matrix", "scale_tril"])
def test_fixed_scale_of_a_vector(name: str) -> None:
    known = 2 * torch.eye(3, dtype=torch.float64)
    found = mlefit.fit(MultivariateNormal, X, fixed={name: known})
    assert list(found.params) == ["loc", name]
    close(found.params["loc"], X.mean(0))
    variance = found.distribution.variance[0]
    close(found.standard_errors()["loc"], (variance / 50).sqrt().expand(3))


def test_fixed_loc_of_a_vector() -> None:
    found = mlefit.fit(MultivariateNormal, X, fixed={"loc": SHIFT})
    S = (X - SHIFT).T @ (X - SHIFT) / 50
    close(found.distribution.covariance_matrix, S, rtol=1e-5, atol=1e-7)


def test_fixed_loc_leaves_a_rank_to_few_rows() -> None:
    found = mlefit.fit(Normal, [3.0], fixed={"loc": 1.0})
    close(found.params["scale"], torch.tensor(2.0, dtype=torch.float64), rtol=1e-3)
    assert mlefit.fit(MultivariateNormal, X[:3], fixed={"loc": SHIFT}).converged


def test_partial_fixes_arguments() -> None:
    heads = sample(td.Binomial(10, torch.tensor(0.3)), 40)
    by_partial = mlefit.fit(partial(td.Binomial, 10), heads)
    by_name = mlefit.fit(td.Binomial, heads, fixed={"total_count": 10})
    close(by_partial.params["probs"], heads.mean() / 10)
    assert by_partial.log_likelihood == by_name.log_likelihood
    assert by_partial.fixed["total_count"] == by_name.fixed["total_count"]
    close(by_partial.distribution.mean, heads.mean())


def test_logits_and_probs_are_one_model() -> None:
    coins = (x > 3).double()
    probs = mlefit.fit(td.Bernoulli, coins)
    logits = mlefit.fit(td.Bernoulli, coins, init={"logits": 0.0})
    close(logits.params["logits"].sigmoid(), probs.params["probs"], atol=1e-4)
    close(logits.log_likelihood, probs.log_likelihood)


def test_negative_binomial_of_a_known_count() -> None:
    counts = sample(td.NegativeBinomial(torch.tensor(5.0), torch.tensor(0.4)), 100)
    found = mlefit.fit(td.NegativeBinomial, counts, fixed={"total_count": 5.0})
    close(found.params["probs"], counts.mean() / (5 + counts.mean()))


# ---- callables


def test_independent_normals_are_normals() -> None:
    def family(loc: Tensor, scale: Tensor) -> Distribution:
        return td.Independent(Normal(loc, scale), 1)

    found = mlefit.fit(
        family,
        X,
        init={"loc": torch.zeros(3), "scale": torch.ones(3)},
        transforms={"scale": SoftplusTransform()},
    )
    apart = mlefit.closed_form(Normal, X)
    for name in ("loc", "scale"):
        error = apart.standard_errors()[name]
        assert ((found.params[name] - apart.params[name]).abs() <= NEAR * error).all()
        assert_close(found.standard_errors()[name], error, rtol=1e-3, atol=0)
    close(found.log_likelihood, apart.log_likelihood.sum())


def mixture(probs: Tensor, loc: Tensor, scale: Tensor) -> Distribution:
    return td.MixtureSameFamily(td.Categorical(probs), Normal(loc, scale))


def test_mixture() -> None:
    data = torch.cat([draw(60), 0.5 * draw(40, seed=1) + 6])
    found = mlefit.fit(
        mixture,
        data,
        init={"probs": [0.5, 0.5], "loc": [-1.0, 5.0], "scale": [1.0, 1.0]},
        transforms={"probs": td.StickBreakingTransform(), "scale": ExpTransform()},
    )
    assert found.converged, found.message
    # at the maximum, the responsibilities reproduce the parameters (the EM fixed point)
    p, loc, scale = (found.params[name] for name in ("probs", "loc", "scale"))
    r = (Normal(loc, scale).log_prob(data[:, None]) + p.log()).softmax(-1)
    close(r.mean(0), p, rtol=1e-4)
    close((r * data[:, None]).sum(0) / r.sum(0), loc, rtol=1e-4)
    variance = (r * (data[:, None] - loc) ** 2).sum(0) / r.sum(0)
    close(variance.sqrt(), scale, rtol=1e-4)


def test_transformed_distribution() -> None:
    def family(loc: Tensor, scale: Tensor) -> Distribution:
        return td.TransformedDistribution(Normal(loc, scale), [ExpTransform()])

    found = mlefit.fit(
        family,
        z.exp(),
        init={"loc": 1.0, "scale": 2.0},
        transforms={"scale": SoftplusTransform()},
    )
    assert_near(found, mlefit.closed_form(td.LogNormal, z.exp()))


class Rayleigh(Distribution):
    """A family of the user's own: density x / s^2 exp(-x^2 / 2 s^2)."""

    arg_constraints: Mapping[str, Any] = {"sigma": constraints.positive}
    support = constraints.positive

    def __init__(self, sigma: Any, validate_args: bool | None = None) -> None:
        self.sigma = torch.as_tensor(sigma)
        super().__init__(self.sigma.shape, validate_args=validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        return value.log() - 2 * self.sigma.log() - (value / self.sigma) ** 2 / 2


@labels("options", [{}, {"init": {"sigma": 5.0}}, {"transforms": {"sigma": ExpTransform()}}])
def test_family_of_the_users_own(options: dict[str, Any]) -> None:
    data = draw(100, 2).square().sum(-1).sqrt()
    found = mlefit.fit(Rayleigh, data, **options)
    assert found.converged
    close(found.params["sigma"], (data.square().mean() / 2).sqrt(), rtol=1e-4)
    close(found.standard_errors()["sigma"], found.params["sigma"] / (2 * 100**0.5), rtol=1e-3)
    low, high = found.confidence_interval()["sigma"]
    close((low * high).sqrt(), found.params["sigma"])
    with pytest.raises(ValueError, match=r"support of Rayleigh.*got 1 of 2, the first -1 at"):
        mlefit.fit(Rayleigh, [1.0, -1.0])


class Bare(Distribution):
    """A density alone: neither constraints nor a support, and no `validate_args`."""

    def __init__(self, loc: Tensor) -> None:
        self.loc = loc
        super().__init__(loc.shape, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        return -((value - self.loc) ** 2) / 2


def test_family_that_states_nothing() -> None:
    found = mlefit.fit(Bare, x, init={"loc": 0.0})
    close(found.params["loc"], x.mean())
    close(found.standard_errors()["loc"], torch.tensor(len(x) ** -0.5, dtype=torch.float64))


def test_batch_of_the_users_own_family() -> None:
    data = draw(100, 3, 2).square().sum(-1).sqrt()
    found = mlefit.fit(Rayleigh, data)
    close(found.params["sigma"], (data.square().mean(0) / 2).sqrt(), rtol=1e-4)


# ---- steps, traces, verdicts


@labels("optimizer", OPTIMIZERS)
@labels("steps", [0, 1, 7])
def test_tol_0_runs_exactly_max_steps(optimizer: str, steps: int) -> None:
    method, _ = OPTIMIZERS[optimizer]
    data = draw(30, 2)
    start = {"loc": -3.0, "scale": 5.0}
    found = mlefit.fit(Normal, data, init=start, optimizer=method, max_steps=steps, tol=0)
    assert found.trace.loss.shape == (steps + 1, 2)
    for name, value in start.items():
        path = found.trace.params[name]
        assert path.shape == (steps + 1, 2)
        close(path[0], torch.full((2,), value, dtype=torch.float64))
        close(path[-1], found.params[name])
    close(-30 * found.trace.loss[-1], found.log_likelihood)
    assert found.trace.evaluations >= steps + 1


@labels("optimizer", OPTIMIZERS)
def test_trace_is_the_loss_of_its_path(optimizer: str) -> None:
    method, _ = OPTIMIZERS[optimizer]
    found = mlefit.fit(
        td.Gumbel, x, init={"loc": 0.0, "scale": 1.0}, optimizer=method, max_steps=10, tol=0
    )
    path = found.trace.params
    for step, loss in enumerate(found.trace.loss):
        at = td.Gumbel(path["loc"][step], path["scale"][step])
        close(loss, -at.log_prob(x).mean())


def test_trace_of_a_settled_fit_repeats_its_last_value() -> None:
    data = torch.stack([draw(50) ** 3, 1 + draw(50) ** 5], 1)
    found = mlefit.fit(td.StudentT, data, init={"df": 4.0, "loc": 0.0, "scale": 1.0})
    assert found.converged.all()
    close(-50 * found.trace.loss[-1], found.log_likelihood)
    assert (found.trace.loss.diff(dim=0) <= 1e-12).all()


def warned(fragment: str, *args: Any, **options: Any) -> mlefit.Fit:
    with pytest.warns(ConvergenceWarning, match=fragment):
        found = mlefit.fit(*args, **options)
    assert not found.converged.any()
    assert found.message.startswith("not converged: ")
    return found


FAR = {"loc": -10.0, "scale": 2.0}


def test_too_few_steps_say_so() -> None:
    adam = partial(torch.optim.Adam, lr=0.01)
    found = warned(
        "nats from the maximum after 50 steps", Normal, x, init=FAR, optimizer=adam, max_steps=50
    )
    best = mlefit.closed_form(Normal, x).log_likelihood
    assert found.log_likelihood < best - 1
    warned("max_steps", td.StudentT, x, init={"df": 50.0, "loc": 90.0, "scale": 1.0}, max_steps=2)


def test_standard_errors_of_an_unconverged_fit_warn() -> None:
    found = warned("", Normal, x, init=FAR, optimizer=partial(torch.optim.SGD, lr=0.1), max_steps=9)
    with pytest.warns(ConvergenceWarning, match="standard errors of a fit that has not converged"):
        found.standard_errors()


def test_a_verdict_counts_its_fits() -> None:
    data = torch.stack([x, 0.1 * x], 1)
    adam = partial(torch.optim.Adam, lr=0.1)
    with pytest.warns(ConvergenceWarning, match=r"^0 of 2 fits converged after 3 steps.*2 ran out"):
        found = mlefit.fit(Normal, data, init=FAR, optimizer=adam, max_steps=3)
    assert found.converged.tolist() == [False, False]


def test_divergence_is_not_silent() -> None:
    sgd = partial(torch.optim.SGD, lr=100.0)
    warned("not converged", Normal, z, init={"loc": 3.0}, optimizer=sgd, max_steps=100)
    with pytest.raises(FloatingPointError, match=r"expected a finite.*; got .*; try .*newton"):
        mlefit.fit(Normal, z, init={"loc": -1e3, "scale": 0.1}, optimizer=torch.optim.LBFGS)


def test_a_slope_that_is_not_finite_is_named() -> None:
    def root(a: Tensor) -> Normal:
        return Normal(a.abs().sqrt(), 1.0)

    with pytest.raises(FloatingPointError, match=r"expected finite derivatives of .*; got -1"):
        mlefit.fit(root, z, init={"a": 0.0})


def test_divergence_in_a_batch_is_marked() -> None:
    data = torch.stack([z, z], 1)
    start = {"loc": torch.tensor([0.0, -1e3]), "scale": torch.tensor([1.0, 0.1])}
    with pytest.warns(ConvergenceWarning, match="left the numbers"):
        found = mlefit.fit(Normal, data, init=start, optimizer=torch.optim.LBFGS, max_steps=20)
    assert not found.converged[1]


def test_divergence_in_a_batch_spares_the_others() -> None:
    sgd = partial(torch.optim.SGD, lr=0.5)
    start = {"loc": torch.zeros(3), "scale": torch.tensor([1.2, 0.01, 1.2])}
    how = {"transforms": {"scale": ExpTransform()}, "optimizer": sgd}
    alone = mlefit.fit(Normal, z, init={"loc": 0.0, "scale": 1.2}, **how)
    with pytest.warns(ConvergenceWarning, match="2 of 3 fits converged.*1 .*left the numbers"):
        found = mlefit.fit(Normal, torch.stack([z, z, z], 1), init=start, **how)
    assert found.converged.tolist() == [True, False, True]
    for name in ("loc", "scale"):
        close(found.params[name][[0, 2]], alone.params[name].expand(2))
    with pytest.raises(ValueError, match=r"estimate of each fit; got none of 1 of 3; try"):
        _ = found.distribution


def test_stalled_line_search_is_not_convergence() -> None:
    stalled = partial(strong_wolfe, max_iter=1)  # max_eval becomes 1
    warned("", Normal, x, init=FAR, optimizer=stalled, max_steps=50)


def test_maximum_at_infinity_names_its_parameter() -> None:
    counts = sample(td.Binomial(10, torch.tensor(0.5)), 200)  # less spread than any Poisson
    found = warned("total_count runs to the boundary", td.NegativeBinomial, counts)
    assert found.params["total_count"] > 1e4


@labels("optimizer", [mlefit.newton, partial(torch.optim.Adam, lr=0.1)], ids=["newton", "Adam"])
def test_probability_one_is_a_boundary(optimizer: Any) -> None:
    found = warned("", td.Bernoulli, torch.ones(20), optimizer=optimizer, max_steps=500)
    assert found.params["probs"] > 0.999


def test_a_number_without_a_bound_runs_to_infinity() -> None:
    """Where a line separates heads from tails, no slope is the steepest."""
    t = torch.linspace(-1, 1, 30, dtype=torch.float64)

    def regression(a: Tensor, b: Tensor) -> Distribution:
        return td.Independent(td.Bernoulli(logits=a + b * t), 1)

    heads = (t > 0).double()
    warned("b runs to infinity", regression, heads[None], init={"a": 0.0, "b": 0.0})
    heads[[3, 20]] = heads[[20, 3]]
    found = mlefit.fit(regression, heads[None], init={"a": 0.0, "b": 0.0})
    assert found.converged
    p = torch.sigmoid(found.params["a"] + found.params["b"] * t)
    close((heads - p).sum(), torch.zeros_like(p[0]), atol=1e-5)
    close(((heads - p) * t).sum(), torch.zeros_like(p[0]), atol=1e-5)


def test_logits_run_to_infinity() -> None:
    for family, data in ((td.Bernoulli, [1.0] * 20), (td.Geometric, [0.0] * 20)):
        found = warned("logits runs to infinity", family, data, init={"logits": 0.0})
        assert found.params["logits"] > 10


def test_category_nobody_chose_is_a_boundary() -> None:
    found = warned("probs runs to the boundary", td.Categorical, [0, 0, 2, 2, 2])
    assert_close(
        found.params["probs"], torch.tensor([0.4, 0.0, 0.6], dtype=torch.float64), rtol=0, atol=1e-6
    )
    exact = mlefit.closed_form(td.Categorical, [0, 0, 2, 2, 2])
    assert exact.converged
    assert "boundary" in exact.message
    close(exact.params["probs"], torch.tensor([0.4, 0.0, 0.6], dtype=torch.float64))
    assert torch.isfinite(exact.log_likelihood)


def test_student_of_normal_data_finds_many_degrees_of_freedom() -> None:
    light = torch.linspace(0.02, 0.98, 49, dtype=torch.float64)  # lighter tails than any Student's
    found = warned("df", td.StudentT, Normal(0.0, 1.0).icdf(light))
    assert found.params["df"] > 100
    normal = mlefit.closed_form(Normal, Normal(0.0, 1.0).icdf(light))
    assert_close(found.log_likelihood, normal.log_likelihood, rtol=0, atol=1e-2)


def test_converged_promises_a_strict_maximum() -> None:
    def doubled(a: Tensor, b: Tensor) -> Distribution:
        return Normal(a + b, 1.0)

    found = warned("", doubled, x, init={"a": 0.0, "b": 0.0})  # only the sum is determined
    close(found.params["a"] + found.params["b"], x.mean())


@pytest.mark.parametrize("seed", [3, 20, 40])
def test_two_factors_trade_off_by_a_rotation(seed: int) -> None:
    """Off its crest the ridge of rotated loadings shows some curvature, which is not its own."""
    torch.manual_seed(seed)
    loadings = torch.randn(5, 2, dtype=torch.float64)
    X = torch.randn(200, 2).double() @ loadings.mT + 0.5 * torch.randn(200, 5).double()

    def factors(loc: Tensor, loadings: Tensor, log_noise: Tensor) -> Distribution:
        return td.LowRankMultivariateNormal(loc, loadings, log_noise.exp())

    init = {"loc": X.mean(0), "loadings": torch.randn(5, 2), "log_noise": torch.zeros(5)}
    warned("a ridge along which parameters trade off", factors, X, init=init)


# ---- side effects


def test_nothing_of_the_callers_changes() -> None:
    data, counts = X.clone().requires_grad_(), torch.ones(50)
    init, fixed = {"scale_tril": torch.eye(3)}, {"loc": torch.zeros(3, requires_grad=True)}
    before = [data.detach().clone(), counts.clone(), init["scale_tril"].clone()]
    options = {"init": init, "fixed": fixed, "weights": counts}
    mlefit.fit(MultivariateNormal, data, **options)
    mlefit.fit(MultivariateNormal, data, optimizer=strong_wolfe, max_steps=5, tol=0, **options)
    for now, then in zip([data, counts, init["scale_tril"]], before, strict=True):
        assert torch.equal(now.detach(), then)
    assert data.grad is None
    assert fixed["loc"].grad is None
    assert list(init) == ["scale_tril"]
    assert list(fixed) == ["loc"]


def test_data_that_change_later_leave_the_estimate() -> None:
    data = x.clone()
    found = mlefit.fit(Normal, data)
    loc, error = found.params["loc"].clone(), found.standard_errors()["loc"].clone()
    data.zero_()
    assert torch.equal(found.params["loc"], loc)
    assert torch.equal(found.standard_errors()["loc"], error)


def test_data_that_change_later_are_noticed_where_they_are_needed() -> None:
    for family in (td.Gamma, td.StudentT, td.Exponential):
        data = x.exp()
        found = mlefit.fit(family, data)
        errors, name = found.standard_errors(), next(iter(found.params))
        data.mul_(10)
        assert found.standard_errors() == errors
        assert repr(found)
        for ask in (
            lambda found=found, name=name: found.profile_interval(name),
            lambda found=found: found.standard_errors(robust=True),
        ):
            with pytest.raises(ValueError, match=r"changed in place since; try fit"):
                ask()


@labels("validate", [True, False])
def test_global_state_of_torch_stays(validate: bool) -> None:
    default, precision = Distribution._validate_args, torch.get_default_dtype()
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    Distribution.set_default_validate_args(validate)
    try:
        for family in (Normal, td.StudentT, td.ContinuousBernoulli):
            mlefit.fit(family, x.sigmoid()).standard_errors(robust=True)
        assert Distribution._validate_args is validate
    finally:
        Distribution.set_default_validate_args(default)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == precision
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()


def test_fixed_values_that_change_later_change_nothing() -> None:
    rate = torch.tensor(2.0, dtype=torch.float64)
    found = mlefit.fit(td.Gamma, x.exp(), fixed={"rate": rate})
    before = found.profile_interval("concentration")
    rate.fill_(50.0)
    assert found.params["rate"] == 2
    found.params["rate"].fill_(9.0)
    assert found.profile_interval("concentration") == before


def test_data_of_inference_mode() -> None:
    with torch.inference_mode():
        data = x.exp()
    assert mlefit.fit(td.Gamma, data).profile_interval("rate") == mlefit.fit(
        td.Gamma, x.exp()
    ).profile_interval("rate")


def test_works_without_grad() -> None:
    with torch.no_grad():
        quiet = mlefit.fit(td.StudentT, x, fixed={"df": 4.0})
        errors = quiet.standard_errors(robust=True)
        interval = quiet.profile_interval("loc")
    loud = mlefit.fit(td.StudentT, x, fixed={"df": 4.0})
    close(quiet.params["loc"], loud.params["loc"])
    close(errors["loc"], loud.standard_errors(robust=True)["loc"])
    close(interval[0], loud.profile_interval("loc")[0])


def test_is_itself_alone() -> None:
    one, other = (mlefit.fit(Normal, X) for _ in range(2))
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_numbers_of_numpy_are_options() -> None:
    found = mlefit.fit(td.Gamma, x.exp(), tol=np.float64(1e-6), max_steps=np.int64(20))
    assert found.converged


def test_constant_component_of_varying_rows() -> None:
    rest = draw(50).sigmoid() / 2
    rows = torch.stack([torch.full_like(rest, 0.5), rest, 0.5 - rest], -1)
    found = mlefit.fit(td.Dirichlet, rows)
    assert found.converged
    mean_log = td.Dirichlet(found.params["concentration"]).concentration.digamma()
    mean_log = mean_log - found.params["concentration"].sum().digamma()
    close(mean_log, rows.log().mean(0), rtol=1e-6)


@labels("family", [Normal, MultivariateNormal, td.Gamma], ids=lambda family: family.__name__)
def test_pickles(family: type[Distribution]) -> None:
    data = {Normal: x, MultivariateNormal: X, td.Gamma: x.exp()}[family]
    found = mlefit.fit(family, data)
    again = pickle.loads(pickle.dumps(found))
    assert repr(again) == repr(found)
    for name, error in found.standard_errors(robust=True).items():
        assert torch.equal(again.params[name], found.params[name])
        assert torch.equal(again.standard_errors(robust=True)[name], error)
    if family is not MultivariateNormal:
        name = list(found.params)[-1]
        assert again.profile_interval(name) == found.profile_interval(name)
