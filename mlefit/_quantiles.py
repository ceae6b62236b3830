"""Quantiles of a distribution, and how far those of a sample stray from them."""

__all__ = ["distances", "envelope", "quantiles"]

import torch
from torch import Tensor
from torch.distributions import Chi2, Distribution, MultivariateNormal, Normal

DRAWS = 2**20
HALVINGS = 64


def quantiles(distribution: Distribution, p: Tensor, *, seed: int = 0) -> Tensor:
    """Return the quantiles of a univariate distribution at the probabilities p, `(n,)`.

    By its icdf; else by halving where it has a cdf; else those of a million seeded draws. The
    state of the global random number generators is left as it was.
    """
    try:
        return distribution.icdf(p)
    except NotImplementedError:
        draws = _draws(distribution, seed)
    try:
        return _invert(distribution, p, draws[0], draws[-1])
    except NotImplementedError:
        return draws[(p * DRAWS).long().clamp(max=DRAWS - 1)]


def distances(distribution: MultivariateNormal, x: Tensor) -> Tensor:
    r"""Return the squared Mahalanobis distances $|L^{-1}(x_i - \mu)|^2$ of rows `(n, d)`."""
    L, apart = distribution.scale_tril, (x - distribution.loc).mT
    return torch.linalg.solve_triangular(L, apart, upper=False).square().sum(0)


def envelope(
    distribution: Distribution, n: int, *, level: float, simulations: int, seed: int, refit: bool
) -> tuple[Tensor, Tensor]:
    """Return the pointwise band of the ordered values of a sample: lower and upper, `(n,)`.

    The values are draws; of a multivariate normal, squared Mahalanobis distances.

    Args:
        distribution: A fitted one.
        n: The size of a sample.
        level: How much of the samples lies inside at each rank.
        simulations: How many samples to draw.
        seed: Of the samples.
        refit: Whether a normal is fitted anew to each sample, as it was to the data.
    """
    if simulations < 1:
        raise ValueError(f"expected at least one simulation; got {simulations}; try 200")
    generator = torch.Generator().manual_seed(seed)
    if refit and isinstance(distribution, Normal | MultivariateNormal):
        d = distribution.event_shape.numel()
        if n <= d:
            raise ValueError(
                f"expected more than {d} rows, since a normal is fitted to samples of as many; got "
                f"{n}; try more data"
            )
        z = torch.randn(simulations, n, d, generator=generator, dtype=torch.float64)
        z = _standardized(z)
        if isinstance(distribution, MultivariateNormal):
            return _middle(z.square().sum(-1), level)
        low, high = _middle(z[..., 0], level)
        return distribution.loc + distribution.scale * low, (
            distribution.loc + distribution.scale * high
        )

    # ranks do not change under the quantile function: simulate uniforms, and map two of them
    u = torch.rand(simulations, n, generator=generator, dtype=torch.float64)
    if isinstance(distribution, MultivariateNormal):
        distribution = Chi2(distribution.loc.new_tensor(distribution.event_shape.numel()))
    low, high = (quantiles(distribution, edge, seed=seed) for edge in _middle(u, level))
    return low, high


def _draws(distribution: Distribution, seed: int) -> Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return distribution.sample((DRAWS,)).double().sort().values


def _invert(distribution: Distribution, p: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return where the cdf is p, by halving the interval from low to high."""
    low, high = low.expand_as(p), high.expand_as(p)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = distribution.cdf(middle) < p
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2


def _standardized(z: Tensor) -> Tensor:
    """Return samples `(B, n, d)`, each with mean 0 and scatter n times the identity."""
    z = z - z.mean(1, keepdim=True)
    L = torch.linalg.cholesky(z.mT @ z / z.shape[1])
    return torch.linalg.solve_triangular(L, z.mT, upper=False).mT


def _middle(samples: Tensor, level: float) -> tuple[Tensor, Tensor]:
    """Return two values at each rank, with this share of the samples `(B, n)` between them."""
    ranked = samples.sort(1).values.sort(0).values
    k = round((1 - level) / 2 * (len(ranked) - 1))
    return ranked[k], ranked[len(ranked) - 1 - k]
