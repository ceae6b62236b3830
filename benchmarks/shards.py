"""Add up the statistics that several processes hold: run by torchrun, prints a fit as JSON."""

__all__ = ["COLUMNS", "rows"]

import json
import sys
from time import perf_counter

import torch
from torch import Tensor, distributed
from torch.distributions import MultivariateNormal

import mlefit
from benchmarks import ours

COLUMNS = 16
PARTS = 4  # of the data: each process holds one or more of them
REPEATS = 20


def rows(n: int, parts: range = range(PARTS)) -> Tensor:
    """Return some parts of the n rows, which are the same however many processes hold them."""
    found = []
    for seed in parts:
        torch.manual_seed(seed)
        found.append(torch.randn(n // PARTS, COLUMNS, dtype=torch.float64))
    return torch.cat(found)


def _main(n: int) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank, world = distributed.get_rank(), distributed.get_world_size()
    X = rows(n, range(rank, PARTS, world))

    times = []
    for _ in range(REPEATS):
        distributed.barrier()
        marks = [perf_counter()]
        stats = mlefit.suffstats(MultivariateNormal, X)
        distributed.barrier()  # so that waiting for the slowest is not taken for communication
        marks.append(perf_counter())
        total = stats.all_reduce()
        marks.append(perf_counter())
        fit = mlefit.closed_form(MultivariateNormal, total)
        times.append(_whole([*marks, perf_counter()], world))

    if rank == 0:
        seconds, reduce = min(times)  # the same in all processes
        found = ours.multivariate(fit)
        loc, covariance = (value.tolist() for value in found.params)
        print(json.dumps({"seconds": seconds, "reduce": reduce, "params": [loc, covariance]}))
    distributed.destroy_process_group()


def _whole(marks: list[float], world: int) -> tuple[float, float]:
    """Return the time from the first start to the last end, and that of `all_reduce` alone.

    The processes of one machine read one clock. On fewer cores than processes they start one after
    the other, so that the time of one alone would be too short.
    """
    mine = torch.tensor(marks, dtype=torch.float64)
    everyones = [torch.empty_like(mine) for _ in range(world)]
    distributed.all_gather(everyones, mine)
    start, added, reduced, end = torch.stack(everyones).unbind(1)
    return (end.max() - start.min()).item(), (reduced.max() - added.max()).item()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
