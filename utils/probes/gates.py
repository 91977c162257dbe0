"""A factor on every residual branch of a trained network.

Answers "what does it say with this block off?".
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from utils.data.checked import need_inputs
from utils.models.blocks import BasicBlock, PadShortcut
from utils.models.checked import explained, need_evaluating
from utils.models.networks import ResNet
from utils.models.surgery import block_names, blocks_of


def residual_blocks(net: ResNet) -> dict[str, BasicBlock]:
    """The residual blocks of a network by their names, in the order of the forward pass.

    Raises:
        TypeError: not a network.
        ValueError: no block of this book, or one that is not a basic block with an identity or
            option A shortcut and a ReLU behind its addition.
    """
    blocks = dict(zip(block_names(net), blocks_of(net), strict=True))
    for name, block in blocks.items():
        shortcut = getattr(block, "downsample", None)
        basic = isinstance(block, BasicBlock) and block.ends_in_relu
        if not basic or not isinstance(shortcut, nn.Identity | PadShortcut):
            raise ValueError(
                f"{name} is no basic block with an option A shortcut; take a net such as resnet-20"
            )
    return blocks


def forward(net: ResNet, inputs: Tensor, gates: Sequence[float]) -> tuple[Tensor, list[Tensor]]:
    """One pass with a factor on every residual branch: relu(shortcut(x) + gate * F(x)).

    Args:
        net: in evaluation mode.
        inputs: normalised images, float (N, 3, H, W).
        gates: one for each block, 1 for on and 0 for off.

    Returns:
        Logits (N, classes), and the activations of the stem and of each block.

    Raises:
        TypeError: no network, or no tensor.
        ValueError: a wrong number of gates, a network in training mode or with other blocks, or
            inputs that it does not take.
    """
    blocks = residual_blocks(net)
    need_evaluating(net)
    need_inputs(inputs)
    if len(gates) != len(blocks):
        raise ValueError(f"{len(gates)} gates for {len(blocks)} blocks; give one for each")
    with explained(net, inputs):
        x = net.stem(inputs)
    maps = [x]
    for gate, block in zip(gates, blocks.values(), strict=True):
        x = F.relu(block.downsample(x) + gate * block.branch(x))
        maps.append(x)
    return net.head(x), maps
