"""What a reader's training step, epoch or input does, seen from outside.

Answers "what did this function do to the network?". The functions run what a reader has repaired
in the code clinic, on copies or on small networks of their own, and return what they measured. The
checks in ``book/data/clinic.yml`` judge it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.models.blocks import BasicBlock, conv3x3
from utils.results.spread import median

STEP_RATE = 0.1
"""Learning rate of the steps that are watched."""

LONGEST_GRADIENT = 1.0
"""Length to which the watched step with loss scaling clips the gradient."""


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


def gradients_of(block: nn.Module, x: Tensor) -> list[Tensor]:
    """Gradients of a weighted sum of a block's output, the input's first, then its parameters'.

    Args:
        block: from float (N, C, H, W) to float (N, C', H', W').
        x: its input, float (N, C, H, W); the block gets a copy that is no leaf, as in a network.

    Returns:
        A tensor for the input and for each parameter in its order; zeros where no gradient comes.
    """
    given = x.clone().requires_grad_()
    out = block(given * 1)
    weighted = (out * torch.linspace(-1, 1, out[0].numel()).view_as(out[0])).sum()
    wanted = [given, *block.parameters()]
    return list(torch.autograd.grad(weighted, wanted, allow_unused=True, materialize_grads=True))


class StepSeen(NamedTuple):
    """What training steps with loss scaling did.

    Attributes:
        scale: size of the gradients in the first backward pass, over those of the loss itself.
        scale_after: the scale of the scaler after eight steps.
        length: change of the weights over the change that the clipped gradient asks for.
        along: cosine between the change and the negative gradient.
        loss: on the same images after eight steps.
        skips: whether the weights survive a batch with infinite numbers.
    """

    scale: float
    scale_after: float
    length: float
    along: float
    loss: float
    skips: bool


def watch_scaled_step(
    step: Callable[..., object], net: nn.Module, x: Tensor, y: Tensor
) -> StepSeen:
    """Take a step with loss scaling and clipping on copies of a network, and measure it.

    Args:
        step: function of network, optimiser, scaler, images and labels that takes one step. It
            clips the gradient to the length :data:`LONGEST_GRADIENT`.
        net: returns logits, float (N, classes); it stays as it is.
        x: images, float (N, C, H, W).
        y: labels, int64 (N,).
    """

    def start() -> tuple[nn.Module, torch.optim.Optimizer, torch.amp.GradScaler]:
        own = copy.deepcopy(net)
        optimiser = torch.optim.SGD(own.parameters(), lr=STEP_RATE)
        return own, optimiser, torch.amp.GradScaler("cpu")

    once, *rest = start()
    weights = list(once.parameters())
    gradients = torch.autograd.grad(F.cross_entropy(once(x), y), weights)
    arrived = [torch.zeros(())]
    weights[-1].register_hook(lambda gradient: arrived.append(gradient.norm()))
    before = nn.utils.parameters_to_vector(weights).detach().clone()
    step(once, *rest, x, y)
    change = nn.utils.parameters_to_vector(weights).detach() - before
    down = -torch.cat([gradient.flatten() for gradient in gradients])
    asked = STEP_RATE * min(down.norm().item(), LONGEST_GRADIENT)

    eight, *rest = start()
    for _ in range(8):
        step(eight, *rest, x, y)
    scale_after = rest[1].get_scale()
    struck, *rest = start()
    step(struck, *rest, torch.full_like(x, torch.inf), y)
    pairs = zip(struck.parameters(), net.parameters(), strict=True)
    return StepSeen(
        scale=(arrived[-1] / gradients[-1].norm()).item(),
        scale_after=scale_after,
        length=change.norm().item() / asked,
        along=F.cosine_similarity(change, down, dim=0).item(),
        loss=F.cross_entropy(eight(x), y).item(),
        skips=all(torch.equal(new, old) for new, old in pairs),
    )


class EpochsSeen(NamedTuple):
    """What epochs of training gave to a network.

    Attributes:
        sizes: images in each batch of the first epoch.
        smallest: images in the smallest batch of all epochs.
        asleep: batches that came in evaluation mode.
        strange: batches with an image twice, or with one that is not among the training images.
        never: training images that no epoch has shown.
        uneven: whether some normalisation layers saw more batches than others, or than came in.
        idle: batches after which no weight had changed.
    """

    sizes: list[int]
    smallest: int
    asleep: int
    strange: int
    never: int
    uneven: bool
    idle: int


def watch_epochs(
    one_epoch: Callable[..., object], x: Tensor, y: Tensor, batch: int, epochs: int = 12
) -> EpochsSeen:
    """Train a small network whose last maps are single pixels, and note what it gets.

    Args:
        one_epoch: function of network, optimiser, images, labels and size of a batch.
        x: training images, float (N, 3, 8, 8), all different.
        y: their labels, int64 (N,).
        batch: images in a batch.
        epochs: how often the function is called.
    """
    halving = [BasicBlock(4, 8, 2, "A"), BasicBlock(8, 16, 2, "A"), BasicBlock(16, 32, 2, "A")]
    net = nn.Sequential(conv3x3(3, 4), nn.ReLU(), *halving, nn.Flatten(), nn.Linear(32, 10))
    norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
    optimiser = torch.optim.SGD(net.parameters(), lr=STEP_RATE)
    batches, modes, states = [], [], []

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        batches.append(inputs[0].detach())
        modes.append(module.training)
        states.append(nn.utils.parameters_to_vector(net.parameters()).detach().clone())

    net.register_forward_pre_hook(note)
    one_epoch(net, optimiser, x, y, batch)
    sizes = [len(part) for part in batches]
    for _ in range(epochs - 1):
        one_epoch(net, optimiser, x, y, batch)
    states.append(nn.utils.parameters_to_vector(net.parameters()).detach())
    places = [(part[:, None] == x).flatten(2).all(2).nonzero()[:, 1] for part in batches]
    strange = [len(part) != len(set(at.tolist())) for part, at in zip(batches, places, strict=True)]
    shown = {place for at in places for place in at.tolist()}
    return EpochsSeen(
        sizes=sizes,
        smallest=min(map(len, batches), default=0),
        asleep=modes.count(False),
        strange=sum(strange),
        never=len(x) - len(shown),
        uneven=any(norm.num_batches_tracked != len(batches) for norm in norms),
        idle=sum(torch.equal(*pair) for pair in itertools.pairwise(states)),
    )


class InputSeen(NamedTuple):
    """What a network got.

    Attributes:
        least: smallest number of its input.
        largest: largest number of its input.
        drift: how far the standard deviation of the first normalisation's input is from the one
            that training has left there, as a natural logarithm; the median of all channels.
    """

    least: float
    largest: float
    drift: float


def watch_input(net: nn.Module, call: Callable[[], object]) -> InputSeen:
    """Run a call that uses a network, and compare its input with what training has left in it.

    Args:
        net: has a first normalisation ``bn1``, as :class:`utils.models.networks.ResNet` has.
        call: a function without arguments that gives the network images.

    Raises:
        ValueError: the call does not use the network.
    """
    seen: list[Tensor] = []
    hooks = [
        part.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
        for part in (net, net.bn1)
    ]
    kept = net.bn1.running_var.clone()
    call()
    for hook in hooks:
        hook.remove()
    if len(seen) < 2:
        raise ValueError("the network was not asked")
    drift = (seen[1].var((0, 2, 3)) / kept).log().abs() / 2
    return InputSeen(seen[0].min().item(), seen[0].max().item(), median(drift))


def refuses(function: Callable[..., object], *arguments: object) -> bool:
    """Whether a call ends with an exception."""
    try:
        function(*arguments)
    except Exception:
        return True
    return False
