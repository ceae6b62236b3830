# %% [markdown]
# # How do I make it fast and exact?
#
# Which habits make a fit cheap, and which keep its digits? The first one does both: sum the data
# once, in float64, and let the fit work on the sums.

# %%
import math

import torch
from torch.distributions import Normal

import mlefit

x = (299_000 + mlefit.datasets.michelson()).float()  # km/s
n = len(x)
stats = mlefit.suffstats(Normal, x)
fit = mlefit.fit(Normal, stats)

whole = [int(value) for value in x.tolist()]  # Python's integers are exact
truth = (n * sum(r * r for r in whole) - sum(whole) ** 2) / n**2


def digits(variance):
    error = abs(float(variance) / truth - 1)
    return max(0, int(-math.log10(error))) if error > 1e-15 else 15


assert abs((x**2).mean() / 9e10 - 1) < 0.01

naive = (x**2).mean() - x.mean() ** 2
naive64 = (x.double() ** 2).mean() - x.double().mean() ** 2
print(f"variance {truth} (km/s)²")
print(f"mean of squares less squared mean, float32: {digits(naive)} digits")
print(f"the same in float64: {digits(naive64)} digits")
print(f"suffstats of the float32 data: {digits(stats.scatter / n)} digits")

# %% [markdown]
# A squared reading of Michelson's (1882) is $9 \cdot 10^{10}$, and the variance hides in its eighth
# digit. Single precision has seven; in double precision the formula loses as many, of sixteen.
# `suffstats` subtracts a nearby value first (Chan et al. 1983) and accumulates in float64, block by
# block, so that float32 data are never copied as a whole. `fit` and `closed_form` do the same with
# data of normals.
#
# ## Read the data once
#
# A density of your own is evaluated on every row at every step. `fit` knows that a normal's data
# are three numbers, and reads the rows once:

# %%
torch.manual_seed(0)
big = 299_852 + 79 * torch.randn(20_000, dtype=torch.float64)


def by_rows(loc, scale):
    return Normal(loc, scale)  # any callable: fit cannot look inside


start = {"loc": 299_800.0, "scale": 100.0}
slow = mlefit.fit(by_rows, big, init=start)
fast = mlefit.fit(Normal, big, init=start)
torch.testing.assert_close(slow.params["scale"], fast.params["scale"])

assert slow.converged
assert slow.trace.evaluations > 5
print(f"{slow.trace.evaluations} evaluations of {len(big)} rows by hand")
print(f"{fast.trace.evaluations} evaluations of 3 numbers with statistics")

# %% [markdown]
# ## Pass the factor, not the covariance
#
# `covariance_matrix=` is factored anew at each step, about $d^3/3$ operations. `scale_tril=`
# is not. And a product $LL^\top$ squares the condition number: twice as many digits are gone before
# the factorization begins (Higham 2002).

# %%
from torch.distributions import MultivariateNormal

L = torch.tensor([[1.0, 0.0], [1.0, 1e-4]])
zero = torch.zeros(2)
exact = MultivariateNormal(zero.double(), scale_tril=L.double())
found = MultivariateNormal(zero, scale_tril=L)
print(f"by scale_tril: {found.log_prob(zero):.5f}")
print(f"in float64:    {exact.log_prob(zero.double()):.5f}")

# %% tags=["raises-exception"]
MultivariateNormal(zero, covariance_matrix=L @ L.T)

# %% [markdown]
# ## Check once, and fit in batches
#
# In a loop of your own, torch checks each parameter, and each row of the data, at every step. Check
# the data once, then pass `validate_args=False`; `fit` does so. And many small fits are one call
# with a batch, not a loop: [How do I fit ten thousand at once?](many-fits.py)

# %% tags=["pitfall"]
for value in (-1.0, 0.0):
    scale = torch.tensor(value, requires_grad=True)
    unchecked = Normal(0.0, scale, validate_args=False)
    nll = -unchecked.log_prob(torch.tensor(2.0))
    nll.backward()
    print(f"scale {scale:2.0f}: loss {nll:.0f}, slope {scale.grad:.0f}")

# %% [markdown] tags=["pitfall"]
# Without checks a mistake is no error. Below zero the loss is `nan`, yet the slope is a number, and
# the search [wanders on](errors.py#when-the-distribution-is-built). At zero the slope is `nan` too, and
# so is the scale from then on. Switch the checks off last, when the loop works, and never without a
# chart that keeps the scale positive.

# %% [markdown]
# ## Minibatches
#
# A Student t has no statistics of fixed size: each evaluation reads all rows. Minibatches are
# cheaper, but they do not end at the maximum. Their last values still tremble with the last few
# batches:

# %%
from torch.distributions import StudentT
from torch.nn.functional import softplus

torch.manual_seed(0)
y = StudentT(4.0, 2.0, 0.5).sample((10_000,))


def student(u):
    return StudentT(softplus(u[0]), u[1], softplus(u[2]))


u = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.Adam([u], lr=0.05)
for _ in range(300):
    batch = y[torch.randint(len(y), (256,))]
    loss = -student(u).log_prob(batch).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

last = student(u.detach())
rough = {"df": last.df, "loc": last.loc, "scale": last.scale}
polished = mlefit.fit(StudentT, y, init=rough)

errors = polished.standard_errors()
for name, value in rough.items():
    off = (value - polished.params[name]) / errors[name]
    print(f"{name:5} {value:.2f}: {off:+.1f} standard errors off")
assert polished.converged
more = polished.trace.evaluations
print(f"{more} evaluations of all rows more: converged")

# %% [markdown]
# A rough start and a few steps of Newton on all rows give the maximum and a verdict. If even that
# is too much, fit a random part of the rows: the standard errors grow, and tell you by how much.
#
# ## Exercises
#
# **1.** A thousand events, which scatter by 10 s, are stamped in seconds since 1 January 1970, near
# $1.7 \cdot 10^9$, and stored in float32. What does a fit say? Whose fault is it, and what is the
# cure?

# %% [markdown] tags=["solution"]
# At $1.7 \cdot 10^9$ the neighbours of a float32 are 128 s apart, so all events have one stamp:
# $\sigma$ would be 0. The data are lost before any sum begins, and no summation brings them back.
# Subtract a reference time in float64 *before* the cast. The estimate moves along with the data:
# add the reference to `loc` afterwards.

# %% tags=["solution"]
torch.manual_seed(0)
after = torch.tensor(1.7e9).nextafter(torch.tensor(2e9))
assert after - 1.7e9 == 128

stamps = 1.7e9 + 10 * torch.randn(1000, dtype=torch.float64)
right = mlefit.fit(Normal, stamps).params["scale"]

try:
    mlefit.fit(Normal, stamps.float())
except ValueError as error:
    print(str(error).split("; ")[1].partition(" (")[0])

kept = mlefit.fit(Normal, (stamps - 1.7e9).float()).params["scale"]
print(f"shifted first: {kept:.3f} s, in float64: {right:.3f} s")
torch.testing.assert_close(kept, right.float(), rtol=1e-6, atol=0)

# %% [markdown]
# ## In the reference
#
# [`mlefit.suffstats`, `mlefit.fit` and `Trace.evaluations`](../reference/api.md). Related pages:
# [What does floating point do to a likelihood?](../explain/floating-point.py),
# [Which optimizer, start and stopping rule?](optimizer.py) and
# [What if the data do not fit into memory?](distributed.py)
#
# ## References
#
# - Chan TF, Golub GH, LeVeque RJ (1983) Algorithms for computing the sample variance: analysis and
#   recommendations. *The American Statistician* 37(3), 242–247.
#   [doi:10.1080/00031305.1983.10483115](https://doi.org/10.1080/00031305.1983.10483115)
# - Higham NJ (2002) *Accuracy and Stability of Numerical Algorithms*, 2nd ed. SIAM.
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
