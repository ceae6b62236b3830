"""The minimizers find strict minima, take the steps they were told to, and judge honestly."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from mlefit import newton
from mlefit._objective import Minimum, Outcome, derivatives
from mlefit._optimize import Optimizer, minimize


@dataclass(frozen=True)
class Functions:
    """Functions of unconstrained numbers that stand for themselves."""

    of: Callable[[Tensor, Tensor], Tensor]  # (u, n) -> (B,)
    n: Tensor
    selectable: bool = True
    bounded: bool = False  # whether each unknown is the logarithm of a positive parameter

    def __call__(self, u: Tensor) -> Tensor:
        return self.of(u, self.n)

    def params(self, u: Tensor) -> dict[str, Tensor]:
        return {"u": u}

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return derivatives(self, u)

    @property
    def flat(self) -> float:
        return 1e-14

    def stride(self, u: Tensor, step: Tensor) -> Tensor:
        return step.abs().amax(-1) if self.bounded else torch.zeros_like(step[:, 0])

    def select(self, index: Tensor) -> "Functions | None":
        return replace(self, n=self.n[index]) if self.selectable else None


A = torch.tensor([[1e6, 2.0, 0.0], [2.0, 1.0, 1e-4], [0.0, 1e-4, 1e-6]], dtype=torch.float64)
B = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)


def quadratic(u: Tensor, n: Tensor) -> Tensor:
    return torch.einsum("bi,ij,bj->b", u, A, u) / 2 - u @ B


def rosenbrock(u: Tensor, n: Tensor) -> Tensor:
    x, y = u.unbind(-1)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def log_cosh(u: Tensor, n: Tensor) -> Tensor:
    """Convex, and an undamped Newton step from 2 overshoots for ever."""
    return (torch.logaddexp(u, -u)).sum(-1)


def poisson(u: Tensor, n: Tensor) -> Tensor:
    """Of mean n: the minimum is at log n."""
    return u[:, 0].exp() - n * u[:, 0]


def double_well(u: Tensor, n: Tensor) -> Tensor:
    """A saddle at the origin, minima at (0, +-1)."""
    x, y = u.unbind(-1)
    return x**2 - 2 * y**2 + y**4


MINIMA = {
    "quadratic": (quadratic, [5.0, -5.0, 5.0], torch.linalg.solve(A, B).tolist()),
    "Rosenbrock": (rosenbrock, [-1.2, 1.0], [1.0, 1.0]),
    "log cosh": (log_cosh, [2.0, -3.0], [0.0, 0.0]),
    "Poisson": (poisson, [9.0], [math.log(3.0)]),
    "double well": (double_well, [1.0, 0.1], [0.0, 1.0]),
    "double well, start not convex": (double_well, [0.5, -0.01], [0.0, -1.0]),
}
OPTIMIZERS: dict[str, Optimizer] = {
    "SGD": partial(torch.optim.SGD, lr=0.1),
    "Adam": partial(torch.optim.Adam, lr=0.1),
    "LBFGS": partial(torch.optim.LBFGS, line_search_fn="strong_wolfe"),
}
every_optimizer = pytest.mark.parametrize(
    "optimizer", [newton, *OPTIMIZERS.values()], ids=["newton", *OPTIMIZERS]
)


def search(
    of: Callable[[Tensor, Tensor], Tensor],
    *starts: list[float],
    n: list[float] | None = None,
    optimizer: Optimizer = newton,
    max_steps: int | None = None,
    tol: float = 1e-8,
    **options: bool,
) -> Minimum:
    count = torch.tensor([3.0] * len(starts) if n is None else n, dtype=torch.float64)
    start = torch.tensor(starts, dtype=torch.float64)
    return minimize(
        Functions(of, count, **options), start, optimizer=optimizer, max_steps=max_steps, tol=tol
    )


@pytest.mark.parametrize(("of", "start", "end"), MINIMA.values(), ids=MINIMA)
def test_newton_finds_the_minimum(
    of: Callable[[Tensor, Tensor], Tensor], start: list[float], end: list[float]
) -> None:
    found = search(of, start, tol=1e-14)

    assert found.outcome.tolist() == [Outcome.SETTLED]
    assert_close(found.u[0].tolist(), end, rtol=1e-6, atol=1e-6)
    assert found.distance.item() <= 1e-14
    assert (found.loss.diff(dim=0) <= 1e-12).all()
    assert len(found.loss) < 40


def test_a_quadratic_takes_one_step_in_any_units() -> None:
    found = search(quadratic, [5.0, -5.0, 5.0])
    assert len(found.path) == 2
    assert_close(found.hessian[0], A)
    assert_close(found.u[0], torch.linalg.solve(A, B))


@dataclass(frozen=True)
class Blocks(Functions):
    """The same, with the Hessian in blocks of two unknowns."""

    def derivatives(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        loss, g, H = super().derivatives(u)
        pairs = H.reshape(len(u), u.shape[1] // 2, 2, -1, 2)
        return loss, g, torch.stack([pairs[:, k, :, k] for k in range(pairs.shape[1])], 1)


@pytest.mark.parametrize("start", [[-1.2, 1.0, 2.0, 2.0], [1.0, 0.5, -0.5, 3.0]])
@pytest.mark.parametrize("of", [rosenbrock, double_well, log_cosh], ids=lambda of: of.__name__)
def test_blocks_are_solved_as_the_whole(
    of: Callable[[Tensor, Tensor], Tensor], start: list[float]
) -> None:
    def twice(u: Tensor, n: Tensor) -> Tensor:
        return of(u[:, :2], n) + 3 * of(u[:, 2:], n)

    n = torch.tensor([3.0, 1.0], dtype=torch.float64)
    starts = torch.tensor([start, start[::-1]], dtype=torch.float64)
    whole, blocks = (
        minimize(kind(twice, n), starts, optimizer=newton, max_steps=200, tol=1e-8)
        for kind in (Functions, Blocks)
    )
    assert_close(blocks.path[:2], whole.path[:2])
    assert_close(blocks.u, whole.u, rtol=1e-6, atol=1e-6)
    assert torch.equal(blocks.outcome, whole.outcome)
    assert blocks.hessian.shape == (2, 2, 2, 2)


def test_a_start_at_the_minimum_takes_no_step() -> None:
    found = search(rosenbrock, [1.0, 1.0])
    assert len(found.path) == len(found.loss) == found.evaluations == 1
    assert found.outcome.item() == Outcome.SETTLED


def test_the_path_is_that_of_the_losses() -> None:
    found = search(rosenbrock, [-1.2, 1.0], [2.0, 2.0])
    steps = len(found.loss) - 1

    assert found.path.shape == (steps + 1, 2, 2)
    assert found.loss.shape == (steps + 1, 2)
    assert found.path[0].tolist() == [[-1.2, 1.0], [2.0, 2.0]]
    assert torch.equal(found.path[-1], found.u)
    for u, loss in zip(found.path, found.loss, strict=True):
        assert_close(rosenbrock(u, found.u), loss)
    assert found.evaluations > steps


@pytest.mark.parametrize("selectable", [True, False])
def test_a_batch_equals_its_singles(selectable: bool) -> None:
    """Functions that take 1 step and many, and change places as they leave the computation."""
    starts = [[9.0], [0.1], [-4.0], [1.09861], [30.0], [2.0]]
    n = [3.0, 1e4, 1e-3, 3.0, 7.0, 2.0]
    found = search(poisson, *starts, n=n, selectable=selectable, bounded=True)

    lengths = set()
    for i, (start, count) in enumerate(zip(starts, n, strict=True)):
        single = search(poisson, start, n=[count], bounded=True)
        steps = len(single.loss)
        lengths.add(steps)
        assert_close(found.u[i], single.u[0])
        assert_close(found.hessian[i], single.hessian[0])
        assert_close(found.distance[i], single.distance[0], rtol=1e-6, atol=1e-20)
        assert found.outcome[i] == single.outcome[0] == Outcome.SETTLED
        assert_close(found.path[:steps, i], single.path[:, 0])
        assert (found.path[steps:, i] == found.u[i]).all()
        assert (found.loss[steps:, i] == found.loss[steps - 1, i]).all()
    assert len(lengths) > 3


def test_one_bad_function_does_not_spoil_the_others() -> None:
    def of(u: Tensor, n: Tensor) -> Tensor:
        return torch.where(n > 2, torch.nan, 1.0) * u.square().sum(-1)

    found = search(of, [1.0], [1.0], [1.0], n=[1.0, 3.0, 2.0])
    assert found.outcome.tolist() == [Outcome.SETTLED, Outcome.FAILED, Outcome.SETTLED]
    assert found.u[[0, 2]].abs().max() < 1e-12
    assert found.distance[1].item() == math.inf


@pytest.mark.parametrize("slope", [math.inf, math.nan])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_search_that_leaves_the_numbers_does_not_stop_the_others(name: str, slope: float) -> None:
    def of(u: Tensor, n: Tensor) -> Tensor:
        return torch.where(n > 2, slope, 1.0) * u.square().sum(-1)

    alone = search(of, [1.0], n=[1.0], optimizer=OPTIMIZERS[name])
    found = search(of, [1.0], [1.0], [1.0], n=[1.0, 3.0, 1.0], optimizer=OPTIMIZERS[name])

    assert found.outcome.tolist() == [Outcome.SETTLED, Outcome.FAILED, Outcome.SETTLED]
    assert_close(found.u[[0, 2]], alone.u.expand(2, 1), rtol=0, atol=0)
    assert_close(found.loss[:, 0], alone.loss[:, 0])
    assert found.distance[1].item() == math.inf
    assert not found.loss[-1, 1].isfinite()


@pytest.mark.parametrize("steps", [0, 1, 30])
@every_optimizer
def test_without_tolerance_all_steps_are_taken(optimizer: Optimizer, steps: int) -> None:
    found = search(poisson, [2.0], [1.0], optimizer=optimizer, max_steps=steps, tol=0)
    assert found.path.shape == (steps + 1, 2, 1)
    assert found.loss.shape == (steps + 1, 2)
    assert_close(found.loss[0], poisson(found.path[0], torch.full((2,), 3.0).double()))
    assert_close(found.loss[-1], poisson(found.u, torch.full((2,), 3.0).double()))


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_torch_optimizers_settle(optimizer: Optimizer) -> None:
    found = search(poisson, [2.0], [0.5], n=[3.0, 2.0], optimizer=optimizer)
    assert found.outcome.tolist() == [Outcome.SETTLED] * 2
    assert_close(found.u[:, 0], torch.tensor([3.0, 2.0]).double().log(), rtol=1e-4, atol=0)
    assert found.distance.max() <= 1e-8
    assert found.u.dtype == found.loss.dtype == found.path.dtype == torch.float64
    assert len(found.path) == len(found.loss) < 1000
    assert found.evaluations >= len(found.loss)
    for u, loss in zip(found.path, found.loss, strict=True):
        assert_close(poisson(u, torch.tensor([3.0, 2.0]).double()), loss)


def test_lbfgs_counts_what_its_line_search_evaluates() -> None:
    found = search(rosenbrock, [-1.2, 1.0], optimizer=OPTIMIZERS["LBFGS"])
    assert found.outcome.item() == Outcome.SETTLED
    assert_close(found.u, torch.ones(1, 2).double(), rtol=1e-4, atol=0)
    assert found.evaluations > 2 * len(found.loss)


def test_a_torch_optimizer_steps_in_its_own_precision_and_is_judged_in_double() -> None:
    exact = Functions(poisson, torch.tensor([3.0], dtype=torch.float64))
    rough = Functions(poisson, torch.tensor([3.0], dtype=torch.float32))
    start = torch.tensor([[2.0]], dtype=torch.float64)
    found = minimize(
        exact, start, optimizer=OPTIMIZERS["SGD"], max_steps=100, tol=1e-8, rough=rough
    )
    assert torch.equal(found.u, found.u.float().double())
    assert found.distance.item() > 0
    assert found.outcome.item() == Outcome.SETTLED


def test_the_start_is_left_alone() -> None:
    objective = Functions(poisson, torch.tensor([3.0], dtype=torch.float64))
    for optimizer in (newton, *OPTIMIZERS.values()):
        start = torch.tensor([[2.0]], dtype=torch.float64)
        minimize(objective, start, optimizer=optimizer, max_steps=5, tol=0)
        assert start.item() == 2.0
        assert not start.requires_grad


class TestOutcome:
    @pytest.mark.parametrize("optimizer", [newton, partial(torch.optim.SGD, lr=1e-5)])
    def test_out_of_steps(self, optimizer: Optimizer) -> None:
        found = search(rosenbrock, [-1.2, 1.0], optimizer=optimizer, max_steps=3)
        assert found.outcome.item() == Outcome.OUT_OF_STEPS
        assert len(found.loss) == 4
        assert found.distance.item() > 1e-8

    def test_drifting(self) -> None:
        """Its minimum lies at infinity; each step lowers it by a fixed part of what is left."""
        found = search(lambda u, n: (-u).exp().sum(-1), [0.0], bounded=True)
        assert found.outcome.item() == Outcome.DRIFTING
        assert found.distance.item() < 1e-8
        assert found.u.item() > 15

    def test_stuck_at_a_saddle(self) -> None:
        found = search(double_well, [1.0, 0.0])
        assert found.outcome.item() == Outcome.STUCK
        assert_close(found.u, torch.zeros(1, 2).double())

    def test_stuck_on_a_flat_ridge(self) -> None:
        found = search(lambda u, n: (u.sum(-1) - 1) ** 2, [3.0, 4.0])
        assert found.outcome.item() == Outcome.STUCK
        assert found.u.sum().item() == pytest.approx(1)

    @pytest.mark.parametrize("slope", [0.0, 1.0])
    def test_never_settled_without_curvature(self, slope: float) -> None:
        found = search(lambda u, n: slope * u.sum(-1), [3.0, 4.0])
        assert found.outcome.item() != Outcome.SETTLED
        assert torch.isfinite(found.u).all()
        assert not found.distance.isnan().any()

    @every_optimizer
    def test_failed(self, optimizer: Optimizer) -> None:
        found = search(
            lambda u, n: (n - 4).sqrt() * u.sum(-1), [-1.0], optimizer=optimizer, max_steps=50
        )
        assert found.outcome.item() == Outcome.FAILED
        assert found.distance.item() == math.inf

    def test_a_step_into_the_undefined_is_halved(self) -> None:
        """The full step from 3 ends below 0, where the logarithm is nan."""
        found = search(lambda u, n: (u - u.log()).sum(-1), [3.0])
        assert found.outcome.item() == Outcome.SETTLED
        assert found.u.item() == pytest.approx(1, abs=1e-4)

    @pytest.mark.parametrize("start", [-20.0, -40.0])
    def test_no_step_is_longer_than_the_stride(self, start: float) -> None:
        """From far below the Newton step is astronomical."""
        found = search(poisson, [start], bounded=True)
        assert found.outcome.item() == Outcome.SETTLED
        assert found.path.diff(dim=0).abs().max() <= 3


@pytest.mark.parametrize("n", [1.0, 1e6])
def test_the_distance_is_half_the_newton_decrement_in_nats(n: float) -> None:
    """What Minuit calls the estimated distance to the minimum: n/2 g' H^-1 g."""
    u = torch.tensor([[0.3, -0.2]], dtype=torch.float64)

    def of(u: Tensor, n: Tensor) -> Tensor:
        return log_cosh(u, n) + u.prod(-1) / 10

    found = search(of, u[0].tolist(), n=[n], max_steps=0)
    _, g, H = derivatives(partial(of, n=u), u)
    expected = n / 2 * g[0] @ torch.linalg.solve(H[0], g[0])
    assert_close(found.distance[0], expected)
    assert_close(found.hessian, H)


def test_the_distance_estimates_how_much_lower_the_minimum_is() -> None:
    minimum = 3 - 3 * math.log(3)
    found = search(poisson, [1.1], n=[3.0], max_steps=0)
    assert found.distance.item() == pytest.approx(3 * (found.loss.item() - minimum), rel=1e-2)


@pytest.mark.parametrize(
    "of", [quadratic, lambda u, n: u.prod(-1).sin() + u[:, 0] ** 3], ids=["quadratic", "product"]
)
def test_derivatives_are_those_of_torch_func(of: Callable[[Tensor, Tensor], Tensor]) -> None:
    u = torch.randn(4, 3, dtype=torch.float64)
    loss, g, H = derivatives(partial(of, n=u), u)

    def single(u: Tensor) -> Tensor:
        return of(u[None], u)[0]

    assert_close(loss, of(u, u))
    assert_close(g, torch.func.vmap(torch.func.grad(single))(u))
    assert_close(H, torch.func.vmap(torch.func.jacrev(torch.func.grad(single)))(u))
    assert not any(part.requires_grad for part in (loss, g, H))


def test_derivatives_of_what_is_linear_or_idle() -> None:
    u = torch.randn(4, 2, dtype=torch.float64)
    _, g, H = derivatives(lambda u: 2 * u[:, 0], u)
    assert_close(g, torch.tensor([[2.0, 0.0]]).double().expand(4, 2))
    assert_close(H, torch.zeros(4, 2, 2).double())

    _, g, H = derivatives(lambda u: u[:, 1] ** 2, u)
    assert_close(g[:, 0], torch.zeros(4).double())
    assert_close(H, torch.tensor([[0.0, 0.0], [0.0, 2.0]]).double().expand(4, 2, 2))


def test_derivatives_work_where_gradients_are_switched_off() -> None:
    u = torch.ones(1, 1, dtype=torch.float64)
    with torch.no_grad():
        _, g, H = derivatives(lambda u: u[:, 0] ** 3, u)
    assert (g.item(), H.item()) == (3.0, 6.0)
