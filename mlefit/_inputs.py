"""The public door: whatever comes in becomes a checked tensor, or an error that says what to do."""

__all__ = [
    "as_data",
    "as_tensor",
    "as_weights",
    "check_finite",
    "check_gradients",
    "check_possible",
    "check_support",
    "fill",
    "static_support",
    "support_of",
]

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.distributions.constraints import Constraint

TOTAL = (1e-150, 1e150)  # of the weights of a fit: squares of errors and weights stay in range


def as_tensor(values: Any, what: str) -> Tensor:
    """Return numbers of any kind as a strided real tensor, detached; integers become float64.

    Args:
        values: A tensor, array, number, (nested) list, or pandas Series or data frame.
        what: The name of the argument, for the error message.

    Raises:
        TypeError: The values are not real numbers.
    """
    tensor = values.detach() if isinstance(values, Tensor) else _from_python(values, what)
    if tensor.is_meta:
        raise TypeError(
            f"expected {what} of real numbers; got a tensor on no device, which holds none; "
            "try it on the device of its data"
        )
    if tensor.is_inference():  # autograd refuses such a tensor, not a copy of it
        tensor = tensor.clone()
    odd = tensor.is_quantized or tensor.is_nested or tensor.layout != torch.strided
    if odd or tensor.is_complex():
        kind = "nested" if tensor.is_nested else tensor.layout
        raise TypeError(
            f"expected {what} of real numbers in a dense tensor; got {tensor.dtype}, {kind}; "
            "try its real part, or .to_dense()"
        )
    narrow = tensor.element_size() == 1  # float8, which hardly any operation takes
    if tensor.is_floating_point():
        return tensor.float() if narrow else tensor
    return tensor.double()


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
    total = w.sum(0)
    empty, odd = total == 0, (total < TOTAL[0]) | (total > TOTAL[1])
    if positive and empty.any():
        where = "all zero" if w.shape[1:].numel() == 1 else f"all zero in fit {_indices(empty)}"
        raise ValueError(
            f"expected at least one positive weight a fit; got weights that are {where}; "
            "try leaving such fits out of the batch"
        )
    if (odd & ~empty).any():
        raise ValueError(
            "expected weights whose sum and its square fit into float64; got a sum of "
            f"{total[odd & ~empty][0].item():.3g}; try weights of order 1"
        )
    return w


def fill(x: Tensor, w: Tensor | None, events: int) -> Tensor:
    """Replace rows of weight zero, which may hold anything, by a row of the same fit that counts.

    A mask after the density would not do: a gradient through nan is nan.
    """
    if w is None:
        return x
    lead = x.shape[: x.ndim - events]
    counts = (w > 0).expand(lead)
    first = counts.to(torch.uint8).argmax(0, keepdim=True)
    shape = (1, *lead[1:], *x.shape[x.ndim - events :])
    good = x.gather(0, first.reshape((*first.shape, *[1] * events)).expand(shape))
    return torch.where(counts.reshape((*lead, *[1] * events)), x, good)


def check_finite(x: Tensor, w: Tensor | None, events: int) -> None:
    """Raise unless every row that counts is finite.

    Args:
        x: Data, `(n, *batch, *event)`.
        w: Weights that broadcast to `(n, *batch)`, or None.
        events: How many trailing dimensions belong to one observation.
    """
    bad = ~torch.isfinite(x) & _counts(w, events, x.device)
    if bad.any():
        raise ValueError(
            f"expected finite data; got {_first(x, bad)}; "
            "try dropping these rows, or giving them weight 0"
        )


def check_support(
    x: Tensor, w: Tensor | None, events: int, support: Constraint | None, name: str
) -> None:
    """Raise unless every row that counts is inside a support, where there is one to check."""
    if support is None:
        return
    wide = x.float() if x.is_floating_point() and x.element_size() < 4 else x  # for Cholesky
    outside = ~support.check(wide).expand(x.shape[: x.ndim - events]) & _counts(w, 0, x.device)
    if outside.any():
        raise ValueError(
            f"expected data in the support of {name}, {support}; got {_first(x, outside)}; "
            "try another family, or other units"
        )


def check_possible(x: Tensor, w: Tensor | None, events: int, possible: Tensor, name: str) -> None:
    """Raise unless the density of every row that counts is positive and finite."""
    bad = ~possible & _counts(w, 0, x.device)
    if bad.any():
        raise ValueError(
            f"expected data with a positive and finite density under {name}; got "
            f"{_first(x, bad)}; try weight 0 for values on the edge of the support, or other "
            "starting values in init"
        )


def static_support(family: Any) -> Constraint | None:
    """Return the support of a family, unless it depends on a parameter."""
    support = getattr(family, "support", None)
    return support if isinstance(support, Constraint) and not _is_dependent(support) else None


def support_of(distribution: Distribution) -> Constraint | None:
    """Return the support of a distribution, unless it states none."""
    try:
        return distribution.support
    except NotImplementedError:
        return None


def _is_dependent(support: Constraint) -> bool:
    return isinstance(support, type(constraints.dependent))


def _counts(w: Tensor | None, events: int, device: torch.device) -> Tensor:
    if w is None:
        return torch.ones((), dtype=torch.bool, device=device)
    return (w > 0).reshape((*w.shape, *[1] * events))


def check_gradients() -> None:
    """Raise where torch forbids gradients for good."""
    if torch.is_inference_mode_enabled():
        raise RuntimeError(
            "expected to be outside torch.inference_mode(), which forbids gradients; got a call "
            "inside; try torch.no_grad(), which does not"
        )


def _from_python(values: Any, what: str) -> Tensor:
    if hasattr(values, "to_numpy"):  # pandas, polars
        values = values.to_numpy()
    try:
        if hasattr(values, "__array__") and not hasattr(values, "dtype"):
            values = values.__array__()
        if hasattr(values, "dtype"):
            return _from_array(values, what)
        if isinstance(values, list | tuple) and any(hasattr(v, "dtype") for v in values):
            return torch.stack([as_tensor(value, what) for value in values])
        return torch.tensor(values, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        if "expected" in str(error) and "try" in str(error):
            raise
        raise TypeError(
            f"expected {what} as a tensor, array, list or data frame of numbers; got "
            f"{type(values).__name__} ({error}); try rows of equal length with numbers only"
        ) from error


def _from_array(values: Any, what: str) -> Tensor:
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"expected {what} of real numbers; got an array of dtype {values.dtype}; "
            "try selecting the numeric columns, or .astype(float)"
        )
    if hasattr(values, "mask"):
        raise TypeError(
            f"expected {what} without a mask; got a masked array, whose hidden values would count; "
            "try x.compressed(), or weights=~x.mask"
        )
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    backwards = any(stride < 0 for stride in getattr(values, "strides", ()))
    return torch.tensor(values.copy() if backwards else values)


def _first(values: Tensor, bad: Tensor) -> str:
    """Say how many entries are bad, and show the first with its index."""
    bad = bad.expand(values.shape[: bad.ndim])
    index = tuple(bad.nonzero()[0].tolist())
    value = values[index]
    shown = f"{value.item():.6g}" if value.numel() == 1 else str(value.tolist())
    place = index[0] if len(index) == 1 else index
    return f"{int(bad.sum())} of {bad.numel()}, the first {shown} at index {place}"


def _indices(flags: Tensor) -> str:
    found = flags.nonzero().tolist()
    shown = ", ".join(str(i[0] if len(i) == 1 else tuple(i)) for i in found[:3])
    return shown + (f" and {len(found) - 3} more" if len(found) > 3 else "")
