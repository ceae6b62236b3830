"""The library as a contender."""

__all__ = ["exact", "exact_multivariate", "fitted", "multivariate", "said"]

from typing import Any

from torch.distributions import MultivariateNormal

import mlefit
from benchmarks.measure import Estimate


def said(fit: mlefit.Fit) -> str:
    """Return the verdict of a fit, or of how many fits of a batch."""
    if fit.converged.ndim == 0:
        return "yes" if fit.converged else "no"
    return f"yes for {fit.converged.double().mean():.2%}"


def fitted(family: Any, data: Any, **options: Any) -> Estimate:
    """Fit a family; the parameters come in the constructor's order."""
    fit = mlefit.fit(family, data, **options)
    return Estimate(tuple(fit.params.values()), said(fit))


def exact(family: Any, data: Any) -> Estimate:
    """Return the exact estimate."""
    fit = mlefit.closed_form(family, data)
    return Estimate(tuple(fit.params.values()), said(fit))


def exact_multivariate(X: Any) -> Estimate:
    """Return the exact mean and covariance matrix."""
    return multivariate(mlefit.closed_form(MultivariateNormal, X))


def multivariate(fit: mlefit.Fit) -> Estimate:
    """Return the mean and the covariance matrix of a fitted multivariate normal."""
    L = fit.params["scale_tril"].double()
    return Estimate((fit.params["loc"], L @ L.mT), said(fit))
