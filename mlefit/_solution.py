"""Where the fits of a problem ended, and what the user gets of it."""

__all__ = ["Solution"]

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mlefit._pose import Problem
from mlefit._result import Fit, Trace
from mlefit._uncertainty import Information


@dataclass(frozen=True)
class Solution:
    """Where the B fits of a problem ended, in float64.

    Attributes:
        path: Each learned parameter at all iterates, `(steps + 1, B, *shape)`.
        loss: The mean negative log-likelihood there, `(steps + 1, B)`.
        evaluations: How often it was evaluated.
        failed: Which have no estimate, `(B,)`.
        converged: Which are at a maximum, `(B,)`.
        message: The verdict in a sentence.
        information: What standard errors come from; None where there are none.
    """

    path: Mapping[str, Tensor]
    loss: Tensor
    evaluations: int
    failed: Tensor
    converged: Tensor
    message: str
    information: Information | None

    def fit(self, problem: Problem) -> Fit:
        """Return the result, with the batch shape and the dtype of the user's data."""

        def batched(values: Tensor) -> Tensor:
            return values.reshape(values.shape[0], *problem.batch, *values.shape[2:])

        params = {}
        for name, values in self.path.items():
            failed = self.failed.reshape(-1, *[1] * (values.ndim - 2))
            value = batched(torch.where(failed, torch.nan, values[-1])[None])[0]
            params[name] = value.to(problem.dtype)
            _check_cast(name, value, params[name])
        fixed = {name: problem.known(name) for name in problem.fixed}
        n = problem.evidence.n
        log_likelihood = -torch.where(self.failed, torch.nan, self.loss[-1]) * n
        path = {name: batched(values) for name, values in self.path.items()}
        return Fit(
            problem.model.family,
            problem.model.in_order({**params, **fixed}),
            fixed,
            batched(n[None])[0],
            batched(log_likelihood[None])[0],
            batched(self.converged[None])[0],
            self.message,
            Trace(batched(self.loss), path, self.evaluations),
            problem,
            self.information,
        )


def _check_cast(name: str, value: Tensor, cast: Tensor) -> None:
    """Raise where a dtype cannot hold an estimate: infinite, or zero, where it was not."""
    ratio = cast / value  # 1, but for rounding; nan where there is nothing to lose
    lost = torch.isinf(ratio) | (ratio == 0)
    if lost.any():
        raise ValueError(
            f"expected data whose estimates fit into {cast.dtype}; got {name} = "
            f"{value[lost][0].item():.6g}; try float64 data, or other units"
        )
