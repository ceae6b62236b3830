"""Five small real data sets, each in a file that says where its numbers come from.

A function returns the measurements as a float64 tensor, one row per observation; its one optional
argument selects rows. `columns` has the labels of these rows (experiment, family, species),
and `about` the provenance.
"""

__all__ = ["about", "columns", "galton", "michelson", "newcomb", "old_faithful", "penguins"]

import csv
import difflib
import random
from collections import defaultdict
from collections.abc import Iterable
from importlib import resources
from numbers import Integral

import torch
from torch import Tensor


def michelson(experiment: int | None = None) -> Tensor:
    """Return Michelson's runs of 1879 on the speed of light in air, in km/s above 299000.

    The trap: precise and wrong. The mean of all 100 runs lies 118 km/s, or 15 of its standard
    errors of 7.86, above the value that R's package MASS gives as accepted for air, 734.5 on this
    scale. An interval holds the scatter of the runs, not their systematic error.

    Args:
        experiment: 1 to 5, for the 20 runs of that experiment; all 100 runs by default.

    Returns:
        Speeds of shape (100,), or (20,), in the order of the runs.

    Raises:
        ValueError: If there is no such experiment.

    Examples:
        >>> from mlefit import datasets
        >>> x = datasets.michelson()
        >>> len(x), x.mean().item(), x.std(correction=0).item()
        (100, 852.40, 78.61)
        >>> [datasets.michelson(k).mean().item() for k in range(1, 6)]
        [909.0, 856.0, 845.0, 820.5, 831.5]

    References:
        Michelson (1882), Astronomical Papers 1:109-145. Stigler (1977), Annals of Statistics
        5(6):1055-1098, doi:10.1214/aos/1176343997.
    """
    table = columns("michelson")
    speed = _numbers(table["speed"])

    return speed if experiment is None else speed[_rows_where(table, "experiment", experiment)]


def newcomb() -> Tensor:
    """Return Newcomb's 66 passage times of light over 7442 m, in ns above 24800.

    The trap: two of them, -44 and -2, are far from the others and double the spread of a fitted
    normal. The accepted value is 33.02 (`MASS::newcomb`); the rows may not be in the order
    of observation.

    Returns:
        Passage times of shape (66,).

    Examples:
        >>> from mlefit import datasets
        >>> x = datasets.newcomb()
        >>> len(x), x.mean().item(), x.std(correction=0).item()
        (66, 26.21, 10.66)
        >>> kept = x[x > -2]
        >>> len(kept), kept.mean().item(), kept.std(correction=0).item()
        (64, 27.75, 5.04)

    References:
        Newcomb (1891), Astronomical Papers 2:107-230. Stigler (1977), Annals of Statistics
        5(6):1055-1098, doi:10.1214/aos/1176343997.
    """
    return _numbers(columns("newcomb")["time"])


def galton(*, one_son_seed: int | None = None) -> Tensor:
    """Return Galton's heights of fathers and their grown-up sons, in inches.

    The trap: brothers share a father, so the 481 rows are not independent, and a standard error
    that takes them to be is too small. Nor will the first son of each family do: Galton listed
    children from the tallest down, so first sons are an inch too tall and correlate with their
    fathers by 0.50, where one random son of each family gives 0.44 on average.

    Args:
        one_son_seed: An integer, to draw one son of each family at random; the same integer gives
            the same sons, whatever the version of Python or PyTorch. By default all sons are
            returned.

    Returns:
        Heights of shape (481, 2), or (179, 2), with the columns father and son. The families are
        in Galton's order, and `columns("galton")["family"]` has the label of each of the 481.

    Raises:
        TypeError: The seed is no integer.

    Examples:
        >>> import torch
        >>> from mlefit import datasets
        >>> heights = datasets.galton()
        >>> heights.shape, heights.mean(0)
        (torch.Size([481, 2]), tensor([69.138, 69.234], dtype=torch.float64))
        >>> torch.corrcoef(heights.T)[0, 1].item()
        0.392
        >>> datasets.galton(one_son_seed=0).shape
        torch.Size([179, 2])

    References:
        Galton (1886), Journal of the Anthropological Institute 15:246-263. Hanley (2004),
        American Statistician 58(3):237-243.
    """
    table = columns("galton")
    heights = torch.stack([_numbers(table["father"]), _numbers(table["son"])], dim=1)

    if one_son_seed is None:
        return heights
    if not isinstance(one_son_seed, Integral):
        raise TypeError(f"expected one_son_seed as an integer; got {one_son_seed!r}; try 0")
    return heights[_draw_one_of_each(table["family"], one_son_seed)]


def penguins(species: str | None = None) -> Tensor:
    """Return the sizes of penguins near Palmer Station, Antarctica, 2007 to 2009.

    The trap: the pooled birds are three clouds, not one. Bill length and depth correlate
    negatively over all of them (-0.24) and positively within each species (0.39 to 0.65).

    Args:
        species: `"Adelie"` (151 birds), `"Chinstrap"` (68) or `"Gentoo"` (123); all 342 by
            default.

    Returns:
        Sizes of shape (n, 4) with the columns bill length, bill depth and flipper length in mm,
        and body mass in g. `columns("penguins")` has the species, island, sex and year of all
        342 birds; the sex of nine is `"NA"`, not known.

    Raises:
        ValueError: If there is no such species.

    Examples:
        >>> from mlefit import datasets
        >>> datasets.penguins().shape
        torch.Size([342, 4])
        >>> datasets.penguins("Gentoo").mean(0)
        tensor([  47.5,   15.0,  217.2, 5076.0], dtype=torch.float64)

    References:
        Gorman, Williams and Fraser (2014), PLoS ONE 9(3):e90081,
        doi:10.1371/journal.pone.0090081. Horst, Hill and Gorman (2020), palmerpenguins,
        doi:10.5281/zenodo.3960218.
    """
    table = columns("penguins")
    measured = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    sizes = torch.stack([_numbers(table[name]) for name in measured], dim=1)

    return sizes if species is None else sizes[_rows_where(table, "species", species)]


def old_faithful() -> Tensor:
    """Return eruption times of the Old Faithful geyser and the waits that follow, in minutes.

    The trap: there are two kinds of eruption, short and long, which no one normal describes. The
    rows follow each other in time, and a long wait tends to be followed by a short one
    (correlation -0.54), so they are not independent either.

    Returns:
        Times of shape (272, 2) with the columns duration of the eruption, waiting time to the
        next.

    Examples:
        >>> from mlefit import datasets
        >>> duration, waiting = datasets.old_faithful().T
        >>> len(waiting), waiting.mean().item(), waiting.std(correction=0).item()
        (272, 70.90, 13.57)
        >>> (duration < 3).sum().item()
        97

    References:
        Azzalini and Bowman (1990), Applied Statistics 39(3):357-365, doi:10.2307/2347385; this
        version is Härdle's (1991), Smoothing Techniques with Implementation in S.
    """
    table = columns("old_faithful")
    return torch.stack([_numbers(table["eruptions"]), _numbers(table["waiting"])], dim=1)


def columns(name: str) -> dict[str, tuple[str, ...]]:
    """Return a data set's file as columns of text, labels included, row by row as in the tensor.

    Args:
        name: The name of the data set's function, such as `"penguins"`.

    Returns:
        For each column its cells, exactly as they stand in the source.

    Raises:
        ValueError: If there is no such data set.

    Examples:
        >>> from mlefit import datasets
        >>> list(datasets.columns("michelson"))
        ['experiment', 'run', 'speed']
        >>> sorted(set(datasets.columns("penguins")["species"]))
        ['Adelie', 'Chinstrap', 'Gentoo']
    """
    _, lines = _read(name)
    header, *rows = csv.reader(lines)
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def about(name: str) -> str:
    """Return a data set's provenance: title, source, package, units, licence, changes.

    Args:
        name: The name of the data set's function, such as `"penguins"`.

    Raises:
        ValueError: If there is no such data set.

    Examples:
        >>> from mlefit import datasets
        >>> print(datasets.about("newcomb"))
        Title: Passage time of light over 7442 m, Newcomb's 66 measurements of 1882
        Source: S. Newcomb (1891), ...
    """
    comments, _ = _read(name)
    return "\n".join(comments)


def _read(name: str) -> tuple[list[str], list[str]]:
    """Split a file into its comments, without their marks, and its lines of data."""
    files = {
        file.name.removesuffix(".csv"): file
        for file in resources.files("mlefit").joinpath("data").iterdir()
        if file.name.endswith(".csv")
    }
    _check_known("data set", name, sorted(files))

    lines = files[name].read_text(encoding="utf-8").splitlines()
    comments = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    return comments, [line for line in lines if not line.startswith("#")]


def _numbers(cells: Iterable[str]) -> Tensor:
    return torch.tensor([float(cell) for cell in cells], dtype=torch.float64)


def _rows_where(table: dict[str, tuple[str, ...]], column: str, value: object) -> Tensor:
    """Return the mask of the rows whose label in this column is the given one."""
    labels = table[column]
    _check_known(column, value, sorted(set(labels)))
    return torch.tensor([label == str(value) for label in labels])


def _draw_one_of_each(labels: Iterable[str], seed: int) -> list[int]:
    """Draw one row per label, the labels in the order of their first rows."""
    rows_of = defaultdict(list)
    for row, label in enumerate(labels):
        rows_of[label].append(row)

    # Of all its methods, Python promises only for random() the same sequence in every version.
    generator = random.Random(seed)
    return [rows[int(generator.random() * len(rows))] for rows in rows_of.values()]


def _check_known(kind: str, value: object, known: list[str]) -> None:
    if str(value) not in known:
        (nearest,) = difflib.get_close_matches(str(value), known, n=1, cutoff=0.0)
        raise ValueError(
            f"expected the {kind} to be one of {', '.join(known)}; got {value!r}; try {nearest}"
        )
