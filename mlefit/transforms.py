"""Charts: smooth one-to-one maps from unconstrained real numbers to a parameter's constraint."""

__all__ = ["CholeskyTransform", "ExpTransform", "GramTransform", "SoftplusTransform", "chart"]

import math

import torch
from torch import Size, Tensor
from torch.distributions import constraints
from torch.distributions.constraints import Constraint
from torch.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    SigmoidTransform,
    StickBreakingTransform,
    Transform,
    identity_transform,
)


class SoftplusTransform(Transform):
    r"""Map a real number $u$ to a positive one, $y = \log(1 + e^u)$.

    Close to an exponential for small values and to the identity for large ones. It is exact where
    `torch.nn.functional.softplus` turns linear (above 20, where its second derivative is zero).

    Source:
        Dugas et al. (2001), Incorporating second-order functional knowledge for better option
        pricing, NIPS 13, 472-478.

    Examples:
        >>> import torch
        >>> from mlefit.transforms import SoftplusTransform
        >>> link = SoftplusTransform()
        >>> link(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([0.3133, 0.6931, 2.1269])
        >>> link.inv(link(torch.tensor([-1.0, 0.0, 2.0])))
        tensor([-1.0000,  0.0000,  2.0000])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftplusTransform)

    def __hash__(self) -> int:
        return hash(type(self))

    def _call(self, x: Tensor) -> Tensor:
        return torch.logaddexp(x, x.new_zeros(()))

    def _inverse(self, y: Tensor) -> Tensor:
        return y + torch.log(-torch.expm1(-y))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        r"""Return $\log |dy/du| = -\log(1 + e^{-u})$; torch calls $u$ `x`."""
        return -torch.logaddexp(-x, x.new_zeros(()))


class CholeskyTransform(Transform):
    r"""Map a vector of $d(d+1)/2$ numbers to a lower triangular $L$ with a positive diagonal.

    The vector fills the triangle row by row; a link keeps the diagonal positive. Every covariance
    matrix is $\Sigma = L L^\top$ for exactly one such $L$, so no direction of the vector is idle.

    Args:
        link: The map from real to positive numbers on the diagonal.

    Source:
        Pinheiro & Bates (1996), Unconstrained parametrizations for variance-covariance matrices,
        Statistics and Computing 6, 289-296.

    Examples:
        >>> import torch
        >>> from torch.distributions.transforms import ExpTransform
        >>> from mlefit.transforms import CholeskyTransform
        >>> L = CholeskyTransform(ExpTransform())(torch.tensor([0.0, 3.0, 0.0]))
        >>> L
        tensor([[1., 0.],
                [3., 1.]])
        >>> CholeskyTransform(ExpTransform()).inv(L)
        tensor([0., 3., 0.])
    """

    domain = constraints.real_vector
    codomain = constraints.lower_cholesky
    bijective = True

    def __init__(self, link: Transform | None = None) -> None:
        super().__init__()
        self.link = SoftplusTransform() if link is None else link

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CholeskyTransform) and self.link == other.link

    def __hash__(self) -> int:
        return hash(type(self))

    def _call(self, x: Tensor) -> Tensor:
        d = _side(x.shape[-1])
        i, j = torch.tril_indices(d, d, device=x.device)
        triangle = x.new_zeros((*x.shape[:-1], d, d))
        triangle[..., i, j] = x
        diagonal = self.link(triangle.diagonal(dim1=-2, dim2=-1))
        return triangle.tril(-1) + torch.diag_embed(diagonal)

    def _inverse(self, y: Tensor) -> Tensor:
        d = y.shape[-1]
        i, j = torch.tril_indices(d, d, device=y.device)
        diagonal = self.link.inv(y.diagonal(dim1=-2, dim2=-1))
        return (y.tril(-1) + torch.diag_embed(diagonal))[..., i, j]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum of the link's log-derivatives along the diagonal."""
        i = torch.arange(y.shape[-1], device=x.device)
        u = x[..., i * (i + 3) // 2]  # where the diagonal stands in the vector
        return self.link.log_abs_det_jacobian(u, y.diagonal(dim1=-2, dim2=-1)).sum(-1)

    def forward_shape(self, shape: Size) -> Size:
        """Return `(*batch, d, d)` for `(*batch, d(d+1)/2)`."""
        d = _side(shape[-1])
        return Size((*shape[:-1], d, d))

    def inverse_shape(self, shape: Size) -> Size:
        """Return `(*batch, d(d+1)/2)` for `(*batch, d, d)`."""
        d = shape[-1]
        return Size((*shape[:-2], d * (d + 1) // 2))


class GramTransform(Transform):
    r"""Map a Cholesky factor $L$ to the positive definite $L L^\top$.

    Examples:
        >>> import torch
        >>> from mlefit.transforms import GramTransform
        >>> GramTransform()(torch.tensor([[1.0, 0.0], [3.0, 1.0]]))
        tensor([[ 1.,  3.],
                [ 3., 10.]])
    """

    domain = constraints.lower_cholesky
    codomain = constraints.positive_definite
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GramTransform)

    def __hash__(self) -> int:
        return hash(type(self))

    def _call(self, x: Tensor) -> Tensor:
        return x @ x.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return torch.linalg.cholesky(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        r"""Return $d \log 2 + \sum_i (d + 1 - i) \log L_{ii}$, between lower triangles."""
        d = x.shape[-1]
        power = torch.arange(d, 0, -1, dtype=x.dtype, device=x.device)
        return d * math.log(2) + (power * x.diagonal(dim1=-2, dim2=-1).log()).sum(-1)


def chart(constraint: Constraint, link: Transform | None = None) -> Transform:
    """Return the chart of a constraint: a one-to-one map onto it from unconstrained numbers.

    Args:
        constraint: A constraint of `torch.distributions.constraints`.
        link: The map from real to positive numbers, `SoftplusTransform()` by default.

    Raises:
        NotImplementedError: The constraint is discrete, or has no chart here.

    Examples:
        >>> import torch
        >>> from torch.distributions import constraints
        >>> from mlefit.transforms import chart
        >>> chart(constraints.lower_cholesky)(torch.zeros(3))
        tensor([[0.6931, 0.0000],
                [0.0000, 0.6931]])
        >>> chart(constraints.greater_than(2.0))(torch.tensor(-5.0))
        tensor(2.0067)
    """
    link = SoftplusTransform() if link is None else link
    match constraint:
        case constraints.independent():
            return chart(constraint.base_constraint, link)
        case constraints.greater_than() | constraints.greater_than_eq():
            return _shift(link, constraint.lower_bound, +1.0)
        case constraints.less_than():
            return _shift(link, constraint.upper_bound, -1.0)
        case constraints.interval() | constraints.half_open_interval():
            return _between(constraint.lower_bound, constraint.upper_bound)

    for known, transform in (
        (constraints.real, identity_transform),
        (constraints.simplex, StickBreakingTransform()),
        (constraints.lower_cholesky, CholeskyTransform(link)),
        (
            constraints.positive_definite,
            ComposeTransform([CholeskyTransform(link), GramTransform()]),
        ),
    ):
        if type(constraint) is type(known):  # a pickled constraint is another object
            return transform
    raise NotImplementedError(
        f"expected a continuous constraint with a chart; got {constraint}; "
        "try the `transforms` argument with a transform of your own"
    )


def _side(entries: int) -> int:
    d = (math.isqrt(8 * entries + 1) - 1) // 2
    if d * (d + 1) // 2 != entries:
        raise ValueError(
            f"expected a vector of d(d+1)/2 numbers (1, 3, 6, 10, ...); got {entries}; "
            "try one number for each entry on and below the diagonal"
        )
    return d


def _shift(link: Transform, bound: float | Tensor, sign: float) -> Transform:
    if isinstance(bound, float | int) and bound == 0 and sign > 0:
        return link
    return ComposeTransform([link, AffineTransform(bound, sign)])


def _between(low: float | Tensor, high: float | Tensor) -> Transform:
    if isinstance(low, float | int) and (low, high) == (0, 1):
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])
