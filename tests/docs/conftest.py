"""What the checks of the documentation share: the pages, and the site built from them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import drive_factor
import drive_optimizer
import pytest
from browser import chromium
from explorables import explore
from playwright.sync_api import Browser, Locator
from server import serving
from sitekit import cache, notebooks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="session")
def executed() -> dict[Path, notebooks.Notebook]:
    """Every notebook with its outputs."""
    sources = notebooks.sources(DOCS)
    return cache.executed(sources, store=ROOT / ".cache/notebooks", root=ROOT)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly, or the built one that SITE names, so that workers share it."""
    if built := os.environ.get("SITE"):
        return ROOT / built
    return build(tmp_path_factory.mktemp("build") / "site")


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, closed after each module: Playwright holds the thread's event loop until then."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def factor(browser: Browser, address: str) -> Iterator[Locator]:
    """Drag the factor, opened at its page."""
    with explore(browser, f"{address}/{drive_factor.PAGE}", "mle-factor") as element:
        yield element


@pytest.fixture
def walk(browser: Browser, address: str) -> Iterator[Locator]:
    """The optimizer on the surface, opened at its page."""
    with explore(browser, f"{address}/{drive_optimizer.PAGE}", "mle-optimizer") as element:
        yield element


def build(target: Path, **environment: str) -> Path:
    """Build the site strictly into a folder; a warning fails."""
    # Not --quiet: MkDocs then counts no warning, and --strict passes.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    result = subprocess.run(
        [*command, "--site-dir", str(target)],
        cwd=ROOT,
        env={"SOURCE_DATE_EPOCH": "0", "NO_MKDOCS_2_WARNING": "1", **os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr, result.stderr
    return target
