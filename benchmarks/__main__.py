"""Run the tasks, print each as it ends, and keep its rows in the report."""

import argparse
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from benchmarks.aims import outcomes
from benchmarks.measure import Row, race
from benchmarks.report import Report, machine, read, sections, write
from benchmarks.tasks import TASKS

ROOT = Path(__file__).parents[1]
DATA = ROOT / "docs/explain/how-fast/measurements.json"  # the page reads it, the site offers it
TABLE = ROOT / "benchmarks/RESULTS.md"


def main() -> None:
    """Measure all tasks, or those that are named, and put their rows into the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("task", nargs="*", help=f"some of: {', '.join(TASKS)}; by default all")
    parser.add_argument(
        "--toy", action="store_true", help="small data, and no report: does it run?"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="by default all cores")
    chosen = parser.parse_args()

    torch.set_num_threads(chosen.threads)
    threadpool_limits(chosen.threads)  # NumPy's, SciPy's and scikit-learn's
    for name in chosen.task or TASKS:
        load = round(os.getloadavg()[0], 1)
        found = race(TASKS[name](toy=chosen.toy), repeats=1 if chosen.toy else 30)
        rows = [replace(row, key=name, load=load) for row in found]
        print("\n".join(sections(rows)), flush=True)
        if not chosen.toy:
            keep(rows, threads=chosen.threads)


def keep(rows: Iterable[Row], *, threads: int) -> None:
    """Put the rows of a task into the report, in the place of older ones."""
    rows = list(rows)
    others = read(DATA).rows if DATA.exists() else []
    rows += [row for row in others if row.key != rows[0].key]
    order = list(TASKS)
    rows.sort(key=lambda row: order.index(row.key))
    described, packages = machine()
    report = Report(
        datetime.now(UTC).date().isoformat(),
        described | {"threads": str(threads), "time": "CPU" if threads == 1 else "wall clock"},
        packages,
        rows,
        outcomes(rows),
    )
    write(report, data=DATA, table=TABLE)


if __name__ == "__main__":
    main()
