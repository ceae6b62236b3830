# %% [markdown]
# # Which normal is best?
#
# Which centre and which width make the data densest, and how do we know that no other pair does
# better?
#
# The data are Michelson's hundred readings of the speed of light, in km/s above 299 000. The
# candidate is the normal with their mean $\bar x$ and with
# $s = \sqrt{\frac1n \sum (x_i - \bar x)^2}$:

# %%
import mlefit

x = mlefit.datasets.michelson()
n, mean = len(x), x.mean()
s = ((x - mean) ** 2).mean().sqrt()
print(f"mean {mean:.2f}, s {s:.2f}")

# %% tags=["fold"] alt="Every normal is a point: its centre across, its standard deviation upwards. Closed egg-shaped contours, 0.5, 2, 5 and 20 nats behind the best, surround one cross at 852.40 and 78.61; the frame cuts that of 50 nats on all sides. A dashed curve rises from the cross to both sides: the best standard deviation for a wrong centre."
import matplotlib.pyplot as plt
import torch
from torch.distributions import Normal

locs = torch.linspace(750, 955, 61, dtype=torch.float64)
scales = torch.linspace(45, 145, 61, dtype=torch.float64)
totals = Normal(locs, scales[:, None]).log_prob(x[:, None, None]).sum(0)
behind = Normal(mean, s).log_prob(x).sum() - totals

fig, ax = plt.subplots(figsize=(3.7, 3.6))
levels = [0.5, 2, 5, 20, 50]
for level in levels:
    ax.contourf(locs, scales, behind, [-1, level], colors="C1", alpha=0.1)
ax.contour(locs, scales, behind, levels, colors="C1", linewidths=0.8)

at_mean = (locs - mean).abs().argmin()
labels = ("0.5", "2", "5", "20 nats behind")
for level, label in zip(levels[:4], labels, strict=True):
    top = scales[behind[:, at_mean] < level].max()
    ax.text(mean, top + 2, label, color="C1", fontsize=9, ha="center")
ax.text(mean + s + 2, 73, "50", color="C1", fontsize=9)

ax.plot(locs, (s**2 + (locs - mean) ** 2).sqrt(), "--", color="C2")
ax.text(950, 144, "best σ for\na wrong μ", color="C2", ha="right", va="top")
ax.plot([750, mean, mean], [s, s, 45], ":", color="C4", linewidth=1)
ax.plot(mean, s, "+", color="C1", markersize=12, markeredgewidth=2)
ax.text(753, s + 1, f"s = {s:.2f}", fontsize=9)
ax.text(mean + 1.5, 48.5, f"mean {mean:.2f}", fontsize=9)
ax.set(xlabel="centre μ", ylabel="standard deviation σ")
ax.set(xlim=(750, 955), ylim=(45, 145))
plt.show()

# %% [markdown]
# Each point of the plane is a normal. A contour joins those that lie the same number of nats behind
# the candidate, the cross. On this map nothing beats it. But a map shows only a part of the plane,
# and this one was computed at a grid of points. A search has the same weakness:

# %%
import torch
from torch.distributions import Normal

torch.manual_seed(0)
loc = 600 + 500 * torch.rand(10_000, dtype=torch.float64)
scale = 10 + 490 * torch.rand(10_000, dtype=torch.float64)

best = Normal(mean, s).log_prob(x).sum()
tried = Normal(loc, scale).log_prob(x[:, None]).sum(0)
print(f"the best of 10000 tries is {best - tried.max():.3f} nats behind")

# %% [markdown]
# None of ten thousand won, and that proves nothing about the others. The proof below covers all of
# them. It needs no derivative.
#
# ## The data enter through three numbers
#
# The log-likelihood holds the data only in $\sum (x_i - \mu)^2$. Write
# $x_i - \mu = (x_i - \bar x) + (\bar x - \mu)$ and square:
#
# $$
# \frac1n \sum_{i=1}^n (x_i - \mu)^2 = s^2 + (\bar x - \mu)^2 .
# $$

# %% [markdown] tags=["steps"]
# The square of the sum has three parts:
#
# $$
# \begin{aligned}
# \sum (x_i - \mu)^2 &= \sum (x_i - \bar x)^2 \\
#   &\quad + 2 (\bar x - \mu) \sum (x_i - \bar x) \\
#   &\quad + n (\bar x - \mu)^2 .
# \end{aligned}
# $$
#
# The first is $n s^2$. The middle one is zero, since the deviations from a mean add up to zero:
# $\sum x_i - n \bar x = 0$. Divide by $n$.

# %% [markdown]
# So the hundred readings matter only through $n$, $\bar x$ and $s^2$, which are called **sufficient
# statistics**:
#
# $$
# \ell(\mu, \sigma) = -\frac n2 \log(2\pi\sigma^2)
#   - \frac{n}{2\sigma^2} \bigl( s^2 + (\bar x - \mu)^2 \bigr) .
# $$

# %%
import math


def log_likelihood(loc, scale):
    spread = (s**2 + (mean - loc) ** 2) / scale**2
    return -n / 2 * (torch.log(2 * math.pi * scale**2) + spread)


torch.testing.assert_close(log_likelihood(loc, scale), tried)

# %% [markdown]
# One half of the answer is in sight. Whatever $\sigma$ is, $\mu$ appears only in
# $(\bar x - \mu)^2$, which is smallest at $\mu = \bar x$.
#
# ## No other does better
#
# Compare any normal with the candidate. Let $z = (\bar x - \mu)/\sigma$ say how far its centre is
# off, and $q = s^2/\sigma^2$ how far its width. Subtract, and almost everything cancels:
#
# $$
# \ell(\bar x, s) - \ell(\mu, \sigma) = \frac n2 \bigl( z^2 + (q - 1 - \log q) \bigr) .
# $$
#
# A square is never negative. Nor is the rest, because $\log q \le q - 1$, with equality only at
# $q = 1$. So the left side is at least 0, and it is 0 only where $z = 0$ and $q = 1$, that is where
# $\mu = \bar x$ and $\sigma = s$. **No other normal does as well.** This holds for any data whose
# $s$ is not zero, normal or not.

# %% [markdown] tags=["steps"]
# At the candidate, $\ell(\bar x, s) = -\frac n2 \log(2\pi s^2) - \frac n2$. Then
#
# $$
# \begin{aligned}
# &\ell(\bar x, s) - \ell(\mu, \sigma) \\[4pt]
# &\quad = \frac n2 \Bigl( \log\frac{\sigma^2}{s^2} - 1
#      + \frac{s^2}{\sigma^2} + \frac{(\bar x - \mu)^2}{\sigma^2} \Bigr) \\[6pt]
# &\quad = \frac n2 \bigl( -\log q - 1 + q + z^2 \bigr) .
# \end{aligned}
# $$
#
# Why is $\log q \le q - 1$? Put $q = e^t$: the claim is $1 + t \le e^t$. For $t \le -1$ the left side
# is not positive and the right side is. For $t > -1$ Bernoulli's inequality says
# $1 + t \le (1 + t/k)^k$ for every whole $k \ge 1$, and the right side tends to $e^t$. When are the
# two sides equal? For $t > -1$ use the claim at $t/2$. There $1 + t/2$ is positive, so squaring keeps
# the order: $e^t = (e^{t/2})^2 \ge (1 + t/2)^2 = 1 + t + t^2/4$. So equality needs $t = 0$.

# %%
z, ratio = (mean - loc) / scale, (s / scale) ** 2
lead = n / 2 * (z**2 + ratio - 1 - ratio.log())

torch.testing.assert_close(best - tried, lead)
assert (lead > 0).all()

fitted, others = Normal(mean, s), Normal(loc, scale)
divergence = torch.distributions.kl_divergence(fitted, others)
torch.testing.assert_close(lead, n * divergence)

# %% [markdown]
# The last two lines say what the lead is: $n$ times the **Kullback–Leibler divergence** from the
# fitted normal to the other one, the nats that the other loses with each draw, on average, if the
# draws come from the fitted one. So the lead says how far, in nats, the other lies from the fitted
# one. The contours of the map join normals that are equally far off in this sense, and they are not
# round. Too narrow costs more than too wide:

# %% tags=["fold"] alt="What a wrong width costs in nats a reading, against the ratio of the chosen standard deviation to s. The cost is zero at 1. At half of s it is 0.81 nats, at twice s only 0.32."
ratio = torch.logspace(-0.4, 0.6, 61, dtype=torch.float64)
cost = (ratio**-2 - 1 + 2 * ratio.log()) / 2

fig, ax = plt.subplots(figsize=(3.7, 2.8))
ax.plot(ratio, cost, color="C1")
for at, label, aside, side in ((0.5, "half", 0.03, "left"), (2.0, "twice", -0.1, "right")):
    height = (at**-2 - 1 + 2 * math.log(at)) / 2
    ax.plot(at, height, "o", color="C1")
    label = f"{label} as wide: {height:.2f}"
    ax.text(at + aside, height + 0.08, label, color="C1", ha=side)
ax.set(xlabel="σ / s", ylabel="nats a reading", xscale="log", ylim=(0, None))
ax.set_xticks([0.5, 1, 2, 4], ["½", "1", "2", "4"])
ax.minorticks_off()
plt.show()

# %% [markdown]
# ## With calculus
#
# Derivatives find the same point. The slopes of $\ell$ are
#
# $$
# \begin{aligned}
# \frac{\partial \ell}{\partial \mu} &= \frac{n (\bar x - \mu)}{\sigma^2}, \\[6pt]
# \frac{\partial \ell}{\partial \sigma} &= -\frac n\sigma
#   + \frac{n \bigl( s^2 + (\bar x - \mu)^2 \bigr)}{\sigma^3} .
# \end{aligned}
# $$
#
# The second is zero at $\sigma^2 = s^2 + (\bar x - \mu)^2$, the dashed curve of the map. Both are
# zero only at the cross. There the second derivatives, the curvatures, are $-n/s^2$ and $-2n/s^2$,
# and the mixed one is zero: a strict top. torch finds all of them from the function alone: `jacobian`
# returns the slopes, `hessian` the matrix of second derivatives.

# %%
from torch.autograd.functional import hessian, jacobian


def surface(theta):
    return log_likelihood(theta[0], theta[1])


top = torch.stack([mean, s])
wide = torch.stack([mean, 3 * s])
curvature = torch.diag(torch.stack([-n / s**2, -2 * n / s**2]))

assert (jacobian(surface, top).abs() < 1e-9).all()
torch.testing.assert_close(hessian(surface, top), curvature)
print(f"curvature in σ at s:  {hessian(surface, top)[1, 1]:8.5f}")
print(f"curvature in σ at 3s: {hessian(surface, wide)[1, 1]:8.5f}")

# %% [markdown]
# Calculus says less than the proof. A strict top is a local statement, and further out, at $3s$, the
# surface bends upwards: it is not concave, so "slope zero" alone does not make a point the best. The
# inequality compared every normal with the candidate at once. What calculus adds is the curvature,
# from which [How sure are we?](uncertainty.py) reads the error bars.
#
# ## In one line
#
# The library has the formula as `closed_form`, and a search that does not know it as `fit`. Both
# take the data, or only their sufficient statistics, which `suffstats` computes. Of the
# further arguments of `fit`, `init` says where the search starts, and `fixed` holds a parameter at a
# value of yours.
# Here the search starts far away, at 700 and 200, and ends within $10^{-8}$ nats of the top:

# %%
exact = mlefit.closed_form(Normal, x)
loc, scale = exact.params["loc"], exact.params["scale"]
print(f"μ = {loc:.2f}, σ = {scale:.2f}: {exact.log_likelihood:.3f} nats")
print(f"centre at {299_000 + loc:.2f} km/s")

three = mlefit.suffstats(Normal, x)
from_three = mlefit.closed_form(Normal, three)
searched = mlefit.fit(Normal, x, init={"loc": 700.0, "scale": 200.0})

torch.testing.assert_close(torch.stack([loc, scale]), top)
torch.testing.assert_close(from_three.params["scale"], s)
assert searched.converged
assert abs(exact.log_likelihood - searched.log_likelihood) < 1e-8

# %% [markdown]
# In Michelson's units: the best normal is centred at 299 852.40 km/s, and the readings stray from
# there by 78.61 km/s, as a root mean square.
#
# A last property comes free. A new name for the width, such as the variance $\sigma^2$, does not
# change which normal is best. So the best value of any function of $\mu$ and $\sigma$ is that
# function of $\bar x$ and $s$: the **invariance** of maximum likelihood (exercise 3).

# %% tags=["pitfall"]
import textwrap

print(f"x.std()             {x.std():.2f}")
print(f"x.std(correction=0) {x.std(correction=0):.2f}")

two = x[:2]
print(f"two readings:       {two.std():.2f} and {two.std(correction=0):.2f}")

try:
    mlefit.closed_form(Normal, x[:1])
except ValueError as error:
    print("one reading:", textwrap.fill(str(error), 70), sep="\n")

# %% [markdown] tags=["pitfall"]
# `x.std()` is not the maximum likelihood estimate: PyTorch divides by $n - 1$ unless told otherwise
# (NumPy divides by $n$). At ten thousand readings the two agree to four digits, and the mistake
# goes unseen; at two they differ by the factor $\sqrt 2$. Which divisor is *better* is
# another question: [Why n and not n − 1?](../explain/bias.py). And from one reading there is no best
# normal: $s = 0$, and a bell that narrows around the reading grows without bound. The library says
# so, and what to try.

# %% [markdown]
# ## Exercises
#
# **1.** How many nats does the divisor $n - 1$ cost, at $n = 100$ and at $n = 2$?

# %% [markdown] tags=["solution"]
# The centre is right, so $z = 0$, and $q = (n-1)/n$. The cost is
# $\frac n2 (q - 1 - \log q)$, close to $1/(4n)$ unless $n$ is tiny: 0.0025 nats at 100 readings, 0.19
# at two. The data hardly tell the two estimates apart.

# %% tags=["solution"]
for data in (x, x[:2]):
    by_n = Normal(data.mean(), data.std(correction=0)).log_prob(data).sum()
    by_less = Normal(data.mean(), data.std()).log_prob(data).sum()
    ratio = (len(data) - 1) / len(data)

    cost = len(data) / 2 * (ratio - 1 - math.log(ratio))
    assert math.isclose(by_n - by_less, cost, rel_tol=1e-6)
    nearly = 1 / (4 * len(data))
    print(f"{len(data):3} readings: {cost:.4f} and {nearly:.4f}")

# %% [markdown]
# **2.** Make a hundred numbers that take only two values and have the same best normal as
# Michelson's readings. Does any normal at all tell the two data sets apart?

# %% [markdown] tags=["solution"]
# Fifty at $\bar x - s$ and fifty at $\bar x + s$: same $n$, mean and $s$. The log-likelihood is
# then the same function of $\mu$ and $\sigma$, everywhere. A fit cannot say that the data are not
# normal; for that, look at them in another way: [Is it normal at all?](model-checking.py)

# %% tags=["solution"]
pair = torch.cat([(mean - s).repeat(50), (mean + s).repeat(50)])
other = Normal(loc=850.0, scale=torch.linspace(20, 200, 50)[:, None])

totals = [other.log_prob(data).sum(-1) for data in (x, pair)]
torch.testing.assert_close(*totals)

twin = mlefit.closed_form(Normal, pair)
print(f"the pair: {twin.log_likelihood:.3f} nats at its best")
torch.testing.assert_close(twin.log_likelihood, exact.log_likelihood)
torch.testing.assert_close(twin.params["scale"], s)

# %% [markdown]
# **3.** What are the maximum likelihood estimates of the variance $\sigma^2$, and of
# $P(X > 900)$, the probability that a further reading exceeds 900?

# %% [markdown] tags=["solution"]
# Put the estimates into the formulas: $s^2$, and $1 - \Phi\bigl((900 - \bar x)/s\bigr)$, where
# $\Phi$ is the `cdf` of the standard normal: the probability of all that lies below. To check this
# use of invariance, search for the variance $v$, and for the probability $p$ itself, which with $\mu$
# fixes $\sigma = (900 - \mu)/\Phi^{-1}(1 - p)$. This inverse of $\Phi$ gives the value below which a
# given probability lies, a *quantile*; torch calls it `icdf`. `fit` takes any function that makes a
# distribution from the parameters, and their starting values. Of the hundred readings 23 exceeded 900.

# %% tags=["solution"]
p = 1 - exact.distribution.cdf(torch.tensor(900.0))
print(f"variance {s**2:.1f}, P(X > 900) = {p:.4f}")
print(f"seen above 900: {(x > 900).sum()} of {n}")


def by_variance(loc, v):
    return Normal(loc, v.sqrt())


def by_probability(loc, p):
    unit = Normal(torch.zeros_like(loc), 1.0)
    return Normal(loc, (900 - loc) / unit.icdf(1 - p))


variance = mlefit.fit(by_variance, x, init={"loc": 850.0, "v": 5000.0})
chance = mlefit.fit(by_probability, x, init={"loc": 850.0, "p": 0.3})
torch.testing.assert_close(variance.params["v"], s**2, rtol=1e-5, atol=0)
torch.testing.assert_close(chance.params["p"], p, rtol=1e-5, atol=0)

# %% [markdown]
# **4.** The R package MASS gives the speed of light in air as 734.5 on this scale. With $\mu$ held
# there, which $\sigma$ is best, and how far behind is that normal?

# %% [markdown] tags=["solution"]
# The dashed curve gives $\sigma = \sqrt{s^2 + (\bar x - 734.5)^2}$. There $z^2 + q = 1$, so the lead
# of the best normal is $-\frac n2 \log q$: 58.9 nats. The readings are not centred at the truth.
# Something pushed them all up, and no choice of width makes up for that.

# %% tags=["solution"]
at_truth = mlefit.fit(Normal, x, fixed={"loc": 734.5})
sigma, width = at_truth.params["scale"], (s**2 + (mean - 734.5) ** 2).sqrt()
lead = exact.log_likelihood - at_truth.log_likelihood
print(f"σ = {sigma:.2f}, {lead:.1f} nats behind")

torch.testing.assert_close(sigma, width, rtol=1e-6, atol=0)
torch.testing.assert_close(lead, -n / 2 * (s**2 / width**2).log())
print(f"{(x > 734.5).sum()} of the {n} readings lie above 734.5")

# %% [markdown]
# ## In the reference
#
# [`mlefit.closed_form`, `mlefit.fit`, `mlefit.suffstats`](../reference/api.md);
# [every formula](../reference/formulas.md). The same proof in any dimension, and others:
# [Why are the mean and the scatter matrix the maximum, and nothing else?](../explain/proofs.py)
# Next: [How does gradient descent reach the same answer?](gradient-descent.py)
#
# ## References
#
# - Bishop CM (2006) *Pattern Recognition and Machine Learning*, section 2.3.4. Springer.
# - Fisher RA (1922) On the mathematical foundations of theoretical statistics. *Phil. Trans. R.
#   Soc. A* 222, 309–368. [doi:10.1098/rsta.1922.0009](https://doi.org/10.1098/rsta.1922.0009)
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
# - Stigler SM (1977) Do robust estimators work with real data? *Annals of Statistics* 5(6),
#   1055–1098. [doi:10.1214/aos/1176343997](https://doi.org/10.1214/aos/1176343997)
