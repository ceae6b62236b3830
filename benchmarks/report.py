"""Write the measurements: JSON for machines and the site, Markdown for readers."""

__all__ = ["Report", "duration", "machine", "markdown", "read", "sections", "wins", "write"]

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path

from benchmarks.aims import Outcome
from benchmarks.measure import Row

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "pyro-ppl",
    "pytorch-minimize",
    "mlefit",
)
HEADER = ("who", "time", "ratio", "nats a row from the optimum", "converged?", "note")


@dataclass(frozen=True)
class Report:
    """All rows of one run, its day, what it ran on, and what it says of the aims."""

    date: str
    machine: Mapping[str, str]
    packages: Mapping[str, str]
    rows: Sequence[Row]
    aims: Sequence[Outcome] = ()


def machine() -> tuple[dict[str, str], dict[str, str]]:
    """Describe this machine, without its name, and the packages."""
    described = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    return described, {name: _version(name) for name in PACKAGES}


def write(report: Report, *, data: Path, table: Path) -> None:
    """Write a report as JSON and as Markdown."""
    found = asdict(report)
    for row in found["rows"]:
        if row["gap"] == math.inf:
            row["gap"] = "inf"  # JSON has no infinity
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(text + "\n", "utf-8")
    table.write_text(markdown(report), "utf-8")


def read(data: Path) -> Report:
    """Read what `write` wrote as JSON."""
    found = json.loads(data.read_text("utf-8"))
    rows = [Row(**{**row, "gap": _float(row["gap"])}) for row in found.pop("rows")]
    aims = [Outcome(**aim) for aim in found.pop("aims")]
    return Report(**found, rows=rows, aims=aims)


def markdown(report: Report) -> str:
    """Return a report as one Markdown page, a table for each task."""
    head = ["# Measured beside its peers", "", _provenance(report), ""]
    return "\n".join([*head, *_aims(report.aims), *sections(report.rows)])


def sections(rows: Iterable[Row]) -> list[str]:
    """Return the lines of a table for each task."""
    lines = []
    for (task, size), group in groupby(rows, key=lambda row: (row.task, row.size)):
        lines += [f"## {task}: {size}", "", _line(HEADER), _line(["---"] * len(HEADER))]
        lines += [_line(_cells(row)) for row in group] + [""]
    return lines


def wins(rows: Sequence[Row]) -> list[Row]:
    """Return the rows in which another package is faster than the library's own."""
    return [row for row in rows if (row.ratio or 1) < 1 and not row.who.startswith("mlefit")]


def duration(seconds: float | None) -> str:
    """Write a time with two or three digits in the unit that suits it."""
    if seconds is None:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{_short(seconds / size)} {unit}"
    raise AssertionError("unreachable")


def _aims(aims: Iterable[Outcome]) -> list[str]:
    head = ("aim", "asked", "found", "reached?")
    lines = ["## Aims", "", _line(head), _line(["---"] * len(head))]
    for aim in aims:
        lines.append(_line([aim.text, aim.asked, aim.found, "yes" if aim.reached else "no"]))
    return [*lines, "", *(f"{aim.text}: {aim.why}.\n" for aim in aims if not aim.reached)]


def _cells(row: Row) -> list[str]:
    ratio = "" if row.ratio is None else _short(row.ratio)
    gap = "" if row.gap is None else _nats(row.gap)
    return [row.who, duration(row.seconds), ratio, gap, row.verdict, row.note]


def _float(written: float | str | None) -> float | None:
    return None if written is None else float(written)


def _nats(gap: float) -> str:
    """Write a distance; below 1e-15 it is the rounding of the reference."""
    if gap == math.inf:
        return "no density"
    return "0" if abs(gap) < 1e-15 else f"{gap:.1e}" if gap < 0.01 else f"{gap:.3g}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _provenance(report: Report) -> str:
    machine = "; ".join(f"{key}: {value}" for key, value in report.machine.items())
    packages = ", ".join(f"{key} {value}" for key, value in report.packages.items())
    loads = [row.load for row in report.rows]
    return (
        f"Measured on {report.date}. {machine}; load of the machine before each task: "
        f"{min(loads)} to {max(loads)}.\n\n{packages}."
    )


def _processor() -> str:
    """Return the processor's model, which Linux keeps in a file."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
