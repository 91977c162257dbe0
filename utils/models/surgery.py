"""Look into a network by its blocks, and put other modules in their place.

Answers "what is it made of?".
"""

from __future__ import annotations

from torch import nn

from utils.models.blocks import Block, Layer
from utils.models.networks import ResNet


def block_names(net: nn.Module) -> list[str]:
    """Modules that are blocks, in the order of the computation: "layer1.0", "layer1.1"...

    Block number 1 is the first of them.

    Raises:
        ValueError: the network has no blocks.
    """
    if not isinstance(net, ResNet):
        raise ValueError(f"{type(net).__name__} has no blocks; give a utils.models.networks.ResNet")
    return [f"{s}.{i}" for s in net.stages for i in range(len(net.get_submodule(s)))]


def blocks_of(net: ResNet) -> list[Block]:
    """The blocks themselves, in the same order."""
    return [net.get_submodule(name) for name in block_names(net)]


def layers_of(net: ResNet) -> list[Layer]:
    """The stem's convolution and those of all branches, in the order of the forward pass.

    Names are those that the network's own modules have. Shortcuts are left out.
    """
    stem = None if isinstance(net.bn1, nn.Identity) else net.bn1
    found = [Layer("conv1", net.conv1, stem)]
    for path, block in zip(block_names(net), blocks_of(net), strict=True):
        found += [layer._replace(name=f"{path}.{layer.name}") for layer in block.layers()]
    return found
