"""Pose a fit: from what the user passed to evidence, charts and a starting point."""

__all__ = ["Problem", "pose"]

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.distributions.constraints import Constraint

from mlefit._inputs import as_data, as_weights, check_support
from mlefit._model import Model, name_of, origin, resolve
from mlefit._natural import natural
from mlefit._normal import ConvexNormal
from mlefit._problem import Chart, Evidence, Likelihood, Moments, Rows
from mlefit._statistics import SufficientStatistics, suffstats

NORMALS = {Normal: "scale", MultivariateNormal: "scale_tril"}
RANK = 4.0  # a pivot below this many rounding errors times d is zero


@dataclass(frozen=True)
class Problem:
    """A fit that is ready to be solved.

    Attributes:
        model: The family and what the user said of its parameters.
        start: Where to begin: the learned parameters, `(B, *shape)`, nan where a fit is hopeless.
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
        return value.reshape((*self.batch, *shape)).to(self.dtype)

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
    w = None if weights is None else as_weights(weights, x, events)
    batch, event = x.shape[1 : x.ndim - events], x.shape[x.ndim - events :]
    model = replace(model, event=event)
    if model.family in NORMALS:
        stats = suffstats(model.family, x, weights=weights)
        rows = _rows(x, w, events, model.is_class)
        _check_finite(stats, rows, model)
        return _of_moments(model, stats, rows, dtype)

    rows = _rows(x, w, events, model.is_class)
    exact = rows.to(torch.float64)
    start, others = _start(model, exact, batch)
    distribution = _checked_distribution(model, {**start, **others}, batch)
    check_support(exact.x, exact.w, distribution, name_of(model.family))
    start, hopeless = _drop_hopeless(model, start, exact)
    return Problem(model, start, others, exact, exact, batch, dtype, hopeless)


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
    return _of_moments(model, stats, None, stats.dtype)


def _of_moments(
    model: Model, stats: SufficientStatistics, rows: Rows | None, dtype: torch.dtype
) -> Problem:
    batch, flat = stats.n.shape, stats.flatten()
    moments = Moments.of(flat)
    scale = NORMALS[stats.family]
    if scale == "scale":
        defaults = {"loc": flat.mean, scale: moments.factor}
    else:
        sd = moments.factor.square().sum(-1).sqrt()
        defaults = {"loc": flat.mean, scale: torch.diag_embed(sd)}

    start, others = _arrange(model, defaults, batch)
    hopeless: dict[int, str] = {}
    if model.choose(scale) in start:
        loc = others.get("loc")
        hopeless = _degenerate(moments, loc)
        start = _fail(start, hopeless)
    return Problem(model, start, others, moments, rows, batch, dtype, hopeless)


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
            missing = [n for n in model.family.arg_constraints if n not in params]  # type: ignore[attr-defined]
            params |= {n: origin(model, n) for n in missing if model.choose(n) == n}
        return len(model.build(params).event_shape)
    except TypeError as error:
        raise ValueError(
            f"expected a starting value for each parameter of {name_of(model.family)}; got "
            f"{sorted(model.init) or 'none'} ({error}); try init={{name: value, ...}}"
        ) from error


def _rows(x: Tensor, w: Tensor | None, events: int, flatten: bool) -> Rows:
    """Lay out the rows; those of weight zero, which may hold anything, become copies of others."""
    lead = x.shape[1 : x.ndim - events]
    n = x.new_full((lead.numel(),), x.shape[0], dtype=torch.float64)
    if flatten:
        x = x.reshape(x.shape[0], lead.numel(), *x.shape[x.ndim - events :])
    if w is None:
        return Rows(x, None, n)
    w = w.reshape(w.shape[0], -1)
    counts = (w > 0).expand(x.shape[0], lead.numel())
    flat = x.reshape(x.shape[0], lead.numel(), -1)
    first = counts.to(torch.uint8).argmax(0)
    good = flat.gather(0, first[None, :, None].expand(1, *flat.shape[1:]))
    return Rows(torch.where(counts[..., None], flat, good).reshape(x.shape), w, n * 0 + w.sum(0))


def _start(model: Model, rows: Rows, batch: Size) -> tuple[dict[str, Tensor], dict[str, Any]]:
    if model.row is not None:
        w = None if rows.w is None else rows.w / rows.n
        known = {
            name: _spread(value, batch, name, _event_of(model, name, value))
            if isinstance(value, Tensor)
            else value
            for name, value in model.fixed.items()
        }
        defaults = model.row.start(rows.x, w, known)
        if model.row.single and rows.n.numel() > 1:
            raise ValueError(
                f"expected data of one fit, since torch's {name_of(model.family)} takes no batch "
                f"of temperatures; got {rows.n.numel()}; try a loop over the fits"
            )
    else:
        defaults = _own_values(model, batch)
    return _arrange(model, defaults, batch)


def _own_values(model: Model, batch: Size) -> dict[str, Tensor]:
    """Return the user's starting values, each `(B, *shape)`, for a family not in the table."""
    values = {name: value.double() for name, value in model.init.items()}
    if model.is_class:
        stated = [n for n in model.family.arg_constraints if model.choose(n) == n]  # type: ignore[attr-defined]
        missing = [n for n in stated if n not in values and n not in model.fixed]
        values |= {name: origin(model, name) for name in missing}
    own = model.build({**values, **model.fixed}).batch_shape
    if own == batch and batch:
        return {
            name: value.expand((*batch, *value.shape[len(batch) :])).reshape(
                -1, *value.shape[len(batch) :]
            )
            if value.shape[: len(batch)] == batch
            else value.expand(batch.numel(), *value.shape)
            for name, value in values.items()
        }
    if own.numel() != 1:
        raise ValueError(
            f"expected init for a batch of shape {tuple(batch)}; got a distribution of batch "
            f"shape {tuple(own)}; try starting values of one fit, or Independent(...)"
        )
    return {name: value.expand(batch.numel(), *value.shape) for name, value in values.items()}


def _arrange(
    model: Model, defaults: Mapping[str, Tensor], batch: Size
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Apply the user's names and values: return what is learned, `(B, *shape)`, and the rest."""
    values: dict[str, Tensor] = {}
    for default, value in defaults.items():
        name = model.choose(default)
        if name == default or name in model.fixed:
            values[name] = value
        else:
            others = {k: v for k, v in model.fixed.items() if k not in defaults}
            values[name] = getattr(model.build({**defaults, **others}), name)

    start = {}
    for name, value in values.items():
        if name not in model.fixed:
            given = model.init.get(name)
            shape = Size(value.shape[1:])
            start[name] = value if given is None else _given(model, name, given, batch, shape)
    if not start:
        raise ValueError(
            f"expected a parameter to learn; got {', '.join(model.fixed)} fixed, which is all of "
            f"{name_of(model.family)}; try its log_prob, or fix fewer"
        )
    fixed = {}
    for name, value in model.fixed.items():
        if not isinstance(value, Tensor):
            fixed[name] = value
            continue
        like = values.get(name)
        known = like is not None and model.choose(name) == name and name in defaults
        shape = (
            Size(like.shape[1:]) if known and like is not None else _event_of(model, name, value)
        )
        value = _given(model, name, value, batch, shape, what="fixed")
        fixed[name] = value if model.is_class else value.reshape((*batch, *shape))
    return start, fixed


def _event_of(model: Model, name: str, value: Tensor) -> Size:
    depth = model.constraint(name).event_dim
    return Size(value.shape[value.ndim - depth :])


def _given(
    model: Model, name: str, value: Tensor, batch: Size, shape: Size, what: str = "init"
) -> Tensor:
    """Return a value the user gave as `(B, *shape)`, inside its constraint."""
    value = _spread(value.double(), batch, f"{what}[{name!r}]", shape)
    constraint = model.constraint(name)
    if model.is_class and not constraint.is_discrete:
        inside = constraint.check(value).all()
        strictly = what == "fixed" or bool(torch.isfinite(natural(constraint, value)).all())
        if not (inside and strictly and torch.isfinite(value).all()):
            raise ValueError(
                f"expected {what}[{name!r}] inside its constraint, {constraint}; got "
                f"{value[0].tolist()}; try a value in its interior"
            )
    return value


def _spread(value: Tensor, batch: Size, what: str, shape: tuple[int, ...]) -> Tensor:
    try:
        return value.expand((*batch, *shape)).reshape(-1, *shape)
    except RuntimeError as error:
        raise ValueError(
            f"expected {what} of shape {(*batch, *shape)}, or one that expands to it; got "
            f"{tuple(value.shape)}; try one value for all fits"
        ) from error


def _checked_distribution(model: Model, params: Mapping[str, Any], batch: Size) -> Distribution:
    if model.is_class:
        return model.build(params)
    shaped = {
        k: v.reshape((*batch, *v.shape[1:])) if k in model.init else v for k, v in params.items()
    }
    return model.build(shaped)


def _check_finite(stats: SufficientStatistics, rows: Rows, model: Model) -> None:
    if torch.isfinite(stats.mean).all() and torch.isfinite(stats.scatter).all():
        return
    unit = torch.ones(rows.x.shape[2:], dtype=torch.float64, device=rows.x.device)
    standard = Normal(unit * 0, unit)
    check_support(rows.x, rows.w, torch.distributions.Independent(standard, unit.ndim), "a normal")
    raise ValueError(
        "expected data whose squares fit into float64; got a value of "
        f"{rows.x.abs().max().item():.3g}; try other units"
    )


def _drop_hopeless(
    model: Model, start: dict[str, Tensor], rows: Rows
) -> tuple[dict[str, Tensor], dict[int, str]]:
    """Find fits whose rows are all equal, where that makes the likelihood unbounded."""
    collapse = model.row.collapse if model.row else ()
    if not collapse or not set(collapse) <= start.keys():
        return start, {}
    equal = (rows.x == rows.x[:1]).all(0).reshape(rows.n.numel(), -1).any(-1)
    why = (
        f"the rows that count are all equal, so the likelihood of {name_of(model.family)} is "
        f"unbounded; try more data, or fix one of {', '.join(collapse)}"
    )
    hopeless = {int(i): why for i in equal.nonzero()[:, 0]}
    return _fail(start, hopeless), hopeless


def _degenerate(moments: Moments, loc: Tensor | None) -> dict[int, str]:
    """Find normals whose scatter has no full rank: their likelihood is unbounded."""
    if moments.factor.ndim == 1:
        apart = 0.0 if loc is None else moments.mean - loc
        square = moments.factor**2 + apart**2
        why = (
            "the scatter is zero (a single observation, or all equal), so the likelihood is "
            'unbounded; try more data, or fixed={"scale": ...}'
        )
        return {int(i): why for i in (square == 0).nonzero()[:, 0]}

    S = moments.factor @ moments.factor.mT
    if loc is not None:
        apart = moments.mean - loc.reshape(moments.mean.shape)
        S = S + apart[:, :, None] * apart[:, None, :]
    d = S.shape[-1]
    variance = S.diagonal(dim1=-2, dim2=-1)
    unit = torch.where(variance > 0, variance, 1.0).rsqrt()
    values = torch.linalg.eigvalsh(unit[:, :, None] * S * unit[:, None, :])
    tolerance = RANK * d * torch.finfo(S.dtype).eps
    rank = (values > tolerance).sum(-1)
    return {
        int(i): _why_degenerate(variance[i], int(rank[i]), float(moments.n[i]), tolerance)
        for i in (rank < d).nonzero()[:, 0]
    }


def _why_degenerate(variance: Tensor, rank: int, n: float, tolerance: float) -> str:
    d = len(variance)
    constant = (variance == 0).nonzero()[:, 0].tolist()
    if n > 1 and constant:
        cause = f"column {constant[0]} is constant"
    elif n <= d:
        cause = f"there are n = {n:g} rows for d = {d} columns"
    else:
        cause = "some columns are linear combinations of others"
    return (
        f"the scatter has rank {rank} of {d} (eigenvalues of the correlations above "
        f"{tolerance:.1g} count), since {cause}, so the likelihood is unbounded; try more rows, "
        'fewer columns, a diagonal covariance (Normal, column by column), or fixed={"scale_tril": '
        "...}"
    )


def _fail(start: dict[str, Tensor], hopeless: Mapping[int, str]) -> dict[str, Tensor]:
    if not hopeless:
        return start
    index = torch.tensor(list(hopeless))
    failed = {name: value.clone() for name, value in start.items()}
    for value in failed.values():
        value[index] = torch.nan
    return failed
