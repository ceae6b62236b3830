# %% [markdown]
# # How do I fit any torch distribution?
#
# Name its class. What does `fit` do then, what may stand in place of a class, and what is refused?
#
# It searches for the maximum, in numbers that may take any value, and checks that it is there. In place
# of a class may stand a `partial`, or any callable with a start in `init`. Refused is what no smooth
# search can learn.
#
# Newcomb's 66 passage times of light, in billionths of a second above 24 800, have two readings far
# below the others. A Student t (Lange et al. 1989) takes them as they are:

# %%
import torch
from torch.distributions import StudentT

import mlefit

light = mlefit.datasets.newcomb()
fit = mlefit.fit(StudentT, light)
print(fit)
print(f"7442 m in {24_800 + fit.params['loc']:.1f} billionths of a second")

# %% [markdown]
# So light took 24 827.4 billionths of a second to travel 7442 m, with a standard error of 0.6. The
# tails are heavy: with `df` near 2 they fall off like a power, not like a bell. A normal stands where
# the average is, [lower, and with twice the standard error](../learn/model-checking.py).
#
# ## The recipe, by hand
#
# A family's constraints choose the charts, smooth maps from plain numbers to allowed values: softplus
# for the two positive parameters, the identity for `loc`. The search moves the plain numbers. The
# curvature at the minimum gives the standard errors.

# %%
from mlefit.transforms import chart

names = ["df", "loc", "scale"]
charts = [chart(StudentT.arg_constraints[name]) for name in names]
start = torch.tensor([4.0, light.median(), light.std()], dtype=light.dtype)
u = torch.stack([c.inv(value) for c, value in zip(charts, start, strict=True)])
u.requires_grad_()


def params(u):
    return torch.stack([c(value) for c, value in zip(charts, u, strict=True)])


def mean_loss(u):
    return -StudentT(*params(u)).log_prob(light).mean()


optimizer = torch.optim.LBFGS(
    [u], max_iter=200, line_search_fn="strong_wolfe", tolerance_change=1e-12
)


def closure():
    optimizer.zero_grad()
    loss = mean_loss(u)
    loss.backward()
    return loss


optimizer.step(closure)
u, n = u.detach(), len(light)

g = torch.autograd.functional.jacobian(mean_loss, u)
H = torch.autograd.functional.hessian(mean_loss, u)
assert n / 2 * g @ torch.linalg.solve(H, g) < 1e-8  # nats still to be gained
information = n * H  # the observed one, of all rows
J = torch.autograd.functional.jacobian(params, u)  # from u to parameters
errors = (J @ torch.linalg.solve(information, J.T)).diagonal().sqrt()

for name, value, error in zip(names, params(u), errors, strict=True):
    print(f"{name:5}  {value:6.3f}  standard error {error:.3f}")
    assert torch.isclose(value, fit.params[name], rtol=1e-3)
    assert torch.isclose(error, fit.standard_errors()[name], rtol=1e-2)

# %% [markdown]
# `fit` adds a start for each family, [Newton's method](optimizer.py), and a verdict: it converged if
# less than $10^{-8}$ nats are left and $H$ is positive definite.
#
# ## A parameter that is known
#
# Name it in `fixed`, or bind it. Ten tosses a row:

# %%
from functools import partial

from torch.distributions import Binomial

heads = [3, 4, 6, 2, 5]
for coin in (
    mlefit.fit(partial(Binomial, 10), heads),
    mlefit.fit(Binomial, heads, fixed={"total_count": 10}),
):
    error = coin.standard_errors()["probs"]
    print(f"{coin.params['probs']:.2f} ± {error:.2f}")

# %% [markdown]
# ## A family of your own
#
# Any callable that returns a distribution will do. Its arguments are the parameters; `init` says
# where to begin, and `transforms` which must be positive, since a callable states no constraints.
# `Independent` makes one row of two numbers, a mixture makes Old Faithful's two kinds of pauses
# (Azzalini & Bowman 1990):

# %%
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    Normal,
)
from torch.nn.functional import pad

from mlefit.transforms import SoftplusTransform


def columns(loc, scale):
    return Independent(Normal(loc, scale), 1)


def mixture(logit, loc, scale):
    kinds = Categorical(logits=pad(logit, (1, 0)))
    return MixtureSameFamily(kinds, Normal(loc, scale))


geyser = mlefit.datasets.old_faithful()
positive = {"scale": SoftplusTransform()}
start = {"loc": [3.0, 70.0], "scale": [1.0, 10.0]}
two = mlefit.fit(columns, geyser, init=start, transforms=positive)
assert torch.allclose(two.params["loc"], geyser.mean(0))

start = {"logit": [0.0], "loc": [50.0, 80.0], "scale": [5.0, 5.0]}
pauses = mlefit.fit(mixture, geyser[:, 1], init=start, transforms=positive)
for name, value in pauses.params.items():
    print(f"{name:5}", " ".join(f"{v:6.2f}" for v in value))

short = pauses.distribution.mixture_distribution.probs[0]
loc = pauses.params["loc"]
print(f"{short:.0%} are short: {loc[0]:.0f} minutes, the others {loc[1]:.0f}")

# %% [markdown]
# $K$ components have $K - 1$ free logits: `pad` holds the first at 0. With all $K$ of them free,
# adding a constant changes nothing. The likelihood is flat in that direction, and no error bar
# exists:

# %%
here, there = (
    MixtureSameFamily(Categorical(logits=logits), Normal(loc, 6.0))
    for logits in torch.tensor([[0.0, 0.6], [7.0, 7.6]])
)
minutes = geyser[:, 1]
torch.testing.assert_close(here.log_prob(minutes), there.log_prob(minutes))

# %% [markdown] tags=["pitfall"]
# **A likelihood without a highest point.** Let one component of a mixture, or a Student t with small
# `df`, shrink onto a single row: its density there grows without bound.
# So `converged` promises a *local* maximum, near the start. A mixture also has each maximum once for
# every order of its components. Start where you mean, and compare a few starts.

# %% [markdown]
# ## What is refused, and why
#
# The library's own words:

# %%
import textwrap

from torch.distributions import Laplace, LowRankMultivariateNormal, Uniform

for family, data in {
    Uniform: light,
    Laplace: light,
    Binomial: heads,
    LowRankMultivariateNormal: geyser,
    MixtureSameFamily: light,
}.items():
    try:
        mlefit.fit(family, data)
    except (TypeError, ValueError) as error:
        reason = str(error).partition("; got ")[2]
        print(textwrap.fill(reason, 72, subsequent_indent="    "))

# %% [markdown]
# `closed_form` has the exact estimates of `Uniform` and `Laplace`. `Pareto`'s scale is refused like
# `Uniform`'s bounds, `Multinomial`'s count like `Binomial`'s, `Categorical`'s `logits` for the
# reason above.
#
# ## Exercise
#
# For some instruments the error is as large as what they measure:
# $x \sim \mathcal N(\theta, \theta^2)$, with $\theta$ as its mean and its standard deviation. (The
# formula names the variance; torch's `Normal` takes its root.) Fit that one parameter to the draws
# below. Then find $\hat\theta$ and its standard error with pencil and paper, and compare.

# %%
torch.manual_seed(0)
x = Normal(5.0, 5.0).sample((200,)).double()

# %% tags=["solution"]
found = mlefit.fit(
    lambda theta: Normal(theta, theta),
    x,
    init={"theta": 1.0},
    transforms={"theta": SoftplusTransform()},
)
theta = found.params["theta"]

mean, square = x.mean(), (x**2).mean()
by_hand = (torch.sqrt(mean**2 + 4 * square) - mean) / 2
torch.testing.assert_close(theta, by_hand)

error = found.standard_errors()["theta"]
expected = theta / (3 * len(x)) ** 0.5
assert torch.isclose(error, expected, rtol=0.1)
print(f"{theta:.3f} ± {error:.3f}, expected information {expected:.3f}")

# %% [markdown] tags=["solution"]
# The slope of the log-likelihood vanishes where $\theta^2 + \bar x\,\theta - \overline{x^2} = 0$.
# The expected information of a row is $3/\theta^2$: one part from the mean, two from the scale. So
# the error is $\sqrt 3$ times smaller than that of a mean alone.

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, `mlefit.transforms.chart`](../reference/api.md). Related pages:
# [Which coordinates should the search use?](../explain/links.py) and
# [What does this error message mean?](errors.py)
#
# ## References
#
# - Azzalini A, Bowman AW (1990) A look at some data on the Old Faithful geyser. *Applied Statistics*
#   39(3), 357–365. [doi:10.2307/2347385](https://doi.org/10.2307/2347385)
# - Lange KL, Little RJA, Taylor JMG (1989) Robust statistical modeling using the t distribution.
#   *Journal of the American Statistical Association* 84(408), 881–896.
#   [doi:10.1080/01621459.1989.10478852](https://doi.org/10.1080/01621459.1989.10478852)
# - Newcomb S (1891) Measures of the velocity of light. *Astronomical Papers* 2, 107–230.
