"""Figures to touch, by name.

Each name is a function that returns an :class:`~utils.explorables.figure.Explorable`. In a
notebook the object shows itself; in the published book ```` ```{explorable} NAME ```` puts the same
markup into the page.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.explorables.figure import Explorable
from utils.explorables.gradient_norms import gradient_norms
from utils.explorables.residual_block import residual_block

EXPLORABLES: dict[str, Callable[..., Explorable]] = {
    "gradient-norms": gradient_norms,
    "residual-block": residual_block,
}

__all__ = ["EXPLORABLES", "Explorable", "gradient_norms", "residual_block"]
