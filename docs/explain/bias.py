# %% [markdown]
# # Why n and not n − 1?
#
# Maximum likelihood divides the squared deviations by $n$. Textbooks and `torch.std` divide by
# $n - 1$. Which of the two is right, and what is it right about?
#
# Both: $n$ makes the data at hand densest, and $n - 1$ makes the *variance* right on average. Neither
# makes the standard deviation so:

# %% tags=["fold"] alt="Four histograms of the maximum likelihood estimate divided by the true standard deviation, for 3, 5, 10 and 30 readings. Its mean lies below 1 in each: 0.72, 0.84, 0.92 and 0.97. The outlined histograms with the divisor n - 1 lie further right, yet their means, 0.89, 0.94, 0.97 and 0.99, are below 1 too."
import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
fig, axes = plt.subplots(1, 4, figsize=(7.2, 2.9), sharex=True, sharey=True)
bins = torch.linspace(0, 2.2, 45).tolist()
for ax, n in zip(axes, (3, 5, 10, 30), strict=True):
    estimate = torch.randn(40_000, n).std(-1, correction=0)
    less = estimate * (n / (n - 1)) ** 0.5
    ax.hist(estimate, bins, density=True, color="C1", alpha=0.35)
    ax.hist(less, bins, density=True, color="C4", histtype="step")
    ax.axvline(1, color="C2", linestyle="--", linewidth=1)
    ax.text(0.04, 3.85, f"n = {n}", weight="bold")
    ax.text(0.04, 3.5, f"{estimate.mean():.2f}", color="C1")
    ax.text(0.04, 3.15, f"{less.mean():.2f}", color="C4")
    ax.set(ylim=(0, 4.2), yticks=[], xticks=[0, 1, 2])
    ax.spines["left"].set_visible(False)
axes[0].text(0.05, 1.5, "by n", color="C1")
axes[0].text(1.35, 0.72, "by n − 1", color="C4")
axes[0].text(1.06, 2.4, "truth", color="C2")
fig.supxlabel("estimated σ / true σ", fontsize=10)
plt.show()

# %% [markdown]
# Each histogram shows 40,000 estimates of one $\sigma$, from samples of 3, 5, 10 or 30 normal
# numbers. The filled ones divide by $n$: on average they are too small, the number says by which
# factor. The outlines divide by $n - 1$. They are too small as well, only less so. So $n - 1$
# does not give an unbiased standard deviation either. What does it give?
#
# ## Where the one goes
#
# The deviations are taken from $\bar x$, and $\bar x$ is not $\mu$. It is the centre for which the
# squared deviations add up to *least*, so they come out too small (Bishop 2006). By how much
# is an identity:
#
# $$
# \begin{aligned}
# s^2 &= \frac1n \sum_{i=1}^n (x_i - \bar x)^2 \\
#     &= \frac1n \sum_{i=1}^n (x_i - \mu)^2 - (\bar x - \mu)^2 .
# \end{aligned}
# $$
#
# On average the first term is $\sigma^2$ and the second is the variance of a mean, $\sigma^2/n$:
#
# $$
# \E[s^2] = \sigma^2 - \frac{\sigma^2}{n} = \frac{n - 1}{n}\, \sigma^2 .
# $$
#
# This needs independent readings with a variance, and no normal. To see it, take Michelson's
# hundred readings of the speed of light as the whole world, and draw samples of five from them:

# %%
import torch

import mlefit

torch.manual_seed(0)
world = mlefit.datasets.michelson()
variance = world.var(correction=0)  # the truth in this world

samples = world[torch.randint(len(world), (200_000, 5))]
s2 = samples.var(-1, correction=0)
print(f"variance {variance:.0f}, mean of s² {s2.mean():.0f} (km/s)²")
print(f"ratio {s2.mean() / variance:.3f}, predicted {4 / 5:.3f}")

# %% [markdown]
# Multiply by $n/(n-1)$, that is, divide by $n - 1$, and the **variance** is unbiased. But
# unbiasedness does not survive a square root. For normal data
#
# $$
# \frac{\E[\hat\sigma]}{\sigma}
#   = \sqrt{\frac2n}\; \frac{\Gamma(n/2)}{\Gamma((n-1)/2)} ,
# $$
#
# where $\hat\sigma = s$ is the maximum likelihood estimate and $\Gamma$ the gamma function.

# %% [markdown] tags=["steps"]
# For normal data $n s^2/\sigma^2$ is a sum of $\nu = n - 1$ squared standard normals, a $\chi^2$
# variable with $\nu$ degrees of freedom. Its density is proportional to $t^{\nu/2 - 1} e^{-t/2}$,
# so
#
# $$
# \begin{aligned}
# \E[\sqrt t] &= \frac{\int t^{(\nu+1)/2 - 1} e^{-t/2}\, \mathrm dt}
#                    {\int t^{\nu/2 - 1} e^{-t/2}\, \mathrm dt} \\
#   &= \sqrt2\; \frac{\Gamma((\nu+1)/2)}{\Gamma(\nu/2)} .
# \end{aligned}
# $$
#
# Since $\hat\sigma/\sigma = \sqrt{t/n}$, divide by $\sqrt n$.

# %%
import math


def shortfall(n):
    ratio = math.lgamma(n / 2) - math.lgamma((n - 1) / 2)
    return math.sqrt(2 / n) * math.exp(ratio)


torch.manual_seed(0)
print("   n   E[s²]/σ²   E[s]/σ   simulated   with n − 1")
for n in (2, 5, 10, 30, 100):
    draws = torch.randn(2_000_000 // n, n, dtype=torch.float64)
    sigma = draws.std(-1, correction=0)
    less = shortfall(n) * math.sqrt(n / (n - 1))
    row = f"{shortfall(n):8.3f} {sigma.mean():11.3f} {less:12.3f}"
    print(f"{n:4} {1 - 1 / n:10.3f} {row}")

    noise = 5 * sigma.std() / math.sqrt(len(sigma))
    assert abs(sigma.mean() - shortfall(n)) < noise

# %% [markdown]
# From two readings the estimate is 0.564 of the truth on average, from a hundred 0.992. At
# Michelson's $n = 100$ the two divisors give 78.61 and 79.01 km/s. The difference, 0.4, is small
# beside the [standard error](../learn/uncertainty.py), which is fourteen times as large:

# %%
from torch.distributions import Normal

fit = mlefit.fit(Normal, world)
scale, se = fit.params["scale"], fit.standard_errors()["scale"]
print(f"σ = {scale:.2f} ± {se:.2f}, and {world.std():.2f} by n − 1")
assert 13 < se / (world.std() - scale) < 15

# %% [markdown]
# ## Which divisor is best?
#
# Best at what? Bias is the error of the average. One data set is not an average, so look at the
# **mean squared error** of the variance, or at how well the fitted normal **predicts** a new
# reading, in nats:

# %%
torch.manual_seed(0)
n = 10
x = torch.randn(400_000, n, dtype=torch.float64)  # the truth is 0 and 1
mean, total = x.mean(-1), n * x.var(-1, correction=0)

divisors = {"n + 1": n + 1, "n": n, "n − 1": n - 1}
divisors["n(n−3)/(n+1)"] = n * (n - 3) / (n + 1)

print("divisor             bias   mean square   nats lost")
for name, divisor in divisors.items():
    v = total / divisor
    square = ((v - 1) ** 2).mean()
    lost = ((1 + mean**2) / v - 1 + v.log()).mean() / 2
    row = f"{v.mean() - 1:+7.3f} {square:10.3f} {lost:13.3f}"
    print(f"{name:13} {divisor:5.2f} {row}")

# %% [markdown]
# Each wins at something; three of the titles are in the table. $n - 1$ has no bias. $n + 1$ has the
# smallest mean squared error, and $n$ comes before $n - 1$. The best forecasts come from
# ${n(n-3)/(n+1)}$, which is 6.36 here: a bell that is too narrow is punished more than one that is
# too wide, and the centre is uncertain too. And $n$ makes the data at hand densest, whether you
# call the width $\sigma^2$, $\sigma$ or $\log\sigma$; the first two titles hold for $\sigma^2$
# alone. `mlefit` divides by $n$, because that is what "maximum likelihood" means. The choice hardly
# matters where $n$ is large. Where it does matter, say which one you made.

# %% tags=["pitfall"]
torch.manual_seed(0)
groups = torch.randn(100_000, 3, dtype=torch.float64)  # σ = 1

sds, variances = groups.std(-1), groups.var(-1)  # both by n − 1
print(f"average of standard deviations  {sds.mean():.3f}")
print(f"root of the average variance    {variances.mean().sqrt():.3f}")

# %% [markdown] tags=["pitfall"]
# **Averaging standard deviations.** A hundred thousand groups of three do not help: every term of
# the average is biased in the same direction. Average variances (by $n - 1$), then take the root.
#
# **Mixing defaults.** `torch.std`, `torch.var` and `torch.cov` divide by $n - 1$, and so do pandas
# and R. `numpy.std` and `numpy.var` divide by $n$, but `numpy.cov` by $n - 1$. In PyTorch write
# `correction=0` for the maximum likelihood estimate.

# %% [markdown]
# ## In many dimensions the average deceives
#
# The scatter matrix has the same small bias, $\E[S] = \frac{n-1}{n} \Sigma$. Its *eigenvalues* have
# a large one. $S$ points its longest axis to where the noise happened to be longest, so the large
# eigenvalues come out too large and the small ones too small. In $d = 50$ dimensions:

# %%
d = 50
truth = torch.logspace(0.6, -0.6, d, dtype=torch.float64)  # 3.98 to 0.25


def shrunk(X):
    """Return the scatter pulled towards a sphere (Ledoit & Wolf 2004)."""
    n, d = X.shape
    apart = X - X.mean(0)
    S = apart.T @ apart / n
    sphere = torch.eye(d, dtype=S.dtype) * S.trace() / d
    noise = ((apart**2).sum(-1) ** 2).mean() - (S**2).sum()
    share = noise / n / ((S - sphere) ** 2).sum()
    return S + share.clamp(max=1) * (sphere - S)


torch.manual_seed(0)
spectra = {}
print("  n   rank    total  largest smallest   error")
for n in (100, 50, 25):
    X = torch.randn(n, d, dtype=torch.float64) * truth.sqrt()
    S = torch.cov(X.T, correction=0)
    for name, matrix in (("MLE", S), ("shrunk", shrunk(X))):
        spectra[n, name] = values = torch.linalg.eigvalsh(matrix).flip(0)
        total = values.sum() / truth.sum()
        largest, smallest = (values.clamp(min=0) / truth)[[0, -1]]
        error = (matrix - truth.diag()).norm() / truth.norm()
        rank = torch.linalg.matrix_rank(matrix)
        row = f"{total:8.2f} {largest:8.2f} {smallest:8.2f} {error:7.2f}"
        print(f"{n:3} {rank:6} {row}   {name}")

# %% tags=["fold"] alt="Sorted eigenvalues of 50-dimensional scatter matrices from 100, 50 and 25 rows, on a logarithmic axis, with the truth as a dashed straight line. The maximum likelihood eigenvalues start above it and fall far below it, the more so the fewer the rows; from 25 rows 26 of them are zero. The shrunk eigenvalues lie close to the truth at the large end and above it at the small end."
fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.0), sharex=True, sharey=True)
order = torch.arange(1, d + 1)
for ax, n in zip(axes, (100, 50, 25), strict=True):
    ax.plot(order, truth, "--", color="C2")
    mle = spectra[n, "MLE"]
    some = mle > 1e-9
    ax.plot(order[some], mle[some], color="C1")
    ax.plot(order, spectra[n, "shrunk"], color="C4")
    zeros = d - int(some.sum())
    if zeros:
        ax.text(1, 0.006, f"{zeros} of 50: zero", color="C1")
    ax.text(50, 12, f"{n} rows", weight="bold", ha="right")
    ax.set(yscale="log", ylim=(0.004, 20), xticks=[1, 25, 50])
axes[0].text(2, 0.35, "truth", color="C2")
axes[0].text(35, 0.04, "MLE", color="C1", ha="right")
axes[0].text(50, 1.25, "shrunk", color="C4", ha="right")
axes[0].set(ylabel="eigenvalue")
axes[1].set(xlabel="rank among the fifty")
plt.show()

# %% [markdown]
# The total variance is about right in every row of the table. Its distribution is not: already from
# 100 rows the largest eigenvalue is half as large again as the truth, and the smallest is less than
# a quarter of it. No constant divisor repairs that, since it would move all fifty alike. Pulling
# $S$ towards a sphere goes the other way, too far at the small end, and yet its error, the norm of
# the difference to $\Sigma$ as a share of $\Sigma$'s own, is the smaller one: a bias that pays.
# With $n \le d$ rows the likelihood has no maximum at all, and `mlefit` raises;
# what to do then: [What if there are fewer rows than columns?](../howto/few-rows.py)
#
# ## What maximum likelihood does not promise
#
# - **No bias.** Seen above.
# - **The smallest error.** In small samples another divisor, and in many dimensions a shrunk
#   estimate, comes closer to the truth.
# - **To get it right in the end if the parameters multiply with the data.** Exercise 2.
# - **A maximum.** It may run away: one reading, $n \le d$ rows, a free Student-t.
# - **A warning if the model is wrong.** For this, [look at the data](../learn/model-checking.py).
#
# Stigler (2007) tells how all this was found out.
#
# What it does promise, if the model holds, is smooth, and keeps its number of parameters: with
# growing $n$ the estimate goes to the truth, its bias shrinks like $1/n$ while its standard error
# shrinks like $1/\sqrt n$, and no regular estimate has a smaller variance in the limit (van der
# Vaart 1998). *Regular* are those whose errors are spread alike in the limit for all truths within
# about $1/\sqrt n$ of each other. And at every $n$ it is
# [invariant](proofs.py#a-new-name-for-a-parameter-changes-nothing).
#
# ## Exercises
#
# **1.** Which divisor makes the standard deviation of five normal readings unbiased?

# %% [markdown] tags=["solution"]
# $\hat\sigma$ falls short by the factor 0.841, so divide by $n \cdot 0.841^2$ instead of by $n$.
# That is 3.53 at $n = 5$, close to $n - 1.5$, a rule that gets better as $n$ grows.

# %% tags=["solution"]
for n in (5, 10, 30):
    print(f"n = {n:2}: divide by {n * shortfall(n) ** 2:.2f}")

torch.manual_seed(0)
x = torch.randn(200_000, 5, dtype=torch.float64)
total = 5 * x.var(-1, correction=0)
sd = (total / (5 * shortfall(5) ** 2)).sqrt()
assert abs(sd.mean() - 1) < 5 * sd.std() / math.sqrt(200_000)

# %% [markdown]
# **2.** A laboratory measures 10,000 different objects twice each. Every object has its own size,
# all measurements share one error $\sigma = 1$. To what does the maximum likelihood estimate of
# $\sigma^2$ tend, as more objects come in?

# %% [markdown] tags=["solution"]
# Each pair has its own mean, and $\E[s^2] = \sigma^2/2$ within a pair. The estimate of the common
# variance is the average over the pairs. It tends to $\sigma^2/2$, and more pairs make it only more
# certain of the wrong value. Neyman and Scott (1948) found this: there are as many means to learn
# as pairs, and maximum likelihood pays for each of them with one degree of freedom.

# %% tags=["solution"]
torch.manual_seed(0)
for objects in (100, 10_000, 1_000_000):
    size = 50 + 10 * torch.randn(objects, 1, dtype=torch.float64)
    pairs = size + torch.randn(objects, 2, dtype=torch.float64)
    estimate = pairs.var(-1, correction=0).mean()
    print(f"{objects:8} objects: σ² = {estimate:.3f}")
assert abs(estimate - 0.5) < 0.005

# %% [markdown]
# **3.** Show that $n + 1$ gives the variance its smallest mean squared error, for normal data.

# %% [markdown] tags=["solution"]
# Let $t = n s^2/\sigma^2$, which has mean $n - 1$ and variance $2(n - 1)$. The estimate $c\,t$ of 1
# has the mean squared error $2c^2(n-1) + (c(n-1) - 1)^2$. Its derivative is zero at
# $c\,(2 + n - 1) = 1$. At $n = 10$ the formula gives the table's values, but for the chance in its
# last digit.

# %% tags=["solution"]


def mean_square(divisor, n):
    c = 1 / divisor
    return 2 * c**2 * (n - 1) + (c * (n - 1) - 1) ** 2


for divisor in (11, 10, 9):
    print(f"divisor {divisor:2}: {mean_square(divisor, 10):.3f}")

tries = [k / 100 for k in range(500, 2000)]
assert min(tries, key=lambda divisor: mean_square(divisor, 10)) == 11

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, `mlefit.closed_form`](../reference/api.md); [the moments of the normal's
# estimates](../reference/formulas.md#normal-moments) and [which divisor is best for
# what](../reference/formulas.md#normal-divisors). The proof that $n$ is the divisor of the maximum:
# [Which normal is best?](../learn/closed-form.py)
#
# ## References
#
# - Bishop CM (2006) *Pattern Recognition and Machine Learning*, figure 1.15. Springer.
# - Ledoit O, Wolf M (2004) A well-conditioned estimator for large-dimensional covariance matrices.
#   *Journal of Multivariate Analysis* 88(2), 365–411.
#   [doi:10.1016/S0047-259X(03)00096-4](<https://doi.org/10.1016/S0047-259X(03)00096-4>)
# - Neyman J, Scott EL (1948) Consistent estimates based on partially consistent observations.
#   *Econometrica* 16(1), 1–32. [doi:10.2307/1914288](https://doi.org/10.2307/1914288)
# - Stigler SM (2007) The epic story of maximum likelihood. *Statistical Science* 22(4), 598–620.
#   [doi:10.1214/07-STS249](https://doi.org/10.1214/07-STS249)
# - van der Vaart AW (1998) *Asymptotic Statistics*, chapter 8. Cambridge University Press.
#   [doi:10.1017/CBO9780511802256](https://doi.org/10.1017/CBO9780511802256)
