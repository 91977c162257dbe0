"""Draw ``book/_static/og.png``, the picture that link previews show: one residual block.

Run ``python book/tools/make_og.py`` after changing the title or the drawing.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Curve

sys.path.insert(0, str(Path(__file__).parents[2]))
from utils.display.figures import ON_DARK

TARGET = Path(__file__).parents[1] / "_static" / "og.png"
WIDTH, HEIGHT, DPI = 1200, 630, 100

PAPER, INK, MUTED, SKIP = "#10161d", "#f2f5f8", "#9fb0c0", ON_DARK["residual"]
MAIN_Y, SUM_X, SUM_RADIUS = 175, 905, 34


def arrow(ax: Axes, start: float, end: float) -> None:
    """Draw one arrow along the main path."""
    style = {"arrowstyle": "-|>", "mutation_scale": 22, "shrinkA": 0, "shrinkB": 0}
    ax.add_patch(FancyArrowPatch((start, MAIN_Y), (end, MAIN_Y), color=MUTED, lw=3.5, **style))


def layer(ax: Axes, x: float, label: str) -> None:
    """Draw one weight layer of the residual branch."""
    corner = "round,pad=0,rounding_size=14"
    box = FancyBboxPatch((x, MAIN_Y - 45), 190, 90, boxstyle=corner, fc=PAPER, ec=MUTED, lw=3.5)
    ax.add_patch(box)
    ax.text(x + 95, MAIN_Y, label, color=INK, fontsize=23, ha="center", va="center")


def shortcut(ax: Axes) -> None:
    """Draw the arc that carries the input past the branch, and the addition it ends in."""
    top = MAIN_Y + SUM_RADIUS
    points = [(200, MAIN_Y), (220, 420), (SUM_X - 20, 420), (SUM_X, top + 14)]
    codes = [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4]
    ax.add_patch(PathPatch(Curve(points, codes), fc="none", ec=SKIP, lw=7, capstyle="round"))
    ax.add_patch(Circle((SUM_X, MAIN_Y), SUM_RADIUS, fc=SKIP, ec="none"))
    ax.plot([SUM_X - 16, SUM_X + 16], [MAIN_Y, MAIN_Y], color=PAPER, lw=5)
    ax.plot([SUM_X, SUM_X], [MAIN_Y - 16, MAIN_Y + 16], color=PAPER, lw=5)


def draw() -> None:
    """Draw the block under the title and save the picture."""
    plt.rcParams.update({"font.family": "STIXGeneral", "mathtext.fontset": "stix"})
    figure = plt.figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=PAPER)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
    ax.axis("off")
    ax.text(80, 505, "ResNet, Measured", color=INK, fontsize=58, va="center", weight="bold")
    ax.text(
        82, 425, "Residual networks, in code you can run", color=MUTED, fontsize=27, va="center"
    )
    for start, end in [
        (110, 290),
        (480, 570),
        (760, SUM_X - SUM_RADIUS),
        (SUM_X + SUM_RADIUS, 1010),
    ]:
        arrow(ax, start, end)
    layer(ax, 290, "weight layer")
    layer(ax, 570, "weight layer")
    shortcut(ax)
    ax.text(80, MAIN_Y, "$x$", color=INK, fontsize=36, ha="center", va="center")
    ax.text(525, 80, "$F(x)$", color=MUTED, fontsize=30, ha="center", va="center")
    ax.text(555, 268, "the shortcut carries $x$ itself", color=SKIP, fontsize=25, ha="center")
    ax.text(1024, MAIN_Y, "$F(x)+x$", color=INK, fontsize=30, va="center")
    figure.savefig(TARGET, facecolor=PAPER)


if __name__ == "__main__":
    draw()
