"""Chains of toy blocks: what is left of a signal after many of them?

A toy block keeps the shape of the residual block (He et al. 2016a, figure 2: two weight layers,
a ReLU between them, a ReLU after the addition) and drops the rest: eight numbers instead of
feature maps, matrices instead of convolutions, no biases, no normalisation. ``draw_chain`` makes
the numbers, ``residual_chain`` sends a signal through them.
"""

import numpy as np

WIDTH = 8
MAX_BLOCKS = 24
WEIGHT_STEPS = 32
"""Weights are whole multiples of 1 / WEIGHT_STEPS, so that they fit into a page as integers."""


def draw_chain(
    seed: int = 0, blocks: int = MAX_BLOCKS, width: int = WIDTH
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one input and the weights of a chain, once and for all.

    He initialisation (He et al., "Delving deep into rectifiers", 2015): zero mean, variance
    2 / width. With seed 0 the chain without shortcuts stays alive through all 24 blocks; in
    about one draw in six (175 of seeds 0 to 999) all units of some layer fall silent on the way.

    Args:
        seed: of the legacy NumPy generator, whose stream is frozen between NumPy versions.
        blocks: blocks in the chain.
        width: numbers in the signal.

    Returns:
        x: float64 (width,), not negative, two decimals.
        weights: float64 (blocks, 2, width, width), rounded to steps of 1 / WEIGHT_STEPS.
    """
    random = np.random.RandomState(seed)
    x = np.abs(random.standard_normal(width)).round(2)
    weights = random.standard_normal((blocks, 2, width, width)) * np.sqrt(2 / width)
    return x, np.round(weights * WEIGHT_STEPS) / WEIGHT_STEPS


def residual_chain(
    x: np.ndarray, weights: np.ndarray, *, scale: float = 1.0, shortcut: bool = True
) -> np.ndarray:
    """Send a signal through a chain of toy blocks and keep what leaves each of them.

    One block computes ``y = ReLU(F(x) + x)`` with ``F(x) = sW2 · ReLU(sW1 · x)``; without the
    shortcut ``y = ReLU(F(x))``. For ``x >= 0`` and ``scale = 0`` the first is the identity, the
    second is zero, both exactly.

    Args:
        x: the input, float (width,), not negative.
        weights: float (blocks, 2, width, width), W1 and W2 of every block.
        scale: s, the factor in front of every weight.
        shortcut: add the block's input to its branch.

    Returns:
        float (blocks + 1, width): the input, then the output of every block.
    """
    signals = [x]
    for first, second in weights:
        branch = scale * (second @ np.maximum(scale * (first @ signals[-1]), 0))
        arriving = signals[-1] if shortcut else 0
        signals.append(np.maximum(branch + arriving, 0))
    return np.stack(signals)
