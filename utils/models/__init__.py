"""Networks, built from blocks.

Answers "what is a residual network made of?". A name such as "resnet-20" or an
:class:`~utils.models.networks.Architecture` comes in; a PyTorch module goes out, and its counts.
"""

from utils.models.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, make_shortcut
from utils.models.counting import count_macs, count_parameters
from utils.models.networks import (
    Architecture,
    ResNet,
    SimpleCNN,
    build,
    cifar_net,
    imagenet_net,
    stage_shapes,
)

__all__ = [
    "Architecture",
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "SimpleCNN",
    "build",
    "cifar_net",
    "conv1x1",
    "conv3x3",
    "count_macs",
    "count_parameters",
    "imagenet_net",
    "make_shortcut",
    "stage_shapes",
]
