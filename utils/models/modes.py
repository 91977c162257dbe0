"""Change a network's mode for a while, and give every module its own back.

Answers "is it as it was, module by module?". ``net.train()`` afterwards is no answer: it would wake
a batch normalisation that was frozen on purpose.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from utils.models.checked import need_network


@contextmanager
def modes_kept(net: nn.Module) -> Iterator[None]:
    """When the block ends, with or without an error, every module is in its old mode again.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    modes = {module: module.training for module in net.modules()}
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Evaluation mode inside the block; afterwards every module is as it was.

    ``net.train()`` afterwards would wake the frozen batch normalisation too.

    Raises:
        TypeError: not a network.
    """
    with modes_kept(net):
        net.eval()
        yield
