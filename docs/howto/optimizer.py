# %% [markdown]
# # Which optimizer, start and stopping rule?
#
# For up to a few hundred parameters, and for a normal with thousands, you need not choose. The defaults
# are Newton's method, a start from the data, and a stop when less than $10^{-8}$ nats are left to
# gain: none is a number in the units of your data, as a learning rate is. What if you choose
# otherwise?

# %%
import torch
from torch.distributions import MultivariateNormal

import mlefit

X = mlefit.datasets.penguins("Gentoo")  # three lengths in mm, mass in g

far = {"loc": torch.zeros(4), "scale_tril": torch.eye(4)}  # a bad start
for init in (None, far):
    fit = mlefit.fit(MultivariateNormal, X, init=init)
    assert fit.converged
    nats = -fit.log_likelihood / fit.n
    print(f"{nats:.3f} nats a bird, {fit.trace.evaluations} evaluations")

# %% [markdown]
# | you have | take |
# |---|---|
# | a normal of up to a hundred columns, or some 500 parameters of another family | the default, `mlefit.newton` |
# | more | [L-BFGS](../reference/glossary.md#l-bfgs) (Liu & Nocedal 1989) with a [line search](../reference/glossary.md#line-search), on standardized data |
# | a normal, and more rows than memory | [sums of statistics](distributed.py), then the default |
# | a network whose outputs are parameters | a loop of your own, Adam, the mean loss |
#
# Newton's method pays for the Hessian, a number for each pair of parameters. That of a normal, in
# [its own coordinates](../explain/links.py#where-the-normal-likelihood-is-convex), falls into a block
# for each row of $P$, one for each column of the data, so it has far fewer. A hundred columns:

# %%
torch.manual_seed(0)
wide = torch.randn(1000, 100, dtype=torch.float64)
many = mlefit.fit(MultivariateNormal, wide)
d = wide.shape[1]
print(f"{d + d * (d + 1) // 2} parameters, converged: {many.converged}")

# %% [markdown]
# ## Standardize first
#
# Here is the usual loop on the same birds (Gorman et al. 2014) in their own units: Adam (Kingma & Ba
# 2015), learning rate 0.01.

# %%
from mlefit.transforms import CholeskyTransform, SoftplusTransform

chart = CholeskyTransform()  # ten numbers -> a Cholesky factor


def adam(data, lr, steps):
    d = data.shape[1]
    loc = torch.zeros(d, dtype=data.dtype, requires_grad=True)
    raw = torch.zeros(d * (d + 1) // 2, dtype=data.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([loc, raw], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        normal = MultivariateNormal(loc, scale_tril=chart(raw))
        loss = -normal.log_prob(data).mean()
        loss.backward()
        optimizer.step()
    return loc.detach(), chart(raw).detach(), loss.item()


loc, _, loss = adam(X, lr=0.01, steps=100)
print(f"mean mass {loc[3]:.1f} g; at the estimate {fit.params['loc'][3]:.0f} g")
print(f"{loss:,.0f} nats a bird; at the estimate {nats:.1f}")

# %% [markdown]
# A step of Adam is at most about the learning rate, 0.01 grams here. The mean mass is half a million
# such steps away, while 0.01 mm is a fair step for a bill. In standard units every column is alike,
# and the estimate maps back exactly:

# %%
center, unit = X.mean(0), X.std(0, correction=0)
loc, L, _ = adam((X - center) / unit, lr=0.1, steps=200)

loc, L = center + unit * loc, unit[:, None] * L

torch.testing.assert_close(loc, fit.params["loc"], rtol=1e-6, atol=0)
torch.testing.assert_close(L, fit.params["scale_tril"], rtol=1e-4, atol=1e-4)
print(f"mean mass {loc[3]:.0f} g")

# %% [markdown]
# ## What an optimizer costs, and what a start is worth
#
# Ten thousand rows with mean −0.0174 and variance 1.0097, those of the
# [2022 post](../explain/post-2022.py). Its start was `loc` −10 and scale 2.13; the other one is the
# median and half the interquartile range. How many evaluations of the loss and its slope until it is
# within $10^{-8}$ nats a row of its minimum?

# %%
from functools import partial

from torch.distributions import Normal
from torch.nn.functional import softplus

p = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
x = Normal(0.0, 1.0).icdf(p)
x = -0.01739417 + 1.00974334**0.5 * (x - x.mean()) / x.std(correction=0)
mean, variance = x.mean(), x.var(correction=0)
q1, median, q3 = (x.quantile(q).item() for q in (0.25, 0.5, 0.75))


def nll(u):  # of a row, without its constant
    scale = softplus(u[1])
    return scale.log() + (variance + (u[0] - mean) ** 2) / (2 * scale**2)


def evaluations(factory, loc, scale):
    raw = SoftplusTransform().inv(torch.tensor(scale, dtype=torch.float64))
    u = torch.tensor([loc, raw], dtype=torch.float64, requires_grad=True)
    optimizer, losses = factory([u]), []
    target = (variance.log() + 1) / 2 + 1e-8

    def closure():
        optimizer.zero_grad()
        loss = nll(u)
        loss.backward()
        losses.append(loss.item())
        return loss

    while not losses or min(losses[-25:]) > target:
        optimizer.step(closure)
    return 1 + next(i for i, loss in enumerate(losses) if loss <= target)


wolfe = {"line_search_fn": "strong_wolfe"}
post_start, data_start = (-10.0, 2.1269), (median, (q3 - q1) / 2)
for name, factory in {
    "Adam, rate 0.01": partial(torch.optim.Adam, lr=0.01),
    "Adam, rate 0.1": partial(torch.optim.Adam, lr=0.1),
    "gradient descent, 1": partial(torch.optim.SGD, lr=1.0),
    "L-BFGS": partial(torch.optim.LBFGS, max_iter=200, **wolfe),
}.items():
    post = evaluations(factory, *post_start)
    near = evaluations(factory, *data_start)
    print(f"{name:20} {post:4} from the post's, {near:3} from the data's")

# %% [markdown]
# A start from the data helps every one of them: from there plain gradient descent needs fewer than
# L-BFGS does from far away. `fit` takes such a start unless you pass `init`. Pass one where there
# are several maxima, as for a [mixture](any-distribution.py), and try more than one.
#
# ## When to stop
#
# `tol` is in nats of the *total* log-likelihood: $\frac n2 g^\top H^{-1} g$, with the gradient $g$ and
# the Hessian $H$ of the mean loss, is about what is left to gain
# ([why](../learn/gradient-descent.py#when-is-it-done), Nocedal & Wright 2006). An estimate one
# standard error off costs half a nat, so the default of $10^{-8}$ is far below what data can tell.
# When the steps run out first you get a `ConvergenceWarning`, and `fit.converged` is false. A small
# last change of the loss proves nothing: a small learning rate makes it small anywhere.

# %% [markdown] tags=["pitfall"]
# **Three traps of `torch.optim.LBFGS`.** Without a line search, its default, nothing checks the length
# of a step: from a far start, as here, it leaves the numbers. With `max_iter=1`, the natural way to log
# every step, `max_eval = max_iter * 5 // 4` is 1. Since torch 2.10 the start of the step uses that up,
# so the line search tries one length and cannot mend it, and the search can stall for ever: pass
# `max_eval=25`. And its own tolerances (`tolerance_change=1e-9`) stop it early: set them to 0 and let
# `fit` judge.


# %% tags=["pitfall"]
def twenty_steps(**options):
    u = torch.tensor([-10.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([u], **options)

    def closure():
        optimizer.zero_grad()
        loss = nll(u)
        loss.backward()
        return loss

    for _ in range(20):
        optimizer.step(closure)
    return f"loc {u[0]:.3f}, scale {softplus(u[1]):.3f}"


print("no line search: ", twenty_steps())
print("max_iter=1:     ", twenty_steps(max_iter=1, **wolfe))
print("and max_eval=25:", twenty_steps(max_iter=1, max_eval=25, **wolfe))

# %% [markdown]
# `fit` takes the factory without its parameters:

# %%
never = {"tolerance_grad": 0, "tolerance_change": 0}
lbfgs = partial(torch.optim.LBFGS, **never, **wolfe)
Z = (X - center) / unit
fit = mlefit.fit(MultivariateNormal, Z, init=far, optimizer=lbfgs)
assert fit.converged
print(f"{-fit.log_likelihood / fit.n:.3f} nats a standardized bird")

# %% [markdown]
# ## Exercise
#
# The standardized birds have fewer nats each than those in mm and grams. Is it the better fit? Find
# the difference without fitting anything.

# %% tags=["solution"]
difference = unit.log().sum()
torch.testing.assert_close(-fit.log_likelihood / fit.n + difference, nats)
print(f"{difference:.3f} nats, the sum of the logarithms of the units")
print(f"the unit of mass is {unit[3]:.0f} g")

# %% [markdown] tags=["solution"]
# A density is per unit: per gram it is that many times smaller than per standard deviation. The
# log-likelihoods of two fits compare only in the same units. The estimate itself does not care.

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, `mlefit.newton`, `Trace`](../reference/api.md). What the search looks like:
# [How does gradient descent reach the same answer?](../learn/gradient-descent.py) Why softplus, and
# where the problem is convex: [Which coordinates should the search use?](../explain/links.py)
#
# ## References
#
# - Gorman KB, Williams TD, Fraser WR (2014) Ecological sexual dimorphism and environmental
#   variability within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
#   [doi:10.1371/journal.pone.0090081](https://doi.org/10.1371/journal.pone.0090081)
# - Kingma DP, Ba J (2015) Adam: a method for stochastic optimization. *International Conference on
#   Learning Representations*. [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# - Liu DC, Nocedal J (1989) On the limited memory BFGS method for large scale optimization.
#   *Mathematical Programming* 45, 503–528.
#   [doi:10.1007/BF01589116](https://doi.org/10.1007/BF01589116)
# - Nocedal J, Wright SJ (2006) *Numerical Optimization*, 2nd ed. Springer.
