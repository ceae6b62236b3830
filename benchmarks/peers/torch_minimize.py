"""pytorch-minimize: a log-likelihood and charts of one's own, and its L-BFGS or BFGS."""

__all__ = ["ITERATIONS", "multivariate", "search"]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal
from torch.nn.functional import softplus
from torchmin import minimize

from benchmarks.measure import Estimate

ITERATIONS = 2000  # its own limit is 200 a parameter: minutes


def search(
    build: Callable[[Tensor], Distribution],
    x: Tensor,
    start: Tensor,
    read: Callable[[Any], tuple[Any, ...]],
    *,
    method: str = "bfgs",
) -> Estimate:
    """Minimize the mean negative log-likelihood of what `build` makes of a vector."""

    def loss(u: Tensor) -> Tensor:
        return -build(u).log_prob(x).mean()

    found = minimize(loss, start, method=method, max_iter=ITERATIONS)
    return Estimate(read(build(found.x)), "yes" if found.success else "no")


def multivariate(X: Tensor, loc: Tensor, factor: Tensor) -> Estimate:
    """Search for a mean and a Cholesky factor with a softplus on its diagonal."""
    d = X.shape[1]
    rows, columns = torch.tril_indices(d, d)
    u = factor.clone()
    u.diagonal().copy_(factor.diagonal() + (-(-factor.diagonal()).expm1()).log())

    def build(vector: Tensor) -> MultivariateNormal:
        A = vector.new_zeros(d, d).index_put((rows, columns), vector[d:])
        L = A.tril(-1) + softplus(A.diagonal()).diag_embed()
        return MultivariateNormal(vector[:d], scale_tril=L, validate_args=False)

    start = torch.cat([loc, u[rows, columns]])
    return search(build, X, start, lambda p: (p.mean, p.covariance_matrix), method="l-bfgs")
