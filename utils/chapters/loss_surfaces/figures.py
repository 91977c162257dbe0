"""Loss surfaces from above: contour pictures of recorded and of new ones.

Answers "what does a slice look like?".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from torch import Tensor

from utils.chapters.loss_surfaces.recorded import Shape, finding, label
from utils.display.figures import COLOURS, TEXT, figure, finish, name_point
from utils.display.published import Published, publish
from utils.probes.surfaces import axis
from utils.results.labels import IMAGES
from utils.results.words import short

LEVELS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Losses between which a contour picture changes its colour."""

INVENTED = ((6.0, 2.7, 3.9), (3.2, 0.1, 2.4), (4.1, 2.0, 5.2))
"""Losses of the drawing of a plane, from one step back to one step along each direction."""


def plane_drawing() -> Published:
    """What a plane through the weights is: two directions from one point, a loss at each point."""
    made, (axes,) = figure(figsize=(4.3, 3.9))
    for end, colour in (((1, 0), "other"), ((0, 1), "cnn")):
        arrow = {"arrowstyle": "-|>", "color": COLOURS[colour], "linewidth": 2.6, "shrinkB": 5}
        axes.annotate("", end, (0, 0), arrowprops={**arrow, "mutation_scale": 17})
    named = {(1, 0): "θ + δ", (0, 1): "θ + η", (1, 1): "θ + δ + η"}
    for b, row in zip((-1, 0, 1), INVENTED, strict=True):
        for a, loss in zip((-1, 0, 1), row, strict=True):
            middle = a == b == 0
            axes.plot(a, b, "o", color=TEXT, markersize=8 if middle else 5)
            lines = [*filter(None, [named.get((a, b))]), f"loss {loss}"]
            if middle:
                lines.insert(0, "trained weights θ")
            style = {"ha": "center", "va": "top" if middle else "bottom", "fontsize": 10.5}
            name_point(axes, a, b, "\n".join(lines), (0, -9 if middle else 7), **style)
    ends = (-1.4, 1.6)
    axes.set(aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    finish(
        axes, "Each point is a network with a loss", "steps α along the first direction δ",
        "steps β along the second direction η", legend=False, xlim=ends, ylim=ends,
    )  # fmt: skip
    return publish(
        made,
        "Nine points in a square of three rows. The point in the middle is the trained weights "
        "theta. An arrow leads from it to the right, one step along the direction delta. Another "
        "arrow leads from it upwards, one step along the direction eta. A loss is written at each "
        "point, and the lowest is in the middle.",
        "A plane through the trained weights of a network. The two arrows are one step along each "
        "direction. Each of the other points is a copy of the trained network with moved weights. "
        "The losses are invented.",
    )


def contours(losses: Tensor, places: Sequence[float], title: str) -> Figure:
    """A surface from above; levels and colours are the same in every such picture.

    Args:
        losses: float64 (n, n), the first direction along the columns.
        places: coordinates along each side.
        title: what the picture says.
    """
    made, (axes,) = figure(figsize=(4.3, 3.7))
    levels, colours = np.log10(LEVELS), colormaps["viridis"]
    norm = BoundaryNorm(levels, colours.N, extend="both")
    heights = np.log10(np.maximum(losses.numpy(), 1e-12))
    style = {"levels": levels, "cmap": colours, "norm": norm, "extend": "both"}
    axes.contourf(places, places, heights, **style)
    axes.contour(
        places, places, heights, levels, colors="white", linewidths=0.6, linestyles="solid"
    )
    axes.plot(0, 0, "+", color="white", markersize=9, markeredgewidth=1.6)
    ends = (places[0], 0, places[-1])
    axes.set(aspect="equal", xticks=ends, yticks=ends)
    finish(axes, title, "first direction", "second direction", legend=False)
    bar = made.colorbar(ScalarMappable(norm, colours), ax=axes, extend="both", shrink=0.9)
    bar.set_ticks(levels, labels=[f"{level:g}" for level in LEVELS])
    bar.ax.tick_params(colors=TEXT, labelcolor=TEXT, labelsize=9)
    bar.set_label("training loss", color=TEXT)
    bar.outline.set_visible(False)
    return made


def contour_pair(plain: Shape, residual: Shape) -> Published:
    """The recorded surfaces of two networks, same levels and colours."""
    task = plain.task
    titles = [f"{label(s)}: {short(s.around[1.0])} at distance 1" for s in (plain, residual)]
    return publish(
        [
            contours(s.loss, s.places, title)
            for s, title in zip((plain, residual), titles, strict=True)
        ],
        f"Two contour pictures of the training loss around a trained network. {finding(plain)} "
        f"{finding(residual)}",
        f"The two maps show the training loss on {task.images} images around two trained networks "
        f"(crosses). The networks were trained with seed {task.seeds[0]} on "
        f"{IMAGES[task.dataset]}. Each map has {task.steps} × {task.steps} points along two "
        "directions with filter normalisation, so at 1 on an axis every filter has been moved by "
        "its own length. The losses were computed in float32, with the running statistics of "
        "batch normalisation. The numbers beside the colour bar are losses, and at each of them "
        f"the colour changes. The number in each title is the mean loss at {task.angles} points "
        "on the circle at distance 1 from the cross.",
    )


def live_contours(losses: Tensor, extent: float, title: str, alt: str) -> Published:
    """A surface that was computed now, as :func:`contours` draws it."""
    steps = len(losses)
    return publish(
        contours(losses, axis(steps, extent), title),
        alt,
        "Training loss around a network that was trained just now (cross), at "
        f"{steps} × {steps} points along two directions with filter normalisation. At 1 on an axis "
        "every filter has been moved by its own length.",
    )
