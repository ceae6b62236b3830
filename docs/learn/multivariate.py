# %% [markdown]
# # What does a covariance matrix say?
#
# What do the numbers in a covariance matrix say about two heights, and how can a search learn them,
# if not every matrix is the covariance of something?
#
# In 1886 Francis Galton published what the heights of families had taught him. From his notebook come
# 481 pairs, each a father and one of his grown sons, in inches:

# %%
import torch

import mlefit

heights = mlefit.datasets.galton()  # (481, 2): father, son
n, mean = len(heights), heights.mean(0)
apart = heights - mean
S = apart.T @ apart / n  # the scatter: divisor n

print("mean      ", *(f"{m:7.3f}" for m in mean))
print("covariance", *(f"{v:7.3f}" for v in S[0]))
print("          ", *(f"{v:7.3f}" for v in S[1]))

# %% tags=["fold"] alt="Heights of 481 pairs as points, fathers across, sons upwards, with the histogram of either on the sides. Tilted ellipses hold 50, 90 and 99 percent of the fitted normal. The line of the mean son passes through the outermost points of the ellipses and is flatter than the long axis: fathers of 74 inches have sons of 71.4 on average."
import matplotlib.pyplot as plt
from torch.distributions import Normal

L = torch.linalg.cholesky(S)
sd = S.diagonal().sqrt()
turn = torch.linspace(0, 2 * torch.pi, 200, dtype=torch.float64)
circle = torch.stack([turn.cos(), turn.sin()])

torch.manual_seed(0)
jittered = heights + 0.3 * (torch.rand_like(heights) - 0.5)  # many pairs coincide

fig, axes = plt.subplot_mosaic(
    [["top", "."], ["main", "side"]],
    figsize=(7.2, 5.4),
    width_ratios=[5, 1],
    height_ratios=[1, 4.4],
)
ax = axes["main"]
ax.plot(*jittered.T, "o", color="C0", alpha=0.35, markersize=3.5, markeredgewidth=0)
for share in (0.5, 0.9, 0.99):
    radius = (-2 * torch.log1p(torch.tensor(-share))).sqrt()
    ellipse = mean[:, None] + radius * L @ circle
    ax.plot(*ellipse, color="C1")
    highest = ellipse[1].argmax()
    ax.text(
        *(ellipse[:, highest] + torch.tensor([0, 0.2])), f"{share:.0%}", color="C1", ha="center"
    )

    ax.plot(*(mean[:, None] + radius * L[:, :1] * torch.tensor([-1, 1])), "o", color="C2")

fathers = torch.tensor([61.5, 78.5], dtype=torch.float64)
sons = mean[1] + S[0, 1] / S[0, 0] * (fathers - mean[0])
ax.plot(fathers, sons, color="C2")
ax.text(76.6, 71.6, "mean son", color="C2", va="top")
axis = torch.linalg.eigh(S).eigenvectors[:, 1:]
axis = mean[:, None] + axis / axis[1] * torch.tensor([-9.2, 10.4])
ax.plot(*axis, "--", color="C4", linewidth=1)
ax.text(76.9, 79.4, "long axis", color="C4", va="top")
ax.set(xlabel="father, inches", ylabel="son, inches", xlim=(61, 79), ylim=(59.5, 80.5))
r = S[0, 1] / sd.prod()
ax.text(61.4, 79, f"correlation {r:.2f}")

for name, k, way in (("top", 0, "vertical"), ("side", 1, "horizontal")):
    grid = torch.linspace(*(ax.get_xlim(), ax.get_ylim())[k], 200, dtype=torch.float64)
    bell = [grid, Normal(mean[k], sd[k]).log_prob(grid).exp()]
    bins = torch.arange(60.5, 80, 1).tolist()
    axes[name].hist(heights[:, k], bins, density=True, orientation=way, color="C0", alpha=0.45)
    axes[name].plot(*(bell if k == 0 else bell[::-1]), color="C1")
    axes[name].axis("off")
axes["top"].set_xlim(ax.get_xlim())
axes["side"].set_ylim(ax.get_ylim())
plt.show()

# %% [markdown]
# The matrix is the shape of the cloud. The normal with this matrix expects 50, 90 and 99 % of the
# pairs within the ellipses; the [next section](#the-density-of-a-pair) says why. The diagonal
# of the matrix holds the two variances: the squares of the widths of the bells on the sides. The
# number off the diagonal is the **covariance**, the mean product of the two deviations. It stands
# there twice, and tilts the ellipses: sons of tall fathers are tall. Divided by both standard
# deviations it is the **correlation**, which lies between −1 and 1:

# %%
sd = S.diagonal().sqrt()
print(f"standard deviations: {sd[0]:.2f} and {sd[1]:.2f} inches")
print(f"correlation:         {S[0, 1] / sd.prod():.3f}")
print(f"father 5 inches up:  sons {5 * S[0, 1] / S[0, 0]:.1f} inches up")

# %% [markdown]
# The green line says what the matrix predicts: the mean height of the sons whose fathers are this
# tall. It runs through the leftmost and the rightmost point of each ellipse, and is flatter than the
# long axis. Fathers who are 5 inches above their mean have sons who are only 2.2 inches above
# theirs. Galton called it regression, and the name stayed. The slope is the covariance over the
# fathers' variance (exercise 3).
#
# ## The density of a pair
#
# A normal in $d$ dimensions has a mean vector $\mu$ and a covariance matrix $\Sigma$. At a point $x$
#
# $$
# \begin{aligned}
# \log p(x \mid \mu, \Sigma) = &-\tfrac d2 \log 2\pi - \tfrac12 \log\det\Sigma \\
#   &- \tfrac12\, (x - \mu)^\top \Sigma^{-1} (x - \mu) .
# \end{aligned}
# $$
#
# Here $\det\Sigma$ is the [determinant](../reference/glossary.md#determinant), by which
# the cloud takes up more or less room, and $\Sigma^{-1}$ the
# [inverse](../reference/glossary.md#inverse). The last product is the squared distance from the
# centre, measured in standard deviations in each direction. It is called the squared **Mahalanobis
# distance**, $D^2$, and takes the place of $z^2$.

# %%
import math

from torch.distributions import MultivariateNormal, Normal

best = MultivariateNormal(mean, covariance_matrix=S)
pair = torch.tensor([74.0, 71.0], dtype=torch.float64)

distance = (pair - mean) @ torch.linalg.solve(S, pair - mean)
by_hand = -math.log(2 * math.pi) - torch.logdet(S) / 2 - distance / 2

torch.testing.assert_close(best.log_prob(pair), by_hand)
print(f"squared distance {distance:.3f}, log-density {by_hand:.3f} nats")

# %% [markdown]
# All points at one distance have one density, and they form an ellipse. Its axes point along the
# [eigenvectors](../reference/glossary.md#eigenvector) of $\Sigma$, and the variances along them are
# the [eigenvalues](../reference/glossary.md#eigenvalue). The determinant is their product, and the
# [trace](../reference/glossary.md#trace) $\tr\Sigma$, the sum of the diagonal, is their sum too. In
# two dimensions a normal has probability $e^{-c/2}$ where $D^2$ exceeds $c$. So each ellipse of the
# figure is drawn where $D^2 = -2\log(1 - p)$, from the fit and not around the points: the share $p$
# should lie within.

# %% [markdown] tags=["steps"]
# Why $e^{-c/2}$? In standard deviations along the axes of the ellipses the pair is two independent
# standard normals, and $D^2 = r^2$ is the sum of their squares, $r$ the distance from the centre. Their
# density is $e^{-r^2/2}/2\pi$, the same all along a circle, and a thin ring of radius $r$ has the area
# $2\pi r\,\mathrm dr$. So
#
# $$
# P(D^2 > c) = \int_{\sqrt c}^\infty e^{-r^2/2}\, r\,\mathrm dr = e^{-c/2} .
# $$

# %% [markdown]
# Do the families agree?

# %%
eigenvalues = torch.linalg.eigvalsh(S)
torch.testing.assert_close(eigenvalues.prod(), S.det())
torch.testing.assert_close(eigenvalues.sum(), S.trace())

squared = (apart * torch.linalg.solve(S, apart.T).T).sum(1)
for p in (0.5, 0.9, 0.99):
    inside = squared < -2 * math.log1p(-p)
    print(f"{p:.0%} ellipse: {inside.double().mean():.1%} of the pairs")

# %% [markdown] tags=["pitfall"]
# **Two normals are not a normal in two dimensions.** `Normal` takes vectors, too. But it has no
# covariance: it is a batch of separate normals, and returns a number for each column instead of one
# for each pair. Added up, they are the log-density of heights that have nothing to do with each
# other:

# %% tags=["pitfall"]
two = Normal(mean, sd)
print("Normal:            ", tuple(two.log_prob(heights).shape))
print("MultivariateNormal:", tuple(best.log_prob(heights).shape))
lost = best.log_prob(heights).sum() - two.log_prob(heights).sum()
print(f"the correlation is worth {lost:.1f} nats")

# %% [markdown]
# ## The closed form
#
# As in one dimension, the best normal has the mean and the scatter of the data. The hat marks an
# estimate:
#
# $$
# \hat\mu = \bar x, \qquad
# \hat\Sigma = S = \frac1n \sum_{i=1}^n (x_i - \bar x)(x_i - \bar x)^\top .
# $$
#
# That no other does better needs no derivative here either ([the proofs](../explain/proofs.py)). The
# divisor is $n$; `torch.cov` divides by $n - 1$ unless told `correction=0`.

# %%
exact = mlefit.closed_form(MultivariateNormal, heights)

torch.testing.assert_close(exact.params["loc"], mean)
torch.testing.assert_close(exact.distribution.covariance_matrix, S)
torch.testing.assert_close(torch.cov(heights.T, correction=0), S)
print(f"log-likelihood {exact.log_likelihood:.3f} nats")

# %% [markdown]
# ## Learn Σ itself, and fall out of the cone
#
# Now forget the formula. To see only the shape, put both heights on the same scale, mean 0 and
# standard deviation 1. Begin with the identity matrix, ones on the diagonal and zeros beside them,
# and follow the gradient of the mean loss:

# %% tags=["raises-exception"]
Z = apart / sd
centre = torch.zeros(2, dtype=torch.float64)
Sigma = torch.eye(2, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([Sigma], lr=10.0)

for _ in range(2):
    optimizer.zero_grad()
    normal = MultivariateNormal(centre, covariance_matrix=Sigma)
    loss = -normal.log_prob(Z).mean()
    loss.backward()
    optimizer.step()

# %%
print(Sigma.detach().round(decimals=2).tolist())

# %% [markdown]
# Two variances of 1 and a covariance of 1.96: a correlation of 196 %. No cloud has this shape. A
# covariance matrix must be **positive definite**: seen along any direction $v$, of length 1, the
# cloud has the variance $v^\top \Sigma v$, which must be positive. Along $(1, -1)$, whose length
# does not change the sign, this one has less than nothing. The matrices that pass form a cone: any
# positive multiple of one is another. Seen from the side, with the mean of the two variances
# upwards, it is a wedge:


# %% tags=["fold"] alt="A wedge that opens upwards: covariance across, mean variance upwards. Inside are the positive definite matrices, outside none is. From the identity matrix the step on Sigma runs straight across the border. The path in the Cholesky chart bends inside the wedge towards the estimate at 0.39 and 1."
R = Z.T @ Z / n  # 1 on the diagonal, the correlation beside
r = R[0, 1]

chart = mlefit.transforms.CholeskyTransform()
u = chart.inv(torch.eye(2, dtype=torch.float64))
walk = []
for _ in range(40):
    u = u.detach().requires_grad_()
    normal = MultivariateNormal(centre, scale_tril=chart(u))
    sigma = normal.covariance_matrix
    walk.append((sigma[0, 1].item(), sigma.trace().item() / 2))
    loss = -normal.log_prob(Z).mean()
    (slope,) = torch.autograd.grad(loss, u)
    u = u - 0.5 * slope

fig, ax = plt.subplots(figsize=(7.2, 3.9))
ax.fill([-2.2, 0, 2.2], [2.2, 0, 2.2], color="C4", alpha=0.12, linewidth=0)
ax.plot([-2.2, 0, 2.2], [2.2, 0, 2.2], color="C4")
across, up = torch.linspace(-1.95, 1.95, 391), torch.linspace(0.01, 1.95, 195)
wide, narrow = up[:, None] + across, up[:, None] - across  # the eigenvalues
height = sum(
    ((1 + k * r) / e - ((1 + k * r) / e).log() - 1) / 2 for k, e in ((1, wide), (-1, narrow))
)
lines = ax.contour(across, up, height, [0.1, 0.3, 1], colors="C4", linewidths=0.7)
ax.clabel(lines, fontsize=9, fmt="%g", manual=[(0.9, 1.72), (-0.55, 1.4), (-1.2, 1.6)])
ax.annotate("", Sigma.detach()[0, [1, 0]], (0, 1), arrowprops={"color": "C3", "arrowstyle": "->"})
ax.text(1.96, 0.91, "one step on Σ", color="C3", ha="right", va="top")
ax.plot(*zip(*walk, strict=True), "o-", color="C1", markersize=3)
ax.plot(R[0, 1], 1, "+", color="C2", markersize=12, markeredgewidth=2)
ax.text(0.24, 1.06, "in the chart", color="C1", ha="center")
ax.text(0.44, 0.93, "best", color="C2", va="top")
ax.text(-0.05, 1.03, "start", ha="right")
ax.text(-1.55, 0.35, "no covariance\nmatrix out here", color="C4", ha="center")
ax.text(0, 1.75, "positive definite", color="C4", ha="center", va="center")
ax.set(xlabel="covariance", ylabel="mean variance", xlim=(-2.1, 2.1), ylim=(0, 1.95))
ax.set_aspect("equal")
plt.show()

# %% [markdown]
# On the border the cloud has become a line. The loss is infinite there, but a step of the wrong
# length jumps over the wall without seeing it. The path *in the chart* stays inside, and is
# explained [below](#a-chart-of-the-cone). The thin contours say by how many nats a row a matrix
# with two equal variances falls short of the best one. In
# [one dimension](closed-form.py#no-other-does-better), with $q = s^2/\sigma^2$, this was
# $\frac12 (q - 1 - \log q)$. For pairs whose scatter is $R$ it is
# $\frac12\bigl(\tr(\Sigma^{-1}R) - 2 - \log\det(\Sigma^{-1}R)\bigr)$.
#
# Would a better learning rate do? Try four, for 200 steps each:


# %%
def descend(R, rate):
    sigma = torch.eye(2, dtype=torch.float64)
    for step in range(1, 201):
        inverse = torch.linalg.inv(sigma)
        gradient = (inverse - inverse @ R @ inverse) / 2  # see the steps below
        sigma = sigma - rate * gradient
        if torch.linalg.eigvalsh(sigma)[0] <= 0:
            return f"leaves at step {step}"
    ratio = torch.linalg.solve(sigma, R)
    behind = (ratio.trace() - 2 - torch.logdet(ratio)) / 2
    return "arrives" if behind < 1e-4 else f"{behind:.3f} nats a row"


galton = torch.corrcoef(heights.T)
geyser = torch.corrcoef(mlefit.datasets.old_faithful().T)
print(f"correlation   {galton[0, 1]:<19.2f} {geyser[0, 1]:.2f}")
for rate in (0.01, 0.1, 1.0, 10.0):
    print(f"rate {rate:<8} {descend(galton, rate):19} {descend(geyser, rate)}")

# %% [markdown]
# On the left are the heights, on the right the eruptions and waiting times of the geyser Old
# Faithful. A rate of 1 suits the heights, and throws the geyser out of the cone at the second step.
# At 0.1 the search is flung back from the wall, far out, again and again. At 0.01 it crawls. The
# narrower the cloud, the closer the wall, and nobody knows beforehand how narrow it is.

# %% [markdown] tags=["steps"]
# In one dimension the mean loss is $\frac12 (\log \sigma^2 + s^2/\sigma^2)$ and a constant;
# differentiate by $\sigma^2$. With matrices, and the scatter $R$, the slope is
# $\frac12 (\Sigma^{-1} - \Sigma^{-1} R\, \Sigma^{-1})$
# ([derived here](../explain/proofs.py#the-same-by-calculus)). The search begins at the identity, which
# stretches all directions alike. So the first step stretches along the eigenvectors of $R$ alone,
# and so do its inverse, the next gradient and the next step. Each eigenvalue $b$ of $\Sigma$ moves
# by itself towards the eigenvalue $a$ of $R$:
#
# $$
# b \leftarrow b - \frac\alpha2 \Bigl( \frac1b - \frac{a}{b^2} \Bigr) .
# $$
#
# At $b = a$ the curvature is $1/(2a^2)$. So the rate $\alpha$ must stay below $4 a_{\min}^2$ or
# the search is thrown off the solution: for the heights $a_{\min} = 0.61$ and the bound is 1.5, for the
# geyser 0.10 and 0.04, as the table shows. But each step removes only a share $\alpha/(2a_{\max}^2)$ of
# the error in the widest direction. The ratio $a_{\max}/a_{\min}$ is the **condition number**, and the
# number of steps grows like its *square*. In raw units, where the columns of a table
# differ by a factor of a thousand, that is hopeless.

# %% tags=["hide"]
least = torch.stack([torch.linalg.eigvalsh(R)[0] for R in (galton, geyser)])
assert (least - torch.tensor([0.61, 0.10])).abs().max() < 0.005
assert abs(4 * least[0] ** 2 - 1.5) < 0.05
assert abs(4 * least[1] ** 2 - 0.04) < 0.005

# %% [markdown]
# ## A chart of the cone
#
# Softplus gave a positive scale from any number. Such a map, from numbers that may be anything onto
# the values allowed, is called a **chart**. The cone has one too. Every positive definite
# matrix is $\Sigma = L L^\top$ for exactly one lower triangular $L$ with a positive diagonal, its
# **Cholesky factor**. And $LL^\top$ is positive definite for any such $L$. Any $A$ with
# $AA^\top = \Sigma$ is called a **square root** of $\Sigma$. $L$ is the triangular one; one more is
# symmetric and positive definite, the symmetric root. torch calls $L$
# `scale_tril`, and rightly, since it does what a scale does. If $z$ has independent standard normal
# entries, $x = \mu + Lz$ has mean $\mu$ and covariance $LL^\top$:

# %% tags=["fold"] alt="Three clouds of the same points. Left: a round cloud with the unit circle and two perpendicular unit arrows. Middle: L has stretched it and tilted the first arrow upwards, and the circle has become an ellipse. Right: the same shape, shifted to the mean of the heights, 69.1 and 69.2."
from matplotlib.colors import LinearSegmentedColormap

torch.manual_seed(3)
z = torch.randn(40, 2, dtype=torch.float64)
arrows = torch.eye(2, dtype=torch.float64)
shade = torch.atan2(z[:, 1], z[:, 0]).cos()  # the same colour for the same point
blend = LinearSegmentedColormap.from_list("", ["#3a6ea8", "#b45309"])

fig, axes = plt.subplots(1, 3, figsize=(7.2, 2.8))
stages = (("z", arrows, 0 * mean), ("Lz", L, 0 * mean), ("μ + Lz", L, mean))
for ax, (name, M, shift) in zip(axes, stages, strict=True):
    ax.scatter(*(shift[:, None] + M @ z.T), s=9, c=shade, cmap=blend, alpha=0.5)
    ax.plot(*(shift[:, None] + M @ circle), color="C1")
    for k, (column, aside) in enumerate(zip(M.T, ((4, -4), (-4, 4)), strict=True)):
        ax.annotate(
            "",
            shift + column,
            shift,
            arrowprops={"arrowstyle": "->", "lw": 1.6, "shrinkA": 0, "shrinkB": 0},
        )
        label = ("e₁", "e₂")[k] if name == "z" else ("Le₁", "Le₂")[k]
        ends = {"ha": "left" if k == 0 else "right", "va": "center"}
        ax.annotate(label, shift + column, aside, textcoords="offset points", **ends)
    x, y = shift.round().int().tolist()
    ax.set(xlim=(x - 6, x + 6), xticks=(x - 5, x, x + 5), title=name)
    ax.set(ylim=(y - 6, y + 6), yticks=(y - 5, y, y + 5), aspect="equal")
plt.show()

# %% [markdown]
# $L$ turns a round cloud into a tilted one; its columns are the images of the two unit vectors. For a
# father and a son its entries can be read:

# %%
L = torch.linalg.cholesky(S)
print(f"L = [[{L[0, 0]:.3f}, 0    ],")
print(f"     [{L[1, 0]:.3f}, {L[1, 1]:.3f}]]")

# %% [markdown]
# Fathers vary with a standard deviation of 2.30 inches. A father one standard deviation above the
# mean has sons who are 1.03 inches above theirs. Among sons of equally tall fathers a standard
# deviation of 2.41 inches remains, hardly less than the 2.62 of all sons: the father's height tells
# little.
#
# The chart takes three real numbers: two through softplus to the diagonal, one as it is. Whatever
# they are, the result lies in the cone:


# %%
from torch.nn.functional import softplus


def triangle(u):
    zero = torch.zeros_like(u[0])
    top = torch.stack([softplus(u[0]), zero])
    bottom = torch.stack([u[1], softplus(u[2])])
    return torch.stack([top, bottom])


torch.manual_seed(0)
for u in 5 * torch.randn(200, 3, dtype=torch.float64):
    Sigma = triangle(u) @ triangle(u).T
    assert torch.linalg.eigvalsh(Sigma)[0] > 0

chart = mlefit.transforms.CholeskyTransform()  # the same for any d
torch.testing.assert_close(chart(u), triangle(u))

# %% [markdown]
# Hand $L$ to `scale_tril`. Multiplied out for `covariance_matrix`, it would only be taken
# apart again, and lose digits on the way.

# %% [markdown] tags=["pitfall"]
# **A matrix that was triangular.** The [2022 post](../explain/post-2022.py) started at a triangle
# $A$ of ones, passed $AA^\top$, and let the optimizer move all four entries. A zero is a number
# too, and its gradient is not zero:

# %% tags=["pitfall"]
A = torch.ones(2, 2, dtype=torch.float64).tril().requires_grad_()
optimizer = torch.optim.Adam([A], lr=0.01)

for _ in range(3):
    optimizer.zero_grad()
    normal = MultivariateNormal(mean, covariance_matrix=A @ A.T)
    (-normal.log_prob(heights).mean()).backward()
    optimizer.step()

for row in A:
    print(*(f"{a:6.2f}" for a in row))

# %% [markdown] tags=["pitfall"]
# After three steps the upper right entry is no longer zero. $AA^\top$ is still a covariance matrix,
# and the search still ends at $S$. But four numbers for three leave one direction in which nothing
# changes (exercise 2).

# %% [markdown]
# ## Drag it
#
# Drag the tips of $Le_1$ and $Le_2$, or the centre: the ellipse, $\Sigma = LL^\top$ and the
# log-likelihood follow. The tip of $Le_2$ goes straight up and down, for that is the zero in the
# corner. How near to the dashed ellipse, the best one, do you come by hand?

# %% tags=["hide"] alt="The ellipse of the fitted normal, and on it the tips of the two columns of three square roots: the triangle, the symmetric root, and one turned by 60 degrees. All three have the log-likelihood -2189.64 nats."
from IPython.display import display

display({"text/html": f'<mle-factor data="{heights.tolist()}"></mle-factor>'}, raw=True)


def turned(L, angle):
    cos, sin = math.cos(angle), math.sin(angle)
    return L @ torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)


even = -torch.atan2(L[1, 0], L[0, 0] + L[1, 1]).item()
roots = {"L": L, "symmetric": turned(L, even), "60 degrees": turned(L, math.radians(60))}
assert torch.allclose(roots["symmetric"], roots["symmetric"].T)

fig, ax = plt.subplots(figsize=(7.2, 3.6))
ax.plot(*(mean[:, None] + L @ circle), color="C1")
for color, (name, A) in zip(("C3", "C2", "C0"), roots.items(), strict=True):
    normal = MultivariateNormal(mean, covariance_matrix=A @ A.T)
    nats = f"{normal.log_prob(heights).sum():.2f}".replace("-", "−")
    for column in A.T:
        ax.plot(*zip(mean, mean + column, strict=True), "o-", color=color)
    tip = mean + A[:, 0]
    ax.text(*(tip + torch.tensor([0.2, 0.1])), f"{name}: {nats} nats", color=color)
ax.set(xlabel="father, inches", ylabel="son, inches", xlim=(64.5, 75.5), aspect="equal")
plt.show()

# %% [markdown]
# Then choose *A, any square root*. Now the tips slide along the ellipse: $A$ turns (to the symmetric
# root, if you like), but neither $\Sigma = AA^\top$ nor the log-likelihood moves at all. At last take
# *Σ itself*, and drag the point in the cone. This plot holds the fathers' variance, so the cone's
# border is a parabola. On it the ellipse becomes a line and the log-likelihood plunges; beyond there
# is neither.

# %% [markdown]
# ## Learn loc alone
#
# Now the loops, first with a covariance matrix that is taken as known. Say both variances are 6 and
# the covariance is 3:

# %%
known = torch.tensor([[6.0, 3.0], [3.0, 6.0]], dtype=torch.float64)
loc = torch.tensor([60.0, 75.0], dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([loc], lr=4.0)

for step in range(41):
    optimizer.zero_grad()
    normal = MultivariateNormal(loc, covariance_matrix=known)
    loss = -normal.log_prob(heights).mean()
    loss.backward()
    if step % 8 == 0:
        print(f"{step:2}  loss {loss:8.4f}  loc {loc[0]:.4f} {loc[1]:.4f}")
    optimizer.step()

shape = {"covariance_matrix": known}
fit = mlefit.fit(MultivariateNormal, heights, fixed=shape)

torch.testing.assert_close(loc.detach(), mean)  # the closed form
torch.testing.assert_close(fit.params["loc"], mean)

# %% [markdown]
# The gradient is $\Sigma^{-1}(\mu - \bar x)$. It is zero at the mean, whatever $\Sigma$ is: the best
# `loc` does not depend on the covariance matrix, known or not, right or wrong.
#
# ## Learn both
#
# Five numbers: two of `loc`, three in the chart. The optimizer is L-BFGS, from the
# [previous page](gradient-descent.py#a-better-step):

# %%
u = torch.tensor([60.0, 75.0, 1.0, 0.0, 1.0], dtype=torch.float64)
u.requires_grad_()
stop = {"max_iter": 200, "tolerance_grad": 1e-9, "tolerance_change": 0}
optimizer = torch.optim.LBFGS([u], line_search_fn="strong_wolfe", **stop)
calls = []


def closure():
    optimizer.zero_grad()
    normal = MultivariateNormal(u[:2], scale_tril=triangle(u[2:]))
    loss = -normal.log_prob(heights).mean()
    loss.backward()
    calls.append((loss.item(), u.detach().clone()))
    return loss


optimizer.step(closure)
print("evaluation    loss  loc               L11    L21    L22")
for k in range(0, len(calls), 5):
    loss, at = calls[k]
    L11, _, L21, L22 = triangle(at[2:]).flatten()
    print(f"{k:10} {loss:7.4f}  {at[0]:.4f} {at[1]:.4f}", end="  ")
    print(f"{L11:.3f} {L21:6.3f} {L22:6.3f}")

# %%
fit = mlefit.fit(MultivariateNormal, heights)
assert fit.converged

u = u.detach()
three = {
    "loop": MultivariateNormal(u[:2], scale_tril=triangle(u[2:])),
    "fit": fit.distribution,
    "closed form": exact.distribution,
}
for name, normal in three.items():
    Sigma = normal.covariance_matrix
    torch.testing.assert_close(normal.loc, mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(Sigma, S, rtol=1e-6, atol=0)
    numbers = (*normal.loc, Sigma[0, 0], Sigma[0, 1], Sigma[1, 1])
    print(f"{name:11}", *(f"{a:8.4f}" for a in numbers))

# %% [markdown]
# Some evaluations were trials of the line search that went too far, and were taken back. In the end
# there are three ways and one answer: the mean father and son, the variance of the fathers, the
# covariance, the variance of the sons. `mlefit.fit` also says that it has arrived, and takes any
# other `init`, `fixed` part or family. For a plain multivariate normal the closed form is all that
# you need; the search is for what has none, such as a [constrained
# covariance](../howto/covariance.py).
#
# ## Brothers are not independent
#
# A likelihood adds up log-densities as if every row were drawn anew. These rows are not: the 481 sons
# come from 179 families, and brothers share a father. Where does that matter? Behind each ± stands a
# **standard error**, the distance by which such an estimate typically misses: the
# [next page's](uncertainty.py) subject.


# %%
def correlation(d):
    return d.covariance_matrix[0, 1] / d.variance.prod().sqrt()


family = mlefit.datasets.columns("galton")["family"]
brothers = torch.tensor([family.count(name) for name in family])
print(f"{len(set(family))} families, of up to {brothers.max()} sons")

one_each = mlefit.datasets.galton(one_son_seed=0)
fits = {
    "all sons": fit,
    "by family": mlefit.fit(MultivariateNormal, heights, weights=1 / brothers),
    "one son each": mlefit.fit(MultivariateNormal, one_each),
}
for name, f in fits.items():
    r, error = correlation(f.distribution), f.standard_errors(of=correlation)
    print(f"{name:12} {f.n:4.0f} rows  correlation {r:.2f} ± {error:.3f}")

# %% [markdown]
# - **In every standard error and test.** 481 rows hold less than 481 rows' worth of information.
#   The first error is too small. The second is a guess: it treats the weighted sons as 179
#   independent pairs. With one son drawn at random from each family the rows are independent, and
#   the last one is right, though it wastes some data. [How sure are we?](uncertainty.py) uses that
#   sample.
# - **In what is estimated.** With all sons, a father of many counts many times. By family, each of
#   $k$ sons has the weight $1/k$, so that the family counts once, and the correlation is higher. Both
#   are right answers, to two questions: a son picked at random, or a family.
# - **Not in the algebra.** The closed form, the cone and the charts are the same for any table of
#   numbers.
#
# ## Exercises
#
# **1.** How many numbers does a normal in $d$ dimensions have, and how many does the post's $A$ add
# that do nothing? Count for $d = 2$, 10 and 100.

# %% [markdown] tags=["solution"]
# $d$ for the mean, and $d(d+1)/2$ for a symmetric matrix. $A$ has $d^2$ entries: $d(d-1)/2$ are idle.

# %% tags=["solution"]
for d in (2, 10, 100):
    L_d = chart.inv(torch.eye(d, dtype=torch.float64))
    assert len(L_d) == d * (d + 1) // 2
    print(f"d = {d:3}: {d + len(L_d):4} numbers, {d * d - len(L_d):4} idle")

# %% [markdown] tags=["solution"]
# The count grows with the square: at a hundred columns a thousand rows are not many.

# %% [markdown]
# **2.** Show that the post's $A$ at the optimum is the Cholesky factor turned: find a rotation $Q$
# with $A = LQ$. How does the mean loss bend as $A$ turns further?

# %% [markdown] tags=["solution"]
# If $AA^\top = LL^\top$, then $Q = L^{-1}A$ has $QQ^\top = L^{-1} L L^\top L^{-\top} = I_2$, where
# $L^{-\top}$ is the inverse transposed and $I_2$ the identity matrix. So the rows of $Q$ have length 1
# and stand at right angles, which makes it a rotation (if $\det A < 0$, with a reflection). Take any
# angle: the likelihood is the same. So the mean loss
# does not bend that way at all, and one eigenvalue of the Hessian, the matrix of its second
# derivatives, is zero.


# %% tags=["solution"]
def mean_loss(A):
    normal = MultivariateNormal(mean, covariance_matrix=A @ A.T)
    return -normal.log_prob(heights).mean()


c, s = math.cos(0.5), math.sin(0.5)
Q = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
A = L @ Q

torch.testing.assert_close(torch.linalg.solve(L, A), Q)
torch.testing.assert_close(mean_loss(A), mean_loss(L))

H = torch.autograd.functional.hessian(mean_loss, A).reshape(4, 4)
eigenvalues = torch.linalg.eigvalsh(H)
assert abs(eigenvalues[0]) < 1e-12 < eigenvalues[1]
print("curvatures", [f"{abs(e):.3f}" for e in eigenvalues])

# %% [markdown]
# **3.** Fit the line of son on father by [least squares](../reference/glossary.md#least-squares),
# for which torch has `torch.linalg.lstsq`. Compare its slope with $\Sigma_{21}/\Sigma_{11}$
# and $L_{21}/L_{11}$, and the spread around it with $L_{22}$. Predict with them the sons of a father of
# 74 inches.

# %% tags=["solution"]
design = torch.stack([torch.ones(n, dtype=torch.float64), heights[:, 0]], 1)
line = torch.linalg.lstsq(design, heights[:, 1:]).solution[:, 0]
residual = heights[:, 1] - design @ line

torch.testing.assert_close(line[1], S[1, 0] / S[0, 0])
torch.testing.assert_close(line[1], L[1, 0] / L[0, 0])
torch.testing.assert_close(residual.square().mean().sqrt(), L[1, 1])

son = line[0] + 74 * line[1]
print(f"slope {line[1]:.3f}; the sons: {son:.1f} inches, s.d. {L[1, 1]:.1f}")

# density of a pair = that of the father × that of a son of this father
father, given = Normal(mean[0], sd[0]), Normal(son, L[1, 1])
joint = best.log_prob(pair)  # 74 and 71 inches
beside = joint - father.log_prob(pair[0])
torch.testing.assert_close(beside, given.log_prob(pair[1]))

# %% [markdown] tags=["solution"]
# The mean of the sons given the father is
# $\mu_2 + \frac{\Sigma_{21}}{\Sigma_{11}}(x_1 - \mu_1)$, their variance
# $\Sigma_{22} - \Sigma_{21}^2/\Sigma_{11} = L_{22}^2$. It is the regression line.

# %% [markdown]
# **4.** Why is this line flatter than the ellipses' long axis?

# %% [markdown] tags=["solution"]
# The axis is the eigenvector of the larger eigenvalue of $\Sigma$. Its slope is
# $\Sigma_{21}/(\Sigma_{11} - b)$, where $b$ is the smaller one: with $b$ taken off its diagonal the
# matrix takes the short axis to zero, and so all else onto the long one, its first column too. Only
# the short axis has so little variance as $b$. Straight across, where it is $\Sigma_{11}$, is not
# that axis, since the covariance is not 0. So the denominator is positive, and smaller than
# $\Sigma_{11}$: in any unit the axis is steeper than the line, whose slope is
# $\Sigma_{21}/\Sigma_{11}$.

# %% tags=["solution"]
eigenvalues, axes = torch.linalg.eigh(S)
steep = S[1, 0] / (S[0, 0] - eigenvalues[0])
torch.testing.assert_close(axes[1, 1] / axes[0, 1], steep)
print(f"axis {steep:.2f}, line {S[1, 0] / S[0, 0]:.2f}")

# %% [markdown] tags=["solution"]
# In standard deviations the axis has the slope 1, and the line the correlation: the sons of extreme
# fathers are less extreme. So are the fathers of extreme sons, and that line is steeper than the axis.
# Nothing pulls anybody towards the mean; a tall father is in part tall by chance, and chance is not
# inherited.

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit`, `closed_form`, `CholeskyTransform`](../reference/api.md),
# [the formulas in d dimensions](../reference/formulas.md), [the data](../reference/datasets.md).
# [Which coordinates should the search use?](../explain/links.py)
# Next: [How sure are we?](uncertainty.py)
#
# ## References
#
# - Anderson TW (2003) *An Introduction to Multivariate Statistical Analysis*, 3rd ed., section 3.2.
#   Wiley.
# - Azzalini A, Bowman AW (1990) A look at some data on the Old Faithful geyser. *Applied Statistics*
#   39, 357–365. [doi:10.2307/2347385](https://doi.org/10.2307/2347385)
# - Batra N (2022) Maximum Likelihood Estimation (MLE) for parameters of univariate and multivariate
#   normal distribution in PyTorch. Blog post, 9 February 2022.
# - Galton F (1886) Regression towards mediocrity in hereditary stature. *Journal of the
#   Anthropological Institute* 15, 246–263.
# - Hanley JA (2004) "Transmuting" women into men. *American Statistician* 58, 237–243.
# - Pinheiro JC, Bates DM (1996) Unconstrained parametrizations for variance-covariance matrices.
#   *Statistics and Computing* 6, 289–296. [doi:10.1007/BF00140873](https://doi.org/10.1007/BF00140873)
