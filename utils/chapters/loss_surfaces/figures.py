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
from utils.display.figures import TEXT, figure, finish
from utils.display.published import Published, publish
from utils.probes.surfaces import axis
from utils.results.labels import IMAGES
from utils.results.words import short

LEVELS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Losses between which a contour picture changes its colour."""


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
        f"Training loss on {task.images} images around two trained networks (crosses), "
        f"{IMAGES[task.dataset]}, seed {task.seeds[0]}. Both maps show {task.steps} × "
        f"{task.steps} points along two directions with filter normalisation, so at 1 every "
        "filter has been moved by its own length. The losses were computed in float32, with the "
        "running statistics of batch normalisation. From one colour to the next, the loss grows "
        "by a factor of 2 or 2.5. The number in each title is the mean loss at "
        f"{task.angles} points on the circle at distance 1 from the cross.",
    )


def live_contours(losses: Tensor, extent: float, title: str, alt: str) -> Published:
    """A surface that was computed now, as :func:`contours` draws it."""
    steps = len(losses)
    return publish(
        contours(losses, axis(steps, extent), title),
        alt,
        "Training loss around a network that was trained just now (cross), at "
        f"{steps} × {steps} points along two directions with filter normalisation. At 1 every "
        "filter has been moved by its own length.",
    )
