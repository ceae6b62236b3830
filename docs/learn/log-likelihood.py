# %% [markdown]
# # What is a log-likelihood?
#
# Which number do we maximize when we fit a distribution, and why its logarithm?
#
# A distribution that fits makes the data probable. Five readings of the speed of light, in km/s
# above 299 000, and a normal distribution to try on them:

# %%
import torch
from torch.distributions import Normal

x = torch.tensor([850.0, 740.0, 900.0, 1070.0, 930.0], dtype=torch.float64)
model = Normal(torch.tensor(898.0, dtype=torch.float64), 79.0)
model.log_prob(x)

# %% tags=["fold"] alt="Five readings under a bell curve centred at their mean, 898: each stem rises from a reading to the curve, and the reading at 740 has the shortest."
import matplotlib.pyplot as plt

grid = torch.linspace(600, 1200, 200, dtype=torch.float64)
fig, ax = plt.subplots()
ax.plot(grid, model.log_prob(grid).exp(), color="C1")
ax.vlines(x, 0, model.log_prob(x).exp(), color="C0")
ax.plot(x, model.log_prob(x).exp(), "o", color="C0")
ax.text(985, 0.0036, "the model", color="C1")
ax.text(745, 0.0012, "740, the least\nprobable reading", color="C0", ha="right")
ax.set(xlabel="speed of light − 299 000 km/s", ylabel="density", ylim=(0, None))
plt.show()

# %% [markdown]
# ## The sum
#
# The log-likelihood adds the logarithms of the densities, in nats:
#
# $$
# \ell(\mu, \sigma) = \sum_{i=1}^n \log p(x_i \mid \mu, \sigma)
#   = -\frac{n}{2} \log(2\pi\sigma^2) - \frac{1}{2\sigma^2} \sum_{i=1}^n (x_i - \mu)^2 .
# $$

# %%
print(f"log-likelihood {model.log_prob(x).sum():.3f} nats")

# %% [markdown] tags=["steps"]
# The density of one reading is
# $p(x \mid \mu, \sigma) = (2\pi\sigma^2)^{-1/2} \exp\bigl(-(x - \mu)^2 / 2\sigma^2\bigr)$.
# Its logarithm is a parabola in $x$, and a sum of parabolas is a parabola again.

# %% [markdown] tags=["pitfall"]
# The product of many densities underflows: at a thousand readings it is zero in any format.

# %% tags=["pitfall"]
Normal(0.0, 79.0).log_prob(torch.zeros(1000)).exp().prod()

# %% [markdown]
# ## A table
#
# | name | symbol | here |
# |------|:------:|-----:|
# | readings | $n$ | 5 |
# | location | $\mu$ | 898 |
#
# The [home page](../index.md) has the one-line form, [the sum](#the-sum) its formula.
#
# ## Exercise
#
# **1.** Where is the log-likelihood largest if $\sigma = 79$ stays as it is?

# %% [markdown] tags=["solution"]
# At the mean of the readings, since there the sum of squares is smallest.

# %% tags=["solution"]
best = x.mean()
assert Normal(best, 79.0).log_prob(x).sum() >= model.log_prob(x).sum()
best
