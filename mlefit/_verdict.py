"""Say in a sentence, with numbers, how a fit ended and what to try."""

__all__ = ["verdict"]

import torch

from mlefit._natural import natural_change
from mlefit._newton import ROUNDING, WINDOW
from mlefit._objective import Minimum, Objective, Outcome
from mlefit._pose import Problem

IN_A_BATCH = {
    Outcome.OUT_OF_STEPS: "ran out of steps",
    Outcome.DRIFTING: "run to a boundary, with no maximum inside",
    Outcome.STUCK: "stopped where no step helps",
    Outcome.FAILED: "have data that cannot determine the parameters, or left the numbers",
}


def verdict(problem: Problem, objective: Objective, found: Minimum, *, by_newton: bool) -> str:
    """Return the message of a fit, or of a batch of fits."""
    steps = len(found.loss) - 1
    effort = f"after {_count(steps, 'step')}, {_count(found.evaluations, 'evaluation')}"
    if found.outcome.numel() > 1:
        return _of_batch(problem, found, effort)

    distance = found.distance[0].item()
    match Outcome(int(found.outcome[0])):
        case Outcome.SETTLED:
            near = f"{distance:.1g}" if distance >= ROUNDING else f"less than {ROUNDING:g}"
            return f"converged: {near} nats from the maximum {effort}"
        case Outcome.DRIFTING:
            return (
                f"not converged: the likelihood keeps rising as {_drift(problem, objective, found)}"
                f" {effort}, so it has no maximum inside; try fixing that parameter, a simpler "
                "family, or closed_form if the family has one"
            )
        case Outcome.STUCK if by_newton:
            return (
                f"not converged: no step raises the likelihood further {effort}, at an estimated "
                f"{distance:.2g} nats from a maximum, where the Hessian is not positive definite: "
                "a saddle, or a ridge along which parameters trade off; try another start in init, "
                "or fixing a parameter"
            )
        case Outcome.STUCK:
            return (
                f"not converged: the optimizer no longer moves {effort}, at an estimated "
                f"{distance:.2g} nats from the maximum; try tolerance_grad=0 and "
                "tolerance_change=0 if it has them, another start, or optimizer=mlefit.newton"
            )
    remedy = "another start in init"
    if not by_newton:
        precision = "float64 data, " if problem.dtype != torch.float64 else ""
        remedy = f"another learning rate, {precision}or optimizer=mlefit.newton"
    return (
        f"not converged: an estimated {distance:.2g} nats from the maximum {effort}; try more "
        f"max_steps, {remedy}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _of_batch(problem: Problem, found: Minimum, effort: str) -> str:
    total = found.outcome.numel()
    good = int((found.outcome == Outcome.SETTLED).sum())
    message = f"{good} of {total} fits converged {effort}"
    for outcome, what in IN_A_BATCH.items():
        bad = (found.outcome == outcome).nonzero()[:, 0].tolist()
        if bad:
            message += f"; {len(bad)} {what} (the first: {_index(problem, bad[0])})"
    return message


def _index(problem: Problem, i: int) -> str:
    numbers = torch.arange(problem.batch.numel(), device="cpu").reshape(problem.batch)
    index = (numbers == i).nonzero()[0]
    where = ", ".join(str(k) for k in index.tolist())
    return f"fit {where}" + (f": {problem.hopeless[i]}" if i in problem.hopeless else "")


def _drift(problem: Problem, objective: Objective, found: Minimum) -> str:
    """Name the parameter that moves most relative to its distance from its bounds, or at all."""
    params = objective.params(found.u)
    before = objective.params(found.path[max(0, len(found.path) - 1 - WINDOW)])
    change = {
        name: natural_change(problem.constraint(name), before[name], value)
        for name, value in params.items()
    }
    where = "the boundary of its constraint"
    if not any((moved > 0.1).any() for moved in change.values()):
        change = {name: (value - before[name]).abs() for name, value in params.items()}
        where = "infinity"
    name = max(change, key=lambda key: float(change[key].max()))
    worst = int(change[name].flatten().argmax())
    entry = params[name].flatten()[worst].item()
    return f"{name} runs to {where} (an entry is now {entry:.3g})"
