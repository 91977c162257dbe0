"""Train with random blocks missing (stochastic depth, Huang et al. 2016).

Answers "what does a network become that has never been sure of its blocks?". For each mini-batch
every block is left out with its own probability; at test time all are there, each branch scaled by
how often it was.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.models.blocks import Block, Layer, need_block
from utils.models.networks import ResNet
from utils.models.surgery import block_names


class StochasticBlock(Block):
    """A residual block whose branch survives with a probability while it is trained.

    Training: ReLU(b F(x) + x) with one draw b of 0 or 1 for the whole mini-batch. Evaluation:
    ReLU(p F(x) + x) (Huang et al. 2016, section 3). Without the ReLU where ``inner`` has none.

    Args:
        inner: the block; its parameters stay the same objects.
        survival: p, above 0 and at most 1.

    Raises:
        TypeError: not a block of :mod:`utils.models.blocks`.
        ValueError: p out of its range, or a plain block, which has no shortcut to fall back on.
    """

    def __init__(self, inner: Block, survival: float) -> None:
        super().__init__()
        if not 0 < survival <= 1:
            raise ValueError(f"survival is a probability above 0, not {survival}")
        need_block(inner, "inner")
        if inner.downsample is None:
            raise ValueError("a plain block cannot be left out; stochastic depth needs shortcuts")
        self.inner = inner
        self.survival = survival
        self.ends_in_relu = inner.ends_in_relu

    @property
    def downsample(self) -> nn.Module:
        """The shortcut."""
        return self.inner.downsample

    def layers(self) -> list[Layer]:
        """The convolutions of the block inside."""
        return [layer._replace(name=f"inner.{layer.name}") for layer in self.inner.layers()]

    def branch(self, x: Tensor) -> Tensor:
        """The residual function as it is used at test time, p F(x)."""
        return self.survival * self.inner.branch(x)

    def forward(self, x: Tensor) -> Tensor:
        out = self.downsample(x)
        if not self.training:
            out = out + self.branch(x)
        elif torch.rand(()) < self.survival:
            out = out + self.inner.branch(x)
        return F.relu(out) if self.ends_in_relu else out


def linear_survival(blocks: int, last: float = 0.5) -> list[float]:
    """Probability of each block: falls in equal steps to ``last`` at the last block.

    Block l of L survives with 1 - (l / L)(1 - last) (Huang et al. 2016, section 3).
    """
    return [1 - block / blocks * (1 - last) for block in range(1, blocks + 1)]


def with_stochastic_depth(net: ResNet, last: float = 0.5) -> ResNet:
    """Make every block of a network stochastic, in place.

    Args:
        net: residual, before its training.
        last: survival of the last block; 1 changes nothing.

    Raises:
        TypeError: not a network.
        ValueError: a network whose blocks cannot be found, or a plain one.
    """
    names = block_names(net)
    for name, survival in zip(names, linear_survival(len(names), last), strict=True):
        net.set_submodule(name, StochasticBlock(net.get_submodule(name), survival))
    return net


def expected_blocks(survivals: list[float]) -> float:
    """Blocks that take part in a training step on average: the sum of the probabilities."""
    return sum(survivals)
