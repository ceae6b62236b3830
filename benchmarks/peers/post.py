"""The loops of a blog post of 2022: Adam with learning rate 0.01, a fixed number of steps."""

__all__ = ["multivariate", "univariate"]

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal
from torch.nn.functional import softplus

from benchmarks.measure import Estimate


def univariate(x: Tensor, *, steps: int = 5100) -> Estimate:
    """Learn loc and a softplus of the scale from (-10, 2)."""
    loc = torch.tensor(-10.0, requires_grad=True)
    raw = torch.tensor(2.0, requires_grad=True)
    optimizer = torch.optim.Adam([loc, raw], lr=0.01)
    for _ in range(steps):
        loss = -Normal(loc, softplus(raw)).log_prob(x).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return Estimate((loc.detach(), softplus(raw).detach()))


def multivariate(X: Tensor, start: Tensor, *, steps: int = 8100) -> Estimate:
    """Learn loc and a square root of the covariance, which does not stay triangular."""
    loc = start.clone().requires_grad_()
    A = torch.ones(X.shape[1], X.shape[1], dtype=X.dtype).tril().requires_grad_()
    optimizer = torch.optim.Adam([loc, A], lr=0.01)
    for _ in range(steps):
        loss = -MultivariateNormal(loc, covariance_matrix=A @ A.T).log_prob(X).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return Estimate((loc.detach(), (A @ A.T).detach()))
