"""Figures to touch, by name.

Answers "what happens when I move this?". Records and miniatures come in; markup goes out that shows
its opening state without a script. Each name is a function that returns an
:class:`~utils.explorables.figure.Explorable`. In a notebook the object shows itself; in the
published book ```` ```{explorable} NAME ```` puts the same markup into the page.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.explorables.block_builder import block_builder
from utils.explorables.block_lesions import block_lesions
from utils.explorables.depth_curves import depth_curves
from utils.explorables.depth_gap import depth_gap
from utils.explorables.depth_years import depth_years
from utils.explorables.figure import Explorable
from utils.explorables.gradient_norms import gradient_norms
from utils.explorables.loss_surface import loss_surface
from utils.explorables.residual_block import residual_block
from utils.explorables.unravelled_paths import unravelled_paths

EXPLORABLES: dict[str, Callable[..., Explorable]] = {
    "block-builder": block_builder,
    "block-lesions": block_lesions,
    "depth-curves": depth_curves,
    "depth-gap": depth_gap,
    "depth-years": depth_years,
    "gradient-norms": gradient_norms,
    "loss-surface": loss_surface,
    "residual-block": residual_block,
    "unravelled-paths": unravelled_paths,
}
MAX_CONTROLS = 3
MORE_CONTROLS = {
    "block-builder": (6, "a block has six sizes that must agree; to make them agree is the task"),
    "block-lesions": (10, "a network and a box for each block; to take out any set is the point"),
    "gradient-norms": (5, "quantity, kind, start, depth and step are what the profile depends on"),
}
"""Figures that need more than :data:`MAX_CONTROLS`: how many, and why no fewer would do."""

__all__ = [
    "EXPLORABLES",
    "MAX_CONTROLS",
    "MORE_CONTROLS",
    "Explorable",
    "block_builder",
    "block_lesions",
    "depth_curves",
    "depth_gap",
    "depth_years",
    "gradient_norms",
    "loss_surface",
    "residual_block",
    "unravelled_paths",
]
