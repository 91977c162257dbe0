"""How large do activations become with depth, and what holds them back?

``moments`` follows a batch through toy blocks under one of several rules; ``addition_sizes``
reads the two summands of every addition in a real network.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

RULES = {
    "nothing": "He initialisation, no normalisation",
    "batch norm": "batch normalisation before every ReLU (He et al. 2016b)",
    "zero start": "factor 0 on every branch (SkipInit; Fixup zeroes the last layer instead)",
    "divided": "factor 1 / sqrt(blocks) on every branch",
}


@dataclass(frozen=True)
class Moments:
    """Mean squares along a chain.

    Attributes:
        states: of the input and of every block's output, float64 (blocks + 1,).
        branches: of every branch as it arrives at the addition, float64 (blocks,).
    """

    states: Tensor
    branches: Tensor


def normalise(x: Tensor) -> Tensor:
    """Batch normalisation without scale, offset and epsilon: float (N, width)."""
    return (x - x.mean(0)) / x.std(0, unbiased=False)


def moments(
    rule: str,
    blocks: int,
    *,
    width: int = 128,
    batch: int = 128,
    seed: int = 0,
    relu_after: bool = False,
    shortcut: bool = True,
) -> Moments:
    """Send a normal batch through blocks ``x + c · W2 · ReLU(W1 · ReLU(x))``.

    Args:
        rule: a key of :data:`RULES`.
        blocks: number of blocks.
        width: units of every layer.
        batch: vectors in the batch.
        seed: of the generator that draws input and weights.
        relu_after: apply a ReLU after every addition, as He et al. 2016a do.
        shortcut: without it every block returns its branch alone, as in a plain chain.

    Raises:
        ValueError: unknown rule.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}; choose from {sorted(RULES)}")
    options = {"generator": torch.Generator().manual_seed(seed), "dtype": torch.float64}
    factor = {"zero start": 0.0, "divided": blocks**-0.5}.get(rule, 1.0)
    prepare = normalise if rule == "batch norm" else nn.Identity()
    x = torch.randn(batch, width, **options)
    states, branches = [x.square().mean()], []
    for _ in range(blocks):
        first, second = torch.randn(2, width, width, **options) * (2 / width) ** 0.5
        hidden = torch.relu(prepare(torch.relu(prepare(x)) @ first.T))
        branch = factor * hidden @ second.T
        x = x + branch if shortcut else branch
        x = torch.relu(x) if relu_after else x
        branches.append(branch.square().mean())
        states.append(x.square().mean())
    return Moments(torch.stack(states), torch.stack(branches))


def growth_factor(values: Tensor) -> float:
    """Geometric mean of the factor from one value to the next."""
    return float((values[-1] / values[0]) ** (1 / (len(values) - 1)))


def power_of_depth(ratios: Tensor) -> float:
    """Exponent p of the best fit ``ratio ~ block ** p`` on logarithmic axes, blocks from 1."""
    logs = torch.arange(1, len(ratios) + 1, dtype=torch.float64).log()
    centred = logs - logs.mean()
    return float((centred * ratios.double().log()).sum() / centred.square().sum())
