"""Minimize by Newton's method or by any torch optimizer; knows no statistics."""

__all__ = ["Optimizer", "minimize"]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mlefit._newton import local_model, newton
from mlefit._objective import Minimum, Objective, Outcome, check_graph

STILL = 3  # steps in a row that leave the unknowns as they are: a torch optimizer has stopped
PATIENCE = 25  # steps of a torch optimizer between two verdicts

Optimizer = Callable[..., Any]


def minimize(
    objective: Objective,
    start: Tensor,
    *,
    optimizer: Optimizer,
    max_steps: int | None,
    tol: float,
    rough: Objective | None = None,
) -> Minimum:
    """Minimize B functions from B starting points.

    Args:
        objective: The functions, in float64: they give the verdict.
        start: `(B, p)`, float64.
        optimizer: `newton`, or a factory: a list of one tensor -> a `torch.optim.Optimizer`.
        max_steps: By default 200 for Newton and 10,000 for the others.
        tol: The distance to the minimum, in nats, that is near enough; 0 runs all the steps.
        rough: The functions in the dtype in which a torch optimizer is to step.
    """
    if optimizer is newton:
        return newton(objective, start, max_steps=200 if max_steps is None else max_steps, tol=tol)
    steps = 10_000 if max_steps is None else max_steps
    return _descend(optimizer, rough or objective, objective, start, steps, tol)


def _descend(
    factory: Optimizer,
    objective: Objective,
    exact: Objective,
    start: Tensor,
    max_steps: int,
    tol: float,
) -> Minimum:
    """Run a torch optimizer, one `.step(closure)` a step, and take the verdict in float64."""
    start = start.to(objective.n.dtype)
    u = start.clone().requires_grad_()
    optimizer = factory([u])
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(
            "expected a factory that returns a torch Optimizer; got one that returns "
            f"{type(optimizer).__name__}; try partial(torch.optim.Adam, lr=0.01)"
        )
    recorded: list[Tensor] = []  # the functions at each evaluation of the step under way
    path, losses, evaluations = [u.detach().clone()], [], 0
    still = 0  # steps in a row that have not moved
    lost = torch.zeros(len(u), dtype=torch.bool, device=u.device)  # whose unknowns are no numbers

    def closure() -> Tensor:
        optimizer.zero_grad()
        each = objective(torch.where(lost[:, None], start, u))  # which spares the others the nan
        check_graph(each)
        recorded.append(each.detach())
        total = each.sum()
        total.backward()
        return total

    for step in range(1, max_steps + 1):
        recorded.clear()
        optimizer.step(closure)  # type: ignore[arg-type]  # torch takes a tensor's loss too
        evaluations += len(recorded)
        losses.append(recorded[0].double().masked_fill(lost, torch.nan))
        path.append(u.detach().clone())
        lost = ~torch.isfinite(path[-1]).all(-1)
        if lost.all():
            break
        still = 0 if (path[-1] != path[-2])[~lost].any() else still + 1
        if tol > 0 and still == STILL:
            break
        if tol > 0 and step % PATIENCE == 0:
            model = local_model(exact, path[-1].double(), tol)
            if (model.outcome != Outcome.OUT_OF_STEPS).all():
                break

    model = local_model(exact, path[-1].double(), tol)
    if still >= STILL:
        model.outcome[model.outcome == Outcome.OUT_OF_STEPS] = Outcome.STUCK
    losses.append(model.loss)
    return Minimum(
        path[-1].double(),
        model.hessian,
        model.distance,
        model.outcome,
        torch.stack(path).double(),
        torch.stack(losses),
        evaluations + 1,
    )
