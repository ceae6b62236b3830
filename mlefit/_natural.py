"""The natural scale of a parameter: the log of a positive one, the logit of a probability."""

__all__ = ["from_natural", "is_bounded", "natural", "natural_change", "natural_slope"]

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.distributions.constraints import Constraint

# by type, not identity: a constraint that was pickled is another object
SIMPLEX = type(constraints.simplex)
POSITIVE_DIAGONAL = (type(constraints.lower_cholesky), type(constraints.positive_definite))


def natural(constraint: Constraint, value: Tensor) -> Tensor:
    r"""Return the value on its natural scale, entry by entry.

    $\log(\theta - a)$ above a bound $a$, $\log\frac{\theta - a}{b - \theta}$ between two, the
    value itself where there is none. A Wald interval taken there is the same in any units.
    """
    return value if _is_free(constraint) else _between(*_bounds(constraint, value), value)


def natural_change(constraint: Constraint, before: Tensor, after: Tensor) -> Tensor:
    """Return how far each entry moves on its natural scale, or 0 where it has no bound."""
    if _is_free(constraint):
        return torch.zeros_like(after)
    low, high = _bounds(constraint, after)
    change = (_between(low, high, after) - _between(low, high, before)).abs()
    return torch.where(torch.isfinite(low) | torch.isfinite(high), change, 0.0)


def is_bounded(constraint: Constraint, value: Tensor) -> Tensor:
    """Tell which entries have a bound, and so a natural scale other than their own."""
    low, high = _bounds(constraint, value)
    return torch.isfinite(low) | torch.isfinite(high)


def from_natural(constraint: Constraint, value: Tensor, like: Tensor) -> Tensor:
    """Return what has this value on the natural scale; `like` tells diagonals from the rest."""
    low, high = _bounds(constraint, like)
    above, below = torch.isfinite(low), torch.isfinite(high)
    a, b = torch.where(above, low, 0.0), torch.where(below, high, 0.0)
    scaled = torch.where(above & below, a + (b - a) * value.sigmoid(), value)
    scaled = torch.where(above & ~below, a + value.exp(), scaled)
    return torch.where(below & ~above, b - (-value).exp(), scaled)


def natural_slope(constraint: Constraint, value: Tensor) -> Tensor:
    """Return the derivative of the natural scale at a value."""
    low, high = _bounds(constraint, value)
    slope = torch.where(torch.isfinite(low), 1 / (value - low), 0.0)
    slope = slope + torch.where(torch.isfinite(high), 1 / (high - value), 0.0)
    return torch.where(is_bounded(constraint, value), slope, 1.0)


def _is_free(constraint: Constraint) -> bool:
    """Tell whether no entry has a bound, at a glance."""
    base = getattr(constraint, "base_constraint", constraint)
    return isinstance(base, type(constraints.real))


def _between(low: Tensor, high: Tensor, value: Tensor) -> Tensor:
    above, below = torch.isfinite(low), torch.isfinite(high)
    from_low = torch.where(above, value - torch.where(above, low, 0.0), 1.0)
    to_high = torch.where(below, torch.where(below, high, 0.0) - value, 1.0)
    return torch.where(above | below, from_low.log() - to_high.log(), value)


def _bounds(constraint: Constraint, value: Tensor) -> tuple[Tensor, Tensor]:
    """Return the lower and the upper bound of each entry, infinite where there is none."""
    low, high = torch.full_like(value, -torch.inf), torch.full_like(value, torch.inf)
    match constraint:
        case constraints.independent():
            return _bounds(constraint.base_constraint, value)
        case constraints.greater_than() | constraints.greater_than_eq():
            return _full(constraint.lower_bound, value), high
        case constraints.less_than():
            return low, _full(constraint.upper_bound, value)
        case constraints.interval() | constraints.half_open_interval():
            return _full(constraint.lower_bound, value), _full(constraint.upper_bound, value)

    if isinstance(constraint, SIMPLEX):
        return low.zero_(), high.fill_(1.0)
    if isinstance(constraint, POSITIVE_DIAGONAL):
        low.diagonal(dim1=-2, dim2=-1).zero_()
    return low, high


def _full(bound: float | Tensor, like: Tensor) -> Tensor:
    return torch.as_tensor(bound, device=like.device).to(like).expand(like.shape)
