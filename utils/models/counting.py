"""Parameters and multiply-accumulates, counted by PyTorch itself.

Answers "how big, how much work?". One multiply-accumulate (MAC) is one multiplication and
one addition. PyTorch's counter reports floating-point operations, two for each MAC; the
paper's "FLOPs" are MACs.
"""

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(net: nn.Module) -> int:
    """Number of trainable values, batch normalisation's scales and shifts included."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def count_macs(net: nn.Module, size: int = 32) -> int:
    """MACs of one forward pass for one 3 x ``size`` x ``size`` image.

    Counts convolutions and matrix products, as the paper's table 1 does; normalisation,
    activation, pooling and additions are left out. Runs on the meta device: no arithmetic
    is done, and the net is left as it was.
    """
    twin = copy.deepcopy(net).to("meta").eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        twin(torch.empty(1, 3, size, size, device="meta"))
    flops = counter.get_total_flops()
    return flops // 2
