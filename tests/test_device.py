"""Results live where the data are, in their dtype; `pytest --device cuda` runs this file there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import torch
import torch.distributions as td
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.testing import assert_close

import mlefit
from mlefit import Fit, SufficientStatistics, closed_form, fit, suffstats
from mlefit._model import resolve

N = 40
g = torch.Generator().manual_seed(2)
z = torch.randn(N, dtype=torch.float64, generator=g)
Z = torch.randn(N, 3, dtype=torch.float64, generator=g)


@dataclass(frozen=True)
class Case:
    family: type[Distribution]
    data: Tensor  # on the CPU
    options: dict[str, Any] = field(default_factory=dict)


CASES = {
    "Normal": Case(Normal, z),
    "Normal, fixed scale": Case(Normal, z, {"fixed": {"scale": 2.0}}),
    "Normal, init": Case(Normal, z, {"init": {"loc": 5.0, "scale": 2.0}}),
    "MultivariateNormal": Case(MultivariateNormal, Z),
    "covariance": Case(MultivariateNormal, Z, {"init": {"covariance_matrix": 2 * torch.eye(3)}}),
    "precision": Case(MultivariateNormal, Z, {"init": {"precision_matrix": 2 * torch.eye(3)}}),
    "fixed loc": Case(MultivariateNormal, Z, {"fixed": {"loc": torch.zeros(3)}}),
    "StudentT": Case(td.StudentT, z.sinh(), {"fixed": {"df": 4.0}}),
    "Gamma": Case(td.Gamma, z.exp()),
    "a batch": Case(td.Gamma, Z.exp()),
    "Weibull": Case(td.Weibull, z.exp()),
    "Beta": Case(td.Beta, z.sigmoid()),
    "Dirichlet": Case(td.Dirichlet, Z.softmax(-1)),
    "Poisson": Case(td.Poisson, z.exp().round()),
    "Pareto": Case(td.Pareto, z.exp() + 1, {"fixed": {"scale": 0.9}}),
    "Binomial": Case(td.Binomial, z.exp().round().clamp(max=5), {"fixed": {"total_count": 5}}),
    "LBFGS": Case(
        td.Gamma,
        z.exp(),
        {"optimizer": partial(torch.optim.LBFGS, line_search_fn="strong_wolfe"), "tol": 1e-5},
    ),
    "a callable": Case(lambda loc: Normal(loc, 1.0), z, {"init": {"loc": 3.0}}),
}
EXACT = {
    "Normal": Case(Normal, z),
    "MultivariateNormal": Case(MultivariateNormal, Z),
    "a batch": Case(MultivariateNormal, Z.reshape(20, 2, 3)),
    "Bernoulli": Case(td.Bernoulli, (z > 0).double()),
    "Categorical": Case(td.Categorical, z.exp().round().clamp(max=3)),
    "Laplace": Case(td.Laplace, z),
    "Pareto": Case(td.Pareto, z.exp()),
    "Uniform": Case(td.Uniform, z),
}
each_case = pytest.mark.parametrize("label", CASES)
each_exact = pytest.mark.parametrize("label", EXACT)
each_dtype = pytest.mark.parametrize("dtype", [torch.float64, torch.float32])


def tensors(found: Fit) -> Iterator[Tensor]:
    """Return all tensors that a fit shows."""
    yield from (value for value in found.params.values() if isinstance(value, Tensor))
    yield from (found.n, found.log_likelihood, found.converged, found.aic, found.bic)
    yield from (found.trace.loss, *found.trace.params.values())


def assert_there(found: Fit, expected: Fit, device: torch.device, dtype: torch.dtype) -> None:
    """Check the place and kind of a result, and that it is the same as on the CPU."""
    assert {value.device for value in tensors(found)} == {device}
    learned = {name: found.params[name] for name in found.params if name not in found.fixed}
    assert {value.dtype for value in learned.values()} == {dtype}
    digits = 1e-9 if dtype == torch.float64 else 1e-4
    assert_close(found.log_likelihood.cpu(), expected.log_likelihood, rtol=digits, atol=1e-6)
    for name, value in learned.items():
        assert_close(value.cpu(), expected.params[name].to(dtype), rtol=1e-3, atol=1e-4)


@each_dtype
@each_case
def test_fit(label: str, dtype: torch.dtype, device: torch.device) -> None:
    case = CASES[label]
    data = case.data.to(dtype)
    found = fit(case.family, data.to(device), **case.options)
    assert_there(found, fit(case.family, data, **case.options), device, dtype)

    pairs = [*found.confidence_interval().values()]
    for value in (*found.standard_errors().values(), *(bound for pair in pairs for bound in pair)):
        assert value.device == device
        assert value.dtype == dtype
        assert torch.isfinite(value).all()
    assert found.standard_errors(robust=True).keys() == found.standard_errors().keys()
    assert str(found.n.flatten()[0].item()).removesuffix(".0") in repr(found)


@each_dtype
@each_exact
def test_closed_form(label: str, dtype: torch.dtype, device: torch.device) -> None:
    case = EXACT[label]
    data = case.data.to(dtype)
    found = closed_form(case.family, data.to(device))
    assert_there(found, closed_form(case.family, data), device, dtype)


@each_exact
def test_weights_come_from_anywhere(label: str, device: torch.device) -> None:
    case = EXACT[label]
    w = torch.arange(len(case.data)) % 3
    found = closed_form(case.family, case.data.to(device), weights=w)
    expected = closed_form(case.family, case.data, weights=w)
    assert_there(found, expected, device, torch.float64)


@pytest.mark.parametrize("family", [Normal, MultivariateNormal], ids=lambda it: it.__name__)
def test_statistics(family: type[Distribution], device: torch.device) -> None:
    parts = [suffstats(family, part) for part in Z.to(device).split([10, 0, 30])]
    total: SufficientStatistics = sum(parts)  # type: ignore[assignment]
    expected = suffstats(family, Z)
    for name in ("n", "mean", "scatter", "remainder"):
        assert getattr(total, name).device == device
        assert_close(getattr(total, name).cpu(), getattr(expected, name), rtol=1e-12, atol=1e-14)
    assert_there(fit(family, total), fit(family, Z), device, torch.float64)


def test_profile_interval(device: torch.device) -> None:
    found, expected = (fit(td.Gamma, z.exp().to(where)) for where in (device, "cpu"))
    for bound, same in zip(
        found.profile_interval("rate"), expected.profile_interval("rate"), strict=True
    ):
        assert bound.device == device
        assert_close(bound.cpu(), same, rtol=1e-4, atol=0)


def test_a_batch_with_a_hopeless_fit(device: torch.device) -> None:
    data = torch.stack([z, torch.ones(N)], 1).to(device)
    with pytest.warns(mlefit.ConvergenceWarning, match="fit 1: the scatter is zero"):
        found = fit(Normal, data)
    assert found.converged.tolist() == [True, False]
    assert found.params["scale"].device == device


def test_what_the_user_gives_follows_the_data() -> None:
    model = resolve(Normal, {"loc": 0.0}, {"scale": 1.0}, None)
    there = model.to(torch.device("meta"))
    assert not model.init["loc"].is_meta
    assert there.init["loc"].is_meta
    assert there.fixed["scale"].is_meta


# ---- nothing is made elsewhere: where the default device holds no numbers, a tensor that is made
# without saying where cannot meet the data


ELSEWHERE: dict[str, Callable[[], Any]] = {
    **{
        f"fit: {label}": partial(fit, case.family, case.data, **case.options)
        for label, case in CASES.items()
        if "init" not in case.options and "fixed" not in case.options
    },
    **{
        f"closed_form: {label}": partial(closed_form, case.family, case.data)
        for label, case in EXACT.items()
    },
    "weights": partial(fit, td.Gamma, z.exp(), weights=torch.ones(N)),
    "init": partial(fit, Normal, z, init={"loc": torch.zeros(()), "scale": torch.ones(())}),
    "fixed": partial(fit, td.StudentT, z.sinh(), fixed={"df": torch.tensor(4.0)}),
    "fixed loc": partial(fit, MultivariateNormal, Z, fixed={"loc": torch.zeros(3)}),
    "precision": partial(fit, MultivariateNormal, Z, init={"precision_matrix": torch.eye(3)}),
    "statistics": partial(suffstats, MultivariateNormal, Z),
}


@pytest.mark.parametrize("label", ELSEWHERE)
def test_makes_nothing_on_the_default_device(label: str) -> None:
    with torch.device("meta"):
        found = ELSEWHERE[label]()
        if isinstance(found, Fit) and "no standard errors" not in found.message:
            (name, *_) = found.standard_errors()
            found.standard_errors(robust=True)
            found.confidence_interval(level=0.9)
            found.standard_errors(of=lambda it: getattr(it, name))
            assert "estimate" in repr(found)
    shown = tensors(found) if isinstance(found, Fit) else (found.mean, found.scatter)
    assert {value.device.type for value in shown} == {"cpu"}


def test_the_default_device_would_betray_a_slip() -> None:
    with torch.device("meta"), pytest.raises((NotImplementedError, RuntimeError)):
        fit(lambda loc: Normal(loc, torch.ones(N)), z, init={"loc": torch.zeros((), device="cpu")})
