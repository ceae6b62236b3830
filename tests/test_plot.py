"""The plots show what they claim: geometry against numbers, not pixels."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import scipy.stats
import torch
import torch.distributions as td
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from torch import Tensor
from torch.distributions import (
    Categorical,
    Chi2,
    Distribution,
    Exponential,
    Gamma,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
    Poisson,
    StudentT,
)
from torch.testing import assert_close

import mlefit
from mlefit import datasets, plot
from mlefit._curves import box, nats_below
from mlefit._quantiles import envelope, quantiles

mpl.use("Agg")  # for the doctests too: no test opens a window

SPEED = datasets.michelson()
HEIGHTS = datasets.galton()
TIMES = datasets.newcomb()
COUNTS = torch.tensor([2.0, 3, 3, 4, 0, 1, 2, 5, 2, 3])

SPEED_FIT = mlefit.fit(Normal, SPEED)
HEIGHTS_FIT = mlefit.fit(MultivariateNormal, HEIGHTS)
TIMES_FIT = mlefit.fit(StudentT, TIMES)
GRADIENT_FIT = mlefit.fit(
    Normal,
    SPEED,
    init={"loc": 700.0, "scale": 200.0},
    optimizer=partial(torch.optim.Adam, lr=5.0),
    max_steps=60,
    tol=0,
)

DRAWINGS: dict[str, Callable[..., Axes]] = {
    "density": partial(plot.density, SPEED_FIT, SPEED),
    "counts": partial(plot.density, mlefit.fit(Poisson, COUNTS), COUNTS),
    "ellipses": partial(plot.ellipses, HEIGHTS_FIT, HEIGHTS),
    "qq": partial(plot.qq, SPEED_FIT, SPEED),
    "qq of distances": partial(plot.qq, HEIGHTS_FIT, HEIGHTS),
    "profile": partial(plot.profile, SPEED_FIT, "loc"),
    "loss": partial(plot.loss, GRADIENT_FIT),
    "surface": partial(plot.surface, SPEED_FIT, SPEED, path=GRADIENT_FIT),
}
every_drawing = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def line(ax: Axes, index: int = 0) -> tuple[Tensor, Tensor]:
    x, y = ax.lines[index].get_data()
    return torch.as_tensor(x), torch.as_tensor(y)


def middles(n: int) -> Tensor:
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


# every drawing


@every_drawing
def test_draws_on_the_given_axes_or_on_a_new_figure(draw: Callable[..., Axes]) -> None:
    _, given = plt.subplots()
    assert draw(ax=given) is given
    assert draw().figure is not given.figure


@every_drawing
@pytest.mark.parametrize("style", ["dark_background", "classic"])
def test_draws_in_any_style_with_its_colours(draw: Callable[..., Axes], style: str) -> None:
    with plt.style.context(style):
        palette = {to_hex(to_rgb(f"C{role}")) for role in range(5)}
        ax = draw()
        ax.figure.canvas.draw()

        assert {to_hex(drawn.get_color()) for drawn in ax.lines} <= palette
        assert not ax.get_title()
        assert ax.get_legend() is None
        written = {to_hex(text.get_color()) for text in ax.texts}
        assert written <= {to_hex(plt.rcParams["text.color"]), to_hex(to_rgb("C4"))}


@every_drawing
def test_leaves_the_random_state(draw: Callable[..., Axes]) -> None:
    before = torch.get_rng_state()
    draw()
    assert torch.get_rng_state().equal(before)


def test_importing_mlefit_does_not_import_matplotlib() -> None:
    code = "import sys, mlefit; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['matplotlib'] = None; import mlefit.plot"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ImportError: expected matplotlib" in done.stderr
    assert "try pip install mlefit[plot]" in done.stderr


# density


@pytest.mark.parametrize(
    ("family", "data"),
    [(Normal, SPEED), (StudentT, TIMES), (Exponential, SPEED), (Gamma, SPEED)],
    ids=["Normal", "StudentT", "Exponential", "Gamma"],
)
def test_density_is_the_fitted_one_and_integrates_to_its_probability(
    family: type[Distribution], data: Tensor
) -> None:
    fit = mlefit.fit(family, data)
    ax = plot.density(fit, data)
    t, y = line(ax)

    assert_close(y, fit.distribution.log_prob(t).exp())
    draws = quantiles(fit.distribution, middles(10_000))
    inside = ((draws >= t[0]) & (draws <= t[-1])).double().mean()
    assert torch.trapezoid(y, t).item() == pytest.approx(inside.item(), abs=1e-3)
    bars = sum(bar.get_width() * bar.get_height() for bar in ax.patches)
    assert bars == pytest.approx(1)
    assert texts(ax) == [family.__name__]


def test_density_of_a_normal_integrates_to_one() -> None:
    t, y = line(plot.density(SPEED_FIT, SPEED))
    assert torch.trapezoid(y, t).item() == pytest.approx(1, abs=2e-3)


def test_density_of_counts_has_bars_of_shares_and_of_probabilities() -> None:
    ax = plot.density(mlefit.fit(Poisson, COUNTS), COUNTS)
    shares, model = ([bar.get_height() for bar in bars] for bars in ax.containers)
    values = [bar.get_x() + bar.get_width() / 2 for bar in ax.containers[1]]

    assert sum(shares) == pytest.approx(1)
    assert shares[2] == pytest.approx(0.3)
    assert values == pytest.approx(range(len(values)))
    assert model == pytest.approx(scipy.stats.poisson(2.5).pmf(values).tolist())
    assert sum(model) > 0.985


def test_an_infinite_density_does_not_flatten_the_histogram() -> None:
    x = quantiles(Gamma(torch.tensor(0.3).double(), 1.0), middles(200))
    ax = plot.density(mlefit.fit(Gamma, x), x)
    assert ax.get_ylim()[1] < 2 * max(bar.get_height() for bar in ax.patches)


# ellipses


def test_each_ellipse_holds_its_probability() -> None:
    levels = (0.2, 0.5, 0.9, 0.99)
    ax = plot.ellipses(HEIGHTS_FIT, levels=levels)
    torch.manual_seed(0)
    draws = HEIGHTS_FIT.distribution.sample((100_000,)).numpy()

    for drawn, level in zip(ax.lines, levels, strict=False):
        inside = drawn.get_path().contains_points(draws).mean()
        assert inside == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 1e5))


def test_ellipses_have_their_levels_at_their_tops() -> None:
    ax = plot.ellipses(HEIGHTS_FIT, levels=(0.9, 0.975))

    assert texts(ax) == ["90 %", "97.5 %"]
    covariance = HEIGHTS_FIT.distribution.covariance_matrix
    radius = math.sqrt(scipy.stats.chi2(2).ppf(0.9))
    top = HEIGHTS_FIT.params["loc"] + radius * covariance[1] / covariance[1, 1].sqrt()
    assert ax.texts[0].xy == pytest.approx(top.tolist(), abs=0.05)


def test_ellipses_show_the_data() -> None:
    ax = plot.ellipses(HEIGHTS_FIT, HEIGHTS)
    assert_close(torch.as_tensor(ax.collections[0].get_offsets().data), HEIGHTS)


# quantiles


def double(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize(
    ("ours", "theirs", "error"),
    [
        (Normal(double(852.4), double(78.6)), scipy.stats.norm(852.4, 78.6), 1e-9),
        (Gamma(double(2.0), double(0.5)), scipy.stats.gamma(2, scale=2), 1e-9),
        (Chi2(double(3.0)), scipy.stats.chi2(3), 1e-9),
        (StudentT(double(4.0)), scipy.stats.t(4), 0.05),  # neither icdf nor cdf: draws
        (Poisson(double(3.3)), scipy.stats.poisson(3.3), 0.0),
    ],
    ids=["Normal", "Gamma", "Chi2", "StudentT", "Poisson"],
)
def test_quantiles_are_those_of_scipy(ours: Distribution, theirs: Any, error: float) -> None:
    p = middles(100)
    assert_close(quantiles(ours, p), double(theirs.ppf(p.numpy()).tolist()), rtol=0, atol=error)


def test_quantiles_of_a_mixture_invert_its_cdf() -> None:
    halves = torch.tensor([0.5, 0.5]).double()
    mixture = MixtureSameFamily(
        Categorical(halves), Normal(torch.tensor([-2.0, 3.0]).double(), halves)
    )
    p = torch.tensor([0.01, 0.3, 0.5, 0.9]).double()
    assert_close(mixture.cdf(quantiles(mixture, p)), p)


def test_qq_of_numbers() -> None:
    ax = plot.qq(SPEED_FIT, SPEED)
    q, x = torch.as_tensor(ax.collections[1].get_offsets().data).T

    expected = scipy.stats.norm(852.4, 78.61450).ppf(middles(100))
    assert_close(q, torch.as_tensor(expected), rtol=1e-6, atol=0)
    assert_close(x, SPEED.sort().values)
    assert ax.get_xlabel() == "quantile of the fitted Normal"


def test_qq_of_squared_distances() -> None:
    ax = plot.qq(HEIGHTS_FIT, HEIGHTS)
    q, squared = torch.as_tensor(ax.collections[1].get_offsets().data).T

    assert_close(q, torch.as_tensor(scipy.stats.chi2(2).ppf(middles(481))))
    assert squared.mean().item() == pytest.approx(2)  # as for every MLE: trace(S^-1 S) = d
    away = HEIGHTS - HEIGHTS.mean(0)
    precision = torch.linalg.inv(torch.cov(HEIGHTS.T, correction=0))
    assert_close(squared, (away @ precision * away).sum(1).sort().values)


def test_qq_can_show_counts() -> None:
    ax = plot.qq(mlefit.fit(Poisson, COUNTS), COUNTS)
    q, x = torch.as_tensor(ax.collections[1].get_offsets().data).T
    assert_close(q, q.round())
    assert_close(x, COUNTS.double().sort().values)


def test_band_without_refit_is_that_of_order_statistics() -> None:
    n = 20
    low, high = envelope(
        StudentT(torch.tensor(5.0).double()), n, level=0.9, simulations=4000, seed=0, refit=True
    )
    rank = torch.arange(1, n + 1)
    beta = scipy.stats.beta(rank.numpy(), n + 1 - rank.numpy())
    inside = scipy.stats.t(5).cdf(high.numpy()), scipy.stats.t(5).cdf(low.numpy())
    assert beta.cdf(inside[0]) == pytest.approx(0.95, abs=0.02)
    assert beta.cdf(inside[1]) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("d", [1, 3])
def test_band_holds_its_share_of_fitted_samples(d: int) -> None:
    n, samples = 30, 1000
    torch.manual_seed(1)
    x = torch.randn(n, samples, d, dtype=torch.float64) @ torch.randn(d, d).double() + 7
    family = Normal if d == 1 else MultivariateNormal
    fits = mlefit.closed_form(family, x.squeeze(-1))
    if d == 1:
        seen = (x[..., 0] - fits.params["loc"]) / fits.params["scale"]
        standard: Normal | MultivariateNormal = Normal(*torch.tensor([0.0, 1.0]).double())
    else:
        away = x - fits.params["loc"]
        seen = (
            torch.linalg.solve_triangular(fits.params["scale_tril"], away[..., None], upper=False)
            .square()
            .sum((-2, -1))
        )
        standard = MultivariateNormal(torch.zeros(d).double(), torch.eye(d).double())

    low, high = envelope(standard, n, level=0.9, simulations=2000, seed=0, refit=True)
    seen = seen.sort(0).values
    inside = ((seen >= low[:, None]) & (seen <= high[:, None])).double().mean(1)
    assert inside.sub(0.9).abs().max() < 0.05
    assert inside.mean().item() == pytest.approx(0.9, abs=0.01)


def test_band_is_wider_where_nothing_is_fitted_anew() -> None:
    known = mlefit.fit(Normal, SPEED, fixed={"loc": 852.4})
    widths = []
    for fit in (SPEED_FIT, known):
        corners = plot.qq(fit, SPEED).collections[0].get_paths()[0].vertices
        middle = corners[abs(corners[:, 0] - 852.4) < 2, 1]
        widths.append(middle.max() - middle.min())
    assert widths[1] > 1.3 * widths[0]


def test_band_depends_on_the_seed_alone() -> None:
    def band(seed: int) -> Tensor:
        ax = plot.qq(SPEED_FIT, SPEED, seed=seed)
        return torch.as_tensor(ax.collections[0].get_paths()[0].vertices)

    assert_close(band(0), band(0), rtol=0, atol=0)
    assert not band(0).equal(band(1))


# profile


@pytest.mark.parametrize("name", ["loc", "scale"])
def test_profile_of_a_normal_is_its_formula(name: str) -> None:
    ax = plot.profile(SPEED_FIT, name)
    values, lost = line(ax)
    n, mean, s = 100, SPEED.mean(), SPEED.std(correction=0)

    if name == "loc":
        formula = -n / 2 * (1 + (values - mean) ** 2 / s**2).log()
    else:
        formula = -n * ((values / s).log() + s**2 / (2 * values**2) - 0.5)
    assert_close(lost, formula, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize(
    ("fit", "name"),
    [(SPEED_FIT, "scale"), (TIMES_FIT, "df"), (mlefit.fit(Exponential, SPEED), "rate")],
    ids=["Normal", "StudentT", "Exponential"],
)
def test_profile_is_cut_at_the_profile_interval(fit: mlefit.Fit, name: str, level: float) -> None:
    ax = plot.profile(fit, name, level=level)
    cut = -scipy.stats.chi2(1).ppf(level) / 2
    interval = [end.item() for end in fit.profile_interval(name, level=level)]

    (left, right), height = line(ax, 2)
    assert [left.item(), right.item()] == pytest.approx(interval)
    assert height.tolist() == pytest.approx([cut, cut])
    # where the curve itself crosses the cut, between its points
    values, lost = line(ax)
    crossings = [
        (a + (b - a) * (cut - f) / (g - f)).item()
        for a, b, f, g in zip(values, values[1:], lost, lost[1:], strict=False)
        if (f - cut) * (g - cut) < 0
    ]
    assert crossings == pytest.approx(interval, rel=5e-3)
    assert texts(ax) == [f"{100 * level:g} % interval", *(f"{end:.4g}" for end in interval)]


def test_profile_goes_on_where_the_likelihood_never_falls_enough() -> None:
    fit = mlefit.fit(StudentT, datasets.penguins("Gentoo")[:, 0])
    low, high = (end.item() for end in fit.profile_interval("df"))
    assert math.isinf(high)

    ax = plot.profile(fit, "df")
    values, lost = line(ax)
    assert values[0] < low
    assert values[-1] > 2 * fit.params["df"]
    assert lost[-1] > -1.92
    assert texts(ax) == ["95 % interval", f"{low:.4g}"]
    assert line(ax, 2)[0].tolist() == pytest.approx([low, values[-1].item()])


# loss


def test_loss_is_the_gap_of_the_trace() -> None:
    ax = plot.loss(GRADIENT_FIT, minimum=0.0)
    steps, gap = line(ax)

    assert steps.tolist() == list(range(61))
    assert_close(gap, GRADIENT_FIT.trace.loss)
    assert ax.get_yscale() == "log"


def test_loss_leaves_out_its_minimum() -> None:
    steps, gap = line(plot.loss(GRADIENT_FIT))
    trace = GRADIENT_FIT.trace.loss
    assert len(steps) == 60
    assert_close(gap, (trace - trace.min())[steps])


# surface


def test_surface_has_contours_of_the_log_likelihood() -> None:
    ax = plot.surface(SPEED_FIT, SPEED, levels=(100, 2))
    (contours,) = ax.collections

    for level, path in zip((2, 100), contours.get_paths(), strict=True):
        loc, scale = torch.as_tensor(path.vertices).T
        below = SPEED_FIT.log_likelihood - Normal(loc, scale).log_prob(SPEED[:, None]).sum(0)
        assert_close(below, torch.full_like(below, level), rtol=0.02, atol=0)
    assert loc.max() < ax.get_xlim()[1]
    assert scale.max() < ax.get_ylim()[1]


@pytest.mark.parametrize("nats", [0.01, 3.0, 300.0, 2000.0])
def test_surface_holds_the_whole_contour_and_little_more(nats: float) -> None:
    loc, scale = box(SPEED, nats, torch.tensor([[852.4], [78.6]]).double())
    below = nats_below(SPEED, loc, scale)

    assert scale.min() > 0
    assert min(edge.min() for edge in (below[0], below[-1], below[:, 0], below[:, -1])) > nats
    held = below <= nats
    assert held.any(0).double().mean() > 0.9
    assert held.any(1).double().mean() > 0.9


def test_surface_shows_the_path() -> None:
    ax = plot.surface(SPEED_FIT, SPEED, path=GRADIENT_FIT)
    loc, scale = line(ax)
    assert (loc[0].item(), scale[0].item()) == pytest.approx((700, 200))
    assert_close(loc, GRADIENT_FIT.trace.params["loc"])
    assert line(ax, 1)[0].item() == pytest.approx(852.4)


# errors

BATCH = mlefit.fit(Normal, SPEED.reshape(20, 5))

ERRORS = {
    "batch": (lambda: plot.density(BATCH, SPEED), "a single fit; got a batch of shape (5,)"),
    "batch, profile": (lambda: plot.profile(BATCH, "loc"), "expected a single fit"),
    "batch, loss": (lambda: plot.loss(BATCH), "expected a single fit"),
    "density of rows": (lambda: plot.density(HEIGHTS_FIT, HEIGHTS), "a fit of numbers; got"),
    "shape": (lambda: plot.density(SPEED_FIT, HEIGHTS), "data of shape (n,) for this fit; got"),
    "columns": (
        lambda: plot.ellipses(HEIGHTS_FIT, datasets.penguins()),
        "expected data of shape (n, 2) for this fit; got (342, 4)",
    ),
    "nan": (
        lambda: plot.qq(SPEED_FIT, [1.0, math.nan]),
        "expected finite data in the support of Normal; got nan among them",
    ),
    "support": (
        lambda: plot.density(mlefit.fit(Exponential, SPEED), [-1.0]),
        "expected finite data in the support of Exponential; got -1.0 among them",
    ),
    "ellipses of numbers": (
        lambda: plot.ellipses(SPEED_FIT),
        "expected a fit of MultivariateNormal; got Normal; try mlefit.fit(Multivariate",
    ),
    "dimensions": (
        lambda: plot.ellipses(mlefit.fit(MultivariateNormal, datasets.penguins("Gentoo"))),
        "expected a fit of two dimensions; got 4",
    ),
    "level": (lambda: plot.ellipses(HEIGHTS_FIT, levels=(90,)), "levels between 0 and 1; got 90"),
    "band": (lambda: plot.qq(SPEED_FIT, SPEED, band=95), "band between 0 and 1; got 95"),
    "profile of a matrix": (
        lambda: plot.profile(HEIGHTS_FIT, "scale_tril"),
        "expected a learned parameter with one number a fit; got 'scale_tril'",
    ),
    "no steps": (
        lambda: plot.loss(mlefit.closed_form(Normal, SPEED)),
        "expected a fit that took steps; got one that is exact",
    ),
    "no simulations": (
        lambda: plot.qq(SPEED_FIT, SPEED, simulations=0),
        "expected at least one simulation; got 0",
    ),
    "as many rows as dimensions": (
        lambda: plot.qq(HEIGHTS_FIT, HEIGHTS[:2]),
        "expected more than 2 rows, since a normal is fitted to samples of as many; got 2",
    ),
    "no levels": (lambda: plot.surface(SPEED_FIT, SPEED, levels=()), "each above 0; got ()"),
    "a level of 0": (lambda: plot.surface(SPEED_FIT, SPEED, levels=(0, 2)), "each above 0; got"),
    "surface": (lambda: plot.surface(TIMES_FIT, TIMES), "expected a fit of Normal; got StudentT"),
    "surface of one value": (
        lambda: plot.surface(SPEED_FIT, [1.0, 1.0]),
        "expected data that vary; got 2 equal ones",
    ),
}


@pytest.mark.skipif(not hasattr(td, "GeneralizedPareto"), reason="torch 2.8 and later")
def test_density_of_a_family_whose_torch_density_fails() -> None:
    over = [value - 60 for value in datasets.galton()[:, 0].tolist()]
    found = mlefit.fit(td.GeneralizedPareto, over, fixed={"loc": 0.0})
    (line,) = plot.density(found, over).lines
    t, density = line.get_data()
    c, s = (found.params[name].item() for name in ("concentration", "scale"))
    assert density == pytest.approx(scipy.stats.genpareto.pdf(t, c, scale=s), rel=1e-10)


@pytest.mark.parametrize(("call", "message"), ERRORS.values(), ids=ERRORS)
def test_bad_input_raises(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match="; try ") as error:
        call()
    assert message in str(error.value)
    assert not plt.get_fignums()
