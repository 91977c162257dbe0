"""The networks whose gradients are compared: with or without normalisation, by initialisation.

Answers "which network, and how does it begin?". One :class:`Start` names everything that differs.
"""

from dataclasses import dataclass, replace

import torch
from torch import nn

from utils.models.networks import ResNet, cifar_architecture
from utils.models.surgery import replace_modules

STARTS = ("he", "pytorch", "fixup")


@dataclass(frozen=True)
class Start:
    """A CIFAR network before its first step.

    Attributes:
        depth: 6n + 2 weighted layers.
        kind: "plain" or "residual" (option A, without parameters).
        batch_norm: False takes every batch normalisation out and puts nothing in its place.
        init: one of :data:`STARTS`, see :mod:`utils.models.initialise`.
    """

    depth: int
    kind: str
    batch_norm: bool = True
    init: str = "he"

    @property
    def model(self) -> str:
        """The network, for example ``plain-56`` or ``resnet-20``."""
        return f"{'plain' if self.kind == 'plain' else 'resnet'}-{self.depth}"

    @property
    def name(self) -> str:
        """For example ``plain-56_bn_he`` or ``resnet-20_none_fixup``."""
        return f"{self.model}_{'bn' if self.batch_norm else 'none'}_{self.init}"


def build_start(start: Start, seed: int, num_classes: int = 10) -> ResNet:
    """Draw the network of a start from its seed.

    Raises:
        ValueError: unknown depth, kind or initialisation, or "fixup" on a plain net, whose
            output would be zero.
    """
    if start.init not in STARTS:
        raise ValueError(f"init must be one of {sorted(STARTS)}, not {start.init!r}")
    if start.init == "fixup" and start.kind == "plain":
        raise ValueError("fixup sets whole branches to zero; without shortcuts nothing is left")
    architecture = cifar_architecture(start.depth, start.kind, num_classes=num_classes)
    torch.manual_seed(seed)
    net = ResNet(replace(architecture, init=start.init))
    if not start.batch_norm:
        remove_batch_norm(net)
    return net


def remove_batch_norm(net: nn.Module) -> nn.Module:
    """Replace every batch normalisation by the identity, in place; returns the net.

    The convolutions have no bias, so the net then has weights and the classifier's bias only.

    Raises:
        TypeError: not a network.
    """
    return replace_modules(net, (nn.BatchNorm1d, nn.BatchNorm2d), lambda _: nn.Identity())
