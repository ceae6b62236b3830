"""Starting and fixed values: of the right names, in the shape of the batch."""

__all__ = ["arrange", "fixed_value", "starting_values"]

from collections.abc import Mapping
from typing import Any

import torch
from torch import Size, Tensor

from mlefit._model import Model, name_of, origin, stated_constraints
from mlefit._natural import natural
from mlefit._problem import Rows


def starting_values(
    model: Model, rows: Rows, batch: Size
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return where a search begins and what is fixed, each value as `(B, *shape)`."""
    if model.row is not None:
        w = None if rows.w is None else rows.w / rows.n
        known = {name: fixed_value(model, name, batch) for name in model.fixed}
        defaults = model.row.start(rows.x, w, known)
        if model.row.single and rows.n.numel() > 1:
            raise ValueError(
                f"expected data of one fit, since torch's {name_of(model.family)} takes no batch "
                f"of temperatures; got {rows.n.numel()}; try a loop over the fits"
            )
    else:
        defaults = _own_values(model, batch, rows.x.device)
    return arrange(model, defaults, batch)


def fixed_value(model: Model, name: str, batch: Size) -> Any:
    """Return a fixed value as `(B, *shape)`, or as the user gave it if it is no tensor."""
    value = model.fixed[name]
    if not isinstance(value, Tensor):
        return value
    return _spread(value, batch, f"fixed[{name!r}]", _event_of(model, name, value))


def arrange(
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
        shape = _event_of(model, name, value) if like is None else Size(like.shape[1:])
        value = _given(model, name, value, batch, shape, what="fixed")
        fixed[name] = value if model.is_class else value.reshape((*batch, *shape))
    return start, fixed


def _own_values(model: Model, batch: Size, device: torch.device) -> dict[str, Tensor]:
    """Return the user's starting values, each `(B, *shape)`, for a family not in the table."""
    values = {name: value.double() for name, value in model.init.items()}
    if model.is_class:
        stated = [n for n in stated_constraints(model.family) if model.choose(n) == n]
        missing = [n for n in stated if n not in values and n not in model.fixed]
        values |= {name: origin(model, name, device) for name in missing}
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
