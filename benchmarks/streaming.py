"""Add up the statistics of a stream in a process of its own, and watch its memory."""

__all__ = ["HELD", "blocks", "buffer", "estimate"]

import json
import resource
import sys
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.distributions import Normal

import mlefit
from benchmarks.measure import Estimate, clock

HELD = 10_000_000  # rows in memory, read again and again: more than any cache holds
BLOCK = 5_000_000  # 40 MB: what is done once a block costs a few percent


def buffer() -> Tensor:
    """Return the rows of which the stream is made."""
    torch.manual_seed(0)
    return 5 + 2 * torch.randn(HELD, dtype=torch.float64)


def blocks(x: Tensor, rows: int) -> Iterator[Tensor]:
    """Yield so many rows, a block at a time."""
    for _ in range(rows // len(x)):
        yield from x.split(BLOCK)


def estimate(stats: mlefit.SufficientStatistics) -> Estimate:
    """Return the normal that belongs to statistics."""
    fit = mlefit.closed_form(Normal, stats)
    return Estimate(tuple(fit.params.values()), "yes" if fit.converged else "no")


def _memory() -> float:
    """Return the most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _main(rows: int, threads: int) -> None:
    torch.set_num_threads(threads)
    now = clock()
    x = buffer()
    sum(mlefit.suffstats(Normal, block) for block in blocks(x, HELD))
    before, start = _memory(), now()
    loc, scale = estimate(
        sum(mlefit.suffstats(Normal, block) for block in blocks(x, rows))  # type: ignore[arg-type]
    ).params
    seconds = now() - start
    found = {"loc": float(loc), "scale": float(scale), "seconds": seconds}
    print(json.dumps({**found, "grown": _memory() - before}))


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:]))
