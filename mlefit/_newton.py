"""Newton's method for many functions at once, with a verdict on each."""

__all__ = ["ROUNDING", "WINDOW", "Local", "local_model", "newton"]

from dataclasses import dataclass

import torch
from torch import Tensor

from mlefit._objective import Minimum, Objective, Outcome

CLOSE = 1e-3  # a Newton step that changes a parameter by less than this fraction has arrived
DRIFT = 0.1  # one that changes it by more than this, with nothing left to gain, never will
WINDOW = 10  # steps over which to look for progress
FLAT = 1e-5  # nats: a parameter that changes by e for less than this is not determined
FLAT_IF_STUCK = 1e-2  # the same where rounding ends the search
DOUBT = 1e-2  # a pivot less than this may be what a ridge shows beside its crest
STRIDE = 3.0  # the most that one step may change a parameter, in units of its logarithm
LOST = 60.0  # e-folds from its start: a parameter that has gone this far goes on for ever
ROUNDING = 1e-12  # nats: a distance below this is rounding, and differs between machines
HALVINGS = 30


def newton(objective: Objective, start: Tensor, *, max_steps: int, tol: float) -> Minimum:
    """Minimize by damped Newton steps on the exact Hessian; pass it as `optimizer=mlefit.newton`.

    A step is the solution of H s = -g, in units in which H has a unit diagonal, with the
    eigenvalues made positive where H is not positive definite; it is halved until the function
    falls. Functions that have settled leave the computation.

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
        self.model = model = local_model(self.part, self.u[self.held], self.tol)
        self.evaluations += 1
        going = self.going.nonzero()[:, 0]
        here = self.held[going]
        self.loss[here], self.hessian[here] = model.loss[going], model.hessian[going]
        self.distance[here], self.outcome[here] = model.distance[going], model.outcome[going]
        self.losses.append(self.loss.clone())
        if self.tol > 0:
            if len(self.losses) > WINDOW:
                now = self.outcome[self.held]
                searching = now == Outcome.OUT_OF_STEPS
                self.outcome[self.held] = torch.where(searching, self._idle(self.tol, FLAT), now)
            self.going = self.going & (self.outcome[self.held] == Outcome.OUT_OF_STEPS)

    def move(self) -> None:
        """Take a step of each search that goes on; those that cannot have ended."""
        u, moved, tries = _backtrack(self.part, self.u[self.held], self.model, self.going)
        self.evaluations += tries
        ended = self.going & ~moved
        if ended.any() and self.tol > 0:
            drifting = self._idle(0.0, FLAT_IF_STUCK)[ended] == Outcome.DRIFTING
            self.outcome[self.held[ended]] = torch.where(
                drifting, int(Outcome.DRIFTING), int(Outcome.STUCK)
            )
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
        """Tell which have gained next to nothing lately, and which of these still move."""
        held, part, back = self.held, self.part, max(0, len(self.losses) - 1 - WINDOW)
        u, before, start = self.u[held], self.path[back][held], self.path[0][held]
        gain = (self.losses[back][held] - self.loss[held]) * part.n
        moved = part.stride(before, u - before) > 1
        outcome = torch.full_like(held, int(Outcome.OUT_OF_STEPS))
        outcome[gain <= tol] = Outcome.STUCK
        outcome[(gain <= flat) & moved] = Outcome.DRIFTING
        outcome[part.stride(start, u - start) > LOST] = Outcome.DRIFTING
        return outcome

    def _compact(self) -> None:
        """Stop computing the functions that have settled, once they are half of those computed."""
        going = self.going
        if not going.any() or 2 * going.sum() > len(going):
            return
        fewer = self.part.select(going.nonzero()[:, 0])
        if fewer is not None:
            self.part, self.held, self.going = fewer, self.held[going], going[going]


@dataclass(frozen=True)
class Local:
    """A quadratic model of B functions at a point."""

    loss: Tensor
    gradient: Tensor
    hessian: Tensor
    step: Tensor
    distance: Tensor
    stride: Tensor
    outcome: Tensor  # OUT_OF_STEPS where the search should go on


def local_model(objective: Objective, u: Tensor, tol: float) -> Local:
    loss, g, H = objective.derivatives(u)
    # a product with zero is zero, but for what is not finite
    finite = torch.isfinite(loss + (0 * g).sum(-1) + (0 * H).sum((-2, -1)))
    if not finite.all():
        g = torch.where(finite[:, None], g, 0.0)
        identity = torch.eye(u.shape[1], dtype=u.dtype, device=u.device)
        H = torch.where(finite[:, None, None], H, identity)
    step, pivot = _newton_step(g, H, objective.flat)
    distance = (g * step).sum(-1).abs() / 2 * objective.n

    stride = objective.stride(u, step)
    tol = tol or 1e-8
    near = finite & (pivot > 0) & (distance <= tol)
    settled, drifting = near & (stride <= CLOSE), near & (stride > DRIFT)
    doubtful = settled & (pivot < DOUBT)
    if doubtful.any():
        settled &= ~doubtful | _is_confirmed(objective, u + step, doubtful, pivot, distance)
    outcome = torch.full_like(loss, int(Outcome.OUT_OF_STEPS), dtype=torch.long)
    for flags, kind in (
        (settled, Outcome.SETTLED),
        (drifting, Outcome.DRIFTING),
        (~finite, Outcome.FAILED),
    ):
        outcome.masked_fill_(flags, int(kind))
    distance = torch.where(finite & torch.isfinite(distance), distance, torch.inf)
    return Local(loss, g, H, step, distance, stride, outcome)


def _newton_step(g: Tensor, H: Tensor, flat: float) -> tuple[Tensor, Tensor]:
    """Solve H s = -g in units in which H has a unit diagonal; bend H where it is not convex.

    Returns:
        The step `(B, p)`, and the least pivot of H in these units, or 0 where it is less than
        `flat`, `(B,)`.
    """
    diagonal = H.diagonal(dim1=-2, dim2=-1).abs()
    unit = torch.where(diagonal > 0, diagonal, 1.0).rsqrt()
    A = unit[:, :, None] * H * unit[:, None, :]
    b = -(unit * g)[..., None]

    factor, info = torch.linalg.cholesky_ex(A)
    pivot = factor.diagonal(dim1=-2, dim2=-1).square().amin(-1)
    definite = (info == 0) & (pivot > flat)
    if definite.all():
        s = torch.cholesky_solve(b, factor)
    else:
        s = b.clone()
        s[definite] = torch.cholesky_solve(b[definite], factor[definite])
        values, vectors = torch.linalg.eigh(A[~definite])
        floor = (1e-6 * values.abs().amax(-1, keepdim=True)).clamp(min=1e-300)
        bent = torch.maximum(values.abs(), floor)[..., None]
        s[~definite] = vectors @ ((vectors.mT @ b[~definite]) / bent)
    return unit * s[..., 0], torch.where(definite, pivot, 0.0)


def _is_confirmed(
    objective: Objective, u: Tensor, among: Tensor, pivot: Tensor, distance: Tensor
) -> Tensor:
    """Tell whether a Newton step on, at `u`, the least pivot is the same and the distance fell.

    On a ridge, as of parameters that trade off, the slope that is left beside the crest feigns a
    curvature along it, which another step changes.
    """
    index = among.nonzero()[:, 0]
    part = objective.select(index)
    if part is None:
        g, H = (each[index] for each in objective.derivatives(u)[1:])
    else:
        g, H = part.derivatives(u[index])[1:]
    step, least = _newton_step(g, H, objective.flat)
    left = (g * step).sum(-1).abs() / 2 * objective.n[index]
    same = (least / pivot[index] - 1).abs() < 0.1
    confirmed = torch.zeros_like(among)
    confirmed[index] = same & (left <= (distance[index] / 10).clamp(min=ROUNDING))
    return confirmed


def _backtrack(
    objective: Objective, u: Tensor, model: Local, going: Tensor
) -> tuple[Tensor, Tensor, int]:
    """Halve each step until its function falls enough; return where it ends and whether it did."""
    slope = (model.gradient * model.step).sum(-1)
    slack = 16 * torch.finfo(u.dtype).eps * model.loss.abs().clamp(min=1.0)  # rounding
    t, too_long = torch.ones_like(slope), going & (model.stride > STRIDE)
    for _ in range(2 * HALVINGS):
        if not too_long.any():
            break
        t = torch.where(too_long, t / 2, t)
        too_long = going & (objective.stride(u, t[:, None] * model.step) > STRIDE)
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
