# %% [markdown]
# # What if there are fewer rows than columns?
#
# With no more rows than columns the covariance has no maximum likelihood estimate. What happens to
# the likelihood, and what can be estimated all the same?
#
# It grows without bound. What can be had: the variances alone, a covariance that is shrunk towards
# something simpler, or a shape that is borrowed from relatives. All three, on real birds:
#
# Four Chinstrap penguins (Gorman et al. 2014), four measurements each: bill length, bill depth and
# flipper length in mm, mass in g. The other 64 stay aside as judges.

# %%
import torch
from torch.distributions import MultivariateNormal

import mlefit

torch.manual_seed(0)
penguins = mlefit.datasets.penguins("Chinstrap")
order = torch.randperm(len(penguins))
X, others = penguins[order[:4]], penguins[order[4:]]

mean = X.mean(0)
S = (X - mean).T @ (X - mean) / len(X)  # its rank is 3: no inverse
V = S.diagonal().diag()  # the variances alone


def nll(loc, covariance, rows):
    found = MultivariateNormal(loc, covariance)
    return -found.log_prob(rows).mean()


print("nats a penguin, by the share of the diagonal V")
print("        share   the four   the others")
for share in (1, 1e-1, 1e-2, 1e-4, 1e-6):
    covariance = (1 - share) * S + share * V
    losses = [nll(mean, covariance, rows) for rows in (X, others)]
    print(f"{share:13g} {losses[0]:10.2f} {losses[1]:12.5g}")

# %% tags=["fold"] alt="Mean negative log-likelihood a penguin against the share of the diagonal in the covariance, from 1 down to a hundred-millionth. For the four penguins it falls in a straight line without end. For the other 64 it is smallest at a share near one half and shoots up as the share falls."
import matplotlib.pyplot as plt

shares = torch.logspace(-8, -0.001, 61, dtype=torch.float64)
blends = (1 - shares[:, None, None]) * S + shares[:, None, None] * V
family = MultivariateNormal(mean, blends)
ours = -family.log_prob(X[:, None]).mean(0)
theirs = -family.log_prob(others[:, None]).mean(0)

fig, ax = plt.subplots(figsize=(7.2, 3.2))
ax.plot(shares, ours, color="C0")
ax.plot(shares, theirs, color="C2")
ax.text(6e-4, 10.3, "the four: falling for ever", color="C0")
ax.text(0.02, 33, "the other 64", color="C2")
ax.plot(shares[theirs.argmin()], theirs.min(), "o", color="C2")
ax.set(xscale="log", xlim=(1, 1e-8), ylim=(0, 40))
ax.set(xlabel="share of the diagonal", ylabel="nats a penguin")
plt.show()

# %% [markdown]
# As the share of $V$ goes to zero the normal flattens onto the three-dimensional hyperplane through the
# four points. Its density there grows without bound, and the unseen penguins, who do not lie in
# that plane, become impossible. The likelihood has no maximum, so there is nothing to return:

# %%
import textwrap

try:
    mlefit.fit(MultivariateNormal, X)
except ValueError as error:
    print(textwrap.fill(str(error), 76))

# %% [markdown]
# Something must be known from elsewhere. Four things that one may know, from the crudest:
#
# **The columns do not hang together.** A diagonal covariance is a `Normal` for each column, and two
# different values in each are enough.

# %%
from torch.distributions import Normal

alone = mlefit.fit(Normal, X)
diagonal = alone.params["scale"].square().diag()
torch.testing.assert_close(diagonal, V)

# %% [markdown]
# **They hang together less than the sample says.** Shrink the correlations $R$ towards the
# identity. Ledoit and Wolf (2004) estimate the best share from the data: how much the rows'
# products scatter, over how far $R$ is from the target. Standardize first, or grams decide for
# millimetres.

# %%
sd = alone.params["scale"]
Z = (X - mean) / sd
R = Z.T @ Z / len(Z)
products = Z[:, :, None] * Z[:, None, :]

noise = (products - R).square().sum() / len(Z) ** 2
distance = (R - torch.eye(4)).square().sum()
share = (noise / distance).clamp(max=1)

shrunk = sd * ((1 - share) * R + share * torch.eye(4)) * sd[:, None]
print(f"share of the identity: {share:.2f}")

# %% [markdown]
# **A guess that is worth $n_0$ rows.** Add made-up rows that say "variances as seen, no
# correlation", of total weight $n_0$. They multiply the likelihood by a weight for each mean and
# covariance: the likelihood of the made-up rows, whose form is called normal-inverse-Wishart (Murphy
# 2022). If its centre and variances were known beforehand, it would be a
# [prior](../reference/glossary.md#prior), and the highest point of the product a
# [MAP estimate](../reference/glossary.md#map-estimate). Here they are read off the data, and for so few
# made-up rows the integral over all means and covariances is infinite, as that of no density is. The
# covariance at the highest point is a *ridge*, a share of $S$ plus a diagonal:
# $(nS + n_0 V)/(n + n_0)$.

# %%
n, d, n0 = len(X), 4, 4.0
steps = d**0.5 * sd.diag()  # along each axis, once up and once down
rows = torch.cat([X, mean + steps, mean - steps])
weights = torch.cat([torch.ones(n), torch.full((2 * d,), n0 / (2 * d))])

ridge = mlefit.fit(MultivariateNormal, rows, weights=weights)
covariance = ridge.distribution.covariance_matrix
torch.testing.assert_close(covariance, (n * S + n0 * V) / (n + n0))
assert ridge.n == n + n0

# %% [markdown]
# **The shape is known.** Borrow it from relatives: the scatter of the 274 penguins of the other two
# species, each about its own mean. Only the centre is learned, and it has standard errors.

# %%
relatives = sum(
    mlefit.suffstats(MultivariateNormal, group - group.mean(0))
    for group in map(mlefit.datasets.penguins, ("Adelie", "Gentoo"))
)
assert relatives.n == 274
kin = mlefit.closed_form(MultivariateNormal, relatives)

known = {"scale_tril": kin.params["scale_tril"]}
borrowed = mlefit.fit(MultivariateNormal, X, fixed=known)
errors = borrowed.standard_errors()["loc"]
for name, value, error in zip(
    ("bill length", "bill depth", "flipper", "mass"),
    borrowed.params["loc"],
    errors,
    strict=True,
):
    print(f"{name:12} {value:8.1f} ± {error:.1f}")

# %% [markdown]
# The judges, with the fit of all 68 as the yardstick:

# %%
best = mlefit.closed_form(MultivariateNormal, penguins).distribution
verdicts = {
    "diagonal": nll(mean, diagonal, others),
    "Ledoit–Wolf": nll(mean, shrunk, others),
    "ridge": nll(mean, covariance, others),
    "borrowed": -borrowed.distribution.log_prob(others).mean(),
    "all 68": -best.log_prob(others).mean(),
}
for name, loss in verdicts.items():
    print(f"{name:13} {loss:6.2f} nats a penguin")

# %% [markdown] tags=["pitfall"]
# Two cures are none. A tiny constant on the diagonal, `S + 1e-6 * torch.eye(4)`, silences the
# error and lands on the right of the figure, far above its top: the constant, not the data, decides.
# And made-up rows are not data: `ridge.standard_errors()` counts them, as if eight penguins had
# been measured. Even one row more than columns is too few for trust: the exercise shows it.

# %% [markdown]
# ## Exercises
#
# **1.** With five penguins the estimate exists. Draw five at random, two hundred times: what do the
# plain estimate, the diagonal and the ridge with $n_0 = 4$ cost the other 63, in the median? How many
# penguins does the plain one need to draw level with the diagonal?

# %% [markdown] tags=["solution"]
# The plain estimate exists and is useless; the ridge beats the diagonal. The plain one draws level
# with the diagonal at about fifteen penguins.


# %% tags=["solution"]
def medians(n, n0=4.0, draws=200):
    costs = []
    for _ in range(draws):
        order = torch.randperm(len(penguins))
        X, others = penguins[order[:n]], penguins[order[n:]]
        S = X.T.cov(correction=0)
        V = S.diagonal().diag()
        blends = torch.stack([S, V, (n * S + n0 * V) / (n + n0)])
        model = MultivariateNormal(X.mean(0), blends)
        costs.append(-model.log_prob(others[:, None]).mean(0))
    return torch.stack(costs).median(0).values


torch.manual_seed(1)
for n in (5, 12, 15, 18):
    plain, diagonal, ridge = medians(n)
    rest = f"diagonal {diagonal:.1f}, ridge {ridge:.1f}"
    print(f"n = {n:2}: plain {plain:.1f}, {rest}")
    assert ridge < diagonal
    assert n == 15 or (plain < diagonal) == (n > 15)

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, its `fixed` and `weights`, and `mlefit.suffstats`](../reference/api.md). Why
# eigenvalues of a sample covariance spread: [Why n and not n − 1?](../explain/bias.py). Related pages:
# [How do I constrain a covariance?](covariance.py) and
# [What does this error message mean?](errors.py)
#
# ## References
#
# - Gorman KB, Williams TD, Fraser WR (2014) Ecological sexual dimorphism and environmental
#   variability within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
#   [doi:10.1371/journal.pone.0090081](https://doi.org/10.1371/journal.pone.0090081)
# - Ledoit O, Wolf M (2004) A well-conditioned estimator for large-dimensional covariance matrices.
#   *Journal of Multivariate Analysis* 88(2), 365–411.
#   [doi:10.1016/S0047-259X(03)00096-4](<https://doi.org/10.1016/S0047-259X(03)00096-4>)
# - Murphy KP (2022) *Probabilistic Machine Learning: An Introduction*, section 4.5. MIT Press.
