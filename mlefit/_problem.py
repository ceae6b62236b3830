"""A fit as a problem of minimization: data, charts, and the mean negative log-likelihood."""

__all__ = ["Chart", "Evidence", "Likelihood", "Moments", "Rows", "log_prob"]

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Normal, Transform
from torch.distributions.constraints import Constraint
from torch.linalg import LinAlgError  # type: ignore[attr-defined]  # it is there, unlisted

from mlefit._analytic import ANALYTIC, Analytic
from mlefit._densities import DENSITIES
from mlefit._model import Model
from mlefit._natural import natural_change
from mlefit._objective import derivatives, infinite_where_nan
from mlefit._statistics import SufficientStatistics


@dataclass(frozen=True)
class Rows:
    """Data row by row: x `(n, *lead, *event)`, and weights that broadcast to `(n, B)` or None.

    They may share the memory of the user's tensors, and notice when these are changed in place.
    """

    x: Tensor
    w: Tensor | None
    n: Tensor
    changes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", self._changes())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()  # a copy's tensors count anew

    def check_unchanged(self) -> None:
        """Raise where the data are no longer those that were given."""
        if self._changes() != self.changes:
            raise ValueError(
                "expected the data as they were when they were fitted; got a tensor whose memory "
                "has been changed in place since; try fit(family, data.clone())"
            )

    def _changes(self) -> tuple[int, ...]:
        """Return how often the memory of each tensor has been written to, as torch counts."""
        mine = (self.x,) if self.w is None else (self.x, self.w)
        return tuple(each._version for each in mine)

    def log_prob(self, distribution: Distribution) -> Tensor:
        """Return the log-density of each row, `(n, B)`."""
        return log_prob(distribution, self.x).reshape(self.x.shape[0], -1)

    def mean_nll(self, distribution: Distribution) -> Tensor:
        each = self.log_prob(distribution)
        return -each.mean(0) if self.w is None else -(self.w * each).sum(0) / self.n

    def select(self, index: Tensor) -> Self:
        w = self.w if self.w is None or self.w.shape[1] == 1 else self.w[:, index]
        return replace(self, x=self.x[:, index], w=w, n=self.n[index])

    def to(self, dtype: torch.dtype) -> Self:
        self.check_unchanged()
        w = None if self.w is None else self.w.to(dtype)
        return replace(self, x=self.x.to(dtype), w=w, n=self.n.to(dtype))


@dataclass(frozen=True)
class Moments:
    """The sufficient statistics of normals: mean `(B, *event)` and a factor C of the scatter.

    For a `Normal`, C is the standard deviation; else C C' = scatter / n.
    """

    mean: Tensor
    factor: Tensor
    n: Tensor

    @classmethod
    def of(cls, stats: SufficientStatistics) -> Self:
        """Return the moments of statistics with one batch dimension."""
        mean_square = stats.scatter / stats.n.reshape(-1, *[1] * (stats.scatter.ndim - 1))
        return cls(stats.mean, _factor(mean_square), stats.n)

    def mean_nll(self, distribution: Distribution) -> Tensor:
        r"""Return $\log\sigma + \frac{s^2 + (\bar x - \mu)^2}{2\sigma^2} + \frac12\log 2\pi$."""
        if isinstance(distribution, Normal):
            mu, sigma = distribution.loc, distribution.scale
            square = (self.factor / sigma) ** 2 + ((self.mean - mu) / sigma) ** 2
            return sigma.log() + square / 2 + math.log(2 * math.pi) / 2
        L = distribution.scale_tril  # type: ignore[attr-defined]
        apart = (self.mean - distribution.loc)[..., None]  # type: ignore[attr-defined]
        z = torch.linalg.solve_triangular(L, torch.cat([self.factor, apart], -1), upper=False)
        log_det = L.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        d = L.shape[-1]
        return log_det + z.square().sum((-2, -1)) / 2 + d * math.log(2 * math.pi) / 2

    def select(self, index: Tensor) -> Self:
        return replace(self, mean=self.mean[index], factor=self.factor[index], n=self.n[index])

    def to(self, dtype: torch.dtype) -> Self:
        return replace(
            self, mean=self.mean.to(dtype), factor=self.factor.to(dtype), n=self.n.to(dtype)
        )


def log_prob(distribution: Distribution, x: Tensor) -> Tensor:
    """Return the log-density of `x`, `(n, *batch)`, by torch or by a repair of it."""
    repair = DENSITIES.get(type(distribution))
    return distribution.log_prob(x) if repair is None else repair(distribution, x)


Evidence = Rows | Moments


@dataclass(frozen=True)
class Chart:
    """The charts of all learned parameters side by side: one vector of p numbers a fit.

    Attributes:
        transforms: Parameter -> its chart, in the order in which they lie in the vector.
        shapes: Parameter -> the shape of one value.
        constraints: Parameter -> its constraint.
    """

    transforms: Mapping[str, Transform]
    shapes: Mapping[str, Size]
    constraints: Mapping[str, Constraint]

    def sizes(self) -> list[int]:
        """Return how many numbers of the vector each parameter takes."""
        return [
            Size(transform.inverse_shape(self.shapes[name])).numel()
            for name, transform in self.transforms.items()
        ]

    def params(self, u: Tensor) -> dict[str, Tensor]:
        """Return the parameters at `u`, `(*any, p)`, each `(*any, *shape)`."""
        params = {}
        for (name, transform), part in zip(
            self.transforms.items(), u.split(self.sizes(), -1), strict=True
        ):
            flat = Size(transform.inverse_shape(self.shapes[name]))
            params[name] = transform(part.reshape((*u.shape[:-1], *flat)))
        return params

    def vector(self, params: Mapping[str, Tensor]) -> Tensor:
        """Return the vector `(B, p)` of parameters `(B, *shape)`."""
        parts = [
            transform.inv(params[name]).reshape(params[name].shape[0], -1)
            for name, transform in self.transforms.items()
        ]
        return torch.cat(parts, -1)

    def pull_back(self, u: Tensor, g: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
        """Turn derivatives in scalar parameters, `(B, p)` and `(B, p, p)`, into those in `u`."""
        u = u.detach().requires_grad_()
        with torch.enable_grad():
            total = torch.stack([*self.params(u).values()]).sum()
            (slope,) = torch.autograd.grad(total, u, create_graph=True)
            bend = torch.zeros_like(u)
            if slope.requires_grad:
                (bend,) = torch.autograd.grad(slope.sum(), u)
        slope = slope.detach()
        return slope * g, slope[:, :, None] * H * slope[:, None, :] + torch.diag_embed(bend * g)

    def change(self, u: Tensor, step: Tensor) -> Tensor:
        """Return how far a step moves each entry on its natural scale, `(B, entries)`."""
        before, after = self.params(u), self.params(u + step)
        return torch.cat(
            [
                natural_change(constraint, before[name], after[name]).reshape(len(u), -1)
                for name, constraint in self.constraints.items()
            ],
            -1,
        )


@dataclass(frozen=True)
class Likelihood:
    """The mean negative log-likelihood of B fits as a function of B vectors.

    Attributes:
        model: The family and what is fixed.
        chart: From vectors to the learned parameters.
        fixed: Values that are not learned: tensors `(*lead, *shape)`, or what the family takes.
        evidence: What the fits have seen.
        lead: The batch shape that the distribution is built with: `(B,)` for a class, the user's
            own for another callable, which may have tensors of that shape inside.
    """

    model: Model
    chart: Chart
    fixed: Mapping[str, Any]
    evidence: Evidence
    lead: Size

    @property
    def n(self) -> Tensor:
        return self.evidence.n

    @property
    def flat(self) -> float:
        """How small a pivot of the Hessian, scaled to a unit diagonal, is rounding of autograd."""
        return 1e-9

    @property
    def learned(self) -> Tensor:
        """Which of the unknowns are learned: all of them, `(p,)`."""
        return torch.ones(sum(self.chart.sizes()), dtype=torch.bool, device=self.n.device)

    def params(self, u: Tensor) -> dict[str, Tensor]:
        """Return the learned parameters at `u`, `(*any, p)`."""
        return self.chart.params(u)

    def vector(self, params: Mapping[str, Tensor]) -> Tensor:
        """Return the vector `(B, p)` of learned parameters `(B, *shape)`."""
        return self.chart.vector(params)

    def __call__(self, u: Tensor) -> Tensor:
        """Return the mean negative log-likelihood at `u`, `(B, p) -> (B,)`; inf out of bounds."""
        if isinstance(self.evidence, Rows):
            self.evidence.check_unchanged()
        if not torch.is_grad_enabled() and (by_hand := self._by_hand()):
            loss = by_hand.value(*self._params_and_rows(u))
            return infinite_where_nan(loss)
        shaped = {
            name: value.reshape((*self.lead, *value.shape[1:]))
            for name, value in self.params(u).items()
        }
        try:
            loss = self.evidence.mean_nll(self.model.build({**shaped, **self.fixed}))
        except (ValueError, LinAlgError):  # torch refused a parameter: StudentT a df of 0
            return u.sum(-1) * torch.nan
        return infinite_where_nan(loss)

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the objective, its gradient and its Hessian, by hand or by autograd."""
        by_hand = self._by_hand()
        if by_hand is None:
            return derivatives(self, u)
        loss, g, H = by_hand.derivatives(*self._params_and_rows(u))
        learned = [by_hand.names.index(name) for name in self.chart.shapes]
        g, H = self.chart.pull_back(u, g[:, learned], H[:, learned][:, :, learned])
        return infinite_where_nan(loss), g, H

    def stride(self, u: Tensor, step: Tensor) -> Tensor:
        with torch.no_grad():
            change = self.chart.change(u, step)
            return torch.nan_to_num(change, nan=torch.inf).amax(-1)

    def select(self, index: Tensor) -> "Likelihood | None":
        if not self.model.is_class:
            return None
        fixed = {k: v[index] if isinstance(v, Tensor) else v for k, v in self.fixed.items()}
        return replace(
            self, fixed=fixed, evidence=self.evidence.select(index), lead=Size([len(index)])
        )

    def to(self, dtype: torch.dtype) -> Self:
        """Return the same function in another dtype."""
        fixed = {k: v.to(dtype) if isinstance(v, Tensor) else v for k, v in self.fixed.items()}
        return replace(self, fixed=fixed, evidence=self.evidence.to(dtype))

    def _by_hand(self) -> Analytic | None:
        """Return the likelihood whose derivatives are written out, if it is one of those."""
        family = self.model.family
        return ANALYTIC.get(family) if isinstance(family, type) else None

    def _params_and_rows(
        self, u: Tensor
    ) -> tuple[dict[str, Tensor], Tensor, Tensor | None, Tensor]:
        rows: Rows = self.evidence  # type: ignore[assignment]  # normals alone have moments
        return {**self.params(u), **self.fixed}, rows.x, rows.w, rows.n


def _factor(S: Tensor) -> Tensor:
    """Return C with C C' = S, for variances `(B,)` or covariances `(B, d, d)`, singular or not.

    The correlations are factored: rounding is then small beside each column's own variance.
    """
    if S.ndim == 1:
        return S.sqrt()
    unit = S.diagonal(dim1=-2, dim2=-1).sqrt()
    per = torch.where(unit > 0, 1 / unit, 0.0)
    R = per[:, :, None] * S * per[:, None, :]
    C, info = torch.linalg.cholesky_ex(R)
    singular = info > 0
    if singular.any():
        values, vectors = torch.linalg.eigh(R[singular])
        root = vectors * values.clamp(min=0).sqrt()[:, None, :]
        C[singular] = torch.linalg.qr(root.mT).R.mT  # triangular too
    return unit[:, :, None] * C
