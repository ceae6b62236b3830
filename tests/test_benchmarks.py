"""The benchmarks' own machinery, without the peers that are not installed for the tests."""

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import MultivariateNormal, Normal

from benchmarks import ours, reference, report, shards, streaming
from benchmarks.aims import AIMS, Outcome, outcomes
from benchmarks.measure import Contender, Estimate, NotMeasuredError, Row, Task, race
from benchmarks.peers import formulas, post

ROOT = Path(__file__).parents[1]
DATA = ROOT / "docs/explain/how-fast/measurements.json"
TABLE = ROOT / "benchmarks/RESULTS.md"


def contender(who, *, seconds=None, share=1.0, params=(), note=""):
    return Contender(who, lambda: Estimate(params, "yes", seconds), share, note)


def fails(error):
    def run():
        raise error

    return run


def test_a_ratio_is_to_the_first_and_a_share_is_scaled():
    task = Task(
        "s",
        "t",
        "1 row",
        [contender("mlefit", seconds=0.5), contender("loop", seconds=1.0, share=0.1)],
    )
    first, second = race(task, repeats=3)

    assert (first.seconds, first.ratio, first.runs) == (0.5, 1.0, 3)
    assert (second.seconds, second.ratio) == (10.0, 20.0)


def test_contenders_take_turns():
    order = []

    def turn(who):
        return Contender(who, lambda: order.append(who) or Estimate())

    race(Task("s", "t", "", [turn("a"), turn("b")]), repeats=2)
    assert order == ["a", "b"] * 3


def test_a_slow_contender_runs_once_and_that_run_counts():
    slow = Contender("slow", lambda: time.sleep(0.02) or Estimate())
    (row,) = race(Task("s", "t", "", [slow], budget=0.01), repeats=5)

    assert row.runs == 1
    assert row.seconds is not None


def test_a_failure_is_a_row():
    broken = Contender("broken", fails(ValueError("no")))
    absent = Contender("absent", fails(NotMeasuredError("no GPU here")))
    rows = race(Task("s", "t", "", [contender("mlefit", seconds=1.0), broken, absent]), repeats=1)

    assert [row.verdict for row in rows[1:]] == ["raised ValueError", "not measured: no GPU here"]
    assert rows[1].seconds is None


def test_a_gap_that_is_no_number_is_infinite():
    task = Task("s", "t", "", [contender("mlefit", seconds=1.0, params=(0,))], lambda _: math.nan)
    assert race(task, repeats=1)[0].gap == math.inf


def test_a_remark_is_made_of_all_times():
    both = [contender("mlefit", seconds=1.0, note="ours"), contender("peer", seconds=3.0)]
    remarks = {"mlefit": lambda seconds: f"{seconds['peer'] / seconds['mlefit']:.0f} times"}
    ours, peer = race(Task("s", "t", "", both, remarks=remarks), repeats=1)
    assert (ours.note, peer.note) == ("ours; 3 times", "")

    alone = race(Task("s", "t", "", both[:1], remarks=remarks), repeats=1)
    assert [row.note for row in alone] == ["ours"]


def test_operations_are_counted():
    x = torch.ones(3)
    assert ours.operations(lambda: (x + x) * x) == 2


def test_the_gap_of_a_normal_is_a_difference_of_log_likelihoods():
    x = 5 + 2 * torch.randn(500, dtype=torch.float64)
    best = Normal(x.mean(), x.std(correction=0)).log_prob(x).mean()
    other = Normal(x.new_tensor(4.0), 3.0).log_prob(x).mean()

    gap = reference.normal_gap(x)
    assert gap(4.0, 3.0) == pytest.approx((best - other).item(), rel=1e-10)
    assert gap(*ours.exact(Normal, x).params) == pytest.approx(0, abs=1e-15)
    assert gap(*formulas.scipy_normal(x.numpy()).params) == pytest.approx(0, abs=1e-15)


def test_the_gap_of_a_multivariate_normal_is_a_difference_of_log_likelihoods():
    X = torch.randn(500, 3, dtype=torch.float64) @ torch.randn(3, 3, dtype=torch.float64)
    loc, S = torch.ones(3, dtype=X.dtype), torch.eye(3, dtype=X.dtype)
    best = MultivariateNormal(X.mean(0), X.T.cov(correction=0)).log_prob(X).mean()
    other = MultivariateNormal(loc, S).log_prob(X).mean()

    gap = reference.multivariate_gap(X)
    assert gap(loc, S) == pytest.approx((best - other).item(), rel=1e-10)
    assert gap(*ours.exact_multivariate(X).params) == pytest.approx(0, abs=1e-14)
    assert gap(*formulas.numpy_cov(X.numpy()).params) == pytest.approx(0, abs=1e-14)
    assert gap(loc, -S) == math.inf


# family -> data, the density by SciPy of torch's parameters, two sets of parameters
FAMILIES = {
    "Gamma": (
        stats.gamma(3, scale=2),
        lambda x, c, rate: stats.gamma.logpdf(x, c, scale=1 / rate),
        ((3.0, 0.5), (2.0, 1.0)),
    ),
    "Weibull": (
        stats.weibull_min(1.5, scale=2),
        lambda x, scale, c: stats.weibull_min.logpdf(x, c, scale=scale),
        ((2.0, 1.5), (1.0, 1.0)),
    ),
    "Beta": (stats.beta(2, 5), stats.beta.logpdf, ((2.0, 5.0), (1.0, 1.0))),
    "StudentT": (stats.t(5, 10, 2), stats.t.logpdf, ((5.0, 10.0, 2.0), (3.0, 9.0, 1.0))),
    "NegativeBinomial": (
        stats.nbinom(5.3, 0.4),
        lambda x, r, p: stats.nbinom.logpmf(x, r, 1 - p),
        ((5.3, 0.6), (2.0, 0.5)),
    ),
}


@pytest.mark.parametrize("name", reference.DENSITIES)
def test_the_gap_by_density_is_one_of_log_likelihoods_and_least_at_the_optimum(name):
    truth, log_density, (near, far) = FAMILIES[name]
    x = truth.rvs(size=100, random_state=np.random.default_rng(0))
    difference = log_density(x, *near).mean() - log_density(x, *far).mean()

    gap = reference.gap_by_density(name, x.tolist(), near)
    assert gap(*far) - gap(*near) == pytest.approx(difference, rel=1e-10)
    assert gap(*far) > gap(*near) > 0


def test_the_loops_of_the_post_come_near():
    x, X = torch.randn(100), torch.randn(50, 2)

    before = reference.normal_gap(x)(*post.univariate(x, steps=1).params)
    after = reference.normal_gap(x)(*post.univariate(x, steps=100).params)
    assert 0 < after < before
    before = reference.multivariate_gap(X)(*post.multivariate(X, torch.ones(2), steps=1).params)
    after = reference.multivariate_gap(X)(*post.multivariate(X, torch.ones(2), steps=50).params)
    assert 0 < after < before


def test_a_stream_is_read_as_often_as_asked():
    x = torch.arange(5.0)
    assert sum(len(block) for block in streaming.blocks(x, 20)) == 20


def test_a_stream_has_the_statistics_of_its_rows(monkeypatch):
    monkeypatch.setattr(streaming, "BLOCK", 30)
    x = torch.randn(100, dtype=torch.float64)
    streamed, held = streaming.stream(x, 200), streaming.memory(x, 200)
    assert streamed.n == 2 * held.n == 200
    assert streamed.scatter.item() == pytest.approx(2 * held.scatter.item(), rel=1e-12)
    assert streaming.calls(x, 200).n == 200 // 30


def test_processes_share_out_the_same_rows():
    dealt = [shards.rows(40, range(rank, shards.PARTS, 2)) for rank in range(2)]
    whole = shards.rows(40)
    assert torch.equal(torch.cat(dealt).sort(0).values, whole.sort(0).values)


def test_aims_are_held_against_the_rows():
    def row(key, who, seconds, note=""):
        return Row("s", "t", "", who, seconds, seconds, 1, 1.0, 0.0, "yes", note, key)

    rows = [
        row("exact-normal", "mlefit closed_form", 1.0, "slow today"),
        row("exact-normal", "scipy norm.fit", 3.4996),
        row("import", "mlefit", 0.05),
        row("many-normals", "mlefit fit", None),
    ]
    assert outcomes(rows) == [
        Outcome(AIMS[0].text, "at least 3.5 times", "3.4996 times", False, "slow today"),
        Outcome("Import, beyond torch", "at most 50 ms", "50 ms", True, ""),
    ]


def test_the_report_is_written_twice(tmp_path):
    row = Row("Exact", "Normal", "10 rows", "mlefit fit", 0.0012, 0.002, 7, 1.0, 0.0, "yes", "")
    lost = replace(row, who="other", gap=math.inf, verdict="no")
    described, packages = report.machine()
    aims = [Outcome("speed", "at least 2 times", "1 times", False, "slow")]
    written = report.Report("2022-02-11", described, packages, [row, lost], aims)
    data, table = tmp_path / "a/data.json", tmp_path / "table.md"
    report.write(written, data=data, table=table)

    assert report.read(data) == written
    assert "Infinity" not in data.read_text()
    assert "| mlefit fit | 1.2 ms | 1 | 0 | yes |  |" in table.read_text()
    assert "| speed | at least 2 times | 1 times | no |\n\nspeed: slow.\n" in table.read_text()
    assert packages["torch"].startswith("2.")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(None, ""), (210.4, "210 s"), (1.0, "1 s"), (0.0456, "46 ms"), (8.2e-7, "0.82 µs")],
)
def test_durations_are_short(seconds, written):
    assert report.duration(seconds) == written


@pytest.fixture(scope="module")
def published():
    return report.read(DATA)


def test_the_published_table_is_that_of_the_measurements(published):
    assert TABLE.read_text(encoding="utf-8") == report.markdown(published)


def test_the_published_aims_are_those_of_the_measurements(published):
    assert published.aims == outcomes(published.rows)
    assert [aim.text for aim in published.aims] == [aim.text for aim in AIMS]


def test_an_aim_that_is_missed_says_why(published):
    assert not [aim.text for aim in published.aims if not (aim.reached or aim.why)]


PEERS = """scipy norm.fit|scipy multivariate_normal.fit|scipy stats.fit|scipy gamma.fit
scipy weibull_min.fit|scipy beta.fit|scipy t.fit|sklearn EmpiricalCovariance
sklearn GaussianMixture|statsmodels generic|pyro SVI|pytorch-minimize bfgs|post's loop"""


@pytest.mark.parametrize("peer", PEERS.replace("\n", "|").split("|"))
def test_a_peer_is_in_the_table_with_its_distance_and_its_verdict(published, peer):
    rows = [row for row in published.rows if row.who == peer and row.section != "Starting up"]
    assert rows
    for row in rows:
        assert row.seconds > 0
        assert row.gap is not None
        assert row.verdict


def test_a_peer_that_wins_says_why(published):
    assert not [f"{row.task}: {row.who}" for row in report.wins(published.rows) if not row.note]


def test_the_published_fits_of_the_library_arrived_and_said_so(published):
    ours = [row for row in published.rows if row.who.startswith("mlefit") and row.gap is not None]
    assert ours
    for row in ours:
        assert row.verdict.startswith("yes"), row
        assert row.gap < (1e-6 if "float32" in row.task else 1e-9), row
