"""Why is a network good in training and bad in testing? Three causes, told apart by four numbers.

Answers "is it the inputs, the running statistics, or memory?". A network may get other inputs in
testing, batch normalisation may use statistics that do not fit, or the network knows its training
images by heart. The accuracies in both modes and on both sets say which.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from utils.probes.checks import Finding, aside
from utils.training.transfer import evaluate

GAP = 0.1
"""Accuracies that differ by more than this are told: with 100 images, luck makes half of it."""

SHIFT = 0.5
"""Means of the inputs that differ by more than this many standard deviations."""

STRETCH = 1.5
"""Ratio of the standard deviations of the inputs from which on they differ."""


@dataclass(frozen=True)
class Accuracies:
    """Shares of right answers, 0 to 1.

    Attributes:
        training_mode: on training images, as they were trained on: batch normalisation takes the
            statistics of the batch.
        training: on the same images in evaluation mode.
        testing: on test images in evaluation mode.
    """

    training_mode: float
    training: float
    testing: float


def accuracies(
    net: nn.Module, training: tuple[Tensor, Tensor], testing: tuple[Tensor, Tensor]
) -> Accuracies:
    """Measure the three accuracies; the network, its modes and statistics stay as they were.

    Args:
        net: maps float (N, C, H, W) to logits (N, K).
        training: inputs as the network gets them, float (N, C, H, W), and labels, int64 (N,); 100
            images or more of those that it was trained on.
        testing: the same of the test images.

    Raises:
        TypeError: something else than a network and tensors.
        ValueError: inputs and labels that do not fit each other.
    """
    known, unknown = (evaluate(net, *pair) for pair in (training, testing))
    inputs, labels = training
    with aside(net) as twin, torch.no_grad():
        right = twin.train()(inputs).argmax(1) == labels
    return Accuracies(right.float().mean().item(), known, unknown)


def compare(
    net: nn.Module, training: tuple[Tensor, Tensor], testing: tuple[Tensor, Tensor]
) -> list[Finding]:
    """Look for each of the three causes, the cheapest first.

    Args:
        net: as in :func:`accuracies`.
        training: likewise.
        testing: likewise.

    Returns:
        One finding each on the inputs, on the running statistics and on memory.

    Raises:
        TypeError, ValueError: as :func:`accuracies` does.
    """
    found = accuracies(net, training, testing)
    return [
        _inputs(training[0], testing[0]),
        _statistics(found.training_mode, found.training),
        _memory(found.training, found.testing),
    ]


def _inputs(training: Tensor, testing: Tensor) -> Finding:
    (mean, sd), (other_mean, other_sd) = (
        (x.mean().item(), x.std().item()) for x in (training, testing)
    )
    told = f"mean {mean:.2f} and {other_mean:.2f}, spread {sd:.2f} and {other_sd:.2f}"
    looked_at = "inputs in training and in testing"
    differ = max(sd, other_sd) > STRETCH * min(sd, other_sd) or abs(mean - other_mean) > SHIFT * sd
    advice = "normalise the test images with the numbers of the training images"
    return _finding("inputs", looked_at, told, differ, "fault", advice)


def _statistics(batch: float, running: float) -> Finding:
    told = f"{batch:.0%} right in training mode, {running:.0%} in evaluation mode"
    looked_at = "training images in both modes"
    advice = "running statistics do not fit the weights: refresh them, or train longer"
    return _finding("statistics", looked_at, told, batch - running > GAP, "fault", advice)


def _memory(training: float, testing: float) -> Finding:
    told = f"{training:.0%} of the training images right, {testing:.0%} of the test images"
    looked_at = "both sets in evaluation mode"
    advice = "a fault above may explain it; else more images, shifts, weight decay"
    return _finding("memory", looked_at, told, training - testing > GAP, "note", advice)


def _finding(
    check: str, looked_at: str, told: str, wrong: bool, verdict: str, advice: str
) -> Finding:
    if wrong:
        return Finding(check, looked_at, told, verdict, advice)
    return Finding(check, looked_at, told)
