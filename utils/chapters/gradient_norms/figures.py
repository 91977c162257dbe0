"""The pictures of the chapter on gradient norms.

Answers "what does it look like, layer by layer and step by step?".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from utils.chapters.gradient_norms.numbers import (
    KINDS,
    MEAN_FIELD_FACTOR,
    Range,
    cosines,
    courses,
    first_over_last,
    initial,
    ratio_by_step,
    trained_responses,
)
from utils.display.figures import COLOURS, TEXT, draw_band, draw_range, figure, finish
from utils.models.starts import Start
from utils.record.gradient_norms import DEPTHS, NEIGHBOUR_DEPTHS, NEIGHBOURS
from utils.results.labels import short_label

LOW = (4.8, 2.6)
"""Inches of a figure: lower than usual, so that the notebook has room for its many photographs."""


def draw_profile(axes: Axes, rows: Tensor, colour: str, label: str, **line) -> None:
    """Geometric mean of rows (seeds, layers) against layer, with their range as a band."""
    x = range(1, rows.shape[1] + 1)
    safe = torch.where(rows > 0, rows, math.nan)
    axes.plot(x, safe.log().mean(0).exp(), color=colour, label=label, **line)
    if len(rows) > 1:
        draw_band(axes, x, safe.amin(0), safe.amax(0), colour)


def draw_ranges(
    axes: Axes, x: Sequence[float], points: Sequence[Range], style: str, colour: str, label: str
) -> None:
    """A line through the middles, with a band from least to greatest."""
    axes.plot(x, [p.middle for p in points], style, color=colour, label=label)
    draw_band(axes, x, [p.low for p in points], [p.high for p in points], colour)


def profile_figure(
    groups: dict[str, tuple[Start, str]], title: str, field: str = "weight_gradient", **options
) -> Figure:
    """One field of the first backward pass against layer, log scale.

    Args:
        groups: label -> (start, colour name).
        title: what the figure says.
        field: a key of :data:`utils.probes.readings.FIELDS`.
        options: for the lines of single labels: ``styles={"label": "--"}``.
    """
    styles = options.pop("styles", {})
    made, (axes,) = figure(figsize=LOW)
    for label, (start, colour) in groups.items():
        rows = initial(start)[1][field]
        draw_profile(axes, rows, COLOURS[colour], label, linestyle=styles.get(label, "-"))
    names = {
        "weight_gradient": "norm of weight gradient",
        "response_gradient": "norm of response gradient",
        "sd": "standard deviation",
    }
    finish(axes, title, "layer, input first", names[field], yscale="log")
    small = {"handlelength": 1.5, "columnspacing": 1, "fontsize": 9}  # beside the falling line
    axes.legend(ncols=1 + len(groups) // 6, labelcolor=TEXT, frameon=False, **small)
    return made


def ratio_figure(title: str) -> Figure:
    """First block over last against depth, plain and residual with batch normalisation."""
    made, (axes,) = figure(figsize=LOW)
    for kind in KINDS:
        points = [first_over_last(Start(depth, kind)) for depth in DEPTHS]
        draw_ranges(axes, DEPTHS, points, "o-", COLOURS[kind], kind)
    theory = [MEAN_FIELD_FACTOR ** (depth - 4) for depth in DEPTHS]
    axes.plot(DEPTHS, theory, ":", color=TEXT, linewidth=1.5, label="1.21 per layer (theory)")
    finish(axes, title, "depth (layers)", "first block over last", yscale="log")
    return made


def ratio_course_figure(starts: dict[str, tuple[Start, str, str]], title: str) -> Figure:
    """First block over last against training step.

    Args:
        starts: label -> (start, colour name, line style).
        title: what the figure says.
    """
    made, (axes,) = figure(figsize=LOW)
    for label, (start, colour, style) in starts.items():
        found = ratio_by_step(start)
        steps = [step + 1 for step in found]
        draw_ranges(axes, steps, list(found.values()), style, COLOURS[colour], label)
    axes.axhline(1, color=TEXT, linewidth=0.8)
    finish(axes, title, "training step", "first block over last", legend=False,
           xscale="log", yscale="log")  # fmt: skip
    handles, labels = axes.get_legend_handles_labels()
    by_kind = sorted(zip(handles, labels, strict=True), key=lambda pair: starts[pair[1]][1])
    axes.legend(*zip(*by_kind, strict=True), loc="upper right", ncols=2, labelcolor=TEXT,
                frameon=False, fontsize=9.5)  # fmt: skip
    return made


def loss_figure(starts: dict[str, tuple[Start, str, str]], title: str) -> Figure:
    """Loss of every step, smoothed over nothing: mean over seeds and their range."""
    made, (axes,) = figure(figsize=LOW)
    for label, (start, colour, style) in starts.items():
        rows = torch.stack([c.losses for c in courses(start)])
        x = range(1, rows.shape[1] + 1)
        axes.plot(x, rows.mean(0), style, color=COLOURS[colour], label=label, linewidth=1.5)
        draw_band(axes, x, rows.amin(0), rows.amax(0), COLOURS[colour], 0.15)
    finish(axes, title, "training step", "training loss", xscale="log")
    return made


def response_figure(depths: Sequence[int], title: str) -> Figure:
    """Standard deviation of the responses after the recorded steps, in order of layer."""
    made, axes = figure(1, len(depths), figsize=(4.8 * len(depths) / 1.35, 3.1))
    for cell, depth in zip(axes, depths, strict=True):
        for kind in KINDS:
            rows = torch.stack([c.fields["sd"][-1, :-1] for c in courses(Start(depth, kind))])
            layers = range(1, rows.shape[1] + 1)
            draw_range(cell, layers, rows, COLOURS[kind], f"{kind}-{depth}")
        cell.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
        finish(cell, title if depth == depths[0] else "", "layer, input first",
               "standard deviation" if depth == depths[0] else "", ylim=(0, None))  # fmt: skip
    return made


def trained_figure(starts: dict[str, tuple[str, str]], title: str) -> Figure:
    """The figure of He et al. 2016a, Figure 7, drawn from our trained networks.

    Args:
        starts: model -> (colour name, line style).
        title: what the figure says.
    """
    made, (axes,) = figure(figsize=LOW)
    for model, (colour, style) in starts.items():
        rows = trained_responses(model)
        layers = range(1, rows.shape[1] + 1)
        draw_range(axes, layers, rows, COLOURS[colour], short_label(model), style)
    finish(axes, title, "layer, input first", "standard deviation", ylim=(0, None))
    return made


def neighbour_figure(distance: float, title: str) -> Figure:
    """Likeness of gradients at one distance against depth, plain and residual."""
    made, (axes,) = figure(figsize=LOW)
    depths, column = NEIGHBOUR_DEPTHS, NEIGHBOURS.index(distance)
    for kind in KINDS:
        rows = torch.stack([cosines(Start(depth, kind))[:, column] for depth in depths], dim=1)
        draw_range(axes, depths, rows, COLOURS[kind], kind, "o-")
    axes.axhline(0, color=TEXT, linewidth=0.8)
    finish(axes, title, "depth (layers)", "cosine of the two gradients", ylim=(None, 1))
    return made
