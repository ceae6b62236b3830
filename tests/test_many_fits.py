"""Many fits in one call: every verdict is right, and a fit that has converged costs no more."""

from itertools import pairwise

import pytest
import scipy.stats
import torch
import torch.distributions as td
from torch import Tensor

import mlefit
from mlefit import ConvergenceWarning

FITS = 600


@pytest.fixture(scope="module")
def students() -> tuple[Tensor, mlefit.Fit]:
    """Return 200 rows for each of many Student t fits, and the fits, some without a maximum."""
    torch.manual_seed(0)
    X = td.StudentT(5.0, 10.0, 2.0).sample((200, FITS)).double()
    with pytest.warns(ConvergenceWarning, match=f"of {FITS} fits"):
        return X, mlefit.fit(td.StudentT, X)


def test_a_fit_that_converged_is_at_a_strict_maximum(students: tuple[Tensor, mlefit.Fit]) -> None:
    X, found = students
    at = torch.stack([found.params["df"].log(), found.params["loc"], found.params["scale"].log()])
    assert 0.9 * FITS < found.converged.sum() < FITS
    for k in found.converged.nonzero()[:, 0].tolist():

        def total(u: Tensor, x: Tensor = X[:, k]) -> Tensor:
            return td.StudentT(u[0].exp(), u[1], u[2].exp()).log_prob(x).sum()

        u = at[:, k].clone().requires_grad_()
        (g,) = torch.autograd.grad(total(u), u)
        H = -torch.autograd.functional.hessian(total, at[:, k])
        assert torch.linalg.eigvalsh(H).min() > 0, k
        assert 0.5 * g @ torch.linalg.solve(H, g) < 1e-8, k  # nats below the maximum


def test_a_fit_that_did_not_converge_has_no_maximum(students: tuple[Tensor, mlefit.Fit]) -> None:
    """Its likelihood climbs with the degrees of freedom, all the way to the normal's."""
    X, found = students
    X = X[:, ~found.converged]
    assert X.shape[1] > 0
    climb = [
        mlefit.fit(td.StudentT, X, fixed={"df": df}).log_likelihood
        for df in (1.0, 3.0, 10.0, 30.0, 100.0, 1e3, 1e4)
    ]
    climb.append(mlefit.closed_form(td.Normal, X).log_likelihood)
    assert all((a < b).all() for a, b in pairwise(climb))
    for x, normal in zip(X.T.numpy(), climb[-1].tolist(), strict=True):
        assert scipy.stats.t.logpdf(x, *scipy.stats.t.fit(x)).sum() < normal + 1e-6


def test_fits_that_have_converged_stop_costing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start in fifty is poor: the steps that it alone needs are taken for it alone."""
    widths, log_prob = [], td.Weibull.log_prob

    def watched(self: td.Weibull, value: Tensor) -> Tensor:
        widths.append(value.shape[1])
        return log_prob(self, value)

    torch.manual_seed(0)
    X = td.Weibull(2.0, 1.5).sample((100, 50)).double()
    scale = torch.full((50,), 2.0)
    scale[0] = 1000.0
    monkeypatch.setattr(td.Weibull, "log_prob", watched)
    found = mlefit.fit(td.Weibull, X, init={"scale": scale, "concentration": 1.5})

    assert found.converged.all()
    assert widths[0] == 50
    assert widths == sorted(widths, reverse=True)
    assert widths.count(1) > len(widths) / 3
