"""Drive an explorable as a reader does, by pointer, finger and keys, and run the code it shows."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import copied, visit
from playwright.sync_api import Browser, Locator

__all__ = [
    "drag",
    "explore",
    "number",
    "overflow",
    "run_code",
    "settle",
    "slide",
    "still",
    "swipe",
    "violations",
    "words",
]

AXE = Path(__file__).parent / "browser/node_modules/axe-core/axe.min.js"


@contextmanager
def explore(browser: Browser, address: str, name: str, **options) -> Iterator[Locator]:
    """Open a page at its explorable, and say so if anything was wrong on the way.

    Args:
        browser: Chromium.
        address: The page.
        name: The element's name.
        options: The `size` and the `scheme` of the visit.
    """
    with visit(browser, address, **options) as visited:
        element = visited.page.locator(name)
        element.locator(".status:not(:empty)").wait_for()
        element.evaluate("e => e.scrollIntoView({block: 'start'}) ?? scrollBy(0, -60)")
        yield element

    assert not visited.errors
    assert not visited.elsewhere


def drag(handle: Locator, dx: float, dy: float = 0, *, steps: int = 8) -> None:
    """Press the mouse on a handle, move it, release it."""
    x, y = _centre(handle)
    mouse = handle.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + dx, y + dy, steps=steps)
    mouse.up()
    settle(handle)


def slide(element: Locator, **places: float) -> None:
    """Set sliders, by name."""
    for name, value in places.items():
        element.locator(f"input[name={name}]").fill(str(value))
    settle(element)


def swipe(
    handle: Locator, dx: float, dy: float = 0, *, steps: int = 8, end: str = "touchEnd"
) -> None:
    """Do the same with a finger, which the browser takes back if the end is `touchCancel`."""
    x, y = _centre(handle)
    touch = handle.page.context.new_cdp_session(handle.page)

    def send(kind: str, *points: dict[str, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    send("touchStart", {"x": x, "y": y})
    for i in range(1, steps + 1):
        send("touchMove", {"x": x + dx * i / steps, "y": y + dy * i / steps})
    send(end)
    settle(handle)


def run_code(element: Locator, folder: Path) -> str:
    """Return what the code prints that the copy button of "Show as code" copies."""
    element.locator("details.code").evaluate("details => details.open = true")
    element.locator("details.code pre").hover()
    code = copied(element.locator("details.code [data-md-type=copy]"))
    run = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout


@contextmanager
def still(element: Locator) -> Iterator[Callable[[int], None]]:
    """Stop the page's time, and let as many milliseconds pass as the test says."""
    settle(element)
    element.evaluate("element => clearTimeout(element.timer)")  # set by the time that ends here
    clock = element.page.clock
    clock.install(time=0)
    clock.pause_at(60)
    yield clock.run_for
    clock.resume()


def settle(part: Locator) -> None:
    """Wait until the explorable has drawn all that it was told."""
    part.evaluate(
        """part => new Promise(done => {
          const host = part.closest(".explorable");
          const look = () => {
            if (host.frame === undefined && !host.waiting) done();
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        })"""
    )


def words(element: Locator) -> str:
    """Return the status line."""
    settle(element)
    return element.locator(".status").inner_text()


def number(text: str) -> float:
    """Return the first word of a text that is a number."""
    return next(
        float(w) for w in text.replace("\N{MINUS SIGN}", "-").split() if w.strip("-")[:1].isdigit()
    )


def overflow(element: Locator) -> float:
    """Return by how many pixels the page is wider than the screen."""
    return element.evaluate("() => document.documentElement.scrollWidth - innerWidth")


def violations(element: Locator) -> list[str]:
    """Return what axe finds wrong in the explorable, with its code shown."""
    element.locator("details.code").evaluate("details => details.open = true")
    element.page.evaluate(AXE.read_text(encoding="utf-8"))  # no tag: the page's policy forbids it
    result = element.evaluate("element => axe.run(element)")
    return [f"{v['id']}: {n['target']}" for v in result["violations"] for n in v["nodes"]]


def _centre(handle: Locator) -> tuple[float, float]:
    box = handle.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
