"""What a training step keeps in a device's memory, predicted from shapes and measured.

Answers "does it fit, and what makes it smaller?". :func:`predicted` looks at shapes alone, so it
answers for networks and batches that would not fit here; :func:`measured` runs one step. Not
counted: the gradients that pass from layer to layer and are freed at once, what a library needs
while it computes, and what an allocator rounds up. Which layer keeps what is the business of
:mod:`utils.probes.kept`.
"""

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from utils.models.checked import need_network
from utils.models.surgery import block_names
from utils.probes.kept import keeping, measured_kept, predicted_kept

STATE = {"sgd": 0, "momentum": 1, "adam": 2}
"""Numbers that an optimiser keeps for each trainable weight. Momentum is SGD's with a velocity;
Adam and AdamW keep two averages, and a step count of four bytes for each tensor."""

STEP_COUNT_BYTES = 4


@dataclass(frozen=True)
class Memory:
    """Bytes of one training step.

    Attributes:
        weights: all parameters.
        buffers: running statistics and the like.
        gradients: one number for each trainable parameter.
        optimiser: its state after the first step.
        activations: what is kept for the backward pass, the input images included.
    """

    weights: int
    buffers: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())


def predicted(net: nn.Module, shape: tuple[int, ...], optimiser: str = "momentum") -> Memory:
    """Bytes of a training step in float32, from shapes alone.

    Args:
        net: maps float ``shape`` to logits (N, K), each module in the mode it is in.
        shape: of the images, (N, C, H, W).
        optimiser: a key of :data:`STATE`.

    Raises:
        ValueError: an unknown optimiser, or a network that cannot be predicted; says why.
    """
    if optimiser not in STATE:
        raise ValueError(f"unknown optimiser {optimiser!r}; choose from {', '.join(STATE)}")
    need_network(net)
    trainable = [p for p in net.parameters() if p.requires_grad]
    gradients = bytes_of(trainable)
    counts = STEP_COUNT_BYTES * len(trainable) if optimiser == "adam" else 0
    return Memory(
        weights=bytes_of(net.parameters()),
        buffers=bytes_of(net.buffers()),
        gradients=gradients,
        optimiser=STATE[optimiser] * gradients + counts,
        activations=sum(kept.bytes for kept in predicted_kept(net, shape)),
    )


def measured(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimiser: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
    precision: str = "fp32",
) -> Memory:
    """Bytes of a training step, counted in the tensors of one; a copy of the network takes it.

    Args:
        net: maps ``images`` to logits (N, K); left as it was.
        images: float (N, C, H, W) on the network's device.
        labels: int64 (N,).
        optimiser: makes one of parameters, for example ``torch.optim.Adam``.
        precision: "fp32", or "bf16" or "fp16" for autocast.
    """
    need_network(net)
    twin = copy.deepcopy(net)
    stepper = optimiser(twin.parameters())
    stepper.zero_grad(set_to_none=True)
    kept, loss = keeping(twin, images, labels, precision)
    loss.backward()
    stepper.step()
    state = [
        value
        for values in stepper.state.values()
        for value in values.values()
        if isinstance(value, Tensor)
    ]
    return Memory(
        weights=bytes_of(twin.parameters()),
        buffers=bytes_of(twin.buffers()),
        gradients=bytes_of(p.grad for p in twin.parameters() if p.grad is not None),
        optimiser=bytes_of(state),
        activations=sum(each.bytes for each in kept),
    )


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Bytes of some tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def largest_batch(
    net: nn.Module, shape: tuple[int, int, int], budget: int, optimiser: str = "momentum"
) -> int:
    """The most images whose training step stays within ``budget``; 0 if one is too many.

    Args:
        net: as in :func:`predicted`.
        shape: of one image, (C, H, W).
        budget: bytes. Leave room for what is not counted, see the module's description.
        optimiser: a key of :data:`STATE`.

    Raises:
        ValueError: nothing is trained, or as :func:`predicted`.
    """
    two, four = (predicted(net, (count, *shape), optimiser).total for count in (2, 4))
    each = (four - two) // 2
    if each == 0:
        raise ValueError("no parameter of this network is trained, so no image is kept")
    return max(0, (budget - (two - 2 * each)) // each)


@contextlib.contextmanager
def recomputing(net: nn.Module, names: Iterable[str] | None = None) -> Iterator[None]:
    """Inside the block these modules keep their inputs alone, and compute again when asked.

    Their forward passes then run twice in a step, so that a batch normalisation moves its running
    statistics twice; gradients are the same but for rounding.

    Args:
        net: network, changed for the time of the block.
        names: modules to recompute, each by its path; default: the residual blocks.

    Raises:
        ValueError: no names, and none of the book's blocks in the network.
    """
    need_network(net)
    names = list(block_names(net) if names is None else names)
    if not names:
        raise ValueError("this network has none of the book's blocks; name modules to recompute")
    modules = [net.get_submodule(name) for name in names]
    for module in modules:
        module.forward = partial(checkpoint, module.forward, use_reentrant=False)
    try:
        yield
    finally:
        for module in modules:
            del module.forward


def ways_to_save(net: nn.Module, images: Tensor, labels: Tensor) -> dict[str, int]:
    """Bytes kept for the backward pass as it is, and with each way to keep less, measured.

    Accumulation over two halves of the batch keeps what half the batch keeps. Recomputation is
    that of the residual blocks; while one of them computes again, its own bytes come back.

    Args:
        net: one of the book's networks that has blocks; left as it was.
        images: float (N, C, H, W), N, H and W even.
        labels: int64 (N,).
    """
    half = len(images) // 2

    def kept(net: nn.Module, images: Tensor, labels: Tensor, precision: str = "fp32") -> int:
        return sum(each.bytes for each in measured_kept(net, images, labels, precision))

    found = {
        "as it is": kept(net, images, labels),
        "half the batch": kept(net, images[:half].clone(), labels[:half].clone()),
        "half the height and width": kept(net, images[..., ::2, ::2].contiguous(), labels),
        "bf16 autocast": kept(net, images, labels, "bf16"),
    }
    twin = copy.deepcopy(net)
    with recomputing(twin):
        found["blocks recomputed"] = sum(
            each.bytes for each in keeping(twin, images, labels, "fp32")[0]
        )
    return found
