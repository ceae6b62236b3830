"""Likelihood-ratio intervals: fix one parameter, maximize over the others, and find the edge."""

__all__ = ["Profile", "profile"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from mlefit._natural import from_natural, is_bounded, natural, natural_slope
from mlefit._newton import newton
from mlefit._normal import ConvexNormal
from mlefit._objective import Minimum, infinite_where_nan
from mlefit._optimize import minimize
from mlefit._pose import Problem
from mlefit._problem import Likelihood

FARTHEST = 20.0  # natural units (e-folds): a parameter this far away is at its boundary
LEVEL = 1e-3  # a likelihood ratio that rises less than this over two e-folds has levelled off
SEEN = 2.0**-50  # a step that float64 can tell from none, as a fraction of where it starts
LONGEST = 500  # steps of the way to an end
NARROW = 1e-3  # of the first step: from here on, a wall is where the density ends
ROUNDS = 60
ENOUGH = 1e-7  # of the likelihood ratio: seven digits of the bound


def profile(
    problem: Problem,
    params: Mapping[str, Tensor],
    name: str,
    error: Tensor,
    threshold: float,
    *,
    drift: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the two values at which twice the log-likelihood has fallen by the threshold.

    Args:
        problem: The fit.
        params: Its estimates, `(B, *shape)`.
        name: The parameter, `(B,)`.
        error: Its standard error, `(B,)`: the first guess of the distance.
        threshold: A quantile of chi-squared with one degree of freedom.
        drift: On which side the parameter has run to a boundary, -1 or 1; else 0, `(B,)`.
    """
    curve = Profile(problem, name, dict(params))
    constraint = problem.constraint(name)
    center = natural(constraint, params[name])
    width = threshold**0.5 * error * natural_slope(constraint, params[name])
    width = torch.where(torch.isfinite(width) & (width > 0), width, 1.0)
    bounded = is_bounded(constraint, params[name])
    width = torch.where(bounded, width.clamp(max=1.0), width)  # a longer first step may get lost
    width = torch.maximum(width, SEEN * center.abs())
    farthest = torch.where(bounded, FARTHEST, 1e6 * width)

    edges = []
    for side in (-1.0, 1.0):
        curve.reset()
        # away from a boundary the likelihood is level at first, and falls after many small steps
        inward = bounded & (side * drift < 0)
        way = _Way(
            step=side * width,
            longest=torch.where(inward, 1.0, torch.inf),
            farthest=torch.where(inward, FARTHEST + center.abs(), farthest),
            levels=bounded & ~inward,
        )
        edge = _edge(lambda z: curve(z) - threshold, center, way, threshold)
        edges.append(from_natural(constraint, edge, params[name]))
    return edges[0], edges[1]


@dataclass
class Profile:
    """Twice the log-likelihood lost, as a function of one parameter on its natural scale."""

    problem: Problem
    name: str
    estimates: dict[str, Tensor]
    others: dict[str, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()
        self.best = self._loss(self.estimates[self.name])
        self.reset()

    def reset(self) -> None:
        """Start the next search from the estimates."""
        self.others = {k: v for k, v in self.estimates.items() if k != self.name}

    def __call__(self, z: Tensor) -> Tensor:
        value = from_natural(self.problem.constraint(self.name), z, self.estimates[self.name])
        return 2 * (self._loss(value) - self.best) * self.problem.evidence.n

    def _loss(self, value: Tensor) -> Tensor:
        """Return the mean loss at a value of the parameter, minimized over the others."""
        shaped = value if self.problem.model.is_class else value.reshape(self.problem.batch)
        rest = replace(
            self.problem,
            start=self.others,
            fixed={**self.problem.fixed, self.name: shaped},
        )
        objective = rest.convex() or rest.likelihood()
        if not self.others:
            with torch.no_grad():
                return infinite_where_nan(objective(value.new_empty(len(value), 0)))
        found = self._search(objective)
        better = torch.isfinite(found.u).all(-1) & torch.isfinite(found.loss[-1])
        reached = objective.params(found.u)
        for name, old in self.others.items():
            keep = better.reshape(-1, *[1] * (old.ndim - 1))
            self.others[name] = torch.where(keep, reached[name].detach(), old)
        return infinite_where_nan(found.loss[-1])

    def _search(self, objective: ConvexNormal | Likelihood) -> Minimum:
        """Search from where the others were last, or from the estimates if that has no density."""

        def search(start: Tensor) -> Minimum:
            return minimize(objective, start, optimizer=newton, max_steps=None, tol=1e-9)

        found = search(objective.vector(self.others))
        lost = ~torch.isfinite(found.loss[-1])
        if not lost.any():
            return found
        return search(torch.where(lost[:, None], objective.vector(self.estimates), found.u))


@dataclass(frozen=True)
class _Way:
    """How an end of each interval is searched for, in natural units.

    Attributes:
        step: The first step, signed; it doubles.
        longest: The most that it grows by.
        farthest: From the centre, where the search is given up.
        levels: Whether it is given up, too, where the function rises no more.
    """

    step: Tensor
    longest: Tensor
    farthest: Tensor
    levels: Tensor


def _edge(
    excess: Callable[[Tensor], Tensor], center: Tensor, way: _Way, threshold: float
) -> Tensor:
    """Return where a function that is negative at the centre turns positive, or infinity."""
    inner = _End(center, torch.full_like(center, -threshold))
    inner, outer = _bracket(excess, inner, way)
    return torch.where(outer.f < 0, way.step.sign() * torch.inf, _root(excess, inner, outer))


@dataclass(frozen=True)
class _End:
    """An end of each interval, and the function there."""

    z: Tensor
    f: Tensor


def _bracket(excess: Callable[[Tensor], Tensor], center: _End, way: _Way) -> tuple[_End, _End]:
    """Double the step until the function is positive, or far away, or level."""
    (inner, low), outer = (center.z, center.f), center.z + way.step
    high = excess(outer)
    level = torch.zeros_like(high, dtype=torch.bool)
    for _ in range(LONGEST):
        short = (high < 0) & ((outer - center.z).abs() < way.farthest) & ~level
        # no density there with the other parameters of here: go less far, and take them along
        blocked = torch.isinf(high) & ((outer - inner).abs() > NARROW * way.step.abs())
        if not (short | blocked).any():
            break
        inner, low = torch.where(short, outer, inner), torch.where(short, high, low)
        more = (outer - center.z).clamp(-way.longest, way.longest)
        outer = torch.where(short, outer + more, outer.where(~blocked, (inner + outer) / 2))
        high = torch.where(short | blocked, excess(outer), high)
        level = level | (short & way.levels & ((outer - center.z).abs() > 4) & (high - low < LEVEL))
    return _End(inner, low), _End(outer, high)


def _root(excess: Callable[[Tensor], Tensor], inner: _End, outer: _End) -> Tensor:
    """Find the root of each interval by the Illinois method; where there is none, anything."""
    z, a, low, b, high = inner.z, inner.z, inner.f, outer.z, outer.f
    rootless = high < 0
    for _ in range(ROUNDS):
        finite = torch.isfinite(high)
        z = torch.where(finite, (a * high - b * low) / (high - low), (a + b) / 2)
        f = excess(z)
        if ((f.abs() < ENOUGH) | rootless).all():
            break
        same = f < 0
        # halve the value of an end that stays
        high = torch.where(same, torch.where(finite, high / 2, high), f)
        low = torch.where(same, f, low / 2)
        a, b = torch.where(same, z, a), torch.where(same, b, z)
    return z
