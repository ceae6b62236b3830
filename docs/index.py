# %% [markdown]
# # Maximum likelihood in PyTorch
#
# mlefit is a small library, and this site teaches what it does. One call fits a distribution, from
# `torch.distributions` or of your own, to data. It says whether it has arrived, and how far off the
# answer could be.

# %% tags=["beside"]
from torch.distributions import MultivariateNormal

import mlefit

heights = mlefit.datasets.galton(one_son_seed=0)  # inches
fit = mlefit.fit(MultivariateNormal, heights)
fit.params["loc"]  # of fathers, of sons

# %% tags=["beside", "fold"] alt="Heights of 179 fathers, and of one grown son of each, as points. Tilted ellipses of the fitted normal hold 50, 90 and 99 percent of its probability: taller fathers have taller sons, with a wide scatter."
import matplotlib.pyplot as plt

import mlefit.plot

fig, ax = plt.subplots(figsize=(3.7, 3.3))
mlefit.plot.ellipses(fit, heights, ax=ax)
ax.set(xlabel="father's height, inches", ylabel="son's height, inches")
plt.show()

# %%
assert fit.converged
print(fit)

# %% [markdown]
# Francis Galton's families of 1886: 179 fathers, each with one of his grown sons, drawn at random.
# The fitted normal expects 90 of a hundred such pairs within the middle ellipse. Its parameters are
# torch's: `loc` is the mean, and `scale_tril` a
# [square root of the covariance matrix](learn/multivariate.py#a-chart-of-the-cone). The other words
# are those of six pages: [nats](learn/log-likelihood.py),
# [standard errors and intervals](learn/uncertainty.py), [AIC](learn/model-checking.py). The
# [glossary](reference/glossary.md) has each in a sentence or two, BIC too.
#
# ## Is that the right answer?
#
# For a multivariate normal there is an exact formula, the closed form. The search arrives at the same
# numbers. And any smooth function of the fitted distribution has a standard error:

# %%
import torch

exact = mlefit.closed_form(MultivariateNormal, heights)
torch.testing.assert_close(fit.params, exact.params, rtol=1e-6, atol=1e-6)


def correlation(d):
    return d.covariance_matrix[0, 1] / d.variance.prod().sqrt()


r, error = correlation(fit.distribution), fit.standard_errors(of=correlation)
print(f"correlation of father and son: {r:.2f} ± {error:.2f}")

# %% [markdown]
# Families without a closed form take the same call: a Student-t, a gamma and, with a start, a mixture
# ([How do I fit any torch distribution?](howto/any-distribution.py)).
#
# ## Install
#
# With Python 3.11 or later, in a clone of the repository (on a hosted site, the link at the top leads
# there):
#
# ```sh
# pip install ".[plot]"
# ```
#
# ## Which page do I need?
#
# To learn the subject, walk six pages from one `log_prob` to a checked model with error bars. Begin
# with **[What is a log-likelihood?](learn/log-likelihood.py)**
#
# | I want to | page |
# |---|---|
# | know what is maximized, and why its logarithm | [What is a log-likelihood?](learn/log-likelihood.py) |
# | have the exact estimate of a normal, and its proof | [Which normal is best?](learn/closed-form.py) |
# | write the training loop myself | [How does gradient descent reach the same answer?](learn/gradient-descent.py) |
# | fit a covariance matrix | [What does a covariance matrix say?](learn/multivariate.py) |
# | put error bars on an estimate | [How sure are we?](learn/uncertainty.py) |
# | know whether the family fits at all | [Is it normal at all?](learn/model-checking.py) |
# | fit a Student-t, a gamma, a mixture | [How do I fit any torch distribution?](howto/any-distribution.py) |
# | keep a covariance diagonal, shared or known | [How do I constrain a covariance?](howto/covariance.py) |
# | choose an optimizer, a start and a stop | [Which optimizer, start and stopping rule?](howto/optimizer.py) |
# | understand an error message | [What does this error message mean?](howto/errors.py) |
# | make it faster | [How do I make it fast and exact?](howto/speed.py) |
# | fit fewer rows than columns | [What if there are fewer rows than columns?](howto/few-rows.py) |
# | fit more data than memory holds | [What if the data do not fit into memory?](howto/distributed.py) |
# | fit ten thousand groups at once | [How do I fit ten thousand at once?](howto/many-fits.py) |
# | see the proof in any dimension | [Why are the mean and the scatter matrix the maximum, and nothing else?](explain/proofs.py) |
# | choose coordinates for a search | [Which coordinates should the search use?](explain/links.py) |
# | divide by n or by n − 1 | [Why n and not n − 1?](explain/bias.py) |
# | trust the last digits | [What does floating point do to a likelihood?](explain/floating-point.py) |
# | see it timed beside other libraries | [How fast, how exact?](explain/how-fast.py) |
# | see the blog post behind this site, run again | [What did the 2022 post show, and what changed?](explain/post-2022.py) |
# | look something up | [API](reference/api.md), formulas of [the normal](reference/formulas.md) and of [any family](reference/formulas-general.md), [notation](reference/notation.md), [data](reference/datasets.md), [glossary](reference/glossary.md), [bibliography](reference/bibliography.md), [changelog](reference/changelog.md) |
