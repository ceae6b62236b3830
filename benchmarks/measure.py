"""Time what several packages do with the same data, in turns."""

__all__ = ["SILENT", "Contender", "Estimate", "NotMeasuredError", "Row", "Task", "clock", "race"]

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch

SILENT = "says nothing"

Remark = Callable[[Mapping[str, float]], str]  # seconds by contender -> a sentence


class NotMeasuredError(Exception):
    """This machine lacks what the contender needs."""


@dataclass(frozen=True)
class Estimate:
    """What a run found.

    Attributes:
        params: The parameters, as the task's gap takes them.
        verdict: Whether the package said that it had converged.
        seconds: The time, where the run measured it itself (in a process of its own).
        note: What the run found out, beside the contender's note.
        details: Numbers that the run found out, for the page's figures.
    """

    params: tuple[Any, ...] = ()
    verdict: str = SILENT
    seconds: float | None = None
    note: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Contender:
    """One way to do a task.

    Attributes:
        who: The package and its function.
        run: Does the task, or the share of it.
        share: How much of the task one run does: 0.02 of ten thousand fits, 200 steps where the
            task is one. The time is divided by it.
        note: What a reader of the row must know.
    """

    who: str
    run: Callable[[], Estimate]
    share: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Task:
    """The same data for all contenders; the first one is the library's.

    Attributes:
        section: Of the table.
        name: What is done.
        size: To how many rows.
        contenders: Who does it.
        gap: Parameters -> nats a row from the optimum.
        remarks: What the measured times say of a contender; it joins the note.
        budget: Seconds on the wall after which a contender is not run again. If its first run takes
            longer, that run counts.
    """

    section: str
    name: str
    size: str
    contenders: Sequence[Contender]
    gap: Callable[..., float] | None = None
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    budget: float = 8.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    section: str
    task: str
    size: str
    who: str
    seconds: float | None
    median: float | None
    runs: int
    ratio: float | None
    gap: float | None
    verdict: str
    note: str
    key: str = ""  # the task's, by which it is run
    load: float = 0.0  # of the machine, before the task
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass
class _Clock:
    """The runs of one contender so far."""

    contender: Contender
    estimate: Estimate | None = None
    times: list[float] = field(default_factory=list)
    first: float = 0.0
    spent: float = 0.0
    failed: str = ""

    def run(self) -> None:
        start, seconds = perf_counter(), clock()
        before = seconds()
        try:
            found = self.contender.run()
        except NotMeasuredError as error:
            self.failed = f"not measured: {error}"
            return
        except Exception as error:
            self.failed = f"raised {type(error).__name__}"
            return
        time = seconds() - before if found.seconds is None else found.seconds
        self.spent += perf_counter() - start
        if self.estimate is None:  # the first run warms up, and is judged
            self.estimate, self.first = found, time
        else:
            self.times.append(time)

    def settle(self) -> None:
        """Keep the time of a first run that took too long for a second one."""
        if not self.times and not self.failed:
            self.times.append(self.first)


def clock() -> Callable[[], float]:
    """Return what to measure with: CPU time where one thread works, else the clock on the wall.

    The CPU time of one thread is what the wall clock would say if nothing else ran; that of several
    would count them all.
    """
    return process_time if torch.get_num_threads() == 1 else perf_counter


def race(task: Task, *, repeats: int = 30) -> list[Row]:
    """Run a task's contenders in turns, so that a busy moment hits all of them.

    Args:
        task: What to do, and who does it.
        repeats: Rounds after the first, which warms up and is not timed.

    Returns:
        A row for each contender: the fastest run, the median, and the ratio of the fastest to that
        of the first contender.
    """
    clocks = [_Clock(contender) for contender in task.contenders]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # verdicts are read from results
        for _ in range(repeats + 1):
            for clock in clocks:
                if not clock.failed and clock.spent < task.budget:
                    clock.run()

        for clock in clocks:
            clock.settle()
        first = min(clocks[0].times) / clocks[0].contender.share
        return _remarked(task, [_row(task, clock, first) for clock in clocks])


def _row(task: Task, clock: _Clock, first: float) -> Row:
    who = clock.contender
    if clock.failed or clock.estimate is None:
        missing = (None, None, 0, None, None)
        return Row(task.section, task.name, task.size, who.who, *missing, clock.failed, who.note)
    times = [time / who.share for time in clock.times]
    return Row(
        task.section,
        task.name,
        task.size,
        who.who,
        min(times),
        median(times),
        len(times),
        min(times) / first,
        _gap(task, clock.estimate),
        clock.estimate.verdict,
        "; ".join(note for note in (who.note, clock.estimate.note) if note),
        details=clock.estimate.details,
    )


def _remarked(task: Task, rows: Sequence[Row]) -> list[Row]:
    seconds = {row.who: row.seconds for row in rows if row.seconds is not None}
    found = []
    for row in rows:
        with suppress(KeyError):  # of a contender that was not measured there is nothing to say
            if row.who in task.remarks:
                notes = (row.note, task.remarks[row.who](seconds))
                row = replace(row, note="; ".join(note for note in notes if note))
        found.append(row)
    return found


def _gap(task: Task, estimate: Estimate) -> float | None:
    if task.gap is None or not estimate.params:
        return None
    gap = task.gap(*estimate.params)
    return gap if math.isfinite(gap) else math.inf
