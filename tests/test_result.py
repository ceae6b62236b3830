"""A fit is frozen, and its numbers hang together."""

from dataclasses import FrozenInstanceError
from functools import partial

import pytest
import torch
import torch.distributions as td
from torch.distributions import MultivariateNormal, Normal
from torch.testing import assert_close

import mlefit

close = partial(assert_close, rtol=1e-9, atol=1e-9)

x = torch.randn(40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
X = torch.randn(40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

FITS = {
    "Normal": (Normal, x, {}, 2),
    "fixed loc": (Normal, x, {"fixed": {"loc": 0.0}}, 1),
    "MultivariateNormal": (MultivariateNormal, X, {}, 9),
    "covariance_matrix": (MultivariateNormal, X, {"init": {"covariance_matrix": torch.eye(3)}}, 9),
    "Gamma": (td.Gamma, x.exp(), {}, 2),
    "Categorical": (td.Categorical, x.abs().round().clamp(max=2), {}, 2),
    "Dirichlet": (td.Dirichlet, X.softmax(-1), {}, 3),
    "statistics": (Normal, mlefit.suffstats(Normal, x), {}, 2),
}
each = pytest.mark.parametrize("label", FITS)


def fit(label: str) -> mlefit.Fit:
    family, data, options, _ = FITS[label]
    return mlefit.fit(family, data, **options)


@each
def test_is_frozen(label: str) -> None:
    found = fit(label)
    with pytest.raises(FrozenInstanceError):
        found.n = torch.tensor(3.0)
    with pytest.raises(FrozenInstanceError):
        found.trace.evaluations = 0


@each
def test_criteria_count_the_learned_numbers(label: str) -> None:
    found, learned = fit(label), FITS[label][-1]
    close(found.aic, 2 * learned - 2 * found.log_likelihood)
    close(found.bic, learned * torch.tensor(40.0).double().log() - 2 * found.log_likelihood)


@each
def test_family_of_params_is_the_distribution(label: str) -> None:
    found = fit(label)
    rebuilt = found.family(**found.params)
    assert type(rebuilt) is type(found.distribution)
    assert found.n.shape == found.converged.shape == found.log_likelihood.shape == ()
    assert found.n == 40
    assert found.converged.dtype == torch.bool
    if label != "statistics":
        data = FITS[label][1]
        close(rebuilt.log_prob(data).sum(), found.log_likelihood)
        close(found.distribution.log_prob(data).sum(), found.log_likelihood)
        assert rebuilt.sample((5,)).shape == (5, *data.shape[1:])


@each
def test_trace_ends_at_the_estimate(label: str) -> None:
    found = fit(label)
    assert len(found.trace.loss) == len(next(iter(found.trace.params.values())))
    close(-40 * found.trace.loss[-1], found.log_likelihood)
    for name, path in found.trace.params.items():
        close(path[-1], found.params[name])
    assert found.trace.evaluations >= len(found.trace.loss)


@each
def test_message_says_how_near_and_how_long(label: str) -> None:
    message = fit(label).message
    assert message.startswith("converged: ")
    assert " nats from the maximum after " in message
    assert " evaluation" in message


def test_closed_form_traces_its_estimate_alone() -> None:
    exact = mlefit.closed_form(MultivariateNormal, X)
    assert exact.message.startswith("exact")
    assert exact.converged
    assert exact.trace.loss.shape == (1,)
    assert exact.trace.evaluations == 1
    assert exact.trace.params["scale_tril"].shape == (1, 3, 3)
    close(exact.params["loc"], X.mean(0))
    residuals = X - X.mean(0)
    close(exact.distribution.covariance_matrix, residuals.T @ residuals / 40)


def test_trace_of_newton_comes_down() -> None:
    start = {"loc": -10.0, "scale": 20.0}
    found = mlefit.fit(td.Gumbel, x, init=start)
    assert (found.trace.loss.diff() <= 1e-12).all()
    assert found.trace.loss[0] > found.trace.loss[-1] + 1
