"""Standard errors are those that statsmodels gives for the same likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
import torch.distributions as td
from statsmodels.base.model import GenericLikelihoodModel
from statsmodels.discrete.discrete_model import Logit, NegativeBinomial, Poisson
from statsmodels.regression.linear_model import OLS
from torch.distributions import Distribution

import mlefit

N = 300
rng = np.random.default_rng(0)
ones = np.ones(N)
speeds = 5 + 2 * rng.standard_normal(N)
counts = rng.negative_binomial(3, 0.4, N).astype(float)
coins = (rng.random(N) < 0.3).astype(float)

# A regression on nothing but a constant is a fit of one distribution, on the link's scale:
# label -> what statsmodels fitted, our family, the link of our parameter.
Link = Callable[[Distribution], Any]
REGRESSIONS: dict[str, tuple[Any, type[Distribution], np.ndarray, Link]] = {
    "Poisson": (Poisson(counts, ones), td.Poisson, counts, lambda d: d.rate.log()),
    "Bernoulli": (Logit(coins, ones), td.Bernoulli, coins, lambda d: d.logits),
    "NegativeBinomial": (
        NegativeBinomial(counts, ones),
        td.NegativeBinomial,
        counts,
        lambda d: torch.stack([d.mean.log(), 1 / d.total_count]),
    ),
}


@pytest.mark.parametrize("label", REGRESSIONS)
def test_errors_of_a_regression_on_a_constant(label: str) -> None:
    model, family, x, link = REGRESSIONS[label]
    theirs = model.fit(method="newton", disp=0, tol=1e-12)
    found = mlefit.fit(family, x, tol=1e-14)
    assert link(found.distribution).numpy() == pytest.approx(theirs.params.squeeze(), rel=1e-6)
    assert found.standard_errors(of=link).numpy() == pytest.approx(theirs.bse.squeeze(), rel=1e-5)


@pytest.mark.parametrize("label", ["Poisson", "Bernoulli"])
def test_robust_errors_of_a_regression_on_a_constant(label: str) -> None:
    model, family, x, link = REGRESSIONS[label]
    theirs = model.fit(method="newton", disp=0, tol=1e-12, cov_type="HC0")
    errors = mlefit.fit(family, x, tol=1e-14).standard_errors(of=link, robust=True)
    assert errors.item() == pytest.approx(theirs.bse.item(), rel=1e-6)


def test_errors_of_a_mean() -> None:
    """Least squares divides by n - 1, the likelihood by n; robust, both by n."""
    found, model = mlefit.fit(td.Normal, speeds), OLS(speeds, ones)
    plain, robust = model.fit().bse.item(), model.fit(cov_type="HC0").bse.item()
    ours = found.standard_errors()["loc"].item()
    assert ours == pytest.approx(plain * ((N - 1) / N) ** 0.5, rel=1e-12)
    assert found.standard_errors(robust=True)["loc"].item() == pytest.approx(robust, rel=1e-8)


@dataclass(frozen=True)
class Written:
    """A density by SciPy of torch's parameters, and data from it."""

    family: type[Distribution]
    data: np.ndarray
    log_density: Callable[..., Any]


DENSITIES = {
    "Normal": Written(td.Normal, speeds, scipy.stats.norm.logpdf),
    "Gamma": Written(
        td.Gamma,
        scipy.stats.gamma.rvs(3, scale=2, size=N, random_state=1),
        lambda x, a, rate: scipy.stats.gamma.logpdf(x, a, scale=1 / rate),
    ),
    "Weibull": Written(
        td.Weibull,
        scipy.stats.weibull_min.rvs(1.5, scale=2, size=N, random_state=2),
        lambda x, scale, k: scipy.stats.weibull_min.logpdf(x, k, scale=scale),
    ),
    "Beta": Written(
        td.Beta,
        scipy.stats.beta.rvs(2, 5, size=N, random_state=3),
        scipy.stats.beta.logpdf,
    ),
    "Gumbel": Written(
        td.Gumbel,
        scipy.stats.gumbel_r.rvs(1, 2, size=N, random_state=4),
        scipy.stats.gumbel_r.logpdf,
    ),
    "StudentT": Written(
        td.StudentT, scipy.stats.t.rvs(4, 10, 2, size=N, random_state=5), scipy.stats.t.logpdf
    ),
}


@pytest.mark.parametrize("label", DENSITIES)
def test_errors_of_a_likelihood_of_ones_own(label: str) -> None:
    """Theirs come from the Hessian by differences, at our estimate: five digits."""
    case = DENSITIES[label]

    class Model(GenericLikelihoodModel):
        def nloglikeobs(self, params: np.ndarray) -> Any:
            return -case.log_density(self.endog, *params)

    found = mlefit.fit(case.family, case.data, tol=1e-14)
    estimate = np.array([value.item() for value in found.params.values()])
    theirs = np.sqrt(np.diag(np.linalg.inv(-Model(case.data).hessian(estimate))))
    ours = [error.item() for error in found.standard_errors().values()]
    assert ours == pytest.approx(theirs, rel=1e-5)
