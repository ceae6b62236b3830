# %% [markdown]
# # What is a log-likelihood?
#
# Which number do we maximize when we fit a distribution to data, and why its logarithm?
#
# Here are the first five of a hundred readings of the speed of light in air, in km/s above
# 299 000. Albert Michelson took them in 1879.

# %%
import torch

x = torch.tensor([850.0, 740.0, 900.0, 1070.0, 930.0], dtype=torch.float64)

# %% [markdown]
# Three normal distributions, the bell curves, offer to describe them. They have the same width,
# 79 km/s, which is about the spread of all hundred readings. Which fits best?

# %% tags=["fold"] alt="Five readings under three bell curves of equal width, centred at 800, 898 and 1000. The log-likelihoods are -34.93, -31.08 and -35.25 nats: the middle curve wins. Under the left one the reading at 1070 has almost no height, under the right one the reading at 740."
import matplotlib.pyplot as plt
from torch.distributions import Normal

grid = torch.linspace(560, 1240, 52, dtype=torch.float64)
fig, axes = plt.subplots(1, 3, figsize=(7.2, 2.7), sharex=True, sharey=True)
for ax, loc, colour in zip(axes, (800.0, 898.0, 1000.0), ("C4", "C1", "C4"), strict=True):
    bell = Normal(loc, 79.0)
    ax.plot(grid, bell.log_prob(grid).exp(), color=colour)
    ax.vlines(x, 0, bell.log_prob(x).exp(), color="C0")
    ax.plot(x, bell.log_prob(x).exp(), "o", color="C0")
    total = f"{bell.log_prob(x).sum():.2f}".replace("-", "−")
    ax.text(900, 0.0072, total, color=colour, fontsize=18, ha="center")
    ax.text(900, 0.0063, f"nats, at μ = {loc:.0f}", color=colour, fontsize=9, ha="center")
    worst = bell.log_prob(x).argmin()
    side, aside = ("left", 18) if x[worst] > loc else ("right", -18)
    spot = (x[worst] + aside, bell.log_prob(x[worst]).exp() + 0.0002)
    cost = f"{bell.log_prob(x[worst]):.1f}".replace("-", "−")
    ax.text(*spot, cost, color="C0", fontsize=9, ha=side)
    ax.set(ylim=(0, 0.0082), xticks=[600, 900, 1200])
axes[0].set(ylabel="density")
axes[1].set(xlabel="speed of light − 299 000 km/s")
plt.show()

# %% [markdown]
# Each stem rises from a reading to the curve. Its height is the **density** that the model gave to
# that reading: how thickly probability lies there. The number above is the sum of the logarithms of
# the five heights: the **log-likelihood**, in nats, the unit of natural logarithms. The middle bell
# wins. The outer ones each leave one reading almost without height, and the logarithm makes them
# pay for it: under the left bell the reading 1070 alone costs 11.1 nats.

# %%
from torch.distributions import Normal

for loc in (800.0, 898.0, 1000.0):
    terms = Normal(loc, 79.0).log_prob(x)
    row = " ".join(f"{term:6.2f}" for term in terms)
    print(f"μ = {loc:4.0f}:  {row}   sum {terms.sum():.2f}")

assert x.mean() == 898

# %% [markdown]
# The winner's centre, 898, is the mean of the five readings. Whether that is luck is the
# [next page's](closed-form.py) question.
#
# ## One height
#
# `Normal(loc, scale)` has two parameters: the centre $\mu$ and the standard deviation $\sigma$,
# which is its width; $\sigma^2$ is called the variance. Its density at $x$ is
#
# $$
# p(x \mid \mu, \sigma) = \frac{1}{\sqrt{2\pi}\,\sigma}
#   \exp\Bigl(-\frac{(x - \mu)^2}{2\sigma^2}\Bigr),
# $$
#
# and `log_prob` returns its natural logarithm, which has no exponential left in it. With
# $z = (x - \mu)/\sigma$, the distance from the centre in standard deviations,
#
# $$
# \log p(x \mid \mu, \sigma) = -\log\sigma - \tfrac12 \log 2\pi - \tfrac12 z^2 .
# $$
#
# The normal with $\mu = 0$ and $\sigma = 1$ is called the **standard normal**. If $x$ is a draw from
# a normal with $\mu$ and $\sigma$, then $z$ is a draw from the standard normal.

# %%
import math


def log_density(x, loc, scale):
    z = (x - loc) / scale
    return -math.log(scale) - math.log(2 * math.pi) / 2 - z**2 / 2


expected = Normal(898.0, 79.0).log_prob(x)
found = log_density(x, 898.0, 79.0)
torch.testing.assert_close(found, expected)  # raises if they differ

standard = Normal(0.0, 1.0)
at_half = standard.log_prob(torch.tensor(0.5))
print(f"at 0.5: log-density {at_half:.2f}, density {at_half.exp():.2f}")

# %% [markdown]
# To draw a density, evaluate it: `log_prob(grid).exp()`. Nothing has to be sampled.

# %% tags=["pitfall"]
torch.manual_seed(0)
samples = torch.randn(1000)
bandwidth = 2 * len(samples) ** (-1 / 5)  # seaborn's bw_adjust=2
little_bells = Normal(samples, bandwidth)
smoothed = little_bells.log_prob(torch.tensor(0.5)).exp().mean()
print(f"density at 0.5: {at_half.exp():.2f}, smoothed: {smoothed:.2f}")

# %% tags=["pitfall", "fold"] alt="The standard normal density passes through 0.35 at 0.5. The smoothed sample lies below it there, at 0.32, and above it in both tails: it is the density of a wider bell."
grid = torch.linspace(-4, 4, 61)
fig, ax = plt.subplots(figsize=(7.2, 2.6))
ax.plot(grid, standard.log_prob(grid).exp(), color="C2")
ax.plot(grid, Normal(samples[:, None], bandwidth).log_prob(grid).exp().mean(0), color="C4")
ax.plot([0.5, 0.5], [0, at_half.exp()], "o-", color="C2", markevery=[1])
ax.text(0.7, at_half.exp(), f"{at_half.exp():.2f}, the density at 0.5", color="C2", va="center")
ax.text(-1.75, 0.16, "1000 samples,\nsmoothed", color="C4", ha="right", va="center")
ax.set(xlabel="x", ylabel="density", ylim=(0, None))
plt.show()

# %% [markdown] tags=["pitfall"]
# Many plots draw a thousand samples instead, and smooth them into a curve, as seaborn's
# `kdeplot(samples, bw_adjust=2)` does. That curve is not the density. Smoothing puts a little bell
# in the place of each sample. This widens the whole: the variance grows by the square of the
# bandwidth, which is the width of a little bell. The curve is too low at the centre and too high in
# the tails, as in [a figure of the 2022 post](../explain/post-2022.py).

# %% [markdown]
# ## Density is not probability
#
# A density is probability per unit of $x$. Change the unit and it changes. In km/s the best of our
# bells has a peak of 0.005. In thousands of km/s the same bell has a density above 1, and a sum of
# logarithms above 0. The loss, which is that sum with its sign changed, is then negative. **A
# negative loss is not a bug.**

# %%
kilometres = Normal(898.0, 79.0).log_prob(x)
thousands = Normal(0.898, 0.079).log_prob(x / 1000)

print(f"highest density per km/s        {kilometres.max().exp():.4f}")
print(f"highest density per 1000 km/s   {thousands.max().exp():.4f}")
print(f"loss in km/s                   {-kilometres.sum():6.3f}")
print(f"loss in 1000 km/s              {-thousands.sum():6.3f}")

shift = torch.full_like(x, math.log(1000))
torch.testing.assert_close(thousands - kilometres, shift)

# %% [markdown]
# Every term moved by the same $\log 1000$. So a log-likelihood by itself says little, and a
# **difference** of two, on the same data in the same unit, says which model is ahead and by how
# much: between 898 and 800 it is 3.85 nats in any unit. A sum of logarithms is the logarithm of a
# product. So a lead of $k$ nats means a product of densities that is $e^k$ times as large.

# %%
ahead = (kilometres - Normal(800.0, 79.0).log_prob(x)).sum()
print(f"898 leads 800 by {ahead:.2f} nats, a ratio of {ahead.exp():.0f} to 1")

# %% [markdown]
# ## Likelihood is not probability either
#
# One formula can be read in two ways. Hold $\mu$ fixed and let $x$ vary: a density, whose area
# is 1. Hold the data fixed and let $\mu$ vary: the **likelihood**
#
# $$
# \begin{aligned}
# L(\mu, \sigma) &= \prod_{i=1}^n p(x_i \mid \mu, \sigma), \\
# \ell(\mu, \sigma) &= \log L(\mu, \sigma) = \sum_{i=1}^n \log p(x_i \mid \mu, \sigma),
# \end{aligned}
# $$
#
# and its logarithm: functions of the parameters. The product is there because the readings are
# taken to be independent: none says anything about the next. Nothing makes the area under $L$ equal
# to 1, and $L$ does not say how probable a $\mu$ is. It ranks the parameters by how well each
# predicted what was seen.

# %%
locs = torch.linspace(0, 2000, 2001, dtype=torch.float64)
density = Normal(898.0, 79.0).log_prob(locs).exp()
# a row for each μ, a column for each reading; then each row is added up
log_likelihood = Normal(locs[:, None], 79.0).log_prob(x).sum(-1)

area = torch.trapezoid(density, locs)
other = torch.trapezoid(log_likelihood.exp(), locs)
print(f"area over the readings:   {area:.6f}")
print(f"area over the parameter:  {other:.2e}")
print(f"highest at μ = {locs[log_likelihood.argmax()]:.0f}")

# %% tags=["fold"] alt="Left: for a fixed centre the density over readings is a bell of area 1. Right: for the five fixed readings the log-likelihood over the centre is a parabola with its top at 898; the candidates 800 and 1000 lie about four nats below."
grid = torch.linspace(600, 1200, 51, dtype=torch.float64)
fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.0))

bell = Normal(898.0, 79.0).log_prob(grid).exp()
left.fill_between(grid, bell, color="C1", alpha=0.15, linewidth=0)
left.plot(grid, bell, color="C1")
left.text(898, 0.0015, "area 1", color="C1", ha="center")
left.set(xlabel="reading x, for μ = 898", ylabel="density", ylim=(0, None))

right.plot(grid, Normal(grid[:, None], 79.0).log_prob(x).sum(-1), color="C1")
right.vlines(x, -56, -54.8, color="C0")
right.text(1000, -55.8, "data", color="C0", ha="center")
for loc, side, aside in ((800, "right", -20), (898, "center", 0), (1000, "left", 20)):
    colour = "C1" if loc == 898 else "C4"
    right.plot(loc, log_likelihood[loc], "o", color=colour)
    right.text(loc + aside, log_likelihood[loc] + 0.8, f"{loc}", color=colour, ha=side)
right.set(xlabel="centre μ, for the five readings", ylabel="log-likelihood, nats", ylim=(-56, -28))
plt.show()

# %% [markdown]
# The logarithm of a bell is a parabola, and a sum of parabolas is a parabola. Fitting by **maximum
# likelihood** means to find its top. The logarithm does not move the top: where $L$ is largest,
# $\log L$ is largest too, since the logarithm never turns an order around. Fisher (1922) gave the
# method its name; Stigler (2007) tells how it came about.
#
# ## Why the logarithm?
#
# Multiply densities and see. Take ten thousand draws, made to have the mean and the variance of
# the data in [the post](../explain/post-2022.py) from which this site grew. Score them under the
# normal with that mean and variance:

# %%
torch.manual_seed(0)
z = torch.randn(10_000, dtype=torch.float64)
# correction=0: divide by n, not n - 1
z = (z - z.mean()) / z.std(correction=0)  # now the mean is 0, the variance 1
draws = -0.01739417 + math.sqrt(1.00974334) * z

model = Normal(draws.mean(), draws.std(correction=0))
terms = model.log_prob(draws)

for dtype in (torch.float32, torch.float64):
    product = terms.exp().to(dtype).cumprod(0)
    first = (product == 0).nonzero()[0].item() + 1
    print(f"{dtype}: the product is {product[-1]:.1f}, from draw {first} on")

print(f"sum of the logarithms: {terms.sum():.2f}")
print(f"the product, then: 10 to the power {terms.sum() / math.log(10):.0f}")

# %% tags=["fold"] alt="Left: the product of the first n densities falls by a factor of four a draw, on average, and ends at 0.0, after 68 draws in float32 and after 524 in float64. Right: the sum of the log-densities falls along a straight line to -14238 nats at 10000 draws, 1.424 nats a draw."
draw = torch.arange(1, len(terms) + 1)
sums = terms.cumsum(0)
fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4))

left.plot(draw[:700:12], sums[:700:12] / math.log(10), color="C4", linewidth=1, linestyle=":")
for dtype, colour, label in ((torch.float64, "C1", "float64"), (torch.float32, "C3", "float32")):
    product = terms.exp().to(dtype).cumprod(0)
    last = int((product > 0).sum())
    left.plot(draw[:last:12], product[:last:12].log10(), color=colour)
    left.plot(last, product[last - 1].log10(), "o", color=colour)
    spot = (last + 25, product[last - 1].log10() + 6)
    left.text(*spot, f"{label}: 0.0\nafter draw {last}", color=colour, va="bottom")
left.set(xlabel="draws", ylabel="product of the densities", xlim=(0, 850))
left.set_yticks([0, -100, -200, -300, -400], ["1", "1e−100", "1e−200", "1e−300", "1e−400"])

right.plot(draw[::1111], sums[::1111], color="C1")
right.text(5300, -6800, f"{terms.mean():.3f} nats a draw".replace("-", "−"), color="C1")
right.set(xlabel="draws", ylabel="sum of the log-densities", xticks=[0, 5000, 10_000])
plt.show()

# %% [markdown]
# Here the product shrinks, on average to a quarter with each draw, and soon passes below the smallest
# number that the format holds. (In a unit in which the densities exceed 1 it would grow, past the
# largest.) From there on every model has the likelihood 0.0, the true
# one and an absurd one alike. There is nothing left to compare, and no slope to follow:

# %%
for name in ("product", "sum"):
    # requires_grad: record what is computed from loc, for backward
    loc = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    terms = Normal(loc, 1.0).log_prob(draws)
    value = terms.exp().prod().log() if name == "product" else terms.sum()
    value.backward()  # puts the slope, d value / d loc, into loc.grad
    print(f"{name:7}: log-likelihood {value:10.2f}, slope {loc.grad:9.2f}")

# %% [markdown]
# The sum of logarithms has a value, and a slope that says which way to go. It keeps the top where
# it is. It turns an exponential of squares into squares. And divided by $n$ it is an average,
# which tends to a fixed number as data come in. That average with its sign changed, $-\ell/n$, is
# the **mean negative log-likelihood** (NLL), which optimizers minimize. From here on the loss is this
# mean.
#
# Write $\bar x$ for the mean, and $s^2$ for the mean of $(x_i - \bar x)^2$. Under the normal with
# this mean and this variance the mean of $z^2$ is 1, so the NLL is
# $\frac12 \log(2\pi s^2) + \frac12 = \frac12 \log(2\pi e s^2)$. By this much the line in the figure
# falls with each draw. The number has a name, the [entropy](../reference/glossary.md#entropy) of
# that normal.

# %%
nll = -model.log_prob(draws).mean()
print(f"NLL {nll:.5f} nats a draw")

s2 = draws.var(correction=0)
torch.testing.assert_close(nll, (2 * math.pi * math.e * s2).log() / 2)
torch.testing.assert_close(nll, model.entropy())

# %% [markdown]
# ## Five, twenty, a hundred readings
#
# Back to the speed of light. The library has all hundred readings. How far does $\mu = 800$ lie
# behind the best centre, as they come in?

# %%
import mlefit

speed = mlefit.datasets.michelson()
assert (speed[:5] == x).all()

for n in (5, 20, 100):
    first = speed[:n]
    best = Normal(first.mean(), 79.0).log_prob(first).sum()
    gap = best - Normal(800.0, 79.0).log_prob(first).sum()
    ahead = f"800 is {gap:5.2f} nats behind"
    print(f"n = {n:3}: best μ {first.mean():.2f}, {ahead}")

    formula = n * (first.mean() - 800) ** 2 / (2 * 79**2)
    assert math.isclose(gap, formula, rel_tol=1e-6)

# %% [markdown]
# The lead is $n(\bar x - \mu)^2 / 2\sigma^2$, which
# [the next page](closed-form.py#the-data-enter-through-three-numbers) shows in one line. It grows with
# the number of readings and with the square of the distance. From 20 to 100 readings the two pull
# against each other: five times the data, but a mean that has come down to 852. How much lead is
# enough to rule a value out is the question of [How sure are we?](uncertainty.py).
#
# ## Both parameters, by hand
#
# With $\sigma$ free as well, there are two things to move. Here are the first twenty readings under a
# bell. Drag its peak: sideways it takes the mean along, upwards it makes the bell narrow. The large
# number is the sum of the twenty log-densities. The two plots below keep what you find: the best total
# so far at each $\mu$, and at each $\sigma$. What is more than 25 nats below the maximum is off their
# scale.

# %% tags=["hide"] alt="The first twenty readings under the best bell. Each stem rises from a reading to the curve. The bell is centred at 909, its width is 102.3 km/s, and the log-likelihood -120.93 nats."
from IPython.display import display

twenty = speed[:20]
display({"text/html": f'<mle-bell data="{twenty.tolist()}"></mle-bell>'}, raw=True)

bell = mlefit.closed_form(Normal, twenty)
grid = torch.linspace(560, 1240, 52, dtype=torch.float64)
fig, ax = plt.subplots(figsize=(7.2, 2.7))
ax.plot(grid, bell.distribution.log_prob(grid).exp(), color="C1")
heights = bell.distribution.log_prob(twenty).exp()
ax.vlines(twenty, 0, heights, color="C0", linewidth=1)
ax.plot(twenty, heights, "o", color="C0")
label = f"{bell.log_likelihood:.2f} nats at\nμ = {bell.params['loc']:.0f}, σ = {bell.params['scale']:.1f}"
ax.text(1090, 0.003, label.replace("-", "−"), color="C1")
ax.set(xlabel="speed of light − 299 000 km/s", ylabel="density", ylim=(0, None))
plt.show()

# %% [markdown]
# Two things to find out. Make the bell narrow and slide it from one side to the other: at every
# place some reading is left far outside, and the figure says what that one costs. Then take the mean
# to 1000 and look for the best width there: it is larger than the best width of all. A bell in the
# wrong place has to reach further, so the best $\sigma$ depends on $\mu$.
#
# Instead of a hand, take a grid: try every pair for all hundred readings, and keep the pair with the
# largest sum:

# %%
locs = torch.arange(700.0, 1001.0, dtype=torch.float64)
scales = torch.arange(40.0, 161.0, dtype=torch.float64)
models = Normal(locs[:, None, None], scales[:, None])
# a row for each μ, a column for each σ; the readings are added up
log_likelihood = models.log_prob(speed).sum(-1)

i, j = divmod(log_likelihood.argmax().item(), len(scales))
loc, scale = locs[i], scales[j]
print(f"μ = {loc:.0f}, σ = {scale:.0f}: {log_likelihood[i, j]:.4f} nats")

# %% [markdown]
# That took 36 421 trials, and the answer is as fine as the grid. The library walks to the top
# itself, for this family and for others:

# %%
fit = mlefit.fit(Normal, speed)
loc, scale = fit.params["loc"], fit.params["scale"]
print(f"μ = {loc:.2f}, σ = {scale:.2f}: {fit.log_likelihood:.4f} nats")
print(f"centre at {299_000 + loc:.2f} km/s")

assert fit.converged
assert fit.log_likelihood > log_likelihood.max()
assert log_likelihood.numel() == 36_421

# %% [markdown]
# In Michelson's units: of all normal distributions, the one centred at 299 852.40 km/s with a
# standard deviation of 78.61 km/s makes his hundred readings densest. It says nothing yet about
# the speed of light itself. All we have is the best bell; an error that all readings share moves
# the bell with it ([How sure are we?](uncertainty.py)).
#
# ## Exercises
#
# **1.** By hand: what is the log-likelihood of the readings 1, 2, 3 under a normal with $\mu = 2$
# and $\sigma = 1$?

# %% [markdown] tags=["solution"]
# Each term is $-\frac12 \log 2\pi - \frac12 z^2$ with $z = -1, 0, 1$. The three constants make
# $-\frac32 \log 2\pi = -2.757$ and the squares $-1$: together $-3.757$ nats.

# %% tags=["solution"]
by_hand = -3 / 2 * math.log(2 * math.pi) - 1
three = torch.tensor([1.0, 2.0, 3.0])
by_torch = Normal(2.0, 1.0).log_prob(three).sum().item()

assert math.isclose(by_hand, by_torch, rel_tol=1e-6)
print(f"{by_hand + 1:.3f} - 1 = {by_hand:.3f}")

# %% [markdown]
# **2.** Michelson's readings cost more nats each than the draws above. Predict from the NLL of their
# best normal how many of them a product in float64 survives; its smallest positive number is
# $2^{-1074}$. Then find the place. (Repeat the hundred readings if they run out.)

# %% [markdown] tags=["solution"]
# The smallest number is $e^{-744.4}$, and a reading costs 5.78 nats: some 129 readings. The product
# is 0.0 from the 127th on; the first readings, which come round again, cost more than the average.
# The hundred themselves survive, at $10^{-251}$. In float32, whose smallest number is $2^{-149}$,
# they do not.

# %% tags=["solution"]
terms = fit.distribution.log_prob(speed)
lowest, cost = 1074 * math.log(2), -terms.mean()
product = terms.repeat(2).exp().cumprod(0)
first = (product == 0).nonzero()[0].item() + 1

assert abs(first - lowest / cost) < 3
assert terms[:27].mean() < terms.mean()
assert terms.exp().float().prod() == 0
assert torch.tensor(2.0**-149) > 0
assert torch.tensor(2.0**-150) == 0
print(f"predicted {lowest:.1f} / {cost:.2f} = {lowest / cost:.1f}")
print(f"found {first}")
print(f"the hundred: {product[99]:.1e}")

# %% [markdown]
# **3.** In which unit of speed does the NLL of Michelson's readings become negative?

# %% [markdown] tags=["solution"]
# The best NLL is $\frac12 \log(2\pi e s^2)$. It is negative where $s < 1/\sqrt{2\pi e} = 0.242$
# units. With $s = 78.61$ km/s, every unit larger than 325 km/s will do.

# %% tags=["solution"]
threshold = 1 / math.sqrt(2 * math.pi * math.e)
turn = fit.params["scale"] / threshold

for unit, sign in ((turn - 1, 1), (turn + 1, -1)):
    nll = -mlefit.fit(Normal, speed / unit).log_likelihood / len(speed)
    assert nll.sign() == sign
print(f"{fit.params['scale']:.2f} / {threshold:.3f} = {turn:.1f} km/s")

# %% [markdown]
# **4.** Michelson wrote his readings to the nearest 10 km/s, so a reading of 850 means "within 5 of
# 850". What is the probability of his hundred rounded readings under the best normal, and why may we
# use densities? (The `cdf` of a normal gives the probability of all that lies below a value.)

# %% [markdown] tags=["solution"]
# The probability of a reading is a difference of two values of `cdf`. The logarithms of these
# probabilities add up to $-348$: all hundred readings together are that improbable, under the best
# normal too. The probability of one reading is nearly its density times 10, so the sum of
# log-probabilities is nearly the log-likelihood plus $n \log 10$, the same for every $\mu$.
# Rounding shifts the curve and leaves its top: at both centres the difference is the same to a
# hundredth of a nat.

# %% tags=["solution"]
assert (speed % 10 == 0).all()
shift = len(speed) * math.log(10)

for loc in (852.4, 860.0):
    bell = Normal(torch.tensor(loc, dtype=torch.float64), scale)
    rounded = (bell.cdf(speed + 5) - bell.cdf(speed - 5)).log().sum()
    shifted = bell.log_prob(speed).sum() + shift
    print(f"μ = {loc}: {rounded:.3f} rounded, {shifted:.3f} shifted")
    assert abs(rounded - shifted) < 0.01

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`](../reference/api.md) and the data sets; [the words](../reference/glossary.md);
# [every formula](../reference/formulas.md). The example with ten thousand draws is
# [the 2022 post's](../explain/post-2022.py); more on underflow in
# [What does floating point do to a likelihood?](../explain/floating-point.py). Next:
# [Which normal is best?](closed-form.py)
#
# ## References
#
# - Batra N (2022) Maximum Likelihood Estimation (MLE) for parameters of univariate and multivariate
#   normal distribution in PyTorch. Blog post, 9 February 2022.
# - Bishop CM (2006) *Pattern Recognition and Machine Learning*, section 2.3. Springer.
# - Fisher RA (1922) On the mathematical foundations of theoretical statistics. *Phil. Trans. R.
#   Soc. A* 222, 309–368. [doi:10.1098/rsta.1922.0009](https://doi.org/10.1098/rsta.1922.0009)
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
# - Stigler SM (1977) Do robust estimators work with real data? *Annals of Statistics* 5(6),
#   1055–1098. [doi:10.1214/aos/1176343997](https://doi.org/10.1214/aos/1176343997)
# - Stigler SM (2007) The epic story of maximum likelihood. *Statistical Science* 22(4), 598–620.
#   [doi:10.1214/07-STS249](https://doi.org/10.1214/07-STS249)
