# %% [markdown]
# # How fast, how exact?
#
# What does `mlefit` cost beside the packages that you might pick instead, and how close does each
# come to the optimum? Every dot is a package that did the same task with the same data, or, where
# the table says so, a part of it:

# %% tags=["hide"]
import json
from html import escape
from itertools import groupby
from pathlib import Path
from re import sub

from IPython.display import HTML

measured = json.loads(Path("measurements.json").read_text(encoding="utf-8"))
rows = measured["rows"]
for row in rows:
    row["gap"] = None if row["gap"] is None else float(row["gap"])
ARRIVED = 1e-6  # nats a row


def short(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def duration(seconds):
    units = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"))
    size, unit = next((u for u in units if seconds >= u[0]), units[-1])
    return f"{short(seconds / size)}\u00a0{unit}"


def nats(gap):
    if gap is None or abs(gap) < 1e-15:
        return "" if gap is None else "0"
    if gap == float("inf"):
        return "no density"
    return f"{gap:.1e}" if gap < 0.01 else short(gap)


def unbroken(text):
    """Keep the exponent of a number on its line."""
    return sub(r"\S+e-\d+", r'<span style="white-space:nowrap">\g<0></span>', escape(text))


def line(row):
    time = "" if row["seconds"] is None else duration(row["seconds"])
    ratio = "" if row["ratio"] is None else short(row["ratio"])
    texts = (row["who"], time, ratio, nats(row["gap"]), row["verdict"])
    return "".join(f"<td>{unbroken(text)}</td>" for text in texts)


def notes(group):
    said = {}
    for row in group:
        said.setdefault(row["note"], []).append(row["who"])
    return " ".join(f"{' / '.join(who)}: {note}." for note, who in said.items() if note)


def tables(section):
    heads = ("time", "ratio", "nats off, a row", "converged?")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    parts = []
    found = (row for row in rows if row["section"] == section)
    for task, group in groupby(found, key=lambda row: f"{row['task']}: {row['size']}"):
        group = list(group)
        title = f'<th scope="col">{escape(task)}</th>'
        lines = "".join(f"<tr>{line(row)}</tr>" for row in group)
        parts.append(
            f"<table><thead><tr>{title}{head}</tr></thead><tbody>{lines}</tbody></table>"
            f"<p>{escape(notes(group))}</p>"
        )
    return HTML("\n".join(parts))


# %% tags=["hide"] alt="One line a task, and on a logarithmic axis the time that each package took, in multiples of the library's. Packages with an exact formula are green, searches that reached the optimum blue, and crosses mark those that ended elsewhere. Where the library searches and another package has the formula, the formula lies far to the left; loops over single fits and fixed numbers of small steps lie far to the right."
import matplotlib.pyplot as plt

compared = [
    row
    for row in rows
    if row["ratio"] and row["gap"] is not None and not row["who"].startswith("mlefit")
]
tasks = [(task, list(group)) for task, group in groupby(compared, key=lambda row: row["task"])]


def look(row):
    if row["gap"] > ARRIVED:
        return "C4", "x"
    return ("C2", "o") if row["verdict"] == "formula" else ("C0", "o")


fig, ax = plt.subplots(figsize=(7.2, 0.3 * len(tasks) + 1.2))
for y, (_, group) in enumerate(tasks):
    ax.axhline(y, color="#d9dce1", linewidth=0.8, zorder=0)
    for row in group:
        color, marker = look(row)
        ax.plot(row["ratio"], y, marker, color=color, markersize=6)
    last = max(group, key=lambda row: row["ratio"])
    place = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
    paper = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.5}
    ax.annotate(last["who"], (max(1.5, last["ratio"]), y), bbox=paper, **place)
ax.axvline(1, color="C1", zorder=1)
low, high = min(row["ratio"] for row in compared), max(row["ratio"] for row in compared)
ax.text(1.3, -0.9, "mlefit", color="C1")
ax.text(low, -0.9, "formula", color="C2")
ax.text(0.7, -0.9, "search", color="C0", ha="right")
ax.text(30, -0.9, "× ended elsewhere", color="C4")
ax.set(xscale="log", ylim=(len(tasks) - 0.4, -1.4), xlim=(low / 2, high * 3000))
ax.set(xlabel="time, in multiples of mlefit's")
ax.set_yticks(range(len(tasks)), [task for task, _ in tasks])
ax.tick_params(axis="y", length=0)
ax.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# Dots right of the line took longer than `mlefit`. Green ones are formulas, blue ones searches that
# arrived; a grey cross ended more than $10^{-6}$ nats a row below the maximum, and being fast did
# not help. A formula beats any search, this one too: if your family has one, use it, as
# [`closed_form`](../reference/api.md) does. SVI is [stochastic variational
# inference](../reference/glossary.md#svi), here with Adam and nothing random but the rows; EM,
# below, is [expectation maximization](../reference/glossary.md#em).

# %% tags=["hide"]
described = "; ".join(f"{key}: {value}" for key, value in measured["machine"].items())
packages = ", ".join(f"{key} {value}" for key, value in measured["packages"].items())
loads = [row["load"] for row in rows]
HTML(
    f"<p>Measured on {escape(measured['date'])}. {escape(described)}; "
    f"load of the machine before each task: {min(loads)} to {max(loads)}.</p>"
    f"<p>{escape(packages)}.</p>"
)

# %% [markdown]
# All packages take turns on the same data in one run, and the fastest of their runs counts. The
# slowest have time for one run alone. "Ratio" is the time in multiples of the first row's. Beside
# it stands the distance from the best mean log-likelihood, computed in extended precision, not by
# `mlefit`; "no density" is an end where there is none, as at a scale of 0. "Converged?" is what the
# package itself said; a formula need not say anything. A row in which a peer is faster stays, and
# its note says what the peer does otherwise. The numbers are a [file](how-fast/measurements.json),
# which `make bench` writes again.
#
# ## Aims
#
# These bars are held against the measurements, and what misses one says why below:

# %% tags=["hide"]
aims = measured["aims"]
cells = [
    "".join(f"<td>{unbroken(aim[key])}</td>" for key in ("text", "asked", "found"))
    + f"<td>{'yes' if aim['reached'] else 'no'}</td>"
    for aim in aims
]
missed = [f"<p>{escape(aim['text'])}: {escape(aim['why'])}.</p>" for aim in aims if aim["why"]]
heads = "".join(f'<th scope="col">{text}</th>' for text in ("aim", "asked", "found", "reached?"))
lines = "".join(f"<tr>{cell}</tr>" for cell in cells)
HTML(f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>{''.join(missed)}")

# %% [markdown]
# ## Exact estimates

# %% tags=["hide"]
tables("Exact")

# %% [markdown]
# ## Normals, by search
#
# A search needs no formula, so it stays the same when the model changes. Each package begins where a
# [blog post](post-2022.py) began, unless the table says otherwise. With 20 and 50 columns, `mlefit`
# chooses its own start, which has the mean and the variance of each column, but no covariance. The
# post's loops run for as many steps as they did there.

# %% tags=["hide"]
tables("By search")

# %% [markdown]
# ## Other families
#
# Here most packages must search. SciPy's own `fit` has equations of its own for some families; for
# others it takes the simplex of Nelder and Mead (1965), a search that compares values and needs no
# derivatives. It gives no verdict.

# %% tags=["hide"]
tables("Other families")

# %% [markdown]
# ## Many fits at once
#
# [A batch](../howto/many-fits.py) is one call: every evaluation serves all fits, and a fit that has
# converged is dropped from the work.

# %% tags=["hide"]
tables("Many fits")

# %% [markdown]
# ## Many rows, many machines
#
# A normal's likelihood needs the [statistics](../howto/distributed.py) alone. A step on them costs
# the same for any number of rows; they stream in constant memory, and add up over processes.

# %% tags=["hide"]
tables("Many rows")

# %% [markdown]
# What `all_reduce` costs does not depend on the rows. The rest is shared out, as far as there are
# cores:

# %% tags=["hide"] alt="Milliseconds against the number of processes. The time of the whole falls from one process to two, close to a dashed line that shares the work out over the cores. The time of all_reduce alone stays below half of it, and grows with the processes."
shared = [row for row in rows if "processes" in row["details"]]
counts = [int(row["details"]["processes"]) for row in shared]
whole = [1000 * row["seconds"] for row in shared]
merging = [1000 * row["details"]["all_reduce"] for row in shared]
cores = int(measured["machine"]["cores"])
ideal = [whole[0] / min(count, cores) for count in counts]
assert whole[1] < 0.8 * whole[0], "the figure's description says that two are faster than one"
assert merging[0] < merging[-1] < whole[-1] / 2, "and that all_reduce is less than half, and grows"

fig, ax = plt.subplots(figsize=(3.7, 2.8))
place = range(len(counts))
ax.plot(place, ideal, "--", color="C4")
ax.plot(place, whole, "o-", color="C0")
ax.plot(place, merging, "o-", color="C3")
for x, time in zip(place, whole, strict=True):
    ax.annotate(f"{time:.0f}", (x, time), (0, 6), textcoords="offset points", color="C0")
ax.text(0.15, whole[0], "the whole", color="C0", va="center")
between = (min(ideal[-1], whole[-1]) + merging[-1]) / 2
ax.text(2, between, f"shared out over {cores} cores", color="C4", ha="right", va="center")
ax.text(0.5, merging[1] + 0.05 * whole[0], "all_reduce alone", color="C3", ha="center")
ax.set(ylim=(0, 1.15 * whole[0]), xlabel="processes", ylabel="milliseconds")
ax.set_xticks(place, counts)
plt.show()

# %% [markdown]
# For a thousand machines there is paper. Each sends its count, its mean, what rounding took off the
# mean, and its scatter, with a flag for the dtype. Let a message take 50 µs to arrive and the network
# carry 10 gigabits a second. `all_reduce` hands the parts round in a ring, or first in groups of 32,
# then between the groups:

# %%
import torch
from torch.distributions import MultivariateNormal

import mlefit


def sent(d):
    return 8 * (1 + d + d + d**2 + 1)  # bytes, in float64


def ring(machines, size, latency=50e-6, bandwidth=10e9 / 8):
    return (machines - 1) * (latency + size / bandwidth)  # seconds


part = mlefit.suffstats(MultivariateNormal, torch.randn(100, 16))
parts = (part.n, part.mean, part.remainder, part.scatter)
numbers = sum(t.numel() for t in parts)
assert sent(16) == 8 * (numbers + 1)

print("   d    sent, B   got, MB  ring, s  by 32")
for d in (1, 16, 100, 1000):
    size = sent(d)
    row = f"{d:4}  {size:9,}  {999 * size / 1e6:8,.2f}"
    print(f"{row}  {ring(1000, size):7.3f}  {2 * ring(32, size):5.3f}")
assert 8 * 16 * 1e9 == 128e9  # bytes of a billion rows of 16 columns

# %% [markdown]
# A billion rows of 16 columns are 128 GB; each machine sends 2,320 bytes instead. With few columns
# the wait is for messages, not for bytes. With a thousand columns one ring would bring 8 GB to
# each machine: give `all_reduce` a `group`, twice. Parts [add up](../howto/distributed.py) by
# the formula of Chan et al. (1983), in any order the same but for rounding.
#
# ## Starting up

# %% tags=["hide"]
tables("Starting up")

# %% [markdown]
# ## How exact
#
# NIST publishes data sets whose standard deviation (divisor $n - 1$) is certified. Four of them follow
# a rule, so they can be constructed: small steps, at one, a million and ten million from zero. Count
# the correct digits, up to twelve:

# %%
import math
import statistics

import numpy as np
from torch.distributions import Normal


def alternating(whole, low, middle, high):
    """The middle once, then low and high in turns."""
    return [whole + middle] + 500 * [whole + low, whole + high]


certified = {
    "NumAcc1": ([10_000_001.0, 10_000_003.0, 10_000_002.0], 1.0),
    "NumAcc2": (alternating(1, 0.1, 0.2, 0.3), 0.1),
    "NumAcc3": (alternating(1_000_000, 0.1, 0.2, 0.3), 0.1),
    "NumAcc4": (alternating(10_000_000, 0.1, 0.2, 0.3), 0.1),
}


def one_pass(x):
    total = square = 0.0
    for value in x:  # sum() compensates for rounding, since Python 3.12
        total += value
        square += value * value
    return math.sqrt(max(0, (square - total**2 / len(x)) / (len(x) - 1)))


def library(x):
    stats = mlefit.suffstats(Normal, x)
    return math.sqrt(stats.scatter / (stats.n - 1))


def digits(value, truth):
    error = abs(value - truth) / truth
    return max(0.0, min(12.0, -math.log10(error))) if error else 12.0


formulas = {
    "one pass": one_pass,
    "numpy": lambda x: np.std(x, ddof=1),
    "torch": lambda x: torch.tensor(x, dtype=torch.float64).std(),
    "mlefit": library,
    "exact": statistics.stdev,  # Python's fractions, rounded at the end
}
print(f"{'':10}" + "".join(f"{name:>9}" for name in certified))
for who, formula in formulas.items():
    found = [digits(float(formula(x)), sd) for x, sd in certified.values()]
    print(f"{who:10}" + "".join(f"{value:9.1f}" for value in found))

# %% [markdown]
# The last line is exact arithmetic on the numbers as they are stored, so nothing can be better: 0.1
# beside ten million is rounded [before any formula sees it](floating-point.py). The one-pass formula
# loses what is left, the sooner the further it is from zero. The others are as good as the data,
# here. Zeros and ones, moved by $10^{15}$, are stored exactly, and tell them apart:

# %%
import fractions

far = [1e15 + k % 2 for k in range(1000)]  # zeros and ones, moved
exact = fractions.Fraction(1, 4)
x = torch.tensor(far, dtype=torch.float64)

stats = mlefit.suffstats(Normal, x)
assert fractions.Fraction((stats.scatter / stats.n).item()) == exact
for who, variance in (
    ("mlefit", stats.scatter / stats.n),
    ("torch", x.var(correction=0)),
    ("numpy", np.var(far)),
    ("one pass", (x**2).mean() - x.mean() ** 2),
):
    right = abs(float(variance) / 0.25 - 1) < 1e-12
    print(f"{who:8}  right to 12 digits: {bool(right)}")

# %% [markdown]
# ## What a step costs, counted
#
# Seconds differ from machine to machine; evaluations do not. From the post's start, and for a
# thousand rows as for a million:

# %%
torch.manual_seed(0)
start = {"loc": -10.0, "scale": 2.127}
for n in (1000, 1_000_000):
    x = torch.randn(n, dtype=torch.float64)
    fit = mlefit.fit(Normal, x, init=start)
    assert fit.converged
    few = fit.trace.evaluations < 20
    print(f"{n} rows: fewer than 20 evaluations of 3 numbers: {few}")

# %% [markdown]
# The post's loop, rebuilt on a thousand of these rows, sees all of them at every step. Its code says
# `range(5100)`, since it had no rule to stop. When was it near enough?

# %%
from torch.nn.functional import softplus

some = x[:1000]
best = Normal(some.mean(), some.std(correction=0))
least = -best.log_prob(some).mean()

u = torch.tensor([-10.0, 2.0], dtype=some.dtype, requires_grad=True)
optimizer = torch.optim.Adam([u], lr=0.01)
losses = []
for _ in range(5100):
    optimizer.zero_grad()
    loss = -Normal(u[0], softplus(u[1])).log_prob(some).mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.detach())

near = next(k for k, loss in enumerate(losses) if loss - least < 1e-6)
print(f"the post's loop: {len(losses)} evaluations of {len(some)} rows;")
print(f"within a millionth of a nat a row after about {round(near, -2)}")

# %% [markdown]
# Try it on your machine. The rows are read once, so a fit that is given the statistics must be far
# faster than one that is given a density it cannot look into:

# %%
from time import perf_counter


def seconds(run, repeats=3):
    times = []
    for _ in range(repeats):
        before = perf_counter()
        run()
        times.append(perf_counter() - before)
    return min(times)  # the fastest: what other programs did is not its fault


x = torch.randn(200_000, dtype=torch.float64)
stats = mlefit.suffstats(Normal, x)


def opaque(loc, scale):
    return Normal(loc, scale)


by_rows = seconds(lambda: mlefit.fit(opaque, x, init=start))
by_statistics = seconds(lambda: mlefit.fit(Normal, stats, init=start))
print(f"statistics are faster: {by_statistics < by_rows}")

# %% tags=["pitfall"]
X = np.full((100_000, 2), 1e4, dtype=np.float32)
X[::2] += 1
print(f"NumPy's mean of a column: {X.mean(0)[0]:.0f}, exact: {1e4 + 0.5}")
kept = mlefit.suffstats(Normal, torch.from_numpy(X)).mean[0]
print(f"suffstats: {kept:.1f}")

# %% [markdown] tags=["pitfall"]
# **Fast and wrong.** NumPy adds float32 columns one after the other in float32. Formulas on top of it
# inherit the error and say nothing; they are the crosses among the exact fits.
#
# **A busy machine.** With as many threads as cores, every block of work waits for its slowest thread.
# Beside another program that wants the cores too, that costs many times what the work does; then
# `torch.set_num_threads(1)` is faster. For small data it costs nothing: torch does not share out so
# little work.
#
# **Another question.** A search beside a formula, a first call beside a warm one, a fit without
# standard errors beside one with a verdict: before you compare times, compare what you get.

# %% [markdown]
# ## Exercises
#
# **1.** Zeros and ones beside $10^{15}$, as above: what does `np.std` say, and what is the cure with
# NumPy alone?

# %% [markdown] tags=["solution"]
# NumPy's mean is a sum of a thousand numbers, near $10^{18}$, where the floats lie 128 apart. It may
# be off by a part of a unit, and the deviations with it. Subtract a number of the data first: the
# differences are exact.

# %% tags=["solution"]
near = np.array(far) - far[0]
assert np.var(near) == 0.25
assert abs(np.std(far) / 0.5 - 1) > 0.001
print(f"np.std is right to three digits: {abs(np.std(far) - 0.5) < 0.0005}")
print(f"about the first number: {np.std(near)}, exact: {math.sqrt(exact)}")

apart = math.ulp(1e18)
print(f"floats near 1e18 lie {apart:.0f} apart")

# %% [markdown]
# **2.** A thousand machines hold the rows of a normal in a hundred dimensions. How many numbers must
# each send, and how does that compare with a single one of its rows, and with a million of them?

# %% [markdown] tags=["solution"]
# The count, the mean and what rounding took off it, and the scatter: $1 + 2d + d^2$ numbers, a
# hundred rows' worth. A million rows would be ten thousand times as much.

# %% tags=["solution"]
d = 100
rows_held = torch.randn(2 * d, d, dtype=torch.float64)
part = mlefit.suffstats(MultivariateNormal, rows_held)
parts = (part.n, part.mean, part.remainder, part.scatter)
numbers = sum(t.numel() for t in parts)
assert numbers == 1 + 2 * d + d**2
print(f"{numbers} numbers, {numbers / d:.0f} rows' worth")
print(f"a million rows: {1e6 * d / numbers:.0f} times as much")

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, `mlefit.closed_form`, `mlefit.suffstats`](../reference/api.md). How to get the speed:
# [How do I make it fast and exact?](../howto/speed.py) and
# [How do I fit ten thousand at once?](../howto/many-fits.py) Where digits go:
# [What does floating point do to a likelihood?](floating-point.py)
#
# ## References
#
# - Chan TF, Golub GH, LeVeque RJ (1983) Algorithms for computing the sample variance. *The American
#   Statistician* 37(3), 242–247.
#   [doi:10.1080/00031305.1983.10483115](https://doi.org/10.1080/00031305.1983.10483115)
# - Nelder JA, Mead R (1965) A simplex method for function minimization. *The Computer Journal* 7(4),
#   308–313. [doi:10.1093/comjnl/7.4.308](https://doi.org/10.1093/comjnl/7.4.308)
# - National Institute of Standards and Technology (2003) *Statistical Reference Datasets*. NIST
#   Standard Reference Database 140. [doi:10.18434/T43G6C](https://doi.org/10.18434/T43G6C)
