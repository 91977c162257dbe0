"""Gradients of a network that trains while you watch.

Answers "what happens in the first steps?".
"""

from __future__ import annotations

import html
import math
from functools import lru_cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.models.starts import Start
from utils.probes.readings import EVERY_STEP, Readings
from utils.record.gradient_norms import follow
from utils.results.words import opening
from utils.training.recipes import recipe

QUANTITIES = {
    "weight_gradient": "norm of the weight gradient",
    "sd": "standard deviation of the response",
    "dead": "share of dead channels",
}
"""What the figure to touch and the live panel can show: field -> words."""


@lru_cache(maxsize=32)
def live_readings(
    start: Start, steps: int, dataset: str = "digits"
) -> tuple[Readings, list[float]]:
    """Train a small network for a few steps, now, and read every layer at every step.

    Kept, so that looking at another step of the same training does not train again.
    """
    config = recipe("paper", epochs=1, max_steps=max(1, steps), batch_size=64, flip=False)
    return follow(start, config, seed=0, dataset=dataset, when=EVERY_STEP)


def live_figure(start: Start, steps: int, step: int, quantity: str = "weight_gradient") -> Figure:
    """Profile over the layers at one step of a live training, and all steps as a heat map.

    Raises:
        ValueError: the network cannot be built, or the quantity is no key of
            :data:`QUANTITIES`.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"unknown quantity {quantity!r}; choose from {', '.join(QUANTITIES)}")
    readings, losses = live_readings(start, steps)
    rows = readings.of(quantity)
    at = min(step, len(rows)) - 1
    made, (profile, heat) = figure(1, 2, figsize=(9.6, 3.4))
    colour, is_log = COLOURS[start.kind], quantity != "dead"
    if is_log:
        rows = torch.where(rows > 0, rows, math.nan)
    layers = range(1, rows.shape[1] + 1)
    profile.plot(layers, rows[0], ":", color=colour, label="first step")
    profile.plot(layers, rows[at], color=colour, label=f"step {at + 1}")
    finish(profile, f"{start.name}: loss {losses[0]:.2f}, at step {at + 1} {losses[at]:.2f}",
           "layer", QUANTITIES[quantity])  # fmt: skip
    if is_log and not rows.isnan().all():
        profile.set_yscale("log")
    _draw_heat(made, heat, rows.log10() if is_log else rows, at)
    finish(heat, "All steps; the frame is the chosen one", "training step",
           "layer, input on top", legend=False)  # fmt: skip
    return made


def _draw_heat(made: Figure, axes: Axes, rows: Tensor, at: int) -> None:
    """Layers against steps as colours; what is zero on a log scale or not read stays empty."""
    steps, layers = rows.shape
    drawn = axes.pcolormesh(
        torch.arange(steps + 1) + 0.5,
        torch.arange(layers + 1) + 0.5,
        rows.T.masked_fill(rows.T.isinf(), math.nan),
        cmap="viridis",
    )
    axes.invert_yaxis()
    axes.axvspan(at + 0.5, at + 1.5, fill=False, edgecolor=TEXT, linewidth=2)
    made.colorbar(drawn, ax=axes)


def live_panel(
    depth: int = 14,
    kind: str = "plain",
    batch_norm: bool = True,
    init: str = "he",
    steps: int = 3,
    step: int = 1,
    quantity: str = "weight_gradient",
) -> Published:
    """:func:`live_figure` for the sliders of a notebook; what cannot be built says why."""
    try:
        made = live_figure(Start(depth, kind, batch_norm, init), steps, step, quantity)
    except ValueError as error:
        return Published(f"<p>{html.escape(str(error))}</p>", str(error))
    words = QUANTITIES[quantity]
    return publish(
        made,
        alt=f"{opening(words)} of every layer: at the first and at the chosen step as "
        "lines, at all steps as colours.",
        caption="Your network, which trains on the digits with batches of 64, a learning rate of "
        "0.1 and a momentum of 0.9. If the quantity has a logarithmic scale, the colours show "
        "powers of ten.",
    )
