"""The mathematics of the explorables, run in an engine, against torch, scipy and mlefit."""

import json
import math

import pytest
import torch
from conftest import DOCS
from py_mini_racer import MiniRacer
from scipy import special, stats
from torch.distributions import MultivariateNormal, Normal
from torch.nn.functional import softplus

import mlefit

SCRIPTS = [
    DOCS / "assets/explorables" / f"{name}.js"
    for name in ("maths", "maths-surface", "maths-bivariate")
]
SPEED = mlefit.datasets.michelson()
HEIGHTS = mlefit.datasets.galton()
SMALL = torch.tensor([0.3, -1.2, 2.2, 0.7, -0.4], dtype=torch.float64)

PAIRS = [(852.4, 78.6), (700.0, 200.0), (1000.0, 20.0), (852.0, 1e-3)]
COORDINATES = {
    "sigma": lambda a, u: (a, u),
    "log": lambda a, u: (a, u.exp()),
    "softplus": lambda a, u: (a, softplus(u)),
    "inverse": lambda a, u: (a, 1 / u),
    "convex": lambda a, u: (a / u, 1 / u),
}
OPTIMIZERS = {
    "descent": lambda params, rate: torch.optim.SGD(params, lr=rate),
    "momentum": lambda params, rate: torch.optim.SGD(params, lr=rate, momentum=0.9),
    "adam": lambda params, rate: torch.optim.Adam(params, lr=rate),
}
RATES = {"descent": 0.05, "momentum": 0.01, "adam": 0.1}


@pytest.fixture(scope="module")
def js():
    """Call a function of `Explorables.maths`, or of a part of it, by its name."""
    engine = MiniRacer()
    for script in SCRIPTS:
        engine.eval(script.read_text(encoding="utf-8"))

    def call(name, *arguments):
        written = ", ".join(map(json.dumps, arguments))
        return json.loads(engine.eval(f"JSON.stringify(Explorables.maths.{name}({written}))"))

    call.engine = engine
    return call


def summary(rows):
    variance = rows.var(correction=0).item()
    return {"n": len(rows), "mean": rows.mean().item(), "variance": variance}


def near(value, rel=1e-12, abs=0.0):
    return pytest.approx(numbers(value), rel=rel, abs=abs)


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def numbers(value):
    """Return tensors, and lists of them, as plain numbers."""
    match value:
        case list():
            return [numbers(x) for x in value]
        case torch.Tensor():
            return value.tolist()
    return value


def flat(factor):
    return [*factor[0], *factor[1]]


# ------------------------------------------------------------------ special functions


@pytest.mark.parametrize("x", [-5.0, -1.0, 0.0, 1e-9, 0.5, 1.99, 2.0, 2.01, 3.7, 8.0, 26.0])
def test_erfc(js, x):
    assert js("erfc", x) == near(float(special.erfc(x)), rel=3e-13)


@pytest.mark.parametrize("p", [1e-300, 1e-12, 0.01, 0.025, 0.3, 0.5, 0.8, 0.975, 1 - 1e-9])
def test_normal_quantile(js, p):
    assert js("normalQuantile", p) == near(float(special.ndtri(p)), abs=1e-15)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_chi_squared(js, level):
    quantile = js("chi2Quantile", level)
    assert quantile == near(float(stats.chi2.ppf(level, 1)))
    assert js("pValue", quantile) == near(1 - level)


# ------------------------------------------------------------------ one normal


@pytest.mark.parametrize(("mu", "sigma"), PAIRS)
def test_log_likelihood(js, mu, sigma):
    densities = Normal(*doubles([mu, sigma])).log_prob(SPEED)

    assert js("logDensity", SPEED[3].item(), mu, sigma) == near(densities[3])
    assert js("logLikelihood", summary(SPEED), mu, sigma) == near(densities.sum())


@pytest.mark.parametrize("sigma", [0.0, -1.0])
def test_no_normal_has_such_a_scale(js, sigma):
    assert js("logDensity", 0.0, 0.0, sigma) is None
    assert js("logLikelihood", summary(SPEED), 850.0, sigma) is None
    assert js("shortfall", summary(SPEED), 850.0, sigma) is None


def test_summary_and_maximum(js):
    exact = mlefit.closed_form(Normal, SPEED)
    found = js("mle", js("summary", SPEED.tolist()))

    assert js("summary", SPEED.tolist()) == near(summary(SPEED))
    assert found["mu"] == near(exact.params["loc"])
    assert found["sigma"] == near(exact.params["scale"])
    assert found["logLikelihood"] == near(exact.log_likelihood)


@pytest.mark.parametrize(("mu", "sigma"), PAIRS)
def test_shortfall_is_what_the_maximum_has_more(js, mu, sigma):
    present = Normal(*doubles([mu, sigma])).log_prob(SPEED).sum()
    gap = js("mle", summary(SPEED))["logLikelihood"] - present
    assert js("shortfall", summary(SPEED), mu, sigma) == near(gap, rel=1e-9, abs=1e-10)


def test_shortfall_keeps_its_digits_at_the_top(js):
    stats = summary(SPEED)
    sigma = math.sqrt(stats["variance"])
    assert js("shortfall", stats, stats["mean"], sigma * (1 + 1e-7)) == near(1e-12, rel=1e-6)


@pytest.mark.parametrize("mu", [700.0, 852.4, 900.0])
def test_profile_in_mu(js, mu):
    found = mlefit.fit(Normal, SPEED, fixed={"loc": mu})
    profile = js("profileMu", summary(SPEED), mu)

    assert profile["sigma"] == near(found.params["scale"], rel=1e-6)
    assert profile["logLikelihood"] == near(found.log_likelihood, rel=1e-9)


@pytest.mark.parametrize("sigma", [40.0, 78.0, 150.0])
def test_profile_in_sigma(js, sigma):
    found = mlefit.fit(Normal, SPEED, fixed={"scale": sigma})
    profile = js("profileSigma", summary(SPEED), sigma)

    assert profile["mu"] == near(found.params["loc"], rel=1e-6)
    assert profile["logLikelihood"] == near(found.log_likelihood, rel=1e-9)


# ------------------------------------------------------------------ tests and intervals


@pytest.mark.parametrize("rows", [SPEED, SMALL], ids=["100 rows", "5 rows"])
@pytest.mark.parametrize("off", [0.0, 0.1, -1.0, 3.0])
def test_three_tests(js, rows, off):
    """By their definitions: differences and derivatives of the log-likelihood, by autograd."""
    best, sd = rows.mean(), rows.std(correction=0)
    mu = (best + off * sd).requires_grad_()
    sigma = (rows - mu).square().mean().sqrt()
    profile = Normal(mu, sigma).log_prob(rows).sum()
    (slope,) = torch.autograd.grad(profile, mu)
    found = js("tests", summary(rows), mu.item())

    top = Normal(best, sd).log_prob(rows).sum()
    assert js("profileSlope", summary(rows), mu.item()) == near(slope, abs=1e-12)
    assert found["wald"] == near((mu - best) ** 2 / (sd**2 / len(rows)), abs=1e-12)
    assert found["likelihoodRatio"] == near(2 * (top - profile), rel=1e-9, abs=1e-11)
    assert found["score"] == near(slope**2 / (len(rows) / sigma**2), abs=1e-12)
    assert found["wald"] >= found["likelihoodRatio"] >= found["score"]


@pytest.mark.parametrize("rows", [SPEED, SMALL], ids=["100 rows", "5 rows"])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
@pytest.mark.parametrize(("name", "param"), [("mu", "loc"), ("sigma", "scale")])
def test_intervals(js, rows, level, name, param):
    fit = mlefit.fit(Normal, rows, tol=1e-14)
    plain = fit.confidence_interval(lambda d: getattr(d, param), level=level)

    for kind, bounds in {
        "wald": plain,
        "logWald": fit.confidence_interval(level=level)[param],
        "profile": fit.profile_interval(param, level=level),
    }.items():
        expected = [bound.item() for bound in bounds]
        assert js(f"intervals.{kind}", summary(rows), name, level) == near(expected, rel=1e-6)


def test_standard_errors(js):
    errors = mlefit.fit(Normal, SPEED).standard_errors()
    found = js("standardErrors", summary(SPEED))
    assert [found["mu"], found["sigma"]] == near([errors["loc"], errors["scale"]], rel=1e-6)


# ------------------------------------------------------------------ draws


def test_draws_are_normal_and_repeat(js):
    draw = "(() => {{ const g = Explorables.maths.generator({}); return JSON.stringify("
    draw += "Array.from({{length: 20000}}, () => g.normal(3, 2))); }})()"
    first, again, other = (json.loads(js.engine.eval(draw.format(k))) for k in (1, 1, 2))

    assert first == again
    assert abs(stats.pearsonr(first, other).statistic) < 0.03
    assert abs(stats.pearsonr(first[1:], first[:-1]).statistic) < 0.03
    assert stats.kstest(first, "norm", (3, 2)).pvalue > 0.01


def test_uniforms_lie_in_the_half_open_unit_interval(js):
    draw = "(() => { const g = Explorables.maths.generator(7); return JSON.stringify("
    draw += "Array.from({length: 20000}, g.uniform)); })()"
    draws = json.loads(js.engine.eval(draw))

    assert min(draws) >= 0
    assert max(draws) < 1
    assert stats.kstest(draws, "uniform").pvalue > 0.01


# ------------------------------------------------------------------ the surface and its steps


def walk(js, optimizer, options, start, *, rate, steps, rows=SMALL):
    """Return loss, gradient, Hessian and position before each step in JavaScript."""
    code = f"""(() => {{
      const maths = Explorables.maths;
      const surface = maths.surface({json.dumps(summary(rows))}, {json.dumps(options)});
      let state = maths.start(surface.fromPlane({json.dumps(start)}));
      const path = [];
      for (let k = 0; k <= {steps}; k++) {{
        const at = state.position;
        path.push({{ at, plane: surface.toPlane(at), loss: surface.loss(at),
          gradient: surface.gradient(at), hessian: surface.hessian(at) }});
        state = maths.optimizers.{optimizer}(state, surface, {rate});
      }}
      return JSON.stringify(path);
    }})()"""
    return json.loads(js.engine.eval(code))


def loss_of(rows, coordinate, reduce):
    def loss(u):
        loc, scale = COORDINATES[coordinate](*u)
        return -getattr(Normal(loc, scale, validate_args=False).log_prob(rows), reduce)()

    return loss


@pytest.mark.parametrize("coordinate", COORDINATES)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_paths_of_torch_step_by_step(js, optimizer, reduce, coordinate):
    rate = RATES[optimizer] / (len(SMALL) if reduce == "sum" and optimizer != "adam" else 1)
    options = {"coordinate": coordinate, "reduce": reduce}
    path = walk(js, optimizer, options, [1.5, 2.0], rate=rate, steps=50)

    loss = loss_of(SMALL, coordinate, reduce)
    u = torch.tensor(path[0]["at"], dtype=torch.float64, requires_grad=True)
    walker = OPTIMIZERS[optimizer]([u], rate)
    assert path[0]["plane"] == near([1.5, 2.0])
    for point in path:
        walker.zero_grad()
        value = loss(u)
        value.backward()
        assert point["at"] == near(u.detach(), rel=1e-11, abs=1e-13)
        assert point["loss"] == near(value.item(), rel=1e-11)
        assert point["gradient"] == near(u.grad, rel=1e-9, abs=1e-12)
        walker.step()
    assert abs(path[-1]["loss"] - path[0]["loss"]) > 0.01  # it went somewhere


@pytest.mark.parametrize("optimizer", ["descent", "momentum"])
def test_a_step_too_far_is_torchs_too(js, optimizer):
    """The sum at a rate that suits the mean: the scale turns negative, and the loss is no more."""
    options = {"coordinate": "sigma", "reduce": "sum"}
    path = walk(js, optimizer, options, [850.0, 100.0], rate=3000.0, steps=1, rows=SPEED)

    u = torch.tensor([850.0, 100.0], dtype=torch.float64, requires_grad=True)
    loss_of(SPEED, "sigma", "sum")(u).backward()
    OPTIMIZERS[optimizer]([u], 3000.0).step()
    assert path[1]["at"] == near(u.detach())
    assert path[1]["at"][1] < 0
    assert path[1]["loss"] is None


@pytest.mark.parametrize("coordinate", COORDINATES)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize("start", [[1.5, 2.0], [0.4, 1.0], [-3.0, 0.7]])
def test_newton_steps_on_torchs_hessian(js, coordinate, reduce, start):
    options = {"coordinate": coordinate, "reduce": reduce}
    before, after = walk(js, "newton", options, start, rate=0, steps=1)

    loss = loss_of(SMALL, coordinate, reduce)
    u = torch.tensor(before["at"], dtype=torch.float64)
    g = torch.autograd.functional.jacobian(loss, u)
    H = torch.autograd.functional.hessian(loss, u)
    assert before["gradient"] == near(g, rel=1e-11)
    assert before["hessian"] == near([H[0, 0], H[0, 1], H[1, 1]], rel=1e-11, abs=1e-13)
    assert after["at"] == near(u - torch.linalg.solve(H, g), rel=1e-10)


@pytest.mark.parametrize("coordinate", ["sigma", "log", "softplus", "inverse"])
@pytest.mark.parametrize("sigma", [1e-6, 0.1, 1.0, 30.0, 1e4])
def test_coordinates_undo_themselves(js, coordinate, sigma):
    u = js(f"coordinates.{coordinate}.raw", sigma)
    assert js(f"coordinates.{coordinate}.scale", u) == near(sigma)


@pytest.mark.parametrize("start", [[-10.0, 2.13], [50.0, 0.01], [0.4, 1e4]])
def test_newton_arrives_from_afar_where_the_surface_is_convex(js, start):
    options = {"coordinate": "convex", "reduce": "mean"}
    *_, last = walk(js, "newton", options, start, rate=0, steps=40)
    assert last["plane"] == near([SMALL.mean(), SMALL.std(correction=0)])


# ------------------------------------------------------------------ the bivariate normal

POINTS = HEIGHTS.tolist()
FACTOR = [[2.5, 0.0], [-0.7, 1.9]]
CENTRE = [68.0, 70.5]


def test_bivariate_summary_and_maximum(js):
    exact = mlefit.closed_form(MultivariateNormal, HEIGHTS)
    S = exact.distribution.covariance_matrix
    stats = js("bivariate.summary", POINTS)
    found = js("bivariate.mle", stats)

    assert stats["n"] == len(HEIGHTS)
    assert stats["mean"] == near(exact.params["loc"])
    assert stats["scatter"] == near([S[0, 0], S[0, 1], S[1, 1]])
    assert flat(found["factor"]) == near(torch.linalg.cholesky(S).flatten())
    assert found["logLikelihood"] == near(exact.log_likelihood)


def test_bivariate_log_likelihood(js):
    L = doubles(FACTOR)
    normal = MultivariateNormal(doubles(CENTRE), scale_tril=L)
    expected = normal.log_prob(HEIGHTS).sum()
    stats = js("bivariate.summary", POINTS)
    covariance = js("bivariate.gram", FACTOR)

    S = L @ L.T
    assert covariance == near([S[0, 0], S[0, 1], S[1, 1]])
    assert js("bivariate.logLikelihood", stats, CENTRE, FACTOR) == near(expected)
    assert flat(js("bivariate.cholesky", covariance)) == near(L.flatten())


@pytest.mark.parametrize("angle", [0.3, 1.9, -2.5])
def test_a_rotation_of_the_factor_changes_nothing_else(js, angle):
    A = js("bivariate.rotated", FACTOR, angle)
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    stats = js("bivariate.summary", POINTS)

    assert flat(A) == near((doubles(FACTOR) @ doubles(turn)).flatten())
    assert flat(A) != near(flat(FACTOR), rel=1e-3)
    assert js("bivariate.gram", A) == near(js("bivariate.gram", FACTOR))
    same = js("bivariate.logLikelihood", stats, CENTRE, FACTOR)
    assert js("bivariate.logLikelihood", stats, CENTRE, A) == near(same)


def test_the_symmetric_root(js):
    A = js("bivariate.rotated", FACTOR, js("bivariate.symmetricAngle", FACTOR))
    values, vectors = torch.linalg.eigh(doubles(FACTOR) @ doubles(FACTOR).T)
    root = vectors @ values.sqrt().diag() @ vectors.T
    assert flat(A) == near(root.flatten())


@pytest.mark.parametrize(
    ("covariance", "is_one"),
    [
        ([1.0, 0.0, 1.0], True),
        ([4.0, 1.99, 1.0], True),
        ([4.0, 2.0, 1.0], False),
        ([4.0, -2.1, 1.0], False),
        ([-1.0, 0.0, -1.0], False),
        ([0.0, 0.0, 1.0], False),
    ],
)
def test_the_cone(js, covariance, is_one):
    a, b, c = covariance
    least = torch.linalg.eigvalsh(doubles([[a, b], [b, c]]))[0]
    assert js("bivariate.smallest", covariance) == near(least, abs=1e-15)
    assert js("isPositiveDefinite", covariance) is is_one
    assert (js("bivariate.cholesky", covariance) is not None) is is_one


def test_a_factor_that_is_flat_has_no_likelihood(js):
    stats = js("bivariate.summary", POINTS)
    assert js("bivariate.logLikelihood", stats, CENTRE, [[1.0, 0.0], [2.0, 0.0]]) is None


def test_from_correlation(js):
    L = js("bivariate.fromCorrelation", 2.0, 3.0, -0.4)
    assert js("bivariate.gram", L) == near([4.0, -2.4, 9.0])
    assert L[0][1] == 0


def test_the_ellipse_lies_at_one_distance(js):
    points = doubles(js("bivariate.ellipse", CENTRE, FACTOR, 40))
    L = doubles(FACTOR)
    z = torch.linalg.solve_triangular(L, (points - doubles(CENTRE)).T, upper=False)
    assert z.norm(dim=0).tolist() == near([1.0] * 40)
