r"""The likelihood of a normal in the coordinates in which it is convex.

With $\Sigma = L L^\top$, $P = L^{-1}$ and $\eta = P\mu$, and data with mean $m$ and scatter
$n C C^\top$, the mean negative log-likelihood is

$$-\sum_i \log P_{ii} + \tfrac12 \lVert P C\rVert_F^2 + \tfrac12 \lVert P m - \eta\rVert^2
  + \tfrac d2 \log 2\pi,$$

jointly convex and self-concordant in $(P, \eta)$: Newton's method cannot get lost. The data are
centred and each column is divided by its standard deviation first.
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
    r"""The mean negative log-likelihood of B normals as a function of B vectors $(\eta, P)$.

    Attributes:
        scale: The name of the scale parameter, `scale` or `scale_tril` or another of its kind.
        center: Where the coordinates have their origin, `(B, d)`: the mean, or the fixed loc.
        unit: The scale of each column, `(B, d)`.
        mean: The mean, centred and scaled, `(B, d)`.
        factor: C, scaled, `(B, d, d)`.
        learns_loc: Whether the vector holds $\eta$; else the loc is fixed at the centre.
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

    def __call__(self, u: Tensor) -> Tensor:
        """Return the mean negative log-likelihood, `(B, p) -> (B,)`; inf out of bounds."""
        eta, P = self._split(u)
        return self._loss(self._residuals(eta, P), P)

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        r"""Return the objective, its gradient and its Hessian, which has a block for each row of P.

        With $M = C C^\top + m m^\top$, the entries of row i of P have the block
        $M_{jk} + P_{ii}^{-2} [i = j = k]$, and $-m_j$ with $\eta_i$.
        """
        eta, P = self._split(u)
        z = self._residuals(eta, P)
        i, j, diagonal = self._places
        slope = torch.zeros_like(u)  # of the logarithms
        slope[:, diagonal] = 1 / P.diagonal(dim1=-2, dim2=-1)

        g = torch.bmm(z, self._columns.mT)[:, i, j]
        if self.learns_loc:
            g = torch.cat([-z[..., -1], g], -1)
        return self._loss(z, P), g - slope, self._curvature + torch.diag_embed(slope.square())

    def params(self, u: Tensor) -> dict[str, Tensor]:
        """Return the learned parameters at `u`, `(*any, p)`."""
        eta, P = self._split(u)
        identity = torch.eye(P.shape[-1], dtype=u.dtype, device=u.device).expand(P.shape)
        inverse = torch.linalg.solve_triangular(P, identity, upper=False)
        params = {}
        if self.learns_loc:
            params["loc"] = self.center + self.unit * (inverse @ eta[..., None])[..., 0]
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
        P = torch.linalg.solve_triangular(L, identity, upper=False)
        i, j = torch.tril_indices(L.shape[-1], L.shape[-1], device=L.device)
        if not self.learns_loc:
            return P[..., i, j]
        apart = (params["loc"].reshape(self.center.shape) - self.center) / self.unit
        return torch.cat([(P @ apart[..., None])[..., 0], P[..., i, j]], -1)

    def stride(self, u: Tensor, step: Tensor) -> Tensor:
        """Return the largest change of the logarithm of a diagonal entry of P."""
        diagonal = self._places[2]
        change = (1 + step[:, diagonal] / u[:, diagonal]).clamp(min=0).log().abs()
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
    def _places(self) -> tuple[Tensor, Tensor, Tensor]:
        """The row and column of each entry of P in the vector, and where its diagonal stands."""
        d = self.unit.shape[-1]
        i, j = torch.tril_indices(d, d, device=self.unit.device)
        return i, j, (i == j).nonzero()[:, 0] + (d if self.learns_loc else 0)

    @cached_property
    def _curvature(self) -> Tensor:
        """The Hessian of all but the logarithms, which is the same everywhere."""
        i, j, _ = self._places
        M = self._columns @ self._columns.mT
        H = M[:, j[:, None], j] * (i[:, None] == i)
        if not self.learns_loc:
            return H
        identity = torch.eye(M.shape[-1], dtype=M.dtype, device=M.device)
        cross = -self.mean[:, None, j] * identity[:, i]
        top = torch.cat([identity.expand(M.shape), cross], -1)
        return torch.cat([top, torch.cat([cross.mT, H], -1)], -2)

    @cached_property
    def _constant(self) -> Tensor:
        return self.unit.log().sum(-1) + self.unit.shape[-1] * math.log(2 * math.pi) / 2

    @cached_property
    def _columns(self) -> Tensor:
        """C and m side by side, `(B, d, d + 1)`: M is their product with themselves."""
        return torch.cat([self.factor, self.mean[..., None]], -1)

    def _residuals(self, eta: Tensor, P: Tensor) -> Tensor:
        z = torch.bmm(P, self._columns)
        z[..., -1] -= eta
        return z

    def _loss(self, z: Tensor, P: Tensor) -> Tensor:
        logs = P.diagonal(dim1=-2, dim2=-1).clamp(min=0).log().sum(-1)  # -inf out of bounds
        return z.square().sum((-2, -1)) / 2 - logs + self._constant

    def _split(self, u: Tensor) -> tuple[Tensor, Tensor]:
        d = self.unit.shape[-1]
        eta = u[..., :d] if self.learns_loc else u.new_zeros((*u.shape[:-1], d))
        i, j, _ = self._places
        P = u.new_zeros((*u.shape[:-1], d, d))
        P[..., i, j] = u[..., d:] if self.learns_loc else u
        return eta, P

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
