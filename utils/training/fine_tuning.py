"""Fine-tune a ResNet of this book on a few images of new classes, in each of the usual ways.

Answers "what do given weights buy, and which part of the network should move?". The head learns
at one rate; the trunk learns at the same rate, at a smaller one, or not at all.
"""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from utils.data.augment import Augmenter, Normaliser, epoch_batches
from utils.data.sets import Split, need_split
from utils.models.checked import need_network
from utils.models.networks import ResNet
from utils.training.transfer import NORMS, freeze_trunk, parameter_groups, replace_head

MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
MARGIN = 1
"""Pixels of the random shift: those of the recipe for images of half size."""


@dataclass(frozen=True)
class Way:
    """One way to learn new classes.

    Attributes:
        name: for tables.
        given: whether the trunk starts from given weights; else all is drawn anew.
        trunk: learning rate of the trunk as a share of the head's; 0 freezes it.
        frozen_statistics: whether batch normalisation keeps its running mean and variance, in
            training too, instead of taking those of each batch.
        times: how often the number of steps is multiplied.
    """

    name: str
    given: bool = True
    trunk: float = 1.0
    frozen_statistics: bool = False
    times: int = 1


WAYS: dict[str, Way] = {
    "scratch": Way("From scratch", given=False),
    "scratch-long": Way("From scratch, three times as many steps", given=False, times=3),
    "head": Way("Head only", trunk=0.0, frozen_statistics=True),
    "head-moving": Way("Head only, but statistics of the trunk move", trunk=0.0),
    "slow": Way("All, trunk at a tenth of the rate", trunk=0.1),
    "slow-frozen": Way(
        "All, trunk at a tenth of the rate, statistics frozen", trunk=0.1, frozen_statistics=True
    ),
    "all": Way("All at one rate"),
    "all-frozen": Way("All at one rate, statistics frozen", frozen_statistics=True),
}


def few_of_each(split: Split, count: int, seed: int, skip: int = 0) -> Split:
    """Some images of every class, drawn at random.

    A larger ``count`` with the same seed adds images and takes none away.

    Args:
        split: labels from 0.
        count: images of each class.
        seed: of the draw.
        skip: images of each class that the draw passes over first.

    Raises:
        ValueError: a class has too few images.
    """
    need_split(split)
    generator = torch.Generator().manual_seed(seed)
    chosen = []
    for label in range(int(split.labels.max()) + 1):
        of_class = (split.labels == label).nonzero()[:, 0]
        if len(of_class) < skip + count:
            raise ValueError(
                f"class {label} has {len(of_class)} images, not {skip + count}; take fewer"
            )
        order = torch.randperm(len(of_class), generator=generator)
        chosen.append(of_class[order[skip : skip + count]])
    return split.subset(torch.cat(chosen))


def only_classes(split: Split, classes: tuple[int, ...]) -> Split:
    """The images of some classes; the first of them gets label 0, the next label 1, and so on."""
    need_split(split)
    new = torch.full((int(split.labels.max()) + 1,), -1)
    new[list(classes)] = torch.arange(len(classes))
    kept = new[split.labels] >= 0
    return Split(split.images[kept], new[split.labels[kept]])


def start(pretrained: ResNet, way: Way, classes: int, seed: int) -> nn.Module:
    """The network at step 0: a copy with a new head, or the same design drawn anew.

    Args:
        pretrained: left as it is.
        way: whether its weights are kept.
        classes: outputs of the new head.
        seed: of what is drawn.
    """
    net = copy.deepcopy(pretrained)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if not way.given:
            net = type(pretrained)(pretrained.architecture)
        replace_head(net, classes)
    return net


def set_modes(net: nn.Module, frozen_statistics: bool) -> None:
    """Training mode; batch normalisation in evaluation mode where its statistics are frozen."""
    need_network(net)
    net.train()
    if frozen_statistics:
        for module in net.modules():
            if isinstance(module, NORMS):
                module.eval()


def fine_tune(
    net: nn.Module,
    way: Way,
    split: Split,
    normaliser: Normaliser,
    rate: float,
    steps: int = 200,
    batch_size: int = 50,
    seed: int = 0,
    margin: int = MARGIN,
    flip: bool = True,
) -> list[float]:
    """Train ``net`` in place, in 32-bit arithmetic, while the rate falls to zero in a line.

    Args:
        net: from :func:`start`.
        way: what moves.
        split: the images of the new classes.
        normaliser: the one of the given weights.
        rate: learning rate of the head at the first step.
        steps: of the optimiser, before ``way.times``.
        batch_size: at most the number of images.
        seed: of order, shifts and mirror images.
        margin: pixels by which images are shifted at most.
        flip: whether images are mirrored at random.

    Returns:
        The loss of every step.
    """
    need_network(net)
    need_split(split)
    steps *= way.times
    optimiser = torch.optim.SGD(
        _moving(net, way, rate), momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    first_rates = [group["lr"] for group in optimiser.param_groups]
    augmenter = Augmenter(split.images, "reflect", flip=flip, margin=margin)
    set_modes(net, way.frozen_statistics)
    losses: list[float] = []
    epoch = 0
    while len(losses) < steps:
        for index, images in epoch_batches(augmenter, batch_size, seed, epoch):
            if len(losses) == steps:
                break
            for group, first in zip(optimiser.param_groups, first_rates, strict=True):
                group["lr"] = first * (1 - len(losses) / steps)
            loss = F.cross_entropy(net(normaliser(images)), split.labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        epoch += 1
    return losses


def _moving(net: nn.Module, way: Way, rate: float) -> list[dict[str, object]]:
    if way.trunk == 0:
        freeze_trunk(net)
        return parameter_groups(net, rate)
    return parameter_groups(net, rate, way.trunk)
