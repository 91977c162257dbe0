"""What any grid of losses says about its surface.

Answers "how bent is it, and is it the network's or the ruler's?". Nothing is recorded here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from utils.models.networks import ResNet
from utils.models.surgery import layers_of
from utils.probes.surfaces import Evaluate, draw_plane, evaluate_rows, grid


def restricted_hessian(losses: Tensor, spacing: float) -> Tensor:
    """Second derivatives along the two directions, by central differences.

    Exact for a quadratic; elsewhere they tell how the surface bends over two steps of the grid.

    Args:
        losses: float64 (n, n); the first direction along the columns.
        spacing: distance between neighbours.

    Returns:
        float64 (n - 2, n - 2, 2, 2), for the points that have neighbours on all sides.
    """
    middle = losses[1:-1, 1:-1]  # (n - 2, n - 2)
    along = (losses[1:-1, 2:] - 2 * middle + losses[1:-1, :-2]) / spacing**2  # (n - 2, n - 2)
    across = (losses[2:, 1:-1] - 2 * middle + losses[:-2, 1:-1]) / spacing**2  # (n - 2, n - 2)
    mixed = losses[2:, 2:] - losses[2:, :-2] - losses[:-2, 2:] + losses[:-2, :-2]
    mixed = mixed / (4 * spacing**2)  # (n - 2, n - 2)
    rows = torch.stack([along, mixed], -1), torch.stack([mixed, across], -1)  # (n - 2, n - 2, 2)
    return torch.stack(rows, -2)  # (n - 2, n - 2, 2, 2)


def bends_down(losses: Tensor, spacing: float) -> Tensor:
    """Where the surface bends down in some direction of the plane: bool (n - 2, n - 2).

    There its Hessian, restricted to the plane, has a negative eigenvalue, so the loss is not
    convex. The converse does not hold: a plane can miss the directions that bend down
    (Li et al. 2018, section 6, their note of caution).
    """
    return torch.linalg.eigvalsh(restricted_hessian(losses, spacing))[..., 0] < 0


def share_bending_down(losses: Tensor, places: Sequence[float], within: float = np.inf) -> float:
    """Share of the inner grid points, no farther than ``within``, where the surface bends down."""
    spacing = places[1] - places[0]
    inner = torch.tensor(places[1:-1], dtype=torch.float64)
    near = (inner[:, None] ** 2 + inner[None, :] ** 2).sqrt() <= within + 1e-9
    return float(bends_down(losses, spacing)[near].double().mean())


def live_surface(
    net: nn.Module,
    evaluate: Evaluate,
    seed: int = 0,
    steps: int = 11,
    extent: float = 1.0,
    **plane: Callable,
) -> Tensor:
    """Losses around a network, computed now: float64 (steps, steps)."""
    rows = evaluate_rows(net, draw_plane(net, seed, **plane), grid(steps, extent), evaluate)
    return torch.stack([row[:, 0] for row in rows])


def rescaled(net: ResNet, factor: float) -> ResNet:
    """A copy that computes the same, with every weight before a normalisation times ``factor``.

    These are the stem's and the branches'; a projection on a shortcut stays as it is.
    The running statistics are scaled along, as training with these weights would have left them.
    The same up to the small constant that normalisation adds to the variance.
    """
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for _, convolution, norm in layers_of(twin):
            if isinstance(norm, nn.BatchNorm2d):
                convolution.weight.mul_(factor)
                norm.running_mean.mul_(factor)
                norm.running_var.mul_(factor**2)
    return twin
