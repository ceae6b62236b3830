"""SciPy's own fits by search."""

__all__ = ["by_bounds", "each_t", "own"]

from collections.abc import Callable, Mapping
from typing import Any

from scipy import stats

from benchmarks.measure import Estimate

Bounds = Mapping[str, tuple[float, float]]  # of the parameters that are free
Order = Callable[..., tuple[float, ...]]  # SciPy's parameters -> torch's


def own(dist: Any, x: Any, order: Order, **fixed: float) -> Estimate:
    """Use a distribution's own `fit`, which returns parameters and no verdict."""
    return Estimate(order(*dist.fit(x, **fixed)))


def by_bounds(dist: Any, x: Any, bounds: Bounds, order: Order) -> Estimate:
    """Use `scipy.stats.fit`, a global search that needs bounds for each parameter."""
    found = stats.fit(dist, x, bounds)
    return Estimate(order(*found.params), "yes" if found.success else "no")


def each_t(X: Any) -> Estimate:
    """Use `scipy.stats.t.fit` in a loop over columns."""
    found = [stats.t.fit(x) for x in X.T]
    return Estimate(tuple(zip(*found, strict=True)))
