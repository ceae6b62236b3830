"""The natural scale of a parameter follows from its constraint, and its slope from the scale."""

import copy
import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.distributions import constraints
from torch.distributions.constraints import Constraint
from torch.testing import assert_close

from mlefit._natural import from_natural, is_bounded, natural, natural_change, natural_slope


@dataclass(frozen=True)
class Case:
    constraint: Constraint
    value: list[float] | list[list[float]]
    natural: list[float] | list[list[float]]
    bounded: list[bool] | list[list[bool]]


log2, log3 = math.log(2), math.log(3)
CASES = {
    "real": Case(constraints.real, [-2.0, 0.0, 1e9], [-2.0, 0.0, 1e9], [False] * 3),
    "real vector": Case(constraints.real_vector, [-2.0, 5.0], [-2.0, 5.0], [False] * 2),
    "positive": Case(constraints.positive, [1.0, 2.0, 0.5], [0.0, log2, -log2], [True] * 3),
    "nonnegative": Case(constraints.nonnegative, [1.0, 2.0], [0.0, log2], [True] * 2),
    "positive vector": Case(
        constraints.independent(constraints.positive, 1), [1.0, 2.0], [0.0, log2], [True] * 2
    ),
    "greater than 2": Case(constraints.greater_than(2.0), [3.0, 5.0], [0.0, log3], [True] * 2),
    "greater than or equal to -1": Case(
        constraints.greater_than_eq(-1.0), [0.0, 2.0], [0.0, log3], [True] * 2
    ),
    "less than 2": Case(
        constraints.less_than(2.0), [1.0, 0.0, -1.0], [0.0, -log2, -log3], [True] * 3
    ),
    "unit interval": Case(
        constraints.unit_interval, [0.5, 0.75, 0.25], [0.0, log3, -log3], [True] * 3
    ),
    "interval": Case(constraints.interval(-2.0, 6.0), [2.0, 4.0], [0.0, log3], [True] * 2),
    "half-open interval": Case(
        constraints.half_open_interval(0.0, 4.0), [2.0, 1.0], [0.0, -log3], [True] * 2
    ),
    "bounds that differ": Case(
        constraints.greater_than(torch.tensor([0.0, 2.0])), [3.0, 5.0], [log3, log3], [True] * 2
    ),
    "simplex": Case(constraints.simplex, [0.25, 0.5, 0.25], [-log3, 0.0, -log3], [True] * 3),
    "lower Cholesky": Case(
        constraints.lower_cholesky,
        [[2.0, 0.0], [-7.0, 3.0]],
        [[log2, 0.0], [-7.0, log3]],
        [[True, False], [False, True]],
    ),
    "positive definite": Case(
        constraints.positive_definite,
        [[2.0, -1.0], [-1.0, 3.0]],
        [[log2, -1.0], [-1.0, log3]],
        [[True, False], [False, True]],
    ),
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def tensor(values: list[float] | list[list[float]]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@every_case
def test_log_above_a_bound_logit_between_two(case: Case) -> None:
    found = natural(case.constraint, tensor(case.value))
    assert_close(found, tensor(case.natural), rtol=1e-14, atol=1e-14)


@every_case
def test_there_and_back(case: Case) -> None:
    value = tensor(case.value)
    there = natural(case.constraint, value)
    assert_close(from_natural(case.constraint, there, value), value, rtol=1e-14, atol=1e-14)


@every_case
def test_any_natural_value_is_inside(case: Case) -> None:
    value = tensor(case.value)
    moved = from_natural(case.constraint, 3 * torch.randn_like(value), value)
    flags = torch.tensor(case.bounded)
    again = natural(case.constraint, moved)
    assert torch.isfinite(again[flags]).all()


@every_case
def test_bounds_follow_from_the_constraint(case: Case) -> None:
    assert is_bounded(case.constraint, tensor(case.value)).tolist() == case.bounded


@every_case
def test_change_is_the_distance_where_there_is_a_bound(case: Case) -> None:
    before = tensor(case.value)
    natural_step = torch.where(tensor(case.natural) > 0, -0.5, 0.25)
    after = from_natural(case.constraint, tensor(case.natural) + natural_step, before)
    expected = torch.where(torch.tensor(case.bounded), natural_step.abs(), 0.0).double()
    assert_close(natural_change(case.constraint, before, after), expected, rtol=1e-12, atol=1e-15)


@every_case
def test_slope_is_the_derivative(case: Case) -> None:
    value = tensor(case.value).requires_grad_()
    (slope,) = torch.autograd.grad(natural(case.constraint, value).sum(), value)
    assert_close(natural_slope(case.constraint, value.detach()), slope, rtol=1e-14, atol=0)


@every_case
def test_batches_entry_by_entry(case: Case) -> None:
    value = tensor(case.value)
    many = value.expand(2, 3, *value.shape).contiguous()
    once, slope = natural(case.constraint, value), natural_slope(case.constraint, value)
    assert_close(natural(case.constraint, many), once.expand(many.shape))
    assert_close(natural_slope(case.constraint, many), slope.expand(many.shape))
    assert_close(from_natural(case.constraint, once.expand(many.shape), many), many)


@every_case
def test_a_copy_of_a_constraint_is_the_same_constraint(case: Case) -> None:
    """A fit that was pickled holds copies."""
    copied = copy.deepcopy(case.constraint)
    value = tensor(case.value)
    assert_close(natural(copied, value), natural(case.constraint, value))


@every_case
def test_the_value_is_left_alone(case: Case) -> None:
    value = tensor(case.value)
    before = value.clone()
    natural(case.constraint, value)
    from_natural(case.constraint, value, value)
    natural_slope(case.constraint, value)
    assert torch.equal(value, before)


def test_infinite_on_a_bound() -> None:
    zero_one = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert natural(constraints.unit_interval, zero_one).tolist() == [-math.inf, math.inf]
    assert natural(constraints.positive, zero_one).tolist() == [-math.inf, 0.0]


def test_keeps_tiny_and_huge_values() -> None:
    value = torch.tensor([1e-300, 1e300], dtype=torch.float64)
    there = natural(constraints.positive, value)
    assert_close(from_natural(constraints.positive, there, value), value, rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_keeps_the_dtype(dtype: torch.dtype) -> None:
    value = torch.tensor([0.25, 0.5], dtype=dtype)
    for constraint in (constraints.real, constraints.positive, constraints.unit_interval):
        assert natural(constraint, value).dtype == dtype
        assert natural_slope(constraint, value).dtype == dtype
        assert from_natural(constraint, value, value).dtype == dtype
