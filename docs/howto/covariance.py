# %% [markdown]
# # How do I constrain a covariance?
#
# A covariance matrix is symmetric and positive definite, and a gradient step knows nothing of that.
# Which numbers should the search move instead, and how do I ask for a diagonal, a low rank, or one
# matrix for several groups?
#
# For the full matrix, there is nothing to do. Here are 123 Gentoo penguins (Gorman et al. 2014) in
# standard units: bill length, bill depth, flipper, mass.

# %%
import torch
from torch.distributions import MultivariateNormal

import mlefit

X = mlefit.datasets.penguins("Gentoo")
Z = (X - X.mean(0)) / X.std(0, correction=0)

full = mlefit.fit(MultivariateNormal, Z)
print(f"{full.n:.0f} birds: {full.log_likelihood:.1f} nats, AIC {full.aic:.1f}")
for row in full.distribution.covariance_matrix:
    print(" ".join(f"{value:6.3f}" for value in row))

# %% [markdown]
# The result is the Cholesky factor $L$, with $\Sigma = L L^\top$ and a positive diagonal; there is
# exactly one for each $\Sigma$ (Pinheiro & Bates 1996). (The search moves its inverse, in which
# [the problem is convex](../explain/links.py#where-the-normal-likelihood-is-convex).) For standard
# errors of $\Sigma$ itself, name it: `init={"covariance_matrix": torch.eye(4)}`.
#
# How many numbers does each constraint leave to learn, for $d = 4$?
#
# | constraint | say | numbers |
# |---|---|---|
# | none | `MultivariateNormal` | 10 |
# | diagonal | `Independent(Normal(loc, scale), 1)`, or `Normal` on each column | 4 |
# | one factor and noise | `LowRankMultivariateNormal` in a callable, rank 1 | 8 |
# | shared by groups | centre each group; `fixed={"loc": zeros}` | 10 for all |
# | known | `fixed={"covariance_matrix": S}` | 0 |
#
# ## Diagonal

# %%
from torch.distributions import Normal

diagonal = mlefit.fit(Normal, Z)  # a batch of four fits, one a column
nats = diagonal.log_likelihood.sum()
print(f"{nats:.1f} nats, AIC {diagonal.aic.sum():.1f}")

# %% [markdown]
# It loses 145 nats: a long penguin is long everywhere.

# %% tags=["hide"]
assert 144.5 < full.log_likelihood - nats < 145.5

# %% [markdown]
# ## Low rank
#
# The class itself is refused, since its factor $W$ in $\Sigma = W W^\top + \operatorname{diag}(v)$ is
# determined only up to a rotation. With one column there is nothing to rotate but a sign, and a
# callable works:

# %%
from torch.distributions import LowRankMultivariateNormal

from mlefit.transforms import SoftplusTransform


def factors(loc, loadings, noise):
    return LowRankMultivariateNormal(loc, loadings, noise)


start = {
    "loc": torch.zeros(4),
    "loadings": torch.full((4, 1), 0.5),
    "noise": torch.full((4,), 0.5),
}
positive = {"noise": SoftplusTransform()}
one = mlefit.fit(factors, Z, init=start, transforms=positive)
assert one.converged
print(f"{one.log_likelihood:.1f} nats, AIC {one.aic:.1f}")
print("loadings", *(f"{value:.2f}" for value in one.params["loadings"][:, 0]))

# %% [markdown]
# One number a bird, its size, explains all correlations: 0.2 nats are lost for two parameters
# saved, and the AIC is lower than the full matrix's.

# %% tags=["hide"]
assert 0.15 < full.log_likelihood - one.log_likelihood < 0.25
assert one.aic < full.aic

# %% [markdown] tags=["pitfall"]
# **More factors than the columns can tell apart.** $k$ factors of $d$ columns are identified, up to
# rotation, only if $(d - k)^2 \ge d + k$ (Lawley & Maxwell 1971); for $d = 4$ that is one. Two fit no
# better than the full matrix, and each start ends somewhere else on a ridge of equal likelihood:

# %% tags=["pitfall"]
import warnings

ends = []
for seed in (0, 1):
    torch.manual_seed(seed)
    start["loadings"] = torch.randn(4, 2) / 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mlefit.ConvergenceWarning)
        ends.append(mlefit.fit(factors, Z, init=start, transforms=positive))

for two in ends:
    print(f"{two.log_likelihood:.3f} nats, full {full.log_likelihood:.3f}")
assert (ends[0].params["noise"] - ends[1].params["noise"]).abs().max() > 0.05

# %% [markdown]
# With more columns, zeros above the diagonal of $W$ stop the rotation. Learn the other entries alone
# and put them in their places. (`factors` with `loadings.tril()` would learn what it then ignores, and
# a fit with such [idle numbers](../explain/links.py#a-covariance-one-matrix-one-vector) does not
# converge.) Six columns, two factors:

# %%
places = tuple(torch.tril_indices(6, 2))


def two_factors(loc, entries, noise):
    W = entries.new_zeros(6, 2).index_put(places, entries)
    return LowRankMultivariateNormal(loc, W, noise)


torch.manual_seed(0)
entries = torch.randn(11)
truth = {"loc": torch.zeros(6), "entries": entries, "noise": torch.ones(6)}
rows = two_factors(**truth).sample((500,)).double()

both = mlefit.fit(two_factors, rows, init=truth, transforms=positive)
assert both.converged
errors = both.standard_errors()["entries"]
print(f"{len(errors)} loadings, standard errors up to {errors.max():.2f}")

# %% [markdown]
# ## Shared by groups
#
# Three species, three means, one covariance. Whatever the covariance, the best mean of each species
# is its average, so take it off and fit what is left about a known `loc` of zero:

# %%
species = ("Adelie", "Chinstrap", "Gentoo")
groups = [mlefit.datasets.penguins(name) for name in species]
rest = torch.cat([birds - birds.mean(0) for birds in groups])

shared = mlefit.fit(MultivariateNormal, rest, fixed={"loc": torch.zeros(4)})
S = rest.T @ rest / len(rest)
found = shared.distribution.covariance_matrix
torch.testing.assert_close(found, S, rtol=1e-4, atol=0)

own = [mlefit.fit(MultivariateNormal, birds) for birds in groups]
gain = sum(fit.log_likelihood for fit in own) - shared.log_likelihood
print(f"twice the gain of three matrices over one: {2 * gain:.0f}")

# %% [markdown]
# If the species shared one matrix, twice the gain would be about 20, the number of extra
# parameters ([why](../learn/uncertainty.py#two-models-one-inside-the-other)). It is 79.
#
# ## In a loop of your own
#
# `CholeskyTransform` takes $d(d+1)/2$ numbers to $L$. torch's `parametrize` puts it behind an
# attribute, so that `self.L` is the factor while the optimizer sees the numbers:

# %%
from torch import nn
from torch.nn.utils import parametrize

from mlefit.transforms import CholeskyTransform


class Cholesky(nn.Module):
    chart = CholeskyTransform()

    def forward(self, u):
        return self.chart(u)

    def right_inverse(self, L):
        return self.chart.inv(L)


class Birds(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(d, dtype=torch.float64))
        self.L = nn.Parameter(torch.eye(d, dtype=torch.float64))
        parametrize.register_parametrization(self, "L", Cholesky())

    def forward(self):
        return MultivariateNormal(self.loc, scale_tril=self.L)


birds = Birds(4)
wolfe = {"max_iter": 200, "line_search_fn": "strong_wolfe"}
optimizer = torch.optim.LBFGS(birds.parameters(), **wolfe)


def closure():
    optimizer.zero_grad()
    loss = -birds().log_prob(Z).mean()
    loss.backward()
    return loss


optimizer.step(closure)
L = full.params["scale_tril"]
torch.testing.assert_close(birds.L, L, rtol=0, atol=1e-4)
print({name: tuple(p.shape) for name, p in birds.named_parameters()})

# %% [markdown]
# torch has a map of its own, `transform_to(constraints.lower_cholesky)`. It takes a whole square,
# ignores what stands above the diagonal, and uses $e^u$ on it, so that a step of 1 is a factor of
# $e$. Gradient descent does not mind the idle entries. Newton's method and standard errors do: with
# them the curvature has directions in which nothing happens.

# %%
from torch.distributions import constraints, transform_to


def curvature(chart):
    def total(u):
        normal = MultivariateNormal(torch.zeros(4), scale_tril=chart(u))
        return -normal.log_prob(Z).sum()

    u = chart.inv(L)
    H = torch.autograd.functional.hessian(total, u)
    return H.reshape(u.numel(), u.numel())


for chart in (transform_to(constraints.lower_cholesky), CholeskyTransform()):
    H = curvature(chart)
    rank = torch.linalg.matrix_rank(H)
    print(f"{type(chart).__name__:23} {len(H)} numbers, rank {rank}")

# %% [markdown]
# ## Exercise
#
# How many nats does the diagonal covariance lose? Find the number from the correlation matrix alone.

# %% tags=["solution"]
R = torch.corrcoef(X.T)
loss = -len(X) / 2 * torch.logdet(R)
torch.testing.assert_close(loss, full.log_likelihood - nats)
print(f"{loss:.2f} nats")

# %% [markdown] tags=["solution"]
# A normal at its best has $-\frac n2 (\log\det\hat\Sigma + d \log 2\pi e)$ nats. For the diagonal
# one $\det\hat\Sigma$ is the product of the variances, and the ratio of the two determinants is
# $\det R$. Twice the loss is the likelihood-ratio statistic for independence, on 6 degrees of freedom.

# %% [markdown]
# ## In the reference
#
# [`mlefit.transforms`](../reference/api.md),
# [the normal's formula sheet](../reference/formulas.md). Why a Cholesky factor:
# [What does a covariance matrix say?](../learn/multivariate.py) Why softplus on its diagonal:
# [Which coordinates should the search use?](../explain/links.py) Related page:
# [What if there are fewer rows than columns?](few-rows.py)
#
# ## References
#
# - Gorman KB, Williams TD, Fraser WR (2014) Ecological sexual dimorphism and environmental
#   variability within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
#   [doi:10.1371/journal.pone.0090081](https://doi.org/10.1371/journal.pone.0090081)
# - Lawley DN, Maxwell AE (1971) *Factor Analysis as a Statistical Method*, 2nd ed. Butterworths.
# - Pinheiro JC, Bates DM (1996) Unconstrained parametrizations for variance-covariance matrices.
#   *Statistics and Computing* 6, 289–296.
#   [doi:10.1007/BF00140873](https://doi.org/10.1007/BF00140873)
