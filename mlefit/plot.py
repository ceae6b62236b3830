"""Look at a fit with matplotlib: `pip install mlefit[plot]`, and `import mlefit.plot`.

Every function draws on the axes it is given, or on those of a new figure, and returns them: add
labels and units there. A colour says what it is: C0 data, C1 the model, C2 a reference, C3 the path
of a search, C4 the rest, in whatever palette is in force.
"""

__all__ = ["density", "ellipses", "loss", "profile", "qq", "surface"]

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.distributions import Chi2, Distribution, MultivariateNormal

from mlefit import _curves
from mlefit._quantiles import distances, envelope, quantiles
from mlefit._result import Fit

try:
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
except ModuleNotFoundError as error:
    raise ImportError(
        "expected matplotlib for mlefit.plot; got none; try pip install mlefit[plot]"
    ) from error

DATA, MODEL, REFERENCE, PATH, MUTED = (f"C{role}" for role in range(5))


def density(fit: Fit, data: Any, *, bins: Any = "auto", ax: Axes | None = None) -> Axes:
    """Draw the histogram of the data and the fitted density; for counts, shares and probabilities.

    Args:
        fit: A single fit of a univariate family.
        data: Observations, `(n,)`.
        bins: Of the histogram, as in `Axes.hist`; whole numbers have a bar each instead.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes. The area of the bars is 1, and so is that under the curve; for whole numbers,
        the heights of the bars add up to 1, and the model has bars too.

    Raises:
        ValueError: The fit is of a batch, or not of one dimension, or the data are not in its
            support.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit.plot
        >>> x = mlefit.datasets.michelson()
        >>> ax = mlefit.plot.density(mlefit.fit(Normal, x), x)
        >>> float(ax.lines[0].get_ydata().max())  # at the mean, 1 / (78.6 * sqrt(2 pi))
        0.00507
    """
    distribution = _curves.univariate(fit)
    x = _curves.rows(data, distribution)
    t, y = _curves.bell(distribution, x)
    ax = ax or _new()

    if _curves.is_discrete(distribution):
        share = (x[:, None] == t).double().mean(0)
        ax.bar(t.numpy(), share.numpy(), color=DATA, alpha=0.45, lw=0)
        ax.bar(t.numpy(), y.numpy(), fill=False, edgecolor=MODEL, lw=1.6)
        ax.set_ylabel("probability")
    else:
        ax.hist(x.numpy(), bins, density=True, color=DATA, alpha=0.45, lw=0)
        top = ax.get_ylim()[1]
        ax.plot(t.numpy(), y.numpy(), color=MODEL)
        if y.max() > 3 * top:  # infinite, or nearly, at the edge of the support
            ax.set_ylim(0, 1.5 * top)
        ax.set_ylabel("density")
    shoulder = (y > 0.6 * y.max()).nonzero().max()
    at = t[shoulder].item(), min(y[shoulder].item(), ax.get_ylim()[1])
    _label(ax, type(distribution).__name__, at, (7, 4), ha="left")
    return ax


def ellipses(
    fit: Fit,
    data: Any = None,
    *,
    levels: Sequence[float] = (0.5, 0.9, 0.99),
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the ellipses in which a fitted bivariate normal has these probabilities.

    $$\mu + \sqrt{-2 \log(1 - p)}\; L \begin{pmatrix}\cos t \\ \sin t\end{pmatrix}$$

    Args:
        fit: A single fit of a `MultivariateNormal` of two dimensions.
        data: Observations, `(n, 2)`, to be drawn as points; by default none.
        levels: Probabilities p.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes, with one line for each level, in their order, and then the mark of the mean.

    Raises:
        ValueError: The fit is of a batch, or not of a bivariate normal, or a level is no
            probability.

    Examples:
        >>> from torch.distributions import MultivariateNormal
        >>> import mlefit.plot
        >>> heights = mlefit.datasets.galton()
        >>> ax = mlefit.plot.ellipses(mlefit.fit(MultivariateNormal, heights), heights)
        >>> float(ax.lines[1].get_xdata().max())  # 90 %: 69.14 + 2.146 * 2.303
        74.08
    """
    distribution = _curves.bivariate(fit)
    x = None if data is None else _curves.rows(data, distribution)
    _curves.probabilities(levels, "levels")
    ax = ax or _new()

    if x is not None:
        ax.scatter(x[:, 0].numpy(), x[:, 1].numpy(), s=12, color=DATA, alpha=0.35, lw=0)
    t = torch.linspace(0, 2 * math.pi, _curves.POINTS + 1, dtype=torch.float64)
    circle = torch.stack([t.cos(), t.sin()])
    for p in levels:
        radius = math.sqrt(-2 * math.log1p(-p))
        ellipse = distribution.loc[:, None] + radius * distribution.scale_tril @ circle
        ax.plot(*ellipse.numpy(), color=MODEL)
        right, top = ellipse[:, ellipse[1].argmax()].tolist()
        _label(ax, f"{100 * p:g} %", (right, top), (0, 2), ha="center")
    ax.plot(*distribution.loc[:, None].numpy(), "+", color=MODEL, ms=9, mew=1.8)
    return ax


def qq(
    fit: Fit,
    data: Any,
    *,
    band: float = 0.95,
    simulations: int = 200,
    seed: int = 0,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the ordered data against the quantiles that the fitted distribution expects.

    The i-th of n values belongs to the probability $(i - \frac12)/n$. For a `MultivariateNormal`
    the values are squared Mahalanobis distances, and the quantiles those of $\chi^2_d$.

    Args:
        fit: A single fit of a univariate family or of a `MultivariateNormal`.
        data: The observations that were fitted, `(n,)` or `(n, d)`.
        band: At each rank this share of samples lies in the band. A normal with nothing fixed is
            fitted anew to each sample; for other families, whose fitted parameters are taken to
            be true, the band is a little too wide.
        simulations: How many samples to draw for the band.
        seed: Of these samples; the global random state is neither read nor changed.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes. If the family is right, the points lie near the line.

    Raises:
        ValueError: The fit is of a batch or of another family, the band is no probability, or there
            are no simulations, or no more rows than dimensions.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit.plot
        >>> x = mlefit.datasets.newcomb()
        >>> ax = mlefit.plot.qq(mlefit.fit(Normal, x), x)
        >>> ax.collections[1].get_offsets()[0].tolist()  # the least of 66 values
        [0.31, -44.00]
    """
    _curves.probabilities([band], "band")
    distribution = _curves.single(fit)
    if isinstance(distribution, MultivariateNormal):
        x = distances(distribution, _curves.rows(data, distribution))
        d = distribution.event_shape.numel()
        reference: Distribution = Chi2(x.new_tensor(d))
        labels = f"quantile of chi-squared, {d} d.f.", "squared Mahalanobis distance"
    else:
        reference = _curves.univariate(fit)
        x = _curves.rows(data, reference)
        labels = f"quantile of the fitted {type(reference).__name__}", "ordered data"
    p = (torch.arange(len(x), dtype=x.dtype) + 0.5) / len(x)
    q = quantiles(reference, p, seed=seed)
    low, high = envelope(
        distribution, len(x), level=band, simulations=simulations, seed=seed, refit=not fit.fixed
    )
    ax = ax or _new()

    ax.fill_between(q.numpy(), low.numpy(), high.numpy(), color=MUTED, alpha=0.25, lw=0)
    _label(ax, f"{100 * band:g} % band", (q[-1].item(), high[-1].item()), (-6, 0), ha="right")
    ax.plot(q.numpy(), q.numpy(), color=REFERENCE, lw=1.2)
    ax.scatter(q.numpy(), x.sort().values.numpy(), s=14, color=DATA, lw=0, zorder=3)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    return ax


def profile(fit: Fit, name: str, *, level: float = 0.95, ax: Axes | None = None) -> Axes:
    r"""Draw the log-likelihood at each value of a parameter, the others at their best.

    $$\max_{\text{others}} \ell(\theta) - \hat\ell$$

    This is 0 at the estimate and negative elsewhere. The interval of `Fit.profile_interval` is
    where it is at least $-\frac12 \chi^2_{1,\,\text{level}}$, which is −1.92 nats for 95 %.

    Args:
        fit: A single fit.
        name: A learned parameter that is one number.
        level: Of the interval.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: The fit is of a batch, or the parameter is not learned, or not a scalar.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit.plot
        >>> ax = mlefit.plot.profile(mlefit.fit(Normal, [1.0, 2.0, 4.0]), "scale")
        >>> [end.get_text() for end in ax.texts[1:]]
        ['0.6623', '3.683']
    """
    _curves.single(fit)
    ends = [float(end) for end in fit.profile_interval(name, level=level)]
    values, lost = _curves.lost(fit, name, ends)
    cut = -float(torch.erfinv(torch.tensor(level, dtype=torch.float64)) ** 2)
    ax = ax or _new()

    ax.plot(values.numpy(), lost.numpy(), color=MODEL)
    ax.plot(float(fit.params[name]), 0.0, "o", color=MODEL)
    left, right = values[0].item(), values[-1].item()
    ax.plot([max(left, ends[0]), min(right, ends[1])], [cut, cut], color=MUTED)
    middle = (max(left, ends[0]) + min(right, ends[1])) / 2
    _label(ax, f"{100 * level:g} % interval", (middle, cut), (0, 4), ha="center")
    for end, offset, ha in zip(ends, (5, -5), ("left", "right"), strict=True):
        if left <= end <= right:
            ax.vlines(end, lost.min().item(), cut, color=MUTED, lw=0.8)
            _label(ax, f"{end:.4g}", (end, cut), (offset, -13), ha=ha)
    ax.set(xlabel=name, ylabel="log-likelihood, nats from the maximum")
    return ax


def loss(fit: Fit, *, minimum: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw how far above its minimum the mean negative log-likelihood was at each step.

    Args:
        fit: A single fit that took steps.
        minimum: What to measure from, in nats a row, to compare searches; by default the lowest
            loss of this one.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes, with a log scale; steps at the minimum have no place on it.

    Raises:
        ValueError: The fit is of a batch, or took no steps.

    Examples:
        >>> from torch.distributions import StudentT
        >>> import mlefit.plot
        >>> ax = mlefit.plot.loss(mlefit.fit(StudentT, mlefit.datasets.newcomb()))
        >>> ax.get_yscale()
        'log'
    """
    steps, gap = _curves.loss_gap(fit, minimum)
    ax = ax or _new()

    ax.plot(steps.numpy(), gap.numpy(), color=PATH)
    ax.set(xlabel="step", ylabel="nats a row above the minimum", yscale="log")
    return ax


def surface(
    fit: Fit,
    data: Any,
    *,
    levels: Sequence[float] = (0.5, 2, 5, 20, 100),
    path: Fit | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw contours of the log-likelihood of a `Normal`, in nats below its maximum.

    $$n \Big(\log\frac{\sigma}{s} + \frac{s^2 + (\bar x - \mu)^2}{2\sigma^2} - \frac12\Big)$$

    Args:
        fit: A single fit of a `Normal`, whose estimate is marked.
        data: The observations, `(n,)`.
        levels: Of the contours, in nats for all n observations together. Those of less than 3 %
            of the largest are not labelled.
        path: A fit whose trace is drawn on top, such as one by gradient descent.
        ax: Where to draw; by default, a new figure.

    Returns:
        The axes, with loc to the right and scale upwards, in the units of the data.

    Raises:
        ValueError: The fit is of a batch or of another family, a level is not above 0, or the data
            do not vary.

    Examples:
        >>> from torch.distributions import Normal
        >>> import mlefit.plot
        >>> x = mlefit.datasets.michelson()
        >>> ax = mlefit.plot.surface(mlefit.fit(Normal, x), x, levels=(2, 20))
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('loc', 'scale')
    """
    _curves.depths(levels)
    estimate = _curves.path_of(fit)[:, -1:]
    x = _curves.rows(data, _curves.univariate(fit))
    way = estimate if path is None else _curves.path_of(path)
    loc, scale = _curves.box(x, max(levels), torch.cat([way, estimate], 1))
    ax = ax or _new()

    below = _curves.nats_below(x, loc, scale)
    lines = ax.contour(
        loc.numpy(), scale.numpy(), below.numpy(), sorted(levels), colors=MUTED, linewidths=1.0
    )
    # a contour much smaller than the largest has no room for its label
    room = [nats for nats in lines.levels if nats > 0.03 * max(levels)]
    ax.clabel(lines, room, fmt="%g", fontsize="small")
    if path is not None:
        ax.plot(*way.numpy(), color=PATH)
    ax.plot(*estimate.numpy(), "o", color=MODEL)
    ax.set(xlabel="loc", ylabel="scale")
    return ax


def _new() -> Axes:
    return plt.subplots()[1]


def _label(
    ax: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], *, ha: str
) -> None:
    """Write beside a point, so many typographic points off."""
    ax.annotate(text, point, offset, textcoords="offset points", ha=ha, fontsize="small")
