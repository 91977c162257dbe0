"""The networks whose gradients are compared: with or without normalisation, by initialisation.

Answers "which network, and how does it begin?". One :class:`Start` names everything that differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import nn

from utils.blocks import BasicBlock
from utils.models import ResNet, cifar_architecture, initialise_he

INITIALISATIONS = {
    "he": "normal, variance 2 / fan out (He et al. 2015b, equation 14)",
    "pytorch": "PyTorch's default: uniform, variance 1 / (3 fan in)",
    "fixup": "He, but first convolutions of branches over the root of the number of branches, "
    "last ones zero (two of the rules of Zhang et al. 2019)",
}


@dataclass(frozen=True)
class Start:
    """A CIFAR network before its first step.

    Attributes:
        depth: 6n + 2 weighted layers.
        kind: "plain" or "residual" (option A, without parameters).
        batch_norm: False takes every batch normalisation out and puts nothing in its place.
        init: a key of :data:`INITIALISATIONS`.
    """

    depth: int
    kind: str
    batch_norm: bool = True
    init: str = "he"

    @property
    def name(self) -> str:
        """For example ``plain-56_bn_he`` or ``resnet-20_none_fixup``."""
        family = "plain" if self.kind == "plain" else "resnet"
        return f"{family}-{self.depth}_{'bn' if self.batch_norm else 'none'}_{self.init}"


def build_start(start: Start, seed: int, num_classes: int = 10) -> ResNet:
    """Draw the network of a start from its seed.

    Raises:
        ValueError: unknown depth, kind or initialisation, or "fixup" on a plain net, whose
            output would be zero.
    """
    if start.init not in INITIALISATIONS:
        raise ValueError(f"init must be one of {sorted(INITIALISATIONS)}, not {start.init!r}")
    if start.init == "fixup" and start.kind == "plain":
        raise ValueError("fixup sets whole branches to zero; without shortcuts nothing is left")
    architecture = cifar_architecture(start.depth, start.kind, num_classes=num_classes)
    torch.manual_seed(seed)
    net = ResNet(replace(architecture, init="pytorch"))
    if start.init != "pytorch":
        initialise_he(net)
    if start.init == "fixup":
        initialise_fixup(net)
    if not start.batch_norm:
        remove_batch_norm(net)
    return net


def initialise_fixup(net: nn.Module) -> None:
    """Scale and silence the branches, in place.

    With L branches of m = 2 layers the first layer of each is multiplied by L^(-1 / (2m - 2)),
    and the last is set to zero (Zhang et al. 2019). Left out on purpose: the scalar biases and
    multipliers, and the zero classifier, with which no gradient would leave the last layer.
    """
    branches = [module for module in net.modules() if isinstance(module, BasicBlock)]
    with torch.no_grad():
        for branch in branches:
            branch.conv1.weight.mul_(len(branches) ** -0.5)
            branch.conv2.weight.zero_()


def remove_batch_norm(net: nn.Module) -> nn.Module:
    """Replace every batch normalisation by the identity, in place; returns the net.

    The convolutions have no bias, so the net then has weights and the classifier's bias only.
    """
    for name, module in list(net.named_modules()):
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            path, _, leaf = name.rpartition(".")
            setattr(net.get_submodule(path), leaf, nn.Identity())
    return net
