"""What a network answers to images, and how often it is wrong.

Answers "what does it say?".
"""

import torch
from torch import Tensor, nn

from utils.data.augment import Normaliser
from utils.data.checked import need, need_answers, need_images
from utils.models.checked import explained, need_logits, need_network
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

    Raises:
        TypeError: no network, images that are no tensor, or no normaliser.
        ValueError: images of another shape, dtype, size or device than the network takes, no
            images, or answers that are not logits; says what to change.
    """
    need_network(net)
    need_images(images)
    advice = 'pass the one that it was trained with, or Normaliser.fit(train.images, "channel")'
    need(normaliser, Normaliser, "normaliser", advice)
    if not len(images):
        raise ValueError("there are no images to predict; give at least one")
    logits = []
    with evaluating(net), autocast(precision, images.device):
        for part in images.split(EVALUATION_BATCH):
            inputs = normaliser(part)
            with explained(net, inputs):
                logits.append(net(inputs))
            need_logits(logits[-1], len(part))
    return torch.cat([part.float() for part in logits]).softmax(1)


def error_of(probabilities: Tensor, labels: Tensor) -> float:
    """Share of images whose most probable class is not the label.

    Args:
        probabilities: float (N, K).
        labels: int64 (N,), below K.

    Raises:
        TypeError: no tensors.
        ValueError: another shape, dtype or length, or a label without a column.
    """
    need_answers(probabilities, labels)
    return float((probabilities.argmax(1) != labels).float().mean())
