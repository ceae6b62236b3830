"""The coordinates in which a normal's likelihood is convex are right, and Newton ends in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution, MultivariateNormal, Normal
from torch.testing import assert_close

import mlefit
from mlefit._normal import ConvexNormal
from mlefit._objective import derivatives
from mlefit._problem import Moments

SCALES = ["scale", "scale_tril", "covariance_matrix", "precision_matrix"]
GAP = 1e-9  # nats a row

every_scale = pytest.mark.parametrize("scale", SCALES)
loc_or_not = pytest.mark.parametrize("learns_loc", [True, False], ids=["loc free", "loc fixed"])


def correlated(n: int, d: int, condition: float = 100.0) -> Tensor:
    """Return rows whose covariance has the condition number, in no particular basis."""
    axes = torch.linalg.qr(torch.randn(d, d, dtype=torch.float64)).Q
    spread = torch.tensor(condition, dtype=torch.float64) ** torch.linspace(0, 0.5, d)
    return torch.randn(n, d, dtype=torch.float64) * spread @ axes


def data_for(scale: str) -> Tensor:
    """Return a batch of two fits, far from the origin and in unlike units."""
    if scale == "scale":
        return torch.randn(30, 2, dtype=torch.float64) * torch.tensor([1.0, 50.0]) + 7
    return torch.stack([correlated(30, 3), 50 * correlated(30, 3)], 1) + 7


def family_of(scale: str) -> type[Distribution]:
    return Normal if scale == "scale" else MultivariateNormal


def some_params(scale: str, x: Tensor) -> dict[str, Tensor]:
    """Return parameters that are not far from the estimate, and not near it."""
    loc = x.mean(0) + x.std(0) * torch.randn_like(x[0])
    if scale == "scale":
        return {"loc": loc, "scale": x.std(0) * torch.rand_like(loc).exp()}
    start = MultivariateNormal(loc, torch.einsum("nbi,nbj->bij", x - loc, x - loc) / 11)
    return {"loc": loc, scale: getattr(start, scale)}


def objective_for(scale: str, x: Tensor, loc: Tensor | None) -> ConvexNormal:
    stats = mlefit.suffstats(family_of(scale), x)
    return ConvexNormal.of(Moments.of(stats), scale, loc)


def learned(params: Mapping[str, Tensor], learns_loc: bool) -> dict[str, Tensor]:
    return {name: value for name, value in params.items() if learns_loc or name != "loc"}


@every_scale
@loc_or_not
def test_value_is_the_mean_negative_log_likelihood(scale: str, learns_loc: bool) -> None:
    x = data_for(scale)
    params = some_params(scale, x)
    objective = objective_for(scale, x, None if learns_loc else params["loc"])

    u = objective.vector(learned(params, learns_loc))
    each = -family_of(scale)(**params).log_prob(x).mean(0)
    assert_close(objective(u), each, rtol=1e-9, atol=0)


@every_scale
@loc_or_not
def test_parameters_there_and_back(scale: str, learns_loc: bool) -> None:
    x = data_for(scale)
    params = some_params(scale, x)
    objective = objective_for(scale, x, None if learns_loc else params["loc"])

    u = objective.vector(learned(params, learns_loc))
    back = objective.params(u)
    assert back.keys() == learned(params, learns_loc).keys()
    for name, value in back.items():
        assert_close(value, params[name], rtol=1e-9, atol=1e-9 * float(params[name].abs().max()))
    path = objective.params(torch.stack([u, u]))
    for name, value in path.items():
        assert_close(value, torch.stack([back[name]] * 2))


@every_scale
@loc_or_not
def test_derivatives_are_those_of_autograd(scale: str, learns_loc: bool) -> None:
    x = data_for(scale)
    params = some_params(scale, x)
    objective = objective_for(scale, x, None if learns_loc else params["loc"])
    u, learned = anywhere(objective), objective.learned
    loss, g, blocks = objective.derivatives(u)
    assert_close((loss, *among(learned, g, dense(blocks))), automatic(objective, u))
    # the others have a unit curvature and nothing to gain
    idle = dense(blocks)[:, ~learned]
    assert torch.equal(idle, torch.eye(len(learned)).double()[~learned].expand(idle.shape))
    assert not g[:, ~learned].any()


@every_scale
@loc_or_not
def test_convex_everywhere(scale: str, learns_loc: bool) -> None:
    x = data_for(scale)
    params = some_params(scale, x)
    objective = objective_for(scale, x, None if learns_loc else params["loc"])
    for _ in range(20):
        _, _, H = automatic(objective, anywhere(objective))
        assert torch.linalg.eigvalsh(H).min() > 0


@every_scale
@loc_or_not
def test_self_concordant(scale: str, learns_loc: bool) -> None:
    """Along any line |f'''| <= 2 f''^(3/2), Nesterov & Nemirovskii's condition."""
    x = data_for(scale)
    objective = objective_for(scale, x, None if learns_loc else x.mean(0) + 1)
    for _ in range(20):
        u = anywhere(objective)
        v = torch.randn_like(u) * objective.learned
        t = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        slope = objective(u + t[:, None] * v)
        ds = []
        for _ in range(3):
            (slope,) = torch.autograd.grad(slope.sum(), t, create_graph=True)
            ds.append(slope.detach())
        assert (ds[1] > 0).all()
        assert (ds[2].abs() <= 2 * ds[1] ** 1.5 * (1 + 1e-12)).all()


def automatic(objective: ConvexNormal, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Differentiate by autograd, in the unknowns that are learned."""
    loss, g, H = derivatives(objective, u)
    return loss, *among(objective.learned, g, H)


def among(learned: Tensor, g: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
    return g[:, learned], H[:, learned][:, :, learned]


def dense(blocks: Tensor) -> Tensor:
    return torch.stack([torch.block_diag(*each) for each in blocks])


def anywhere(objective: ConvexNormal) -> Tensor:
    """Return random vectors inside the domain, over many orders of magnitude."""
    d = objective.unit.shape[-1]
    P = torch.randn(2, d, d, dtype=torch.float64).tril(-1) * 10
    P = P + torch.diag_embed((4 * torch.randn(2, d, dtype=torch.float64)).exp())
    eta = 10 * torch.randn(2, d, 1, dtype=torch.float64)
    return (torch.cat([P, eta], -1) if objective.learns_loc else P).flatten(1)


@every_scale
def test_infinite_where_the_scale_is_not_positive(scale: str) -> None:
    objective = objective_for(scale, data_for(scale), None)
    u = anywhere(objective)
    u[0, 0] *= -1
    value = objective(u)
    assert value[0].item() == torch.inf
    assert torch.isfinite(value[1])


def test_stride_is_the_change_of_a_logarithm() -> None:
    objective = objective_for("scale_tril", data_for("scale_tril"), None)
    u = anywhere(objective)
    step = torch.zeros_like(u)
    step[0, 0] = u[0, 0] * 1.5
    step[1, 1:4] = 1e9  # the rest of the first row: not on the diagonal
    assert_close(objective.stride(u, step), torch.tensor([2.5, 1.0]).double().log())
    step[0, 0] = -2 * u[0, 0]
    assert objective.stride(u, step)[0].item() > 1e300


@every_scale
@loc_or_not
def test_a_selection_is_the_same_function(scale: str, learns_loc: bool) -> None:
    x = data_for(scale)
    objective = objective_for(scale, x, None if learns_loc else x.mean(0) + 1)
    u = anywhere(objective)
    index = torch.tensor([1])
    assert_close(objective.select(index)(u[1:]), objective(u)[1:])
    assert torch.equal(objective.select(index).n, objective.n[1:])


@every_scale
def test_units_and_origin_of_the_data_do_not_matter(scale: str) -> None:
    x = data_for(scale)
    here = objective_for(scale, x, None)
    there = objective_for(scale, 1e6 * x - 3e9, None)
    u = anywhere(here)
    shift = here.unit.log().sum(-1) - there.unit.log().sum(-1)
    assert_close(there(u) + shift, here(u), rtol=1e-8, atol=0)


@dataclass(frozen=True)
class Hard:
    d: int | None = None  # None: a Normal
    condition: float = 1.0
    shift: float = 0.0  # standard deviations
    unit: float = 1.0

    def rows(self) -> Tensor:
        n = 200
        x = torch.randn(n, dtype=torch.float64)
        x = x if self.d is None else correlated(n, self.d, self.condition)
        return (x + self.shift * x.std(0)) * self.unit

    def far(self, x: Tensor) -> list[dict[str, Tensor]]:
        """Return starting points far from the estimate: too narrow, too wide, both off centre."""
        sd = x.std(0)
        starts = [(x[0] - 1e8 * sd, 1e-6 * sd), (x[0] + 1e8 * sd, 1e6 * sd)]
        if self.d is None:
            return [{"loc": loc, "scale": scale} for loc, scale in starts]
        return [{"loc": loc, "scale_tril": scale.diag()} for loc, scale in starts]


HARD = {
    "normal": Hard(),
    "normal, shift 1e8": Hard(shift=1e8),
    "normal, unit 1e-8": Hard(unit=1e-8),
    "normal, unit 1e8": Hard(unit=1e8),
    "normal, shift 1e8, unit 1e-8": Hard(shift=-1e8, unit=1e-8),
    "d=2, shift 1e8, unit 1e8": Hard(d=2, shift=1e8, unit=1e8),
    "d=3, condition 1e12": Hard(d=3, condition=1e12),
    "d=5, condition 1e6, shift 1e8": Hard(d=5, condition=1e6, shift=1e8),
    "d=5, condition 1e6, unit 1e-8": Hard(d=5, condition=1e6, unit=1e-8),
    "d=10, condition 1e8": Hard(d=10, condition=1e8),
}


@pytest.mark.parametrize("hard", HARD.values(), ids=HARD)
@pytest.mark.parametrize("start", ["default", "narrow", "wide"])
def test_newton_reaches_the_closed_form(hard: Hard, start: str) -> None:
    x = hard.rows()
    family = Normal if hard.d is None else MultivariateNormal
    init = dict(zip(("narrow", "wide"), hard.far(x), strict=True)).get(start)

    exact, found = mlefit.closed_form(family, x), mlefit.fit(family, x, init=init)
    assert found.converged
    assert (exact.log_likelihood - found.log_likelihood).abs().item() / len(x) < GAP
    assert len(found.trace.loss) < 60


def test_a_hundred_columns_cost_no_dense_hessian() -> None:
    """Of 5150 parameters it would take 0.2 GB, and minutes of a test."""
    x = correlated(400, 100, 1e4)
    exact, found = mlefit.closed_form(MultivariateNormal, x), mlefit.fit(MultivariateNormal, x)
    assert found.converged
    assert (exact.log_likelihood - found.log_likelihood).abs().item() / len(x) < GAP
    hessian = found._information.hessian  # type: ignore[union-attr]
    assert hessian.shape == (1, 100, 101, 101)


@pytest.mark.parametrize("fixed", ["loc", "scale_tril"])
def test_newton_with_one_parameter_fixed(fixed: str) -> None:
    x = correlated(100, 3, 1e6)
    exact = mlefit.closed_form(MultivariateNormal, x)
    found = mlefit.fit(MultivariateNormal, x, fixed={fixed: exact.params[fixed]})
    assert (exact.log_likelihood - found.log_likelihood).abs().item() / len(x) < GAP


@pytest.mark.parametrize("scale", SCALES[1:])
def test_newton_in_every_parametrization(scale: str) -> None:
    x = correlated(100, 3, 1e6)
    exact = mlefit.closed_form(MultivariateNormal, x)
    init = {scale: getattr(MultivariateNormal(x[0], torch.eye(3).double()), scale)}
    found = mlefit.fit(MultivariateNormal, x, init=init)
    assert (exact.log_likelihood - found.log_likelihood).abs().item() / len(x) < GAP
    assert_close(found.params[scale], getattr(exact.distribution, scale), rtol=1e-4, atol=1e-4)
