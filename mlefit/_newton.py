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
AGAIN = 0.05  # a Newton step that is the one before but for this fraction leads nowhere
STRIDE = 3.0  # the most that one step may change a parameter, in units of its logarithm
LOST = 60.0  # e-folds from its start: a parameter that has gone this far goes on for ever
ROUNDING = 1e-12  # nats: a distance below this is rounding, and differs between machines
HALVINGS = 30


def newton(objective: Objective, start: Tensor, *, max_steps: int, tol: float) -> Minimum:
    """Minimize by damped Newton steps on the exact Hessian; pass it as `optimizer=mlefit.newton`.

    A step is the solution of H v = -g, in units in which H has a unit diagonal, with the
    eigenvalues made positive where H is not positive definite; it is halved until the function
    falls. Functions that have settled leave the computation.

    Args:
        objective: B functions of p numbers each, as `fit` makes them.
        start: `(B, p)`, float64.
        max_steps: The most steps to take.
        tol: The distance to the minimum, in nats, at which to stop; 0 runs all the steps.

    Returns:
        Where each search ended and how, for `fit` to report.

    Source:
        Nocedal & Wright (2006), Numerical Optimization, 2nd ed., sections 3.1 and 3.4.
    """
    searches = _Searches(objective, start, tol)
    searches.look()
    for _ in range(max_steps):
        if not searches.going.any():
            break
        searches.move()
        searches.look()
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
        size = len(start)
        self.tol, self.u, self.path = tol, start.clone(), [start.clone()]
        self.loss, self.hessian = start.new_empty(2, size)  # until the first look
        self.distance = start.new_full((size,), torch.inf)
        self.losses: list[Tensor] = []
        self.outcome = torch.full((size,), int(Outcome.OUT_OF_STEPS), device=start.device)
        self.part, self.held = objective, torch.arange(size, device=start.device)
        self.going = torch.ones(size, dtype=torch.bool, device=start.device)
        self.evaluations = 0

    def look(self) -> None:
        """Model the functions where the searches are, and see which have ended."""
        last = torch.where(self.going, self._take(self.distance), torch.inf)
        self.model = model = local_model(self.part, self._take(self.u), self.tol, last)
        self.evaluations += 1
        # what has ended has not moved, and looks the same again
        self.loss = self._place(self.loss, model.loss)
        self.hessian = self._place(self.hessian, model.hessian)
        self.distance = self._place(self.distance, model.distance)
        self.losses.append(self.loss)

        now = torch.where(self.going, model.outcome, self._take(self.outcome))
        if self.tol > 0:
            if len(self.losses) > WINDOW:
                searching = now == Outcome.OUT_OF_STEPS
                now = torch.where(searching, self._idle(self.tol, FLAT), now)
            self.going = now == Outcome.OUT_OF_STEPS
        self.outcome = self._place(self.outcome, now)

    def move(self) -> None:
        """Take a step of each search that goes on; those that cannot have ended."""
        u, moved, tries = _backtrack(self.part, self._take(self.u), self.model, self.going)
        self.evaluations += tries
        ended = self.going & ~moved
        if ended.any() and self.tol > 0:
            drifting = self._idle(0.0, FLAT_IF_STUCK) == Outcome.DRIFTING
            why = torch.where(drifting, int(Outcome.DRIFTING), int(Outcome.STUCK))
            now = torch.where(ended, why, self._take(self.outcome))
            self.outcome, self.going = self._place(self.outcome, now), self.going & moved
        self.u = self._place(self.u, u)
        self.path.append(self.u)
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

    def _take(self, whole: Tensor) -> Tensor:
        """Return what belongs to the functions still computed."""
        return whole if len(whole) == len(self.held) else whole[self.held]

    def _place(self, whole: Tensor, part: Tensor) -> Tensor:
        """Return the whole with what is new of the functions still computed."""
        return part if len(whole) == len(part) else whole.index_copy(0, self.held, part)

    def _idle(self, tol: float, flat: float) -> Tensor:
        """Tell which have gained next to nothing lately, and which of these still move."""
        part, back = self.part, max(0, len(self.losses) - 1 - WINDOW)
        u, before, start = (self._take(each) for each in (self.u, self.path[back], self.path[0]))
        gain = self._take(self.losses[back] - self.loss) * _worth(part)
        moved = part.stride(before, u - before) > 1
        outcome = torch.full_like(self.held, int(Outcome.OUT_OF_STEPS))
        outcome[gain <= tol] = Outcome.STUCK
        outcome[(gain <= flat) & moved] = Outcome.DRIFTING
        outcome[part.stride(start, u - start) > LOST] = Outcome.DRIFTING
        return outcome

    def _compact(self) -> None:
        """Stop computing the functions that have settled, once they are half of those computed."""
        index = self.going.nonzero()[:, 0]
        if len(index) == 0 or 2 * len(index) > len(self.going):
            return
        fewer = self.part.select(index)
        if fewer is not None:
            self.part, self.held, self.going = fewer, self.held[index], self.going[index]


@dataclass(frozen=True)
class Local:
    """A quadratic model of B functions at a point."""

    loss: Tensor
    slope: Tensor  # of the function along the step
    hessian: Tensor
    step: Tensor
    distance: Tensor
    stride: Tensor
    outcome: Tensor  # OUT_OF_STEPS where the search should go on


def local_model(objective: Objective, u: Tensor, tol: float, last: Tensor | float = 0.0) -> Local:
    """Model functions where searches are; `last` are their distances a step before, if known."""
    loss, g, H = objective.derivatives(u)
    step, pivot = _newton_step(g, H, objective.flat)
    slope = (g * step).sum(-1)
    distance = slope.abs() / 2 * _worth(objective)
    outcome = torch.full_like(loss, int(Outcome.OUT_OF_STEPS), dtype=torch.long)
    usable = torch.isfinite(loss + distance)
    if not usable.all():
        step = torch.where(usable[:, None], step, 0.0)
        distance = torch.where(usable, distance, torch.inf)
        finite = torch.isfinite(loss) & _all_finite(g) & _all_finite(H)
        outcome[~finite] = int(Outcome.FAILED)

    stride = objective.stride(u, step)
    near = (pivot > 0) & (distance <= (tol or 1e-8))
    if near.any():
        settled, drifting = near & (stride <= CLOSE), near & (stride > DRIFT)
        slow = (distance > ROUNDING) & (distance > last / 10)
        doubtful = settled & ((pivot < DOUBT) | slow)
        if doubtful.any():
            confirmed, endless = _look_ahead(objective, u, step, doubtful, pivot, distance)
            settled, drifting = settled & (~doubtful | confirmed), drifting | endless
        outcome[settled], outcome[drifting] = int(Outcome.SETTLED), int(Outcome.DRIFTING)
    return Local(loss, slope, H, step, distance, stride, outcome)


def _worth(objective: Objective) -> Tensor:
    """Return what a unit of each mean is worth: in nats, or of one row where all weigh less."""
    return objective.n.clamp(min=1.0)


def _newton_step(g: Tensor, H: Tensor, flat: float) -> tuple[Tensor, Tensor]:
    """Solve H v = -g in units in which H has a unit diagonal; bend H where it is not convex.

    Returns:
        The step `(B, p)`, nan where H is not finite; and the least pivot of H in these units, or 0
        where it is less than `flat`, `(B,)`.
    """
    diagonal = H.diagonal(dim1=-2, dim2=-1).abs()
    unit = torch.where(diagonal > 0, diagonal, 1.0).rsqrt()[..., None]
    A, b = unit * H * unit.mT, -unit * g.reshape(unit.shape)

    factor, info = torch.linalg.cholesky_ex(A)
    pivot = factor.diagonal(dim1=-2, dim2=-1).square().flatten(1).amin(-1)
    definite = (pivot > flat) & ~info.reshape(len(g), -1).any(-1)
    if definite.all():
        return (unit * torch.cholesky_solve(b, factor)).reshape(g.shape), pivot

    s = torch.full_like(b, torch.nan)
    s[definite] = torch.cholesky_solve(b[definite], factor[definite])
    other = ~definite & _all_finite(A)
    values, vectors = torch.linalg.eigh(A[other])
    floor = (1e-6 * values.abs().amax(-1, keepdim=True)).clamp(min=1e-300)
    bent = torch.maximum(values.abs(), floor)[..., None]
    s[other] = vectors @ ((vectors.mT @ b[other]) / bent)
    return (unit * s).reshape(g.shape), torch.where(definite, pivot, 0.0)


def _all_finite(values: Tensor) -> Tensor:
    return torch.isfinite(values).flatten(1).all(-1)


def _look_ahead(
    objective: Objective,
    u: Tensor,
    step: Tensor,
    among: Tensor,
    pivot: Tensor,
    distance: Tensor,
) -> tuple[Tensor, Tensor]:
    """Tell where a Newton step on confirms a minimum, and where it shows that there is none.

    At a minimum the least pivot is the same there, and the distance fell. On a ridge, as of
    parameters that trade off, the slope that is left beside the crest feigns a curvature along it,
    which another step changes. A function that falls like exp(-u) for ever asks for the same step
    again, however little is left to gain.
    """
    index = among.nonzero()[:, 0]
    part, ahead = objective.select(index), u + step
    if part is None:
        g, H = (each[index] for each in objective.derivatives(ahead)[1:])
    else:
        g, H = part.derivatives(ahead[index])[1:]
    first = step[index]
    second, least = _newton_step(g, H, objective.flat)
    left = (g * second).sum(-1).abs() / 2 * _worth(objective)[index]
    same = (least / pivot[index] - 1).abs() < 0.1
    fell = left <= (distance[index] / 10).clamp(min=ROUNDING)
    again = ((first - second).norm(dim=-1) < AGAIN * first.norm(dim=-1)) & (least > 0)
    confirmed, endless = torch.zeros_like(among), torch.zeros_like(among)
    confirmed[index], endless[index] = same & fell, again & ~fell
    return confirmed, endless


def _backtrack(
    objective: Objective, u: Tensor, model: Local, going: Tensor
) -> tuple[Tensor, Tensor, int]:
    """Halve each step until its function falls enough; return where it ends and whether it did."""
    t = going.to(u.dtype)
    too_long = going & (model.stride > STRIDE)
    for _ in range(2 * HALVINGS):
        if not too_long.any():
            break
        t = torch.where(too_long, t / 2, t)
        too_long = going & (objective.stride(u, t[:, None] * model.step) > STRIDE)
    slack = 16 * torch.finfo(u.dtype).eps * model.loss.abs().clamp(min=1.0)  # rounding
    bound, slope = model.loss + slack, 1e-4 * model.slope
    todo, part = going, objective
    held: Tensor | slice = slice(None)  # what `part` evaluates
    for tries in range(1, HALVINGS + 1):  # noqa: B007
        step = t[:, None] * model.step
        trial = torch.full_like(t, torch.inf)
        with torch.no_grad():
            trial[held] = part((u + step)[held])
        todo = todo & ~((trial > -torch.inf) & (trial <= bound + t * slope))
        if not todo.any():
            break
        t = torch.where(todo, t / 2, t)
        index = todo.nonzero()[:, 0]
        if 2 * len(index) < len(part.n) and (fewer := objective.select(index)) is not None:
            part, held = fewer, index
    moved = going & ~todo & (step != 0).any(-1)
    return torch.where(moved[:, None], u + step, u), moved, tries
