"""scikit-learn: an empirical covariance, a mixture of one normal, a streaming scaler."""

__all__ = ["empirical", "mixture", "scaler"]

from collections.abc import Iterable
from typing import Any

from sklearn.covariance import EmpiricalCovariance
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from benchmarks.measure import Estimate


def empirical(X: Any) -> Estimate:
    """Use `EmpiricalCovariance`."""
    found = EmpiricalCovariance().fit(X)
    return Estimate((found.location_, found.covariance_), "formula")


def mixture(X: Any) -> Estimate:
    """Use `GaussianMixture` with one component, started at random as by default."""
    found = GaussianMixture(1, random_state=0).fit(X)
    return Estimate((found.means_[0], found.covariances_[0]), "yes" if found.converged_ else "no")


def scaler(blocks: Iterable[Any]) -> Estimate:
    """Use `StandardScaler.partial_fit`, block by block."""
    found = StandardScaler()
    for block in blocks:
        found.partial_fit(block[:, None])
    return Estimate((found.mean_[0], found.scale_[0]), "formula")
