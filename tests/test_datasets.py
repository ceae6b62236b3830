"""The vendored data are the published ones: checksums, provenance, and known statistics."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import pytest
import scipy.stats
import torch
from torch import Tensor
from torch.testing import assert_close

from mlefit import datasets


@dataclass(frozen=True)
class Known:
    load: Callable[[], Tensor]
    labels: tuple[str, ...]  # the columns of the file that are no measurements
    shape: tuple[int, ...]
    mean: list[float] | float
    sd: list[float] | float  # divisor n
    sha256: str


KNOWN = {
    "michelson": Known(
        load=datasets.michelson,
        labels=("experiment", "run"),
        shape=(100,),
        mean=852.40,
        sd=78.61,
        sha256="6eada8c49dd4259805b9258dae5a7e576f717919ef1c009cc349b6ceb074596c",
    ),
    "newcomb": Known(
        load=datasets.newcomb,
        labels=(),
        shape=(66,),
        mean=26.21,
        sd=10.66,
        sha256="6fc5001b7d22d685ca50bf0a80fe309e297ce8b46df0cf3e468f21151e710061",
    ),
    "galton": Known(
        load=datasets.galton,
        labels=("family",),
        shape=(481, 2),
        mean=[69.138, 69.234],
        sd=[5.306**0.5, 6.871**0.5],
        sha256="2624de36e09b2a8a05630c5567e2cc33bb8924a7e04f4afb3b48f1ec484e2e95",
    ),
    "penguins": Known(
        load=datasets.penguins,
        labels=("species", "island", "sex", "year"),
        shape=(342, 4),
        mean=[43.92, 17.15, 200.92, 4201.75],
        sd=[5.45, 1.97, 14.04, 800.78],
        sha256="a6d3ee299c02512ab988c25222ff5d6a574a46296cf25b3b322f58e0a80dbc41",
    ),
    "old_faithful": Known(
        load=datasets.old_faithful,
        labels=(),
        shape=(272, 2),
        mean=[3.488, 70.90],
        sd=[1.139, 13.57],
        sha256="7abad059e8bcad861c0b41f25e5bba5952ac33568e06aece4b527a41b4828aed",
    ),
}

every_data_set = pytest.mark.parametrize("name", KNOWN)


def test_every_file_is_in_the_table() -> None:
    files = (resources.files("mlefit") / "data").iterdir()
    assert {file.name for file in files} == {f"{name}.csv" for name in KNOWN}


@every_data_set
def test_file_is_unchanged(name: str) -> None:
    # Text, not bytes: a checkout may have turned the line ends into those of its system.
    text = (resources.files("mlefit") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == KNOWN[name].sha256


@every_data_set
def test_file_says_where_it_comes_from(name: str) -> None:
    headings = [line.partition(": ") for line in datasets.about(name).splitlines()]
    assert [heading for heading, _, _ in headings] == [
        "Title",
        "Source",
        "Taken from",
        "Units",
        "Licence",
        "Changes",
    ]
    assert all(text for _, _, text in headings)


@every_data_set
def test_shape_and_moments(name: str) -> None:
    known = KNOWN[name]
    x = known.load()

    assert x.dtype == torch.float64
    assert x.shape == known.shape
    assert_close(x.mean(0), torch.tensor(known.mean, dtype=x.dtype), rtol=0, atol=0.006)
    assert_close(x.std(0, correction=0), torch.tensor(known.sd, dtype=x.dtype), rtol=0, atol=0.006)


@every_data_set
def test_columns_are_the_labels_and_the_tensor(name: str) -> None:
    known = KNOWN[name]
    table = datasets.columns(name)
    measured = [cells for column, cells in table.items() if column not in known.labels]
    x = torch.tensor([[float(cell) for cell in cells] for cells in measured], dtype=torch.float64)

    assert set(known.labels) <= set(table)
    assert all(len(cells) == known.shape[0] for cells in table.values())
    assert_close(x.T.reshape(known.shape), known.load(), rtol=0, atol=0)


@every_data_set
def test_nothing_is_missing(name: str) -> None:
    missing = {
        column: sum(cell in ("", "NA") for cell in cells)
        for column, cells in datasets.columns(name).items()
    }
    assert +Counter(missing) == ({"sex": 9} if name == "penguins" else {})
    assert KNOWN[name].load().isfinite().all()


def test_michelson_is_precise_and_wrong() -> None:
    x = datasets.michelson()
    sd = x.std(correction=0)

    log_likelihood = torch.distributions.Normal(x.mean(), sd).log_prob(x).sum()
    assert log_likelihood.item() == pytest.approx(-578.349, abs=5e-4)
    assert ((x.mean() - 734.5) / (sd / 10)).item() == pytest.approx(15.0, abs=0.05)
    assert scipy.stats.shapiro(x.numpy()).pvalue == pytest.approx(0.51, abs=0.005)


def test_michelson_has_five_experiments_of_twenty_runs() -> None:
    table = datasets.columns("michelson")
    assert list(zip(table["experiment"], table["run"], strict=True)) == [
        (str(experiment), str(run)) for experiment in range(1, 6) for run in range(1, 21)
    ]

    parts = torch.cat([datasets.michelson(experiment) for experiment in range(1, 6)])
    assert_close(parts, datasets.michelson(), rtol=0, atol=0)


def test_newcomb_has_two_outliers() -> None:
    x = datasets.newcomb()
    kept = x[(x != -44) & (x != -2)]

    assert len(kept) == 64
    assert kept.mean().item() == pytest.approx(27.75, abs=0.005)
    assert kept.std(correction=0).item() == pytest.approx(5.04, abs=0.005)


def test_newcomb_prefers_a_student_t() -> None:
    x = datasets.newcomb()
    normal = torch.distributions.Normal(x.mean(), x.std(correction=0)).log_prob(x).sum()
    student = torch.distributions.StudentT(2.13, 27.40, 3.81).log_prob(x).sum()

    assert (2 * (student - normal) - 2).item() == pytest.approx(67, abs=0.1)  # difference in AIC


def test_galton_moments() -> None:
    heights = datasets.galton()
    covariance = torch.cov(heights.T, correction=0)

    assert len(set(datasets.columns("galton")["family"])) == 179
    assert covariance[0, 1].item() == pytest.approx(2.369, abs=5e-4)
    assert torch.corrcoef(heights.T)[0, 1].item() == pytest.approx(0.392, abs=5e-4)


def test_galton_lists_sons_from_the_tallest_down() -> None:
    family = datasets.columns("galton")["family"]
    sons = datasets.galton()[:, 1]
    pairs = zip(family, family[1:], sons, sons[1:], strict=False)
    assert all(taller >= next_one for a, b, taller, next_one in pairs if a == b)

    first = datasets.galton()[[family.index(label) for label in dict.fromkeys(family)]]
    assert torch.corrcoef(first.T)[0, 1].item() == pytest.approx(0.50, abs=0.005)


def test_one_random_son_per_family() -> None:
    family = datasets.columns("galton")["family"]
    sons_of = {label: set() for label in family}
    for label, (father, son) in zip(family, datasets.galton().tolist(), strict=True):
        sons_of[label].add((father, son))

    drawn = datasets.galton(one_son_seed=0).tolist()
    assert all(tuple(row) in sons for row, sons in zip(drawn, sons_of.values(), strict=True))


def test_draw_of_sons_is_reproducible() -> None:
    drawn = datasets.galton(one_son_seed=0)

    assert_close(drawn, datasets.galton(one_son_seed=0), rtol=0, atol=0)
    assert not drawn.equal(datasets.galton(one_son_seed=1))
    assert drawn[:, 1].sum().item() == pytest.approx(12361.1)  # the same on every machine


def test_draw_of_sons_is_uniform() -> None:
    family = datasets.columns("galton")["family"]
    sons = datasets.galton()[:, 1]
    count = Counter(family)
    expected = sum(son / count[label] for label, son in zip(family, sons, strict=True)) / 179

    draws = torch.stack([datasets.galton(one_son_seed=seed) for seed in range(200)])
    means = draws[..., 1].mean(1)
    standard_error = means.std() / len(means) ** 0.5
    assert abs(means.mean() - expected) < 3 * standard_error
    correlations = torch.stack([torch.corrcoef(draw.T)[0, 1] for draw in draws])
    assert correlations.mean().item() == pytest.approx(0.44, abs=0.01)


@pytest.mark.parametrize(
    ("species", "n", "correlation"),
    [("Adelie", 151, 0.39), ("Chinstrap", 68, 0.65), ("Gentoo", 123, 0.64), (None, 342, -0.235)],
)
def test_penguin_bills_correlate_within_a_species(
    species: str | None, n: int, correlation: float
) -> None:
    x = datasets.penguins(species)
    assert x.shape == (n, 4)
    assert torch.corrcoef(x.T)[0, 1].item() == pytest.approx(correlation, abs=0.005)


@pytest.mark.parametrize("species", ["Adelie", "Chinstrap", "Gentoo"])
def test_penguins_in_raw_units_are_ill_conditioned(species: str) -> None:
    x = datasets.penguins(species)
    assert 2e5 < torch.linalg.cond(torch.cov(x.T)) < 7e5
    assert 6.5 < torch.linalg.cond(torch.corrcoef(x.T)) < 11.1


def test_old_faithful_is_bimodal_and_serially_dependent() -> None:
    duration, waiting = datasets.old_faithful().T
    after_one = torch.stack([waiting[:-1], waiting[1:]])

    assert scipy.stats.shapiro(waiting.numpy()).pvalue == pytest.approx(1e-10, rel=0.05)
    assert torch.corrcoef(torch.stack([duration, waiting]))[0, 1].item() == pytest.approx(
        0.90, abs=0.005
    )
    assert torch.corrcoef(after_one)[0, 1].item() == pytest.approx(-0.54, abs=0.005)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda: datasets.michelson(6),
            "expected the experiment to be one of 1, 2, 3, 4, 5; got 6; try 5",
            id="experiment",
        ),
        pytest.param(
            lambda: datasets.penguins("gentoo"),
            "expected the species to be one of Adelie, Chinstrap, Gentoo; got 'gentoo'; try Gentoo",
            id="species",
        ),
        pytest.param(
            lambda: datasets.columns("faithful"),
            "expected the data set to be one of galton, michelson, newcomb, old_faithful, "
            "penguins; got 'faithful'; try old_faithful",
            id="columns",
        ),
        pytest.param(
            lambda: datasets.about("galtn"),
            "expected the data set to be one of galton, michelson, newcomb, old_faithful, "
            "penguins; got 'galtn'; try galton",
            id="about",
        ),
    ],
)
def test_unknown_name_raises(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match="expected") as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("seed", ["a", 1.5, torch.tensor(1)])
def test_seed_that_is_no_integer_raises(seed: object) -> None:
    with pytest.raises(TypeError, match=r"expected one_son_seed as an integer; got .*; try 0"):
        datasets.galton(one_son_seed=seed)  # type: ignore[arg-type]
