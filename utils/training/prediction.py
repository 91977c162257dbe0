"""What a network answers to images, and how often it is wrong.

Answers "what does it say?".
"""

import torch
from torch import Tensor, nn

from utils.data.augment import Normaliser
from utils.models.modes import evaluating
from utils.training.precision import autocast

EVALUATION_BATCH = 500


@torch.no_grad()
def predict(
    net: nn.Module, images: Tensor, normaliser: Normaliser, precision: str = "fp32"
) -> Tensor:
    """Class probabilities in evaluation mode.

    Args:
        net: maps float (B, 3, H, W) to logits (B, K); every module's mode is restored.
        images: uint8 (N, 3, H, W) on the net's device.
        normaliser: the one the net was trained with.
        precision: "fp32", "bf16" or "fp16"; recorded runs are tested as they were trained.

    Returns:
        float32 (N, K), rows sum to 1.
    """
    with evaluating(net), autocast(precision, images.device):
        logits = [net(normaliser(part)).float() for part in images.split(EVALUATION_BATCH)]
    return torch.cat(logits).softmax(1)


def error_of(probabilities: Tensor, labels: Tensor) -> float:
    """Share of images whose most probable class is not the label."""
    return float((probabilities.argmax(1) != labels).float().mean())
