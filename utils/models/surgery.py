"""Look into a network by its blocks, and put other modules in their place.

Answers "what is it made of?".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import nn

from utils.models.blocks import Block, Layer
from utils.models.checked import kind_of, need_network

if TYPE_CHECKING:
    from utils.models.networks import ResNet


def block_names(net: nn.Module) -> list[str]:
    """Modules that are blocks, in the order of the computation: "layer1.0", "layer1.1"...

    Block number 1 is the first of them.

    Raises:
        TypeError: not a network.
        ValueError: the network has no blocks, or is not of this book, so that nobody can tell
            which of its modules are blocks and what in them is the branch.
    """
    need_network(net)
    if not isinstance(getattr(net, "stages", None), list):
        raise ValueError(
            f"{kind_of(net)} has no blocks that say which part is their branch; give a "
            'utils.models.networks.ResNet, for example build("resnet-20")'
        )
    return [f"{s}.{i}" for s in net.stages for i in range(len(net.get_submodule(s)))]


def blocks_of(net: ResNet) -> list[Block]:
    """The blocks themselves, in the same order.

    Raises:
        TypeError: not a network.
        ValueError: as in :func:`block_names`.
    """
    return [net.get_submodule(name) for name in block_names(net)]


def layers_of(net: ResNet) -> list[Layer]:
    """The stem's convolution and those of all branches, in the order of the forward pass.

    Names are those that the network's own modules have. Shortcuts are left out.

    Raises:
        TypeError: not a network.
        ValueError: as in :func:`block_names`.
    """
    names = block_names(net)
    stem = None if isinstance(net.bn1, nn.Identity) else net.bn1
    found = [Layer("conv1", net.conv1, stem)]
    for path, block in zip(names, blocks_of(net), strict=True):
        found += [layer._replace(name=f"{path}.{layer.name}") for layer in block.layers()]
    return found


def replace_modules(
    net: nn.Module,
    kinds: type[nn.Module] | tuple[type[nn.Module], ...],
    make: Callable[[nn.Module], nn.Module],
) -> nn.Module:
    """Put another module in the place of each one of some kinds, in place.

    The new module gets the mode of the old one. A module that stands in several places has one
    replacement in all of them.

    Args:
        net: the network.
        kinds: classes; their subclasses count as well.
        make: the replacement from the module; the module itself leaves it where it is.

    Returns:
        The network; the replacement if it is itself of these kinds.

    Raises:
        TypeError: not a network, or a ``make`` that returns something else than a module.
    """
    need_network(net)
    if isinstance(net, kinds):
        return make(net).train(net.training)
    made: dict[nn.Module, nn.Module] = {}
    for parent in list(net.modules()):
        for name, old in list(parent._modules.items()):  # named_children leaves repetitions out
            if isinstance(old, kinds):
                if old not in made:
                    made[old] = make(old).train(old.training)
                setattr(parent, name, made[old])
    return net
