"""A fit shows itself as a table, in text and in HTML."""

import html.parser

import pytest
import torch
import torch.distributions as td
from torch.distributions import Distribution, MultivariateNormal, Normal

import mlefit

x = torch.randn(40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
X = torch.randn(40, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def rows(found: mlefit.Fit) -> list[list[str]]:
    """Return the cells of the lines between the title and the log-likelihood."""
    lines = repr(found).splitlines()
    return [line.split() for line in lines if line.startswith("  ")]


def test_shows_estimates_errors_and_intervals() -> None:
    found = mlefit.fit(Normal, x)
    title, head, loc, scale, likelihood, verdict = repr(found).splitlines()
    assert title == "Normal fitted to 40 observations"
    assert head.split() == ["parameter", "estimate", "std.", "error", "95", "%", "interval"]
    low, high = found.confidence_interval()["scale"]
    errors = found.standard_errors()
    assert loc.split()[:3] == [
        "loc",
        f"{found.params['loc'].item():.6g}",
        f"{errors['loc'].item():.6g}",
    ]
    assert scale.endswith(f"[{low.item():.6g}, {high.item():.6g}]")
    assert likelihood == (
        f"log-likelihood {found.log_likelihood.item():.3f} nats, "
        f"AIC {found.aic.item():.2f}, BIC {found.bic.item():.2f}"
    )
    assert verdict == found.message


def test_columns_line_up() -> None:
    lines = repr(mlefit.fit(Normal, 1e6 * x)).splitlines()[1:4]
    assert len({len(line) for line in lines}) == 1


def test_fixed_parameters_say_so() -> None:
    assert ["loc", "0", "fixed"] in rows(mlefit.fit(Normal, x, fixed={"loc": 0.0}))
    text = repr(mlefit.fit(MultivariateNormal, X, fixed={"scale_tril": torch.eye(5)}))
    assert "shape (5, 5)" in text
    counts = x.abs().round()
    text = repr(mlefit.fit(td.Binomial, counts, fixed={"total_count": 10}))
    assert ["total_count", "10", "fixed"] in [line.split() for line in text.splitlines()]


def test_entries_of_a_factor_on_and_below_the_diagonal() -> None:
    names = [
        line.split("  ")[1]
        for line in repr(mlefit.fit(MultivariateNormal, X[:, :2])).splitlines()[2:7]
    ]
    assert names == ["loc[0]", "loc[1]", "scale_tril[0, 0]", "scale_tril[1, 0]", "scale_tril[1, 1]"]


def test_long_tables_are_cut_and_counted() -> None:
    text = repr(mlefit.fit(MultivariateNormal, X))  # 5 + 15 numbers
    assert "and 8 more" in text
    assert len(text.splitlines()) < 20


def test_batch_says_how_many_converged() -> None:
    found = mlefit.fit(Normal, X)
    text = repr(found)
    assert text.startswith("Normal, a batch of 5 fits of shape (5,)")
    assert text.endswith(found.message)
    assert "5 of 5 fits converged" in text


def test_large_tables_are_quick() -> None:
    data = torch.randn(50, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert "and 483 more" in repr(mlefit.closed_form(MultivariateNormal, data))


def test_kink_leaves_the_errors_out() -> None:
    found = mlefit.closed_form(td.Laplace, x)
    assert rows(found)[1:] == [
        ["loc", f"{found.params['loc'].item():.6g}"],
        ["scale", f"{found.params['scale'].item():.6g}"],
    ]
    assert "no standard errors" in repr(found)


def test_unconverged_fit_shows_without_warning() -> None:
    with pytest.warns(mlefit.ConvergenceWarning):
        found = mlefit.fit(td.StudentT, x, init={"loc": 9.0, "scale": 9.0}, max_steps=1)
    assert "not converged" in repr(found)
    assert "not converged" in found._repr_html_()


def test_failed_member_of_a_batch_shows_nan() -> None:
    with pytest.warns(mlefit.ConvergenceWarning):
        found = mlefit.fit(Normal, torch.stack([x, 0 * x], 1))
    assert "nan" in repr(found)


class Table(html.parser.HTMLParser):
    """Collects the cells of each row, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


def test_html_holds_the_same_numbers() -> None:
    found = mlefit.fit(Normal, x)
    table = Table()
    table.feed(found._repr_html_())
    assert table.open == []
    assert [" ".join(row).split() for row in table.rows] == rows(found)
    assert "<caption>Normal fitted to 40 observations</caption>" in found._repr_html_()


def test_html_escapes_names() -> None:
    found = mlefit.fit(lambda loc: Normal(loc, 1.0), x, init={"loc": 0.0})
    shown = found._repr_html_()
    assert "&lt;lambda&gt;" in shown
    assert "<lambda>" not in shown
    assert repr(found).startswith("<lambda> fitted to 40 observations")


def test_title_of_a_partial() -> None:
    def family(loc: torch.Tensor, *, scale: float) -> Distribution:
        return Normal(loc, scale)

    found = mlefit.fit(family, x, init={"loc": 0.0}, fixed={"scale": 2.0})
    assert repr(found).startswith("family fitted to 40 observations")
    assert "fixed" in repr(found)
