"""The pictures of the chapter on what is inside a ResNet.

Answers "what do lesions do?".
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from matplotlib.figure import Figure

from utils.chapters.inside_a_resnet.numbers import (
    CHANCE,
    by_order,
    by_size,
    by_size_and_number,
    changes_shape,
    intact,
    path_rows,
    quartiles,
    records,
    single,
)
from utils.display.figures import COLOURS, TEXT, draw_band, draw_range, figure, finish
from utils.miniatures.unravelled import length_shares
from utils.record.lesions import EVERY_SET


def colour_of(label: str) -> str:
    """The colour that this kind of network has throughout the book."""
    return COLOURS["plain" if label.startswith("plain") else "residual"]


def one_out_figures(labels: Iterable[str]) -> list[Figure]:
    """Error without each block, a point for each seed, one figure a network."""
    made_of = []
    for label in labels:
        errors = single(label)
        blocks = errors.shape[1]
        made, (axes,) = figure(figsize=(2.9 if blocks <= EVERY_SET else 4.6, 2.7))
        places = range(1, blocks + 1)
        axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
        axes.axhline(float(intact(label).mean()), color=TEXT, linestyle="--", linewidth=1.2)
        axes.bar(places, errors.mean(0), color=colour_of(label), alpha=0.45, width=0.7)
        for row in errors:
            axes.plot(places, row, "o", color=colour_of(label), markersize=4)
        marked = places[:: 1 if blocks <= EVERY_SET else 3]
        stars = changes_shape(label)
        axes.set_xticks(list(marked), [f"{n}*" if stars[n - 1] else str(n) for n in marked])
        finish(axes, label, "removed block", "test error (%)", legend=False, ylim=(0, 100))
        made_of.append(made)
    return made_of


def many_out_figure(labels: Iterable[str], title: str) -> Figure:
    """Median and quartiles of the error against the number of deleted blocks."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    for style, label in zip(("-", "--", "-.", ":"), labels, strict=False):
        found = by_size(label)
        low, middle, high = zip(*(quartiles(errors) for errors in found.values()), strict=True)
        colour = colour_of(label)
        axes.plot(list(found), middle, style, marker="o", ms=4, color=colour, label=label)
        draw_band(axes, list(found), low, high, colour)
    finish(axes, title, "removed blocks", "test error (%)", ylim=(0, 100))
    return made


def surviving_figure(label: str, title: str) -> Figure:
    """Every set of deletions as a point: error against the share of the paths that is left."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    blocks = len(records(label)[0]["blocks"])
    found = by_size(label)
    kept = [blocks - size for size in found]
    for count, errors in zip(kept, found.values(), strict=True):
        left, right = count - 0.2, count + 0.2
        strokes = [x for _ in errors for x in (left, right, math.nan)]
        heights = [y for error in errors for y in (error, error, math.nan)]
        axes.plot(strokes, heights, color=colour_of(label), alpha=0.35, linewidth=1)
    medians = [quartiles(errors)[1] for errors in found.values()]
    axes.plot(kept, medians, "o-", color=TEXT, ms=4, label="median")
    axes.set_xticks(kept, [str(2**count) for count in kept])
    axes.invert_xaxis()
    finish(axes, title, f"paths left of {2**blocks}", "test error (%)", ylim=(0, 100))
    return made


def order_figure(labels: Iterable[str], title: str) -> Figure:
    """Error against how much of the trained order is left."""
    made, (axes,) = figure()
    axes.axhline(CHANCE, color=TEXT, linestyle=":", linewidth=1.2)
    for marker, label in zip("os^D", labels, strict=False):
        taus, errors = zip(*by_order(label), strict=True)
        axes.plot(taus, errors, marker, color=colour_of(label), alpha=0.5, ms=5, label=label)
    axes.invert_xaxis()
    finish(axes, title, "Kendall's rank correlation with the trained order", "test error (%)",
           ylim=(0, 100))  # fmt: skip
    return made


def length_figures(labels: Iterable[str]) -> list[Figure]:
    """Share of paths and share of gradient by length, one figure a network."""
    made_of = []
    for label in labels:
        made, (axes,) = figure(figsize=(4.6, 3.2))
        shares = 100 * path_rows(label, "share")
        lengths = list(range(shares.shape[1]))
        paths = [100 * share for share in length_shares(len(lengths) - 1)]
        estimate = 100 * by_size_and_number(label).mean(0)
        axes.bar(lengths, paths, color=COLOURS["cnn"], alpha=0.4, label="number of paths")
        axes.plot(lengths, estimate, "s--", color=COLOURS["other"], ms=4, label="size × number")
        words = "share of the gradient"
        draw_range(axes, lengths, shares, COLOURS["residual"], words, "o-", ms=4)
        axes.set_xticks(lengths[:: 1 if len(lengths) <= EVERY_SET + 1 else 3])
        finish(axes, label, "blocks that the path goes through", "share (%)")
        made_of.append(made)
    return made_of
