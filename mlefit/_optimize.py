"""Minimize smooth functions of a vector, many at once, and say how far each minimum is."""

__all__ = [
    "WINDOW",
    "Minimum",
    "Objective",
    "Optimizer",
    "Outcome",
    "derivatives",
    "minimize",
    "newton",
]

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol, Self

import torch
from torch import Tensor

CLOSE = 1e-3  # a Newton step that changes a parameter by less than this fraction has arrived
DRIFT = 0.1  # one that changes it by more than this, with nothing left to gain, never will
WINDOW = 10  # steps over which to look for progress
FLAT = 1e-5  # nats: a parameter that changes by e for less than this is not determined
FLAT_IF_STUCK = 1e-2  # the same where rounding ends the search
STRIDE = 3.0  # the most that one step may change a parameter, in units of its logarithm
PIVOT = 1e-14  # a smaller pivot of the scaled Hessian is rounding: that direction is flat
HALVINGS = 30
STILL = 3  # steps in a row that leave the unknowns as they are: a torch optimizer has stopped
PATIENCE = 25  # steps of a torch optimizer between two verdicts

Optimizer = Callable[..., Any]


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

    def __call__(self, u: Tensor) -> Tensor:
        """Return the functions at `u`, `(B, p) -> (B,)`."""

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the functions, gradients and Hessians: `(B,)`, `(B, p)` and `(B, p, p)`."""

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
        hessian: The second derivative there, `(B, p, p)`.
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


@dataclass(frozen=True)
class _Local:
    """A quadratic model of B functions at a point."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    step: Tensor
    distance: Tensor
    outcome: Tensor  # OUT_OF_STEPS where the search should go on


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


def newton(objective: Objective, start: Tensor, *, max_steps: int, tol: float) -> Minimum:
    """Minimize by damped Newton steps on the exact Hessian; pass it as `optimizer=mlefit.newton`.

    A step is the solution of H s = -g, with the eigenvalues of H made positive, and is halved
    until the function falls. It does not depend on the units of the unknowns. Functions that have
    settled leave the computation.

    Args:
        objective: B functions of p numbers each.
        start: `(B, p)`, float64.
        max_steps: The most steps to take.
        tol: The distance to the minimum, in nats, at which to stop; 0 runs all the steps.

    Source:
        Nocedal & Wright (2006), Numerical Optimization, 2nd ed., sections 3.1 and 3.4.
    """
    searches = _Searches(objective, start, tol)
    for step in range(max_steps + 1):
        searches.look()
        if step == max_steps or not searches.going.any():
            break
        searches.move()
    return searches.minimum()


class _Searches:
    """B Newton searches under way: where they are, what they see there, how each has ended.

    Attributes:
        u: The iterates, `(B, p)`; `loss`, `hessian` and `distance` are what was seen there.
        outcome: `OUT_OF_STEPS` for those that have not ended, `(B,)`.
        part: The functions still computed, of which `held` has the numbers.
        going: Which of these still move.
        model: What was seen last of the functions computed.
    """

    def __init__(self, objective: Objective, start: Tensor, tol: float) -> None:
        size, p = start.shape
        self.objective, self.tol, self.u = objective, tol, start.clone()
        self.loss, self.distance = start.new_zeros(size), start.new_zeros(size)
        self.hessian = start.new_zeros(size, p, p)
        self.outcome = torch.full((size,), int(Outcome.OUT_OF_STEPS), device=start.device)
        self.part, self.held = objective, torch.arange(size, device=start.device)
        self.going = torch.ones(size, dtype=torch.bool, device=start.device)
        self.path, self.evaluations = [start.clone()], 0
        self.losses: list[Tensor] = []

    def look(self) -> None:
        """Model the functions where the searches are, and see which have ended."""
        self.model = model = _model(self.part, self.u[self.held], self.tol)
        self.evaluations += 1
        going, here = self.going, self.held[self.going]
        self.loss[here], self.hessian[here] = model.loss[going], model.hessian[going]
        self.distance[here], self.outcome[here] = model.distance[going], model.outcome[going]
        self.losses.append(self.loss.clone())
        if self.tol > 0:
            if len(self.losses) > WINDOW:
                searching = self.outcome == Outcome.OUT_OF_STEPS
                self.outcome = torch.where(searching, self._idle(self.tol, FLAT), self.outcome)
            self.going = going & (self.outcome[self.held] == Outcome.OUT_OF_STEPS)

    def move(self) -> None:
        """Take a step of each search that goes on; those that cannot have ended."""
        u, moved, tries = _backtrack(self.part, self.u[self.held], self.model, self.going)
        self.evaluations += tries
        ended = self.held[self.going & ~moved]
        if len(ended) and self.tol > 0:
            drifting = self._idle(0.0, FLAT_IF_STUCK)[ended] == Outcome.DRIFTING
            self.outcome[ended] = torch.where(drifting, int(Outcome.DRIFTING), int(Outcome.STUCK))
            self.going = self.going & moved
        self.u[self.held[moved]] = u[moved]
        self.path.append(self.u.clone())
        self._compact()

    def minimum(self) -> Minimum:
        """Return where the searches have ended."""
        return Minimum(
            self.u,
            self.hessian,
            self.distance,
            self.outcome,
            torch.stack(self.path),
            torch.stack(self.losses),
            self.evaluations,
        )

    def _idle(self, tol: float, flat: float) -> Tensor:
        """Tell which searches have gained next to nothing lately, and whether they still move."""
        back = max(0, len(self.losses) - 1 - WINDOW)
        gain = (self.losses[back] - self.loss) * self.objective.n
        moved = self.objective.stride(self.path[back], self.u - self.path[back]) > 1
        outcome = torch.full_like(self.outcome, int(Outcome.OUT_OF_STEPS))
        outcome[gain <= tol] = Outcome.STUCK
        outcome[(gain <= flat) & moved] = Outcome.DRIFTING
        return outcome

    def _compact(self) -> None:
        """Stop computing the functions that have settled, once they are half of those computed."""
        going = self.going
        if not going.any() or 2 * going.sum() > len(going):
            return
        fewer = self.part.select(going.nonzero()[:, 0])
        if fewer is not None:
            self.part, self.held, self.going = fewer, self.held[going], going[going]


def derivatives(function: Callable[[Tensor], Tensor], u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Differentiate B functions twice: return `(B,)`, gradients `(B, p)`, Hessians `(B, p, p)`."""
    u = u.detach().requires_grad_()
    with torch.enable_grad():
        loss = function(u)
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


def _model(objective: Objective, u: Tensor, tol: float) -> _Local:
    loss, g, H = objective.derivatives(u)
    finite = torch.isfinite(loss) & torch.isfinite(g).all(-1) & torch.isfinite(H).all(-1).all(-1)
    g = torch.where(finite[:, None], g, 0.0)
    H = torch.where(finite[:, None, None], H, torch.eye(u.shape[1]).to(u))
    step, definite = _newton_step(g, H)
    distance = (g * step).sum(-1).abs() / 2 * objective.n

    stride = objective.stride(u, step)
    tol = tol or 1e-8
    settled = finite & definite & (distance <= tol) & (stride <= CLOSE)
    drifting = finite & definite & (distance <= tol) & (stride > DRIFT)
    outcome = torch.full_like(loss, int(Outcome.OUT_OF_STEPS), dtype=torch.long)
    outcome[settled] = Outcome.SETTLED
    outcome[drifting] = Outcome.DRIFTING
    outcome[~finite] = Outcome.FAILED
    distance = torch.where(finite & torch.isfinite(distance), distance, torch.inf)
    return _Local(loss, g, H, step, distance, outcome)


def _newton_step(g: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
    """Solve H s = -g in units in which H has a unit diagonal; bend H where it is not convex."""
    diagonal = H.diagonal(dim1=-2, dim2=-1).abs()
    unit = torch.where(diagonal > 0, diagonal, 1.0).rsqrt()
    A = unit[:, :, None] * H * unit[:, None, :]
    b = -(unit * g)[..., None]

    factor, info = torch.linalg.cholesky_ex(A)
    definite = (info == 0) & (factor.diagonal(dim1=-2, dim2=-1).square().amin(-1) > PIVOT)
    s = b.clone()
    s[definite] = torch.cholesky_solve(b[definite], factor[definite])
    if not definite.all():
        values, vectors = torch.linalg.eigh(A[~definite])
        floor = (1e-6 * values.abs().amax(-1, keepdim=True)).clamp(min=1e-300)
        bent = torch.maximum(values.abs(), floor)[..., None]
        s[~definite] = vectors @ ((vectors.mT @ b[~definite]) / bent)
    return unit * s[..., 0], definite


def _backtrack(
    objective: Objective, u: Tensor, model: _Local, going: Tensor
) -> tuple[Tensor, Tensor, int]:
    """Halve each step until its function falls enough; return where it ends and whether it did."""
    slope = (model.gradient * model.step).sum(-1)
    slack = 16 * torch.finfo(u.dtype).eps * model.loss.abs().clamp(min=1.0)  # rounding
    t = torch.ones_like(slope)
    for _ in range(2 * HALVINGS):
        too_long = objective.stride(u, t[:, None] * model.step) > STRIDE
        if not (too_long & going).any():
            break
        t = torch.where(too_long, t / 2, t)
    todo = going.nonzero()[:, 0]
    part, held = objective, torch.arange(len(u), device=u.device)  # what `part` evaluates
    for tries in range(1, HALVINGS + 1):  # noqa: B007
        step = t[held, None] * model.step[held]
        with torch.no_grad():
            trial = part(u[held] + step)
        enough = trial <= model.loss[held] + 1e-4 * t[held] * slope[held] + slack[held]
        good = enough & torch.isfinite(trial)
        todo = todo[~good[torch.searchsorted(held, todo)]]
        if not len(todo):
            break
        t[todo] /= 2
        if 2 * len(todo) < len(held) and (fewer := objective.select(todo)) is not None:
            part, held = fewer, todo
    moved = going & (t[:, None] * model.step != 0).any(-1)
    moved[todo] = False
    return u + t[:, None] * model.step, moved, tries


def _descend(
    factory: Optimizer,
    objective: Objective,
    exact: Objective,
    start: Tensor,
    max_steps: int,
    tol: float,
) -> Minimum:
    """Run a torch optimizer, one `.step(closure)` a step, and take the verdict in float64."""
    dtype = objective.n.dtype
    u = start.to(dtype, copy=True).requires_grad_()
    optimizer = factory([u])
    recorded: list[Tensor] = []  # the functions at each evaluation of the step under way
    path, losses, evaluations = [u.detach().clone()], [], 0
    still = 0  # steps in a row that have not moved

    def closure() -> Tensor:
        optimizer.zero_grad()
        each = objective(u)
        recorded.append(each.detach())
        total = each.sum()
        total.backward()
        return total

    for step in range(1, max_steps + 1):
        recorded.clear()
        optimizer.step(closure)
        evaluations += len(recorded)
        losses.append(recorded[0].double())
        path.append(u.detach().clone())
        if not torch.isfinite(path[-1]).all():
            break
        still = still + 1 if torch.equal(path[-1], path[-2]) else 0
        if tol > 0 and still == STILL:
            break
        if tol > 0 and step % PATIENCE == 0:
            model = _model(exact, path[-1].double(), tol)
            if (model.outcome != Outcome.OUT_OF_STEPS).all():
                break

    model = _model(exact, path[-1].double(), tol)
    if still >= STILL:
        model.outcome[model.outcome == Outcome.OUT_OF_STEPS] = Outcome.STUCK
    losses.append(objective(u).detach().double())
    return Minimum(
        path[-1].double(),
        model.hessian,
        model.distance,
        model.outcome,
        torch.stack(path).double(),
        torch.stack(losses),
        evaluations + 1,
    )
