"""The public door: whatever comes in becomes a checked tensor, or an error that says what to do."""

__all__ = ["as_data", "as_tensor", "as_weights", "check_support"]

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution


def as_tensor(values: Any, what: str) -> Tensor:
    """Return numbers of any kind as a strided real tensor, detached; integers become float64.

    Args:
        values: A tensor, array, number, (nested) list, or pandas Series or data frame.
        what: The name of the argument, for the error message.

    Raises:
        TypeError: The values are not real numbers.
    """
    tensor = values.detach() if isinstance(values, Tensor) else _from_python(values, what)
    if tensor.is_complex() or tensor.layout != torch.strided:
        raise TypeError(
            f"expected {what} of real numbers in a dense tensor; got {tensor.dtype}, "
            f"{tensor.layout}; try its real part, or .to_dense()"
        )
    return tensor if tensor.is_floating_point() else tensor.double()


def as_data(data: Any, events: int, *, minimum: int = 1) -> tuple[Tensor, torch.dtype]:
    """Return data as a tensor `(n, *batch, *event)`, and the dtype of what is learned from it.

    Args:
        data: What the user passed.
        events: How many trailing dimensions belong to one observation.
        minimum: The fewest rows that make sense.

    Raises:
        TypeError: The data are not real numbers.
        ValueError: There are too few dimensions or rows.
    """
    x = as_tensor(data, "data")
    if x.ndim < 1 + events:
        raise ValueError(
            f"expected data of shape (n{', *batch' if events else ''}{', d' * events}), one row an "
            f"observation; got shape {tuple(x.shape)}; try "
            + ("data.reshape(-1)" if events == 0 else "data.reshape(n, d)")
        )
    if x.shape[0] < minimum or (minimum and x.numel() == 0):
        raise ValueError(
            f"expected at least one observation; got shape {tuple(x.shape)}; "
            "try a look at the filter that made these data"
        )
    narrow = x.dtype in (torch.float16, torch.bfloat16)
    return x, torch.float32 if narrow else x.dtype


def as_weights(weights: Any, x: Tensor, events: int, *, positive: bool = True) -> Tensor:
    """Return weights as float64 `(n, 1...)` or `(n, *batch)`, ready to multiply a log-density.

    Args:
        weights: What the user passed: one frequency a row, or one for each row of each batch.
        x: The data, `(n, *batch, *event)`.
        events: How many trailing dimensions belong to one observation.
        positive: Whether each fit needs a positive total.

    Raises:
        TypeError: The weights are not real numbers.
        ValueError: Their shape differs from the data's, or one is negative or not finite, or all
            those of one fit are zero.
    """
    w = as_tensor(weights, "weights").to(device=x.device, dtype=torch.float64)
    lead = x.shape[: x.ndim - events]
    if w.shape != lead and w.shape != lead[:1]:
        shapes = f"{tuple(lead[:1])}" + (f" or {tuple(lead)}" if len(lead) > 1 else "")
        raise ValueError(
            f"expected weights of shape {shapes}; got {tuple(w.shape)}; "
            "try one frequency for each row"
        )
    bad = ~torch.isfinite(w) | (w < 0)
    if bad.any():
        raise ValueError(
            f"expected weights that are finite and not negative; got {_first(w, bad)}; "
            "try weights.clamp(min=0), or 0 for rows that should not count"
        )
    if w.ndim < len(lead):
        w = w.reshape(-1, *[1] * (len(lead) - 1))
    empty = w.sum(0) == 0
    if positive and empty.any():
        where = "all zero" if w.shape[1:].numel() == 1 else f"all zero in fit {_indices(empty)}"
        raise ValueError(
            f"expected at least one positive weight a fit; got weights that are {where}; "
            "try leaving such fits out of the batch"
        )
    return w


def check_support(x: Tensor, w: Tensor | None, distribution: Distribution, name: str) -> None:
    """Raise unless every row that counts is finite and inside the support of the distribution.

    Args:
        x: Data, `(n, *batch, *event)`.
        w: Weights that broadcast to `(n, *batch)`, or None.
        distribution: A distribution of the family, with the batch shape of the fit.
        name: The family's name.

    Raises:
        ValueError: A value is nan, infinite or outside the support.
    """
    events = len(distribution.event_shape)
    lead = x.shape[: x.ndim - events]
    counts = torch.ones((), dtype=torch.bool, device=x.device) if w is None else w > 0
    finite = torch.isfinite(x)
    bad = ~_all_of_event(finite, events) & counts
    if bad.any():
        entries = ~finite & counts.reshape((*counts.shape, *[1] * events))
        raise ValueError(
            f"expected finite data; got {_first(x, entries)}; "
            "try dropping these rows, or giving them weight 0"
        )
    if tuple(x.shape[x.ndim - events :]) != tuple(distribution.event_shape):
        raise ValueError(
            f"expected rows of shape {tuple(distribution.event_shape)} for {name}; got "
            f"{tuple(x.shape[x.ndim - events :])}; try data of shape (n, *batch, *event)"
        )
    support = distribution.support
    if support is None:
        return
    outside = ~support.check(x).expand(lead) & counts
    if outside.any():
        raise ValueError(
            f"expected data in the support of {name}, {support}; got {_first(x, outside)}; "
            "try another family, or other units"
        )


def _from_python(values: Any, what: str) -> Tensor:
    if hasattr(values, "to_numpy"):  # pandas, polars
        values = values.to_numpy()
    try:
        if hasattr(values, "__array__") and not hasattr(values, "dtype"):
            values = values.__array__()
        if hasattr(values, "dtype"):
            return torch.tensor(values) if values.dtype.kind in "biuf" else _refuse(values, what)
        return torch.tensor(values, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        if "expected" in str(error) and "try" in str(error):
            raise
        raise TypeError(
            f"expected {what} as a tensor, array, list or data frame of numbers; got "
            f"{type(values).__name__} ({error}); try rows of equal length with numbers only"
        ) from error


def _refuse(values: Any, what: str) -> Tensor:
    raise TypeError(
        f"expected {what} of real numbers; got an array of dtype {values.dtype}; "
        "try selecting the numeric columns, or .astype(float)"
    )


def _all_of_event(flags: Tensor, events: int) -> Tensor:
    return flags.flatten(flags.ndim - events).all(-1) if events else flags


def _first(values: Tensor, bad: Tensor) -> str:
    """Say how many entries are bad, and show the first with its index."""
    bad = bad.expand(torch.broadcast_shapes(bad.shape, values.shape[: bad.ndim]))
    index = tuple(bad.nonzero()[0].tolist())
    value = values[index]
    shown = f"{value.item():.6g}" if value.numel() == 1 else str(value.tolist())
    place = index[0] if len(index) == 1 else index
    return f"{int(bad.sum())} of {bad.numel()}, the first {shown} at index {place}"


def _indices(flags: Tensor) -> str:
    found = flags.nonzero().tolist()
    shown = ", ".join(str(i[0] if len(i) == 1 else tuple(i)) for i in found[:3])
    return shown + (f" and {len(found) - 3} more" if len(found) > 3 else "")
