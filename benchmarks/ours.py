"""The library as a contender."""

__all__ = ["exact", "exact_multivariate", "fitted", "multivariate", "operations", "said"]

from collections.abc import Callable
from typing import Any

from torch.distributions import MultivariateNormal
from torch.utils._python_dispatch import TorchDispatchMode

import mlefit
from benchmarks.measure import Estimate


def operations(run: Callable[[], Any]) -> int:
    """Return how many operations of torch a run takes, once it is warm."""
    run()
    with _Counter() as counter:
        run()
    return counter.count


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


class _Counter(TorchDispatchMode):
    """Count the operations that torch carries out."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, run: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return run(*args, **(kwargs or {}))
