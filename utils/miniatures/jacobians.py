"""Chains small enough to differentiate exactly: what does a shortcut do to a gradient?

A block computes ``F(x) = b · W2 · ReLU(W1 · ReLU(x))`` on vectors: the order of layers of a
pre-activation block (He et al. 2016b, figure 1b) without normalisation and without biases. The
kinds of a chain differ in what happens to ``F(x)``, and in nothing else. Everything is float64,
so that a formula and autograd can be compared to the last digits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jacrev

KINDS = {
    "plain": "F(x)",
    "residual": "s x + F(x), nothing after the sum (He et al. 2016b)",
    "relu-after": "ReLU(s x + F(x)), the block of He et al. 2016a",
    "projection": "P x + F(x), a matrix on every shortcut",
}


@dataclass(frozen=True)
class Chain:
    """Blocks in a row, each of its own weights.

    Attributes:
        kind: a key of :data:`KINDS`.
        weights: float64 (blocks, 2, width, width), W1 and W2 of every block.
        projections: float64 (blocks, width, width), P of every block; used by "projection".
        branch_scales: b, the factor in front of every branch, float64 (blocks,).
        shortcut_scale: s, the factor on every shortcut.
    """

    kind: str
    weights: Tensor
    projections: Tensor
    branch_scales: Tensor
    shortcut_scale: float = 1.0

    def branch(self, index: int, x: Tensor) -> Tensor:
        """F of one block: float (..., width) -> float (..., width)."""
        first, second = self.weights[index]
        hidden = torch.relu(torch.relu(x) @ first.T)
        return self.branch_scales[index] * hidden @ second.T

    def shortcut(self, index: int, x: Tensor) -> Tensor:
        """What is added to F of one block; zero in a plain chain."""
        if self.kind == "plain":
            return torch.zeros_like(x)
        if self.kind == "projection":
            return x @ self.projections[index].T
        return self.shortcut_scale * x

    def block(self, index: int, x: Tensor) -> Tensor:
        """One block: float (..., width) -> float (..., width)."""
        total = self.shortcut(index, x) + self.branch(index, x)
        return torch.relu(total) if self.kind == "relu-after" else total

    def states(self, x: Tensor) -> list[Tensor]:
        """The input, then the output of every block."""
        states = [x]
        for index in range(len(self.weights)):
            states.append(self.block(index, states[-1]))
        return states

    def __call__(self, x: Tensor) -> Tensor:
        return self.states(x)[-1]


def make_chain(
    kind: str,
    blocks: int,
    width: int = 16,
    *,
    seed: int = 0,
    branch_scale: float | Sequence[float] = 1.0,
    shortcut_scale: float = 1.0,
) -> Chain:
    """Draw the weights of a chain with He's initialisation, variance 2 / width (He et al. 2015).

    Chains of different kind with the same seed have the same branches. Projections are drawn
    with variance 1 / width, which keeps the expected size of a vector.

    Args:
        kind: a key of :data:`KINDS`.
        blocks: number of blocks.
        width: numbers in the signal.
        seed: of the generator that draws the weights.
        branch_scale: one factor for all branches, or one for each.
        shortcut_scale: factor on every shortcut; no use to "plain" and "projection".

    Raises:
        ValueError: unknown kind, no blocks, or scales that are not one for each block.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; choose from {sorted(KINDS)}")
    if blocks < 1:
        raise ValueError(f"a chain needs at least 1 block, not {blocks}")
    draw = torch.Generator().manual_seed(seed)
    options = {"generator": draw, "dtype": torch.float64}
    weights = torch.randn(blocks, 2, width, width, **options) * (2 / width) ** 0.5
    projections = torch.randn(blocks, width, width, **options) / width**0.5
    scales = torch.as_tensor(branch_scale, dtype=torch.float64)
    if scales.dim() and len(scales) != blocks:
        raise ValueError(f"{len(scales)} branch scales for {blocks} blocks; give one for each")
    return Chain(kind, weights, projections, scales.expand(blocks), shortcut_scale)


def draw_input(width: int = 16, seed: int = 100) -> Tensor:
    """A standard normal vector, float64 (width,)."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(width, generator=draw, dtype=torch.float64)


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Exact Jacobian by automatic differentiation.

    Args:
        function: float (n,) -> float (m,).
        x: the point, float (n,).

    Returns:
        float (m, n); row i is the gradient of output i.
    """
    return jacrev(function)(x).detach()


def gradient(function: Callable[[Tensor], Tensor], x: Tensor, upstream: Tensor) -> Tensor:
    """What the backward pass hands to ``x`` when ``upstream`` arrives at ``function(x)``."""
    start = x.detach().clone().requires_grad_()
    return torch.autograd.grad(function(start), start, upstream)[0]


def block_jacobians(chain: Chain, x: Tensor, *, branch_only: bool = False) -> list[Tensor]:
    """The Jacobian of every block (or of its branch F alone) at the input that reaches it."""
    part = chain.branch if branch_only else chain.block
    states = chain.states(x)[:-1]
    return [jacobian(lambda z, i=i: part(i, z), state) for i, state in enumerate(states)]


def sum_of_branches(chain: Chain, x: Tensor) -> Tensor:
    """The sum of all F(x_l) of a chain that starts at ``x``, float (..., width)."""
    states = chain.states(x)[:-1]
    return sum(chain.branch(index, state) for index, state in enumerate(states))


def sum_rule_gaps(chain: Chain, x: Tensor, upstream: Tensor) -> tuple[float, float]:
    """How far a chain is from "input plus sum of the branches", forward and backward.

    Forward: ``x_L = x_0 + Σ F(x_l)``. Backward: ``g_0 = g_L (I + ∂/∂x_0 Σ F(x_l))``
    (He et al. 2016b, equations 4 and 5).

    Returns:
        Norm of the difference to the truth, divided by the norm of the truth, for the output
        and for the gradient that autograd finds.
    """
    output, truth = chain(x), gradient(chain, x, upstream)
    claimed_output = x + sum_of_branches(chain, x)
    slope = jacobian(lambda z: sum_of_branches(chain, z), x)
    claimed_gradient = upstream + upstream @ slope
    return relative_gap(claimed_output, output), relative_gap(claimed_gradient, truth)


def relative_gap(claimed: Tensor, truth: Tensor) -> float:
    """Norm of the difference divided by the norm of the truth.

    Raises:
        ValueError: tensors of different shapes, which would be broadcast.
    """
    if claimed.shape != truth.shape:
        raise ValueError(
            f"claimed is {tuple(claimed.shape)} and truth {tuple(truth.shape)}; compare like "
            "with like"
        )
    return float((claimed - truth).norm() / truth.norm())


def singular_values(chain: Chain, x: Tensor) -> Tensor:
    """Singular values of the Jacobian of the whole chain, largest first, float64 (width,)."""
    return torch.linalg.svdvals(jacobian(chain, x))


def gradient_by_path_length(branches: list[Tensor]) -> Tensor:
    """Split the Jacobian of a residual chain by the number of branches a path goes through.

    The product of all ``(I + J_l)`` has one term for each choice of blocks. Summed by how many
    ``J`` they hold, the terms are the coefficients of the polynomial ``Π (I + t J_l)``.

    Args:
        branches: Jacobian of every branch, float (width, width), first block first.

    Returns:
        float (blocks + 1, width, width); entry k is the sum over all paths through k branches,
        and the sum of all entries is the Jacobian of the chain.
    """
    width = branches[0].shape[0]
    terms = torch.zeros(len(branches) + 1, width, width, dtype=branches[0].dtype)
    terms[0] = torch.eye(width, dtype=branches[0].dtype)
    for branch in branches:
        through = branch @ terms[:-1]
        terms[1:] = terms[1:] + through
    return terms
