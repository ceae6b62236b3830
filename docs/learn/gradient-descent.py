# %% [markdown]
# # How does gradient descent reach the same answer?
#
# The [closed form](closed-form.py) gives the best normal in one line. Can a loop that knows
# nothing but `log_prob` and its slope find the same two numbers, and how does it know that it has?
#
# The loop is that of a [blog post of 2022](../explain/post-2022.py), which made PyTorch learn the
# two parameters of 10,000 draws. It set no seed, so its draws are gone. But a normal likelihood
# sees only three numbers of them, and the losses that the post printed give these away:

# %%
import torch
from torch.distributions import Normal

n, mean, variance = 10_000, -0.01739417, 1.00974334

torch.manual_seed(0)
z = torch.randn(n, dtype=torch.float64)
z = (z - z.mean()) / z.std(correction=0)
x = mean + variance**0.5 * z  # other draws, the same likelihood

printed = [  # loc and scale, as the post printed them every 500 steps
    *[(-10.00, 2.13), (-6.86, 4.15), (-4.73, 4.59), (-2.87, 4.37)],
    *[(-1.19, 3.46), (-0.06, 1.63), (-0.02, 1.01), (-0.02, 1.00)],
    *[(-0.02, 1.00), (-0.02, 1.00), (-0.02, 1.00)],
]

# %% tags=["fold"] alt="The plane of loc and scale with contours of the mean negative log-likelihood around the estimate near 0 and 1. From the start at loc -10, scale 2.13 the eleven points of Adam first climb to scale 4.6, towards a dashed valley that falls from the upper left, cross it at loc -4.5, and then run above it down to the estimate. L-BFGS arrives from the same start in 20 steps, the last eight points close to the estimate."
import matplotlib.pyplot as plt
from torch.nn.functional import softplus

u = torch.tensor([-10.0, 2.0], dtype=torch.float64, requires_grad=True)
lbfgs = torch.optim.LBFGS([u], max_iter=1, max_eval=25, line_search_fn="strong_wolfe")
quick = []


def closure():
    lbfgs.zero_grad()
    loss = -Normal(u[0], softplus(u[1])).log_prob(x).mean()
    loss.backward()
    return loss


for _ in range(21):
    quick.append((u[0].item(), softplus(u[1]).item()))
    lbfgs.step(closure)

locs = torch.linspace(-11, 2.5, 200, dtype=torch.float64)
scales = torch.linspace(0.5, 11, 200, dtype=torch.float64)
spread = (variance + (locs - mean) ** 2)[None]
best = (torch.tensor(variance).log() + 1) / 2
gap = scales.log()[:, None] + spread / scales[:, None] ** 2 / 2 - best

fig, ax = plt.subplots(figsize=(7.2, 4.4))
lines = ax.contour(locs, scales, gap, [0.1, 1, 3, 10], colors="C4", linewidths=0.7)
ax.clabel(lines, fontsize=9, fmt="%g", manual=[(-8.5, 2.2), (-8.4, 4.4), (-2.4, 3.3)])
ax.plot(locs, spread[0].sqrt(), "--", color="C2")
ax.text(-7.6, 8.4, "valley: the best scale\nif loc is wrong", color="C2")
ax.plot(*zip(*quick, strict=True), "s-", color="C0", markersize=3.5, linewidth=1)
ax.text(-3.2, 6.5, "L-BFGS, 20 steps", color="C0")
ax.plot(*zip(*printed, strict=True), "o-", color="C3")
for step, (a, b) in enumerate(printed[:6]):
    place = (8, 0) if step == 5 else (7, 3) if step == 4 else (-5, -15)
    ax.annotate(f"{500 * step}", (a, b), place, textcoords="offset points", color="C3")
ax.text(-4.4, 4.95, "Adam, dots every 500 steps", color="C3")
ax.text(-0.5, 0.95, "estimate", ha="right", va="center")
ax.set(xlabel="loc", ylabel="scale", ylim=(0.5, 11))
plt.show()

# %% [markdown]
# Each orange dot is a line of the post's table. The blue squares are another optimizer, explained
# [below](#a-better-step). The contours say by how many nats a draw a normal falls short of the best
# one. [Adam](#two-numbers-of-which-one-is-positive), the post's optimizer, starts at `loc` −10 with a
# scale of 2.13, and its scale gets *worse* at first: it grows to 4.6 before it shrinks to 1. There is
# nothing wrong with that. While `loc` is far off, a wide bell covers the data better than a narrow one.

# %% [markdown]
# ## One number, by hand
#
# Let the scale be known, 1, and learn `loc` alone. The slope of the loss points uphill, so **gradient
# descent** takes a step against it. The length of the step is the slope times a number that we
# choose, the **learning rate** `lr`. Four lines are repeated:

# %%
loc = torch.tensor(-10.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([loc], lr=0.1)  # plain gradient descent

for step in range(90):
    optimizer.zero_grad()  # forget the last gradient
    loss = -Normal(loc, 1.0).log_prob(x).mean()  # with the present loc
    loss.backward()  # the slope of the loss, into loc.grad
    if step % 15 == 0:
        print(f"{step:2}  loss {loss:7.4f}  slope {loc.grad:7.4f}", end="  ")
        print(f"loc {loc:8.4f}")
    optimizer.step()  # loc -= lr * loc.grad

print(f"after 90 steps {loc:.2f}, the mean of the data {x.mean():.2f}")

# %% [markdown]
# The loss is the mean negative log-likelihood, in nats a row; a row is one observation, here a draw.
# Build the distribution *inside* the loop: it has to see the new `loc`, and `backward` uses up the
# record of the computation each time.
#
# The slope has a simple form, $\mu - \bar x$: how far `loc` still is from the mean. So each step
# takes away a tenth of the error, and never all of it. With another known scale the slope is
# $(\mu - \bar x)/\sigma^2$, and a step with the rate $\alpha$ multiplies the error by
# $1 - \alpha/\sigma^2$.

# %% [markdown] tags=["steps"]
# With $\sigma$ known, the loss is a parabola in $\mu$:
#
# $$
# \begin{aligned}
# -\frac{\ell(\mu)}{n}
#   &= \tfrac12 \log(2\pi\sigma^2) + \frac{s^2 + (\mu - \bar x)^2}{2\sigma^2}, \\[6pt]
# -\frac{1}{n} \frac{\mathrm d\ell}{\mathrm d\mu} &= \frac{\mu - \bar x}{\sigma^2} .
# \end{aligned}
# $$
#
# A step gives $\mu_{k+1} - \bar x = (1 - \alpha/\sigma^2)(\mu_k - \bar x)$. The error shrinks if
# $0 < \alpha < 2\sigma^2$. It vanishes in one step if $\alpha = \sigma^2$, the inverse of the
# curvature: that is Newton's step.

# %%
distance = loc.detach() - x.mean()
assert torch.isclose(distance, (-10.0 - x.mean()) * 0.9**90)
print(f"still {distance:.5f} away")

# %% [markdown]
# Two printed decimals hide that. Do not compare by eye; `torch.testing.assert_close` compares to
# seven digits in float64, and finds out:

# %% tags=["raises-exception"]
torch.testing.assert_close(loc.detach(), x.mean())

# %% [markdown] tags=["pitfall"]
# **A forgotten `zero_grad`.** PyTorch *adds* each new gradient to `.grad`. Without `zero_grad` the
# steps follow the sum of all slopes so far, and `loc` swings from side to side like a pendulum that
# nothing slows:

# %% tags=["pitfall"]
loc = torch.tensor(-10.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([loc], lr=0.1)

swings = []
for _ in range(100):
    (-Normal(loc, 1.0).log_prob(x).mean()).backward()
    optimizer.step()
    swings.append(loc.item())

path = torch.tensor(swings)
step = path.diff()
turns = path[1:-1][step[:-1] * step[1:] < 0]
print("it turns at", " ".join(f"{a:.1f}" for a in turns))

# %% [markdown]
# ## Two numbers, of which one is positive
#
# Now the scale is unknown too. Hand it to the optimizer as it is, with the post's loss, a sum:

# %% tags=["raises-exception"]
loc = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([loc, scale], lr=0.01)

for _ in range(2):
    optimizer.zero_grad()
    (-Normal(loc, scale).log_prob(x).sum()).backward()
    optimizer.step()

# %% [markdown]
# One step went past zero, and a normal with a negative scale does not exist. So let the optimizer
# move a number $u$ that may be anything, and map it to a positive one. Three maps come to mind:

# %% tags=["fold"] alt="Left: three maps from a real number u to a positive scale. Exp and softplus flatten out to the left without reaching zero; softplus becomes a straight line on the right, exp shoots up; the absolute value has a kink at 0. Right: their slopes. That of softplus rises smoothly from 0 to 1, that of exp grows without limit, that of the absolute value jumps from -1 to 1."
grid = torch.linspace(-6, 6, 401, dtype=torch.float64)
fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.2))
left.plot(grid, grid.abs(), color="C4")
left.plot(grid, grid.exp(), color="C3")
left.plot(grid, softplus(grid), color="C1")
left.plot(2, softplus(torch.tensor(2.0)), "o", color="C1")
left.annotate("u = 2 is a\nscale of 2.13", (2, 2.13), (2.75, 0.9), color="C1")
left.text(-4.5, 4.9, "|u|", color="C4")
left.text(0.15, 4.9, "exp", color="C3")
left.text(4.2, 5.4, "softplus", color="C1", ha="right")
left.set(xlabel="u", ylabel="scale", ylim=(-0.15, 6.2))

right.plot(grid, torch.where(grid.abs() < 1e-9, torch.nan, grid.sign()), color="C4")
right.plot(grid, grid.exp(), color="C3")
right.plot(grid, grid.sigmoid(), color="C1")
right.text(-5.8, -0.8, "|u| jumps", color="C4")
right.text(0.15, 2.2, "exp", color="C3", ha="right")
right.text(2.4, 0.65, "softplus", color="C1")
right.text(-5.8, 0.15, "nearly flat")
right.set(xlabel="u", ylabel="d scale / d u", ylim=(-1.2, 2.8))
plt.show()

# %% [markdown]
# - $|u|$ has a kink at 0, and two values of $u$ for each scale.
# - $e^u$ is smooth, but a step of 1 in $u$ multiplies the scale by $e$: far out, steps explode.
# - $\operatorname{softplus}(u) = \log(1 + e^u)$ is nearly $u$ itself for large values, and nearly
#   $e^u$ far below zero. Its slope stays below 1.
#
# The last one is the post's choice. It is this library's too, except where its own method, Newton's
# ([below](#in-one-line)), fits a normal. The optimizer holds `u`, not the
# scale: to begin at a scale of your own, invert the map. From $\sigma = \log(1 + e^u)$ follows
# $e^u = e^\sigma - 1$, so that $u = \log(e^\sigma - 1) = \sigma + \log(1 - e^{-\sigma})$. For small
# $x$ `expm1(x)` keeps the digits of $e^x - 1$:


# %%
from torch.nn.functional import softplus


def inverse_softplus(scale):
    return scale + torch.log(-torch.expm1(-scale))


start = torch.tensor(2.0, dtype=torch.float64)
print(f"u = 2 is a scale of {softplus(start):.4f}")
print(f"a scale of 2 is u = {inverse_softplus(start):.4f}")

# %% [markdown]
# Here is the loop of the figure, with the post's learning rate. Adam averages the last ten or
# so slopes, and divides them by their recent size: the square root of an average over the last
# thousand or so squared slopes. While the
# slope keeps its size, a step is about one learning rate long, however steep the loss. Once the slope
# has become small, the large old ones stay in the average for a long time, and the steps are shorter:

# %%
loc = torch.tensor(-10.0, dtype=torch.float64, requires_grad=True)
raw = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.Adam([loc, raw], lr=0.01)

adam = []
for _ in range(3101):
    optimizer.zero_grad()
    scale = softplus(raw)
    loss = -Normal(loc, scale).log_prob(x).mean()
    loss.backward()
    adam.append((loc.item(), scale.item(), loss.item()))  # before the step
    optimizer.step()

for step in range(0, 3001, 500):
    a, b, c = adam[step]
    total = n * c  # what the post prints
    print(f"step {step:4}  loss {total:9.2f}  loc {a:6.2f}  scale {b:4.2f}")

ours = [(round(a, 2), round(b, 2)) for a, b, _ in adam[::500]]
assert ours == printed[:7]  # to the digits that the post shows

# %% [markdown]
# The data are other draws, and yet every `loc` and `scale` is the post's. The likelihood cannot
# tell the two samples apart. After 3000 steps the parameters have all but arrived.
#
# Why the detour? For a given $\mu$ the best scale is $\sqrt{s^2 + (\mu - \bar x)^2}$, the dashed
# valley: 10 at the start. The scale heads for it, but Adam moves each parameter by at most about
# 0.01 a step. The valley falls while the scale rises; they meet near
# `loc` −4.5. From there on the scale has to fall, and lags behind.

# %% [markdown] tags=["pitfall"]
# **Sum or mean.** The post minimizes the sum, here it is the mean. Adam does not care, since it
# divides by the size of the slopes. Plain gradient descent does. With the sum each gradient is
# 10,000 times as long, so a harmless-looking rate of 0.01 acts like 100. Nothing raises; the first
# step lands so far out that the slope is nearly zero. After 150 steps:


# %% tags=["pitfall"]
def descend(reduce, lr, steps, make=torch.optim.SGD):
    u = torch.tensor([-10.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([u], lr=lr)
    path = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        loss = -reduce(Normal(u[0], softplus(u[1])).log_prob(x))
        loss.backward()
        path.append((u[0].item(), softplus(u[1]).item(), loss.item()))
        optimizer.step()
    return path


for reduce, lr in ((torch.sum, 0.01), (torch.mean, 1.0)):
    a, b, _ = descend(reduce, lr, 150)[-1]
    name = reduce.__name__
    print(f"{name:4} at rate {lr:4.2f}: loc {a:6.2f}, scale {b:6.2f}")

# %% [markdown]
# The mean also keeps its size when the sample grows, so a rate that works for 100 rows works for a
# million.
#
# ## When is it done?
#
# The post stops after a number of steps that its author chose. A rule needs a yardstick. The loss's
# last change will not do: with a tenth of the learning rate it is a tenth as large, anywhere. Nor
# will the slope, which changes with the units of the data.
#
# What matters is how much log-likelihood is left to gain. Near the maximum the loss is nearly a
# parabola. One with slope $g$ and curvature $H$ has its bottom a step of $g/H$ away, and $\frac12
# g^2/H$ lower. Of two parameters $g$ is the vector of first derivatives and $H$ the matrix of
# second ones; with its [inverse](../reference/glossary.md#inverse) the bottom is $\frac12 g^\top
# H^{-1} g$ lower, in code `g @ inv(H) @ g / 2`, or better `g @ solve(H, g) / 2`, which needs no
# inverse. ($\top$ [transposes](../reference/glossary.md#transpose): it lays the column $g$ down as
# a row.) The loss is a mean over $n$ rows. So $\frac n2 g^\top H^{-1} g$ is the log-likelihood
# still to be gained, in nats:


# %%
def nats_to_go(loc, scale):
    def mean_loss(u):
        return -Normal(u[0], softplus(u[1])).log_prob(x).mean()

    scale = torch.tensor(scale, dtype=torch.float64)
    u = torch.stack([torch.full_like(scale, loc), inverse_softplus(scale)])
    g = torch.autograd.functional.jacobian(mean_loss, u)
    H = torch.autograd.functional.hessian(mean_loss, u)
    convex = bool((torch.linalg.eigvalsh(H) > 0).all())
    return (n / 2 * g @ torch.linalg.solve(H, g)).item(), convex


lowest = -Normal(x.mean(), x.std(correction=0)).log_prob(x).mean().item()

print("step   true nats to go   estimated  convex")
for step in (1000, 2000, 2600, 2800, 3000):
    estimate, convex = nats_to_go(*adam[step][:2])
    left = n * (adam[step][2] - lowest)
    print(f"{step}  {left:16.5f} {estimate:11.5f}  {convex}")

# %% [markdown]
# Close to the maximum the rule is right; far away it can even be negative, where the surface is not
# convex. So demand both: an $H$ with positive
# [eigenvalues](../reference/glossary.md#eigenvalue) only, by which the loss bends upwards in every
# direction, and less than a small part of a nat to go. A lead of one nat says little
# ([How sure are we?](uncertainty.py)), so a rule of $10^{-8}$ nats is far below anything that the
# data can tell. It does not depend on units, on the learning rate, or on $n$.

# %% [markdown]
# ## A better step
#
# Adam knows only the slope. L-BFGS remembers how the slope changed from step to step, which is a
# picture of the curvature, and gives a direction. A **line search** then picks the length of the
# step. It tries lengths until the loss has fallen enough and slopes less along the step than
# before, in torch by a tenth at least: these two conditions are called `"strong_wolfe"`. So L-BFGS
# evaluates the loss several times a step, and wants a function to call. This `closure` computes the
# loss and its slope, and returns the loss. One call of `step` makes up to `max_iter` steps. The
# optimizer's own stopping rules, on the slope and on the last change, are set to 0: it ends where a
# step changes nothing any more.

# %%
u = torch.tensor([-10.0, 2.0], dtype=torch.float64, requires_grad=True)
stop = {"max_iter": 200, "tolerance_grad": 0, "tolerance_change": 0}
optimizer = torch.optim.LBFGS([u], line_search_fn="strong_wolfe", **stop)
calls = []


def closure():
    optimizer.zero_grad()
    loss = -Normal(u[0], softplus(u[1])).log_prob(x).mean()
    loss.backward()
    calls.append(loss.item())
    return loss


optimizer.step(closure)
estimate, convex = nats_to_go(u[0].item(), softplus(u[1]).item())
assert convex
assert estimate < 1e-8
print(f"loc {u[0]:.6f}, scale {softplus(u[1]):.6f}: {len(calls)} evaluations")

# %% [markdown]
# How many evaluations does each need until the loss is first within $10^{-8}$ nats a row of its
# minimum?

# %%
by_adam = descend(torch.mean, 0.1, 520, make=torch.optim.Adam)
race = {
    "L-BFGS": calls,
    "gradient descent, 1": [loss for *_, loss in descend(torch.mean, 1.0, 125)],
    "Adam, 0.1": [loss for *_, loss in by_adam],
    "Adam, 0.01": [loss for *_, loss in adam],
}
finish = {}
for name, losses in race.items():
    left = torch.tensor(losses, dtype=torch.float64) - lowest
    finish[name] = int((left < 1e-8).nonzero()[0]) + 1
    print(f"{name:19} {finish[name]:4}")

# %% tags=["fold"] alt="Distance to the smallest loss against the number of evaluations, both on logarithmic scales. L-BFGS falls below 1e-8 nats a row after about 30 evaluations, gradient descent with rate 1 after about 100, Adam with rate 0.1 after more than 400 and Adam with rate 0.01 after more than 3000."
fig, ax = plt.subplots(figsize=(7.2, 3.8))
for (name, losses), color in zip(race.items(), ("C0", "C4", "C3", "C3"), strict=True):
    so_far = (torch.tensor(losses, dtype=torch.float64) - lowest).cummin(0).values
    steps = range(1, finish[name] + 1)
    ax.plot(steps, so_far.clamp(min=1e-8)[: finish[name]], color=color)
    ax.plot(finish[name], 1e-8, "o", color=color, clip_on=False)
    ax.annotate(
        f"{name.replace(' d', chr(10) + 'd')}\n{finish[name]}",
        (finish[name], 1e-8),
        (0, -8),
        textcoords="offset points",
        color=color,
        ha="center",
        va="top",
    )
ax.axhline(1 / n, color="C2", linestyle="--", linewidth=1)
ax.text(1, 1.6 / n, "one nat in all", color="C2")
ax.set(xscale="log", yscale="log", xlabel="evaluations of the loss", xlim=(0.9, 8000))
ax.set(ylabel="best so far, nats a row to go", ylim=(2e-11, 30))
ax.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
plt.show()

# %% tags=["hide"]
outside = (torch.tensor(race["Adam, 0.1"], dtype=torch.float64) - lowest >= 1e-8).nonzero()
assert 45 < int(outside[-1]) + 2 - finish["Adam, 0.1"] < 55

# %% [markdown]
# This $10^{-8}$ is for each row, the one of the rule above for all rows together. So L-BFGS is there
# after 32 of its 43 evaluations; the rest polish further digits. Adam at 0.01 has a distance of 10 to
# go in steps of at most about 0.01. It needs a thousand of them at the least, and takes three
# thousand. Adam at 0.1 swings through the minimum and out again, and stays only some fifty evaluations
# later: the figure draws the best so far.

# %% [markdown] tags=["pitfall"]
# **Two traps of `torch.optim.LBFGS`.** Without a line search, which is the default, nothing checks
# a step. From here ten steps go well; the eleventh leaves a scale of nearly zero, and soon the
# parameters are not numbers. With `max_iter=1`, the natural way to log each step, it can stall for
# ever (since torch 2.10). A call of `step` evaluates the loss about `max_eval` times at most, by
# default `max_iter * 5 // 4`. That is 1, and it is used up before the line search has tried a
# second length. Pass `max_eval=25` too, as the first figure does, or record the path inside the
# closure. (Before 2.10 the line search did not heed `max_eval`.)


# %% tags=["pitfall"]
def run(steps, **options):
    u = torch.tensor([-10.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([u], **options)

    def closure():
        optimizer.zero_grad()
        normal = Normal(u[0], softplus(u[1]), validate_args=False)
        loss = -normal.log_prob(x).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return f"loc {u[0]:.4f}, scale {softplus(u[1]):.5g}"


wolfe = {"max_iter": 1, "line_search_fn": "strong_wolfe"}
for steps in (10, 11, 200):
    print(f"no line search, {steps:3}:", run(1, max_iter=steps))
print("max_iter=1, 20:     ", run(20, **wolfe))
print("max_iter=1, 40:     ", run(40, **wolfe))
print("and max_eval=25:    ", run(20, **wolfe, max_eval=25))

# %% [markdown]
# ## Take the controls
#
# Here is the plane of the first figure again, with gradient descent on its way from the post's
# start. *Run* goes on to the end, or for some thousands of steps. Drag the start, and the whole
# walk follows. Of the two plots below the plane the first is the loss that is left after each step;
# the second is the next step, seen from its side: the loss along it, and the parabola that has its
# slope and curvature here. *Momentum* follows a running sum of the slopes, of which the older ones
# fade by a factor of 0.9 with each step. *Newton* goes to where the parabola is level.

# %% tags=["hide"] alt="The plane of loc and scale with three walks from loc -10, scale 2.13. Gradient descent on the mean loss with rate 1 jumps over the valley and runs down beside it to the estimate. Newton's steps in loc and scale run away to the upper left. Newton's steps in loc / scale and 1 / scale arrive after four."
import json
import math

from IPython.display import display

stats = {"n": n, "mean": mean, "variance": variance}
display({"text/html": f"<mle-optimizer data='{json.dumps(stats)}'></mle-optimizer>"}, raw=True)


def newton_walk(read, u, steps):
    def mean_loss(u):
        loc, scale = read(*u)
        return scale.log() + (variance + (mean - loc) ** 2) / scale**2 / 2

    u = torch.tensor(u, dtype=torch.float64)
    walk = [read(*u)]
    for _ in range(steps):
        slope = torch.autograd.functional.jacobian(mean_loss, u)
        u = u - torch.linalg.solve(torch.autograd.functional.hessian(mean_loss, u), slope)
        walk.append(read(*u))
    return [(loc.item(), scale.item()) for loc, scale in walk]


def arrival(walk):
    reached = torch.tensor(walk, dtype=torch.float64).T
    spread = variance + (reached[0] - mean) ** 2
    nats = n * (reached[1].log() + spread / reached[1] ** 2 / 2 - (math.log(variance) + 1) / 2)
    return int((nats < 1e-8).nonzero()[0])


def convex(a, b):
    return a / b, 1 / b


by_mean = [place[:2] for place in descend(torch.mean, 1.0, 125)]
by_sum = [place[:2] for place in descend(torch.sum, 1.0, 1)]
same = [place[:2] for place in descend(torch.sum, 0.0001, 125)]
assert torch.allclose(torch.tensor(same), torch.tensor(by_mean))

plain = newton_walk(lambda a, b: (a, b), [-10.0, 2.13], 1)
near = newton_walk(lambda a, b: (a, b), [0.0, 2.0], 3)
by_log = newton_walk(lambda a, b: (a, b.exp()), [0.0, math.log(2.0)], 9)
arrives = newton_walk(convex, [-10 / 2.13, 1 / 2.13], 9)
growing = torch.tensor(near)[1:, 1]
assert (growing[1:] / growing[:-1] - 2).abs().max() < 0.05

fig, ax = plt.subplots(figsize=(7.2, 3.6))
ax.contour(locs, scales, gap, [0.1, 1], colors="C4", linewidths=0.7)
for walk, color in ((by_mean, "C3"), (plain, "C4"), (arrives, "C1")):
    ax.plot(*zip(*walk, strict=True), "o-", color=color, markersize=3, linewidth=1)
ax.text(-4.9, 9.6, f"gradient descent, mean, rate 1: {arrival(by_mean)} steps", color="C3")
ax.text(-4.1, 8.6, f"by the sum, one step: loc {by_sum[1][0]:,.0f}", color="C3")
ax.text(-7.9, 2.25, f"Newton, loc / scale, 1 / scale: {arrival(arrives)} steps", color="C1")
ax.text(-10.8, 1.2, "Newton, loc, scale: away", color="C4")
ax.text(-1.7, 5.2, f"Newton, loc, log scale,\nfrom 0, 2: {arrival(by_log)} steps", color="C4")
ax.set(xlabel="loc", ylabel="scale", xlim=(-11, 2.5), ylim=(0.5, 11))
plt.show()

# %% [markdown]
# Two things to find out:
#
# - **Sum or mean.** Set the loss to *sum*, at the same rate of 1. Its first step lands at a `loc` of
#   over 20,000. Then lower the rate to 0.0001: this is the walk by the mean again, point for point.
#   With Adam, at a rate of 0.1, the switch changes nothing that you can see.
# - **Coordinates.** Choose *Newton*, and start at $\mu = 0$, $\sigma = 2$. In $\mu$ and $\sigma$ the
#   loss bends downwards there, so the parabola has no bottom, and each further step doubles the
#   scale. In $\mu$ and $\log \sigma$ Newton arrives in six steps. From the post's start it fails in
#   both, and arrives in four steps in $\mu/\sigma$ and $1/\sigma$: over these the loss is
#   [convex](../explain/links.py#where-the-normal-likelihood-is-convex), wherever one starts.

# %% [markdown]
# ## The same answer
#
# Now compare with the closed form, in code:

# %%
scale = softplus(u[1]).detach()
torch.testing.assert_close(u[0].detach(), x.mean(), rtol=1e-6, atol=1e-8)
torch.testing.assert_close(scale, x.std(correction=0), rtol=1e-6, atol=1e-8)

print(f"L-BFGS                 {scale:.6f}")
print(f"divisor n              {x.std(correction=0):.6f}")
print(f"divisor n - 1, std()   {x.std():.6f}")
print(f"the last two differ by {x.std() - x.std(correction=0):.6f}")

# %% [markdown]
# The maximum likelihood scale divides by $n$. `x.std()` alone divides by $n - 1$, and the
# post took it for the estimate. At 10,000 rows the two differ by 0.00005, at ten rows by five
# percent ([Why n and not n − 1?](../explain/bias.py)).
#
# ## In one line
#
# With a torch optimizer `mlefit.fit` is this page: softplus, the mean loss, the rule in nats. Its
# argument `optimizer` is a function that makes one from the parameters. The default is Newton's
# method in $\mu/\sigma$ and $1/\sigma$, which steps to the bottom of the parabola. Michelson's
# hundred readings of the speed of light, in km/s above 299 000, from a bad first guess:

# %%
from functools import partial

import mlefit

speed = mlefit.datasets.michelson()
guess = {"loc": 700.0, "scale": 200.0}
optimizers = {
    "Adam, rate 1": partial(torch.optim.Adam, lr=1.0),
    "L-BFGS": partial(torch.optim.LBFGS, line_search_fn="strong_wolfe"),
    "Newton": mlefit.newton,
}

exact = mlefit.closed_form(Normal, speed)
for name, optimizer in optimizers.items():
    fit = mlefit.fit(Normal, speed, init=guess, optimizer=optimizer)
    assert fit.converged
    a, b = fit.params["loc"], fit.params["scale"]
    tries = fit.trace.evaluations
    torch.testing.assert_close(b, exact.params["scale"], rtol=1e-4, atol=0)
    print(f"{name:12}  loc {a:.1f}  scale {b:.1f}  {tries:3} evaluations")

print(f"the centre is at {299_000 + exact.params['loc']:.0f} km/s")

# %% [markdown]
# All three say that the readings scatter about 299 852 km/s with a standard deviation of 79 km/s.
# Without `init` the search begins at the data's own centre and spread, and
# `mlefit.fit(Normal, speed)` is all there is to write.
#
# And the learning rate that worked for the post? These data are in km/s, and 0.01 km/s is a very
# small step. The fit does not pretend:

# %% tags=["warns"]
small = partial(torch.optim.Adam, lr=0.01)
slow = mlefit.fit(Normal, speed, init=guess, optimizer=small, max_steps=300)
print(f"loc {slow.params['loc']:.1f}, scale {slow.params['scale']:.1f}")

# %% [markdown]
# ## Exercises
#
# **1.** Plot, step by step, the scale of the Adam run and the best scale for its `loc`. When is
# Adam's too small, when too large, and by how much at most after it has crossed the valley?

# %% tags=["solution"] alt="Scale against step. The best scale for the present loc falls from 10 to 1 along a dashed curve; Adam's scale rises from 2.1, crosses it after about 1100 steps, and stays up to two above it until both are 1."
import matplotlib.pyplot as plt

path = torch.tensor(adam, dtype=torch.float64)
valley = (variance + (path[:, 0] - mean) ** 2).sqrt()
lag = path[:, 1] - valley
crossing = int((lag > 0).nonzero()[0])
worst = int(lag.argmax())

fig, ax = plt.subplots(figsize=(7.2, 3.0))
ax.plot(valley, "--", color="C2")
ax.plot(path[:, 1], color="C3")
ax.text(250, 8.6, "best scale for the present loc", color="C2")
ax.text(1450, 4.6, "Adam's scale", color="C3")
ax.set(xlabel="step", ylabel="scale", ylim=(0, 10.5))
plt.show()

# %% tags=["solution"]
print(f"they cross at step {crossing}, at loc {path[crossing, 0]:.1f}")
print(f"at step {worst} Adam is {lag[worst]:.2f} too wide")
assert lag[:crossing].max() <= 0 < lag[crossing:2500].min()

# %% [markdown] tags=["solution"]
# Before the crossing the scale is too small, after it too large. The first slopes were huge, and they
# stay in Adam's average of the last thousand or so squares. So its steps are short for a long time.

# %% [markdown]
# **2.** Hold the scale of Michelson's readings at its estimate and learn `loc` by plain gradient
# descent on the mean loss. With which learning rate does it arrive in one step, and beyond which
# one does it run away?

# %% tags=["solution"]
sigma = speed.std(correction=0)


def errors(lr):
    loc = torch.tensor(700.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([loc], lr=lr)
    found = []
    for _ in range(5):
        optimizer.zero_grad()
        (-Normal(loc, sigma).log_prob(speed).mean()).backward()
        optimizer.step()
        found.append(abs(loc.item() - speed.mean().item()))
    return found


print(f"one step at a rate of {sigma**2:.0f} (km/s)²")
first, *_, last = errors(1.0 * sigma.item() ** 2)
assert first < 1e-9
first, *_, last = errors(1.9 * sigma.item() ** 2)
assert last < first
first, *_, last = errors(2.1 * sigma.item() ** 2)
assert last > first

# %% [markdown] tags=["solution"]
# It arrives in one step at $\hat\sigma^2$, the square of the estimate, which is what the hat marks;
# and it runs away beyond $2\hat\sigma^2$. A learning rate
# has units, those of the data squared: this is why no rate suits all data, and why Newton's method,
# which divides by the curvature, needs none.

# %% [markdown]
# **3.** Start the scale in the flat part of softplus: `u` = −12, with `loc` at 0. What is the scale
# there, and where does the first step of gradient descent with rate 1 on the mean loss land? What
# would be a better way to begin?

# %% tags=["solution"]
u = torch.tensor([0.0, -12.0], dtype=torch.float64, requires_grad=True)
(-Normal(u[0], softplus(u[1])).log_prob(x).mean()).backward()
landed = (u - u.grad).detach()

print(f"scale {softplus(u[1]):.1e}, slope {u.grad[1]:.1e}")
print(f"after one step u is {landed[1]:.1e}")
assert landed[1] > 1e9

# %% [markdown] tags=["solution"]
# Softplus is flat there, but the likelihood is steeper than softplus is flat: with so narrow a bell
# a typical row lies a hundred thousand scales away. The step lands at a scale of over $10^{10}$, and
# from there the slope is nearly nothing. Begin at the data's spread, `inverse_softplus(x.std())`.

# %% [markdown]
# ## In the reference
#
# [`mlefit.fit` and its `trace`](../reference/api.md),
# [all formulas of the normal](../reference/formulas.md).
# How to [choose an optimizer, a start and a stop](../howto/optimizer.py).
# Next: [What does a covariance matrix say?](multivariate.py)
#
# ## References
#
# - Batra N (2022) Maximum Likelihood Estimation (MLE) for parameters of univariate and multivariate
#   normal distribution in PyTorch. Blog post, 9 February 2022.
# - Dugas C, Bengio Y, Bélisle F, Nadeau C, Garcia R (2001) Incorporating second-order functional
#   knowledge for better option pricing. *NIPS* 13, 472–478.
# - Kingma DP, Ba J (2015) Adam: a method for stochastic optimization. *ICLR*.
#   [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# - Liu DC, Nocedal J (1989) On the limited memory BFGS method for large scale optimization.
#   *Mathematical Programming* 45, 503–528.
#   [doi:10.1007/BF01589116](https://doi.org/10.1007/BF01589116)
# - Michelson AA (1882) Experimental determination of the velocity of light. *Astronomical Papers*
#   1, 109–145.
# - Nocedal J, Wright SJ (2006) *Numerical Optimization*, 2nd ed. Springer.
