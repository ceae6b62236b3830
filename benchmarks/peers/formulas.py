"""NumPy, SciPy and torch where they have the estimate as a formula."""

__all__ = [
    "numpy_cov",
    "numpy_normal",
    "numpy_sum",
    "scipy_multivariate",
    "scipy_normal",
    "torch_cov",
    "torch_normal",
    "torch_product",
    "torch_sum",
]

from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from benchmarks.measure import Estimate

FORMULA = "formula"


def numpy_sum(x: Any) -> Estimate:
    """Add the data up: the least that any estimate must do."""
    x.sum()
    return Estimate()


def numpy_normal(x: Any) -> Estimate:
    """Use NumPy's `mean` and `std`, along the rows."""
    return Estimate((x.mean(0), x.std(0)), FORMULA)


def torch_normal(x: Tensor) -> Estimate:
    """Use torch's `std_mean` with divisor n."""
    std, mean = torch.std_mean(x, 0, correction=0)
    return Estimate((mean, std), FORMULA)


def scipy_normal(x: Any) -> Estimate:
    """Use `scipy.stats.norm.fit`."""
    return Estimate(tuple(stats.norm.fit(x)), FORMULA)


def torch_sum(x: Tensor) -> Estimate:
    """Add the data up."""
    x.sum()
    return Estimate()


def torch_product(X: Tensor) -> Estimate:
    """Multiply each column by each: what a covariance is made of, but for the mean."""
    torch.mm(X.T, X)
    return Estimate()


def numpy_cov(X: Any) -> Estimate:
    """Use NumPy's `mean` and `cov` with divisor n."""
    return Estimate((X.mean(0), np.cov(X, rowvar=False, bias=True)), FORMULA)


def torch_cov(X: Tensor) -> Estimate:
    """Use torch's `mean` and `cov` with divisor n."""
    return Estimate((X.mean(0), torch.cov(X.T, correction=0)), FORMULA)


def scipy_multivariate(X: Any) -> Estimate:
    """Use `scipy.stats.multivariate_normal.fit`."""
    return Estimate(tuple(stats.multivariate_normal.fit(X)), FORMULA)
