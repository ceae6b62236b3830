# %% [markdown]
# # How do I fit ten thousand at once?
#
# One fit for each sensor, species or simulated data set: how do they go into one call, and how do
# you find the ones that failed?
#
# The first dimension of the data counts rows. Those after it are the **batch**: so many fits,
# independent of each other. (For a family of vectors the last one is the columns of a row.) Here
# are Michelson's five experiments of 20 readings:

# %%
import torch
from torch.distributions import Normal

import mlefit

experiments = [mlefit.datasets.michelson(k) for k in range(1, 6)]
x = torch.stack(experiments, dim=1)  # 20 readings, 5 fits

fit = mlefit.fit(Normal, x)
errors = fit.standard_errors()
for k in range(5):
    loc, scale = fit.params["loc"][k], fit.params["scale"][k]
    spread = f"{scale:5.1f} ± {errors['scale'][k]:.1f}"
    print(f"{k + 1}: {loc:.1f} ± {errors['loc'][k]:.1f}, σ {spread} km/s")

assert x.shape == (20, 5)
assert fit.converged.shape == fit.log_likelihood.shape == (5,)

# %% [markdown]
# Parameters, standard errors, intervals, `log_likelihood`, `aic` and `converged` all have the
# batch's shape; `fit.distribution` is a batch of five normals. Each fit is what it would be alone.
#
# ## Each has its own verdict
#
# Some fits of a batch may have no maximum. The others do not suffer (but under `torch.optim.LBFGS`,
# which makes one search of them all), one warning counts the failures (it counts fits from 0), and
# `converged` says which:

# %%
import warnings

from torch.distributions import StudentT

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    tails = mlefit.fit(StudentT, x)

print(str(caught[0].message).split("; ")[1])
for k in range(5):
    df = f"df = {tails.params['df'][k]:.1f}"
    print(f"{k + 1}: {df if tails.converged[k] else 'no maximum'}")

# %% [markdown]
# The third experiment has tails that are heavier than a normal's, the first hardly. For the other
# three the likelihood rises as long as `df` does: their best Student t is the normal. Where
# `converged` is false, the parameters are the place where the search stopped, not an estimate.
#
# ## Ragged groups
#
# Groups of different sizes become a rectangle whose empty places have weight zero. Rows of weight
# zero may hold anything, even `nan`. Three species of penguins (Gorman et al. 2014), with 151, 68 and
# 123 birds:

# %%
from torch.distributions import MultivariateNormal
from torch.nn.utils.rnn import pad_sequence

species = ("Adelie", "Chinstrap", "Gentoo")
groups = [mlefit.datasets.penguins(name) for name in species]

X = pad_sequence(groups, padding_value=torch.nan)  # 151 rows, 3 fits
weights = pad_sequence([torch.ones(len(group)) for group in groups])
fit = mlefit.fit(MultivariateNormal, X, weights=weights)


def correlation(d):
    S = d.covariance_matrix
    return S[..., 0, 1] / (S[..., 0, 0] * S[..., 1, 1]).sqrt()


r = correlation(fit.distribution)
error = fit.standard_errors(of=correlation)
for k, name in enumerate(species):
    birds = f"{name:9} {fit.n[k]:4.0f} birds"
    print(f"{birds}: r = {r[k]:.2f} ± {error[k]:.2f}")

alone = mlefit.fit(MultivariateNormal, groups[1])
torch.testing.assert_close(fit.params["loc"][1], alone.params["loc"])
torch.testing.assert_close(r[1], correlation(alone.distribution))

# %% [markdown]
# ($r$ is the correlation of a bill's length and depth.) Weights of shape `(n, *batch)` also make a
# bootstrap of one call: how often each row was drawn, for each resample.
#
# ## Ten thousand
#
# Can 50 rows of a gamma distribution be trusted to tell its concentration? Draw ten thousand such
# data sets with a known one, 2, and fit them all:

# %%
from torch.distributions import Gamma

torch.manual_seed(0)
truth = Gamma(torch.tensor(2.0, dtype=torch.float64), 3.0)
data = truth.sample((50, 10_000))

fit = mlefit.fit(Gamma, data)
estimate = fit.params["concentration"]
error = fit.standard_errors()["concentration"]
low, high = fit.confidence_interval()["concentration"]
covered = ((low < 2) & (high > 2)).double().mean()

assert fit.converged.all()
print(f"estimates: mean {estimate.mean():.2f}, spread {estimate.std():.2f}")
print(f"standard errors: mean {error.mean():.2f}")
print(f"intervals that hold the truth: {covered:.1%}")

# %% tags=["fold"] alt="Histogram of ten thousand estimates of the concentration. They spread from about 1.2 to 4, have a long tail to the right, and their mean, 2.11, lies right of the true value, 2."
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7.2, 2.6))
bins = torch.linspace(0.9, 4.4, 71).tolist()
ax.hist(estimate, bins, color="C1", alpha=0.45)
ax.axvline(2, color="C2", linestyle="--")
ax.axvline(estimate.mean(), color="C1")
top = 1.15 * ax.get_ylim()[1]
ax.set_ylim(0, top)
ax.text(1.96, 0.95 * top, "truth 2", color="C2", ha="right", va="top")
label = f"mean of the estimates {estimate.mean():.2f}"
ax.text(estimate.mean() + 0.04, 0.95 * top, label, color="C1", va="top")
ax.set(xlabel="estimated concentration", yticks=[], xlim=(0.9, 4.4))
ax.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# The intervals nearly keep their promise of 95 %. The estimates come out too large on average, by
# about a quarter of a standard error: a maximum of a likelihood
# [is not unbiased](../explain/bias.py). And each evaluation of the likelihood served all ten
# thousand. A loop over only twenty of them needs more than ten times as many:

# %%
singles = [mlefit.fit(Gamma, column) for column in data.T[:20]]
evaluations = sum(single.trace.evaluations for single in singles)
assert evaluations > 10 * fit.trace.evaluations

alone = [single.params["concentration"] for single in singles]
together = torch.stack(alone)
torch.testing.assert_close(together, estimate[:20])

# %% [markdown] tags=["pitfall"]
# Rows come first. Data of shape `(10_000, 50)` are fifty fits of ten thousand rows, and nothing can
# warn you. And the columns of a `MultivariateNormal` are no batch: `(n, d)` is one fit of $d$
# columns that hang together; `Normal` on the same data is $d$ fits.

# %% tags=["pitfall"]
assert mlefit.fit(Gamma, data.T).n.shape == (50,)
assert mlefit.fit(Normal, groups[0]).n.shape == (4,)
assert mlefit.fit(MultivariateNormal, groups[0]).n.shape == ()

# %% [markdown]
# ## Exercises
#
# **1.** Did Michelson's $\sigma$ change between the experiments, or is one $\sigma$ enough for all
# five? Fit both and compare twice the difference of their log-likelihoods with its value by chance:
# a $\chi^2$ with 4 degrees of freedom exceeds 9.49 in one case of 20.

# %% [markdown] tags=["solution"]
# A common $\sigma$ comes from the residuals, one column about its own mean each, with the loc known to
# be zero. Twice the difference is beyond 9.49, and chance does as much in one case of 70: five
# experiments, not one. The first is the wide one. (With 4 degrees of freedom the probability of
# more than $c$ is $e^{-c/2} (1 + c/2)$, a limit for many rows (Wilks 1938); 20 are few.)

# %% tags=["solution"]
separate = mlefit.fit(Normal, x)
residuals = x - x.mean(0)
common = mlefit.fit(Normal, residuals.reshape(-1), fixed={"loc": 0.0})

ratio = 2 * (separate.log_likelihood.sum() - common.log_likelihood)
chance = (-ratio / 2).exp() * (1 + ratio / 2)
print(f"one σ: {common.params['scale']:.1f} km/s")
print(f"twice the difference {ratio:.2f}, by chance in {chance:.3f}")
assert ratio > 9.49
assert 1 / 80 < chance < 1 / 60

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, its `weights`, and `Fit`](../reference/api.md). Intervals and bootstrap:
# [How sure are we?](../learn/uncertainty.py). Related pages:
# [What if the data do not fit into memory?](distributed.py) and
# [Which optimizer, start and stopping rule?](optimizer.py)
#
# ## References
#
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
# - Gorman KB, Williams TD, Fraser WR (2014) Ecological sexual dimorphism and environmental
#   variability within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
#   [doi:10.1371/journal.pone.0090081](https://doi.org/10.1371/journal.pone.0090081)
# - Wilks SS (1938) The large-sample distribution of the likelihood ratio for testing composite
#   hypotheses. *Annals of Mathematical Statistics* 9(1), 60–62.
#   [doi:10.1214/aoms/1177732360](https://doi.org/10.1214/aoms/1177732360)
