# %% [markdown]
# # How sure are we?
#
# How far could an estimate be off, and which errors does such an answer leave out?
#
# Michelson measured the speed of light a hundred times. We fit a normal to the first 5 readings, to
# the first 20, and to all of them, and look at the log-likelihood of the centre near its top, with
# the width held at its estimate.

# %%
import torch

import mlefit

x = mlefit.datasets.michelson()

# %% tags=["fold"] alt="Three parabolas: the log-likelihood of the centre, measured from its maximum, for 5, 20 and 100 readings. The more readings, the steeper. Where they cross the line at -1.92 nats lie the ends of the 95 % intervals, which are 189, 90 and 31 km/s wide."
import matplotlib.pyplot as plt

locs = torch.linspace(690, 1090, 801, dtype=torch.float64)
labels = {5: (774, -3.1, "right"), 20: (979, -3.9, "left"), 100: (829, -3.1, "right")}

fig, ax = plt.subplots(figsize=(7.2, 3.8))
ax.axhline(-1.92, color="C4", linestyle=":", linewidth=1)
ax.text(1090, -1.85, "−1.92 nats", color="C4", ha="right", va="bottom")
for n, width, floor in ((5, 1.0, -5.0), (20, 1.6, -5.6), (100, 2.4, -6.2)):
    first = x[:n]
    mean, error = first.mean(), first.std(correction=0) / n**0.5
    below = -(((locs - mean) / error) ** 2) / 2
    near = below > -4.4
    ax.plot(locs[near], below[near], color="C1", linewidth=width)
    left, top, side = labels[n]
    ax.text(left, top, f"{n} readings" if n == 5 else f"{n}", color="C1", ha=side)

    low, high = mean - 1.96 * error, mean + 1.96 * error
    ax.vlines([low, high], floor, -1.92, color="C4", linewidth=0.6)
    ax.plot([low, high], [floor, floor], color="C1", linewidth=3)
    ax.plot(mean, floor, "o", color="C1")
    ax.text(1090, floor, f"{n}: {high - low:.0f} km/s wide", ha="right", va="center")
ax.set(xlabel="centre μ, km/s above 299 000 (σ held at its estimate)")
ax.set(ylabel="nats below the maximum")
ax.set(xlim=(690, 1092), ylim=(-6.6, 0.3), yticks=[0, -1, -2, -3, -4])
plt.show()

# %% [markdown]
# **Curvature is certainty.** With few readings many centres are nearly as good as the best one.
# With many, the log-likelihood falls away steeply, and few are left. The bars hold the centres that
# lose at most 1.92 nats ([below](#three-intervals): why 1.92). They get shorter by a half whenever
# the number of readings is four times as large, if the readings scatter alike; here the first
# twenty scatter more than the rest.
#
# ## From curvature to a standard error
#
# Take both parameters now, $\theta = (\mu, \sigma)$. The curvature of $\ell$ is its Hessian
# $\nabla^2\ell$, the matrix of second derivatives, as $\nabla\ell$ is the vector of first ones. At
# the top, with the sign changed, it is the **observed information**. Its inverse estimates the
# covariance of $\hat\theta$, and the square roots of the diagonal are the **standard errors**:
#
# $$
# \mathcal I = -\nabla^2 \ell(\hat\theta), \qquad
# \mathrm{se}_j = \sqrt{\bigl(\mathcal I^{-1}\bigr)_{jj}} .
# $$

# %%
from torch.autograd.functional import hessian
from torch.distributions import Normal


def log_likelihood(theta):
    return Normal(theta[0], theta[1]).log_prob(x).sum()


estimate = torch.stack([x.mean(), x.std(correction=0)])
information = -hessian(log_likelihood, estimate)
errors = torch.linalg.inv(information).diagonal().sqrt()

for name, value, error in zip("μσ", estimate, errors, strict=True):
    print(f"{name} = {value:.2f} ± {error:.2f} km/s")

# %% [markdown]
# For a normal the formulas are short: $s/\sqrt n$ and $s/\sqrt{2n}$. The library takes the Hessian
# for any family:

# %%
fit = mlefit.fit(Normal, x)
n, s = len(x), fit.params["scale"]

by_formula = torch.stack([s / n**0.5, s / (2 * n) ** 0.5])
by_library = torch.stack(list(fit.standard_errors().values()))
torch.testing.assert_close(errors, by_formula)
torch.testing.assert_close(errors, by_library)

# %% [markdown]
# What is it that has this spread? Not the readings: one of them strays by 79 km/s. It is the
# *estimate*, if the whole series were taken again. We cannot do that, but we can let the fitted
# normal draw ten thousand such series, and fit each. A tensor of shape `(n, B)` is `B` fits in one
# call:

# %%
torch.manual_seed(0)
series = fit.distribution.sample((n, 10_000))
again = mlefit.closed_form(Normal, series)

for (name, many), error in zip(again.params.items(), errors, strict=True):
    print(f"{name:5} scatters by {many.std():.2f}, predicted {error:.2f}")

# %% [markdown] tags=["steps"]
# Why the inverse of a curvature? Write $\theta_0$ for the truth and $\nabla\ell$ for the slope. At
# the estimate it is zero. Expand it from there to the truth:
#
# $$
# \begin{aligned}
# \nabla\ell(\theta_0) &\approx \mathcal I \, (\hat\theta - \theta_0), \\
# \hat\theta - \theta_0 &\approx \mathcal I^{-1} \nabla\ell(\theta_0) .
# \end{aligned}
# $$
#
# The slope is a sum of $n$ independent terms $\nabla \log p(x_i \mid \theta_0)$, one for each row:
# their **scores**. Write $\E$ for the expectation, the average over all rows that the truth could
# give, each $x$ with its density $p$. If the family is right, differentiate $\int p\,\mathrm dx =
# 1$ by $\theta$, with $\nabla p = p\, \nabla \log p$, once and again:
#
# $$
# \begin{aligned}
# 0 &= \int p\, \nabla \log p \;\mathrm dx = \E[\nabla \log p], \\
# 0 &= \int p\, \bigl( \nabla^2 \log p + \nabla \log p\, \nabla \log p^\top \bigr) \,\mathrm dx .
# \end{aligned}
# $$
#
# So a score has the mean 0, and its covariance, the expectation of $\nabla \log p\, \nabla \log
# p^\top$, is $\E[-\nabla^2 \log p]$: the average curvature at the truth, with the sign changed. The
# covariances of independent terms add up, so the sum of the $n$ scores has $n$ times this. For
# large $n$ that is close to $\mathcal I$; and the sum is close to normal, as sums of many
# independent terms are (the *central limit theorem*). A matrix $A$ takes a vector of covariance $C$
# to one of covariance $A C A^\top$, as $L$ took independent standard normals, whose covariance is
# the identity matrix, to a vector of covariance $LL^\top$ ([a chart of the
# cone](multivariate.py#a-chart-of-the-cone)). Here $A$ is $\mathcal I^{-1}$, which is symmetric. So
# $\hat\theta - \theta_0$ is close to normal with covariance $\mathcal I^{-1} \mathcal I\, \mathcal
# I^{-1} = \mathcal I^{-1}$.
#
# This takes two things for granted. Where the family is wrong, the middle factor is another matrix,
# and [the sandwich](model-checking.py#what-holds-if-the-model-is-wrong) replaces it. Where the rows
# are not independent, the curvature does not show it.

# %% [markdown] tags=["pitfall"]
# **The Hessian of the wrong function.** Optimizers minimize the *mean* negative log-likelihood, over
# an *unconstrained* number $u$. Its Hessian is smaller by the factor $n$, and its second coordinate
# is not $\sigma$. The inverse looks like the covariance of the estimate, but it is not. Here are the
# readings in thousands of km/s (in km/s softplus is so nearly the identity that the second mistake
# would not show):

# %% tags=["pitfall"]
from torch.nn.functional import softplus

y = x / 1000


def mean_loss(u):
    return -Normal(u[0], softplus(u[1])).log_prob(y).mean()


inverted = y.std(correction=0).expm1().log()  # softplus, inverted
u = torch.stack([y.mean(), inverted])
wrong = 1000 * torch.linalg.inv(hessian(mean_loss, u)).diagonal().sqrt()
summed = wrong / n**0.5
slope = torch.stack([torch.tensor(1.0), u[1].sigmoid()])  # d θ / d u
right = slope * summed

for name, pair in (("mean", wrong), ("sum", summed), ("mapped", right)):
    print(f"{name:6}  μ ± {pair[0]:5.2f}   σ ± {pair[1]:6.2f}")
torch.testing.assert_close(right, errors)

# %% [markdown] tags=["pitfall"]
# Sum, do not average; and carry an error through a map by the slope of the map. That is the **delta
# method**: $\mathrm{se}(f(\hat\theta)) \approx |f'(\hat\theta)|\,\mathrm{se}(\hat\theta)$. If $f$
# depends on two parameters there are two such parts. Where their errors are not correlated, as those
# of $\mu$ and $\sigma$ are not, the squares of the parts add up to that of $\mathrm{se}(f)$. The
# library does it for any function of the distribution, as in
# `standard_errors(of=lambda d: d.variance)`.

# %% [markdown]
# ## Three intervals
#
# A normal has 95 % of its probability within 1.96 standard deviations of its centre. So
# $\hat\theta \pm 1.96\,\mathrm{se}$, a **Wald interval**, should hold the truth in 95 % of all
# samples: it is a **95 % confidence interval**. It pretends that the log-likelihood is a parabola.
# For $\mu$ and a hundred readings that is nearly so. For $\sigma$ and the first ten it is not. There
# are two other ways. One makes the interval for $\log\sigma$, whose standard error is
# $\mathrm{se}/\hat\sigma$, and maps its ends back:
# $\exp(\log\hat\sigma \pm 1.96\,\mathrm{se}/\hat\sigma)$. The other, the profile, follows the curve
# and is explained below the figure:

# %%
ten = mlefit.fit(Normal, x[:10])
scale, error = ten.params["scale"], ten.standard_errors()["scale"]

intervals = {
    "Wald": (scale - 1.96 * error, scale + 1.96 * error),
    "Wald on log σ": ten.confidence_interval()["scale"],
    "profile": ten.profile_interval("scale"),
}
low, _ = intervals["Wald on log σ"]
by_hand = (scale.log() - 1.96 * error / scale).exp()
torch.testing.assert_close(low, by_hand, rtol=1e-4, atol=0)

print(f"σ = {scale:.1f} ± {error:.1f}")
print(f"profile: cut at {1.96**2:.2f} / 2 = {1.96**2 / 2:.2f} nats")
for name, (low, high) in intervals.items():
    print(f"{name:14} {low:5.1f} to {high:5.1f}")

# %% tags=["fold"] alt="The log-likelihood of the standard deviation for ten readings: steep on the left of its top at 86, flat on the right. It crosses -1.92 nats at 58.8 and 144.0. The dashed parabola with the same top and curvature crosses at 48.5 and 124.1: its interval is too low at both ends."
import mlefit.plot

scales = torch.linspace(38, 135, 200, dtype=torch.float64)
fig, ax = plt.subplots(figsize=(7.2, 3.3))
mlefit.plot.profile(ten, "scale", ax=ax)
ax.plot(scales, -(((scales - scale) / error) ** 2) / 2, "--", color="C4")
ax.text(59, -0.75, "parabola", color="C4", ha="right")
ax.text(118, -0.75, "log-likelihood", color="C1")
ax.set(xlabel="standard deviation σ, km/s", ylim=(-4.2, 0.3), xlim=(25, 190))
plt.show()

# %% [markdown]
# A small $\sigma$ is ruled out fast, a large one slowly. The **profile interval** takes the curve
# as it is: all $\sigma$ whose log-likelihood, with the best $\mu$ for each, is within 1.92 nats of
# the top. That is what a parabola has lost at 1.96 standard errors: $1.96^2/2 = 1.92$.
#
# Twice the number of nats by which the true $\sigma$, with the best $\mu$ for it, lies behind the top
# varies from sample to sample. For large $n$ it does so like the square of a standard normal, which
# is called $\chi^2$ with one degree of freedom (Wilks 1938). It does not matter whether you think of
# $\sigma$, $\sigma^2$ or $\log\sigma$: the set of normals is the same. Wald's interval depends on
# that choice.
# `confidence_interval` takes the log for a positive parameter, so it never reaches below zero.
#
# ## Do 95 % of them hold the truth?
#
# Test it: draw samples whose $\sigma$ we know, 80 km/s, and count.

# %%
torch.manual_seed(0)
true = Normal(torch.tensor(850.0, dtype=torch.float64), 80.0)

simulated = {}
for n in (10, 100):
    fits = mlefit.closed_form(Normal, true.sample((n, 2000)))
    scale, error = fits.params["scale"], fits.standard_errors()["scale"]
    simulated[n, "Wald"] = scale - 1.96 * error, scale + 1.96 * error
    simulated[n, "Wald on log σ"] = fits.confidence_interval()["scale"]
    simulated[n, "profile"] = fits.profile_interval("scale")

for (n, name), (low, high) in simulated.items():
    hit = (low <= 80) & (high >= 80)
    print(f"n = {n:3}  {name:13} {100 * hit.double().mean():.1f} %")

# %% tags=["fold"] alt="One hundred simulated intervals for a standard deviation of 80, drawn as horizontal lines. Wald intervals from ten readings: 87 hold the truth, and all 13 that miss are too low. Profile intervals from the same readings reach further up: 93 hold it. Wald intervals from a hundred readings are much shorter, and 92 hold it."
fig, axes = plt.subplots(1, 3, figsize=(7.2, 4.0), sharey=True)
for ax, (n, name) in zip(axes, ((10, "Wald"), (10, "profile"), (100, "Wald")), strict=True):
    rows = torch.arange(100)
    low, high = (end[:100] for end in simulated[n, name])
    hit = (low <= 80) & (high >= 80)
    ax.hlines(rows[hit], low[hit], high[hit], color="C4", linewidth=0.9)
    ax.hlines(rows[~hit], low[~hit], high[~hit], color="C1", linewidth=1.8)
    ax.plot([80, 80], [-2, 101], color="C2", linestyle="--", linewidth=1.2)
    ax.text(120, 103, f"{name}, n = {n}:\n{hit.sum()} of 100", ha="center", va="bottom")
    ax.set(xlim=(20, 220), yticks=[], ylim=(-2, 118))
    ax.spines["left"].set_visible(False)
axes[1].set(xlabel="standard deviation σ, km/s (the truth is 80)")
plt.show()

# %% [markdown]
# Of the plain Wald intervals from ten readings about 85 % hold the truth, and nearly all that miss
# are too low. The log helps. The profile does better, with a little over 92 %, and still promises
# too much: it rests on a large $n$ as well. With a hundred readings all three nearly keep their word.
#
# Draw your own samples. Each line is an interval, in red if it misses the truth; only the last 40 are
# drawn. Below runs the share of all intervals that hold it. The green band is where it would lie if
# the promise were kept. The line at the top says between which values the share in the long run lies,
# with 95 % confidence, as far as these samples tell. Press an interval to see its
# sample under two bells: the true one in green, and in red the one fitted to the sample.

# %% tags=["hide"] alt="The share of intervals from ten readings that hold the truth, as two thousand samples come in. Wald's settles at 85.5 percent, Wald's on the logarithm at 90.0 and the profile at 92.2: all below the band around the promised 95, which narrows."
from IPython.display import display

display(
    {"text/html": """<mle-coverage data='{"mu": 850, "sigma": 80}'></mle-coverage>"""}, raw=True
)

counts = torch.arange(20, 2001, 20)
spread = 200 * (0.95 * 0.05 / counts) ** 0.5
fig, ax = plt.subplots(figsize=(7.2, 3.2))
ax.fill_between(counts, 95 - spread, 95 + spread, color="C2", alpha=0.15, linewidth=0)
ax.plot([20, 2000], [95, 95], color="C2", linestyle="--", linewidth=1)
ax.text(2030, 95, "promised: 95 %", color="C2", va="center")
for name, colour in (("Wald", "C1"), ("Wald on log σ", "C3"), ("profile", "C0")):
    low, high = simulated[10, name]
    hit = ((low <= 80) & (high >= 80)).double()
    share = 100 * hit.cumsum(0)[counts - 1] / counts
    ax.plot(counts, share, color=colour)
    ax.text(2030, share[-1], f"{name}: {share[-1]:.1f} %", color=colour, va="center")
ax.set(xlabel="samples of ten readings", ylabel="% hold the truth", ylim=(77, 100))
ax.set(xlim=(0, 2600), xticks=range(0, 2001, 500))
plt.show()

# %% [markdown]
# Two things to find out. Draw a thousand intervals of Wald's for $\sigma$: on which side of the truth
# do the misses lie, and what do their samples have in common? A sample whose readings happen to lie
# close together gives a small $\sigma$ and, because of it, a short interval. Then change the interval
# to the profile, which judges the same samples by another rule. Change the readings to a hundred, and
# draw again: fewer samples mislead now, and all three rules come nearer to what they promise.

# %% [markdown] tags=["steps"]
# These percentages need no simulation. Each of the three intervals is $s$ times two constants (the
# profile too: with its best $\mu$ a $\sigma$ lies $\frac n2 (q - 1 - \log q)$ nats behind, where $q
# = s^2/\sigma^2$). And $n s^2/\sigma^2$ follows $\chi^2_{n-1}$: it is spread like a sum of $n - 1$
# squared standard normals ([why $n - 1$](../explain/bias.py#where-the-one-goes)). Let $F_{n-1}$ be
# its distribution function, the `cdf`:
#
# $$
# \begin{aligned}
# P(a s \le \sigma \le b s) &= P\Bigl(\frac{n}{b^2} \le \frac{n s^2}{\sigma^2} \le
# \frac{n}{a^2}\Bigr) \\
# &= F_{n-1}\Bigl(\frac{n}{a^2}\Bigr) - F_{n-1}\Bigl(\frac{n}{b^2}\Bigr) .
# \end{aligned}
# $$


# %% tags=["steps"]
from torch.distributions import Chi2

nine = torch.tensor(9.0, dtype=torch.float64)  # degrees of freedom
for name, ends in intervals.items():
    at = 10 / (torch.stack(ends) / ten.params["scale"]) ** 2
    above, below = Chi2(nine).cdf(at)
    print(f"{name:14} {100 * (above - below):.1f} %")

# %% [markdown]
# ## Two models, one inside the other
#
# An interval asks about one value. To ask about several parameters at once, compare two fits: one
# with these parameters held at some values, one with them free. A freer fit is never worse, and nearly
# always better by some nats. If the held values are true and $n$ is large, then twice the gain follows
# $\chi^2$ with a degree of freedom for each number set free: it is spread like a sum of so many squared
# standard normals. The **p-value** is the probability that such a sum is at least as large. If it is
# below 5 %, the usual **likelihood-ratio test** rejects the held values.
#
# [The 2022 post](../explain/post-2022.py) has one in its tables without saying so. It draws 1000
# pairs with a known covariance. First it holds the covariance at the truth and learns the mean;
# then it learns the covariance too, three numbers more. The last losses in print are negative
# log-likelihoods:


# %%
from torch.distributions import Chi2


def tail(ratio, df):
    """Return the probability that chi-squared is larger."""
    df, ratio = torch.tensor([df, ratio], dtype=torch.float64)
    return 1 - Chi2(df).cdf(ratio).item()


held, free = 3086.88, 3080.53
ratio = 2 * (held - free)
p = tail(ratio, df=3)
print(f"{ratio:.2f} on 3 degrees of freedom")
print(f"p = {p:.4f}, 1 sample in {1 / p:.0f}")

# %% [markdown]
# The post's sample rejects the very covariance that it was drawn from. Exercise 1 asks what to
# make of that.
#
# ## Three tests of one value
#
# Is $\mu = \mu_0$? Three tests read the answer off one curve: the log-likelihood of $\mu$, with the
# best $\sigma$ for each $\mu$. The **likelihood-ratio** statistic is twice the height of the top
# above $\mu_0$: twice the logarithm of the ratio of the two likelihoods. **Wald's** statistic is
# the distance of $\mu_0$ from the top, in standard errors, squared. The **score** statistic is the
# slope at $\mu_0$, squared, over its variance; at the top the slope is zero. This test needs no fit
# with $\mu$ free: with $\sigma_0^2 = s^2 + (\bar x - \mu_0)^2$, the best variance at $\mu_0$, the
# slope is $n (\bar x - \mu_0)/\sigma_0^2$ and its variance $n/\sigma_0^2$. To compare the three,
# write $t = (\bar x - \mu_0)/s$:
#
# $$
# \begin{aligned}
# \text{Wald} &= n t^2, \\
# \text{ratio} &= n \log(1 + t^2), \\
# \text{score} &= \frac{n t^2}{1 + t^2},
# \end{aligned}
# $$
#
# and each follows $\chi^2$ with one degree of freedom if $\mu_0$ is the truth and $n$ is large. Two
# standard errors away from the top:

# %%
for n in (5, 20, 100):
    t2 = torch.tensor(2**2 / n)
    three = n * t2, n * t2.log1p(), n * t2 / (1 + t2)
    print("n = {:3}: Wald {:.2f}, ratio {:.2f}, score {:.2f}".format(n, *three))
    assert three[0] >= three[1] >= three[2]

# %% [markdown]
# They differ where the curve differs from a parabola. Drag the hypothesis along it:

# %% tags=["hide"] alt="The log-likelihood of the mean of twenty readings, with the best width for each, and the parabola that has the same top and curvature. At the hypothesis 860 the log-likelihood is 2.07 nats below its top: a likelihood-ratio statistic of 4.13. Wald's statistic is 4.59, the score's 3.73."
display({"text/html": f'<mle-tests data="{x.tolist()}"></mle-tests>'}, raw=True)

first = x[:20]
mean, s2 = first.mean(), first.var(correction=0)
locs = torch.linspace(810, 1008, 100, dtype=torch.float64)
t2, t20 = (mean - locs) ** 2 / s2, (mean - 860.0) ** 2 / s2
height = -10 * t20.log1p()

fig, ax = plt.subplots(figsize=(7.2, 3.2))
ax.plot(locs, -10 * t2, "--", color="C4", linewidth=1)
ax.plot(locs, -10 * t2.log1p(), color="C4")
ax.plot([mean, 860], [0, 0], color="C0")
ax.plot([860, 860], [0, height], "o-", color="C1", markevery=[1])
slope = 20 * (mean - 860.0) / (s2 * (1 + t20))
ax.plot([840, 880], [height - 20 * slope, height + 20 * slope], color="C3")
ax.text(885, 0.3, f"distance: Wald {20 * t20:.2f}", color="C0", ha="center")
ax.text(856, -0.9, f"height {-height:.2f}:\nratio {-2 * height:.2f}", color="C1", ha="right")
ax.text(866, -3.3, f"slope: score {20 * t20 / (1 + t20):.2f}", color="C3")
ax.text(992, -4.2, "log-likelihood", color="C4")
ax.text(974, -6.8, "parabola", color="C4", ha="right")
ax.set(xlabel="mean μ, km/s above 299 000", ylabel="nats below the maximum", ylim=(-8.8, 1))
plt.show()

# %% [markdown]
# Two things to find out. Where it starts, the tests disagree: Wald rejects at 5 %, the score does
# not. How far does that reach? Then take five readings, or a hundred; the hypothesis stays as many
# standard errors away. With a hundred the curve is close to the parabola, and the three nearly
# agree. Here always Wald ≥ ratio ≥ score, since $t^2 \ge \log(1 + t^2) \ge t^2/(1 + t^2)$: this is
# $\log q \le q - 1$ [once more](closed-form.py#no-other-does-better), at $q = 1 + t^2$ and at
# $q = 1/(1 + t^2)$.
#
# ## Without a formula: the bootstrap
#
# The curvature trusts the family. The **bootstrap** trusts the sample: draw $n$ rows from the $n$
# rows, with replacement, fit, and repeat. A row that is drawn twice has weight 2, one that is not
# drawn has weight 0. So a thousand bootstrap samples are a tensor of weights of shape `(n, B)`. The
# scatter of the thousand estimates is the standard error, and their middle 95 % make an interval.
#
# The question: how strongly are the heights of fathers and sons correlated? From each of Galton's 179
# families we take one son at random.

# %%
from torch.distributions import MultivariateNormal

heights = mlefit.datasets.galton(one_son_seed=0)


def correlation(d):
    return d.covariance_matrix[..., 0, 1] / d.variance.prod(-1).sqrt()


def resample(n, samples):
    """Return how often each of n rows is drawn, for each sample."""
    drawn = torch.randint(n, (n, samples))
    none = torch.zeros(n, samples, dtype=torch.float64)
    return none.scatter_add(0, drawn, torch.ones_like(none))


def bootstrap(data, weights):
    copies = data[:, None].expand(-1, weights.shape[1], -1)  # views
    many = mlefit.closed_form(MultivariateNormal, copies, weights=weights)
    return correlation(many.distribution)


torch.manual_seed(0)
pair = mlefit.fit(MultivariateNormal, heights)
r = correlation(pair.distribution)
error = pair.standard_errors(of=correlation)
many = bootstrap(heights, resample(len(heights), 1000))

print(f"{len(heights)} pairs: r = {r:.3f}")
print(f"error from the curvature {error:.3f}")
print(f"error by the bootstrap   {many.std():.3f}")

low, high = pair.confidence_interval(of=lambda d: correlation(d).atanh())
a, b = many.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))
print(f"Wald on Fisher's scale      {low.tanh():.2f} to {high.tanh():.2f}")
print(f"middle 95 % of the thousand {a:.2f} to {b:.2f}")

# %% [markdown]
# Two routes, one answer: a correlation of 0.41 with a standard error of 0.06. A correlation cannot
# exceed 1. So its Wald interval is better made for $\tanh^{-1} r$, which runs from $-\infty$ to
# $\infty$ as $r$ runs from −1 to 1, and mapped back by $\tanh$, as Fisher did.
#
# Why throw away the other sons? Galton has 481 in all. But brothers have the same father and
# the same mother, and are alike. Counted as independent they promise too much. The bootstrap can be
# told: draw *families*, each with all its sons.

# %%
sons = mlefit.datasets.galton()
names = mlefit.datasets.columns("galton")["family"]
number = {name: k for k, name in enumerate(dict.fromkeys(names))}
family = torch.tensor([number[name] for name in names])

torch.manual_seed(0)
by_son = bootstrap(sons, resample(len(sons), 1000))
by_family = bootstrap(sons, resample(len(number), 1000)[family])
all_sons = mlefit.fit(MultivariateNormal, sons)
error = all_sons.standard_errors(of=correlation)

r = correlation(all_sons.distribution)
print(f"{len(sons)} sons of {len(number)} families: r = {r:.3f}")
print(f"error from the curvature {error:.3f}")
print(f"sons drawn one by one    {by_son.std():.3f}")
print(f"families drawn           {by_family.std():.3f}")

# %% [markdown]
# The first two errors agree and are both too small. The families are independent, the sons are not:
# so draw families.
#
# ## Precise and wrong
#
# Now the speed of light itself. The value for air that the R package MASS gives is 734.5 on this
# scale.

# %%
truth = 734.5
loc, error = fit.params["loc"], fit.standard_errors()["loc"]
distance = (loc - truth) / error

at_truth = mlefit.fit(Normal, x, fixed={"loc": truth})
behind = fit.log_likelihood - at_truth.log_likelihood
print(f"μ = {loc:.1f} ± {error:.1f}, accepted {truth}")
print(f"{distance:.1f} standard errors, {behind:.1f} nats")

# %% tags=["fold"] alt="Means of Michelson's five experiments with 95 % intervals, between 820 and 909, and of all hundred readings together, 852.4. A dashed line marks the accepted value, 734.5. It lies far to the left of every interval, 15 standard errors from the pooled mean."
fig, ax = plt.subplots(figsize=(7.2, 3.3))
for k in range(1, 6):
    one = mlefit.fit(Normal, mlefit.datasets.michelson(k))
    low, high = one.confidence_interval()["loc"]
    ax.plot([low, high], [6 - k, 6 - k], color="C0")
    ax.plot(one.params["loc"], 6 - k, "o", color="C0")
    mean = f"{one.params['loc']:.1f}"
    ax.text(high + 5, 6 - k, f"experiment {k}: {mean}", color="C0", va="center")

low, high = fit.confidence_interval()["loc"]
ax.axvspan(low, high, color="C1", alpha=0.12, linewidth=0)
ax.plot([low, high], [0, 0], color="C1", linewidth=3)
ax.plot(loc, 0, "o", color="C1")
ax.text(high + 5, 0, f"all hundred: {loc:.1f} ± {error:.1f}", color="C1", va="center")
ax.axvline(truth, color="C2", linestyle="--")
ax.text(truth + 4, 5.6, f"accepted in air: {truth}", color="C2", va="center")
ax.annotate("", (truth, 0), (loc - 3, 0), arrowprops={"arrowstyle": "<->", "color": "C4"})
ax.text(786, 0.2, f"{distance:.0f} standard errors", color="C4", ha="center")
ax.set(xlabel="speed of light − 299 000 km/s", yticks=[], ylim=(-0.6, 6), xlim=(715, 1030))
ax.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# The interval is about the mean that *this apparatus, used in this way,* would give in an endless
# series of such readings. If the hundred are independent, the interval says where that mean lies, to
# some 15 km/s either way. To take it for the speed of light is to take for granted that the two are
# the same. An error that all readings share, in a length, a clock, a temperature, moves every one of
# them, and the scatter does not show it. Michelson knew, and published a wider margin than the scatter
# gives. Its width was his judgement; no formula finds it in the readings.
#
# What the readings can show is that they are not a hundred repetitions of one thing. The five
# experiments differ by more than their intervals allow; exercise 4 tests it.
#
# ## Exercises
#
# **1.** The post's sample rejects the true covariance, with $p = 0.0053$. Is the random generator
# broken? Draw 2000 samples like it, 1000 pairs with variances 1 and 2 and covariance 0.5, and see how
# often the ratio is as large.

# %% [markdown] tags=["solution"]
# No. The ratio follows $\chi^2_3$ as it should, so 1 sample in 188 looks like this, and among many
# posts with 1000 pairs some have to. A $p$-value is about a procedure: it says how often a true model
# would look as bad. With the truth known, as here, there is nothing to decide. With three degrees of
# freedom 5 % lie beyond 7.815, as with one 5 % lie beyond 3.84.
#
# With the covariance held at $\Sigma$, and $S$ the scatter of a sample, twice the gain is
# $n\bigl(\tr(\Sigma^{-1}S) - \log\det(\Sigma^{-1}S) - 2\bigr)$. The trace is of the held fit; the 2 is
# $\tr(S^{-1}S)$, of the free one. The mean is free in both.

# %% tags=["solution"]
torch.manual_seed(0)
Sigma = torch.tensor([[1.0, 0.5], [0.5, 2.0]], dtype=torch.float64)
post = MultivariateNormal(torch.zeros(2, dtype=torch.float64), Sigma)
found = mlefit.closed_form(MultivariateNormal, post.sample((1000, 2000)))
A = torch.linalg.solve(Sigma, found.distribution.covariance_matrix)
ratios = 1000 * (A.diagonal(dim1=-2, dim2=-1).sum(-1) - A.logdet() - 2)

beyond = int((ratios > ratio).sum())
rate = (ratios > 7.815).double().mean()
print(f"beyond 12.70: {beyond} of 2000, expected {2000 * p:.1f}")
print(f"beyond 7.815, the 5 % point: {100 * rate:.1f} %")
assert abs(beyond - 2000 * p) < 3 * (2000 * p) ** 0.5
assert abs(rate - 0.05) < 3 * (0.05 * 0.95 / 2000) ** 0.5
assert abs(tail(7.815, df=3) - 0.05) < 1e-5

# %% [markdown]
# **2.** Bootstrap $\sigma$ of Michelson's hundred readings, with weights of shape `(100, 4000)`. Is the
# result $s/\sqrt{2n}$? What does the curvature trust that the bootstrap does not?

# %% [markdown] tags=["solution"]
# It is larger. The curvature trusts that the readings are normal, the bootstrap does not. Now $s^2$ is
# the mean of the numbers $s^2 z^2$, and the variance of these is $s^4 (m_4 - 1)$, where $m_4$ is the
# mean of $z^4$. So $s^2$ has the error $s^2 \sqrt{(m_4 - 1)/n}$, and by the delta method $s$ has
# $\frac s2 \sqrt{(m_4 - 1)/n}$. For a normal $m_4 = 3$, and this is $s/\sqrt{2n}$. The readings have a
# little more than 3, so their spread is a little less certain. The library computes the same with
# `robust=True`, which [the next page](model-checking.py#what-holds-if-the-model-is-wrong) explains.
# Four thousand samples know the error to about 1 %.

# %% tags=["solution"]
torch.manual_seed(0)
weights = resample(len(x), 4000)
copies = x[:, None].expand(-1, 4000)
many = mlefit.closed_form(Normal, copies, weights=weights)
again = many.params["scale"]
z = (x - fit.params["loc"]) / s
m4 = (z**4).mean()
by_moments = s / 2 * ((m4 - 1) / len(x)) ** 0.5
print(f"bootstrap {again.std():.2f}, curvature {errors[1]:.2f}")
print(f"mean of z to the 4: {m4:.2f}, formula {by_moments:.2f}")

robust = fit.standard_errors(robust=True)["scale"]
torch.testing.assert_close(by_moments, robust, rtol=1e-6, atol=0)
assert errors[1] < robust
assert abs(again.std() / robust - 1) < 0.04

# %% [markdown]
# **3.** What is the standard error of the coefficient of variation, $\sigma/\mu$, of the sons'
# heights in `heights`? Use the delta method by hand, then `standard_errors(of=...)`.

# %% [markdown] tags=["solution"]
# $f = \sigma/\mu$ has the slopes $-\sigma/\mu^2$ and $1/\mu$. The errors of $\hat\mu$ and
# $\hat\sigma$ are not correlated, so their squares add:
# $\mathrm{se}(f)^2 = f^4/n + f^2/2n$. The sons' heights vary by about 4 %, known to a fifth of a
# percentage point.

# %% tags=["solution"]
son = mlefit.fit(Normal, heights[:, 1])
ratio = son.params["scale"] / son.params["loc"]
by_hand = (ratio**4 / len(heights) + ratio**2 / (2 * len(heights))) ** 0.5
by_fit = son.standard_errors(of=lambda d: d.scale / d.loc)

torch.testing.assert_close(by_hand, by_fit, rtol=1e-6, atol=0)
print(f"{100 * ratio:.2f} % ± {100 * by_fit:.2f} %")

# %% [markdown]
# **4.** Could the interval have missed 734.5 because the hundred readings are not independent? Test
# whether the five experiments share one normal, then take the five means as five readings.

# %% [markdown] tags=["solution"]
# Five normals have ten parameters, one has two: eight degrees of freedom. The test rejects a common
# normal. So the hundred are rather five groups, and the five means give an error about twice as
# large. It is the more honest one, and still puts the accepted value far outside. Dependence does not
# explain the miss; a shared error does. Nor would more readings help, not even in more groups: with
# a hundred times as many the interval would be ten times as narrow, around the same wrong place.

# %% tags=["solution"]
groups = x.reshape(5, 20).T  # (20, 5): five fits in one call
five = mlefit.closed_form(Normal, groups)
ratio = 2 * (five.log_likelihood.sum() - fit.log_likelihood)
p = tail(ratio.item(), df=8)
print(f"ratio {ratio:.1f} on 8 degrees of freedom, p = {p:.4f}")

means = groups.mean(0)
error = means.std() / 5**0.5  # n - 1: from five numbers it matters
away = (means.mean() - truth) / error
print(f"{means.mean():.1f} ± {error:.1f}: {away:.1f} errors away")
assert p < 0.001
assert (means > truth).all()

# %% [markdown]
# ## In the reference
#
# [`Fit.standard_errors`, `Fit.confidence_interval`, `Fit.profile_interval`](../reference/api.md) and
# `mlefit.plot.profile`; the information matrices in [the formula sheet](../reference/formulas.md);
# [many fits at once](../howto/many-fits.py). Next: [Is it normal at all?](model-checking.py)
#
# ## References
#
# - Batra N (2022) Maximum Likelihood Estimation (MLE) for parameters of univariate and multivariate
#   normal distribution in PyTorch. Blog post, 9 February 2022.
# - Efron B, Hinkley DV (1978) Assessing the accuracy of the maximum likelihood estimator: observed
#   versus expected Fisher information. *Biometrika* 65(3), 457–483.
#   [doi:10.1093/biomet/65.3.457](https://doi.org/10.1093/biomet/65.3.457)
# - Hanley JA (2004) "Transmuting" women into men: Galton's family data on human stature. *American
#   Statistician* 58(3), 237–243.
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
# - Stigler SM (1977) Do robust estimators work with real data? *Annals of Statistics* 5(6),
#   1055–1098. [doi:10.1214/aos/1176343997](https://doi.org/10.1214/aos/1176343997)
# - Wilks SS (1938) The large-sample distribution of the likelihood ratio for testing composite
#   hypotheses. *Annals of Mathematical Statistics* 9(1), 60–62.
#   [doi:10.1214/aoms/1177732360](https://doi.org/10.1214/aoms/1177732360)
