"""The argument of construction: a deeper network that computes what a shallower one does.

Answers "can the deeper network be worse?". As a set of functions it cannot: :func:`deepen` writes
the shallower network's function with the deeper network's layers (He et al. 2016a, section 1).
"""

import torch
from torch import nn

from utils.models.blocks import Block, need_block
from utils.models.checked import kind_of, need_network
from utils.models.networks import CIFAR_DEPTHS, ResNet, cifar_architecture


def deepen(net: ResNet, depth: int) -> ResNet:
    """The same function with more layers.

    Each stage begins with the blocks of ``net``; blocks that hand on their input follow. In a
    residual network these have a silent branch, in a plain one two identity convolutions.

    Args:
        net: of the paper's CIFAR family, plain or residual (option A).
        depth: 6n + 2, at least that of ``net``.

    Returns:
        A new net of that depth in evaluation mode. Its answers are those of ``net`` up to
        rounding, as long as the normalisation uses its running statistics.

    Raises:
        TypeError: not a network.
        ValueError: ``net`` is of another family or deeper than ``depth``.
    """
    need_network(net)
    if not isinstance(net, ResNet):
        raise ValueError(f"{kind_of(net)} is not of the CIFAR family; give build('resnet-20')")
    shallow = net.architecture
    kind = "residual" if shallow.residual else "plain"
    wanted = cifar_architecture(depth, kind, num_classes=shallow.num_classes)
    own = cifar_architecture(6 * shallow.blocks[0] + 2, kind, num_classes=shallow.num_classes)
    if shallow != own:
        raise ValueError(f"{shallow} is not of the CIFAR family {CIFAR_DEPTHS} with option A")
    if shallow.blocks[0] > wanted.blocks[0]:
        raise ValueError(f"{depth} layers are fewer than the network has; choose more")
    deep = ResNet(wanted).eval()
    for name in ("conv1", "bn1", "fc"):
        deep.get_submodule(name).load_state_dict(net.get_submodule(name).state_dict())
    for stage in net.stages:
        old, new = net.get_submodule(stage), deep.get_submodule(stage)
        for index, block in enumerate(new):
            if index < len(old):
                block.load_state_dict(old[index].state_dict())
            else:
                pass_on(block)
    return deep


def pass_on(block: Block) -> None:
    """Make a block hand on a non-negative input in evaluation mode, in place.

    Raises:
        TypeError: not a block of :mod:`utils.models.blocks`.
        ValueError: a layer of the block changes the shape, or batch normalisation does not stand
            behind each.
    """
    need_block(block)
    layers = block.layers()
    for name, conv, norm in layers:
        if conv.in_channels != conv.out_channels or conv.stride != (1, 1):
            raise ValueError("a block that changes the shape cannot hand on its input")
        if not isinstance(norm, nn.BatchNorm2d):
            raise ValueError(f"no batch normalisation stands behind {name}; take a basic block")
    with torch.no_grad():
        for _, conv, norm in layers:
            nn.init.dirac_(conv.weight)
            norm.reset_parameters()
            # Divided by sqrt(1 + eps), whatever the variance; the scale makes up for it.
            norm.weight.fill_((1 + norm.eps) ** 0.5)
        if block.downsample is not None:
            layers[-1].normalisation.weight.zero_()
