"""Functions to minimize, and where a search for their minimum has ended."""

__all__ = ["Minimum", "Objective", "Outcome", "check_graph", "derivatives", "infinite_where_nan"]

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

import torch
from torch import Tensor


class Outcome(IntEnum):
    """How the search for one minimum ended."""

    SETTLED = 0  # a strict minimum, within the tolerance
    OUT_OF_STEPS = 1
    DRIFTING = 2  # the function falls for ever: no minimum in the interior
    STUCK = 3  # no step helps, and yet this is no strict minimum within the tolerance
    FAILED = 4  # the function or a derivative is not finite


class Objective(Protocol):
    """B functions of p unconstrained numbers each, evaluated together."""

    @property
    def n(self) -> Tensor:
        """What a unit of each function is worth in nats, `(B,)`."""

    @property
    def flat(self) -> float:
        """How small a pivot of the Hessian, scaled to a unit diagonal, is rounding."""

    @property
    def learned(self) -> Tensor:
        """Which of the unknowns are learned, `(p,)`; the others are 0 and stay so."""

    def __call__(self, u: Tensor) -> Tensor:
        """Return the functions at `u`, `(B, p) -> (B,)`."""

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the functions, gradients and Hessians: `(B,)`, `(B, p)` and `(B, p, p)`.

        A Hessian of k blocks is `(B, k, p/k, p/k)`, with 1 for each unknown that is not learned.
        """

    def params(self, u: Tensor) -> dict[str, Tensor]:
        """Return what the unknowns stand for at `u`, `(*any, p)`."""

    def stride(self, u: Tensor, step: Tensor) -> Tensor:
        """Return the largest change of a bounded parameter's logarithm (or logit), `(B,)`."""

    def select(self, index: Tensor) -> Self | None:
        """Return some of the functions alone, or None where they cannot be told apart."""


@dataclass(frozen=True)
class Minimum:
    """Where B searches ended.

    Attributes:
        u: The last iterate, `(B, p)`, float64.
        hessian: The second derivative there, `(B, p, p)`, or its blocks.
        distance: Half of g' H^-1 g there, in nats, `(B,)`: about how much lower the minimum is.
        outcome: An `Outcome` each, `(B,)`.
        path: All iterates, the start included, `(steps + 1, B, p)`.
        loss: The functions there, `(steps + 1, B)`.
        evaluations: How often the functions were evaluated.
    """

    u: Tensor
    hessian: Tensor
    distance: Tensor
    outcome: Tensor
    path: Tensor
    loss: Tensor
    evaluations: int

    def among(self, size: int, index: Tensor) -> "Minimum":
        """Return these searches at their places among more, of which the others have failed."""

        def place(values: Tensor, dim: int, fill: float) -> Tensor:
            shape = list(values.shape)
            shape[dim] = size
            return values.new_full(shape, fill).index_copy_(dim, index, values)

        return Minimum(
            place(self.u, 0, torch.nan),
            place(self.hessian, 0, torch.nan),
            place(self.distance, 0, torch.inf),
            place(self.outcome, 0, int(Outcome.FAILED)),
            place(self.path, 1, torch.nan),
            place(self.loss, 1, torch.nan),
            self.evaluations,
        )


def derivatives(function: Callable[[Tensor], Tensor], u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Differentiate B functions twice: return `(B,)`, gradients `(B, p)`, Hessians `(B, p, p)`."""
    u = u.detach().requires_grad_()
    with torch.enable_grad():
        loss = function(u)
        check_graph(loss)
        (g,) = torch.autograd.grad(loss.sum(), u, create_graph=True, materialize_grads=True)
        if g.requires_grad:
            rows = [
                torch.autograd.grad(g[:, j].sum(), u, retain_graph=True, materialize_grads=True)[0]
                for j in range(u.shape[1])
            ]
            H = torch.stack(rows, 1)
        else:
            H = u.new_zeros((*u.shape, u.shape[1]))
    return loss.detach(), g.detach(), (H + H.mT).detach() / 2


def infinite_where_nan(loss: Tensor) -> Tensor:
    """Return a loss that is infinite where it could not be computed."""
    return torch.where(torch.isnan(loss), torch.inf, loss)


def check_graph(values: Tensor) -> None:
    """Raise where functions were computed without a graph to differentiate."""
    if not values.requires_grad:
        raise ValueError(
            "expected a log-density that carries a gradient to its parameters; got one that does "
            "not; try a family that neither detaches its parameters nor makes numbers of them"
        )
