"""Every chart is a smooth one-to-one map onto its constraint, with the Jacobian it claims."""

import math
import pickle
from dataclasses import dataclass

import pytest
import torch
import torch.distributions as td
from torch import Size, Tensor
from torch.distributions import constraints
from torch.distributions.constraints import Constraint
from torch.distributions.transforms import ExpTransform, Transform
from torch.nn.functional import softplus
from torch.testing import assert_close

from mlefit.transforms import CholeskyTransform, GramTransform, SoftplusTransform, chart


@dataclass(frozen=True)
class Case:
    transform: Transform
    codomain: Constraint
    size: int | None  # how many unconstrained numbers: None for a map of single numbers


def of(constraint: Constraint, size: int | None = None, link: Transform | None = None) -> Case:
    return Case(chart(constraint, link), constraint, size)


CASES = {
    "softplus": Case(SoftplusTransform(), constraints.positive, None),
    "exp": Case(ExpTransform(), constraints.positive, None),
    "cholesky d=1": Case(CholeskyTransform(), constraints.lower_cholesky, 1),
    "cholesky d=3": Case(CholeskyTransform(), constraints.lower_cholesky, 6),
    "cholesky d=3, exp": Case(CholeskyTransform(ExpTransform()), constraints.lower_cholesky, 6),
    "real": of(constraints.real),
    "real vector": of(constraints.real_vector, 3),
    "positive": of(constraints.positive),
    "positive, exp": of(constraints.positive, link=ExpTransform()),
    "positive vector": of(constraints.independent(constraints.positive, 1), 3),
    "nonnegative": of(constraints.nonnegative),
    "greater than 2": of(constraints.greater_than(2.0)),
    "greater than or equal to -3": of(constraints.greater_than_eq(-3.0)),
    "less than 2": of(constraints.less_than(2.0)),
    "less than 0, exp": of(constraints.less_than(0.0), link=ExpTransform()),
    "unit interval": of(constraints.unit_interval),
    "interval": of(constraints.interval(-2.0, 5.0)),
    "narrow interval": of(constraints.interval(0.1, 0.3)),
    "half-open interval": of(constraints.half_open_interval(1.0, 2.0)),
    "simplex": of(constraints.simplex, 3),
    "lower Cholesky": of(constraints.lower_cholesky, 3),
    "positive definite d=1": of(constraints.positive_definite, 1),
    "positive definite d=3": of(constraints.positive_definite, 6),
    "positive definite, exp": of(constraints.positive_definite, 6, ExpTransform()),
}

WITHOUT_CHART = {
    "boolean": constraints.boolean,
    "integer": constraints.nonnegative_integer,
    "multinomial": constraints.multinomial(3),
    "square": constraints.square,
    "correlation": constraints.corr_cholesky,
    "dependent": constraints.dependent,
}

every_chart = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
every_batch = pytest.mark.parametrize("batch", [(), (4,), (2, 3)], ids=str)


def vectors(case: Case, *batch: int) -> Tensor:
    """Return unconstrained numbers `(*batch)` or `(*batch, size)`, a few units wide."""
    event = () if case.size is None else (case.size,)
    return 2 * torch.randn((*batch, *event), dtype=torch.float64)


def free_entries(case: Case, y: Tensor) -> Tensor:
    """Return as many entries of y as determine it, flat: what its Jacobian is taken of."""
    if case.codomain is constraints.simplex:
        return y[:-1]
    if case.codomain.event_dim == 2:
        return y[*torch.tril_indices(*y.shape)]
    return y.reshape(-1)


@every_chart
@every_batch
def test_maps_onto_the_constraint_and_back(case: Case, batch: tuple[int, ...]) -> None:
    u = vectors(case, *batch)
    y = case.transform(u)

    assert case.codomain.check(y).all()
    assert_close(case.transform.inv(y), u, rtol=1e-9, atol=1e-9)
    assert_close(case.transform(case.transform.inv(y)), y, rtol=1e-12, atol=1e-12)


@every_chart
@every_batch
def test_shapes(case: Case, batch: tuple[int, ...]) -> None:
    u = vectors(case, *batch)
    y = case.transform(u)

    assert y.shape[: len(batch)] == Size(batch)
    assert case.transform.forward_shape(u.shape) == y.shape
    assert case.transform.inverse_shape(y.shape) == u.shape
    assert case.transform.inv(y).shape == u.shape


@every_chart
def test_a_batch_is_its_singles(case: Case) -> None:
    u = vectors(case, 5)
    assert_close(case.transform(u), torch.stack([case.transform(one) for one in u]))


@every_chart
def test_log_det_is_that_of_the_jacobian(case: Case) -> None:
    for u in vectors(case, 5):
        y = case.transform(u)
        claimed = case.transform.log_abs_det_jacobian(u, y).sum()

        jacobian = torch.autograd.functional.jacobian(
            lambda v: free_entries(case, case.transform(v)), u.reshape(-1)
        )
        assert_close(claimed, torch.linalg.slogdet(jacobian).logabsdet, rtol=1e-9, atol=1e-9)


@every_chart
def test_gradients_are_right_to_second_order(case: Case) -> None:
    u = vectors(case, 2).requires_grad_()
    assert torch.autograd.gradcheck(case.transform, u)
    assert torch.autograd.gradgradcheck(case.transform, u)


@every_chart
def test_keeps_single_precision(case: Case) -> None:
    u = vectors(case, 4)
    y = case.transform(u.float())

    assert y.dtype == case.transform.inv(y).dtype == torch.float32
    assert_close(y.double(), case.transform(u), rtol=1e-5, atol=1e-5)


@every_chart
def test_leaves_its_input_alone(case: Case) -> None:
    u = vectors(case, 4)
    before = u.clone()
    y = case.transform(u)
    after = y.clone()
    case.transform.inv(y)
    assert torch.equal(u, before)
    assert torch.equal(y, after)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.size is None])
def test_stays_in_its_constraint_far_out(name: str) -> None:
    u = torch.tensor([-30.0, 30.0], dtype=torch.float64)
    assert CASES[name].codomain.check(CASES[name].transform(u)).all()


class TestSoftplus:
    @pytest.mark.parametrize("u", [-700.0, -50.0, -1e-9, 0.0, 1e-9, 19.0, 21.0, 50.0, 700.0])
    def test_extremes(self, u: float) -> None:
        y = SoftplusTransform()(torch.tensor(u, dtype=torch.float64))
        exact = u + math.log1p(math.exp(-u)) if u > 0 else math.log1p(math.exp(u))

        assert y.item() == pytest.approx(exact, rel=1e-15)
        assert SoftplusTransform().inv(y).item() == pytest.approx(u, rel=1e-13, abs=1e-15)

    @pytest.mark.parametrize("u", [-700.0, -30.0, 0.0, 19.0, 21.0, 30.0, 600.0])
    def test_second_derivative_has_no_threshold(self, u: float) -> None:
        u_ = torch.tensor(u, dtype=torch.float64, requires_grad=True)
        (first,) = torch.autograd.grad(SoftplusTransform()(u_), u_, create_graph=True)
        (second,) = torch.autograd.grad(first, u_)

        e = math.exp(-abs(u))
        assert first.item() == pytest.approx(1 / (1 + e) if u > 0 else e / (1 + e), rel=1e-14)
        assert second.item() == pytest.approx(e / (1 + e) ** 2, rel=1e-13)

    def test_derivative_at_extremes(self) -> None:
        u = torch.tensor([-700.0, 700.0], dtype=torch.float64)
        y = SoftplusTransform()(u)
        expected = torch.tensor([-700.0, 0.0], dtype=torch.float64)
        assert_close(SoftplusTransform().log_abs_det_jacobian(u, y), expected)

    def test_agrees_with_torch_below_its_threshold(self) -> None:
        u = torch.linspace(-30, 19, 99, dtype=torch.float64)
        assert_close(SoftplusTransform()(u), softplus(u), rtol=1e-14, atol=0)
        assert_close(SoftplusTransform()(u), td.transforms.SoftplusTransform()(u))


class TestCholesky:
    def test_fills_the_triangle_row_by_row(self) -> None:
        u = torch.tensor([0.0, 1.0, 0.0, 2.0, 3.0, 0.0])
        L = CholeskyTransform(ExpTransform())(u)
        assert torch.equal(L, torch.tensor([[1.0, 0, 0], [1, 1, 0], [2, 3, 1]]))

    def test_agrees_with_torch_but_has_no_idle_direction(self) -> None:
        own, theirs = CholeskyTransform(ExpTransform()), td.transform_to(constraints.lower_cholesky)
        i, j = torch.tril_indices(3, 3)
        u = torch.randn(6, dtype=torch.float64)
        full = torch.zeros(3, 3, dtype=torch.float64).index_put((i, j), u)

        assert_close(own(u), theirs(full))
        jacobian = torch.autograd.functional.jacobian(own, u).reshape(9, 6)
        assert torch.linalg.matrix_rank(jacobian) == 6

    @pytest.mark.parametrize("entries", [2, 4, 5, 7])
    def test_refuses_what_fills_no_triangle(self, entries: int) -> None:
        message = rf"expected a vector of d\(d\+1\)/2 numbers .*; got {entries}; try"
        with pytest.raises(ValueError, match=message):
            CholeskyTransform()(torch.zeros(entries))
        with pytest.raises(ValueError, match=message):
            CholeskyTransform().forward_shape(Size([entries]))

    def test_keeps_a_tiny_diagonal(self) -> None:
        L = torch.tensor([[1.0, 0.0], [1.0, 1e-12]], dtype=torch.float64)
        assert_close(CholeskyTransform()(CholeskyTransform().inv(L)), L, rtol=1e-12, atol=0)

    def test_ignores_what_stands_above_the_diagonal(self) -> None:
        L = CholeskyTransform()(torch.randn(3, dtype=torch.float64))
        above = L + torch.tensor([[0.0, 7.0], [0.0, 0.0]], dtype=torch.float64)
        assert torch.equal(CholeskyTransform().inv(above), CholeskyTransform().inv(L))


def test_gram_is_the_product_and_its_inverse_the_factor() -> None:
    L = CholeskyTransform()(torch.randn(5, 6, dtype=torch.float64))
    S = GramTransform()(L)
    assert_close(S, L @ L.mT)
    assert_close(GramTransform().inv(S), L)


def test_gram_agrees_with_torch() -> None:
    theirs = td.transform_to(constraints.positive_definite)
    i, j = torch.tril_indices(3, 3)
    u = torch.randn(6, dtype=torch.float64)
    full = torch.zeros(3, 3, dtype=torch.float64).index_put((i, j), u)
    assert_close(chart(constraints.positive_definite, ExpTransform())(u), theirs(full))


@pytest.mark.parametrize(
    "constraint",
    [
        constraints.real,
        constraints.unit_interval,
        constraints.interval(-2.0, 5.0),
        constraints.simplex,
    ],
    ids=str,
)
def test_charts_without_a_link_are_those_of_torch(constraint: Constraint) -> None:
    u = torch.randn(5, 3, dtype=torch.float64)
    assert_close(chart(constraint)(u), td.biject_to(constraint)(u))


def test_bounds_may_be_tensors() -> None:
    low, high = torch.tensor([0.0, -1.0]), torch.tensor([1.0, 3.0])
    for constraint in (
        constraints.interval(low, high),
        constraints.greater_than(low),
        constraints.less_than(high),
    ):
        y = chart(constraint)(torch.randn(50, 2))
        assert constraint.check(y).all()


def test_equal_charts_are_equal() -> None:
    exp = ExpTransform()
    assert chart(constraints.positive) == SoftplusTransform()
    assert chart(constraints.positive) != exp
    assert chart(constraints.positive, exp) == exp
    assert chart(constraints.lower_cholesky) == CholeskyTransform()
    assert chart(constraints.lower_cholesky, exp) == CholeskyTransform(exp)
    assert CholeskyTransform(exp) != CholeskyTransform()
    assert chart(constraints.positive_definite) == chart(constraints.positive_definite)
    assert GramTransform() == GramTransform()
    assert GramTransform() != CholeskyTransform()


def test_a_distribution_can_be_transformed() -> None:
    base = td.Normal(torch.zeros(3, dtype=torch.float64), 1.0).expand((3,))
    L = td.TransformedDistribution(td.Independent(base, 1), CholeskyTransform())

    assert L.event_shape == (2, 2)
    draw = L.sample(torch.Size([4]))
    assert torch.isfinite(L.log_prob(draw)).all()


@pytest.mark.parametrize("constraint", WITHOUT_CHART.values(), ids=WITHOUT_CHART)
def test_refuses_constraints_without_a_chart(constraint: Constraint) -> None:
    with pytest.raises(NotImplementedError, match=r"expected a continuous constraint.*; got .*try"):
        chart(constraint)


@pytest.mark.parametrize("name", ["real", "simplex", "lower_cholesky", "positive_definite"])
def test_chart_of_a_copied_constraint(name: str) -> None:
    constraint = getattr(constraints, name)
    again = pickle.loads(pickle.dumps(constraint))
    assert again is not constraint
    assert type(chart(again)) is type(chart(constraint))
