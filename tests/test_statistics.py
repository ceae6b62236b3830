"""Statistics are those of exact rational arithmetic, and parts add up to the whole."""

import math
import operator
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Gamma, MultivariateNormal, Normal
from torch.testing import assert_close

from mlefit import SufficientStatistics, datasets, suffstats

DIGITS = 1e-12
OFFSETS = [0.0, 1.0, 1e4, 1e8, 1e12]


def exact(x: Tensor, w: Tensor | None = None) -> tuple[Fraction, Fraction]:
    """Return the mean and the scatter of a column, without any rounding."""
    means, scatter = exact_rows(x[:, None], w)
    return means[0], scatter[0][0]


def exact_rows(X: Tensor, w: Tensor | None = None) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Return the mean and the scatter matrix of rows, without any rounding."""
    weights, weight_unit = whole_numbers(torch.ones(len(X)) if w is None else w)
    columns, units = zip(*(whole_numbers(column) for column in X.unbind(-1)), strict=True)
    n = sum(weights)
    sums = [dot(weights, column) for column in columns]

    means = [Fraction(total, n * unit) for total, unit in zip(sums, units, strict=True)]
    weighted = [list(map(operator.mul, weights, column)) for column in columns]
    d = range(len(columns))
    squares = [[n * dot(weighted[i], columns[j]) - sums[i] * sums[j] for j in d] for i in d]
    scatter = [
        [Fraction(squares[i][j], n * weight_unit * units[i] * units[j]) for j in d] for i in d
    ]
    return means, scatter


def whole_numbers(x: Tensor) -> tuple[list[int], int]:
    """Return floats as whole numbers of a common unit, and how many units make one."""
    ratios = [value.as_integer_ratio() for value in x.tolist()]
    unit = max(denominator for _, denominator in ratios)  # they are powers of two
    return [numerator * (unit // denominator) for numerator, denominator in ratios], unit


def dot(a: Iterable[int], b: Iterable[int]) -> int:
    return sum(map(operator.mul, a, b))


def error(found: Tensor | float, true: Fraction) -> float:
    return abs(float((Fraction(float(found)) - true) / true))


def draw(*shape: int, offset: float = 0.0) -> Tensor:
    """Return rows of unit variance, as float64 stores them."""
    return torch.randn(shape, dtype=torch.float64) + offset


def assert_same(a: SufficientStatistics, b: SufficientStatistics, digits: float = DIGITS) -> None:
    """Compare counts, means in units of the spread, and scatters."""
    assert torch.equal(a.n, b.n)
    assert_close(a.mean, b.mean, rtol=digits, atol=0)
    apart = (a.mean - b.mean) + (a.remainder - b.remainder)
    size = b.scatter if b.family is Normal else b.scatter.diagonal(dim1=-2, dim2=-1)
    n = b.n.reshape((*b.n.shape, *[1] * (size.ndim - b.n.ndim)))
    assert (apart.abs() <= digits * (size / n.clamp(min=1)).sqrt()).all()
    unit = size.sqrt()
    outer = size if b.family is Normal else unit.unsqueeze(-1) * unit.unsqueeze(-2)
    assert ((a.scatter - b.scatter).abs() <= digits * outer).all()


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("n", [1, 2, 3000])
def test_equals_exact_arithmetic(n: int, offset: float) -> None:
    x = draw(n, offset=offset)
    found, (mean, scatter) = suffstats(Normal, x), exact(x)

    assert found.n.item() == n
    assert error(found.mean, mean) < DIGITS
    assert abs(float(Fraction(found.mean.item()) + Fraction(found.remainder.item()) - mean)) < 1e-15
    if n == 1:
        assert found.scatter.item() == 0
    else:
        assert error(found.scatter, scatter) < DIGITS


@pytest.mark.parametrize("offset", OFFSETS)
def test_equals_exact_arithmetic_over_several_blocks(offset: float) -> None:
    x = draw(70_000, offset=offset)
    found, (mean, scatter) = suffstats(Normal, x), exact(x)
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


@pytest.mark.parametrize("offset", OFFSETS)
def test_weighted_equals_exact_arithmetic(offset: float) -> None:
    x, w = draw(2000, offset=offset), torch.rand(2000, dtype=torch.float64)
    found, (mean, scatter) = suffstats(Normal, x, weights=w), exact(x, w)
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


@pytest.mark.parametrize("offset", OFFSETS)
def test_correlated_columns_equal_exact_arithmetic(offset: float) -> None:
    L = torch.tensor([[1.0, 0, 0], [0.999, 0.01, 0], [-5.0, 3.0, 1e3]], dtype=torch.float64)
    X = draw(500, 3) @ L.mT + offset * torch.tensor([1.0, -1.0, 1e3])
    found, (means, scatter) = suffstats(MultivariateNormal, X), exact_rows(X)

    for i in range(3):
        assert error(found.mean[i], means[i]) < DIGITS
        for j in range(3):
            unit = math.sqrt(scatter[i][i] * scatter[j][j])
            assert abs(float(Fraction(found.scatter[i, j].item()) - scatter[i][j])) < DIGITS * unit
    assert torch.equal(found.scatter, found.scatter.mT)


def test_single_precision_data_lose_nothing() -> None:
    x = torch.randn(100_000) + 1e4
    found, (mean, scatter) = suffstats(Normal, x), exact(x)
    assert found.mean.dtype == found.scatter.dtype == torch.float64
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int32, torch.bool])
def test_any_kind_of_number(dtype: torch.dtype) -> None:
    x = (20 * torch.rand(100) - 10).clamp(min=0).to(dtype)
    found, (mean, scatter) = suffstats(Normal, x), exact(x.double())
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


@dataclass(frozen=True)
class Certified:
    """A set of the Statistical Reference Datasets of NIST, and the digits that float64 allows."""

    data: Callable[[], list[float] | Tensor]
    mean: float
    sd: float  # divisor n - 1
    digits: float


def alternating(middle: float, low: float, high: float) -> list[float]:
    return [middle] + [low, high] * 500


NIST = {
    "NumAcc1": Certified(lambda: [10000001.0, 10000003.0, 10000002.0], 10000002, 1, 15),
    "NumAcc2": Certified(lambda: alternating(1.2, 1.1, 1.3), 1.2, 0.1, 14.5),
    "NumAcc3": Certified(lambda: alternating(1e6 + 0.2, 1e6 + 0.1, 1e6 + 0.3), 1e6 + 0.2, 0.1, 9.4),
    "NumAcc4": Certified(lambda: alternating(1e7 + 0.2, 1e7 + 0.1, 1e7 + 0.3), 1e7 + 0.2, 0.1, 8.2),
    "Michelso": Certified(
        lambda: 299 + datasets.michelson() / 1000, 299.8524, 0.0790105478190518, 13.7
    ),
}


@pytest.mark.parametrize("name", NIST)
def test_certified_values_to_the_digits_that_the_data_hold(name: str) -> None:
    certified = NIST[name]
    found = suffstats(Normal, certified.data())
    sd = (found.scatter / (found.n - 1)).sqrt().item()
    assert found.mean.item() == pytest.approx(certified.mean, rel=1e-15)
    assert sd == pytest.approx(certified.sd, rel=10**-certified.digits)


FAMILIES = {"Normal": (Normal, (4000,)), "MultivariateNormal": (MultivariateNormal, (4000, 3))}
every_family = pytest.mark.parametrize(("family", "shape"), FAMILIES.values(), ids=FAMILIES)
PARTS = [1, 2000, 0, 7, 1500, 492]


@every_family
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (2, 4, 0, 5, 1, 3)])
def test_parts_add_up_in_any_order(
    family: type, shape: tuple[int, ...], offset: float, order: tuple[int, ...]
) -> None:
    x = draw(*shape, offset=offset)
    parts = [suffstats(family, part) for part in x.split(PARTS)]
    assert_same(sum(parts[i] for i in order), suffstats(family, x))


@every_family
def test_parts_add_up_pair_by_pair(family: type, shape: tuple[int, ...]) -> None:
    x = draw(*shape, offset=1e12)
    a, b, c, d = (suffstats(family, part) for part in x.chunk(4))
    assert_same((a + b) + (c + d), suffstats(family, x))
    assert_same(((a + b) + c) + d, a + (b + (c + d)))


@every_family
def test_many_single_rows_add_up(family: type, shape: tuple[int, ...]) -> None:
    x = draw(200, *shape[1:], offset=1e12)
    assert_same(sum(suffstats(family, row[None]) for row in x), suffstats(family, x))


@every_family
def test_an_empty_part_changes_nothing(family: type, shape: tuple[int, ...]) -> None:
    x = draw(*shape, offset=1e12)
    some, none = suffstats(family, x), suffstats(family, x[:0])

    assert none.n.item() == 0
    for total in (some + none, none + some):
        for name in ("n", "mean", "scatter", "remainder"):
            assert torch.equal(getattr(total, name), getattr(some, name)), name
    assert_same(none + none, none)


def test_parts_far_from_each_other() -> None:
    near, far = draw(1000), draw(1000, offset=1e8)
    found = suffstats(Normal, near) + suffstats(Normal, far)
    mean, scatter = exact(torch.cat([near, far]))
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


@pytest.mark.parametrize("ascending", [True, False])
def test_sorted_data(ascending: bool) -> None:
    """The first block is far from the mean, in units of the spread that remains."""
    x = torch.cat([draw(66_000) * 1e-3 - 1e6, draw(4000, offset=1e6)])
    x = x if ascending else x.flip(0)
    found, (mean, scatter) = suffstats(Normal, x), exact(x)
    assert error(found.mean, mean) < DIGITS
    assert error(found.scatter, scatter) < DIGITS


def test_a_lone_first_block_far_from_the_rest() -> None:
    """Its rows weigh next to nothing: the shift to its mean must be found to be poor."""
    x = torch.cat([draw(66_000, offset=1e9), draw(1000)])
    w = torch.cat([torch.full((66_000,), 1e-30), torch.ones(1000)]).double()
    found, (mean, scatter) = suffstats(Normal, x, weights=w), exact(x, w)
    assert found.mean.item() == pytest.approx(float(mean), abs=1e-14)
    assert error(found.scatter, scatter) < DIGITS


def test_first_block_of_weight_zero() -> None:
    x, w = draw(70_000, offset=1e12), torch.ones(70_000)
    w[:66_000] = 0
    assert_same(suffstats(Normal, x, weights=w), suffstats(Normal, x[66_000:]))


@every_family
def test_weights_are_repetitions(family: type, shape: tuple[int, ...]) -> None:
    x = draw(300, *shape[1:], offset=1e8)
    w = torch.randint(0, 4, (300,))
    assert_same(suffstats(family, x, weights=w), suffstats(family, x.repeat_interleave(w, 0)))


@every_family
def test_rows_of_weight_zero_may_hold_anything(family: type, shape: tuple[int, ...]) -> None:
    x, w = draw(100, *shape[1:]), torch.ones(100)
    w[::3] = 0
    spoiled = x.clone()
    spoiled[0], spoiled[3], spoiled[6] = torch.nan, torch.inf, -torch.inf
    assert_same(suffstats(family, spoiled, weights=w), suffstats(family, x[w > 0]))


def test_weights_that_are_all_zero_count_no_row() -> None:
    none = suffstats(Normal, draw(3), weights=[0, 0, 0])
    assert none.n.item() == none.mean.item() == none.scatter.item() == 0


@every_family
@pytest.mark.parametrize("weighted", [None, (50,), (50, 2, 4)], ids=str)
def test_a_batch_is_its_singles(
    family: type, shape: tuple[int, ...], weighted: tuple[int, ...] | None
) -> None:
    x = draw(50, 2, 4, *shape[1:]) * torch.logspace(-8, 8, 50)[:, None, None].reshape(
        50, *[1] * (2 + len(shape[1:]))
    )
    w = None if weighted is None else torch.rand(weighted, dtype=torch.float64)
    whole = suffstats(family, x, weights=w)

    assert whole.n.shape == (2, 4)
    for i in range(2):
        for j in range(4):
            own = w if w is None or w.ndim == 1 else w[:, i, j]
            single = suffstats(family, x[:, i, j], weights=own)
            assert_close(whole.n[i, j], single.n)
            assert_close(whole.mean[i, j], single.mean, rtol=DIGITS, atol=0)
            assert_close(whole.scatter[i, j], single.scatter, rtol=1e-10, atol=0)


@every_family
def test_flatten_keeps_the_numbers(family: type, shape: tuple[int, ...]) -> None:
    stats = suffstats(family, draw(20, 2, 4, *shape[1:]))
    flat = stats.flatten()
    assert flat.n.shape == (8,)
    assert torch.equal(flat.mean.reshape(stats.mean.shape), stats.mean)
    assert torch.equal(flat.scatter.reshape(stats.scatter.shape), stats.scatter)
    assert flat.remainder.shape == flat.mean.shape


def test_one_column_is_a_normal() -> None:
    x = draw(100, offset=5.0)
    one, many = suffstats(Normal, x), suffstats(MultivariateNormal, x[:, None])
    assert_close(many.mean, one.mean[None])
    assert_close(many.scatter, one.scatter[None, None])


def test_dtype_is_that_of_the_data() -> None:
    single, double = suffstats(Normal, torch.ones(2)), suffstats(Normal, torch.ones(2).double())
    assert single.dtype == torch.float32
    assert (single + double).dtype == (double + single).dtype == torch.float64
    assert suffstats(Normal, torch.ones(2, dtype=torch.bfloat16)).dtype == torch.float32
    assert suffstats(Normal, [1, 2]).dtype == torch.float64


def test_the_data_are_left_alone() -> None:
    x, w = draw(10), torch.ones(10)
    x.requires_grad_()
    before = x.detach().clone()
    stats = suffstats(Normal, x, weights=w)
    assert not stats.mean.requires_grad
    assert torch.equal(x, before)
    assert torch.equal(w, torch.ones(10))


nan, inf = math.nan, math.inf
ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "another family": (lambda: suffstats(Gamma, [1.0]), TypeError, r"got Gamma; try fit\("),
    "an instance": (lambda: suffstats(Normal(0, 1), [1.0]), TypeError, r"got Normal\("),
    "no rows": (lambda: suffstats(Normal, 1.0), ValueError, r"shape \(n.*got shape \(\)"),
    "a vector": (
        lambda: suffstats(MultivariateNormal, [1.0, 2.0]),
        ValueError,
        r"got shape \(2,\); try data.reshape\(n, d\)",
    ),
    "words": (lambda: suffstats(Normal, ["a", "b"]), TypeError, "got list"),
    "ragged rows": (
        lambda: suffstats(MultivariateNormal, [[1.0], [1.0, 2.0]]),
        TypeError,
        "rows of equal length",
    ),
    "complex": (lambda: suffstats(Normal, torch.ones(2) * 1j), TypeError, "real numbers"),
    "too few weights": (
        lambda: suffstats(Normal, [1.0, 2.0], weights=[1.0]),
        ValueError,
        r"weights of shape \(2,\); got \(1,\)",
    ),
    "a negative weight": (
        lambda: suffstats(Normal, [1.0, 2.0], weights=[1.0, -3.0]),
        ValueError,
        "1 of 2, the first -3 at index 1",
    ),
    "a weight that is no number": (
        lambda: suffstats(Normal, [1.0, 2.0], weights=[nan, 1.0]),
        ValueError,
        "1 of 2, the first nan at index 0",
    ),
    "sum of two families": (
        lambda: (
            suffstats(Normal, torch.ones(2, 3)) + suffstats(MultivariateNormal, torch.ones(2, 3))
        ),
        ValueError,
        "got Normal of shape .* and MultivariateNormal",
    ),
    "sum of two shapes": (
        lambda: suffstats(Normal, [1.0]) + suffstats(Normal, [[1.0, 2.0]]),
        ValueError,
        r"shape \(\) and Normal of shape \(2,\)",
    ),
    "sum with a number": (lambda: suffstats(Normal, [1.0]) + 1, TypeError, "unsupported operand"),
    "number with a sum": (lambda: 1 + suffstats(Normal, [1.0]), TypeError, "unsupported operand"),
    "data that are not finite": (lambda: suffstats(Normal, [1.0, nan]), ValueError, "finite"),
    "infinite data": (lambda: suffstats(Normal, [1.0, inf]), ValueError, "finite"),
    "no process group": (
        lambda: suffstats(Normal, [1.0]).all_reduce(),
        RuntimeError,
        "expected an initialised process group; got none; try",
    ),
}


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.slow
def test_processes_share_their_statistics(tmp_path: Path) -> None:
    X = _of_all_processes()
    torch.multiprocessing.spawn(_reduce, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / str(rank), weights_only=False) for rank in range(2))

    assert torch.equal(first.scatter, second.scatter)
    assert torch.equal(first.mean, second.mean)
    assert_same(first, suffstats(MultivariateNormal, X))


@pytest.mark.slow
def test_a_process_that_dies_is_an_error(tmp_path: Path) -> None:
    start = torch.multiprocessing.get_context("spawn").Process
    processes = [start(target=_lose_the_second, args=(k, str(tmp_path))) for k in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [1, 9]
    (left,) = tmp_path.glob("said-*")
    assert re.match(
        "expected statistics from all 2 processes; got none from one that was lost .*; try",
        left.read_text(),
    )


def _lose_the_second(rank: int, folder: str) -> None:
    """Add up over both processes; then the second dies, and the first says what it gets."""
    _join(rank, folder)
    stats = suffstats(Normal, [1.0, 2.0])
    stats = stats.all_reduce()
    if rank == 1:
        os._exit(9)
    try:
        stats.all_reduce()
    except RuntimeError as error:
        Path(folder, f"said-{rank}").write_text(str(error))
        os._exit(1)


def _of_all_processes() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(100, 3, generator=generator, dtype=torch.float64) + 1e12


def _reduce(rank: int, folder: str) -> None:
    _join(rank, folder)
    part = _of_all_processes().split([30, 70])[rank]
    torch.save(suffstats(MultivariateNormal, part).all_reduce(), f"{folder}/{rank}")
    torch.distributed.destroy_process_group()


def _join(rank: int, folder: str) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
    )
