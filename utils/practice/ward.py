"""What the code clinic needs while it runs: verdicts, a handful of digits, healthy networks.

Answers "is this patient well?" in words. A check never stops the notebook; it prints what is
wrong. What a check compares a patient with is here too. The patients themselves are in
``book/data/clinic.yml``, see :mod:`utils.practice.clinic`.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import textwrap
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import data
from utils.models.blocks import BasicBlock
from utils.models.networks import Architecture, ResNet

PATIENTS = 12
PRINTED_WIDTH = 40
"""Characters in a line of a verdict, so that it fits on a phone."""

TRAINING_STEPS = 60
BATCH = 50


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
    """One sentence about what a check found."""
    lines = str(fault).strip().splitlines() or [""]
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


@functools.cache
def _trained() -> nn.Module:
    x, y = small_digits(1000)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = ResNet(Architecture((1, 1, 1), widths=(8, 16, 32)))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=TRAINING_STEPS)
    for step in range(TRAINING_STEPS):
        part = slice(step * BATCH % 1000, step * BATCH % 1000 + BATCH)
        optimiser.zero_grad()
        F.cross_entropy(net(x[part]), y[part]).backward()
        optimiser.step()
        schedule.step()
    return net


def trained_net() -> nn.Module:
    """A narrow ResNet-8 after three passes over a thousand small digits, as training leaves it.

    Input float (N, 3, 8, 8), output logits float (N, 10). It is in training mode. Each call
    returns a copy of its own.
    """
    return copy.deepcopy(_trained()).train()


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


def step_along_gradient(
    step: Callable[[nn.Module, torch.optim.Optimizer, Tensor, Tensor], object],
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
) -> float:
    """How exactly a training step goes down the loss of its own images; changes the network.

    Args:
        step: function of network, optimiser, images and labels that takes one step.
        net: returns logits, float (N, classes).
        optimiser: gradient descent without momentum that holds all parameters of the network.
        x: images, float (N, C, H, W).
        y: labels, int64 (N,).

    Returns:
        The cosine between the change of all weights and the negative gradient of the mean cross
        entropy on these images: 1 when the step follows this gradient alone, 0 when no weight
        changes.
    """
    weights = list(net.parameters())
    before = nn.utils.parameters_to_vector(weights).detach().clone()
    gradients = torch.autograd.grad(F.cross_entropy(net(x), y), weights)
    step(net, optimiser, x, y)
    change = nn.utils.parameters_to_vector(weights).detach() - before
    down = -torch.cat([gradient.flatten() for gradient in gradients])
    return F.cosine_similarity(change, down, dim=0).item()
