# %% [markdown]
# # Why are the mean and the scatter matrix the maximum, and nothing else?
#
# The best normal has the mean $\bar x$ and the scatter $S$ of the data. How do we know that no other
# does as well, in any number of dimensions? There are several proofs (Anderson & Olkin 1985), and
# each adds something of its own.

# %%
import torch

import mlefit

X = mlefit.datasets.galton()  # father and son, inches

# %% tags=["fold"] alt="Left: Galton's heights with the ellipses of three normals of the same mean: one with the scatter matrix of the data, one with its axes parallel to the coordinates, one too narrow and leaning the wrong way. Right: the curve of what an eigenvalue costs, which is zero only at 1. The first normal has both dots at 1, the second has one on either side of it, the third has one far to the right, high up on the curve."
import math

import matplotlib.pyplot as plt

mean, S = X.mean(0), torch.cov(X.T, correction=0)
candidates = {
    "scatter": (S, "C1"),
    "no tilt": (S.diagonal().diag(), "C2"),
    "wrong tilt": (torch.tensor([[3.0, -1.5], [-1.5, 4.0]]).double(), "C3"),
}
angle = torch.linspace(0, 2 * math.pi, 200, dtype=torch.float64)
circle = torch.stack([angle.cos(), angle.sin()])
curve = torch.linspace(0.12, 5.6, 300)

fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
left.plot(*X.T, ".", color="C0", alpha=0.25, markersize=4)
right.plot(curve, (curve - 1 - curve.log()) / 2, color="C4")
for name, (Sigma, colour) in candidates.items():
    L = torch.linalg.cholesky(Sigma)
    left.plot(*(mean[:, None] + 2 * L @ circle), color=colour)
    half = torch.linalg.solve_triangular(L, torch.linalg.cholesky(S), upper=False)
    eigen = torch.linalg.svdvals(half) ** 2
    cost = (eigen - 1 - eigen.log()) / 2
    right.plot(eigen, cost, "o", color=colour)
    place = {"scatter": (0.75, 1.0), "no tilt": (0.75, 1.15), "wrong tilt": (0.75, 1.3)}[name]
    right.text(*place, f"{name}: {cost.sum():.2f} nats a row", color=colour)
left.set(xlabel="father, inches", ylabel="son, inches")
right.set(xlabel="eigenvalue q", ylabel="½ (q − 1 − log q)", ylim=(-0.05, 1.45))
right.set_xticks([0, 1, 2, 3, 4, 5])
plt.show()

# %% [markdown]
# Galton's heights (1886) of fathers and sons, 481 pairs, three covariance matrices, and the whole
# proof in one curve. Measured against the data, a matrix $\Sigma$ is $d$ numbers $q_1, \dots, q_d$,
# one dot each. What it costs is the sum of the dots' heights. The curve touches zero at $q = 1$ and
# nowhere else, and only $S$ itself has all its dots there.
#
# ## The map
#
# | what is claimed | why | what else it gives |
# |---|---|---|
# | the data enter by $n$, $\bar x$ and $S$ alone | [completing the square](#completing-the-square) | sufficiency |
# | $\bar x$ and $S$ beat every other pair | [eigenvalues](#no-other-pair-does-better) | the lead is $n$ times a divergence |
# | the slope is zero there and only there | [matrix calculus](#the-same-by-calculus) | gradient and Hessian |
# | there cannot be a second peak | [convexity](#why-there-is-only-one-peak) | every exponential family |
# | it holds under any name | [invariance](#a-new-name-for-a-parameter-changes-nothing) | correlations, slopes, quantiles |
# | how sharp the peak is | [information](#how-sharp-the-peak-is) | standard errors |
#
# ## Completing the square
#
# In one dimension $\frac1n \sum (x_i - \mu)^2 = s^2 + (\bar x - \mu)^2$, since the deviations from
# the mean add up to zero. With $z = (\bar x - \mu)/\sigma$ and $q = s^2/\sigma^2$ the lead over the
# candidate is then
#
# $$
# \ell(\bar x, s) - \ell(\mu, \sigma) = \tfrac n2 \bigl( z^2 + q - 1 - \log q \bigr) \ge 0 ,
# $$
#
# because $\log q \le q - 1$. [Which normal is best?](../learn/closed-form.py) goes through it line
# by line. In $d$ dimensions the same step reads
#
# $$
# \begin{aligned}
# M(\mu) &= \frac1n \sum_{i=1}^n (x_i - \mu)(x_i - \mu)^\top \\
#   &= S + (\bar x - \mu)(\bar x - \mu)^\top .
# \end{aligned}
# $$
#
# A quadratic form is a trace, $v^\top \Sigma^{-1} v = \tr(\Sigma^{-1} v v^\top)$, so the sum over
# the rows becomes one trace:
#
# $$
# \ell(\mu, \Sigma) = -\tfrac n2 \bigl( d \log 2\pi + \log\det\Sigma + \tr(\Sigma^{-1} M) \bigr) .
# $$

# %%
import math

from torch.distributions import MultivariateNormal, kl_divergence

n, d = X.shape
print(f"{n} rows, {d} columns")

mean = X.mean(0)
S = (X - mean).T @ (X - mean) / n


def log_likelihood(mu, Sigma):
    L = torch.linalg.cholesky(Sigma)
    M = S + torch.outer(mean - mu, mean - mu)
    log_det = 2 * L.diagonal().log().sum()
    trace = torch.cholesky_solve(M, L).trace()
    return -n / 2 * (d * math.log(2 * math.pi) + log_det + trace)


torch.manual_seed(0)
pairs = []
for _ in range(100):
    B = torch.randn(d, d + 1, dtype=torch.float64)
    pairs.append((mean + torch.randn(d, dtype=torch.float64), B @ B.T))

for mu, Sigma in pairs:
    direct = MultivariateNormal(mu, Sigma).log_prob(X).sum()
    torch.testing.assert_close(log_likelihood(mu, Sigma), direct)

# %% [markdown]
# The rows are gone: $n$, $\bar x$ and $S$ are **sufficient statistics** (Fisher 1922). Other data
# with the same three have the same likelihood everywhere, whatever they look like. Here is a
# parallelogram of uniform points that no normal can tell from Galton's families:

# %%
Z = torch.rand(n, d, dtype=torch.float64) - 0.5
Z = Z - Z.mean(0)
whiten = torch.linalg.cholesky(Z.T @ Z / n)
Z = torch.linalg.solve_triangular(whiten, Z.T, upper=False).T
box = mean + Z @ torch.linalg.cholesky(S).T

for mu, Sigma in pairs:
    normal = MultivariateNormal(mu, Sigma)
    totals = normal.log_prob(X).sum(), normal.log_prob(box).sum()
    torch.testing.assert_close(*totals)

# %% [markdown]
# ## No other pair does better
#
# Let $S$ have full rank, $S^{1/2}$ be its symmetric root, and $A = S^{1/2} \Sigma^{-1} S^{1/2}$:
# the candidate as the data see it. $A$ is symmetric and positive definite. Let
# $q_1, \dots, q_d > 0$ be its eigenvalues. Then
#
# $$
# \begin{aligned}
# \log\det\Sigma &+ \tr(\Sigma^{-1} S) \\
#   &= \log\det S - \log\det A + \tr A \\[4pt]
#   &= \log\det S + \sum_{j=1}^d (q_j - \log q_j) \\
#   &\ge \log\det S + d .
# \end{aligned}
# $$
#
# The last step is $q - \log q \ge 1$, with equality only at $q = 1$. So equality needs every
# $q_j = 1$, hence $A = I_d$, hence $\Sigma = S$. What is left of the trace,
# $(\bar x - \mu)^\top \Sigma^{-1} (\bar x - \mu)$, is not negative, and zero only at
# $\mu = \bar x$. **No other pair does as well**, and no derivative was needed.

# %% [markdown] tags=["steps"]
# **The trace.** Under a trace the last factor may move to the front:
# $\tr(\Sigma^{-1} S) = \tr(\Sigma^{-1} S^{1/2} S^{1/2}) = \tr(S^{1/2} \Sigma^{-1} S^{1/2})$.
#
# **The determinant.** $\det A = \det S \,/ \det \Sigma$, so
# $\log\det\Sigma = \log\det S - \log\det A$. A trace is the sum of the eigenvalues, a determinant
# their product.
#
# **The eigenvalues are positive.** $v^\top A v = w^\top \Sigma^{-1} w$ with $w = S^{1/2} v$, which is
# not zero where $v$ is not, since $S$ has full rank.
#
# **The inequality.** $q - 1 - \log q$ is zero at $q = 1$ and has the slope $1 - 1/q$: it falls before
# 1 and rises after it.

# %% [markdown]
# Subtract, and the lead is a known quantity: $n$ times the **Kullback–Leibler divergence** from the
# fitted normal to the other one, the mean under the first of the logarithm of the two densities' ratio
# ([formula](../reference/formulas.md#mvn-kl)):
#
# $$
# \begin{aligned}
# \ell(\bar x, S) &- \ell(\mu, \Sigma) \\
#   = \tfrac n2 & \bigl( \textstyle\sum_j (q_j - 1 - \log q_j) \\
#   & \; + (\bar x - \mu)^\top \Sigma^{-1} (\bar x - \mu) \bigr) \\
#   = n \, & \mathrm{KL}\bigl( \mathcal N(\bar x, S) \,\|\, \mathcal N(\mu, \Sigma) \bigr) .
# \end{aligned}
# $$
#
# So the NLL of any normal is the lowest one, $\frac12 \log\det(2\pi e S)$, plus its divergence.

# %%
fitted = MultivariateNormal(mean, S)
best = fitted.log_prob(X).sum()
C = torch.linalg.cholesky(S)

for mu, Sigma in pairs:
    L = torch.linalg.cholesky(Sigma)
    half = torch.linalg.solve_triangular(L, C, upper=False)
    eigen = torch.linalg.svdvals(half) ** 2  # those of A: any root of S will do
    z = torch.linalg.solve_triangular(L, (mean - mu)[:, None], upper=False)
    lead = n / 2 * ((eigen - 1 - eigen.log()).sum() + (z**2).sum())

    assert lead > 0
    torch.testing.assert_close(best - log_likelihood(mu, Sigma), lead)
    other = MultivariateNormal(mu, Sigma)
    torch.testing.assert_close(lead, n * kl_divergence(fitted, other))

torch.testing.assert_close(-best / n, fitted.entropy())
print(f"lowest NLL {-best / n:.4f} nats a row")

# %% [markdown]
# ## The same by calculus
#
# Two rules are needed, $\mathrm d \log\det\Sigma = \tr(\Sigma^{-1} \mathrm d\Sigma)$ and
# $\mathrm d (\Sigma^{-1}) = -\Sigma^{-1} \,\mathrm d\Sigma\, \Sigma^{-1}$. They give the gradient
# (Magnus & Neudecker 2019):
#
# $$
# \begin{aligned}
# \frac{\partial \ell}{\partial \mu} &= n\, \Sigma^{-1} (\bar x - \mu), \\[8pt]
# \frac{\partial \ell}{\partial \Sigma} &= \frac n2\, \Sigma^{-1} \bigl( M(\mu) - \Sigma \bigr) \Sigma^{-1} .
# \end{aligned}
# $$
#
# Both vanish where $\mu = \bar x$ and $\Sigma = M(\bar x) = S$, and nowhere else.

# %% [markdown] tags=["steps"]
# **The rules.** $\det(\Sigma + V) = \det\Sigma \,\det(I_d + \Sigma^{-1} V)$, and to first order
# $\det(I_d + \Sigma^{-1} V) = 1 + \tr(\Sigma^{-1} V)$. Differentiate $\Sigma \Sigma^{-1} = I_d$ for
# the second.
#
# **The slope.** In the direction $\mathrm d\Sigma$
#
# $$
# \mathrm d\ell = -\tfrac n2 \tr( \Sigma^{-1} \mathrm d\Sigma
#   - \Sigma^{-1} M \Sigma^{-1} \mathrm d\Sigma ) ,
# $$
#
# the trace of the gradient above times $\mathrm d\Sigma$.

# %%
mu, Sigma = (part.clone().requires_grad_() for part in pairs[0])
log_likelihood(mu, Sigma).backward()

inverse = torch.cholesky_inverse(torch.linalg.cholesky(Sigma.detach()))
apart = mean - mu.detach()
M = S + torch.outer(apart, apart)
G = n / 2 * inverse @ (M - Sigma.detach()) @ inverse

torch.testing.assert_close(mu.grad, n * inverse @ apart)
torch.testing.assert_close(Sigma.grad, G)

# %% tags=["pitfall"]
mu, Sigma = pairs[0]
here, h = log_likelihood(mu, Sigma), 1e-6
upper = torch.tensor([[0, h], [0, 0]], dtype=torch.float64)

both = (log_likelihood(mu, Sigma + upper + upper.T) - here) / h
alone = (log_likelihood(mu, Sigma + upper) - here) / h
print(f"entry of the gradient    {G[0, 1]:8.1f}")
print(f"both entries moved       {both:8.1f}")
print(f"upper entry alone        {alone:8.1f}")

# %% [markdown] tags=["pitfall"]
# **A factor of two.** $\Sigma$ is symmetric, so $\Sigma_{12}$ cannot move without $\Sigma_{21}$, and
# the likelihood then changes at *twice* the rate that the entry of the gradient says. Nor does it
# help to move one entry of the array: a Cholesky factorization reads the lower triangle only and
# does not notice. Both are right; they differentiate in different directions.

# %% [markdown]
# ## Why there is only one peak
#
# Zero slope says nothing about shape, and in $\Sigma$ the log-likelihood is not concave: where
# $\Sigma$ is more than twice $M(\mu)$, at $\mu = \bar x$ twice $S$, it bends upwards. It is concave
# in other coordinates, $\Lambda = \Sigma^{-1}$ and $\lambda = \Lambda\mu$, the **natural
# parameters**:
#
# $$
# \begin{aligned}
# \ell/n &= \lambda^\top \bar x - \tfrac12 \tr \Lambda (S + \bar x \bar x^\top) - a, \\
# a &= \tfrac12 \lambda^\top \Lambda^{-1} \lambda - \tfrac12 \log\det\Lambda
#   + \tfrac d2 \log 2\pi .
# \end{aligned}
# $$
#
# The data appear in linear terms only. All the bending comes from $a$, and $a$ is convex: it is the
# logarithm of the integral that makes the density's area 1, and such a log-integral is convex by
# Hölder's inequality, ${\int f^t g^{1-t} \le (\int f)^t (\int g)^{1-t}}$ for $0 \le t \le 1$: with
# $f$ and $g$ the integrands at two points, the left is the integral between them. A concave function
# has no second peak. Where its slope vanishes, the model's averages equal those of the data,
# $\E[x] = \bar x$ and $\E[xx^\top] = S + \bar x \bar x^\top$.
#
# This is the story of every **exponential family** whose natural parameters are free to vary: the
# log-likelihood is concave in them, and its peak, if there is one, matches the averages of the
# sufficient statistics.

# %%
from torch.autograd.functional import hessian


def symmetric(u):
    return torch.stack([u[0], u[1], u[1], u[2]]).reshape(2, 2)


def by_moments(u):
    return -log_likelihood(u[:2], symmetric(u[2:])) / n


def by_natural(u):
    linear, precision = u[:2], symmetric(u[2:])
    covariance = torch.cholesky_inverse(torch.linalg.cholesky(precision))
    return -log_likelihood(covariance @ linear, covariance) / n


lowest = {by_moments: [], by_natural: []}
for mu, Sigma in pairs[:40]:
    precision = torch.cholesky_inverse(torch.linalg.cholesky(Sigma))
    for nll, a, B in (
        (by_moments, mu, Sigma),
        (by_natural, precision @ mu, precision),
    ):
        u = torch.cat([a, B[[0, 0, 1], [0, 1, 1]]])
        lowest[nll].append(torch.linalg.eigvalsh(hessian(nll, u))[0].item())

print("curvature of the NLL bends down somewhere:")
for nll, values in lowest.items():
    count = sum(value < 0 for value in values)
    print(f"{nll.__name__:11} at {count:2} of 40 points")

# %% [markdown]
# The library's search uses coordinates with the same virtue, $L^{-1}$ and $L^{-1}\mu$ with
# $\Sigma = LL^\top$: [Which coordinates should the search use?](links.py)
#
# ## A new name for a parameter changes nothing
#
# Call the models by other names $\varphi = f(\theta)$, one for each, and the best model stays the
# best. So the estimate of $\varphi$ is $f(\hat\theta)$. If many $\theta$ share one $\varphi$, as
# many covariance matrices share a correlation, let the best of them stand for it; the best of the
# best is still $\hat\theta$. This **invariance** is why the estimated correlation, slope or quantile
# is that of the fitted normal. A search that has the correlation among its parameters agrees:

# %%


def by_correlation(loc, scale, rho):
    one = torch.ones_like(rho)
    R = torch.stack([one, rho, rho, one], -1).reshape(*rho.shape, 2, 2)
    Sigma = scale[..., :, None] * R * scale[..., None, :]
    return MultivariateNormal(loc, Sigma)


start = {"loc": [60.0, 60.0], "scale": [2.0, 2.0], "rho": 0.1}
searched = mlefit.fit(by_correlation, X, init=start)
r = S[0, 1] / (S[0, 0] * S[1, 1]).sqrt()
print(f"from S {r:.4f}, searched {searched.params['rho']:.4f}")
assert searched.converged
torch.testing.assert_close(searched.params["rho"], r, rtol=1e-4, atol=0)

# %% [markdown]
# ## How sharp the peak is
#
# At the peak, with $\mathrm d\mu$ and $\mathrm d\Sigma$ for a small step away from it,
#
# $$
# -\mathrm d^2 \ell = n\, \mathrm d\mu^\top S^{-1} \mathrm d\mu
#   + \tfrac n2 \tr\bigl( S^{-1} \mathrm d\Sigma\, S^{-1} \mathrm d\Sigma \bigr) .
# $$
#
# This is the **observed information**. The **Fisher information** is what one expects of it. That of
# one row is also the covariance of its **score**, the gradient of its log-density. At the peak
# of an exponential family both are the same (Efron & Hinkley 1978), and the inverse gives the variances
# of the estimates, for large $n$ and if the family is right:
#
# | quantity | one dimension | $d$ dimensions |
# |---|---|---|
# | gradient, centre | ${n(\bar x - \mu)/\sigma^2}$ | ${n\,\Sigma^{-1}(\bar x - \mu)}$ |
# | gradient, spread | ${n(M - \sigma^2)/\sigma^3}$ | ${\tfrac n2\, \Sigma^{-1}(M - \Sigma)\Sigma^{-1}}$ |
# | Hessian, centre | $-n/\sigma^2$ | $-n\,\Sigma^{-1}$ |
# | Hessian, spread | ${n/\sigma^2 - 3nM/\sigma^4}$ | below |
# | Hessian, across | ${-2n(\bar x - \mu)/\sigma^3}$ | below |
# | information, centre | $n/\sigma^2$ | $n\,\Sigma^{-1}$ |
# | information, spread | $2n/\sigma^2$ | $\tfrac n2 \tr(\Sigma^{-1} V \Sigma^{-1} W)$ |
# | information, across | 0 | 0 |
# | variance, centre | $\sigma^2/n$ | $\Sigma/n$ |
# | variance, spread | $\sigma^2/2n$ | ${(\Sigma_{jk}^2 + \Sigma_{jj} \Sigma_{kk})/n}$ |
#
# Centre and spread are $\mu$ and $\sigma$, or $\mu$ and $\Sigma$. $M$ is $M(\mu)$, in one dimension
# $s^2 + (\bar x - \mu)^2$. $V$ and $W$ are the directions of two free entries of $\Sigma$: ones there
# and at the mirror image. In $d$ dimensions, anywhere, with $K = \Sigma^{-1} M - \tfrac12 I_d$,
#
# $$
# \begin{aligned}
# -\mathrm d^2\ell ={}& n\, \mathrm d\mu^\top \Sigma^{-1} \mathrm d\mu \\
#   &+ 2n\, (\bar x - \mu)^\top \Sigma^{-1} \mathrm d\Sigma\, \Sigma^{-1} \mathrm d\mu \\
#   &+ n \tr( \Sigma^{-1} \mathrm d\Sigma\, \Sigma^{-1} \mathrm d\Sigma\, K ) .
# \end{aligned}
# $$

# %%
from torch.autograd.functional import jacobian
from torch.distributions import Normal

sons = X[:, 1]


def one_dimension(u):
    return Normal(u[0], u[1]).log_prob(sons).sum()


mu, sigma = u = torch.tensor([68.0, 3.0], dtype=torch.float64)
apart = sons.mean() - mu
M = sons.var(correction=0) + apart**2

slope = torch.stack([apart / sigma**2, (M - sigma**2) / sigma**3])
across = -2 * apart / sigma**3
spread = sigma**-2 - 3 * M / sigma**4
second = torch.stack([-(sigma**-2), across, across, spread])
torch.testing.assert_close(jacobian(one_dimension, u), n * slope)
torch.testing.assert_close(hessian(one_dimension, u), n * second.reshape(2, 2))

s = sons.std(correction=0)
errors = mlefit.fit(Normal, sons).standard_errors()
torch.testing.assert_close(errors["loc"], s / n**0.5)
torch.testing.assert_close(errors["scale"], s / (2 * n) ** 0.5)

# %% [markdown]
# And in two:

# %%
ways = [symmetric(row) for row in torch.eye(3, dtype=torch.float64)]


def minus_second(mu, Sigma):
    """Return the second derivatives of -l by the formula above."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(Sigma))
    apart = mean - mu
    K = inverse @ (S + torch.outer(apart, apart)) - torch.eye(d) / 2
    steps = [inverse @ a for a in ways]
    within = [[(a @ b @ K).trace() for b in steps] for a in steps]
    within = torch.tensor(within, dtype=torch.float64)
    across = torch.stack([a @ inverse @ apart for a in steps], -1)
    top = torch.cat([inverse, across], 1)
    return n * torch.cat([top, torch.cat([across.T, within], 1)])


def flat(mu, Sigma):
    return torch.cat([mu, Sigma[[0, 0, 1], [0, 1, 1]]])


for mu, Sigma in [*pairs[:10], (mean, S)]:
    by_torch = n * hessian(by_moments, flat(mu, Sigma))
    formula = minus_second(mu, Sigma)
    torch.testing.assert_close((formula + formula.T) / 2, by_torch)

# %% [markdown]
# At the peak $K$ is $\frac12 I_d$ and the middle term zero, which is the formula at the top of the
# section. That a row's information is the covariance of its score, is checked on draws from the
# fitted normal; and the square roots of the variances are the library's standard errors:

# %%
torch.manual_seed(0)
information = minus_second(mean, S)
precision = fitted.precision_matrix

w = (fitted.sample((200_000,)) - mean) @ precision  # a row's score for the mean
v = [((w @ a * w).sum(-1) - (precision @ a).trace()) / 2 for a in ways]
score = torch.stack([*w.T, *v], -1)  # (200000, 5)
sd = (information.diagonal() / n).sqrt()
difference = torch.cov(score.T) - information / n
assert (difference.abs() / torch.outer(sd, sd) < 0.02).all()

formula = ((S**2 + torch.outer(S.diagonal(), S.diagonal())) / n).sqrt()
fit = mlefit.fit(MultivariateNormal, X)
errors = fit.standard_errors(of=lambda normal: normal.covariance_matrix)
torch.testing.assert_close(errors, formula, rtol=1e-4, atol=0)
print(f"covariance {S[0, 1]:.2f} ± {errors[0, 1]:.2f} square inches")

# %% [markdown]
# As if the sons were independent, which brothers are not; [How sure are we?](../learn/uncertainty.py)
# draws one son of each family.
#
# ## Exercises
#
# **1.** The mean is known to be $m$. Which $\Sigma$ is best?

# %% [markdown] tags=["solution"]
# The proof used $S$ only as the matrix in the trace, and with $\mu = m$ that matrix is $M(m)$. So
# $\hat\Sigma = M(m) = S + (\bar x - m)(\bar x - m)^\top$: the scatter about $m$. Try $m = (70, 70)$.

# %% tags=["solution"]
m = torch.tensor([70.0, 70.0], dtype=torch.float64)
known = mlefit.fit(MultivariateNormal, X, fixed={"loc": m})
about = (X - m).T @ (X - m) / n
covariance = known.distribution.covariance_matrix
torch.testing.assert_close(covariance, about, rtol=1e-4, atol=0)
print(f"variances {about[0, 0]:.3f} and {about[1, 1]:.3f}")

# %% [markdown]
# **2.** Suppose fathers and sons were independent, $\Sigma$ diagonal. Which diagonal matrix is best,
# and how far is it behind?

# %% [markdown] tags=["solution"]
# Two separate normals, so the diagonal of $S$. Against it the eigenvalues $q$ are $1 \pm r$, with sum
# 2, and the lead of $S$ is $-\frac n2 \log(1 - r^2)$: 40.2 nats. Heights run in families.

# %% tags=["solution"]
lead = best - log_likelihood(mean, S.diagonal().diag())
torch.testing.assert_close(lead, -n / 2 * (1 - r**2).log())
print(f"{lead:.1f} nats behind, {lead / n:.3f} a row")

# %% [markdown]
# **3.** Walk along $\Sigma = tS$ with $\mu = \bar x$. Up to which $t$ is $\ell$ concave?

# %% [markdown] tags=["solution"]
# $\ell = -\frac{nd}{2} (\log t + 1/t)$ and a constant. Its second derivative,
# $\frac{nd}{2} (1/t^2 - 2/t^3)$, is negative for $t < 2$, whatever the data.

# %% tags=["solution"]


def along(t):
    return log_likelihood(mean, t * S)


for t, sign in ((0.5, -1), (1.99, -1), (2.01, 1), (10.0, 1)):
    bend = hessian(along, torch.tensor(t, dtype=torch.float64))
    assert bend.sign() == sign
    torch.testing.assert_close(bend.item(), n * d / 2 * (t**-2 - 2 * t**-3))

# %% [markdown]
# ## In the reference
#
# [The formulas](../reference/formulas.md), each with a test, [the notation](../reference/notation.md),
# [`mlefit.closed_form` and `Fit.standard_errors`](../reference/api.md).
#
# ## References
#
# - Anderson TW, Olkin I (1985) Maximum-likelihood estimation of the parameters of a multivariate
#   normal distribution. *Linear Algebra and its Applications* 70, 147–171.
#   [doi:10.1016/0024-3795(85)90049-7](<https://doi.org/10.1016/0024-3795(85)90049-7>)
# - Efron B, Hinkley DV (1978) Assessing the accuracy of the maximum likelihood estimator: observed
#   versus expected Fisher information. *Biometrika* 65(3), 457–483.
#   [doi:10.1093/biomet/65.3.457](https://doi.org/10.1093/biomet/65.3.457)
# - Fisher RA (1922) On the mathematical foundations of theoretical statistics. *Philosophical
#   Transactions of the Royal Society A* 222, 309–368.
#   [doi:10.1098/rsta.1922.0009](https://doi.org/10.1098/rsta.1922.0009)
# - Galton F (1886) Regression towards mediocrity in hereditary stature. *Journal of the
#   Anthropological Institute* 15, 246–263.
# - Magnus JR, Neudecker H (2019) *Matrix Differential Calculus*, 3rd ed. Wiley.
