"""Work `<mle-factor>` as a reader does, and read what it shows."""

import torch
from explorables import number, settle
from playwright.sync_api import Locator
from torch.distributions import MultivariateNormal

from mlefit import datasets

__all__ = [
    "HEIGHTS",
    "IS_INSIDE",
    "MODES",
    "PAGE",
    "drawn",
    "enter",
    "handle",
    "log_likelihood",
    "press",
    "shown",
    "state",
]

PAGE = "learn/multivariate.html"
MODES = ["factor", "root", "covariance"]
HEIGHTS = datasets.galton()

# Whether the middle of a mark is within the axes.
IS_INSIDE = """mark => {
  const box = mark.getBoundingClientRect();
  const plot = mark.closest("svg").getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2 - plot.x, box.y + box.height / 2 - plot.y];
  return x > 46 && x < plot.width - 14 && y > 24 && y < plot.height - 42;
}"""


def enter(factor: Locator, mode: str) -> None:
    """Choose what is dragged."""
    factor.locator("select[name=mode]").select_option(index=MODES.index(mode))
    settle(factor)


def press(factor: Locator, name: str) -> None:
    factor.get_by_role("button", name=name).click()
    settle(factor)


def handle(factor: Locator, name: str) -> Locator:
    """Return what one takes hold of to drag."""
    return factor.get_by_role("slider", name=name, exact=True).locator(".knob")


def state(factor: Locator, *names: str) -> list[float]:
    """Return numbers of the state that all views draw."""
    values = factor.evaluate("e => e.state")
    return [values[name] for name in names]


def shown(factor: Locator) -> float:
    """Return the number in the headline."""
    return number(factor.locator(".big").inner_text())


def drawn(factor: Locator) -> list[str]:
    """Return the lines of the model."""
    return [p.get_attribute("d") for p in factor.locator("path.model").all()]


def log_likelihood(factor: Locator) -> float:
    """Return what torch says of the normal that is drawn."""
    mu1, mu2, s1, s2, rho = state(factor, "mu1", "mu2", "s1", "s2", "rho")
    covariance = [[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]]
    loc, Sigma = (torch.tensor(v, dtype=torch.float64) for v in ([mu1, mu2], covariance))
    return MultivariateNormal(loc, covariance_matrix=Sigma).log_prob(HEIGHTS).sum().item()
