"""Show a fit as a table, in text and in HTML."""

__all__ = ["html", "text"]

import html as escape
import warnings
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from mlefit._result import Fit

HEAD = ("parameter", "estimate", "std. error", "95 % interval")
ROWS = 12
MANY = 500  # learned numbers beyond which standard errors take longer than a glance may


def text(fit: "Fit") -> str:
    """Return the table that `repr` shows."""
    rows = [HEAD, *_rows(fit)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    lines = [
        "  "
        + "  ".join(
            cell.rjust(w) if k else cell.ljust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([_title(fit), *lines, *_foot(fit)])


def html(fit: "Fit") -> str:
    """Return the table that a notebook shows."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in HEAD)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td>{cell}</td>" for cell in row[1:])
        + "</tr>"
        for row in _rows(fit)
    )
    foot = "<br>".join(escape.escape(line) for line in _foot(fit))
    return (
        f"<table><caption>{escape.escape(_title(fit))}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{foot}</p>"
    )


def _title(fit: "Fit") -> str:
    name = getattr(fit.family, "__name__", repr(fit.family))
    if fit.n.numel() > 1:
        return f"{name}, a batch of {fit.n.numel()} fits of shape {tuple(fit.n.shape)}"
    return f"{name} fitted to {fit.n.item():.10g} observations"


def _foot(fit: "Fit") -> list[str]:
    if fit.n.numel() > 1:
        return [fit.message]
    return [
        f"log-likelihood {fit.log_likelihood.item():.3f} nats, "
        f"AIC {fit.aic.item():.2f}, BIC {fit.bic.item():.2f}",
        fit.message,
    ]


def _rows(fit: "Fit") -> list[tuple[str, ...]]:
    """Return one row for each number of each parameter: of the first fit, where there are many."""
    errors, intervals = _uncertainty(fit)
    rows: list[tuple[str, ...]] = []
    for name, value in fit.params.items():
        if name in fit.fixed:
            rows.append((name, _short(value), "fixed", ""))
            continue
        for index in _entries(value, fit.n.ndim):
            label = name + (f"[{', '.join(map(str, index))}]" if index else "")
            error = interval = ""
            if name in errors:
                low, high = (_number(bound[index]) for bound in intervals[name])
                error, interval = _number(errors[name][index]), f"[{low}, {high}]"
            rows.append((label, _number(value[index]), error, interval))
    hidden = len(rows) - ROWS
    return rows if hidden <= 0 else [*rows[:ROWS], (f"and {hidden} more", "", "", "")]


def _uncertainty(fit: "Fit") -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return standard errors and intervals by name, or nothing where there are none to show."""
    learned = sum(fit.params[name].numel() for name in fit.params if name not in fit.fixed)
    if learned > MANY * fit.n.numel():
        return {}, {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit.standard_errors(), fit.confidence_interval()
    except ValueError:  # a corner or a kink: the message says so
        return {}, {}


def _entries(value: Tensor, batch: int) -> list[tuple[int, ...]]:
    """Return the indices to show: of a matrix, those on and below the diagonal."""
    indices = list(product(*(range(size) for size in value.shape)))
    if value.ndim - batch == 2:
        return [index for index in indices if index[-1] <= index[-2]]
    return indices


def _short(value: object) -> str:
    if not isinstance(value, Tensor):
        return str(value)
    return _number(value) if value.numel() == 1 else f"shape {tuple(value.shape)}"


def _number(value: Tensor) -> str:
    return f"{value.item():.6g}"
