"""Figures of the chapter on residual mathematics: spectra, sizes, path lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.miniatures.jacobians import make_chain, singular_values
from utils.miniatures.unravelled import length_shares
from utils.miniatures.variance import RULES, Moments

FLOOR = 1e-12
"""Singular values below this are drawn at the edge; float64 cannot tell them from zero."""


def spectra_of_twenty_blocks(x: Tensor) -> Published:
    """Singular values of three chains of 20 blocks at ``x``: only small branches stay near 1."""
    root = 20**-0.5
    spectra = {
        "plain": singular_values(make_chain("plain", 20), x),
        "residual, b = 1": singular_values(make_chain("residual", 20), x),
        f"residual, b = {root:.2f}": singular_values(
            make_chain("residual", 20, branch_scale=root), x
        ),
    }
    return publish(
        spectrum_figure(
            spectra, ["plain", "other", "residual"], "Small branches keep all directions"
        ),
        alt="Singular values of three chains of 20 blocks. Plain: one small value and the rest at "
        "zero. Residual with full branches: from hundreds down to a billionth. Residual with small "
        "branches: all values close to one.",
        caption="Each point is a singular value of a chain's Jacobian, with the largest value on "
        "the left. Each chain has 20 blocks of width 16, with He initialisation and without "
        "normalisation, and its weights were drawn once. The factor b multiplies every branch; "
        f"{root:.2f} is one over the root of 20. Values below 10⁻¹² are drawn at the lower edge.",
    )


def growth_of_four_rules(followed: dict[str, Moments]) -> Published:
    """Mean squares along 50 blocks, by rule: without a remedy every block doubles them."""
    sizes = {rule: seen.states for rule, seen in followed.items()}
    styles = dict(zip(RULES, ("plain", "residual", "cnn", "other"), strict=True))
    return publish(
        growth_figure(sizes, styles, "Without a remedy every block doubles"),
        alt="Mean square of the activations over 50 blocks on a logarithmic axis. Without a remedy "
        "it rises to a thousand million million. With batch normalisation it rises to about 50, "
        "divided branches reach about 3, the zero start stays at 1.",
        caption="Each line shows the mean square of the signal after each block of a toy chain. "
        "All four chains have shortcuts and the width 128, and their weights were drawn once. The "
        "mean square is taken over 128 random inputs. As in a pre-activation block, nothing "
        "follows the addition.",
    )


def lengths_of_54_blocks(shares: dict[str, Tensor]) -> Published:
    """Paths and the gradient's shares by length: small branches make the gradient's paths short.

    Args:
        shares: "full" and "by root" -> share of the gradient by length, float (55,).
    """
    shown = {
        "number of paths": length_shares(54),
        "gradient, full branches": shares["full"],
        "gradient, divided by root": shares["by root"],
    }
    styles = dict(zip(shown, ("cnn", "plain", "residual"), strict=True))
    return publish(
        length_figure(shown, styles, "Small branches make the gradient's paths short"),
        alt="Three distributions over the number of branches on a path of 54 blocks. The number of "
        "paths peaks at 27. The gradient with full branches peaks a little lower. With branches "
        "divided by the root of their position the gradient's paths have about three branches.",
        caption="The dashed and the dotted line show which share of the gradient comes along the "
        "paths of each length. To compute it, we first add up the matrices of all paths of one "
        "length. Then we add up the squares of all entries of this sum, so each length has one "
        "number. The share of a length is its number divided by the sum of all these numbers. "
        "Both chains have 54 toy blocks of width 32, and their weights were drawn once.",
    )


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
