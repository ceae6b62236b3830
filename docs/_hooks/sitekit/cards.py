"""Draw the picture that stands beside a link to a page where it is shared."""

import textwrap
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["SIZE", "draw"]

SIZE = (1200, 630)  # pixels

_PAPER, _TEXT, _CURVE, _SUMMIT = "#1b2a3d", "#ffffff", "#8ab8ea", "#ffb38a"
_LONGEST_LINE = 26  # letters
_MOST_LINES = 4


def draw(title: str, *, name: str, path: Path) -> None:
    """Write a card as PNG: the title over a bell with its summit. Equal words give equal bytes.

    Args:
        title: Of the page.
        name: Of the site.
        path: Where to write.
    """
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=_PAPER)
        FigureCanvasAgg(figure)
        _bell(figure)
        _words(figure, title, name)

        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, facecolor=_PAPER, metadata={"Software": None})


def _bell(figure: Figure) -> None:
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 12), ylim=(0, 6.3))
    ax.axis("off")
    x = np.linspace(0, 12, 400)
    y = 0.3 + 2.1 * np.exp(-0.5 * ((x - 9.4) / 1.05) ** 2)
    ax.fill_between(x, y, color=_CURVE, alpha=0.12, lw=0)
    ax.plot(x, y, color=_CURVE, lw=7, solid_capstyle="round")
    ax.plot(9.4, 2.4, "o", color=_SUMMIT, ms=28)


def _words(figure: Figure, title: str, name: str) -> None:
    lines = textwrap.wrap(title, _LONGEST_LINE, max_lines=_MOST_LINES, placeholder=" …")
    for number, line in enumerate(lines):
        figure.text(0.06, 0.82 - 0.125 * number, line, color=_TEXT, size=44, weight="bold")
    figure.text(0.06, 0.09, name, color=_TEXT, size=28, weight="bold")
