"""statsmodels: a likelihood of one's own, and its regression for counts."""

__all__ = ["generic", "negative_binomial"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from statsmodels.base.model import GenericLikelihoodModel
from statsmodels.discrete.discrete_model import NegativeBinomial

from benchmarks.measure import Estimate


def generic(log_density: Callable[..., Any], x: Any, start: Sequence[float]) -> Estimate:
    """Use `GenericLikelihoodModel` with its default search, Nelder and Mead's simplex.

    Args:
        log_density: Of data and parameters.
        x: Data.
        start: First parameters, in the order that the density takes them.
    """

    class Model(GenericLikelihoodModel):  # type: ignore[misc]
        def nloglikeobs(self, params: Any) -> Any:
            return -log_density(self.endog, *params)

    found = Model(x).fit(start_params=np.asarray(start), disp=0)
    return Estimate(tuple(found.params), _verdict(found))


def negative_binomial(x: Any) -> Estimate:
    """Use the regression `NegativeBinomial` with nothing but a constant."""
    found = NegativeBinomial(x, np.ones(len(x))).fit(disp=0)
    mean, alpha = np.exp(found.params[0]), found.params[1]
    return Estimate((1 / alpha, alpha * mean / (1 + alpha * mean)), _verdict(found))


def _verdict(found: Any) -> str:
    return "yes" if found.mle_retvals["converged"] else "no"
