"""Many rows: a step on statistics, a billion rows in a stream, several processes, a GPU."""

__all__ = ["gpu", "processes", "steps", "stream"]

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

import mlefit
from benchmarks import ours, shards, streaming
from benchmarks.measure import Contender, Estimate, NotMeasuredError, Task
from benchmarks.peers import scikit_learn
from benchmarks.reference import multivariate_gap, normal_gap

SECTION = "Many rows"
ADAM = partial(torch.optim.Adam, lr=0.01)
START = {"loc": 0.0, "scale": 1.0}
STREAM = "mlefit sum of suffstats"
MEMORY = "mlefit suffstats in memory"
CALLS = "mlefit, the calls and additions alone"


def steps(*, toy: bool) -> Task:
    """A step of Adam on statistics, and on the rows."""
    sizes = (1000, 2000, 3000) if toy else (10_000_000, 100_000, 1000)
    torch.manual_seed(0)
    x = 5 + 2 * torch.randn(max(sizes), dtype=torch.float64)
    on_statistics = [
        Contender(
            f"mlefit fit, statistics of {n:,} rows",
            partial(_steps, mlefit.suffstats(Normal, x[:n]), 50),
            share=50,
        )
        for n in sizes
    ]
    on_rows = [
        Contender(
            f"torch loop, {n:,} rows",
            partial(_loop, x[:n], count),
            share=count,
            note="the bare loop: no trace, no verdict",
        )
        for n, count in zip(sizes, (3, 20, 50), strict=True)
    ]
    return Task(SECTION, "One step of Adam", "1 step", on_statistics + on_rows)


def stream(*, toy: bool) -> Task:
    """A billion rows, ten million at a time, never together in memory."""
    rows = 40_000_000 if toy else 1_000_000_000
    held = streaming.HELD
    x = streaming.buffer()
    return Task(
        SECTION,
        "Normal, streamed",
        f"{rows:,} rows",
        [
            Contender(STREAM, partial(_streamed, "stream", rows)),
            Contender(
                MEMORY,
                partial(_streamed, "memory", rows),
                note=f"{held:,} rows, read until as many were read",
            ),
            Contender(
                CALLS,
                partial(_streamed, "calls", rows),
                note="no estimate: what the blocks cost whatever they hold",
            ),
            Contender(
                "sklearn StandardScaler.partial_fit",
                lambda: scikit_learn.scaler(block.numpy() for block in streaming.blocks(x, held)),
                share=held / rows,
                note=f"measured on {held:,} rows, and scaled",
            ),
        ],
        normal_gap(x),
        {STREAM: _speed_of_stream},
        budget=6.0 if toy else 60.0,
    )


def processes(*, toy: bool) -> Task:
    """Statistics of rows that several processes hold, merged by `all_reduce`."""
    rows = 20_000 if toy else 2_000_000
    X = shards.rows(rows)
    part = mlefit.suffstats(MultivariateNormal, X[:1000])
    numbers = sum(t.numel() for t in (part.n, part.mean, part.scatter, part.remainder)) + 1
    return Task(
        SECTION,
        "Multivariate normal, several processes",
        f"{rows:,} x {shards.COLUMNS}",
        [
            Contender(
                f"mlefit, {count} process{'es' if count > 1 else ''}",
                partial(_sharded, rows, count),
                note="one thread each, by the wall clock",
            )
            for count in (1, 2, 4)
        ]
        + [
            Contender(
                "mlefit, merging the parts of 1,000 machines",
                lambda: _merge([part] * 1000),
                note=f"on paper: each sends {8 * numbers:,} bytes and receives "
                f"{8 * numbers / 1000:.1f} MB, whatever the rows; then this many seconds of adding",
            )
        ],
        multivariate_gap(X),
        budget=6.0 if toy else 30.0,
    )


def gpu(*, toy: bool) -> Task:
    """The exact normal on a GPU, where there is one."""
    n = 10_000 if toy else 10_000_000
    torch.manual_seed(0)
    x = torch.randn(n, dtype=torch.float64)
    return Task(
        SECTION,
        "Normal, exact, on a GPU",
        f"{n:,} rows",
        [
            Contender("mlefit closed_form, CPU", lambda: ours.exact(Normal, x)),
            Contender("mlefit closed_form, GPU", lambda: _on_gpu(x)),
        ],
        normal_gap(x),
    )


def _steps(stats: mlefit.SufficientStatistics, count: int) -> Estimate:
    mlefit.fit(Normal, stats, init=START, optimizer=ADAM, max_steps=count, tol=0)
    return Estimate()


def _loop(x: Tensor, count: int) -> Estimate:
    u = torch.zeros(2, dtype=x.dtype, requires_grad=True)
    optimizer = ADAM([u])
    for _ in range(count):
        loss = -Normal(u[0], u[1].exp(), validate_args=False).log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Estimate()


def _streamed(way: str, rows: int) -> Estimate:
    threads = str(torch.get_num_threads())
    found = _run([sys.executable, "-m", "benchmarks.streaming", way, str(rows), threads])
    if way == "calls":
        return Estimate(seconds=found["seconds"])
    note = f"a process of its own, whose memory grew by {found['grown']:.0f} MB on the way"
    return Estimate((found["loc"], found["scale"]), "yes", found["seconds"], note)


def _speed_of_stream(seconds: Mapping[str, float]) -> str:
    speed, share = seconds[MEMORY] / seconds[STREAM], seconds[CALLS] / seconds[STREAM]
    return f"{speed:.0%} of the speed in memory; calls and additions take {share:.0%} of the time"


def _sharded(rows: int, count: int) -> Estimate:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    found = _run([*launch, f"--nproc-per-node={count}", "-m", "benchmarks.shards", str(rows)])
    note = f"of which all_reduce {1000 * found['reduce']:.1f} ms"
    details = {"processes": count, "all_reduce": found["reduce"]}
    return Estimate(tuple(found["params"]), "yes", found["seconds"], note, details)


def _merge(parts: list[mlefit.SufficientStatistics]) -> Estimate:
    sum(parts)
    return Estimate()


def _on_gpu(x: Tensor) -> Estimate:
    if not torch.cuda.is_available():
        raise NotMeasuredError("no GPU here")
    there = x.cuda()
    torch.cuda.synchronize()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    found = ours.exact(Normal, there)
    end.record()
    torch.cuda.synchronize()
    params = tuple(value.cpu() for value in found.params)
    return Estimate(params, found.verdict, start.elapsed_time(end) / 1000)


def _run(command: list[str]) -> dict[str, Any]:
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
