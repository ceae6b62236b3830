"""Add up the statistics that several processes hold: run by torchrun, prints seconds as JSON."""

__all__ = ["COLUMNS"]

import json
import sys
from time import perf_counter

import torch
from torch import distributed
from torch.distributions import MultivariateNormal

import mlefit

COLUMNS = 16
REPEATS = 5


def _main(rows: int) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank, world = distributed.get_rank(), distributed.get_world_size()
    torch.manual_seed(rank)
    X = torch.randn(rows // world, COLUMNS, dtype=torch.float64)

    times = []
    for _ in range(REPEATS):
        distributed.barrier()
        start = perf_counter()
        stats = mlefit.suffstats(MultivariateNormal, X)
        distributed.barrier()  # so that waiting for the slowest is not taken for communication
        between = perf_counter()
        mlefit.closed_form(MultivariateNormal, stats.all_reduce())
        end = perf_counter()
        times.append((end - start, end - between))

    if rank == 0:
        seconds, reduce = min(times)
        print(json.dumps({"seconds": seconds, "reduce": reduce}))
    distributed.destroy_process_group()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
