"""Batch normalisation folded into the convolution before it: fewer layers, the same answers.

Answers "what does a trained network still have to compute?". In evaluation mode batch normalisation
multiplies and shifts each channel by fixed numbers, which the convolution can do itself.
"""

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from utils.models.checked import need_network
from utils.models.networks import ResNet
from utils.models.surgery import layers_of


def folded(net: ResNet) -> ResNet:
    """A copy of a network of this book without the batch normalisation after its convolutions.

    That of a shortcut stays, and so does one that comes before its convolution.

    Args:
        net: in evaluation mode; it is left as it is.

    Raises:
        ValueError: the network is in training mode, where each batch has its own statistics.
    """
    need_network(net)
    layers_of(net)  # refuses what is not built of this book's blocks
    if net.training:
        raise ValueError(
            "batch normalisation depends on the batch in training mode; call net.eval() first"
        )
    other = copy.deepcopy(net)
    names = {module: name for name, module in other.named_modules()}
    for layer in layers_of(other):
        if isinstance(layer.normalisation, nn.BatchNorm2d):
            fused = fuse_conv_bn_eval(layer.convolution, layer.normalisation)
            other.set_submodule(names[layer.convolution], fused)
            other.set_submodule(names[layer.normalisation], nn.Identity())
    return other
