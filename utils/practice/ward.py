"""What the code clinic needs while it runs: verdicts, a handful of digits, healthy networks.

Answers "is this patient well?" in words. A check never stops the notebook; it prints what is
wrong. What a check compares a patient with is here too. What a reader's step, epoch or input does
is seen by :mod:`utils.practice.watched`, whose functions the notebook takes from here as well. The
patients themselves are in ``book/data/clinic.yml``, see :mod:`utils.practice.clinic`.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import textwrap
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import data
from utils.models.blocks import BasicBlock
from utils.models.networks import Architecture, ResNet
from utils.practice.watched import (
    gradients_of,
    refuses,
    step_along_gradient,
    watch_epochs,
    watch_input,
    watch_scaled_step,
)

__all__ = [
    "PATIENTS",
    "Ward",
    "borrowed_net",
    "complaint",
    "gradients_of",
    "healthy_twin",
    "numbered_table",
    "refuses",
    "small_digits",
    "step_along_gradient",
    "trained_net",
    "trained_on",
    "untrained_net",
    "watch_epochs",
    "watch_input",
    "watch_scaled_step",
]

PATIENTS = 18
PRINTED_WIDTH = 40
"""Characters in a line of a verdict, so that it fits on a phone."""

TRAINING_STEPS = 60
BATCH = 50
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Ward:
    """The patients of one session, and what the last check said about each."""

    def __init__(self) -> None:
        self.well: set[int] = set()

    @contextlib.contextmanager
    def check(self, patient: int) -> Iterator[None]:
        """Print GREEN when the ``with`` block runs through, otherwise RED and what is wrong.

        A failed ``assert`` prints its message, another exception its type and first line. Neither
        leaves the block, so that a notebook with ill patients runs to its end.

        Raises:
            ValueError: no such patient.
        """
        if patient not in range(1, PATIENTS + 1):
            raise ValueError(f"there is no patient {patient}; they are numbered 1 to {PATIENTS}")
        self.well.discard(patient)
        try:
            yield
        except Exception as fault:
            print(textwrap.fill(f"RED, patient {patient}: {complaint(fault)}", PRINTED_WIDTH))
        else:
            self.well.add(patient)
            print(f"GREEN, patient {patient}: well.")

    def round(self) -> None:
        """Print who is well, and who still waits."""
        ill = [str(patient) for patient in range(1, PATIENTS + 1) if patient not in self.well]
        print(f"{len(self.well)} of {PATIENTS} patients are well.")
        if ill:
            print(textwrap.fill(f"Still ill: {', '.join(ill)}.", PRINTED_WIDTH))


def complaint(fault: Exception) -> str:
    """What a check found, without the hint for programmers that PyTorch adds to some messages."""
    lines = str(fault).partition(" Hint:")[0].strip().splitlines() or [""]
    if isinstance(fault, AssertionError):
        return lines[0] or "the last condition of the check does not hold."
    if isinstance(fault, NameError):
        return f"{lines[0]}. Run the cells above first."
    return f"{type(fault).__name__}: {lines[0]}"


def small_digits(count: int, split: str = "train") -> tuple[Tensor, Tensor]:
    """The first digits of a split, every fourth pixel each way: quick to compute with.

    Args:
        count: how many.
        split: "train" or "test".

    Returns:
        images float (count, 3, 8, 8) between 0 and 1, labels int64 (count,).

    Raises:
        ValueError: another split, or more digits than it has.
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", not {split!r}')
    chosen = getattr(data.load("digits"), split)
    if not 1 <= count <= len(chosen):
        raise ValueError(f"count must be from 1 to {len(chosen)}, not {count}")
    return chosen.images[:count, :, ::4, ::4].float() / 255, chosen.labels[:count]


def numbered_table() -> dict:
    """A thousand small digits as a program that counts from 1 writes them.

    Returns:
        "images" float (1000, 3, 8, 8), "labels" int64 (1000,) from 1 to 10, and "names", a tuple
        in which the first name belongs to label 1.
    """
    images, labels = small_digits(1000)
    return {"images": images, "labels": labels + 1, "names": NAMES}


def untrained_net(classes: int = len(NAMES), seed: int = 1) -> nn.Module:
    """A narrow ResNet-8 for small digits with new weights; the random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ResNet(Architecture((1, 1, 1), widths=(8, 16, 32), num_classes=classes))


def trained_on(x: Tensor, y: Tensor, classes: int = len(NAMES)) -> nn.Module:
    """A narrow ResNet-8 after three passes over a thousand images, as training leaves it.

    Args:
        x: images, float (N, 3, 8, 8), with N a multiple of 50.
        y: labels, int64 (N,), from 0 to ``classes - 1``.
        classes: outputs of the network.
    """
    net = untrained_net(classes, seed=0)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=TRAINING_STEPS)
    for step in range(TRAINING_STEPS):
        part = slice(step * BATCH % len(x), step * BATCH % len(x) + BATCH)
        optimiser.zero_grad()
        F.cross_entropy(net(x[part]), y[part]).backward()
        optimiser.step()
        schedule.step()
    return net


@functools.cache
def _trained() -> nn.Module:
    return trained_on(*small_digits(1000))


@functools.cache
def _borrowed() -> nn.Module:
    x, y = small_digits(1000)
    net = trained_on((x - 0.5) / 0.5, y)
    net.card = {"mean": (0.5, 0.5, 0.5), "deviation": (0.5, 0.5, 0.5)}
    return net


def trained_net() -> nn.Module:
    """A narrow ResNet-8 after three passes over a thousand small digits, as training leaves it.

    Input float (N, 3, 8, 8), output logits float (N, 10). It is in training mode. Each call
    returns a copy of its own.
    """
    return copy.deepcopy(_trained()).train()


def borrowed_net() -> nn.Module:
    """The same network, trained on numbers from -1 to 1, in evaluation mode.

    Its attribute ``card`` says what was subtracted from the pixels, which were between 0 and 1,
    and by what they were divided: "mean" and "deviation", a number for each of three channels.
    """
    return copy.deepcopy(_borrowed()).eval()


def healthy_twin(block: nn.Module) -> BasicBlock:
    """A block of the ResNet paper with the weights of another one that keeps the shape.

    Args:
        block: a block whose first layer is a 3x3 convolution from C to C channels and which holds
            the layers of a :class:`BasicBlock` in their order, under whatever names.

    Returns:
        A block from float (N, C, H, W) to the same shape, with copies of the weights and of the
        running averages, in the same mode. It computes ReLU(F(x) + x) (He et al. 2016a, figure 2).

    Raises:
        ValueError: the block has other layers.
    """
    given = list(block.state_dict().values())
    channels = given[0].shape[0] if given else 1
    twin = BasicBlock(channels, channels, stride=1, shortcut="A")
    own = list(twin.state_dict().values())
    if [each.shape for each in given] != [each.shape for each in own]:
        raise ValueError(
            "the block must keep its layers: two convolutions, a normalisation after each"
        )
    for place, values in zip(own, given, strict=True):
        place.copy_(values)
    return twin.train(block.training)
