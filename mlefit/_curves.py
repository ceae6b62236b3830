"""The numbers that the plots show: checked inputs, and curves as float64 tensors on the CPU."""

__all__ = [
    "bell",
    "bivariate",
    "box",
    "depths",
    "is_discrete",
    "loss_gap",
    "lost",
    "multivariate",
    "nats_below",
    "path_of",
    "probabilities",
    "rows",
    "single",
    "univariate",
]

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal

from mlefit._inputs import as_data, support_of
from mlefit._natural import from_natural, natural
from mlefit._problem import log_prob
from mlefit._profile import Profile
from mlefit._quantiles import quantiles
from mlefit._result import Fit

D = TypeVar("D", bound=Distribution)

POINTS = 400  # of a curve
TAIL = 5e-4  # the probability that a curve may leave out on either side
SIDE = 16  # points of a profile on either side: each is a fit


def single(fit: Fit) -> Distribution:
    """Return the distribution of a fit that is not a batch, in float64 on the CPU."""
    if fit.n.ndim:
        raise ValueError(
            f"expected a single fit; got a batch of shape {tuple(fit.n.shape)}; "
            "try a fit of one column of the data"
        )
    return fit.family(**{name: _double(value) for name, value in fit.params.items()})


def univariate(fit: Fit) -> Distribution:
    """Return the distribution of a fit whose rows are numbers."""
    distribution = single(fit)
    if distribution.event_shape:
        raise ValueError(
            f"expected a fit of numbers; got {_name(distribution)} of rows of shape "
            f"{tuple(distribution.event_shape)}; try a fit of one column of the data"
        )
    return distribution


def multivariate(fit: Fit) -> MultivariateNormal:
    """Return the distribution of a fitted multivariate normal."""
    return _of_class(single(fit), MultivariateNormal)


def bivariate(fit: Fit) -> MultivariateNormal:
    """Return the distribution of a fitted multivariate normal of two dimensions."""
    distribution = multivariate(fit)
    if distribution.event_shape != (2,):
        raise ValueError(
            f"expected a fit of two dimensions; got {distribution.event_shape.numel()}; "
            "try a fit of two columns of the data"
        )
    return distribution


def rows(data: Any, distribution: Distribution) -> Tensor:
    """Return data that a distribution can have made, `(n, *event)`."""
    event = distribution.event_shape
    x = as_data(data, len(event))[0].double().cpu()
    if x.shape[1:] != event:
        shape = "(n,)" if not event else f"(n, {', '.join(map(str, event))})"
        raise ValueError(
            f"expected data of shape {shape} for this fit; got {tuple(x.shape)}; "
            "try the data that were fitted"
        )
    inside = x.isfinite().flatten(1).all(1) if event else x.isfinite()
    if (support := support_of(distribution)) is not None:
        inside &= support.check(x)
    if not inside.all():
        raise ValueError(
            f"expected finite data in the support of {_name(distribution)}; got "
            f"{x[~inside][0].tolist()} among them; try the data that were fitted"
        )
    return x


def probabilities(levels: Sequence[float], what: str) -> Sequence[float]:
    """Return the levels if each is between 0 and 1."""
    for level in levels:
        if not 0 < level < 1:
            raise ValueError(f"expected {what} between 0 and 1; got {level}; try 0.95")
    return levels


def depths(levels: Sequence[float]) -> Sequence[float]:
    """Return the levels, in nats below a maximum, if there are any and each is positive."""
    if not len(levels) or not all(0 < nats < math.inf for nats in levels):
        raise ValueError(
            f"expected levels in nats, each above 0; got {levels}; try (0.5, 2, 5, 20)"
        )
    return levels


def is_discrete(distribution: Distribution) -> bool:
    """Tell whether its values are whole numbers."""
    support = support_of(distribution)
    return support is not None and support.is_discrete


def bell(distribution: Distribution, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return where to draw a density, or a probability of whole numbers, and its values there.

    All data are in it, and the distribution's tails as far as a quarter of the data's span.
    """
    low, high = x.min(), x.max()
    tails = quantiles(distribution, x.new_tensor([TAIL, 1 - TAIL]))
    margin = (high - low) / 4 + is_discrete(distribution)
    left = torch.minimum(low, torch.maximum(low - margin, tails[0])).item()
    right = torch.maximum(high, torch.minimum(high + margin, tails[1])).item()
    if is_discrete(distribution):
        t = torch.arange(math.floor(left), math.ceil(right) + 1, dtype=x.dtype)
    else:
        t = torch.linspace(left, right, POINTS + 1, dtype=x.dtype)
    if (support := support_of(distribution)) is not None:
        t = t[support.check(t)]
    return t, log_prob(distribution, t).exp()


def lost(fit: Fit, name: str, ends: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return values of a parameter to beyond the ends, and the log-likelihood lost there, in nats.

    A likelihood that never falls to an end is drawn as far as to the other.
    """
    constraint = fit._problem.constraint(name)
    estimates = {k: v.double()[None] for k, v in fit.params.items() if k not in fit.fixed}
    curve = Profile(fit._problem, name, estimates)
    best = estimates[name]
    center = natural(constraint, best)
    reach = (natural(constraint, best.new_tensor(ends)) - center).abs()
    finite = reach[reach.isfinite()]
    reach = reach.where(reach.isfinite(), finite.max() if len(finite) else best.new_tensor(1.0))

    where, fallen = [center], [torch.zeros_like(center)]
    for side, distance in zip((-1, 1), 1.35 * reach, strict=True):
        curve.reset()
        steps = torch.linspace(0, 1, SIDE + 1, dtype=best.dtype, device=best.device)[1:]
        where += [center + side * distance * step for step in steps]
        fallen += [-curve(z) / 2 for z in where[-SIDE:]]
    z, order = torch.cat(where).sort()
    values = from_natural(constraint, z, best.expand_as(z))
    return values.cpu(), torch.cat(fallen)[order].cpu()


def loss_gap(fit: Fit, minimum: float | None) -> tuple[Tensor, Tensor]:
    """Return the steps at which the loss lies above its minimum, and how far."""
    single(fit)
    loss = fit.trace.loss.double().cpu()
    if len(loss) < 2:
        raise ValueError(
            f"expected a fit that took steps; got one that is {fit.message}; "
            "try to start elsewhere, with init"
        )
    gap = loss - (loss.nan_to_num(torch.inf).min() if minimum is None else minimum)
    steps = torch.arange(len(gap))
    return steps[gap > 0], gap[gap > 0]


def path_of(fit: Fit) -> Tensor:
    """Return the path of a fitted `Normal`, loc above scale: `(2, steps + 1)`."""
    distribution, path = _of_class(single(fit), Normal), fit.trace.params
    known = {"loc": distribution.loc, "scale": distribution.scale}
    length = len(fit.trace.loss)
    return torch.stack(
        [_double(path.get(name, value)).expand(length) for name, value in known.items()]
    )


def box(x: Tensor, nats: float, path: Tensor) -> tuple[Tensor, Tensor]:
    """Return grids of loc and scale that hold a contour of the log-likelihood, and a path.

    The contour spans loc where the best scale for each loc costs as much, and scale at the mean.
    """
    mean, s = x.mean(), x.std(correction=0)
    if not s > 0:
        raise ValueError(f"expected data that vary; got {len(x)} equal ones; try other data")
    gap = nats / len(x)
    apart = s * math.sqrt(math.expm1(2 * gap))
    # between these bounds, since -log r <= 1 / (2 e r^2), and 1 / (2 r^2) > 0
    bounds = math.log(0.63 / (2 * gap + 1)) / 2, gap + 0.5
    r = torch.linspace(*bounds, 10 * POINTS, dtype=x.dtype).exp()
    best = s * r[r.log() + 1 / (2 * r**2) - 0.5 <= gap]
    loc = torch.cat([path[0], torch.stack([mean - apart, mean + apart])])
    scale = torch.cat([path[1], best])
    return _grid(loc), _grid(scale).clamp(min=scale.min().item() / 2)


def nats_below(x: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
    """Return how far below its maximum a normal's log-likelihood is, `(len(scale), len(loc))`."""
    mean, s = x.mean(), x.std(correction=0)
    r, apart = scale[:, None] / s, (loc - mean) / s
    return len(x) * (r.log() + (1 + apart**2) / (2 * r**2) - 0.5)


def _grid(values: Tensor) -> Tensor:
    """Return a grid from the least to the greatest value, with a margin."""
    low, high = values.min().item(), values.max().item()
    margin = 0.04 * (high - low)
    return torch.linspace(low - margin, high + margin, POINTS, dtype=values.dtype)


def _of_class(distribution: Distribution, wanted: type[D]) -> D:
    if not isinstance(distribution, wanted):
        raise ValueError(
            f"expected a fit of {wanted.__name__}; got {_name(distribution)}; "
            f"try mlefit.fit({wanted.__name__}, data)"
        )
    return distribution


def _name(distribution: Distribution) -> str:
    return type(distribution).__name__


def _double(value: Any) -> Any:
    return value.detach().double().cpu() if isinstance(value, Tensor) else value
