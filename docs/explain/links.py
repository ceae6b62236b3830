# %% [markdown]
# # Which coordinates should the search use?
#
# The best normal is the same in whatever numbers its parameters are written. Is the way to it the
# same too?
#
# No. Here is one likelihood on three maps. The data have mean 0 and standard deviation 1, and stand
# for all others, since any data can be shifted and scaled to these. Newton's method starts from the
# same bad normal each time, with `loc` −1.8 and `scale` 1.8:

# %% tags=["fold"] alt="The same likelihood on three maps, each with contours around the estimate. Over loc and scale the loss is convex only in a half disc that holds the estimate, over loc and log scale only in a strip. In both the start lies outside, and Newton's first step leads away. Over loc / scale and 1 / scale there is no such limit: the contours are nearly round, and Newton arrives in four steps."
import matplotlib.pyplot as plt
import torch
from torch.autograd.functional import hessian, jacobian

maps = {  # how to read loc and scale off it; where it is convex; start, best, frame
    ("loc", "scale"): (
        lambda a, b: (a, b),
        lambda a, b: 3 - a**2 - b**2,
        ((-1.8, 1.8), (0, 1), (-3, 3), (0.2, 4)),
    ),
    ("loc", "log scale"): (
        lambda a, b: (a, b.exp()),
        lambda a, b: 1 - a**2 + 0 * b,
        ((-1.8, 0.588), (0, 0), (-3, 3), (-1.5, 1.5)),
    ),
    ("loc / scale", "1 / scale"): (
        lambda a, b: (a / b, 1 / b),
        lambda a, b: 1 + 0 * a * b,
        ((-1, 1 / 1.8), (0, 1), (-3, 3), (0.02, 3)),
    ),
}

fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.0))
for ax, (names, (read, convex, places)) in zip(axes, maps.items(), strict=True):
    start, best, across, up = places

    def behind(point, read=read):
        loc, scale = read(*point)
        return scale.log() + (1 + loc**2) / (2 * scale**2) - 0.5

    grid = torch.meshgrid(
        torch.linspace(*across, 151, dtype=torch.float64),
        torch.linspace(*up, 151, dtype=torch.float64),
        indexing="xy",
    )
    if convex(*grid).min() < 0:
        ax.contourf(*grid, convex(*grid), [-99, 0], colors="C4", alpha=0.25)
    ax.contour(*grid, behind(grid), [0.02, 0.1, 0.3, 1, 3], colors="C4", linewidths=0.7)

    path = [torch.tensor(start, dtype=torch.float64)]
    for _ in range(4):
        g, H = jacobian(behind, path[-1]), hessian(behind, path[-1])
        path.append(path[-1] - torch.linalg.solve(H, g))
    ax.plot(*torch.stack(path).T, "o-", color="C3", markersize=4)
    ax.plot(*best, "+", color="C1", markersize=11, markeredgewidth=2)
    ax.annotate("start", start, (5, -10), textcoords="offset points", color="C3")
    ax.set(xlim=across, ylim=up, xlabel=names[0], ylabel=names[1])
for ax, height in ((axes[0], 3.4), (axes[1], 1.0)):
    ax.text(2, height, "not\nconvex", ha="center", va="center")
plt.show()

# %% [markdown]
# In the grey parts the loss is not convex. There a Newton step, which takes the loss for a
# parabola, goes towards a saddle or a top (Nocedal & Wright 2006). On the first two maps the start
# lies in the grey, and the first step leaves the frame. On the third there is no grey at all, and
# four steps arrive.
#
# The borders are simple. In units of the data, the loss is convex over $(\mu, \sigma)$ inside the disc
# $\mu^2 + \sigma^2 < 3$, and over $(\mu, \log\sigma)$ where $|\mu| < 1$: less than one standard
# deviation from the mean.

# %%
import torch
from torch.autograd.functional import hessian


def loss(loc, scale):  # of data with mean 0 and variance 1
    return scale.log() + (1 + loc**2) / (2 * scale**2)


def is_convex(f, a, b):
    H = hessian(lambda u: f(*u), torch.stack([a, b]))
    return bool(torch.linalg.eigvalsh(H)[0] > 0)


torch.manual_seed(0)
for _ in range(100):
    a, b = 3 * torch.randn(2, dtype=torch.float64)
    scale = b.exp()
    in_disc, in_strip = a**2 + scale**2 < 3, a.abs() < 1
    assert is_convex(loss, a, scale) == in_disc
    assert is_convex(lambda a, v: loss(a, v.exp()), a, b) == in_strip
    assert is_convex(lambda e, p: loss(e / p, 1 / p), a, scale)

# %% [markdown]
# ## One positive number: exp, softplus or abs?
#
# [How does gradient descent reach the same answer?](../learn/gradient-descent.py) introduced the
# three links that make a positive `scale` from any number $u$, softplus (Dugas et al. 2001) among
# them. Let it race: `loc` is known, the data's standard deviation is 0.001, 1
# or 1000, as if one length were given in kilometres, metres and millimetres. How many steps at rate
# 0.5 until the loss is within $10^{-8}$ nats a row of the best?

# %%
import math


def softplus(u):
    return max(u, 0.0) + math.log1p(math.exp(-abs(u)))


links = {  # the scale, its slope in u, and where to start
    "exp": (math.exp, math.exp, math.log),
    "softplus": (
        softplus,
        lambda u: -math.expm1(-softplus(u)),
        lambda y: y + math.log(-math.expm1(-y)),
    ),
    "abs": (abs, lambda u: math.copysign(1.0, u), lambda y: y),
}


def race(link, s, start, most=2000):
    scale, slope, inverse = links[link]
    u = inverse(start * s)
    for step in range(most):
        y = scale(u)
        if y > 3e38:
            return "overflow"  # in float32
        if (s / y) ** 2 / 2 - 0.5 - math.log(s / y) < 1e-8:
            return str(step)
        u -= 0.5 * (1 / y - s**2 / y**3) * slope(u)
    return "far out" if y > 10 * s else "crawls"


starts = {
    3: "3 times too wide",
    1 / 3: "3 times too narrow",
    1 / 30: "30 times too narrow",
}
for start, name in starts.items():
    print(f"{name:19} {'0.001':>8} {'1':>8} {'1000':>8}")
    for link in links:
        steps = [race(link, s, start) for s in (0.001, 1.0, 1000.0)]
        print(f"  {link:17}", *(f"{step:>8}" for step in steps))

# %% [markdown]
# - **exp knows no units.** In $\log\sigma$ the curvature at the best is 2, whatever the data's
#   scale, so one rate does for all. But where the start is far too narrow, the slope is huge, and a
#   step in $u$ *multiplies* the scale, here by more than float32 can hold.
# - **softplus has a unit.** Far below 1 it is exp. Far above 1 it is the scale itself, where the
#   curvature is $2/\sigma^2$: a unit a thousand times smaller makes the search a million times slower.
#   In exchange its slope never exceeds 1. A bad step adds to the scale instead of multiplying it: it
#   may land far out, but not at infinity.
# - **abs** has the troubles of the raw scale, two values of $u$ for each scale, and a kink at 0 where
#   the slope jumps.
#
# So for gradient descent standardize the columns, and start at the data's own spread. A method that
# divides by the curvature needs less care. In mlefit softplus is the default link, except where
# Newton fits a normal ([below](#where-the-normal-likelihood-is-convex)), and
# `transforms={"scale": ExpTransform()}` sets another.
#
# ## A covariance: one matrix, one vector
#
# A [covariance matrix](../learn/multivariate.py) is $\Sigma = LL^\top$ for exactly one lower
# triangular $L$ with a positive diagonal. Give up the triangle, and $A$ and $AQ$ are the same model
# for every rotation $Q$. Give up the sign, and each column of $L$ may change its own. A direction
# in which nothing changes is called **not identified**, and the Hessian shows it as an eigenvalue
# of zero:

# %%
from torch.distributions import MultivariateNormal, constraints, transform_to

import mlefit
from mlefit.transforms import CholeskyTransform

gentoo = mlefit.datasets.penguins("Gentoo")[:, :3]
Z = (gentoo - gentoo.mean(0)) / gentoo.std(0, correction=0)
S = Z.T @ Z / len(Z)
L = torch.linalg.cholesky(S)
zero = torch.zeros(3, dtype=torch.float64)

torch_chart = transform_to(constraints.lower_cholesky)
chart = CholeskyTransform()
roots = {
    "any root A": (L.flatten(), lambda u: u.reshape(3, 3)),
    "torch's triangle": (
        torch_chart.inv(L).flatten(),
        lambda u: torch_chart(u.reshape(3, 3)),
    ),
    "CholeskyTransform": (chart.inv(L), chart),
}
for name, (u, root) in roots.items():

    def mean_loss(u, root=root):
        A = root(u)
        return -MultivariateNormal(zero, A @ A.T).log_prob(Z).mean()

    curvature = torch.linalg.eigvalsh(hessian(mean_loss, u))
    idle = int((curvature.abs() < 1e-9).sum())
    print(f"{name:17}  {len(u)} numbers, {idle} of them idle")

# %% [markdown]
# Gradient descent does not mind idle directions. Newton's step and
# [standard errors](../learn/uncertainty.py) need the inverse of the Hessian, and there is none.
# `CholeskyTransform` has $d(d+1)/2$ numbers and no idle one. With `ExpTransform()` on the diagonal
# it is the *log-Cholesky* parametrization (Pinheiro & Bates 1996).

# %% [markdown] tags=["pitfall"]
# **A triangle with an idle half.** `transform_to(constraints.lower_cholesky)` takes a full matrix and
# ignores what is above the diagonal. Its link on the diagonal is exp. Both are easy to miss:

# %% tags=["pitfall"]
u = torch.tensor([[0.0, 7.0], [1.0, 3.0]])
print(torch_chart(u))

# %% [markdown]
# ## Jacobians: not for the maximum, but for the mode
#
# Does a change of coordinates need a factor $|d\sigma/du|$? For the likelihood, no: it is a function
# of the model, and a model does not change with its name. Its maximum is the same everywhere. A
# *posterior density* is per unit of the parameter, and it does need the factor. So its highest
# point, the MAP estimate, depends on the coordinates. Take Michelson's first five readings, with `loc`
# held at their mean and a flat prior on $\sigma$:

# %%
speed = mlefit.datasets.michelson()[:5]
n, s = len(speed), speed.std(correction=0)

v = torch.linspace(3, 7, 400_001, dtype=torch.float64)  # log scale
log_likelihood = -n * v - n * s**2 / (2 * (2 * v).exp())
per_scale = log_likelihood  # the flat prior's posterior, as a density of σ
per_log_scale = log_likelihood + v  # the same posterior, as one of log σ

for name, curve in (
    ("likelihood, in any coordinate", log_likelihood),
    ("posterior mode in σ", per_scale),
    ("posterior mode in log σ", per_log_scale),
):
    print(f"{name:30} σ = {v[curve.argmax()].exp():.1f} km/s")

mode = v[per_log_scale.argmax()].exp()
torch.testing.assert_close(mode, s * (n / (n - 1)) ** 0.5, rtol=1e-4, atol=0)

# %% [markdown]
# One posterior, two modes. The factor $\sigma$ turns $n$ into $n - 1$. `mlefit.fit` adds no such term:
# it returns the maximum of the likelihood.
#
# A change of the *data* is another matter. The density of $\log x$ is per unit of $\log x$, and two
# log-likelihoods are comparable only after the Jacobian has been added:

# %%
from torch.distributions import LogNormal, Normal

direct = mlefit.closed_form(LogNormal, speed)
logged = mlefit.closed_form(Normal, speed.log())

assert torch.equal(direct.params["scale"], logged.params["scale"])
print(f"of x:     {direct.log_likelihood:.3f} nats")
print(f"of log x: {logged.log_likelihood:.3f} nats")
factor = speed.log().sum()  # of -log |d log x / dx|
expected = logged.log_likelihood - factor
torch.testing.assert_close(direct.log_likelihood, expected)

# %% [markdown]
# ## Where the normal likelihood is convex
#
# The third map has a version in any dimension. Write $P = L^{-1}$, $\eta = P\mu$, and $S = CC^\top$.
# Then the mean negative log-likelihood is
#
# $$
# \begin{aligned}
# -\ell/n = {} & \tfrac d2 \log 2\pi - \textstyle\sum_i \log P_{ii} \\
#   & + \tfrac12 \lVert P C \rVert^2 + \tfrac12 \lVert P \bar x - \eta \rVert^2 ,
# \end{aligned}
# $$
#
# where $\lVert\cdot\rVert^2$ adds up the squares of all entries. Each term is convex in $(P, \eta)$.

# %% [markdown] tags=["steps"]
# The log-density has three terms. The determinant: $\log\det\Sigma = 2 \sum \log L_{ii}
# = -2\sum\log P_{ii}$, since the diagonal of a triangle's inverse is the inverse of its diagonal. The
# scatter: $\operatorname{tr}(\Sigma^{-1}S) = \operatorname{tr}(P^\top P\, C C^\top)
# = \lVert PC \rVert^2$. The mean: $(\bar x - \mu)^\top \Sigma^{-1} (\bar x - \mu)
# = \lVert P\bar x - P\mu \rVert^2$.
#
# Minus the logarithm is convex. The other two are squares of *linear* functions of $P$ and $\eta$, and
# so convex too. In $(\mu, L)$ they are not: there $P = L^{-1}$ and $P\mu$ are not linear. More than
# that: $-\log$ plus a convex quadratic is *self-concordant*: along any line, its third derivative is
# at most twice the 3/2 power of its second, so that the curvature changes little within a Newton step
# that is not too long. For such functions Newton's method, with its steps shortened where they are
# long, arrives from any start (Boyd & Vandenberghe 2004).

# %% [markdown]
# Check both claims: that it is the log-likelihood, and that the middle of two points is never higher
# than the average of its ends.

# %%
mean = gentoo.mean(0)
C = torch.linalg.cholesky(torch.cov(gentoo.T, correction=0))


def convex_loss(P, eta):
    z = torch.cat([P @ C, P @ mean[:, None] - eta[..., None]], -1)
    logs = P.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return 1.5 * math.log(2 * math.pi) - logs + z.square().sum((-2, -1)) / 2


def draw():
    P = torch.randn(10_000, 3, 3, dtype=torch.float64).tril(-1)
    diagonal = torch.randn(10_000, 3, dtype=torch.float64).exp()
    eta = 50 * torch.randn(10_000, 3, dtype=torch.float64)
    return P + torch.diag_embed(diagonal), eta


torch.manual_seed(0)
(P, eta), (other, zeta) = draw(), draw()
middle = convex_loss((P + other) / 2, (eta + zeta) / 2)
ends = (convex_loss(P, eta) + convex_loss(other, zeta)) / 2
assert (middle < ends).all()

identity = torch.eye(3, dtype=torch.float64)
L = torch.linalg.solve_triangular(P[0], identity, upper=False)
normal = MultivariateNormal(L @ eta[0], scale_tril=L)
expected = -normal.log_prob(gentoo).mean()
torch.testing.assert_close(convex_loss(P[0], eta[0]), expected)

# %% [markdown]
# This is why `mlefit.fit` takes these coordinates when Newton fits a normal and you ask for no others.
# All four sizes of the Gentoo penguins, in millimetres and grams, from a start that knows nothing:

# %%
from mlefit.transforms import ExpTransform

sizes = mlefit.datasets.penguins("Gentoo")
nothing = {"loc": torch.zeros(4), "scale_tril": torch.eye(4)}
charts = {
    "P and P·loc": None,
    "softplus": {"scale_tril": CholeskyTransform()},
    "log-Cholesky": {"scale_tril": CholeskyTransform(ExpTransform())},
}
for name, chart in charts.items():
    fit = mlefit.fit(MultivariateNormal, sizes, init=nothing, transforms=chart)
    assert fit.converged
    print(f"{name:13} about {round(len(fit.trace.loss) - 1, -1)} Newton steps")

# %% [markdown]
# Convex is not the same as kind to gradient descent. The unit of $P$ is one over that of the data.
# The curvature of its last row is $S + \bar x \bar x^\top$, with $1/P_{dd}^2$ added to the last
# entry: about as ill-conditioned as the data, and worse where these are not centred.

# %%
C = torch.linalg.cholesky(torch.cov(sizes.T, correction=0))
S = C @ C.T
best = torch.linalg.inv(C)  # P at the estimate


def by_last_row(row, mean):
    P = torch.cat([best[:3], row[None]])
    apart = P @ mean - best @ mean  # the estimate's eta
    squares = (P @ C).square().sum() + apart @ apart
    return squares / 2 - P.diagonal().log().sum()


print(f"data         condition number {torch.linalg.cond(S):.0e}")
origin = torch.zeros(4, dtype=torch.float64)
for name, mean in (("raw row", sizes.mean(0)), ("centred row", origin)):
    H = hessian(lambda row, mean=mean: by_last_row(row, mean), best[3])
    formula = S + torch.outer(mean, mean)
    formula[3, 3] += best[3, 3] ** -2
    torch.testing.assert_close(H, formula)
    print(f"{name:12} condition number {torch.linalg.cond(H):.0e}")

# %% [markdown]
# So `mlefit` centres and scales the columns first. For a first-order method softplus on standardized
# columns remains the better choice.
#
# ## The step that needs no coordinates
#
# A gradient depends on the coordinates because "steepest" needs a distance, and it takes that of the
# numbers. The **natural gradient** measures distance between *distributions* instead, by the Fisher
# information $I$, the curvature of the Kullback–Leibler divergence (Amari 1998):
# $u \leftarrow u - I(u)^{-1}\, \nabla(-\ell/n)$. It sets out in the same direction on every
# map. Where it ends differs, since a straight step on one map is curved on another. On one map the
# step with rate 1 is exact: that of the **expectations** $(\E x, \E x^2)$.


# %%
from torch.autograd.functional import jacobian
from torch.distributions import kl_divergence

x = mlefit.datasets.michelson()


def natural_step(normal, u):
    def nll(u):
        return -normal(u).log_prob(x).mean()

    def apart(v):
        return kl_divergence(normal(u), normal(v))

    return u - torch.linalg.solve(hessian(apart, u), jacobian(nll, u))


def by_expectations(m):
    return Normal(m[0], (m[1] - m[0] ** 2).sqrt())


def by_logs(u):
    return Normal(u[0], u[1].exp())


guess = torch.tensor([700.0, 700.0**2 + 200.0**2], dtype=torch.float64)
one_step = by_expectations(natural_step(by_expectations, guess))
torch.testing.assert_close(one_step.loc, x.mean())
torch.testing.assert_close(one_step.scale, x.std(correction=0))
print(f"expectations, one step:  {one_step.loc:.2f} and {one_step.scale:.2f}")

u = torch.tensor([700.0, math.log(200.0)], dtype=torch.float64)
for step in range(1, 5):
    u = natural_step(by_logs, u)
    print(f"loc, log scale, step {step}:  {u[0]:.2f} and {u[1].exp():.2f}")

# %% [markdown]
# From 700 and 200 km/s, one step on that map is the closed form: the mean of $x$ and the mean of
# $x^2$. So the formula that took a proof is also one step of descent, in the right coordinates.

# %% [markdown] tags=["steps"]
# The normal is an exponential family (Bishop 2006) with statistics $t(x) = (x, x^2)$,
# natural parameters $v$, here $(\lambda, -\Lambda/2)$, and expectations $m = \E t$. Then
# $\nabla_v(-\ell/n) = m - \bar t$, and the information in $v$ is
# $I(v) = dm/dv$; in $m$ it is $I(m) = I(v)^{-1}$. By the chain rule
# $\nabla_m(-\ell/n) = I(v)^{-1}(m - \bar t) = I(m)\, (m - \bar t)$. So the natural step is
# $m \leftarrow m - I(m)^{-1} I(m)\, (m - \bar t) = \bar t$.

# %% [markdown]
# ## Exercises
#
# **1.** The natural parameters of a normal are, but for a factor, $\mu/\sigma^2$ and $1/\sigma^2$. Is
# the loss convex in them?

# %% [markdown] tags=["solution"]
# Yes, as for every exponential family: the Hessian is the covariance of the statistics. In one
# dimension this is a second convex map. It has $P\eta$ and $P^2$ in place of the third's $\eta$ and
# $P$. At the best both are equally round, and away from it this one is less so: drawn equally wide,
# its curvature along the second axis changes four times as fast.

# %% tags=["solution"]
for _ in range(100):
    a, b = 3 * torch.randn(2, dtype=torch.float64)
    assert is_convex(lambda a, b: loss(a / b, b.rsqrt()), a, b.exp())


def round_and_even(to_loc, to_scale):
    """Return the condition number at the best, and the curvature's change."""

    def along(b):
        return hessian(lambda b: loss(0 * b, to_scale(b)), b, create_graph=True)

    one = torch.tensor(1.0, dtype=torch.float64)
    here = torch.stack([0 * one, one])
    H = hessian(lambda u: loss(to_loc(*u), to_scale(u[1])), here)
    return torch.linalg.cond(H), jacobian(along, one) / along(one) ** 1.5


third = round_and_even(torch.div, torch.reciprocal)
natural = round_and_even(torch.div, torch.rsqrt)
torch.testing.assert_close(natural[0], third[0])
torch.testing.assert_close(natural[1], 4 * third[1])

# %% [markdown]
# **2.** With a flat prior on $\sigma$, where is the posterior's mode as a density of $1/\sigma$?

# %% [markdown] tags=["solution"]
# $|d\sigma/dP| = \sigma^2$ for $P = 1/\sigma$. The factor adds $2\log\sigma$, so $n$ becomes $n - 2$:
# the third estimate from the same posterior.

# %% tags=["solution"]
n, s = len(speed), speed.std(correction=0)
mode = v[(log_likelihood + 2 * v).argmax()].exp()
torch.testing.assert_close(mode, s * (n / (n - 2)) ** 0.5, rtol=1e-4, atol=0)
print(f"posterior mode in 1/σ: σ = {mode:.1f} km/s")

# %% [markdown]
# **3.** Take one natural step for Galton's fathers and sons, in the five expectations $\E x_1$,
# $\E x_2$, $\E x_1^2$, $\E x_1 x_2$ and $\E x_2^2$, from uncorrelated heights with mean 60
# and standard deviation 5 inches.

# %% tags=["solution"]
x = mlefit.datasets.galton()
i, j = torch.tril_indices(2, 2)


def by_moments(m):
    second = torch.stack([m[2], m[3], m[3], m[4]]).reshape(2, 2)
    return MultivariateNormal(m[:2], second - torch.outer(m[:2], m[:2]))


guess = torch.tensor([60, 60, 3625, 3600, 3625], dtype=torch.float64)
reached = by_moments(natural_step(by_moments, guess))
exact = mlefit.closed_form(MultivariateNormal, x).distribution

torch.testing.assert_close(reached.loc, exact.loc)
Sigma = reached.covariance_matrix
torch.testing.assert_close(Sigma, exact.covariance_matrix)
print(f"covariance after one step: {Sigma[0, 1]:.3f}")

# %% [markdown] tags=["solution"]
# The same mean and the same scatter, correlation included, though the start had none.

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit` and its `transforms`, `CholeskyTransform`, `SoftplusTransform`](../reference/api.md),
# the formulas of [the borders](../reference/formulas.md#normal-convex) and of
# [the convex form](../reference/formulas.md#mvn-convex). In practice:
# [constrain a covariance](../howto/covariance.py), [choose an optimizer](../howto/optimizer.py).
#
# ## References
#
# - Amari S (1998) Natural gradient works efficiently in learning. *Neural Computation* 10(2), 251–276.
#   [doi:10.1162/089976698300017746](https://doi.org/10.1162/089976698300017746)
# - Bishop CM (2006) *Pattern Recognition and Machine Learning*, section 2.4. Springer.
# - Boyd S, Vandenberghe L (2004) *Convex Optimization*, section 9.6. Cambridge University Press.
#   [doi:10.1017/CBO9780511804441](https://doi.org/10.1017/CBO9780511804441)
# - Dugas C, Bengio Y, Bélisle F, Nadeau C, Garcia R (2001) Incorporating second-order functional
#   knowledge for better option pricing. *Advances in Neural Information Processing Systems* 13,
#   472–478.
# - Nocedal J, Wright SJ (2006) *Numerical Optimization*, 2nd ed. Springer.
#   [doi:10.1007/978-0-387-40065-5](https://doi.org/10.1007/978-0-387-40065-5)
# - Pinheiro JC, Bates DM (1996) Unconstrained parametrizations for variance-covariance matrices.
#   *Statistics and Computing* 6, 289–296.
#   [doi:10.1007/BF00140873](https://doi.org/10.1007/BF00140873)
