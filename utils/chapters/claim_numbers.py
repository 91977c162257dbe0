"""Numbers that several measured sentences need.

Answers "what do the records and the counts say?".
"""

import itertools
from collections.abc import Collection

from torch import nn

from utils.chapters.loss_surfaces.recorded import pairs_of
from utils.models.checked import need_network
from utils.models.networks import ResNet
from utils.record.experiments import HALF_SIZE, SEEDS
from utils.results.runs import load_runs
from utils.results.verdict import Difference
from utils.results.words import listed


def main_and_projection_layers(net: ResNet) -> tuple[int, int]:
    """Weighted layers on the main path (convolutions and the last linear layer), and others.

    The others are the convolutions of shortcuts, which the names of networks leave out.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    weighted = [
        name for name, module in net.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    on_shortcuts = sum("downsample" in name for name in weighted)
    return len(weighted) - on_shortcuts, on_shortcuts


def points(values: list[float]) -> str:
    """For example "0.62, 0.49 and 0.60"."""
    return listed(f"{value:.2f}" for value in values)


def seed_accuracies(
    experiment: str, model: str, recipe: str, seeds: Collection[int] | None = None
) -> list[float]:
    """Test accuracy in percent of each seed, or of these seeds, last epoch."""
    runs = load_runs(experiment, model, recipe, seeds)
    return [100 * (1 - run["final"]["test_error"]) for run in runs]


def largest_jump(experiment: str, model: str, recipe: str) -> float:
    """Largest change of test error, in points, from one epoch to the next, over all seeds."""
    jumps = []
    for run in load_runs(experiment, model, recipe):
        errors = [100 * epoch["test_error"] for epoch in run["history"]]
        jumps += [abs(after - before) for before, after in itertools.pairwise(errors)]
    return max(jumps)


def spans_over_seeds() -> list[float]:
    """From the least to the greatest test accuracy over the seeds that all of them have, in points.

    More seeds span more, so the further seeds of the control are left out of this comparison.
    SimpleCNN at a constant rate and at one that falls to zero, then two more networks at such a
    rate: ResNet-14, and plain-56 on smaller images.
    """
    found = [
        seed_accuracies("source-recipe", "simple-cnn", "source", SEEDS),
        seed_accuracies("shortcut-control", "simple-cnn", "fast", SEEDS),
        seed_accuracies("shortcut-control", "resnet-14", "fast", SEEDS),
        seed_accuracies("degradation", "plain-56", HALF_SIZE.recipe, SEEDS),
    ]
    return [max(values) - min(values) for values in found]


def bending(depth: int) -> list[tuple[float, float]]:
    """At which share of its points a surface bends down: (plain, residual), one pair a seed."""
    return [(plain.bending(), residual.bending()) for plain, residual in pairs_of(depth)]


def less_bending(shares: list[tuple[float, float]]) -> Difference:
    """By how much the share of the plain network is above that of the residual one."""
    return Difference({seed: plain - residual for seed, (plain, residual) in enumerate(shares)})
