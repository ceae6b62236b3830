"""Sufficient statistics of a normal: n, mean and scatter, which add up."""

__all__ = ["SufficientStatistics", "suffstats"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal

from mlefit._inputs import as_data, as_weights, check_finite

BLOCK = 65_536  # numbers in a block: half a megabyte in float64, so that it stays in cache
FAR = 8.0  # a shift more standard deviations than this from the mean costs digits: pass again
NEAR = 2.0  # a mean no more standard deviations than this from zero needs no shift at all


@dataclass(frozen=True)
class SufficientStatistics:
    r"""All that a normal log-likelihood needs to know of its data: $n$, $\bar x$ and the scatter.

    Statistics add up: `a + b` are the statistics of both data sets together, `sum(...)` of many.
    Pass them to `fit` or `closed_form` in place of the data.

    Attributes:
        family: `Normal` or `MultivariateNormal`.
        n: Number of rows, or the sum of their weights; shape `(*batch)`.
        mean: $\bar x$; shape `(*batch)`, or `(*batch, d)` for a multivariate normal.
        scatter: $\sum_i (x_i - \bar x)^2$, or $\sum_i (x_i - \bar x)(x_i - \bar x)^\top$; shape
            `(*batch)` or `(*batch, d, d)`. The maximum likelihood variance is `scatter / n`.
        remainder: What float64 rounds off the mean: `mean + remainder` is good to twice as many
            digits, which keeps sums exact for data far from zero.
        dtype: The dtype of a fit's parameters (that of the data).

    Source:
        Chan, Golub & LeVeque (1983), Algorithms for computing the sample variance, The American
        Statistician 37(3), 242-247.
    """

    family: type[Distribution]
    n: Tensor
    mean: Tensor
    scatter: Tensor
    remainder: Tensor
    dtype: torch.dtype

    def __add__(self, other: object) -> Self:
        if not isinstance(other, SufficientStatistics):
            return NotImplemented
        if self.family is not other.family or self.mean.shape != other.mean.shape:
            raise ValueError(
                f"expected statistics of one family and shape; got {_describe(self)} and "
                f"{_describe(other)}; try suffstats(family, data) with the same family on each part"
            )
        n = self.n + other.n
        fraction = _expand(torch.where(n > 0, other.n / n, 0.0), self.mean)
        apart = (other.mean - self.mean) + (other.remainder - self.remainder)
        # an empty side says nothing of the mean, and would round the other's remainder away
        some = _expand(self.n > 0, self.mean)
        mean = torch.where(some, self.mean, other.mean)
        low = torch.where(some, self.remainder + fraction * apart, other.remainder)
        mean, remainder = _two_sum(mean, low)
        between = _outer(self.family, apart) * _expand(
            self.n * torch.where(n > 0, other.n / n, 0.0), self.scatter
        )
        return type(self)(
            self.family,
            n,
            mean,
            self.scatter + other.scatter + between,
            remainder,
            torch.promote_types(self.dtype, other.dtype),
        )

    def __radd__(self, other: object) -> Self:
        return self if other == 0 else NotImplemented  # sum() starts from 0

    def all_reduce(self, group: Any = None) -> Self:
        """Return the statistics of the data of all processes of a `torch.distributed` group.

        Every process gets the same statistics, to the last bit: parts are added in rank order.

        Args:
            group: A process group, by default the one that `init_process_group` made.

        Raises:
            RuntimeError: No process group was initialised, or a process was lost.
        """
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            raise RuntimeError(
                "expected an initialised process group; got none; "
                "try torch.distributed.init_process_group() first, under torchrun"
            )
        wide = self.mean.new_tensor([self.dtype == torch.float64])
        parts = [self.n, self.mean, self.scatter, self.remainder, wide]
        packed = torch.cat([part.reshape(-1) for part in parts])
        size = torch.distributed.get_world_size(group)
        gathered = [torch.empty_like(packed) for _ in range(size)]
        try:
            torch.distributed.all_gather(gathered, packed, group=group)
        except RuntimeError as error:
            raise RuntimeError(
                f"expected statistics from all {size} processes; got none from one that was lost "
                f"({error}); try the log of the process that failed first"
            ) from error

        total: Any = 0
        for one in gathered:
            pieces = one.split([part.numel() for part in parts])
            n, mean, scatter, remainder, wide = (
                piece.reshape(part.shape) for piece, part in zip(pieces, parts, strict=True)
            )
            dtype = torch.float64 if wide else torch.float32
            total = total + type(self)(self.family, n, mean, scatter, remainder, dtype)
        return total

    def flatten(self) -> Self:
        """Return the same statistics with one batch dimension."""
        event = self.mean.shape[self.n.ndim :]
        return type(self)(
            self.family,
            self.n.reshape(-1),
            self.mean.reshape(-1, *event),
            self.scatter.reshape(-1, *event, *event),
            self.remainder.reshape(-1, *event),
            self.dtype,
        )


def suffstats(
    family: type[Distribution], data: Any, *, weights: Any = None
) -> SufficientStatistics:
    r"""Compute the sufficient statistics of a normal from data, in float64 and in one pass.

    A second pass is made where the first rows are far from the rest.

    Args:
        family: `Normal`, for data of shape `(n, *batch)`, or `MultivariateNormal`, for data of
            shape `(n, *batch, d)`. A row may be missing altogether: `n` may be 0.
        data: A tensor, array, list or data frame.
        weights: Frequencies, `(n,)` or `(n, *batch)`; rows of weight zero do not count.

    Raises:
        TypeError: The family has no sufficient statistics here, or the data are not numbers.
        ValueError: The data or the weights have the wrong shape or are not finite.

    Source:
        Chan, Golub & LeVeque (1983), The American Statistician 37(3), 242-247.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit
        >>> whole = mlefit.suffstats(Normal, [1.0, 2.0, 3.0, 4.0])
        >>> whole.n.item(), whole.mean.item(), whole.scatter.item()
        (4.0, 2.5, 5.0)
        >>> parts = [1.0], [2.0, 3.0, 4.0]
        >>> sum(mlefit.suffstats(Normal, part) for part in parts).scatter.item()
        5.0
    """
    if family not in (Normal, MultivariateNormal):
        raise TypeError(
            f"expected Normal or MultivariateNormal; got {getattr(family, '__name__', family)}; "
            "try fit(family, data): other families have no statistics of fixed size here"
        )
    events = 0 if family is Normal else 1
    x, dtype = as_data(data, events, minimum=0)
    w = None if weights is None else as_weights(weights, x, events, positive=False)
    raw, x = x, _ignore(x, w, events)
    count = x.shape[0]
    batch = x.shape[1 : x.ndim - events]
    n = x.new_full(batch, count, dtype=torch.float64) if w is None else w.sum(0).expand(batch)

    shift = _first_mean(x, w)
    s1, s2 = _accumulate(family, x, w, shift)
    step = _over(s1, n)
    if _is_far(family, step, s2, n):
        shift = step if shift is None else shift + step
        s1, s2 = _accumulate(family, x, w, shift)
        step = _over(s1, n)

    mean, remainder = _two_sum(torch.zeros_like(step) if shift is None else shift, step)
    scatter = s2 - _outer(family, step) * _expand(n, s2)
    if not (torch.isfinite(mean).all() and torch.isfinite(scatter).all()):
        check_finite(raw, w, events)
        raise ValueError(
            "expected data whose squares fit into float64; got a value of "
            f"{x.abs().max().item():.3g}; try other units"
        )
    return SufficientStatistics(family, n.clone(), mean, scatter, remainder, dtype)


def _ignore(x: Tensor, w: Tensor | None, events: int) -> Tensor:
    """Replace rows of weight zero, which may hold anything, by zeros."""
    if w is None:
        return x
    counts = w.reshape((*w.shape, *[1] * (x.ndim - w.ndim))) > 0
    return torch.where(counts, x, x.new_zeros(()))


def _blocks(x: Tensor, w: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    rows = max(1, BLOCK // max(1, x[:1].numel()))
    for i in range(0, x.shape[0], rows):
        yield x[i : i + rows].double(), None if w is None else w[i : i + rows]


def _first_mean(x: Tensor, w: Tensor | None) -> Tensor | None:
    """Return the mean of the first block, a shift that is close enough for most data.

    Or None where that mean is so near to zero that a shift would spare no digits.
    """
    for block, weight in _blocks(x, w):
        if weight is None:
            mean, square = block.mean(0), block.square().mean(0)
        else:
            total = _expand(weight.sum(0), block[0])
            mean = torch.nan_to_num(_weighted_sum(block, weight) / total)
            square = torch.nan_to_num(_weighted_sum(block.square(), weight) / total)
        variance = square - mean.square()
        return None if (mean.square() <= NEAR**2 * variance).all() else mean
    return None


def _accumulate(
    family: type[Distribution], x: Tensor, w: Tensor | None, shift: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Sum the deviations from the shift and their squares (outer products), block by block."""
    s1 = x.new_zeros(x.shape[1:], dtype=torch.float64)
    s2 = torch.zeros_like(_outer(family, s1))
    room = None  # memory for the deviations, used again for each block
    for block, weight in _blocks(x, w):
        if shift is not None:
            room = torch.empty_like(block) if room is None else room[: len(block)]
            block = torch.sub(block, shift, out=room)
        weighted = block if weight is None else block * _like(weight, block)
        s1 += weighted.sum(0)
        s2 += _cross(family, weighted, block)
    return s1, s2


def _cross(family: type[Distribution], a: Tensor, b: Tensor) -> Tensor:
    if family is Normal:
        return torch.linalg.vecdot(a, b, dim=0)
    return a.movedim(0, -1) @ b.movedim(0, -2)


def _outer(family: type[Distribution], a: Tensor) -> Tensor:
    return a * a if family is Normal else a.unsqueeze(-1) * a.unsqueeze(-2)


def _weighted_sum(x: Tensor, w: Tensor) -> Tensor:
    return (x * _like(w, x)).sum(0)


def _like(w: Tensor, x: Tensor) -> Tensor:
    """Give weights `(n,)` or `(n, *batch)` the dimensions of the data."""
    return w.reshape((*w.shape, *[1] * (x.ndim - w.ndim)))


def _expand(n: Tensor, like: Tensor) -> Tensor:
    """Give a count `(*batch)` the dimensions of a statistic `(*batch, *event)`."""
    return n.reshape((*n.shape, *[1] * (like.ndim - n.ndim)))


def _over(total: Tensor, n: Tensor) -> Tensor:
    n = _expand(n, total)
    return torch.where(n > 0, total / n, 0.0)


def _is_far(family: type[Distribution], step: Tensor, s2: Tensor, n: Tensor) -> bool:
    """Tell whether the shift was so poor that the squares lost digits to it."""
    square = s2 if family is Normal else s2.diagonal(dim1=-2, dim2=-1)
    offset = step**2 * _expand(n, square)
    return bool((offset > FAR**2 * (square - offset)).any())


def _two_sum(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return a + b as float64 rounds it, and exactly what it rounds off (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _describe(stats: SufficientStatistics) -> str:
    return f"{stats.family.__name__} of shape {tuple(stats.mean.shape)}"
