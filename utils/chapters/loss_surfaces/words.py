"""Words and numbers of the text of *Loss surfaces*, by paragraph.

Answers "what does the text say today?". Everything is read from ``results/surfaces/``.
"""

from collections.abc import Callable
from functools import cache

from utils.chapters.loss_surfaces.recorded import Shape, pair, pairs_of, ratio, waiting
from utils.results.words import number, percentage, short


def by_seed(depth: int, name: str, value: Callable[[Shape], str]) -> dict[str, str]:
    """A value of the plain and the residual surface, seed by seed: "floor_plain_0"."""
    return {
        f"{name}_{kind}_{seed}": value(shape)
        for seed, both in enumerate(pairs_of(depth))
        for kind, shape in zip(("plain", "residual"), both, strict=True)
    }


def bent(depth: int) -> dict[str, str]:
    """Share of points at which each surface bends down, on the whole grid and near the middle."""
    whole = by_seed(depth, "bent", lambda shape: percentage(100 * shape.bending()))
    return whole | by_seed(depth, "near", lambda shape: percentage(100 * shape.bending(0.5)))


def over_residual(depth: int, name: str, radius: float) -> dict[str, str]:
    """Mean loss on a circle, plain over residual, seed by seed: "whole_0"."""
    return {f"{name}_{seed}": ratio(*both, radius) for seed, both in enumerate(pairs_of(depth))}


@cache
def slices_14() -> dict[str, str]:
    """Plain and residual surfaces with 14 layers."""
    told = bent(14) | over_residual(14, "half", 0.5) | over_residual(14, "whole", 1.0)
    return told | {"seeds": number(len(pairs_of(14)))}


@cache
def slices_56() -> dict[str, str]:
    """Plain and residual surfaces with 56 layers."""
    floors = by_seed(56, "floor", lambda shape: short(shape.centre))
    return bent(56) | floors | over_residual(56, "whole", 1.0)


@cache
def how_sliced() -> dict[str, str]:
    """How the surfaces were measured, and which are still to come."""
    task = pair(14, seed=0)[0].task
    return {
        "images": str(task.images),
        "grid": f"{task.steps} × {task.steps}",
        "circle": str(task.angles),
        "waiting": waiting(),
    }
