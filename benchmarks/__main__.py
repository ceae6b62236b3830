"""Run the tasks, print each as it ends, and write the report."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, race
from benchmarks.report import Report, machine, markdown, write
from benchmarks.tasks import TASKS

ROOT = Path(__file__).parents[1]
DATA = ROOT / "docs/explain/how-fast/measurements.json"  # the page reads it, the site offers it
TABLE = ROOT / "benchmarks/RESULTS.md"


def main() -> None:
    """Measure all tasks and write the report, or measure some and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("task", nargs="*", help=f"some of: {', '.join(TASKS)}; by default all")
    parser.add_argument("--toy", action="store_true", help="small data: does everything run?")
    chosen = parser.parse_args()

    described, packages = machine()
    report = Report(datetime.now(UTC).date().isoformat(), described, packages, [])
    print(markdown(report))
    rows: list[Row] = []
    for name in chosen.task or TASKS:
        found = race(TASKS[name](toy=chosen.toy), repeats=1 if chosen.toy else 30)
        rows += found
        print(markdown(replace(report, rows=found)).split("\n\n", 3)[-1], flush=True)

    if chosen.task or chosen.toy:
        print("Nothing was written: only a whole run at full size is.")
    else:
        write(replace(report, rows=rows), data=DATA, table=TABLE)
        print(f"Wrote {DATA.relative_to(ROOT)} and {TABLE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
