# %% [markdown]
# # Is it normal at all?
#
# A fit returns the best normal for any data, also where no normal is any good. How do I see that,
# and what still holds if the model is wrong?
#
# In 1882 Simon Newcomb timed light on its way across the Potomac and back, again and again. Two of
# his times are strange:

# %%
import torch
from torch.distributions import Normal, StudentT

import mlefit

x = mlefit.datasets.newcomb()
normal = mlefit.fit(Normal, x)
student = mlefit.fit(StudentT, x)

about = mlefit.datasets.about("newcomb").splitlines()
print(about[0], about[3], sep="\n")
print("the least five times:", *x.sort().values[:5].int().tolist())
for fit in (normal, student):
    print(f"{fit.family.__name__:8} {fit.log_likelihood:.1f} nats")

# %% tags=["fold"] alt="Above: a histogram of Newcomb's 66 times, most between 16 and 40, two apart at -44 and -2. The fitted normal is twice as wide as the bulk of the data; a Student t follows the bulk. Below: log-densities. Under the normal they fall off like a parabola, and the time -44 costs 25.0 nats. Under the Student t it costs 10.4."
import matplotlib.pyplot as plt

grid = torch.linspace(-50, 50, 401, dtype=torch.float64)
fig, (top, bottom) = plt.subplots(2, 1, figsize=(3.7, 5.2), sharex=True)
top.hist(x, range(-46, 46, 2), density=True, color="C0", alpha=0.45, linewidth=0)
top.plot(x, torch.full_like(x, -0.004), "|", color="C0", markersize=7)
for fit, colour in ((normal, "C4"), (student, "C1")):
    curve = fit.distribution.log_prob(grid)
    top.plot(grid, curve.exp(), color=colour)
    bottom.plot(grid, curve, color=colour)
    bottom.plot(x, fit.distribution.log_prob(x), "o", color=colour, markersize=4)
    cost = -fit.distribution.log_prob(x.min())
    aside, up = (5, -0.9) if fit is normal else (-4, 1.1)
    bottom.text(x.min() + aside, up - cost, f"−{cost:.1f}", color=colour)
top.text(22, 0.075, "Student t", color="C1", ha="right")
top.text(8, 0.018, "normal", color="C4", ha="right")
top.set(ylabel="density", ylim=(-0.009, None))
bottom.text(-24, -18.5, "normal", color="C4")
bottom.text(-30, -6.8, "Student t", color="C1")
bottom.set(xlabel="time − 24 800 ns", ylabel="log-density, nats", ylim=(-28, 0))
plt.show()

# %% [markdown]
# The normal has to be twice as wide as the bulk of the times, because of two of 66. Look at what
# $-44$ costs: 25.0 nats, and that with the widened normal. The log-density of a normal is a parabola,
# so a distance counts by its square. A **Student t** has a third parameter, the degrees of freedom
# `df`. The smaller it is, the heavier the tails: far out its log-density falls as slowly as
# $-(\mathtt{df} + 1)\log|x|$. Its `scale` is the width of the bulk, not the standard deviation. To
# this model the strange times are rare, but not absurd.

# %%
for fit in (normal, student):
    cost = -fit.distribution.log_prob(x.min())
    loc, scale = fit.params["loc"], fit.params["scale"]
    print(fit.family.__name__, end=": ")
    print(f"loc {loc:.1f}, scale {scale:.2f}, -44 costs {cost:.1f}")

df, error = student.params["df"], student.standard_errors()["df"]
print(f"df = {df:.2f} ± {error:.2f}")

# %% [markdown]
# ## Which family?
#
# The family with more parameters has an advantage: the normal is a t with infinite `df`, so the t can
# never fit worse. **Akaike's criterion** charges two for each of the $k$ learned numbers:
#
# $$
# \mathrm{AIC} = 2k - 2\ell(\hat\theta) .
# $$
#
# The smaller the better; only differences mean something, and a difference of one or two means
# little. It estimates how well each fit would predict new data from the same source. A third
# candidate is the **Cauchy** distribution, a t with `df` held at 1:

# %%
from torch.distributions import Cauchy

speed = mlefit.datasets.michelson()
for name, data in (("Newcomb", x), ("Michelson", speed)):
    best = mlefit.fit(Normal, data).aic
    for family in (Normal, Cauchy, StudentT):
        more = mlefit.fit(family, data).aic - best
        print(f"{name:9} {family.__name__:8} {more:+6.1f}")

# %% [markdown]
# For Newcomb's times the AIC of a t is 67 lower than that of a normal. For Michelson's readings it
# is 1.7 higher: the tails gain next to nothing, and the third parameter has its price. But AIC only
# ranks the families that you thought of. The winner may be bad. So look at the data.

# %% [markdown] tags=["pitfall"]
# **Two traps.** AIC compares models of the *same* data. Without the two strange times the normal's
# AIC is lower than the t's with them. That is not "better": it has less to explain.

# %% tags=["pitfall"]
dropped = mlefit.fit(Normal, x[x > 0])
print(f"normal, 64 times {dropped.aic:.0f}; t, 66 times {student.aic:.0f}")

# %% [markdown] tags=["pitfall"]
# And the likelihood of a t with free `df` has **no global maximum**, for any data. Centre it on one
# of the times, such as 28, which was read seven times. Hold `df` small and let the scale go to zero:
# the density there grows faster than the others shrink. What `fit` finds is a local maximum. It is the
# one that means something, and the comparison above is with it: leave out any one of the times, and
# the centre hardly moves, and the scale by a tenth at most. `df` feels $-44$ more than any other:
# without it, it is 3.6.

# %% tags=["pitfall"]
absurd = StudentT(
    df=torch.tensor(0.01, dtype=torch.float64),
    loc=28.0,
    scale=torch.tensor([1e-2, 1e-25, 1e-50, 1e-100], dtype=torch.float64),
)
spikes = absurd.log_prob(x[:, None]).sum(0)
print("spikes at 28:", *(f"{spike:.0f}" for spike in spikes), "nats")
print(f"the fit:      {student.log_likelihood:.0f} nats")

n = len(x)
all_but_one = 1 - torch.eye(n, dtype=torch.float64)  # weights, (n, n)
copies = x[:, None].expand(-1, n)
without = mlefit.fit(StudentT, copies, weights=all_but_one)
for name, values in without.params.items():
    low, high = values.aminmax()
    print(f"without one of them: {name} {low:.1f} to {high:.1f}")

assert without.params["df"].argmax() == x.argmin()
ratios = without.params["scale"] / student.params["scale"]
assert (ratios.log().abs() < 0.105).all()
assert (x == 28).sum() == 7
assert student.converged
assert spikes[-1] > student.log_likelihood

# %% [markdown] tags=["pitfall"]
# There may even be no local one. If the tails of the data are lighter than a normal's, `df` runs to
# infinity. The fit warns and says so; then take the normal. Here are the minutes between eruptions of
# the geyser Old Faithful:

# %% tags=["pitfall"]
import warnings

waits = mlefit.datasets.old_faithful()[:, 1]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the message says it too
    endless = mlefit.fit(StudentT, waits)

assert not endless.converged
print(endless.message.split(" (")[0].replace(": ", ":\n"))

# %% [markdown]
# ## Compare quantiles
#
# The **quantile** of a model at $p$ is the value below which it has probability $p$. Sort the data.
# The $i$-th of $n$ should be near the quantile at $(i - \frac12)/n$, which `icdf` computes:

# %%
p = (torch.arange(n) + 0.5) / n
expected, seen = normal.distribution.icdf(p), x.sort().values
for i in (0, 1, n // 2, n - 1):
    print(f"{i + 1:2}: expected {expected[i]:4.1f}, seen {seen[i]:5.1f}")

# %% [markdown]
# Plotted against each other in a **QQ plot**, the two lie near a straight line if the family is
# right. How near? Draw samples from the fitted normal, fit each, and keep the band that holds 95 %
# of them at each rank. A few points outside are no alarm; a pattern is.

# %% tags=["fold"] alt="Three QQ plots against a fitted normal, with a 95 % band. Michelson's readings follow the line, a few just outside the band. Newcomb's times lie on a flatter line, with two points far below. The waits of Old Faithful make an S that leaves the band in the middle and at both ends."
import mlefit.plot

samples = {"Michelson, km/s": speed, "Newcomb, ns": x, "Old Faithful, min": waits}
fig, axes = plt.subplots(2, 2, figsize=(3.7, 3.9))
*panels, key = axes.flat
for ax, (name, data) in zip(panels, samples.items(), strict=True):
    mlefit.plot.qq(mlefit.closed_form(Normal, data), data, band=0.95, ax=ax)
    for label in ax.texts:
        label.remove()
    ax.text(0.03, 0.99, name, transform=ax.transAxes, va="top", fontsize=9)
    ax.set(xlabel="", ylabel="")
key.axis("off")
key.text(0.5, 0.5, "band: 95 % of\nsamples from\nthe fit", color="C4", ha="center", va="center")
fig.supxlabel("quantile of the fitted normal", fontsize=10)
fig.supylabel("ordered data", fontsize=10)
plt.show()

# %% [markdown]
# Each shape has its meaning. Michelson's readings: nothing against a normal. Newcomb's times: a
# flat line, since the fitted scale is too large for the bulk, and two points that fall off. The
# waits at Old Faithful: an S, with tails that are too *short*. The waits are of two kinds, and their
# mean lies between, where there are few:

# %%
wait = mlefit.fit(Normal, waits)
near = ((waits - wait.params["loc"]).abs() < 5).double().mean()
d = wait.distribution
model = d.cdf(d.mean + 5) - d.cdf(d.mean - 5)
print(f"{len(waits)} waits, mean {d.mean:.1f} minutes; within 5 of it are")
print(f"{100 * model:.0f} % by the normal, {100 * near:.0f} % in the data")

# %% tags=["fold"] alt="A histogram of 272 waits between eruptions has two humps, near 55 and 80 minutes. The fitted normal has its top at 71 minutes, in the valley between them."
fig, ax = plt.subplots(figsize=(3.7, 2.8))
mlefit.plot.density(wait, waits, bins=range(42, 100, 2), ax=ax)
ax.texts[0].remove()
ax.text(93, 0.0175, "normal", color="C1")
ax.set(xlabel="minutes to the next eruption")
plt.show()

# %% [markdown]
# ## In two dimensions
#
# Pairs have no order to sort them in. But with $\Sigma = LL^\top$ the distance
#
# $$
# D_i^2 = (x_i - \mu)^\top \Sigma^{-1} (x_i - \mu)
#   = \bigl\lVert L^{-1}(x_i - \mu) \bigr\rVert^2,
# $$
#
# the sum of the squared entries of $L^{-1}(x_i - \mu)$, turns each row into one number, the
# [squared Mahalanobis distance](multivariate.py), which for a normal follows $\chi^2$ with two
# degrees of freedom. Its mean over the rows tells nothing: at the estimate, where $\Sigma = S$, it is
# $\operatorname{tr}(S^{-1} S) = 2$ for any data at all. Its quantiles do tell.

# %%
from torch.distributions import MultivariateNormal

sets = {
    "Galton": mlefit.datasets.galton(one_son_seed=0),
    "Old Faithful": mlefit.datasets.old_faithful(),
    "penguins": mlefit.datasets.penguins()[:, :2],  # bill length, depth
}
for name, rows in sets.items():
    d = mlefit.closed_form(MultivariateNormal, rows).distribution
    apart = (rows - d.loc).T
    z = torch.linalg.solve_triangular(d.scale_tril, apart, upper=False)
    squared = (z**2).sum(0)
    torch.testing.assert_close(squared.mean(), torch.tensor(2.0).double())
    half = (squared < 2 * torch.tensor(2.0).log()).double().mean()
    print(f"{name:12} {100 * half:.0f} % within the 50 % ellipse")

# %% tags=["fold"] alt="Squared Mahalanobis distances against chi-squared quantiles with a 95 % band. Galton's families follow the line; the second farthest lies just above the band. Old Faithful's eruptions and the pooled penguins bend away from it: too few rows near the centre, and too few far out."
fig, axes = plt.subplots(2, 2, figsize=(3.7, 3.9), sharex=True, sharey=True)
*panels, key = axes.flat
for ax, (name, rows) in zip(panels, sets.items(), strict=True):
    mlefit.plot.qq(mlefit.closed_form(MultivariateNormal, rows), rows, band=0.95, ax=ax)
    for label in ax.texts:
        label.remove()
    ax.text(0.03, 0.99, name, transform=ax.transAxes, va="top", fontsize=9)
    ax.set(xlabel="", ylabel="")
key.axis("off")
panels[1].tick_params(labelbottom=True)
fig.supxlabel("quantile of chi-squared, 2 d.f.", fontsize=10)
fig.supylabel("squared Mahalanobis distance", fontsize=10)
plt.show()

# %% [markdown]
# Galton's families pass. The geyser and the penguins do not. The penguins are three species in one
# heap, and the heap is not only less normal than its parts. It says the opposite of them:


# %%
def correlation(d):
    return d.covariance_matrix[0, 1] / d.variance.prod().sqrt()


birds = {"all": sets["penguins"]}
for species in ("Adelie", "Chinstrap", "Gentoo"):
    birds[species] = mlefit.datasets.penguins(species)[:, :2]

for name, rows in birds.items():
    fit = mlefit.fit(MultivariateNormal, rows)
    r = correlation(fit.distribution)
    error = fit.standard_errors(of=correlation)
    print(f"{name:9}  r = {r:+.2f} ± {error:.2f}")

# %% [markdown]
# In each species longer bills are deeper. In the heap they are less deep, because Gentoos have long,
# flat bills and Adelies short, deep ones. No standard error, however small, warns of that.
#
# ## What holds if the model is wrong?
#
# The estimate still has a meaning. As $n$ grows it goes to the member of the family that is nearest
# to the truth in Kullback–Leibler divergence; for a normal that is the one with the true mean and
# variance. What breaks is the standard error. Its
# [derivation](uncertainty.py#from-curvature-to-a-standard-error) took two matrices to be equal: the
# curvature $\mathcal I$, and the scatter of the rows' *scores*, the slopes $\nabla\ell_i = \nabla
# \log p(x_i \mid \hat\theta)$ of their log-densities in the parameters. If the family is right they
# are equal, but for chance; otherwise they need not be. Without this assumption the covariance is
# the **sandwich** of Huber (1967) and White (1982):
#
# $$
# \mathcal I^{-1} \Bigl( \sum_i \nabla\ell_i \nabla\ell_i^\top \Bigr) \mathcal I^{-1} .
# $$

# %%
from torch.autograd.functional import hessian, jacobian


def terms(theta):
    return Normal(theta[0], theta[1]).log_prob(x)


theta = torch.stack([normal.params["loc"], normal.params["scale"]])
bread = torch.linalg.inv(-hessian(lambda theta: terms(theta).sum(), theta))
scores = jacobian(terms, theta)  # (n, 2)
sandwich = bread @ (scores.T @ scores) @ bread

torch.manual_seed(0)
again = x[torch.randint(n, (n, 4000))]  # 4000 bootstrap samples
spread = [again.mean(0).std(), again.std(0, correction=0).std()]

plain, robust = bread.diagonal().sqrt(), sandwich.diagonal().sqrt()
for k, name in enumerate(normal.params):
    print(
        f"{name:5} {theta[k]:5.2f}, curvature {plain[k]:.2f}, "
        f"sandwich {robust[k]:.2f}, bootstrap {spread[k]:.2f}"
    )

# %% [markdown]
# The library has it as `robust=True`:

# %%
errors = normal.standard_errors(robust=True)
torch.testing.assert_close(torch.stack(list(errors.values())), robust)

# %% [markdown]
# For `loc` nothing changes: the error of a mean is $s/\sqrt n$ whatever the family. For `scale` it
# is almost four times as large, because two of 66 times make up most of the variance. The
# bootstrap, which knows nothing of the formula, agrees.
#
# The sandwich repairs the error bar and not the model. It says how well we know the standard
# deviation of the best normal, even if nothing about Newcomb's light is described by it. Ask first
# whether that number is the one you want. The t answers with a narrower scale, and with a centre
# that is twice as sure. The value accepted today for the same path is 33.02:

# %%
for fit in (normal, student):
    loc, error = fit.params["loc"], fit.standard_errors(robust=True)["loc"]
    away = (33.02 - loc) / error
    print(fit.family.__name__, end=": ")
    print(f"{loc:.1f} ± {error:.1f}, 33.02 is {away:.1f} errors away")

# %% [markdown]
# Neither interval comes near. A better family made the answer more precise. It does not remove a
# [shared error](uncertainty.py#precise-and-wrong).
#
# ## Exercises
#
# **1.** Drop $-44$ and $-2$. How do the scales of the normal and of the t change, and what becomes of
# `df`?

# %% [markdown] tags=["solution"]
# The two times moved the centre of the normal by 1.5 ns and doubled its scale. They moved the
# centre of the t by 0.3 ns and even narrowed its scale, from 5.0 to 3.8: it grew tails instead.
# Without them `df` is near 60, and a t with so many degrees of freedom is a normal in all but name:
# the 64 others have nothing against one. Nobody had to decide which times to drop. The t gave them
# little weight by itself.

# %% tags=["solution"]
rest = x.sort().values[2:]
for family in (Normal, StudentT):
    before, after = mlefit.fit(family, x), mlefit.fit(family, rest)
    for name, value in before.params.items():
        change = f"{value:4.1f} -> {after.params[name]:4.1f}"
        print(f"{family.__name__:8} {name:5} {change}")
    moved = after.params["loc"] - before.params["loc"]
    print(f"{'':8} moved {moved:.1f}")
assert after.params["df"] > 30
assert 0.3 < moved < 0.4

# %% [markdown]
# **2.** Which values of `df` do the 66 times allow? Is a Cauchy distribution (`df` 1) among them,
# and is a normal?

# %% [markdown] tags=["solution"]
# Take the profile interval: `df` is a positive number with a skewed likelihood. From about 1.2 to
# 4.1: a Cauchy is outside, a normal ($\mathtt{df} = \infty$) far outside. Even the variance is
# in doubt, which is infinite for `df` up to 2 (at 1 or less there is not even a mean).

# %% tags=["solution"]
low, high = student.profile_interval("df")
print(f"df from {low:.2f} to {high:.2f}")

cauchy = mlefit.fit(StudentT, x, fixed={"df": 1.0})
lost = student.log_likelihood - cauchy.log_likelihood
print(f"with df 1: {lost:.2f} nats lost")
assert (lost > 1.92) == (low > 1)

# %% [markdown]
# **3.** Fit a mixture of two normals to the waits of Old Faithful. By how much does AIC prefer it,
# and what do the parameters mean? In torch, `Categorical` draws one of several kinds with given
# probabilities, and `MixtureSameFamily` then draws from the normal of this kind. The family is a
# function that makes the mixture, with starting values, and with `transforms` that say which parameters
# are positive or lie between 0 and 1
# ([A family of your own](../howto/any-distribution.py#a-family-of-your-own)).

# %% [markdown] tags=["solution"]
# A mixture has a share, two centres and two scales: three numbers more than a normal. They cost 6, and
# $2\ell$ rises by twenty times as much. The geyser has short waits of about
# 55 minutes, a little over a third of all, and long ones of about 80. The two humps are equally wide.

# %% tags=["solution"]
from torch.distributions import Categorical, MixtureSameFamily, constraints

from mlefit.transforms import chart


def two(share, loc, scale):
    which = Categorical(torch.stack([share, 1 - share], -1))
    return MixtureSameFamily(which, Normal(loc, scale))


start = {"share": 0.5, "loc": [55.0, 80.0], "scale": [6.0, 6.0]}
allowed = {
    "share": chart(constraints.unit_interval),
    "scale": chart(constraints.positive),
}
mixture = mlefit.fit(two, waits, init=start, transforms=allowed)
share, loc = mixture.params["share"], mixture.params["loc"]
gain = wait.aic - mixture.aic

print(f"{share:.2f} of them near {loc[0]:.1f}, others near {loc[1]:.1f}")
print("scales", *(f"{scale:.2f}" for scale in mixture.params["scale"]))
print(f"AIC lower by {gain:.1f}")
assert mixture.converged

# %% [markdown]
# **4.** When does the sandwich matter? Compute the ratio of robust to plain standard error for the
# scale of Michelson's readings, Newcomb's times and the waits.

# %% [markdown] tags=["solution"]
# The ratio is $\sqrt{(m_4 - 1)/2}$, with $m_4$ the mean of $z^4$, which is 3 for a normal: near 1 for
# Michelson, 3.8 for Newcomb, and *below* 1 for the two humps. A wrong model does not always make
# errors larger. A ratio far from 1 is itself a sign that the family is wrong.

# %% tags=["solution"]
for name, data in (("Michelson", speed), ("Newcomb", x), ("waits", waits)):
    fit = mlefit.fit(Normal, data)
    robust, plain = fit.standard_errors(robust=True), fit.standard_errors()
    ratio = robust["scale"] / plain["scale"]
    z = (data - fit.params["loc"]) / fit.params["scale"]
    torch.testing.assert_close(ratio, (((z**4).mean() - 1) / 2).sqrt())
    print(f"{name:9} {ratio:.2f}")

# %% [markdown]
# ## In the reference
#
# [`Fit.aic`, `Fit.standard_errors`](../reference/api.md) and `mlefit.plot.qq`;
# [the data sets](../reference/datasets.md).
#
# This is the last of the six pages: from one `log_prob` to a checked model with error bars. Next, take
# data of your own to [How do I fit any torch distribution?](../howto/any-distribution.py) For the
# reasons behind the six pages, read
# [Why are the mean and the scatter matrix the maximum, and nothing else?](../explain/proofs.py)
#
# ## References
#
# - Azzalini A, Bowman AW (1990) A look at some data on the Old Faithful geyser. *Applied Statistics*
#   39(3), 357–365. [doi:10.2307/2347385](https://doi.org/10.2307/2347385)
# - Gorman KB, Williams TD, Fraser WR (2014) Ecological sexual dimorphism and environmental variability
#   within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
#   [doi:10.1371/journal.pone.0090081](https://doi.org/10.1371/journal.pone.0090081)
# - Huber PJ (1967) The behavior of maximum likelihood estimates under nonstandard conditions. *Proc.
#   5th Berkeley Symposium* 1, 221–233.
# - Lange KL, Little RJA, Taylor JMG (1989) Robust statistical modeling using the t distribution.
#   *JASA* 84(408), 881–896.
#   [doi:10.1080/01621459.1989.10478852](https://doi.org/10.1080/01621459.1989.10478852)
# - Newcomb S (1891) Measures of the velocity of light. *Astronomical Papers* 2, 107–230.
# - Stigler SM (1977) Do robust estimators work with real data? *Annals of Statistics* 5(6),
#   1055–1098. [doi:10.1214/aos/1176343997](https://doi.org/10.1214/aos/1176343997)
# - White H (1982) Maximum likelihood estimation of misspecified models. *Econometrica* 50(1), 1–25.
#   [doi:10.2307/1912526](https://doi.org/10.2307/1912526)
