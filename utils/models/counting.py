"""Parameters and multiply-accumulates, counted by PyTorch itself.

Answers "how big, how much work?". One multiply-accumulate (MAC) is one multiplication and
one addition. PyTorch's counter reports floating-point operations, two for each MAC; the
paper's "FLOPs" are MACs.
"""

import copy

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from utils.models.checked import explained, need_network


def count_parameters(net: nn.Module) -> int:
    """Number of trainable values, batch normalisation's scales and shifts included.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def sketched(net: nn.Module, size: int, channels: int = 3) -> tuple[nn.Module, Tensor]:
    """A copy of a network without values, in evaluation mode, and an image for it of its dtype.

    Args:
        net: any network; it is left as it was.
        size: height and width of the image.
        channels: of the image.

    Returns:
        The copy and an image (1, ``channels``, ``size``, ``size``), both on the meta device.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    twin = copy.deepcopy(net).to("meta").eval()
    dtype = next((p.dtype for p in net.parameters() if p.is_floating_point()), torch.float32)
    return twin, torch.empty(1, channels, size, size, device="meta", dtype=dtype)


def count_macs(net: nn.Module, size: int = 32) -> int:
    """MACs of one forward pass for one 3 x ``size`` x ``size`` image.

    Counts convolutions and matrix products, as the paper's table 1 does; normalisation,
    activation, pooling and additions are left out. Runs on the meta device: no arithmetic
    is done, and the net is left as it was.

    Raises:
        TypeError: not a network.
        ValueError: a network that takes other images, or asks for values in its forward pass.
    """
    twin, image = sketched(net, size)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad(), explained(twin, image):
        twin(image)
    flops = counter.get_total_flops()
    return flops // 2
