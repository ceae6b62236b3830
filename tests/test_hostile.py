"""A thousand hostile inputs: each is answered rightly, or refused, or not vouched for."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributions as td
from test_statistics import exact_rows
from torch import Tensor
from torch.distributions import Distribution
from torch.testing import assert_close

import mlefit
from mlefit import ConvergenceWarning, Fit

FORM = re.compile(r"expected .*; got .*; try .*", re.DOTALL)
NAN, INF = float("nan"), float("inf")
N = 12


@dataclass(frozen=True)
class Family:
    """A family with rows that it fits, and what has to be fixed."""

    of: type[Distribution]
    rows: Tensor
    learns: str  # one of its parameters
    fixed: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = False  # whether there is a closed form
    smooth: bool = True  # whether there is a search

    def takes(self, entry: str) -> bool:
        normal = self.of in (td.Normal, td.MultivariateNormal)
        return {"fit": self.smooth, "closed_form": self.exact, "suffstats": normal}[entry]


g = torch.Generator().manual_seed(6)
z = torch.randn(N, dtype=torch.float64, generator=g)
Z = torch.randn(N, 2, dtype=torch.float64, generator=g)
counts = torch.tensor([0, 1, 4, 2, 0, 7, 3, 1, 0, 12, 2, 5], dtype=torch.float64)
SPD = Z[:, :, None] * Z[:, None, :] + torch.eye(2).double()

FAMILIES = {
    "Normal": Family(td.Normal, 2 * z + 3, "scale", exact=True),
    "MultivariateNormal": Family(td.MultivariateNormal, Z, "scale_tril", exact=True),
    "StudentT": Family(td.StudentT, z + z**3, "scale", {"df": 3.0}),
    "Cauchy": Family(td.Cauchy, z + z**3, "scale"),
    "Gumbel": Family(td.Gumbel, z, "scale"),
    "VonMises": Family(td.VonMises, z, "concentration"),
    "Gamma": Family(td.Gamma, z.exp(), "rate"),
    "Weibull": Family(td.Weibull, z.exp(), "scale"),
    "Exponential": Family(td.Exponential, z.exp(), "rate", exact=True),
    "LogNormal": Family(td.LogNormal, z.exp(), "scale", exact=True),
    "HalfNormal": Family(td.HalfNormal, z.abs(), "scale", exact=True),
    "Beta": Family(td.Beta, z.sigmoid(), "concentration1"),
    "Dirichlet": Family(td.Dirichlet, Z.softmax(-1), "concentration"),
    "Poisson": Family(td.Poisson, counts, "rate", exact=True),
    "NegativeBinomial": Family(td.NegativeBinomial, counts, "total_count"),
    "Geometric": Family(td.Geometric, counts, "probs", exact=True),
    "Bernoulli": Family(td.Bernoulli, (z > 0).double(), "probs", exact=True),
    "Categorical": Family(td.Categorical, counts % 3, "probs", exact=True),
    "Wishart": Family(td.Wishart, SPD, "df"),
    "Laplace": Family(td.Laplace, z, "scale", exact=True, smooth=False),
    "Pareto": Family(td.Pareto, z.exp() + 1, "alpha", exact=True, smooth=False),
    "Uniform": Family(td.Uniform, z, "low", exact=True, smooth=False),
}
FEW = ("Normal", "MultivariateNormal", "Gamma", "Categorical", "Laplace")
ENTRIES = {
    "fit": lambda family, data, **kw: mlefit.fit(
        family.of, data, max_steps=60, **{"fixed": family.fixed or None, **kw}
    ),
    "closed_form": lambda family, data, **kw: mlefit.closed_form(family.of, data, **kw),
    "suffstats": lambda family, data, **kw: mlefit.suffstats(family.of, data, **kw),
}


# ---- what is done to the data: the same numbers in other clothes, other numbers, no numbers


def with_first(value: float) -> Callable[[Tensor], Tensor]:
    def spoil(x: Tensor) -> Tensor:
        return x.index_put((torch.tensor(0),), x.new_tensor(value))

    return spoil


def quantized(x: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch means to drop them
        return torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8)


def nested(x: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is a prototype
        return torch.nested.nested_tensor([x.reshape(-1), x.reshape(-1)[:2]])


CLOTHES: dict[str, Callable[[Tensor], Any]] = {
    "gradient": lambda x: x.clone().requires_grad_(),
    "graph": lambda x: x.clone().requires_grad_() * 1,
    "stride": lambda x: torch.stack([x, x], -1)[..., 0],
    "transposed": lambda x: x.movedim(0, -1).contiguous().movedim(-1, 0),
    "offset": lambda x: torch.cat([x, x])[N:],
    "parameter": lambda x: torch.nn.Parameter(x),
    "lists": lambda x: x.tolist(),
    "tuple of tensors": lambda x: tuple(x),
    "list of arrays": lambda x: [row.numpy() for row in x],
    "array": lambda x: x.numpy(),
    "Fortran array": lambda x: np.asfortranarray(x.numpy()),
    "backwards view": lambda x: x.numpy()[::-1].copy()[::-1],
    "read-only array": lambda x: np.broadcast_to(x.numpy(), x.shape),
    "other endian": lambda x: x.numpy().astype(">f8"),
    "Fractions": lambda x: np.vectorize(Fraction, otypes=[object])(x.numpy()).tolist(),
    "Decimals": lambda x: np.vectorize(Decimal, otypes=[object])(x.numpy()).tolist(),
    "frame": lambda x: pd.DataFrame(x.numpy()) if x.ndim == 2 else x,
    "series": lambda x: pd.Series(x.numpy(), index=range(5, 5 + N)) if x.ndim == 1 else x,
}
NUMBERS: dict[str, Callable[[Tensor], Any]] = {
    "one nan": with_first(NAN),
    "all nan": lambda x: x * NAN,
    "inf": with_first(INF),
    "-inf": with_first(-INF),
    "negative": with_first(-1.0),
    "half": with_first(0.5),
    "zero": with_first(0.0),
    "one": with_first(1.0),
    "outlier": with_first(1e6),
    "all zero": lambda x: x * 0,
    "one row": lambda x: x[:1],
    "two rows": lambda x: x[:2],
    "equal rows": lambda x: x[:1].expand(x.shape),
    "half equal": lambda x: torch.cat([x[:1].expand(N // 2, *x.shape[1:]), x[: N // 2]]),
    "two values": lambda x: x[:2].repeat(N // 2, *[1] * (x.ndim - 1)),
    "collinear": lambda x: torch.stack([x[..., 0]] * 2, -1) if x.ndim == 2 else x - x.mean(0),
    "nearly equal": lambda x: x[:1] * (1 + 1e-15 * x / x.abs().max()),
    "huge": lambda x: x * 1e300,
    "large": lambda x: x * 1e100,
    "tiny": lambda x: x * 1e-300,
    "denormal": lambda x: x * 1e-320,
    "negated": lambda x: -x,
    "far": lambda x: x + 1e12,
    "float16": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "float8": lambda x: x.to(torch.float8_e4m3fn),
    "float32": lambda x: x.float(),
    "int64": lambda x: x.long(),
    "uint8": lambda x: x.abs().to(torch.uint8),
    "bool": lambda x: x > x.mean(),
}
NONSENSE: dict[str, tuple[Callable[[Tensor], Any], str]] = {  # and the cause that must be named
    "empty": (lambda x: x[:0], "got shape (0"),
    "empty list": (lambda x: [], "got shape (0,)"),
    "no columns": (lambda x: x.reshape(N, -1)[:, :0], "got shape (12, 0)"),
    "a number": (lambda x: x.flatten()[0], "got shape ()"),
    "None": (lambda x: None, "got NoneType"),
    "text": (lambda x: "data", "got str"),
    "texts": (lambda x: ["a"] * N, "numbers only"),
    "objects": (lambda x: [object()] * N, "numbers only"),
    "ragged": (lambda x: [[1.0], [1.0, 2.0]], "rows of equal length"),
    "a set": (lambda x: {1.0, 2.0}, "got set"),
    "a generator": (lambda x: (row for row in x), "got generator"),
    "a mapping": (lambda x: {"x": x}, "got dict"),
    "complex": (lambda x: x + 1j, "got torch.complex128"),
    "complex numbers": (lambda x: [1j] * N, "numbers only"),
    "object array": (lambda x: np.array([None] * N), "dtype object"),
    "dates": (lambda x: np.array(["2020-01-01"] * N, dtype="datetime64[D]"), "datetime64"),
    "missing": (lambda x: pd.Series([None, 1.0, "a"]), "dtype object"),
    "masked": (lambda x: np.ma.array(x.numpy(), mask=x.numpy() > 0), "without a mask"),
    "sparse": (lambda x: x.to_sparse(), "torch.sparse_coo"),
    "nowhere": (lambda x: x.to("meta"), "on no device"),
    "quantized": (quantized, "got torch.qint8"),
    "nested": (nested, "nested"),
}


# ---- what is done to the options


WEIGHTS: dict[str, tuple[Any, str]] = {  # and what must be said, if they must be refused
    "negative": ([-1.0] * N, "got 12 of 12, the first -1"),
    "one negative": ([-1e-300, *[1.0] * (N - 1)], "not negative; got 1 of 12"),
    "nan": ([NAN] * N, "finite and not negative"),
    "infinite": ([INF] * N, "finite and not negative"),
    "zero": ([0.0] * N, "all zero"),
    "all but one zero": ([1.0, *[0.0] * (N - 1)], ""),
    "too few": ([1.0] * (N - 1), "got (11,)"),
    "too many": ([1.0] * (N + 1), "got (13,)"),
    "a matrix": ([[1.0] * 5] * N, "got (12, 5)"),
    "a number": (1.0, "got ()"),
    "texts": (["a"] * N, "expected weights"),
    "complex": (torch.ones(N) * 1j, "got torch.complex64"),
    "nowhere": (torch.ones(N, device="meta"), "on no device"),
    "sparse": (torch.ones(N).to_sparse(), "torch.sparse_coo"),
    "none": ([], "got (0,)"),
    "denormal": ([5e-324] * N, "a sum of 5.93e-323"),
    "tiny": ([1e-100] * N, ""),
    "huge": ([1e200] * N, "a sum of 1.2e+201"),
    "overflowing": ([1.7e308] * N, "a sum of inf"),
    "unlike": ([1e-8, *[1.0] * (N - 2), 1e8], ""),
    "booleans": ([True, False] * (N // 2), ""),
    "large integers": (torch.full((N,), 2**62), ""),
}
NOTHING = ("empty", "empty list", "no columns", "zero")  # which has statistics: n = 0
VALUES: dict[str, Any] = {
    "nan": NAN,
    "inf": INF,
    "negative": -1.0,
    "zero": 0.0,
    "huge": 1e300,
    "tiny": 1e-300,
    "text": "a",
    "None": None,
    "complex": 1j,
    "matrix": [[1.0, 2.0, 3.0]] * 3,
    "empty": [],
    "nowhere": torch.ones((), device="meta"),
}


@dataclass(frozen=True)
class Attack:
    """A call, and what must come of it: an answer ("right"), an error ("refused"), or either."""

    entry: str
    family: Family
    data: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    must: str = "either"
    says: str = ""  # in the error, if there is one

    def __call__(self) -> Any:
        return ENTRIES[self.entry](self.family, self.data, **self.options)


def attacks() -> Iterator[tuple[str, Attack]]:
    """Cross families and entries with the inputs."""
    for (name, family), entry in product(FAMILIES.items(), ENTRIES):
        if not family.takes(entry):
            continue
        rows = family.rows
        for label, make in NUMBERS.items():
            yield f"{entry}-{name}-{label}", Attack(entry, family, make(rows))
        if name not in FEW:
            continue
        for label, make in CLOTHES.items():
            yield f"{entry}-{name}-{label}", Attack(entry, family, make(rows), must="right")
        for label, (make, says) in NONSENSE.items():
            if entry == "suffstats" and label in NOTHING:
                continue
            attack = Attack(entry, family, make(rows), must="refused", says=says)
            yield f"{entry}-{name}-{label}", attack
        for label, (w, says) in WEIGHTS.items():
            if entry == "suffstats" and label in NOTHING:
                continue
            must = "refused" if says else "either"
            attack = Attack(entry, family, rows, {"weights": w}, must=must, says=says)
            yield f"{entry}-{name}-weights {label}", attack
        if entry == "fit":
            for (label, value), option in product(VALUES.items(), ("init", "fixed")):
                given = {**family.fixed, family.learns: value}
                attack = Attack(entry, family, rows, {option: given})
                yield f"{entry}-{name}-{option} {label}", attack


ATTACKS = dict(attacks())


def test_there_are_a_thousand() -> None:
    assert len(ATTACKS) >= 1000


# ---- what must come of it


@pytest.mark.parametrize("label", ATTACKS)
def test_is_right_or_says_why(label: str) -> None:
    attack = ATTACKS[label]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = answer(attack)
    if isinstance(found, Exception):
        assert FORM.fullmatch(str(found)), f"{type(found).__name__}: {found}"
        assert attack.must != "right", str(found)
        assert attack.says in str(found)
        return
    assert attack.must != "refused"
    for warning in caught:
        assert warning.category is ConvergenceWarning, str(warning.message)
        assert re.match("not converged: .*; try .*", str(warning.message))
    if caught:
        assert attack.must != "right", found.message
        assert not found.converged
    elif attack.entry == "suffstats":
        assert_sums(found, *numbers(attack))
    else:
        assert_right(found, *numbers(attack))
        assert_certain(found)


def answer(attack: Attack) -> Any:
    """Return the result of an attack, or an error of the kinds that are ours to raise."""
    try:
        return attack()
    except (TypeError, ValueError, FloatingPointError) as error:
        return error


def numbers(attack: Attack) -> tuple[Tensor, Tensor]:
    """Return the rows of an attack and their weights, as float64."""
    data = attack.data if isinstance(attack.data, Tensor) else attack.family.rows
    w = torch.as_tensor(attack.options.get("weights", [1.0] * len(data)), dtype=torch.float64)
    return data.detach().double(), w


def assert_sums(stats: mlefit.SufficientStatistics, x: Tensor, w: Tensor) -> None:
    """Check statistics against rational arithmetic."""
    one = stats.family is td.Normal
    means, scatter = exact_rows(x[:, None] if one else x, w)
    exact = torch.tensor([[float(s) for s in row] for row in scatter], dtype=torch.float64)
    found = stats.scatter.reshape(exact.shape)
    unit = exact.diagonal().sqrt()

    assert stats.n == w.sum()
    assert_close(
        stats.mean.reshape(-1), torch.tensor([float(m) for m in means], dtype=torch.float64)
    )
    assert ((found - exact).abs() <= 1e-12 * unit[:, None] * unit).all()


def assert_right(found: Fit, x: Tensor, w: Tensor) -> None:
    """Check that the likelihood is what it says, and that nothing nearby has a greater one."""
    assert found.converged
    learned = {name: found.params[name] for name in found.params if name not in found.fixed}
    assert all(torch.isfinite(value).all() for value in learned.values()), learned
    best = log_likelihood(found, learned, x, w)
    single = any(value.dtype == torch.float32 for value in learned.values())
    slack = (1e-5 if single else 1e-9) * (w.sum() + best.abs())
    if found.family is td.MultivariateNormal:  # float64 holds a factor of the scatter only so well
        slack += 1e-15 * w.sum() * torch.linalg.cond(x.mT.corrcoef())
    assert (best - found.log_likelihood).abs() <= slack
    for change in (1e-4, 1e-2, 1.0):
        params = {name: moved(name, value, change, x) for name, value in learned.items()}
        others = log_likelihood(found, params, x.unsqueeze(1), w)
        assert not (others > best + slack).any(), (change, found.message)


def log_likelihood(found: Fit, learned: Mapping[str, Tensor], x: Tensor, w: Tensor) -> Tensor:
    """Return the log-likelihood by torch's own density, -inf outside the support."""
    params = {name: value.double() for name, value in learned.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's Wishart warns of a low df
        distribution = found.family(**params, **found.fixed, validate_args=False)
    inside = distribution.support.check(x)
    each = torch.where(inside, distribution.log_prob(x), -torch.inf)
    w = w.reshape(-1, *[1] * (each.ndim - 1))
    return torch.where(w > 0, w * each, 0.0).sum(0)


def moved(name: str, value: Tensor, change: float, x: Tensor) -> Tensor:
    """Return 20 parameters around a value, moved by some change of its logarithm or logit."""
    many = value.double().expand(20, *value.shape)
    noise = change * torch.randn(many.shape, dtype=torch.float64)
    match name:
        case "loc" | "low" | "high":
            return many + noise * x.std(0, correction=0)
        case "scale_tril":
            return many @ (
                noise.tril(-1) + torch.diag_embed(noise.diagonal(dim1=-2, dim2=-1).exp())
            )
        case "probs":
            odds = many / (1 - many) * noise.exp()
            return odds / (1 + odds) if value.ndim == 0 else many * noise.exp()
    return many * noise.exp()


def refused(found: Fit) -> str:
    try:
        found.standard_errors()
    except ValueError as error:
        return str(error)
    return ""


def is_extreme(value: Tensor) -> bool:
    """Tell whether a square of a number, or its inverse, comes near the ends of float64."""
    sizes = value.double().abs()
    return bool(((sizes > 1e120) | ((sizes < 1e-120) & (sizes > 0))).any())


def assert_certain(found: Fit) -> None:
    """Check that errors and intervals are numbers, or refused."""
    if "no standard errors" in found.message:
        with pytest.raises(ValueError, match=FORM):
            found.standard_errors()
        return
    if refusal := refused(found):  # their squares are beyond float64
        assert FORM.fullmatch(refusal)
        assert any(is_extreme(value) for value in found.params.values())
        return
    errors, robust = (found.standard_errors(robust=robust) for robust in (False, True))
    intervals = [*found.confidence_interval().items()]
    if len(errors) == 1 and found.params[intervals[0][0]].ndim == 0:  # quick
        intervals.append((intervals[0][0], found.profile_interval(intervals[0][0])))
    for name, (low, high) in intervals:
        rounding = 1e-12 * found.params[name].abs()
        assert torch.isfinite(errors[name]).all()
        assert not torch.isnan(robust[name]).any()  # its square may be more than float64 holds
        assert (low <= found.params[name] + rounding).all()
        assert (found.params[name] <= high + rounding).all()
