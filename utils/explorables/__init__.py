"""Figures to touch, by name.

Each name is a function that returns an :class:`~utils.explorables.figure.Explorable`. In a
notebook the object shows itself; in the published book ```` ```{explorable} NAME ```` puts the same
markup into the page.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.explorables.figure import Explorable
from utils.explorables.residual_block import residual_block
from utils.explorables.unravelled_paths import unravelled_paths

EXPLORABLES: dict[str, Callable[..., Explorable]] = {
    "residual-block": residual_block,
    "unravelled-paths": unravelled_paths,
}

__all__ = ["EXPLORABLES", "Explorable", "residual_block", "unravelled_paths"]
