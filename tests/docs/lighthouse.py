"""Lighthouse's scores of a page on a phone; as a program, the performance of a built site."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from browser import FLAGS, MODULES, executable
from server import serving

__all__ = ["PAGES", "RULES", "audited", "failures", "scores"]

# One page of each kind, and the longest ones.
PAGES = (
    "index.html",
    "learn/multivariate.html",
    "reference/api.html",
    "howto/errors.html",
    "explain/how-fast.html",
)
RULES = ("accessibility", "best-practices", "seo")
RUNS = 3

Report = dict[str, dict[str, dict[str, object]]]


def audited(address: str, *categories: str) -> Report:
    """Return Lighthouse's report of a page, read as a phone reads it."""
    command = [
        str(MODULES / ".bin/lighthouse"),
        address,
        "--quiet",
        "--output=json",
        "--no-enable-error-reporting",
        f"--only-categories={','.join(categories)}",
        f"--chrome-flags=--headless {' '.join(FLAGS)}",
    ]
    if "performance" not in categories:
        command.append("--throttling-method=provided")  # nothing is timed
    environment = {**os.environ, "CHROME_PATH": executable()}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report: Report = json.loads(run.stdout)
    return report


def scores(report: Report) -> dict[str, float]:
    """Return the score of each category, at most 100."""
    return {name: 100 * _number(c["score"]) for name, c in report["categories"].items()}


def failures(report: Report) -> list[str]:
    """Return the titles of the audits that a page does not pass."""
    audits = report["audits"].values()
    return [str(a["title"]) for a in audits if a["score"] is not None and _number(a["score"]) < 1]


def main(site: Path) -> None:
    """Print the median performance of each page, and what it was the median of."""
    with serving(site) as address:
        for page in PAGES:
            runs = [scores(audited(f"{address}/{page}", "performance")) for _ in range(RUNS)]
            found = [run["performance"] for run in runs]
            listed = ", ".join(f"{score:.0f}" for score in found)
            print(f"{median(found):3.0f}  {page}  ({listed})", flush=True)


def _number(score: object) -> float:
    assert isinstance(score, int | float), f"expected a score; got {score}"
    return score


if __name__ == "__main__":
    main(Path(sys.argv[1]))
