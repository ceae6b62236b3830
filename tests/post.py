"""What a blog post of 2022 printed, and data of four shapes that have the statistics of its own."""

__all__ = ["PLACES", "SHAPES", "Row", "Table", "bivariate", "replay", "table", "univariate"]

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.distributions import Distribution, Normal

EVERY = 500  # the post printed every 500th iteration
PLACES = {1: 2, 2: 2, 3: 4, 4: 4}  # table -> decimal places of its parameters

# Recovered from the printed tables by least squares, since the post set no seed: seven numbers that
# explain 125. Divisor n. Good to about 2e-7 (univariate) and 1e-6.
MEAN, VARIANCE = -0.017394172289321275, 1.009743337252672
MEANS = (0.00904413887547043, -0.00741969631970936)
COVARIANCE = ((1.0582229601050361, 0.45626310009488), (0.45626310009488, 1.7320152013594825))

# Shape -> its quantile function, up to location and scale.
SHAPES: dict[str, Callable[[Tensor], Tensor]] = {
    "Gaussian": Normal(0.0, 1.0).icdf,
    "uniform": lambda p: p,
    "exponential": lambda p: -torch.log1p(-p),
    "two-point": lambda p: (p > 0.5).to(p.dtype),
}


@dataclass(frozen=True)
class Row:
    """One line of a table: the loss and the parameters before the step."""

    iteration: int
    loss: float
    params: tuple[float, ...]


Table = list[Row]


def table(number: int) -> Table:
    """Return one of the post's four tables."""
    path = Path(__file__).parent / "data" / "post-2022.csv"
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return [
            Row(
                int(row["iteration"]),
                float(row["loss"]),
                tuple(float(row[name]) for name in ("loc", "loc_2", "scale") if row[name]),
            )
            for row in rows
            if int(row["table"]) == number
        ]


def univariate(n: int = 10_000) -> Tensor:
    """Return a data set of each shape with the statistics of tables 1 and 2, `(4, n)`, float32."""
    Z = _standard(n, 1)[..., 0]
    return (MEAN + math.sqrt(VARIANCE) * Z).float()


def bivariate(n: int = 1000) -> Tensor:
    """Return a data set of each shape with the statistics of tables 3 and 4, `(4, n, 2)`."""
    L = torch.linalg.cholesky(torch.tensor(COVARIANCE, dtype=torch.float64))
    return (torch.tensor(MEANS, dtype=torch.float64) + _standard(n, 2) @ L.T).float()


def replay(
    build: Callable[..., Distribution], start: Mapping[str, Tensor], data: Tensor, steps: int
) -> dict[str, Tensor]:
    """Run the post's loop in the dtype of the data, for many data sets at once.

    Adam treats each number alone, so data sets that share a loop do not see each other.

    Args:
        build: What makes the distribution of the parameters.
        start: The parameters' first values, `(4, 1, *shape)`.
        data: Data sets, `(4, n, *event)`.
        steps: How many iterations to run.

    Returns:
        The loss, `(printed, 4)`, and the parameters, before every 500th step.
    """
    params = {name: value.clone().requires_grad_() for name, value in start.items()}
    optimizer = torch.optim.Adam(params.values(), lr=0.01, fused=True)
    printed: list[dict[str, Tensor]] = []
    for i in range(steps):
        loss = -build(**params).log_prob(data).sum(1)
        if i % EVERY == 0:
            now = {"loss": loss, **params}
            printed.append({name: value.detach().clone() for name, value in now.items()})
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
    return {name: torch.stack([row[name] for row in printed]) for name in printed[0]}


def _standard(n: int, d: int) -> Tensor:
    """Return rows of each shape, `(4, n, d)`, with mean 0 and covariance I (divisor n)."""
    # Fractional parts of multiples of an irrational number fill the unit interval evenly.
    step = torch.tensor([2.0, 3.0][:d], dtype=torch.float64).sqrt()
    p = ((torch.arange(n, dtype=torch.float64)[:, None] + 0.5) * step) % 1
    Z = torch.stack([quantile(p) for quantile in SHAPES.values()])
    Z = Z - Z.mean(1, keepdim=True)
    L = torch.linalg.cholesky(Z.mT @ Z / n)
    return torch.linalg.solve_triangular(L, Z.mT, upper=False).mT
