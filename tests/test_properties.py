"""What must hold for any data: equivariance, order, weights, batches, merging, charts, units."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.distributions as td
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.distributions.transforms import ExpTransform
from torch.testing import assert_close

import mlefit
from mlefit import Fit
from mlefit.transforms import SoftplusTransform

quick = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NEAR = 1e-3  # standard errors: 1e-8 nats, the default tolerance, are 1.4e-4 of them
seeds = st.integers(0, 2**31 - 1)
sizes = st.integers(8, 40)
units = st.floats(-6, 6).map(lambda power: 10**power)  # where exp and softplus keep their digits
signs = st.sampled_from([-1.0, 1.0])
shifts = st.floats(-1e6, 1e6)


def draw(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def heavy(z: Tensor) -> Tensor:
    return torch.sinh(1.5 * z)


# family -> data from standard normal draws, and what is fixed
LOCATION_SCALE: dict[type[Distribution], tuple[Callable[[Tensor], Tensor], dict[str, Any]]] = {
    Normal: (lambda z: z, {}),
    td.StudentT: (heavy, {"df": 4.0}),
    td.Gumbel: (lambda z: z, {}),
}
FAMILIES = LOCATION_SCALE | {
    td.Gamma: (torch.exp, {}),
    td.Weibull: (torch.exp, {}),
    td.Poisson: (lambda z: z.exp().round(), {}),
}
each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
each_location = pytest.mark.parametrize(
    "family", LOCATION_SCALE, ids=lambda family: family.__name__
)


def fit(family: type[Distribution], data: Any, **options: Any) -> Fit:
    found = mlefit.fit(family, data, fixed=FAMILIES[family][1] or None, **options)
    assert found.converged.all(), found.message
    return found


def assert_near(found: Fit, expected: dict[str, Tensor], errors: dict[str, Tensor]) -> None:
    """Check that estimates agree, measured in standard errors."""
    for name, error in errors.items():
        assert ((found.params[name] - expected[name]).abs() <= NEAR * error + 1e-300).all(), name


def learned(found: Fit) -> dict[str, Tensor]:
    return {name: value for name, value in found.params.items() if name not in found.fixed}


@each_location
@quick
@given(seed=seeds, n=sizes, unit=units, shift=shifts)
def test_location_and_scale_follow_the_data(
    family: type[Distribution], seed: int, n: int, unit: float, shift: float
) -> None:
    x = FAMILIES[family][0](draw(seed, n))
    moved = unit * (x + shift)
    reference, found = fit(family, (x + shift) - shift), fit(family, moved)

    expected = learned(reference)
    expected = {"loc": unit * (expected["loc"] + shift), "scale": unit * expected["scale"]}
    assert_near(found, expected, found.standard_errors())
    change = n * torch.tensor(unit, dtype=torch.float64).log()
    assert_close(found.log_likelihood, reference.log_likelihood - change, rtol=1e-9, atol=1e-6)
    # the verdict is in nats: it does not know the units
    assert found.converged == reference.converged


@pytest.mark.parametrize("method", [mlefit.fit, mlefit.closed_form], ids=lambda it: it.__name__)
@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 4), shift=shifts)
def test_multivariate_normal_follows_linear_maps(
    method: Callable[..., Fit], seed: int, n: int, d: int, shift: float
) -> None:
    X, A = draw(seed, n, d), draw(seed + 1, d, d) + 3 * torch.eye(d, dtype=torch.float64)
    reference, found = method(MultivariateNormal, X), method(MultivariateNormal, X @ A.T + shift)

    S = A @ reference.distribution.covariance_matrix @ A.T
    errors = found.standard_errors(of=lambda it: it.covariance_matrix)
    assert ((found.distribution.covariance_matrix - S).abs() <= NEAR * errors).all()
    assert_near(found, {"loc": A @ reference.params["loc"] + shift}, {"loc": S.diagonal().sqrt()})
    change = n * torch.linalg.det(A).abs().log()
    assert_close(found.log_likelihood, reference.log_likelihood - change, rtol=1e-9, atol=1e-6)


@each_family
@quick
@given(seed=seeds, n=sizes)
def test_order_does_not_matter(family: type[Distribution], seed: int, n: int) -> None:
    x = FAMILIES[family][0](draw(seed, n))
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    reference, found = fit(family, x), fit(family, x[order])
    assert_near(found, learned(reference), reference.standard_errors())
    assert_close(found.log_likelihood, reference.log_likelihood, rtol=1e-12, atol=1e-7)


@each_family
@quick
@given(seed=seeds, n=sizes, times=st.lists(st.integers(0, 5), min_size=40, max_size=40))
def test_weights_are_repetitions(
    family: type[Distribution], seed: int, n: int, times: list[int]
) -> None:
    x = FAMILIES[family][0](draw(seed, n))
    w = torch.tensor(times[:n])
    w[:4] += 1  # four different rows at least
    weighted, repeated = fit(family, x, weights=w), fit(family, x.repeat_interleave(w))

    errors = repeated.standard_errors()
    assert weighted.n == w.sum()
    assert_near(weighted, learned(repeated), errors)
    assert_close(weighted.log_likelihood, repeated.log_likelihood, rtol=1e-12, atol=1e-7)
    for name, error in weighted.standard_errors().items():
        assert_close(error, errors[name], rtol=1e-3, atol=0)


@each_family
@quick
@given(seed=seeds, n=sizes, batch=st.lists(st.integers(1, 3), min_size=1, max_size=2))
def test_a_batch_is_its_singles(
    family: type[Distribution], seed: int, n: int, batch: list[int]
) -> None:
    x = FAMILIES[family][0](draw(seed, n, *batch))
    together = fit(family, x)
    assert together.converged.shape == torch.Size(batch)

    errors = together.standard_errors()
    for index in torch.ones(batch).nonzero().tolist():
        at = tuple(index)
        alone = fit(family, x[(slice(None), *at)])
        expected = {name: value[at] for name, value in learned(together).items()}
        assert_near(alone, expected, {name: error[at] for name, error in errors.items()})
        assert_close(together.log_likelihood[at], alone.log_likelihood, rtol=1e-12, atol=1e-7)


@pytest.mark.parametrize("family", [Normal, MultivariateNormal], ids=lambda it: it.__name__)
@quick
@given(
    seed=seeds,
    cuts=st.lists(st.integers(0, 60), max_size=6),
    shift=st.floats(-1e12, 1e12),
    order=st.randoms(use_true_random=False),
)
def test_merged_parts_are_the_whole(
    family: type[Distribution], seed: int, cuts: list[int], shift: float, order: Any
) -> None:
    x = draw(seed, 60, 3) + shift
    edges = [0, *sorted(cuts), 60]
    parts = [x[a:b] for a, b in pairwise(edges)]
    order.shuffle(parts)
    merged = sum(mlefit.suffstats(family, part) for part in parts)
    whole = mlefit.suffstats(family, x)

    assert torch.equal(merged.n, whole.n)
    assert_close(merged.mean, whole.mean, rtol=1e-12, atol=0)
    assert_close(merged.scatter, whole.scatter, rtol=0, atol=60 * 1e-12)


CHARTS = [SoftplusTransform(), ExpTransform(), td.SoftplusTransform()]


@quick
@given(seed=seeds, n=sizes, unit=st.floats(-3, 3).map(lambda power: 10**power))
def test_the_chart_does_not_matter(seed: int, n: int, unit: float) -> None:
    x = unit * draw(seed, n).exp()
    found = [
        fit(td.Gamma, x, transforms={"concentration": chart, "rate": chart}) for chart in CHARTS
    ]
    errors = found[0].standard_errors()
    for other in found[1:]:
        assert_near(other, learned(found[0]), errors)
        for name, error in other.standard_errors().items():
            assert_close(error, errors[name], rtol=1e-3, atol=0)


@pytest.mark.parametrize("name", ["scale_tril", "covariance_matrix", "precision_matrix"])
@quick
@given(seed=seeds, n=st.integers(8, 30), d=st.integers(1, 3))
def test_the_chart_of_a_matrix_does_not_matter(name: str, seed: int, n: int, d: int) -> None:
    X = draw(seed, n, d) @ (draw(seed + 1, d, d) + 2 * torch.eye(d, dtype=torch.float64))
    exact = mlefit.closed_form(MultivariateNormal, X)
    errors = exact.standard_errors(of=lambda it: it.covariance_matrix)
    for link in CHARTS[:2]:
        found = mlefit.fit(MultivariateNormal, X, transforms={name: link})
        assert found.converged, found.message
        apart = found.distribution.covariance_matrix - exact.distribution.covariance_matrix
        assert (apart.abs() <= NEAR * errors).all()
        assert_close(found.log_likelihood, exact.log_likelihood, rtol=0, atol=1e-6)
