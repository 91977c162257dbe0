"""The optimiser that a recipe names.

Answers "who moves the weights?".
"""

import torch
from torch import nn

from utils.models.checked import need_trainable
from utils.training.muon import Muon
from utils.training.recipes import TrainConfig


def make_optimiser(
    net: nn.Module, config: TrainConfig, precision: str = "fp32"
) -> torch.optim.Optimizer:
    """The optimiser a config names, over all parameters of ``net``.

    Args:
        net: the network.
        config: the recipe.
        precision: resolved. Muon makes its steps orthogonal in bf16 or in fp32, since fp16 ends
            where the square of a long gradient may lie.

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
            torch.bfloat16 if precision == "bf16" else torch.float32,
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
