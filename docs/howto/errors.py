# %% [markdown]
# # What does this error message mean?
#
# PyTorch or `mlefit` answered with an error, a warning, or a strange number. What does it want?
#
# Search this page for the distinctive words of your message. Each one below is provoked by the
# code above it, and followed by its cause and its cure. The mistakes that say nothing come last;
# they are the worse ones. Here is a loop that makes none of them, and nearly every message comes
# from a change to one of its lines:

# %%
import torch
from torch.distributions import Normal
from torch.nn.functional import softplus

import mlefit

x = mlefit.datasets.old_faithful()[:, 0]  # minutes that eruptions lasted

u = torch.zeros(2, dtype=x.dtype, requires_grad=True)  # floats, a leaf
optimizer = torch.optim.Adam([u], lr=0.1)  # of u, not of a result

for _ in range(500):
    optimizer.zero_grad()  # or the gradients add up
    normal = Normal(u[0], softplus(u[1]))  # built anew, its scale positive
    loss = -normal.log_prob(x).mean()  # one number
    loss.backward()
    optimizer.step()

u = u.detach()
normal = Normal(u[0], softplus(u[1]))  # after the last step
assert abs(normal.mean - x.mean()) < 1e-4
assert abs(normal.stddev - x.std(correction=0)) < 1e-4
print(f"{normal.mean:.3f} minutes, give or take {normal.stddev:.3f}")

# %% [markdown]
# ## When the distribution is built
#
# ### `Expected parameter scale … to satisfy the constraint GreaterThan(lower_bound=0.0)`

# %% tags=["raises-exception"]
near = torch.tensor([1.9, 2.0, 2.1], dtype=torch.float64)
scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([scale], lr=0.5)

for _ in range(10):
    optimizer.zero_grad()
    (-Normal(2.0, scale).log_prob(near).mean()).backward()
    optimizer.step()

# %% [markdown]
# **Cause.** An optimizer knows of no bounds, and one long step took the scale below zero.
# **Cure.** Let it move a number `u` that may be anything, and pass `softplus(u)` as the scale; to
# begin at a scale $y$, start at $u = y + \log(1 - e^{-y})$.
#
# If the message says `scale: 0.0`, softplus or `exp` has underflowed: in float32
# `softplus(-104)` is 0. The data are all equal, or a step was far too long. Begin at `x.std()`, and
# use float64.

# %% [markdown] tags=["pitfall"]
# **Silencing the message.** With `validate_args=False` the loop runs on. The loss is not a number
# where the scale is negative, its gradient still is one, and the search wanders over a function
# that is no likelihood:

# %% tags=["pitfall"]
scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([scale], lr=0.5)

for _ in range(5):
    optimizer.zero_grad()
    loss = -Normal(2.0, scale, validate_args=False).log_prob(near).mean()
    loss.backward()
    print(f"scale {scale:6.3f}  loss {loss:6.3f}  slope {scale.grad:6.3f}")
    optimizer.step()

# %% [markdown]
# ### `… to satisfy the constraint PositiveDefinite()`, `… not positive-definite`

# %% tags=["raises-exception"]
from torch.distributions import MultivariateNormal

X = torch.tensor([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
MultivariateNormal(X.mean(0), covariance_matrix=torch.cov(X.T))

# %% [markdown]
# **Cause.** Some direction has no variance. A column is a combination of others, as here, or there
# are no more rows than columns; or a gradient step changed the matrix itself and left the cone of
# covariances; or rounding did it, as below. With `validate_args=False` the message is
# `linalg.cholesky: The factorization could not be completed because the input is not
# positive-definite`. **Cure.** Learn the Cholesky factor and pass it as `scale_tril` ([a chart of
# the cone](../learn/multivariate.py#a-chart-of-the-cone)). Where rows are missing no
# parametrization helps: see [fewer rows than columns](few-rows.py).

# %%
L = torch.tensor([[1.0, 0.0], [1.0, 1e-4]])
print(L @ L.T)  # 1 + 1e-8 is 1 in float32: singular
zero = torch.zeros(2)
print(f"{MultivariateNormal(zero, scale_tril=L).log_prob(zero):.3f}")

# %% [markdown]
# ### `… to satisfy the constraint LowerCholesky()`

# %% tags=["raises-exception"]
S = torch.tensor([[1.0, 0.5], [0.5, 1.0]])
MultivariateNormal(torch.zeros(2), scale_tril=S)

# %% [markdown]
# **Cause.** `scale_tril` has an entry above its diagonal, or a diagonal entry that is not positive.
# **Cure.** A covariance goes into `covariance_matrix`. A factor that is learned needs a chart:
# [constrain a covariance](covariance.py).
#
# ### `Expected value argument … to be within the support`

# %% tags=["raises-exception"]
from torch.distributions import LogNormal

LogNormal(0.0, 1.0).log_prob(torch.tensor([1.0, 0.0]))

# %% [markdown]
# **Cause.** A row that the family cannot produce: a zero for `LogNormal`, a fraction for `Poisson`
# (`IntegerGreaterThan`). If the support is `Real()`, the row is nan.
# **Cure.** Another family, other units, or look at the row.
#
# ### `The right-most size of value must match event_shape`

# %% tags=["raises-exception"]
MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.zeros(2, 5))

# %% [markdown]
# **Cause.** The last axis of the data is not the dimension of the distribution.
# **Cure.** Data are `(n, d)`, one row an observation: transpose them.
#
# ### `Value is not broadcastable with batch_shape+event_shape`

# %% tags=["raises-exception"]
Normal(torch.zeros(3), 1.0).log_prob(torch.zeros(5))

# %% [markdown]
# **Cause.** Three normals, a batch, and five rows, which do not pair up.
# **Cure.** Rows come first, the batch last: `(5, 3)` gives each normal a column of its own,
# `(5, 1)` gives all three the same rows.
#
# ## When the loop runs
#
# ### `Trying to backward through the graph a second time`

# %% tags=["raises-exception"]
u = torch.tensor(1.0, requires_grad=True)
normal = Normal(3.5, softplus(u))
for _ in range(2):
    (-normal.log_prob(x).mean()).backward()

# %% [markdown]
# **Cause.** `softplus(u)` was computed once, before the loop, and `backward` frees what it has used.
# **Cure.** Build the distribution inside the loop. `retain_graph=True`, which the message offers,
# only brings the next one, after the first step: `one of the variables needed for gradient
# computation has been modified by an inplace operation`.
#
# ### `element 0 of tensors does not require grad`

# %% tags=["raises-exception"]
loc = torch.tensor(0.0, requires_grad=True)
draws = Normal(loc, 1.0).sample((10,))
draws.mean().backward()

# %% [markdown]
# **Cause.** Nothing leads from the loss back to a parameter. `sample` cuts the way; so do `detach`,
# `item`, `torch.tensor(loc)`, and a forgotten `requires_grad=True`. **Cure.** `rsample`, which
# draws `loc + scale * noise`, so that the slope passes through; and the tensor itself, not a number
# or another tensor made from it.
#
# ### `can't optimize a non-leaf Tensor`

# %% tags=["raises-exception"]
torch.optim.Adam([softplus(torch.zeros(2, requires_grad=True))])

# %% [markdown]
# **Cause.** The optimizer was given a result, not a parameter. **Cure.** Give it `u`, and compute
# `softplus(u)` in the loop.
#
# ### `a leaf Variable that requires grad is being used in an in-place operation`

# %% tags=["raises-exception"]
loc = torch.tensor(0.0, requires_grad=True)
(-Normal(loc, 1.0).log_prob(x).mean()).backward()
loc -= 0.1 * loc.grad

# %% [markdown]
# **Cause.** A step by hand, which autograd would have to record. **Cure.**
# `with torch.no_grad():` around the step.
#
# ### `Only Tensors of floating point and complex dtype can require gradients`

# %% tags=["raises-exception"]
torch.tensor(0, requires_grad=True)

# %% [markdown]
# **Cause.** `0` makes an integer tensor. **Cure.** `0.0`. The same holds for
# `mean(): could not infer output dtype`: the data are integers, and `x.double()` helps. For
# `expected m1 and m2 to have the same dtype`, one of two matrices is float32 and the other float64.
#
# ### `grad can be implicitly created only for scalar outputs`

# %% tags=["raises-exception"]
loc = torch.tensor(0.0, requires_grad=True)
(-Normal(loc, 1.0).log_prob(x)).backward()

# %% [markdown]
# **Cause.** One loss a row. **Cure.** `.mean()`, or `.sum()`
# ([which one?](../learn/gradient-descent.py)).
#
# ### `step() missing 1 required positional argument: 'closure'`

# %% tags=["raises-exception"]
torch.optim.LBFGS([loc]).step()

# %% [markdown]
# **Cause.** L-BFGS evaluates the loss several times a step. **Cure.** Give it a function that
# clears the gradient, computes the loss, calls `backward` and returns the loss; and
# `line_search_fn="strong_wolfe"` ([its traps](optimizer.py)).
#
# ## From mlefit
#
# These messages say what was expected, what came, and what to try.


# %%
import math
import textwrap

from torch.distributions import Beta, Uniform


def show(call):
    try:
        call()
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        text = f"{type(error).__name__}: {error}"
        print(textwrap.fill(text, 72, subsequent_indent="    "))


show(lambda: mlefit.fit(Normal, [1.0, math.nan, 3.0]))
show(lambda: mlefit.fit(Beta, [0.2, 0.5, 1.0]))
show(lambda: mlefit.fit(Uniform, x))
show(lambda: mlefit.fit(Normal, x, init={"mu": 3.0}))
show(lambda: mlefit.fit(Normal(3.0, 1.0), x))

# %% [markdown]
# In turn: a missing value; a row on the edge of the support, where this density is 0 or infinite; a
# parameter that [no smooth search can learn](any-distribution.py); a name that torch's class does
# not have; a distribution where its class was wanted.
#
# ### `got data without a maximum`

# %%
show(lambda: mlefit.fit(MultivariateNormal, X.double()))

# %% [markdown]
# **Cause.** The likelihood is unbounded: the narrower the normal along the direction that has no
# variance, the higher its density there. **Cure.** [What can be estimated all the same](few-rows.py).
#
# ### `expected a starting value`, and other options

# %%
show(lambda: mlefit.fit(lambda loc: Normal(loc, 1.0), x))
show(lambda: mlefit.fit(Normal, x, init={"loc": 3.0}, fixed={"loc": 3.0}))
show(lambda: mlefit.fit(Normal, x, init={"scale": -1.0}))
show(lambda: mlefit.fit(Normal, x, fixed={"loc": 3.0, "scale": 1.0}))
show(lambda: mlefit.fit(Normal, x, weights=torch.ones(3)))
show(lambda: mlefit.fit(Normal, x, optimizer="adam"))

# %% [markdown]
# **Cause and cure**, in turn. A callable does not say where to begin: pass `init`. A name can be in
# `init` or in `fixed`, not in both. A start must be inside the constraint. Something must be left to
# learn. Weights are one a row. And an optimizer is a class or a `partial`, neither a name nor one that
# has been built already, which would move numbers of its own.
#
# ### `expected data …`, `expected a family …`

# %%
from torch.distributions import Gamma, Independent

show(lambda: mlefit.fit(Normal, x[:0]))
show(lambda: mlefit.fit(LogNormal, [1.0, 0.0]))
show(lambda: mlefit.fit(MultivariateNormal, x))
show(lambda: mlefit.fit(Independent, x))
show(lambda: mlefit.closed_form(Gamma, x))

# %% [markdown]
# **Cause and cure**, in turn. A filter has left no rows. A row is outside the support: another family,
# other units, or look at it. One column is no matrix: take `Normal`, or data `(n, d)`. `Independent`
# wraps a distribution, and a callable builds it ([any distribution](any-distribution.py)). And a
# family without a formula needs the search, `fit`.
#
# ### `expected to be outside torch.inference_mode()`


# %%
def frozen():
    with torch.inference_mode():
        mlefit.fit(Normal, x)


show(frozen)

# %% [markdown]
# **Cause.** Every search needs gradients, and this mode forbids them for good. **Cure.** Call from
# outside it, or within `torch.no_grad()`, which a fit overrides for itself.
#
# ### `not converged: an estimated … nats from the maximum`

# %% tags=["warns"]
from functools import partial

slow = partial(torch.optim.Adam, lr=0.01)
start = {"loc": 0.0, "scale": 1.0}
fit = mlefit.fit(Normal, x, init=start, optimizer=slow, max_steps=50)

# %% [markdown]
# **Cause.** The steps ran out. The number is how much log-likelihood there was still to gain, and
# `fit.converged` is false. **Cure.** What the message says; see
# [which optimizer, start and stopping rule](optimizer.py).
#
# ### `not converged: the likelihood keeps rising as …`

# %% tags=["warns"]
from torch.distributions import Bernoulli

fit = mlefit.fit(Bernoulli, [1.0, 1.0, 1.0])

# %% [markdown]
# **Cause.** The best value lies on the boundary, which a search comes near and never reaches: a
# coin that never fell tails has its best probability at 1. A Student t does the same with data that
# have no heavy tails: `df` runs to infinity, where the t is a normal. So does the slope of a logistic
# regression whose two classes do not overlap. **Cure.** For the coin the closed form, whose estimate
# is 1; for the t fix `df`, or take the normal; for the regression more data, or fewer columns. At a
# boundary a curvature gives no standard error: `closed_form` says so, and after `fit` a warning comes
# with a number that means nothing. A profile interval holds, with one end at the boundary:

# %% tags=["warns"]
coin = mlefit.closed_form(Bernoulli, [1.0, 1.0, 1.0])
show(coin.standard_errors)
low, high = fit.profile_interval("probs")
print(f"probs from {low:.3f} to {high:.0f}")

# %% [markdown]
# ### `not converged: no step raises the likelihood further`

# %% tags=["warns"]
from torch.distributions import Categorical, MixtureSameFamily


def two_clusters(loc):
    return MixtureSameFamily(Categorical(torch.ones(2)), Normal(loc, 1.0))


apart = [-2.0, -1.0, 1.0, 2.0]
fit = mlefit.fit(two_clusters, apart, init={"loc": [0.0, 0.0]})

# %% [markdown]
# **Cause.** The slope is zero, and yet this is no maximum. Here it is a saddle: two equal clusters
# feel the same pull, so neither moves away from the other. Or it is a ridge: two parameters of which
# only the sum matters can change together for ever. **Cure.** For a saddle, a start that is not
# symmetric; for a ridge, fix one of the two, or leave it out.

# %%
fit = mlefit.fit(two_clusters, apart, init={"loc": [-0.1, 0.1]})
assert fit.converged
print([round(value, 2) for value in fit.params["loc"].tolist()])

# %% [markdown]
# ### `not converged: the optimizer no longer moves`

# %% tags=["warns"]
early = partial(torch.optim.LBFGS, tolerance_grad=0.1)
fit = mlefit.fit(Normal, x, init=start, optimizer=early)

# %% [markdown]
# **Cause.** The optimizer has a rule of its own to stop, which was content too early: it knows the
# slope, not how many nats are left. **Cure.** Set its tolerances to 0 and let `fit` judge
# ([its traps](optimizer.py#when-to-stop)).
#
# ### `expected a finite log-likelihood`

# %%
from mlefit.transforms import ExpTransform

long = partial(torch.optim.SGD, lr=0.5)
options = {"transforms": {"scale": ExpTransform()}, "optimizer": long}
show(lambda: mlefit.fit(Normal, x, init={"loc": 0.0, "scale": 0.01}, **options))

# %% [markdown]
# **Cause.** A step was so long that the density of some row is 0 or infinite in float64, or its slope
# is: far from the data every slope is huge. (Where the slope alone is to blame, the message begins
# with `expected finite derivatives`.) **Cure.** A start from the data, which is the default; a
# smaller learning rate; or Newton's method, which halves steps that are too long.
#
# ### `… of … fits converged`

# %% tags=["warns"]
coins = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]])  # two: 1 1 1, 1 0 1
fit = mlefit.fit(Bernoulli, coins)

# %% [markdown]
# **Cause.** In a batch each fit has its own verdict. The message counts the failures by their causes,
# those above: `ran out of steps`, `run to a boundary`, `stopped where no step helps`, and
# `have data that cannot determine the parameters, or left the numbers`; and it names the first of
# each. **Cure.** `fit.converged` says which can be trusted; for the cause of a single one, fit it alone
# ([many fits](many-fits.py#each-has-its-own-verdict)).
#
# ### After the fit: `expected of= to return …`, `expected rows`, …

# %%
from torch.distributions import Cauchy

good = mlefit.fit(Normal, x)
heavy = mlefit.fit(Cauchy, x)
from_sums = mlefit.fit(Normal, mlefit.suffstats(Normal, x))
show(lambda: good.standard_errors(of=lambda d: d.mean.item()))
show(lambda: heavy.standard_errors(of=lambda d: d.mean))
show(lambda: good.profile_interval("variance"))
show(lambda: from_sums.standard_errors(robust=True))

# %% [markdown]
# **Cause and cure**, in turn. The delta method differentiates `of`, so it must return a tensor, not a
# number. This distribution has no mean. Profiles are for parameters that were learned; for others
# there is `confidence_interval(of=...)`. And the sandwich needs every row, not their sums.

# %% [markdown]
# ## No message, and a wrong answer
#
# ### The shape is not what it seems

# %%
column = torch.zeros(272, 1, dtype=x.dtype)
print("a column against rows:", tuple(Normal(column, 1.0).log_prob(x).shape))

Y = mlefit.datasets.old_faithful()  # (272, 2): duration and waiting time
two = Normal(Y.mean(0), Y.std(0))
joint = MultivariateNormal(Y.mean(0), Y.T.cov())
print("Normal:               ", tuple(two.log_prob(Y).shape))
print("MultivariateNormal:   ", tuple(joint.log_prob(Y).shape))

# %% [markdown]
# A column of 272 against 272 rows gives a table, every pair once, and its mean is a loss that means
# nothing: `squeeze` the column. A `Normal` with a vector `loc` is two separate normals, not one in
# two dimensions. Print the shape of `log_prob` once: it must be `(n,)`.
#
# ### A number is not what it seems

# %%
print(f"scale 2: variance {Normal(0.0, 2.0).variance:.0f}")
peak = Normal(0.0, 0.05).log_prob(torch.tensor(0.0))
print(f"log-density of a narrow normal: {peak:+.2f}")
print(f"x.std() {x.std():.4f}, the estimate {x.std(correction=0):.4f}")

ones = torch.ones(3)
loss = torch.nn.GaussianNLLLoss()(torch.zeros(3), ones, ones)
nll = -Normal(0.0, 1.0).log_prob(ones).mean()
print(f"GaussianNLLLoss {loss:.4f}, -log_prob {nll:.4f}")

square = torch.tensor(1e6) ** 2
gap = torch.nextafter(square, torch.tensor(math.inf)) - square
print(f"near the square of a million float32 numbers are {gap:.0f} apart")

# %% [markdown]
# `scale` is the standard deviation, not the variance. A density may exceed 1, so [a negative loss
# is no fault](../learn/log-likelihood.py). `std` divides by $n - 1$ unless told otherwise
# ([bias](../explain/bias.py)). `GaussianNLLLoss` takes a variance, leaves out $\frac12 \log 2\pi$,
# and raises variances below $10^{-6}$ to it. And far from zero a variance computed as
# $\overline{x^2} - \bar x^2$ has no digit left ([floating point](../explain/floating-point.py)).
#
# ### The search goes nowhere
#
# - The loss swings for ever: `zero_grad` is missing.
# - `loc` lands far away: the loss is a sum, and the learning rate was meant for a mean. Both
#   are shown in [gradient descent](../learn/gradient-descent.py).
# - L-BFGS stands still, far from the top: `max_iter=1` without `max_eval`, since torch 2.10
#   ([optimizers](optimizer.py)).
# - After the loop, the last distribution has the scale from *before* the last step, while its `loc`,
#   if that is the parameter itself, is from after it. Build it once more, as above.
#
# ## Exercise
#
# This loop has three mistakes. Find them, in the order in which you would meet them.

# %% tags=["raises-exception"]
loc = torch.tensor(0, dtype=x.dtype, requires_grad=True)
scale = softplus(torch.tensor(1.0, dtype=x.dtype, requires_grad=True))
optimizer = torch.optim.Adam([loc, scale], lr=0.1)
for _ in range(500):
    loss = -Normal(loc, scale).log_prob(x).mean()
    loss.backward()
    optimizer.step()

# %% tags=["solution"]
loc = torch.tensor(0.0, dtype=x.dtype, requires_grad=True)
raw = torch.tensor(1.0, dtype=x.dtype, requires_grad=True)
optimizer = torch.optim.Adam([loc, raw], lr=0.1)  # 1: a leaf
for _ in range(500):
    optimizer.zero_grad()  # 3: or a step follows the sum of all slopes
    loss = -Normal(loc, softplus(raw)).log_prob(x).mean()  # 2: anew
    loss.backward()
    optimizer.step()

assert abs(loc - x.mean()) < 1e-4
assert abs(softplus(raw) - x.std(correction=0)) < 1e-4
print(f"{loc:.3f} minutes, give or take {softplus(raw):.3f}")

# %% [markdown] tags=["solution"]
# Cured of the first, the loop says `Trying to backward through the graph a second time`. Cured of
# the second too, it says nothing, and here is where it ends. Only a comparison with the closed form
# finds the third. (`torch.tensor(0, dtype=x.dtype)` is fine: the dtype decides, not the `0`.)

# %% tags=["solution"]
u = torch.tensor([0.0, 1.0], dtype=x.dtype, requires_grad=True)
optimizer = torch.optim.Adam([u], lr=0.1)
for _ in range(500):
    (-Normal(u[0], softplus(u[1])).log_prob(x).mean()).backward()
    optimizer.step()

assert abs(u[0] - x.mean()) > 1
print(f"{u[0]:.1f} minutes, give or take {softplus(u[1]):.1f}")

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, what it raises and what it warns of](../reference/api.md),
# [the glossary](../reference/glossary.md). What the library refuses, and why:
# [How do I fit any torch distribution?](any-distribution.py#what-is-refused-and-why)
