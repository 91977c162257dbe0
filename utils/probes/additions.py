"""How the signal grows at the additions of a real network.

Answers "what does each addition do to the size?".
"""

import copy

import torch
from torch import Tensor, nn

from utils.data.checked import need_inputs
from utils.machine.devices import widened
from utils.models.blocks import Block
from utils.models.checked import explained, need_network
from utils.models.starts import remove_batch_norm


def addition_sizes(net: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Root mean squares of shortcut and branch at every addition of a residual network.

    Runs one forward pass in training mode on a copy, so that batch normalisation uses the
    batch; the net is left as it was.

    Args:
        net: made of :class:`utils.models.blocks.Block` of any kind; those without a shortcut add
            nothing and are left out.
        images: float (N, 3, H, W).

    Returns:
        Shortcut and branch, float64 (blocks,) each.

    Raises:
        TypeError: no network, or no tensor.
        ValueError: the net has no block of this book with a shortcut, or images of another shape,
            dtype or size than it takes.
    """
    need_network(net)
    need_inputs(images, name="images")
    twin = copy.deepcopy(net).train()
    shortcuts, branches = [], []

    def read(block: Block, inputs: tuple[Tensor], _out: Tensor) -> None:
        for sizes, part in ((shortcuts, block.downsample), (branches, block.branch)):
            sizes.append(widened(part(inputs[0])).square().mean().sqrt())

    for block in twin.modules():
        if isinstance(block, Block) and block.downsample is not None:
            block.register_forward_hook(read)
    with torch.no_grad(), explained(twin, images):
        twin(images)
    if not branches:
        raise ValueError("no block with a shortcut that is known to be one; try build('resnet-20')")
    return torch.stack(shortcuts), torch.stack(branches)


def without_normalisation(net: nn.Module) -> nn.Module:
    """A copy of the net whose batch normalisations let everything pass unchanged.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    return remove_batch_norm(copy.deepcopy(net))
