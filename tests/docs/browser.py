"""Chromium for the tests: found on the machine, kept to one host, watched."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Route,
    sync_playwright,
)

__all__ = [
    "FLAGS",
    "MODULES",
    "SCHEMES",
    "SIZES",
    "Visit",
    "chromium",
    "copied",
    "executable",
    "visit",
]

SCHEMES = ("light", "dark")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

MODULES = Path(__file__).parent / "browser/node_modules"  # what npm installed for the checks

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visit:
    """An open page, and what went wrong on it so far."""

    page: Page
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def open_folds(self) -> None:
        """Show what is folded: solutions, steps, code."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def executable() -> str:
    """Return the path of the machine's Chromium, or of the one that CHROME_PATH names."""
    found = environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise FileNotFoundError("expected Chromium on the PATH; install it or set CHROME_PATH")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    size: tuple[int, int] = SIZES["desktop"],
    scheme: str = "light",
) -> Iterator[Visit]:
    """Open a page, let it settle, and let nothing through to another host."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    visited = Visit(context.new_page())
    host = urlsplit(address).netloc

    def keep_to_host(route: Route, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.netloc == host or parts.scheme in ("data", "blob"):
            route.continue_()
        else:
            visited.elsewhere.append(request.url)
            route.abort()

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error":
            visited.errors.append(message.text)

    context.route("**/*", keep_to_host)
    visited.page.on("pageerror", lambda error: visited.errors.append(str(error)))
    visited.page.on("console", complain)
    visited.page.goto(address, wait_until="load")
    visited.page.evaluate("document.fonts.ready.then(() => true)")
    visited.page.wait_for_timeout(200)

    yield visited
    context.close()


def copied(button: Locator) -> str:
    """Press a copy button and return what it copies, once it is there."""
    page = button.page
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    for _ in range(100):
        if text := page.evaluate("navigator.clipboard.readText()"):
            return str(text)
        page.wait_for_timeout(10)
    raise AssertionError("expected a block on the clipboard; got nothing in a second")
