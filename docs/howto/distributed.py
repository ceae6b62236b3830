# %% [markdown]
# # What if the data do not fit into memory?
#
# More rows than memory, or rows on several machines: how do you get the fit of *all* the rows, and
# not an average of fits?
#
# Read them batch by batch, keep the statistics of each batch, and add.

# %%
import torch
from torch.distributions import MultivariateNormal
from torch.utils.data import DataLoader

import mlefit

X = mlefit.datasets.penguins()  # 342 rows, 4 columns
loader = DataLoader(X, batch_size=50)  # or any loop over batches

stats = sum(mlefit.suffstats(MultivariateNormal, batch) for batch in loader)
fit = mlefit.fit(MultivariateNormal, stats)

whole = mlefit.fit(MultivariateNormal, X)
for name, value in whole.params.items():
    torch.testing.assert_close(fit.params[name], value, rtol=1e-12, atol=0)
print(f"{len(loader)} batches, {stats.n:.0f} rows: the same to 12 digits")

# %% [markdown]
# A normal's likelihood knows its data only through $n$, $\bar x$ and the scatter. These add up
# (Chan et al. 1983), and their size does not grow with $n$: the billionth batch costs what the
# first did, and the fit afterwards costs the same for a thousand rows and for a billion.
#
# ## Do not average fits
#
# Suppose that each species lies on its own machine. Three fits, averaged by their rows, seem to
# save the trouble:

# %%
species = ("Adelie", "Chinstrap", "Gentoo")
groups = [mlefit.datasets.penguins(name)[:, :2] for name in species]

fits = [mlefit.closed_form(MultivariateNormal, group) for group in groups]
covariances = [fit.distribution.covariance_matrix for fit in fits]
rows = torch.tensor([len(group) for group in groups])
weighted = [n * S for n, S in zip(rows, covariances, strict=True)]
averaged = sum(weighted) / rows.sum()

added = sum(mlefit.suffstats(MultivariateNormal, group) for group in groups)
together = mlefit.closed_form(MultivariateNormal, added).distribution

for name, S in (
    ("fits averaged", averaged),
    ("statistics added", together.covariance_matrix),
):
    r = S[0, 1] / (S[0, 0] * S[1, 1]).sqrt()
    print(f"{name:16}  r = {r:+.2f}")

# %% tags=["fold"] alt="Bill depth against bill length of 342 penguins, in three clouds that each rise to the right. The ellipse of the averaged fits rises too and is too small to hold the clouds. The ellipse of the added statistics falls to the right and holds them."
import matplotlib.pyplot as plt

turn = torch.linspace(0, 2 * torch.pi, 100, dtype=torch.float64)
circle = torch.stack([turn.cos(), turn.sin()])
radius = 2.146  # holds 90 % of a normal

fig, ax = plt.subplots(figsize=(3.7, 3.6))
ax.plot(*torch.cat(groups).T, ".", color="C0", alpha=0.35, markersize=4)
center = together.loc[:, None]
for S, color in ((averaged, "C3"), (together.covariance_matrix, "C1")):
    ellipse = center + radius * torch.linalg.cholesky(S) @ circle
    ax.plot(*ellipse, color=color)
ax.text(42.3, 19.9, "fits averaged", color="C3")
ax.text(43.6, 12.3, "statistics added", color="C1")
ax.set(xlabel="bill length in mm", ylabel="bill depth in mm", ylim=(12, 22))
plt.show()

# %% [markdown]
# Even the sign of $r$, the correlation of a bill's length and depth, is wrong. An average of
# covariances forgets how far apart the groups' means are; the sum of statistics remembers. (It is
# the right answer for another model, [one shape about three means](covariance.py#shared-by-groups).)
# What the negative sign is worth is [another question](../learn/model-checking.py).
#
# ## Several processes
#
# Each process adds up what it holds, then `all_reduce` adds over the processes. Save this block as
# `fit_shards.py`, and put your own files in place of the species:

# %%
# fit_shards.py
import os

import torch
from torch.distributions import MultivariateNormal

import mlefit

rank = int(os.environ.get("RANK", 0))  # torchrun sets these two
world = int(os.environ.get("WORLD_SIZE", 1))

shards = ("Adelie", "Chinstrap", "Gentoo")[rank::world]
nothing = torch.empty(0, 4, dtype=torch.float64)
stats = mlefit.suffstats(MultivariateNormal, nothing)
for shard in shards:
    for batch in mlefit.datasets.penguins(shard).split(50):
        stats = stats + mlefit.suffstats(MultivariateNormal, batch)

if world > 1:
    torch.distributed.init_process_group("gloo")
    stats = stats.all_reduce()
    torch.distributed.destroy_process_group()

fit = mlefit.fit(MultivariateNormal, stats)
if rank == 0:
    print(f"{stats.n:.0f} penguins, processes: {world}")
    names = ("bill length", "bill depth", "flipper", "mass")
    loc, error = fit.params["loc"], fit.standard_errors()["loc"]
    for name, value, about in zip(names, loc, error, strict=True):
        print(f"{name:11} {value:8.2f} ± {about:.2f}")

# %% [markdown]
# That was one process. Four on one machine print the same; the fourth finds no shard left, and its
# statistics of no rows do no harm:
#
# ```console
# $ torchrun --standalone --nproc-per-node=4 fit_shards.py
# 342 penguins, processes: 4
# bill length    43.92 ± 0.29
# bill depth     17.15 ± 0.11
# flipper       200.92 ± 0.76
# mass         4201.75 ± 43.30
# ```
#
# Every process ends with the same statistics, to the last bit. A process sends $1 + 2d + d^2$
# numbers and the kind of float they came from, whatever $n$ is. If a process dies, the others raise
# an error that says so, and nothing is printed. For several machines, give `torchrun` `--nnodes`
# and `--rdzv-endpoint`; the script stays as it is.

# %%
d = fit.params["loc"].numel()
parts = (stats.n, stats.mean, stats.remainder, stats.scatter)
assert sum(part.numel() for part in parts) == 1 + 2 * d + d**2

# %% [markdown] tags=["pitfall"]
# torch's `DistributedSampler` makes all shards equally long: it gives some rows out twice. In
# training that is harmless; in a fit they count twice. (`drop_last=True` loses rows instead.) Slice
# with `[rank::world]`, as above.

# %% tags=["pitfall"]
from torch.utils.data import DistributedSampler

drawn = []
for rank in range(4):
    drawn += DistributedSampler(X, num_replicas=4, rank=rank)
print(f"{len(X)} rows, {len(drawn)} counted")
assert len(set(drawn)) == len(X) < len(drawn)

# %% [markdown] tags=["pitfall"]
# And all processes must call `all_reduce`, those without rows and those that print nothing too; the
# others wait for them. So begin the sum with the statistics of no rows: a bare `sum(...)` over an
# empty shard is the number 0.

# %% [markdown]
# ## Exercises
#
# **1.** `suffstats` knows normals only. Fit a `LogNormal` to the masses, batch by batch, all the
# same, and its log-likelihood too.

# %% [markdown] tags=["solution"]
# The logarithm of a log-normal variable is normal, with the same `loc` and `scale`. The densities
# differ by the factor $1/x$, so the log-likelihoods differ by $\sum \log x_i$, one more number that
# adds up: $n \bar x$ of the logarithms. The median of the fitted masses is
# $e^{\hat\mu}$.

# %% tags=["solution"]
from torch.distributions import LogNormal, Normal

logs = sum(mlefit.suffstats(Normal, batch[:, 3].log()) for batch in loader)
fit = mlefit.fit(Normal, logs)
log_likelihood = fit.log_likelihood - logs.n * logs.mean

direct = mlefit.closed_form(LogNormal, X[:, 3])
torch.testing.assert_close(dict(fit.params), dict(direct.params))
torch.testing.assert_close(log_likelihood, direct.log_likelihood)
print(f"e^μ = {fit.params['loc'].exp():.0f} g")

# %% [markdown]
# ## In the reference
#
# [`mlefit.suffstats` and `SufficientStatistics.all_reduce`](../reference/api.md). Why three numbers
# are enough: [Which normal is best?](../learn/closed-form.py) Families without such statistics:
# [How do I make it fast and exact?](speed.py#minibatches).
#
# ## References
#
# - Chan TF, Golub GH, LeVeque RJ (1983) Algorithms for computing the sample variance: analysis and
#   recommendations. *The American Statistician* 37(3), 242–247.
#   [doi:10.1080/00031305.1983.10483115](https://doi.org/10.1080/00031305.1983.10483115)
