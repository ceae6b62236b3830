r"""The likelihood of a normal in the coordinates in which it is convex.

With $\Sigma = L L^\top$, $P = L^{-1}$ and $\eta = P\mu$, and data with mean $m$ and scatter
$n C C^\top$, the mean negative log-likelihood is

$$-\sum_i \log P_{ii} + \tfrac12 \lVert P C\rVert_F^2 + \tfrac12 \lVert P m - \eta\rVert^2
  + \tfrac d2 \log 2\pi,$$

jointly convex and self-concordant in $W = (P, \eta)$: Newton's method cannot get lost. It is a
sum over the rows of W, so the Hessian has a block for each. The data are centred and each column
is divided by its standard deviation first.
"""

__all__ = ["ConvexNormal"]

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from mlefit._problem import Moments


@dataclass(frozen=True)
class ConvexNormal:
    r"""The mean negative log-likelihood of B normals as a function of $W = (P, \eta)$, row by row.

    Attributes:
        scale: The name of the scale parameter, `scale` or `scale_tril` or another of its kind.
        center: Where the coordinates have their origin, `(B, d)`: the mean, or the fixed loc.
        unit: The scale of each column, `(B, d)`.
        mean: The mean, centred and scaled, `(B, d)`.
        factor: C, scaled, `(B, d, d)`.
        learns_loc: Whether W has the column $\eta$; else the loc is fixed at the centre.
        n: The number of rows, `(B,)`.
    """

    scale: str
    center: Tensor
    unit: Tensor
    mean: Tensor
    factor: Tensor
    learns_loc: bool
    n: Tensor

    @classmethod
    def of(cls, moments: Moments, scale: str, loc: Tensor | None) -> Self:
        """Return the objective for moments of B normals, with loc `(B, *event)` if it is fixed."""
        scalar = moments.factor.ndim == 1
        mean = moments.mean[:, None] if scalar else moments.mean
        C = moments.factor[:, None, None] if scalar else moments.factor
        center = mean if loc is None else loc.reshape(mean.shape)
        apart = mean - center
        unit = (C.square().sum(-1) + apart**2).sqrt()
        return cls(scale, center, unit, apart / unit, C / unit[..., None], loc is None, moments.n)

    @property
    def flat(self) -> float:
        """How small a pivot of the Hessian, scaled to a unit diagonal, is rounding."""
        return 1e-14

    @property
    def learned(self) -> Tensor:
        """Which of the unknowns are learned, `(p,)`: not those above the diagonal of P."""
        return self._learned.flatten()

    def __call__(self, u: Tensor) -> Tensor:
        """Return the mean negative log-likelihood, `(B, p) -> (B,)`; inf out of bounds."""
        W = self._matrix(u)
        return self._loss(W, torch.bmm(W, self._moments))

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        r"""Return the objective, its gradient, and the blocks of its Hessian, one for a row of W.

        With $M = C C^\top + m m^\top$, the entries of row i of P have the block
        $M_{jk} + P_{ii}^{-2} [i = j = k]$, and $-m_j$ with $\eta_i$, which has 1 with itself.
        """
        W = self._matrix(u)
        z = torch.bmm(W, self._moments)
        slope = torch.where(self._logs, 1 / W, 0.0)
        g = torch.where(self._learned, torch.bmm(z, self._moments.mT), 0.0) - slope
        H = self._curvature + torch.diag_embed(slope.square())
        return self._loss(W, z), g.flatten(1), H

    def params(self, u: Tensor) -> dict[str, Tensor]:
        """Return the learned parameters at `u`, `(*any, p)`."""
        W, d = self._matrix(u), self.unit.shape[-1]
        P = W[..., :d].tril()
        identity = torch.eye(d, dtype=u.dtype, device=u.device).expand(P.shape)
        inverse = torch.linalg.solve_triangular(P, identity, upper=False)
        params = {}
        if self.learns_loc:
            params["loc"] = self.center + self.unit * (inverse @ W[..., d:])[..., 0]
        params[self.scale] = self._of_factors(
            self.unit[..., None] * inverse, P / self.unit[..., None, :]
        )
        if self.scale == "scale":
            params = {name: value.reshape(u.shape[:-1]) for name, value in params.items()}
        return params

    def vector(self, params: Mapping[str, Tensor]) -> Tensor:
        """Return the vector `(B, p)` of learned parameters `(B, *event)`."""
        L = self._to_factor(params[self.scale]) / self.unit[..., None]
        identity = torch.eye(L.shape[-1], dtype=L.dtype, device=L.device).expand(L.shape)
        W = torch.linalg.solve_triangular(L, identity, upper=False).tril()
        if self.learns_loc:
            apart = (params["loc"].reshape(self.center.shape) - self.center) / self.unit
            W = torch.cat([W, W @ apart[..., None]], -1)
        return W.flatten(1)

    def stride(self, u: Tensor, step: Tensor) -> Tensor:
        """Return the largest change of the logarithm of a diagonal entry of P."""
        P, change = (self._matrix(each).diagonal(dim1=-2, dim2=-1) for each in (u, step))
        change = (1 + change / P).clamp(min=0).log().abs()
        return torch.nan_to_num(change, nan=torch.inf).amax(-1)

    def select(self, index: Tensor) -> Self:
        """Return the objective of some of the fits."""
        return replace(
            self,
            center=self.center[index],
            unit=self.unit[index],
            mean=self.mean[index],
            factor=self.factor[index],
            n=self.n[index],
        )

    @cached_property
    def _logs(self) -> Tensor:
        """Which entries of W have a logarithm in the objective: the diagonal."""
        return torch.eye(*self._shape, dtype=torch.bool, device=self.unit.device)

    @cached_property
    def _learned(self) -> Tensor:
        """Which entries of W are learned: the others, above P's diagonal, are 0 and stay so."""
        learned = torch.ones(self._shape, dtype=torch.bool, device=self.unit.device).tril()
        learned[:, self.unit.shape[-1] :] = True
        return learned

    @cached_property
    def _moments(self) -> Tensor:
        r"""What W is multiplied with for the residuals $(P C, P m - \eta)$."""
        columns = torch.cat([self.factor, self.mean[..., None]], -1)
        if not self.learns_loc:
            return columns
        last = torch.zeros_like(columns[:, :1])
        last[..., -1] = -1
        return torch.cat([columns, last], -2)

    @cached_property
    def _curvature(self) -> Tensor:
        """The Hessian of all but the logarithms, which is the same everywhere, `(B, d, k, k)`."""
        M = self._moments @ self._moments.mT
        identity = torch.eye(M.shape[-1], dtype=M.dtype, device=M.device)
        both = self._learned[:, :, None] & self._learned[:, None, :]
        return torch.where(both, M[:, None], identity)

    @cached_property
    def _constant(self) -> Tensor:
        return self.unit.log().sum(-1) + self.unit.shape[-1] * math.log(2 * math.pi) / 2

    @property
    def _shape(self) -> tuple[int, int]:
        d = self.unit.shape[-1]
        return d, d + 1 if self.learns_loc else d

    def _matrix(self, u: Tensor) -> Tensor:
        return u.reshape((*u.shape[:-1], *self._shape))

    def _loss(self, W: Tensor, z: Tensor) -> Tensor:
        P = W.diagonal(dim1=-2, dim2=-1)
        logs = P.clamp(min=0).log().sum(-1)  # -inf out of bounds
        return z.square().sum((-2, -1)) / 2 - logs + self._constant

    def _of_factors(self, L: Tensor, P: Tensor) -> Tensor:
        """Return the scale parameter from L and its inverse P."""
        match self.scale:
            case "covariance_matrix":
                return L @ L.mT
            case "precision_matrix":
                return P.mT @ P
        return L

    def _to_factor(self, scale: Tensor) -> Tensor:
        """Return L from a value of the scale parameter."""
        match self.scale:
            case "scale":
                return scale.reshape(-1, 1, 1)
            case "covariance_matrix":
                return torch.linalg.cholesky(scale)
            case "precision_matrix":
                flipped = torch.linalg.cholesky(scale.flip(-2, -1)).flip(-2, -1)  # P with P'P
                identity = torch.eye(
                    scale.shape[-1], dtype=scale.dtype, device=scale.device
                ).expand(scale.shape)
                return torch.linalg.solve_triangular(flipped.mT, identity, upper=False)
        return scale
