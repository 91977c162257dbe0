"""Find the pictures behind confident mistakes, without storing any.

Answers "what does the network get wrong, and how sure is it?".
"""

import torch
from torch import Tensor

from utils.data.sets import Split, image_digest
from utils.training.prediction import predict
from utils.training.trainer import TrainResult

Shown = tuple[Tensor, list[str]]


def caption(label: str, predicted: str, confidence: float) -> str:
    """Two short lines for under a picture."""
    return f"{label} → {predicted}\n{confidence:.0%} sure"


def find_images(digests: list[str], split: Split) -> Tensor:
    """The images with these hashes: uint8 (N, 3, H, W), in the order asked for.

    Raises:
        LookupError: an image is not in ``split``: another data set, or another split.
    """
    wanted = set(digests)
    places = {}
    for place, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        digest = image_digest(image, int(label)).hex()
        if digest in wanted:
            places[digest] = place
    missing = wanted - places.keys()
    if missing:
        raise LookupError(
            f"{len(missing)} of {len(wanted)} recorded images are not in these "
            f"{len(split)} images; use the test split of the recorded data set"
        )
    return split.images[torch.tensor([places[digest] for digest in digests])]


def recorded_mistakes(run: dict, split: Split, classes: tuple[str, ...], count: int = 4) -> Shown:
    """The confident mistakes of a recorded run as (images, captions)."""
    mistakes = run["final"]["confident_mistakes"][:count]
    pictures = find_images([mistake["image"] for mistake in mistakes], split)
    captions = [
        caption(classes[m["label"]], classes[m["predicted"]], m["confidence"]) for m in mistakes
    ]
    return pictures, captions


def live_mistakes(
    result: TrainResult, split: Split, classes: tuple[str, ...], count: int = 4
) -> Shown:
    """The confident mistakes of a network trained in this session as (images, captions)."""
    device = next(result.net.parameters()).device
    split = split.to(device)
    confidence, predicted = predict(result.net, split.images, result.normaliser).max(1)
    wrong = (predicted != split.labels).nonzero().flatten()
    order = wrong[confidence[wrong].argsort(descending=True)][:count]
    captions = [
        caption(classes[int(split.labels[i])], classes[int(predicted[i])], float(confidence[i]))
        for i in order
    ]
    return split.images[order].cpu(), captions
