"""Learning F(x) = H(x) - x instead of H(x): what does the change of reference point change?

Three checks in small: a deeper network that copies a shallower one, gradient descent on one
linear layer in both forms, and how evenly a deep linear chain can be moved from its start.
"""

import copy

import torch
from torch import Tensor, nn

from utils.models.blocks import conv3x3


def deepen(net: nn.Sequential, extra: int, channels: int) -> nn.Sequential:
    """A copy of ``net`` with ``extra`` layers that change nothing (He et al. 2016a, section 1).

    Each added layer is a 3x3 convolution set to the identity, and a ReLU. After a ReLU nothing
    is negative, so the second leaves everything as it is.

    Args:
        net: ends with a ReLU; returns float (N, channels, H, W).
        extra: layers to add.
        channels: channels of the net's output.

    Raises:
        ValueError: the net does not end with a ReLU, so that the copy would differ.
    """
    if not isinstance(net[-1], nn.ReLU):
        raise ValueError(f"the net ends with {type(net[-1]).__name__}; it has to end with a ReLU")
    layers = list(copy.deepcopy(net))
    for _ in range(extra):
        conv = conv3x3(channels, channels)
        nn.init.dirac_(conv.weight)
        layers += [conv, nn.ReLU()]
    return nn.Sequential(*layers)


def descend(
    x: Tensor,
    y: Tensor,
    *,
    reference: Tensor,
    start: Tensor,
    steps: int = 50,
    rate: float = 0.1,
    decay: float = 0.0,
) -> Tensor:
    """Fit ``y = (reference + V) x`` by gradient descent on V and return ``reference + V``.

    The loss is half the mean squared length of the error; ``decay`` pulls V towards zero.

    Args:
        x: inputs, float (N, width).
        y: targets, float (N, width).
        reference: what stands beside V and is not learned, float (width, width).
        start: V before the first step, float (width, width).
        steps: number of steps.
        rate: learning rate.
        decay: weight decay, added to the gradient as ``decay * V``.
    """
    v = start.clone()
    for _ in range(steps):
        error = x @ (reference + v).T - y
        v = v - rate * (error.T @ x / len(x) + decay * v)
    return reference + v


def linear_layers(depth: int, width: int, *, reference: float, scale: float, seed: int) -> Tensor:
    """Matrices ``reference · I + scale · W`` with entries of W drawn with variance 1 / width.

    ``reference=0, scale=1`` is the usual start of a plain linear chain, ``reference=1`` that of
    a residual one.

    Returns:
        float64 (depth, width, width).
    """
    draw = torch.Generator().manual_seed(seed)
    drawn = torch.randn(depth, width, width, generator=draw, dtype=torch.float64) / width**0.5
    return reference * torch.eye(width, dtype=torch.float64) + scale * drawn


def tangent_spread(layers: Tensor) -> float:
    """Largest over smallest factor by which the product of all layers follows its gradient.

    A small step of gradient descent on all matrices moves their product H by ``-rate · K g``,
    where g is the gradient with respect to H and ``K = Σ A Aᵀ ⊗ Bᵀ B``, with A the product of
    the layers after a layer and B of those before it. The condition number of K says how much
    slower the slowest direction of H is learned than the fastest, near the start.

    Args:
        layers: float64 (depth, width, width), first layer first.
    """
    depth, width, _ = layers.shape
    eye = torch.eye(width, dtype=layers.dtype)
    before, after = [eye], [eye]  # depth products of (width, width) each
    for index in range(depth - 1):
        before.append(layers[index] @ before[-1])
        after.append(after[-1] @ layers[depth - 1 - index])
    after.reverse()
    products = zip(after, before, strict=True)
    kernel = sum(torch.kron(a @ a.T, b.T @ b) for a, b in products)  # (width², width²)
    values = torch.linalg.eigvalsh(kernel)  # (width²,), the smallest first
    return float(values[-1] / values[0])
