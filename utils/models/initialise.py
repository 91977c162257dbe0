"""How the convolutions of a network begin.

Answers "where does training start from?". Each function changes a net in place;
:data:`INITIALISATIONS` names those that an architecture can ask for.
"""

from collections.abc import Callable

import torch
from torch import nn

from utils.models.blocks import Block, conv_layers
from utils.models.checked import kind_of, need_network


def leave_default(net: nn.Module) -> None:
    """PyTorch's own: uniform, variance 1 / (3 fan in). Nothing to do.

    Raises:
        TypeError: not a network.
    """
    need_network(net)


def initialise_he(net: nn.Module) -> None:
    """Draw every convolution from a normal of variance 2 / fan_out, in place.

    He et al. 2015, equation 14: keeps the variance of gradients across ReLU layers.
    Batch normalisation keeps its defaults (scale 1, shift 0).

    Raises:
        TypeError: not a network.
    """
    for module in conv_layers(net):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def initialise_fixup(net: nn.Module) -> None:
    """He's draw, then the branches scaled and silenced, in place.

    With L branches of m layers all but the last of each are multiplied by L^(-1 / (2m - 2)), and
    the last is set to zero (Zhang et al. 2019). Left out on purpose: the scalar biases and
    multipliers, and the zero classifier, with which no gradient would leave the last layer.

    Raises:
        TypeError: not a network.
        ValueError: a network without blocks of this book; nothing is changed.
    """
    need_network(net)
    if not any(isinstance(module, Block) for module in net.modules()):
        raise ValueError(
            f"{kind_of(net)} has no blocks of utils.models.blocks, so no branch to silence; take "
            'initialise_he, or a network such as build("resnet-56-fixup")'
        )
    initialise_he(net)
    branches = [module.layers() for module in net.modules() if isinstance(module, Block)]
    with torch.no_grad():
        for *first, last in branches:
            for layer in first:
                layer.convolution.weight.mul_(len(branches) ** (-1 / (2 * len(first))))
            last.convolution.weight.zero_()


def initialise_orthogonal(net: nn.Module) -> None:
    """Delta-orthogonal: an orthogonal matrix at each kernel's centre, zero around it, in place.

    Xiao et al. 2018 keep the length of every signal and gradient with it in tanh networks. The
    factor sqrt(2) makes up for the half that a ReLU takes.

    Raises:
        TypeError: not a network.
    """
    for module in conv_layers(net):
        height, width = module.kernel_size
        with torch.no_grad():
            module.weight.zero_()
        nn.init.orthogonal_(module.weight[:, :, height // 2, width // 2], gain=2**0.5)


def initialise_dirac(net: nn.Module) -> None:
    """Each convolution passes its input on, plus a little of He's draw, in place.

    The identity kernel of Zagoruyko and Komodakis 2017 gives a plain net the start of a residual
    one: ReLU changes nothing in what is already positive. The draw, over the root of the number
    of layers, tells the channels apart, and feeds those that have no input to copy.

    Raises:
        TypeError: not a network.
    """
    initialise_he(net)
    layers = conv_layers(net)
    with torch.no_grad():
        for module in layers:
            noise = module.weight * len(layers) ** -0.5
            module.weight.copy_(nn.init.dirac_(module.weight) + noise)


INITIALISATIONS: dict[str, Callable[[nn.Module], None]] = {
    "he": initialise_he,
    "pytorch": leave_default,
    "fixup": initialise_fixup,
    "orthogonal": initialise_orthogonal,
    "dirac": initialise_dirac,
}


def initialise(net: nn.Module, how: str) -> None:
    """Begin as the key of :data:`INITIALISATIONS` says, in place.

    Raises:
        TypeError: not a network.
        ValueError: unknown key, with the known ones.
    """
    if how not in INITIALISATIONS:
        raise ValueError(f"unknown initialisation {how!r}; choose from {sorted(INITIALISATIONS)}")
    INITIALISATIONS[how](net)
