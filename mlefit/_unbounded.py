"""Find the fits whose likelihood has no maximum, before any search."""

__all__ = ["collapsed", "degenerate"]

from collections.abc import Mapping

import torch
from torch import Tensor

from mlefit._model import Model, name_of
from mlefit._natural import natural
from mlefit._problem import Moments, Rows

RANK = 32.0  # an eigenvalue below this many rounding errors times d is zero
RESOLVED = 32.0  # a spread of fewer rounding errors of the mean is rounding itself


def collapsed(model: Model, start: Mapping[str, Tensor], rows: Rows) -> dict[int, str]:
    """Find fits, by number, whose rows drive a parameter to its bound: say why of each.

    Args:
        model: The family.
        start: Values of the learned parameters, from the data, `(B, *shape)`.
        rows: The data.
    """
    found: dict[int, str] = {}
    for name, value in start.items():
        lost = ~torch.isfinite(natural(model.constraint(name), value)).reshape(len(value), -1)
        for i in lost.any(-1).nonzero()[:, 0]:
            found[int(i)] = (
                f"the likelihood of {name_of(model.family)} is unbounded, since {name} runs to "
                f"{value[i].flatten()[0].item():g}; try more data, or fixing {name}"
            )
    collapse = model.row.collapse if model.row else ()
    if collapse and set(collapse) <= start.keys():
        equal = (rows.x == rows.x[:1]).all(0).reshape(rows.n.numel(), -1).all(-1)
        for i in equal.nonzero()[:, 0]:
            found[int(i)] = (
                f"the rows that count are all equal, so the likelihood of {name_of(model.family)} "
                f"is unbounded; try more data, or fixing one of {', '.join(collapse)}"
            )
    return found


def degenerate(moments: Moments, loc: Tensor | None) -> dict[int, str]:
    """Find normals whose scatter has no full rank: their likelihood is unbounded."""
    if moments.factor.ndim == 1:
        apart = 0.0 if loc is None else moments.mean - loc
        square = moments.factor**2 + apart**2
        why = (
            "the scatter is zero (a single observation, or all equal), so the likelihood is "
            'unbounded; try more data, or fixed={"scale": ...}'
        )
        zero = {int(i): why for i in (square == 0).nonzero()[:, 0]}
        return _unresolved(moments, loc) | zero

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
    return _unresolved(moments, loc) | {
        int(i): _why_degenerate(variance[i], int(rank[i]), float(moments.n[i]), tolerance)
        for i in (rank < d).nonzero()[:, 0]
    }


def _unresolved(moments: Moments, loc: Tensor | None) -> dict[int, str]:
    """Find normals whose loc would have to be known better than float64 can hold it."""
    if loc is not None:
        return {}
    scalar = moments.factor.ndim == 1
    mean = moments.mean[:, None] if scalar else moments.mean
    spread = moments.factor[:, None] if scalar else moments.factor.square().sum(-1).sqrt()
    lost = spread <= RESOLVED * torch.finfo(mean.dtype).eps * mean.abs()
    return {
        int(i): (
            f"the standard deviation, {spread[i, j].item():.2g}, is rounding beside the mean, "
            f"{mean[i, j].item():.6g}, so no maximum fits into float64; try subtracting a constant"
        )
        for i, j in lost.nonzero().flip(0)
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
