# %% [markdown]
# # What does floating point do to a likelihood?
#
# Computed in float32 by the school formula, the variance of Michelson's hundred readings of the
# speed of light is −8192. Where does a likelihood lose its digits, and what does `mlefit` do about
# it?
#
# In squares of large numbers, in products, in sums over many rows, in $LL^\top$ and in softplus.
# The library shifts first, adds logarithms in float64, and works on factors ([the
# table](#what-mlefit-does-about-each)). The first of these to begin with: two formulas give a
# variance. One passes over the data twice, the other is the school's:


# %%
import torch
from torch.distributions import Normal

import mlefit


def two_passes(x):
    return ((x - x.mean(0)) ** 2).mean(0)


def school(x):
    return (x**2).mean(0) - x.mean(0) ** 2


# %% tags=["fold"] alt="Relative error of the variance of 1000 numbers against their distance from zero in standard deviations, both axes logarithmic. In one pass the error grows with the square of the distance: in float32 it passes 1 a little above three thousand, in float64 near eighty million. In two passes in float32 it stays below one part in ten million up to some thousands, and reaches one in a thousand at a million. The library stays at one part in 10 to the 16 throughout."
import matplotlib.pyplot as plt

torch.manual_seed(0)
z = torch.randn(1000, 20, dtype=torch.float64)  # twenty data sets
distance = torch.logspace(0, 8, 33, dtype=torch.float64)


def library(x):
    stats = mlefit.suffstats(Normal, x)
    return stats.scatter / stats.n


def relative_error(formula, x):
    truth = two_passes(x.double())
    error = ((formula(x).double() - truth).abs() / truth).mean()
    return error.clamp(min=5e-17)  # a logarithmic axis has no zero


fig, ax = plt.subplots(figsize=(7.2, 3.8))
passes_one = []
for formula, dtype, last, style in (
    (school, torch.float32, 1e6, "C1-"),
    (school, torch.float64, 1e8, "C1--"),
    (two_passes, torch.float32, 1e6, "C0-"),
    (library, torch.float64, 1e8, "C2-"),
):
    at = [k for k in distance if k <= last]
    errors = [relative_error(formula, (z + k).to(dtype)) for k in at]
    ax.plot(at, errors, style)
    if formula is school:
        j = next(i for i, error in enumerate(errors) if error > 1)
        share = errors[j - 1].log() / (errors[j - 1] / errors[j]).log()
        passes_one.append(at[j - 1] ** (1 - share) * at[j] ** share)
assert 3.0e3 < passes_one[0] < 3.5e3, "as the figure's description says"
assert 7.5e7 < passes_one[1] < 8.5e7
ax.axhline(1, color="C4", linewidth=0.8, linestyle=":")
ax.text(1, 3, "nothing is right", color="C4")
ax.text(1.2, 5e-4, "one pass, float32", color="C1")
ax.text(1e4, 1e-12, "one pass, float64", color="C1")
ax.text(1.2, 1e-9, "two passes, float32", color="C0")
ax.text(1e8, 4e-15, "mlefit", color="C2", ha="right")
ax.set(xscale="log", yscale="log", ylim=(2e-17, 1e6))
ax.set(xlabel="distance from zero, in standard deviations", ylabel="relative error of the variance")
plt.show()

# %% [markdown]
# The data are a thousand normal numbers, moved away from zero. Their variance stays what it was.
# What the computer makes of it does not: the school formula,
#
# $$
# s^2 = \frac1n \sum_{i=1}^n x_i^2 - \bar x^2 ,
# $$
#
# which needs one pass over the data, loses digits with the square of the distance: a factor of a
# million at a thousand standard deviations. Michelson's readings lie near 299 852 km/s, with a
# standard deviation of 79:

# %%
speed = 299_000 + mlefit.datasets.michelson()


def one_pass(x):
    total = square = torch.zeros((), dtype=x.dtype)
    for value in x:
        total = total + value
        square = square + value * value
    return square / len(x) - (total / len(x)) ** 2


print(f"one pass, float32:   {one_pass(speed.float()):9.2f} (km/s)²")
print(f"one pass, float64:   {one_pass(speed):9.2f}")
print(f"two passes, float32: {two_passes(speed.float()):9.2f}")

# %% [markdown]
# A variance of −8192. The squares are near $9 \cdot 10^{10}$, and there float32 has one number
# every 8192. Both terms are rounded to that grid, their true difference, 6180, is smaller than one
# step, and the subtraction leaves nothing but rounding. This is **cancellation** (Higham 2002).

# %%
square = speed.float().mean() ** 2
step = torch.nextafter(square, torch.tensor(torch.inf)) - square
print(f"spacing of float32 at {square:.1e}: {step:.0f}")
assert one_pass(speed.float()) % step == 0

# %% [markdown]
# The cure is to subtract *before* squaring: a second pass about the mean, or one pass about any
# number that is close to the data, such as the first of them (Chan, Golub & LeVeque 1983). `mlefit`
# does the latter in float64, block by block, about the mean of the first block, and passes again
# only if that was a poor guess.
#
# ## Products vanish
#
# A product of densities ends at 0.0 as soon as it is below the smallest number of its format. When,
# can be said in advance: at $\log(\text{smallest})$ over the mean log-density.

# %%
import math

torch.manual_seed(0)
terms = Normal(0.0, 1.0).log_prob(torch.randn(2000, dtype=torch.float64))

smallest = {"float16": 2**-24, "float32": 2**-149, "float64": 2**-1074}
for name, least in smallest.items():
    product = torch.ones((), dtype=getattr(torch, name))
    count = 0
    while product > 0:
        product = (product * terms[count].exp()).to(product.dtype)
        count += 1
    predicted = math.log(least) / terms.mean()
    print(f"{name}: 0.0 after {count} rows, predicted about {predicted:.0f}")

# %% [markdown]
# Sums of logarithms have no such end; [What is a log-likelihood?](../learn/log-likelihood.py) shows
# the curve. Stay on the log scale to the last: to add densities, as a mixture does, use
# `torch.logsumexp`, not `exp`, `+`, `log`.
#
# ## Sums have a grain
#
# A log-likelihood grows with $n$, and with it the distance between neighbouring floats. Differences
# of a nat decide between models; at a billion rows float32 cannot represent one:

# %%
for n in (1e3, 1e6, 1e9):
    for dtype in (torch.float32, torch.float64):
        total = torch.tensor(1.42 * n, dtype=dtype)  # nats
        grain = torch.nextafter(total, total + total) - total
        print(f"n = {n:.0e}, {dtype}: grain {grain:.1e} nats")

# %% [markdown]
# The slope has a grain too. Here are a hundred thousand rows near 10 000, with the exact estimates,
# rounded to float32:

# %%
torch.manual_seed(0)
x = (1e4 + torch.randn(100_000, dtype=torch.float64)).float()
mean, s = x.double().mean(), x.double().std(correction=0)

loc = mean.float().requires_grad_()
Normal(loc, s.float()).log_prob(x).sum().backward()
expected = len(x) * (mean - loc.item()) / s**2
worth = expected**2 / (2 * len(x) / s**2)
print(f"slope at the best float32: {loc.grad:.1f}, expected {expected:.1f}")
print(f"what it is worth: {worth:.3f} nats")
assert loc.grad.abs() > 1e-5

# %% [markdown]
# A rule such as "stop when the gradient is below $10^{-5}$" can never be met here: the nearest
# float32 lies a few ten-thousandths beside the mean, and $n$ multiplies that. So `mlefit` asks how
# many *nats* are still to be gained, $\frac n2 g^\top H^{-1} g$ with the gradient $g$ and the
# Hessian $H$ of the loss $-\ell/n$, which has the same meaning in any unit. It computes statistics,
# search and verdict in float64, and rounds the parameters to your dtype last.
#
# ## A covariance squares the condition number
#
# Two columns that are nearly equal, a factor
# $L = \bigl(\begin{smallmatrix} 1 & 0 \\ 1 & \varepsilon \end{smallmatrix}\bigr)$ with
# $\varepsilon = 10^{-4}$. Build the distribution from this factor:

# %%
from torch.distributions import MultivariateNormal

L = torch.tensor([[1.0, 0.0], [1.0, 1e-4]])
zero = torch.zeros(2)
by_factor = MultivariateNormal(zero, scale_tril=L).log_prob(zero)
exact = -math.log(2 * math.pi) - math.log(1e-4)
print(f"scale_tril {by_factor:.5f}, exact {exact:.5f}")

# %% [markdown]
# And from the product $LL^\top$, which is the same distribution:

# %% tags=["raises-exception"]
MultivariateNormal(zero, covariance_matrix=L @ L.T)

# %% [markdown]
# The last entry of $LL^\top$ is $1 + 10^{-8}$. Float32 rounds it to 1, and the matrix is singular.
# The condition number of $LL^\top$ is the square of that of $L$, so twice as many digits are lost,
# before `covariance_matrix` factorizes what is left to get $L$ back: a factor that costs four of
# float32's seven loses them all as a product. The error of a log-density shows it:

# %% tags=["fold"] alt="Median error in nats of float32 log-densities in five dimensions against the condition number of L, both axes logarithmic. From scale_tril the error grows more slowly than the condition number. From the covariance matrix it grows with its square, and the line ends where the Cholesky factorization begins to fail."
torch.manual_seed(0)
d, repeats = 5, 400
axes_of = torch.linalg.qr(torch.randn(repeats, d, d, dtype=torch.float64)).Q
z = torch.randn(repeats, d, dtype=torch.float64)
origin = torch.zeros(d)
conditions, by_tril, by_cov = torch.logspace(0.25, 5, 20), [], []

for condition in conditions:
    widths = torch.logspace(0, -condition.log10(), d, dtype=torch.float64)
    exact = torch.linalg.cholesky((axes_of * widths**2) @ axes_of.mT)
    L = exact.float()  # what is stored; the truth is taken from it
    y = (exact @ z[..., None])[..., 0].float()
    truth = MultivariateNormal(origin.double(), scale_tril=L.double()).log_prob(y.double())
    factor, info = torch.linalg.cholesky_ex(L @ L.mT)

    for errors, tril in ((by_tril, L), (by_cov, factor)):
        value = MultivariateNormal(origin, scale_tril=tril, validate_args=False).log_prob(y)
        errors.append((value - truth).abs().median())
    if info.any():
        by_cov[-1] = torch.tensor(torch.nan)

last = by_cov.index(next(e for e in reversed(by_cov) if e == e))
first = next(i for i, condition in enumerate(conditions) if condition > 99)


def power(errors, last):
    """Return p, where the error grows like the p-th power of the condition number."""
    return (errors[last] / errors[first]).log() / (conditions[last] / conditions[first]).log()


assert 1.8 < power(by_cov, last) < 2.2, "as the figure's description says"
assert 0.5 < power(by_tril, -1) < 1
fig, ax = plt.subplots(figsize=(7.2, 3.2))
ax.plot(conditions, by_tril, color="C1")
ax.plot(conditions, by_cov, color="C4")
ax.plot(conditions[last], by_cov[last], "x", color="C4", markersize=9)
ax.text(conditions[last] * 1.2, by_cov[last], "fails from here on", color="C4", va="center")
ax.text(250, 1e-3, "covariance_matrix=L @ L.T", color="C4", ha="right")
ax.text(1.5e4, 3e-6, "scale_tril=L", color="C1")
ax.set(xscale="log", yscale="log", xlabel="condition number of L", ylabel="error, nats")
plt.show()

# %% [markdown]
# ## A softplus has two ends
#
# $\operatorname{softplus}(u) = \log(1 + e^u)$ keeps a scale positive (Dugas et al. 2001), in exact
# arithmetic. Far to the left it underflows to 0, which is not a scale. Above 20 PyTorch's version
# returns $u$ itself. That is right to nine digits, but its second derivative is exactly zero, so a
# Newton step sees no curvature where there is some:

# %%
from torch.nn.functional import softplus


def curvature(link, u):
    u = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(link(u), u, create_graph=True)
    return torch.autograd.grad(slope, u)[0]


link = mlefit.transforms.SoftplusTransform()
for u in (-80.0, -104.0):
    print(f"softplus({u:.0f}) in float32: {softplus(torch.tensor(u)):.1e}")
for u in (19.0, 21.0):
    torchs, ours = curvature(softplus, u), curvature(link, u)
    print(f"curvature at {u:.0f}: torch {torchs:.2e}, mlefit {ours:.2e}")

scale = torch.tensor(100.0)  # its inverse: which u gives this scale?
print(f"log(exp(y) - 1)         {scale.expm1().log():.1f}")
print(f"y + log(1 - exp(-y))    {link.inv(scale):.1f}")

# %% tags=["pitfall"]
silent = Normal(0.0, softplus(torch.tensor(-104.0)), validate_args=False)
loss = -silent.log_prob(torch.tensor(0.0))
print(f"loss {loss:.1f}")
print(f"less than 5: {loss.item() < 5}, more: {loss.item() > 5}")

june = torch.tensor([1_750_000_000.0, 1_750_000_060.0])
print(f"a minute, in float32: {june[1] - june[0]:.0f} s")

# %% [markdown] tags=["pitfall"]
# **Checks switched off.** With `validate_args=False` a scale of zero is not refused. It gives nan,
# no comparison with nan is true, and a loop that keeps the best loss so far keeps on silently.
#
# **Rounded before it arrived.** No formula brings back what the data lost on the way in. A Unix
# time in float32 is good to two minutes. Subtract a reference before you convert, or hand over
# float64.

# %% [markdown]
# ## What mlefit does about each
#
# | what goes wrong | what is done |
# |---|---|
# | products underflow | log-densities throughout |
# | $\frac1n\sum x^2 - \bar x^2$ cancels | deviations from a nearby shift, in float64, block by block; the mean carries its rounding error along |
# | sums and slopes have a grain | float64 inside, whatever the data; the verdict is in nats |
# | a covariance squares the condition number | `scale_tril` is the default; triangular solves, no inverse |
# | $S$ is singular to rounding | an error that names the rank and the tolerance; no hidden floor under a variance |
# | softplus turns linear above 20 | `logaddexp(u, 0)`, and the inverse $y + \log(1 - e^{-y})$ by `expm1` |
#
# Michelson's readings once more, in float32 and where they are:

# %%
fit = mlefit.fit(Normal, speed.float())
loc, scale = fit.params["loc"], fit.params["scale"]
print(f"loc {loc:.1f}, scale {scale:.2f} km/s, {scale.dtype}")
assert fit.converged
s = speed.std(correction=0).float()
torch.testing.assert_close(scale, s, rtol=1e-6, atol=0)

# %% [markdown]
# ## Exercises
#
# **1.** Take 10 000 000.2 once and, 500 times, the pair 10 000 000.1 and 10 000 000.3. The exact
# variance with divisor $n - 1$ is 0.01. What do one pass and two passes give in float64, and why is
# no formula right to more than eight digits?

# %% [markdown] tags=["solution"]
# One pass gives −2: the squares are near $10^{14}$, where float64 has a number every 1/64, and 1001
# of them add up to a worse one. Two passes are right to eight digits. The rest was lost when 0.1
# was stored beside ten million: the floats there lie $2 \cdot 10^{-9}$ apart, and in exact
# arithmetic the stored numbers have the same wrong digits. They are one of the certified test sets
# of NIST (2003).

# %% tags=["solution"]
values = [10_000_000.2] + 500 * [10_000_000.1, 10_000_000.3]
x = torch.tensor(values, dtype=torch.float64)
unbiased = len(x) / (len(x) - 1)

once, twice = one_pass(x) * unbiased, two_passes(x) * unbiased
print(f"one pass {once:.2f}, two passes {twice:.10f}")

for value in (x[0], x[0] ** 2):
    apart = torch.nextafter(value, value + 1) - value
    print(f"near {value:.0e} the floats are {apart:.1e} apart")
assert len(x) == 1001
assert apart == 1 / 64
assert once < 0
assert 1e-9 < abs(twice / 0.01 - 1) < 1e-7

# %% [markdown]
# **2.** At 1.42 nats a row, from which $n$ on can a float32 log-likelihood not show a difference of
# 0.01 nats?

# %% [markdown] tags=["solution"]
# Between $2^j$ and $2^{j+1}$ the floats lie $2^{j-23}$ apart. That exceeds 0.01 from $j = 17$ on,
# where it is 1/64. The sum reaches $2^{17}$ after 92 305 rows.

# %% tags=["solution"]
n = math.ceil(2**17 / 1.42)
total = torch.tensor(1.42 * n)
grain = torch.nextafter(total, total + total) - total
print(f"n = {n}, grain {grain:.4f} nats")

before = torch.tensor(1.42 * (n - 1))
finer = torch.nextafter(before, before + before) - before
assert finer < 0.01 < grain

# %% [markdown]
# **3.** `torch.log(1 + torch.exp(u))` fails at both ends. Where, in float32? Write a softplus that
# does not, from `log1p`, `exp`, `abs` and `clamp`.

# %% [markdown] tags=["solution"]
# At $u = 89$ the exponential is infinite. Below about −17 the sum $1 + e^u$ is rounded to 1, so the
# result is 0. Take the larger of $u$ and 0 out of the logarithm:
# $\log(1 + e^u) = \max(u, 0) + \log(1 + e^{-|u|})$.

# %% tags=["solution"]


def safe(u):
    return u.clamp(min=0) + torch.log1p(torch.exp(-u.abs()))


u = torch.tensor([-50.0, -17.0, 0.0, 17.0, 89.0])
print("plain:", [f"{value:.2g}" for value in torch.log(1 + torch.exp(u))])
print("safe: ", [f"{value:.2g}" for value in safe(u)])
torch.testing.assert_close(safe(u), torch.logaddexp(u, torch.zeros(5)))

# %% [markdown]
# ## In the reference
#
# [`mlefit.suffstats`, `mlefit.transforms`](../reference/api.md). In practice:
# [How do I make it fast and exact?](../howto/speed.py),
# [What does this error message mean?](../howto/errors.py)
#
# ## References
#
# - Chan TF, Golub GH, LeVeque RJ (1983) Algorithms for computing the sample variance: analysis and
#   recommendations. *The American Statistician* 37(3), 242–247.
#   [doi:10.1080/00031305.1983.10483115](https://doi.org/10.1080/00031305.1983.10483115)
# - Dugas C, Bengio Y, Bélisle F, Nadeau C, Garcia R (2001) Incorporating second-order functional
#   knowledge for better option pricing. *Advances in Neural Information Processing Systems* 13,
#   472–478.
# - Higham NJ (2002) *Accuracy and Stability of Numerical Algorithms*, 2nd ed. SIAM.
#   [doi:10.1137/1.9780898718027](https://doi.org/10.1137/1.9780898718027)
# - National Institute of Standards and Technology (2003) *Statistical Reference Datasets*. NIST
#   Standard Reference Database 140. [doi:10.18434/T43G6C](https://doi.org/10.18434/T43G6C)
