"""Read rows in a process of its own, from memory or as a stream, and watch time and memory."""

__all__ = ["BLOCK", "HELD", "WAYS", "blocks", "buffer", "calls", "estimate"]

import json
import resource
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.distributions import Normal

import mlefit
from benchmarks.measure import Estimate, clock

HELD = 20_000_000  # rows in memory, read again and again: more than any cache holds
BLOCK = 10_000_000  # 80 MB: what is done once a block costs a few percent


def buffer() -> Tensor:
    """Return the rows of which the stream is made."""
    torch.manual_seed(0)
    return 5 + 2 * torch.randn(HELD, dtype=torch.float64)


def blocks(x: Tensor, rows: int) -> Iterator[Tensor]:
    """Yield so many rows, a block at a time."""
    for _ in range(rows // len(x)):
        yield from x.split(BLOCK)


def stream(x: Tensor, rows: int) -> mlefit.SufficientStatistics:
    """Add up the statistics of so many rows, block by block."""
    return _sum(blocks(x, rows))


def memory(x: Tensor, rows: int) -> mlefit.SufficientStatistics:
    """Take the statistics of what is in memory, until so many rows have been read."""
    for _ in range(rows // len(x)):
        stats = mlefit.suffstats(Normal, x)
    return stats


def calls(x: Tensor, rows: int) -> mlefit.SufficientStatistics:
    """Call and add as often as the stream of so many rows does, for one row each time."""
    return _sum(x[k : k + 1] for k in range(rows // BLOCK))


def estimate(stats: mlefit.SufficientStatistics) -> Estimate:
    """Return the normal that belongs to statistics."""
    fit = mlefit.closed_form(Normal, stats)
    return Estimate(tuple(fit.params.values()), "yes" if fit.converged else "no")


WAYS: dict[str, Callable[[Tensor, int], mlefit.SufficientStatistics]] = {
    "stream": stream,
    "memory": memory,
    "calls": calls,
}


def _sum(parts: Iterator[Tensor]) -> mlefit.SufficientStatistics:
    return sum(mlefit.suffstats(Normal, part) for part in parts)  # type: ignore[return-value]


def _grown(since: float = 0.0) -> float:
    """Return the most memory that this process has held, in MB, beyond an earlier figure."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - since


def _main(way: str, rows: int, threads: int) -> None:
    torch.set_num_threads(threads)
    now, x = clock(), buffer()
    WAYS[way](x, HELD)  # warms up
    held, start = _grown(), now()
    loc, scale = estimate(WAYS[way](x, rows)).params
    seconds = now() - start
    found = {"loc": float(loc), "scale": float(scale), "seconds": seconds}
    print(json.dumps({**found, "grown": _grown(since=held)}))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
