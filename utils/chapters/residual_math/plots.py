"""Figures of the chapter on residual mathematics: spectra, sizes, path lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from utils.display.figures import COLOURS, TEXT, figure, finish

FLOOR = 1e-12
"""Singular values below this are drawn at the edge; float64 cannot tell them from zero."""


def spectrum_figure(spectra: dict[str, Tensor], colours: Sequence[str], title: str) -> Figure:
    """Singular values, largest first, on a logarithmic axis; one line for each chain.

    Args:
        spectra: label -> singular values, largest first.
        colours: keys of :data:`utils.display.figures.COLOURS`, one for each chain.
        title: what the figure says.
    """
    made, (axes,) = figure(figsize=(4.8, 3.4))
    for (label, values), colour, marker in zip(spectra.items(), colours, "os^", strict=False):
        shown = np.clip(values.numpy(), FLOOR, None)
        rank = np.arange(1, len(shown) + 1)
        axes.semilogy(rank, shown, marker=marker, markersize=4, color=COLOURS[colour], label=label)
    axes.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
    finish(axes, title, "singular value, by size", "value (1 = unchanged)", ylim=(FLOOR / 3, None))
    return made


def growth_figure(sizes: dict[str, Tensor], styles: dict[str, str], title: str) -> Figure:
    """Mean square of the activations after each block, logarithmic.

    Args:
        sizes: label -> mean squares, float (blocks + 1,).
        styles: label -> key of :data:`utils.display.figures.COLOURS`.
        title: what the figure says.
    """
    made, (axes,) = figure()
    for (label, values), line in zip(sizes.items(), ("-", "--", ":", "-."), strict=False):
        axes.semilogy(values.numpy(), line, color=COLOURS[styles[label]], label=label)
    finish(axes, title, "block", "mean square of activations")
    return made


def length_figure(shares: dict[str, Sequence[float]], styles: dict[str, str], title: str) -> Figure:
    """Shares by number of branches on the way, one filled outline for each distribution.

    Args:
        shares: label -> share of lengths 0, 1, ..., blocks.
        styles: label -> key of :data:`utils.display.figures.COLOURS`.
        title: what the figure says.
    """
    made, (axes,) = figure()
    for (label, values), line in zip(shares.items(), ("-", "--", ":"), strict=False):
        percent = 100 * np.asarray(values, dtype=float)
        colour = COLOURS[styles[label]]
        steps = np.arange(len(percent))
        axes.plot(steps, percent, line, color=colour, label=label, drawstyle="steps-mid")
        axes.fill_between(steps, percent, step="mid", color=colour, alpha=0.15, linewidth=0)
    finish(axes, title, "branches on the path", "share (%)", ylim=(0, None))
    return made
