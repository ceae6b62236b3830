"""What the library is to reach beside its peers, and what the measurements say of it."""

__all__ = ["AIMS", "Aim", "Outcome", "outcomes"]

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.measure import Row

Find = Callable[[str, str], Row]  # a task's key, who


@dataclass(frozen=True)
class Aim:
    """A bar for one number.

    Attributes:
        text: What the number is.
        key: The task.
        who: The library's row, whose note says why if the bar is missed.
        bar: The number that is asked for.
        most: Whether the number may be at most that, rather than at least.
        unit: Of the number.
        number: The measured one, from the library's row and from any other.
    """

    text: str
    key: str
    who: str
    bar: float
    most: bool
    unit: str
    number: Callable[[Row, Find], float]


@dataclass(frozen=True)
class Outcome:
    """What became of an aim."""

    text: str
    asked: str
    found: str
    reached: bool
    why: str  # the note of the row


def _faster(text: str, key: str, who: str, peer: str, bar: float) -> Aim:
    """Aim at being so many times as fast as a peer."""
    return Aim(text, key, who, bar, False, TIMES, lambda row, find: _ratio(find(key, peer), row))


def _within(text: str, key: str, who: str, other: str, bar: float) -> Aim:
    """Aim at taking at most so many times as long as something else."""
    return Aim(text, key, who, bar, True, TIMES, lambda row, find: _ratio(row, find(key, other)))


def _time(text: str, key: str, who: str, bar: float) -> Aim:
    """Aim at a time, in milliseconds."""
    return Aim(text, key, who, bar, True, " ms", lambda row, _: 1000 * _seconds(row))


def _near(text: str, key: str, who: str, bar: float) -> Aim:
    """Aim at a distance from the optimum."""
    return Aim(text, key, who, bar, True, " nats a row", lambda row, _: _gap(row))


def _nearer(text: str, key: str, who: str, peer: str) -> Aim:
    """Aim at being no further from the optimum than a peer."""

    def number(row: Row, find: Find) -> float:
        return _gap(row) - _gap(find(key, peer))

    return Aim(text, key, who, 0, True, " nats a row", number)


def _ratio(row: Row, other: Row) -> float:
    return _seconds(row) / _seconds(other)


def _seconds(row: Row) -> float:
    if row.seconds is None:
        raise KeyError(row.who)  # not measured
    return row.seconds


def _gap(row: Row) -> float:
    if row.gap is None:
        raise KeyError(row.who)
    return max(row.gap, 0.0)


FIT, EXACT, LOOP, TIMES = "mlefit fit", "mlefit closed_form", "post's loop", " times"
T_LOOP = "scipy t.fit in a loop"
STREAM, MEMORY = "mlefit sum of suffstats", "mlefit suffstats in memory"
STEP = "mlefit fit, statistics of {} rows"

AIMS = (
    _faster("A normal, as fast as SciPy", "exact-normal", EXACT, "scipy norm.fit", 3.5),
    _within("A normal, beside one sum()", "exact-normal", EXACT, "one numpy sum()", 2.5),
    _faster(
        "16 columns, as fast as SciPy",
        "exact-multivariate",
        EXACT,
        "scipy multivariate_normal.fit",
        2,
    ),
    _faster("16 columns, as fast as torch", "exact-multivariate", EXACT, "torch mean, cov", 4),
    _near("Float32 near 10,000, off the optimum", "far-from-zero", EXACT, 1e-6),
    _faster("The post's normal, as fast as its loop", "post-univariate", FIT, LOOP, 1000),
    _nearer("The post's normal, further off than its loop", "post-univariate", FIT, LOOP),
    _faster("The post's two columns, as fast as its loop", "post-multivariate", FIT, LOOP, 1000),
    _nearer("The post's two columns, further off than its loop", "post-multivariate", FIT, LOOP),
    _near("Penguins in raw units, off the optimum", "penguins", FIT, 1e-9),
    _time("20 columns, condition 1e8", "twenty-columns", FIT, 2000),
    _near("20 columns, condition 1e8, off the optimum", "twenty-columns", FIT, 1e-9),
    _faster("10,000 Student t fits, as fast as SciPy", "many-students", FIT, T_LOOP, 50),
    _time("100,000 normals", "many-normals", FIT, 500),
    _within(
        "A step on 10,000,000 rows, beside 1,000",
        "steps",
        STEP.format("10,000,000"),
        STEP.format("1,000"),
        1.1,
    ),
    _faster("A billion rows in a stream, as fast as in memory", "stream", STREAM, MEMORY, 0.9),
    _time("Import, beyond torch", "import", "mlefit", 50),
    _time("First fit in a process", "first-fit", FIT, 30),
    _time("First fit by search in a process", "first-fit", "mlefit fit, Gamma", 30),
)


def outcomes(rows: Iterable[Row]) -> list[Outcome]:
    """Hold each aim against the rows; one whose rows are not there yet is left out."""
    table = {(row.key, row.who): row for row in rows}
    found = []
    for aim in AIMS:
        with suppress(KeyError):
            found.append(_outcome(aim, table[aim.key, aim.who], lambda *at: table[at]))
    return found


def _outcome(aim: Aim, row: Row, find: Find) -> Outcome:
    number = aim.number(row, find)
    reached = number <= aim.bar if aim.most else number >= aim.bar
    word = "at most" if aim.most else "at least"
    return Outcome(
        aim.text,
        f"{word} {_write(aim.bar, aim.bar)}{aim.unit}",
        f"{_write(number, aim.bar)}{aim.unit}",
        reached,
        "" if reached else row.note,
    )


def _write(number: float, bar: float) -> str:
    """Write three digits, or as many as tell a number from the bar that it just misses."""
    for digits in range(3, 17):
        text = f"{number:,.0f}" if number >= 10**digits else f"{number:.{digits}g}"
        if number == bar or float(text.replace(",", "")) != bar:
            break
    return text
