"""Pyro: maximum likelihood as inference with an empty guide, by Adam."""

__all__ = ["search"]

from collections.abc import Mapping
from typing import Any

import pyro
from pyro import distributions, infer, optim
from torch import Tensor
from torch.distributions import constraints

from benchmarks.measure import Estimate

Start = Mapping[str, tuple[Tensor, constraints.Constraint]]


def search(family: str, x: Tensor, start: Start, *, steps: int) -> Estimate:
    """Take so many steps of Adam with learning rate 0.01; Pyro has no rule to stop.

    Args:
        family: A class of `pyro.distributions`.
        x: Data, `(n, *event)`.
        start: Each parameter's first value and its constraint.
        steps: How many.
    """
    build = getattr(distributions, family)

    def model(data: Tensor) -> None:
        params = {name: pyro.param(name, value.clone(), on) for name, (value, on) in start.items()}
        with pyro.plate("rows", len(data)):
            pyro.sample("x", build(**params), obs=data)

    def guide(data: Tensor) -> None:
        """Leave nothing to infer."""

    pyro.clear_param_store()
    search = infer.SVI(model, guide, optim.Adam({"lr": 0.01}), infer.Trace_ELBO())
    for _ in range(steps):
        search.step(x)
    found: dict[str, Any] = {name: pyro.param(name).detach() for name in start}
    if "scale_tril" in found:
        found["scale_tril"] = found["scale_tril"] @ found["scale_tril"].mT
    return Estimate(tuple(found.values()))
