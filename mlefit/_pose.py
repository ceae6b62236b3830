"""Pose a fit: from what the user passed to evidence, charts and a starting point."""

__all__ = ["Problem", "pose"]

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.distributions.constraints import Constraint

from mlefit._inputs import (
    as_data,
    as_weights,
    check_finite,
    check_possible,
    check_support,
    fill,
    static_support,
    support_of,
)
from mlefit._model import Model, name_of, origin, resolve, stated_constraints
from mlefit._normal import ConvexNormal
from mlefit._problem import Chart, Evidence, Likelihood, Moments, Rows, log_prob
from mlefit._statistics import SufficientStatistics, suffstats
from mlefit._unbounded import collapsed, degenerate
from mlefit._values import arrange, fixed_value, starting_values

NORMALS: dict[type[Distribution], str] = {Normal: "scale", MultivariateNormal: "scale_tril"}


@dataclass(frozen=True)
class Problem:
    """A fit that is ready to be solved.

    Attributes:
        model: The family and what the user said of its parameters.
        start: Where to begin: the learned parameters, `(B, *shape)`.
        fixed: The others, tensors `(*lead, *shape)` or what the family takes.
        evidence: Rows or moments, in float64.
        rows: The rows, where there are any.
        batch: The user's batch shape, of B fits.
        dtype: The dtype of the result.
        hopeless: Why a fit cannot succeed, by its number.
    """

    model: Model
    start: Mapping[str, Tensor]
    fixed: Mapping[str, Any]
    evidence: Evidence
    rows: Rows | None
    batch: Size
    dtype: torch.dtype
    hopeless: Mapping[int, str]

    @property
    def lead(self) -> Size:
        """The batch shape that the distribution is built with."""
        return Size([self.evidence.n.numel()]) if self.model.is_class else self.batch

    @property
    def is_hopeless(self) -> Tensor:
        """Which of the B fits cannot succeed, `(B,)`."""
        hopeless = torch.zeros_like(self.evidence.n, dtype=torch.bool)
        hopeless[list(self.hopeless)] = True
        return hopeless

    def constraint(self, name: str) -> Constraint:
        """Return the constraint of a learned parameter."""
        return self.model.constraint(name)

    def likelihood(self) -> Likelihood:
        """Return the mean negative log-likelihood in the charts of the parameters."""
        shapes = {name: Size(value.shape[1:]) for name, value in self.start.items()}
        chart = Chart(
            {name: self.model.chart(name) for name in shapes},
            shapes,
            {name: self.constraint(name) for name in shapes},
        )
        return Likelihood(self.model, chart, self.fixed, self.evidence, self.lead)

    def distribution(self, params: Mapping[str, Tensor]) -> Distribution:
        """Build the user's distribution from learned parameters `(B, *shape)`."""
        shaped = {k: v.reshape((*self.batch, *v.shape[1:])) for k, v in params.items()}
        fixed = {
            k: v.reshape((*self.batch, *v.shape[len(self.lead) :])) if isinstance(v, Tensor) else v
            for k, v in self.fixed.items()
        }
        return self.model.build({**shaped, **fixed})

    def log_prob(self, params: Mapping[str, Tensor]) -> Tensor:
        """Return the log-density of each row, `(n, B)`; there must be rows."""
        shaped = {k: v.reshape((*self.lead, *v.shape[1:])) for k, v in params.items()}
        rows = self.rows.to(torch.float64)  # type: ignore[union-attr]
        return rows.log_prob(self.model.build({**shaped, **self.fixed}))

    def known(self, name: str) -> Any:
        """Return a fixed parameter in the user's batch shape and dtype."""
        value = self.fixed[name]
        if not isinstance(value, Tensor):
            return value
        shape = value.shape[len(self.lead) :]
        return value.reshape((*self.batch, *shape)).to(self.dtype, copy=True)

    def convex(self) -> ConvexNormal | None:
        """Return the same for a normal in the coordinates in which it is convex, if it can be."""
        scale = next((name for name in self.start if name != "loc"), None)
        if not isinstance(self.evidence, Moments) or scale is None:
            return None
        return ConvexNormal.of(self.evidence, scale, self.fixed.get("loc"))


def pose(
    family: Any,
    data: Any,
    *,
    init: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    weights: Any = None,
    transforms: Mapping[str, Any] | None = None,
    smooth: bool = True,
) -> Problem:
    """Check everything the user passed, and pose the problem.

    Args:
        family: As for `fit`.
        data: As for `fit`.
        init: As for `fit`.
        fixed: As for `fit`.
        weights: As for `fit`.
        transforms: As for `fit`.
        smooth: Whether to refuse parameters that a smooth search cannot learn.

    Raises:
        TypeError: The family or the data are of the wrong kind.
        ValueError: Anything else is wrong; the message says what, and what to try.
    """
    model = resolve(family, init, fixed, transforms, smooth=smooth)
    if isinstance(data, SufficientStatistics):
        return _from_statistics(model, data, weights)

    events = _events(model)
    x, dtype = as_data(data, events)
    model = model.to(x.device)
    w = None if weights is None else as_weights(weights, x, events)
    batch, model = x.shape[1 : x.ndim - events], replace(model, event=x.shape[x.ndim - events :])
    rows = _rows(x, w, events, model.is_class)
    if model.family in NORMALS:
        return _of_moments(model, suffstats(model.family, x, weights=weights), rows, dtype)

    name = name_of(model.family)
    check_finite(x, w, events)
    check_support(x, w, events, static_support(model.family), name)
    exact = rows.to(torch.float64)
    start, others = starting_values(model, exact, batch)
    hopeless = collapsed(model, start, exact)
    problem = Problem(model, start, others, exact, exact, batch, dtype, hopeless)
    _check_charts(problem)
    if sum(problem.likelihood().chart.sizes()) == 0:
        raise ValueError(
            f"expected data that leave something to learn; got only one category for {name}; try "
            'init={"probs": ...} with one entry for each category'
        )
    _check_density(problem, x, w, name)
    return problem


def _from_statistics(model: Model, stats: SufficientStatistics, weights: Any) -> Problem:
    if weights is not None:
        raise ValueError(
            "expected no weights beside statistics, which hold them already; got both; "
            "try suffstats(family, data, weights=...)"
        )
    if model.family is not stats.family:
        raise TypeError(
            f"expected statistics of {name_of(model.family)}; got statistics of "
            f"{stats.family.__name__}; try fit({stats.family.__name__}, ...)"
        )
    if (stats.n <= 0).any():
        raise ValueError(
            "expected statistics of at least one row; got n = 0; try a look at the data source"
        )
    return _of_moments(model.to(stats.mean.device), stats, None, stats.dtype)


def _of_moments(
    model: Model, stats: SufficientStatistics, rows: Rows | None, dtype: torch.dtype
) -> Problem:
    batch, flat = stats.n.shape, stats.flatten()
    moments = Moments.of(flat)
    scale = NORMALS[stats.family]
    square = moments.factor.square()
    variance = square if scale == "scale" else square.sum(-1)
    if "loc" in model.fixed:
        variance = variance + (flat.mean - fixed_value(model, "loc", batch)) ** 2
    sd = variance.sqrt()
    defaults = {"loc": flat.mean, scale: sd if scale == "scale" else torch.diag_embed(sd)}
    start, others = arrange(model, defaults, batch)
    hopeless: dict[int, str] = {}
    if model.choose(scale) in start:
        loc = others.get("loc")
        hopeless = degenerate(moments, loc)
    problem = Problem(model, start, others, moments, rows, batch, dtype, hopeless)
    _check_charts(problem)
    return problem


def _events(model: Model) -> int:
    """Return how many trailing dimensions of the data belong to one observation."""
    if model.row is not None:
        return model.row.events
    try:
        params = {
            **{name: value.double() for name, value in model.init.items()},
            **model.fixed,
        }
        if model.is_class:
            missing = [n for n in stated_constraints(model.family) if n not in params]
            params |= {n: origin(model, n) for n in missing if model.choose(n) == n}
        distribution = model.build(params)
    except TypeError as error:
        raise ValueError(
            f"expected a starting value for each parameter of {name_of(model.family)}; got "
            f"{sorted(model.init) or 'none'} ({error}); try init={{name: value, ...}}"
        ) from error
    if not isinstance(distribution, Distribution):
        raise TypeError(
            f"expected a callable that returns a torch Distribution; got one that returns "
            f"{type(distribution).__name__}; try lambda loc: Normal(loc, 1.0)"
        )
    return len(distribution.event_shape)


def _rows(x: Tensor, w: Tensor | None, events: int, flatten: bool) -> Rows:
    """Lay out the rows, with one batch dimension for a class."""
    lead = x.shape[1 : x.ndim - events]
    n = x.new_full((lead.numel(),), x.shape[0], dtype=torch.float64)
    if w is not None:
        x, w = fill(x, w, events), w.reshape(w.shape[0], -1)
        n = w.sum(0).expand(lead.numel())
    if flatten:
        x = x.reshape((x.shape[0], lead.numel(), *x.shape[x.ndim - events :]))
    return Rows(x, w, n)


def _check_charts(problem: Problem) -> None:
    """Raise unless each chart that the user chose reaches the point where the search starts."""
    hopeful = [i for i in range(problem.evidence.n.numel()) if i not in problem.hopeless]
    for name, transform in problem.model.transforms.items():
        start = problem.start[name][hopeful]
        try:
            u = problem.model.chart(name).inv(start)
            back = problem.model.chart(name)(u)
            reached = back.shape == start.shape and torch.allclose(back, start, rtol=1e-6, atol=0)
        except (IndexError, NotImplementedError, RuntimeError, ValueError):
            reached = False
        if not reached:
            raise ValueError(
                f"expected transforms[{name!r}] to map real numbers one to one onto the constraint "
                f"{problem.constraint(name)}; got {transform}, which does not reach the start, "
                f"{start[:1].tolist()}; try mlefit.transforms.chart(constraint)"
            )


def _check_density(problem: Problem, x: Tensor, w: Tensor | None, name: str) -> None:
    """Raise unless every row that counts has a finite density where the search starts."""
    distribution = problem.distribution(problem.start)
    events = len(distribution.event_shape)
    if x.shape[x.ndim - events :] != distribution.event_shape:
        raise ValueError(
            f"expected observations of shape {tuple(distribution.event_shape)} for {name}; got "
            f"{tuple(x.shape[x.ndim - events :])}; try data of shape (n, *batch, *event)"
        )
    check_support(x, w, events, support_of(distribution), name)
    if problem.is_hopeless.all():
        return
    possible = torch.isfinite(log_prob(distribution, fill(x, w, events).double()))
    check_possible(x, w, events, possible | problem.is_hopeless.reshape(problem.batch), name)
