"""The observed information, and what follows from it: covariances and standard errors."""

__all__ = ["Information"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mlefit._objective import Objective
from mlefit._pose import Problem

Of = Callable[[Mapping[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Information:
    """The observed information of B fits, in the coordinates of the search.

    Attributes:
        objective: The mean negative log-likelihood.
        u: The estimates, `(B, p)`; nan where a fit has failed.
        seen: The second derivative of the objective there, or its blocks, if it is known already.
        corner: Which fits have an estimate on the boundary, without information, `(B,)`; or None.
    """

    objective: Objective
    u: Tensor
    seen: Tensor | None = None
    corner: Tensor | None = None

    @cached_property
    def hessian(self) -> Tensor:
        """The second derivative, which may be large: computed when it is first asked for.

        It comes in k blocks, `(B, k, p/k, p/k)`; k is 1 where all unknowns hang together.
        """
        seen = self.objective.derivatives(self.u)[2] if self.seen is None else self.seen
        blocks = seen[:, None] if seen.ndim == 3 else seen
        if self.corner is None:
            return blocks
        return torch.where(self.corner[:, None, None, None], torch.nan, blocks)

    def params(self) -> dict[str, Tensor]:
        """Return the learned parameters, `(B, *shape)`."""
        return self.objective.params(self.u)

    @property
    def failed(self) -> Tensor:
        """Which fits have no estimate, `(B,)`."""
        return torch.isnan(self.u).any(-1)

    def _leaf(self) -> Tensor:
        """Return the estimates to differentiate at; failed fits borrow those of another."""
        borrowed = self.u[(~self.failed).to(torch.uint8).argmax()]
        return torch.where(self.failed[:, None], borrowed, self.u).detach().requires_grad_()

    def covariance(self) -> Tensor:
        r"""Return $\mathcal{I}^{-1}$ in blocks as the Hessian's; nan where that is singular."""
        total = self.hessian * self.objective.n[:, None, None, None]
        unit = total.diagonal(dim1=-2, dim2=-1).abs().rsqrt()[..., None]
        factor, info = torch.linalg.cholesky_ex(torch.nan_to_num(unit * total * unit.mT))
        regular = (info == 0).all(-1) & torch.isfinite(unit).flatten(1).all(-1) & ~self.failed
        regular = regular[:, None, None, None]
        identity = torch.eye(total.shape[-1], dtype=total.dtype, device=total.device)
        identity = identity.expand(total.shape)
        inverse = torch.cholesky_solve(identity, torch.where(regular, factor, identity))
        return torch.where(regular, unit * inverse * unit.mT, torch.nan)

    def sandwich(self, problem: Problem) -> Tensor:
        r"""Return $\mathcal{I}^{-1} G \mathcal{I}^{-1}$, one block, with the scores in $G$.

        $G = \sum_i w_i^2 \nabla\ell_i \nabla\ell_i^\top$.
        """
        if problem.rows is None:
            raise ValueError(
                "expected rows, since the sandwich needs the score of each; got statistics; "
                "try fit(family, data)"
            )
        scores = self._scores(problem)
        w = problem.rows.w
        weighted = scores if w is None else scores * w[..., None]
        bread = self.covariance()
        weighted = weighted.reshape((len(scores), *bread.shape[:-1]))
        influence = torch.einsum("bkij,nbkj->nbki", bread, weighted).flatten(2)
        return torch.einsum("nbi,nbj->bij", influence, influence)[:, None]

    def errors(self, function: Of, spread: Tensor) -> Tensor:
        """Return standard errors of a function of the parameters, by the delta method.

        Args:
            function: Parameters `(B, *shape)` -> `(B, *any)`.
            spread: The covariance of the coordinates, in blocks `(B, k, p/k, p/k)`.
        """
        u = self._leaf()
        with torch.enable_grad():
            value = function(self.objective.params(u))
            if not value.requires_grad and not torch.equal(value, self._beside(function, u)):
                raise ValueError(
                    "expected a function that keeps the graph of its distribution; got one whose "
                    "values move with the parameters but carry no gradient; try it without "
                    ".detach(), .item(), torch.no_grad() or random numbers"
                )
            flat = value.reshape(len(u), -1)
            # one by one, since the Jacobian of a large matrix in as many unknowns is larger still
            variance = [_variance(_gradient(flat[:, j], u), spread) for j in range(flat.shape[1])]
        error = torch.stack(variance, -1).clamp(min=0).sqrt().reshape(value.shape)
        return torch.where(torch.isfinite(value.detach()), error, torch.nan)

    def values(self, function: Of) -> Tensor:
        """Return a function of the parameters at the estimates; nan where a fit has failed."""
        with torch.no_grad():
            value = function(self.objective.params(self._leaf()))
        return torch.where(self.failed.reshape(-1, *[1] * (value.ndim - 1)), torch.nan, value)

    def _beside(self, function: Of, u: Tensor) -> Tensor:
        """Return the function a little beside the estimates."""
        return function(self.objective.params(u.detach() * (1 + 1e-6) + 1e-6))

    def _scores(self, problem: Problem) -> Tensor:
        """Return the gradient of each row's log-density, `(n, B, p)`, by differentiating twice."""
        u = self._leaf()
        with torch.enable_grad():
            each = problem.log_prob(self.objective.params(u))
            dummy = torch.ones_like(each, requires_grad=True)
            (g,) = torch.autograd.grad((each * dummy).sum(), u, create_graph=True)
            scores = each.new_zeros((*each.shape, u.shape[1]))
            for j in self.objective.learned.nonzero()[:, 0]:
                scores[..., j] = _gradient(g[:, j], dummy)
        return scores


def _variance(slope: Tensor, spread: Tensor) -> Tensor:
    """Return J V J', `(B,)`, of one row J of the Jacobian, `(B, p)`, and V in blocks."""
    blocks = slope.reshape((*spread.shape[:-1], 1))
    return (blocks * (spread @ blocks)).flatten(1).sum(-1)


def _gradient(values: Tensor, at: Tensor) -> Tensor:
    if not values.requires_grad:
        return torch.zeros_like(at)
    return torch.autograd.grad(values.sum(), at, retain_graph=True, materialize_grads=True)[0]
