"""Work `<mle-optimizer>` as a reader does, and read what it shows."""

from explorables import number, settle
from playwright.sync_api import Locator

__all__ = ["CHOICES", "PAGE", "choose", "drawn", "loss", "press", "start", "step"]

PAGE = "learn/gradient-descent.html"
CHOICES = {
    "optimizer": ["descent", "momentum", "adam", "newton"],
    "coordinate": ["sigma", "log", "softplus", "inverse", "convex"],
    "reduce": ["mean", "sum"],
}


def choose(walk: Locator, **choices: str) -> None:
    """Choose from the menus."""
    for name, value in choices.items():
        walk.locator(f"select[name={name}]").select_option(index=CHOICES[name].index(value))
    settle(walk)


def press(walk: Locator, *names: str) -> None:
    for name in names:
        walk.get_by_role("button", name=name, exact=True).click()
        settle(walk)


def start(walk: Locator) -> tuple[float, float]:
    """Return where the walk starts, as the sliders say."""
    inputs = (walk.locator(f"input[name={name}]") for name in ("mu", "sigma"))
    return tuple(float(slider.input_value()) for slider in inputs)


def loss(walk: Locator) -> float:
    """Return the number in the headline."""
    return number(walk.locator(".big").inner_text())


def step(walk: Locator) -> int:
    """Return how many steps have been walked."""
    return int(number(walk.locator(".small").inner_text()))


def drawn(walk: Locator) -> list[str]:
    """Return the lines of the walk."""
    return [p.get_attribute("d") or "" for p in walk.locator("path.trail.line").all()]
