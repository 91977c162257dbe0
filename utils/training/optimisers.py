"""The optimiser that a recipe names.

Answers "who moves the weights?".
"""

import torch
from torch import nn

from utils.models.checked import need_trainable
from utils.training.muon import Muon
from utils.training.precision import NARROW
from utils.training.recipes import TrainConfig


def make_optimiser(
    net: nn.Module, config: TrainConfig, precision: str = "fp32"
) -> torch.optim.Optimizer:
    """The optimiser a config names, over all parameters of ``net``.

    Args:
        net: the network.
        config: the recipe.
        precision: resolved, of the steps that Muon makes orthogonal.

    Raises:
        TypeError: not a network.
        ValueError: nothing in it can move, it is stored in 16 bits, or Muon does not fit it.
    """
    need_trainable(net)
    if config.optimiser == "muon":
        return Muon(
            net,
            config.learning_rate,
            config.other_learning_rate,
            config.momentum,
            config.weight_decay,
            NARROW.get(precision, torch.float32),
        )
    if config.optimiser == "adam":
        return torch.optim.Adam(
            net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
    return torch.optim.SGD(
        net.parameters(),
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=config.nesterov,
        weight_decay=config.weight_decay,
    )
