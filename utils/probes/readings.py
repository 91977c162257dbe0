"""Read a network's layers while it trains, without touching what it learns.

Answers "how large are gradients, activations and updates, layer by layer?". :func:`measure` is a
context manager around any training loop; :mod:`utils.record.gradient_norms` records with it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from utils.machine.devices import is_apple, widened
from utils.models.blocks import Block

FIELDS = {
    "weight": "norm of the weights, before the step",
    "weight_gradient": "norm of the loss gradient with respect to the weights",
    "response_gradient": "norm of the loss gradient with respect to the layer's response",
    "mean": "mean of the response over the batch",
    "sd": "standard deviation of the response over the batch",
    "dead": "share of channels that the following ReLU keeps at zero on the whole batch",
    "update": "norm of the step's change of the weights, over the norm of the weights",
}
"""What is read from each layer. A *response* is what a layer hands on after its normalisation,
before ReLU or addition (He et al. 2015, figure 7)."""


SAFE = (1e-15, 1e15)
"""Norms whose squares float32 holds with all its digits."""


@dataclass(frozen=True)
class Probe:
    """One layer and where to read it.

    Attributes:
        name: of the module with the weights.
        weight: those weights.
        response: module whose output is the layer's response.
        rectified: module whose output is that response after its ReLU; None when the ReLU acts
            on the response itself.
        has_relu: False for the last layer, whose response is the network's output.
    """

    name: str
    weight: nn.Parameter
    response: nn.Module
    rectified: nn.Module | None
    has_relu: bool


def probes(net: nn.Module) -> list[Probe]:
    """Every convolution and linear layer of a network, in order of definition.

    The response of ``convK`` is the output of its neighbour ``bnK``, or of whatever stands in
    that place; in an ``nn.Sequential`` that of a batch normalisation right behind the layer.
    """
    layers = [
        (name, module)
        for name, module in net.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    found = []
    for position, (name, module) in enumerate(layers):
        path, _, leaf = name.rpartition(".")
        parent = net.get_submodule(path)
        ends_block = isinstance(parent, Block) and leaf == _last_convolution(parent)
        is_last = position == len(layers) - 1
        found.append(
            Probe(
                name,
                module.weight,
                _normalised(parent, leaf, module),
                parent if ends_block else None,
                not is_last,
            )
        )
    return found


def _last_convolution(block: Block) -> str:
    return max(name for name, _ in block.named_children() if name.startswith("conv"))


def _normalised(parent: nn.Module, leaf: str, layer: nn.Module) -> nn.Module:
    if leaf.startswith("conv"):
        return getattr(parent, leaf.replace("conv", "bn"), layer)
    if isinstance(parent, nn.Sequential) and leaf.isdigit():
        following = list(parent)[int(leaf) + 1 : int(leaf) + 2]
        if following and isinstance(following[0], (nn.BatchNorm1d, nn.BatchNorm2d)):
            return following[0]
    return layer


def every(interval: int) -> Callable[[int], bool]:
    """Measure step 0 and every ``interval``-th after it."""
    return lambda step: step % interval == 0


EVERY_STEP = every(1)


@dataclass
class Readings:
    """What :func:`measure` collects.

    Attributes:
        layers: names of the layers, input first.
        steps: the measured steps, counted from 0.
        rows: for each measured step a float64 Tensor (fields, layers) on the CPU, NaN where
            nothing was read.
    """

    layers: list[str]
    steps: list[int] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)

    def of(self, name: str) -> Tensor:
        """One field, float64 (steps, layers).

        Raises:
            ValueError: not a key of :data:`FIELDS`.
        """
        if name not in FIELDS:
            raise ValueError(f"unknown field {name!r}; choose from {', '.join(FIELDS)}")
        if not self.rows:
            return torch.empty(0, len(self.layers), dtype=torch.float64)
        return torch.stack(self.rows)[:, list(FIELDS).index(name)]


class _Meter:
    """State between the hooks of one :func:`measure`."""

    def __init__(
        self, net: nn.Module, when: Callable[[int], bool], optimiser: torch.optim.Optimizer | None
    ) -> None:
        self.probes = probes(net)
        self.when = when
        self.readings = Readings([probe.name for probe in self.probes])
        self.step = -1
        self.is_listening = False  # this forward pass is measured
        self.row: dict[str, list[Tensor]] | None = None  # this step is measured
        self.before: list[Tensor] = []
        self.tensor_handles: list[torch.utils.hooks.RemovableHandle] = []
        self.handles = [net.register_forward_pre_hook(self._begin)]
        for index, probe in enumerate(self.probes):
            self._attach(index, probe)
        if optimiser is not None:
            self.handles.append(optimiser.register_step_pre_hook(self._keep_weights))
            self.handles.append(optimiser.register_step_post_hook(self._read_updates))

    def _attach(self, index: int, probe: Probe) -> None:
        def read_response(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            if not self.is_listening:
                return
            values = output.detach()
            mean = widened(values.mean(dtype=torch.float32))
            square = norm(values) ** 2 / values.numel()
            self._write("mean", index, mean)
            self._write("sd", index, (square - mean**2).clamp_min(0).sqrt())
            if probe.has_relu and probe.rectified is None:
                self._write("dead", index, dead_share(values))
            if output.requires_grad:
                self.tensor_handles.append(output.register_hook(read_response_gradient))

        def read_response_gradient(gradient: Tensor) -> None:
            self._write("response_gradient", index, norm(gradient))

        def read_rectified(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            if self.is_listening:
                self._write("dead", index, dead_share(output.detach()))

        def read_weight_gradient(weight: Tensor) -> None:
            self._write("weight_gradient", index, norm(weight.grad))
            self._write("weight", index, norm(weight.detach()))

        self.handles.append(probe.response.register_forward_hook(read_response))
        if probe.rectified is not None:
            self.handles.append(probe.rectified.register_forward_hook(read_rectified))
        if probe.weight.requires_grad:
            handle = probe.weight.register_post_accumulate_grad_hook(read_weight_gradient)
            self.handles.append(handle)

    def _begin(self, _net: nn.Module, _inputs: tuple) -> None:
        self.is_listening = False
        if not torch.is_grad_enabled():
            return
        self.finish()
        self.step += 1
        if self.when(self.step):
            self.is_listening = True
            self.row = {name: [torch.tensor(math.nan)] * len(self.probes) for name in FIELDS}

    def _write(self, name: str, index: int, value: Tensor) -> None:
        if self.row is not None:
            self.row[name][index] = value

    def _keep_weights(self, *_: object) -> None:
        if self.row is not None:
            self.before = [probe.weight.detach().clone() for probe in self.probes]

    def _read_updates(self, *_: object) -> None:
        if self.row is None or not self.before:
            return
        for index, (probe, old) in enumerate(zip(self.probes, self.before, strict=True)):
            self._write("update", index, norm(probe.weight.detach() - old) / norm(old))
        self.before = []

    def finish(self) -> None:
        """Move the open row to the readings, and let go of the graph."""
        for handle in self.tensor_handles:
            handle.remove()
        self.tensor_handles.clear()
        if self.row is None:
            return
        device = self.probes[0].weight.device  # collected there: one copy a step, not one a number
        if is_apple(device):
            device = torch.device("cpu")
        rows = [torch.stack([v.to(device).double() for v in self.row[f]]) for f in FIELDS]
        self.readings.steps.append(self.step)
        self.readings.rows.append(torch.stack(rows).cpu())
        self.row = None

    def remove(self) -> None:
        """Take every hook away."""
        for handle in self.handles:
            handle.remove()


def norm(values: Tensor) -> Tensor:
    """2-norm in float64. In float32 the squares of a gradient of 1e-24 are zero, and so is their
    sum; only where the squares are safe is the faster arithmetic used. The norm of 16-bit numbers
    would come as one of them, with three digits.
    """
    if values.device.type == "cpu" and values.element_size() > 2:
        quick = torch.linalg.vector_norm(values)
        if SAFE[0] < quick < SAFE[1]:
            return quick.double()
    return torch.linalg.vector_norm(widened(values))


def dead_share(values: Tensor) -> Tensor:
    """Share of channels of (N, C) or (N, C, H, W) that are positive nowhere."""
    if values.dim() == 4 and values.is_contiguous(memory_format=torch.channels_last):
        count, channels, height, width = values.shape
        rows = values.permute(0, 2, 3, 1).reshape(count * height, width * channels)
        highest = rows.amax(0).view(width, channels).amax(0)  # long rows: 30 times as fast
    else:
        highest = values.amax([d for d in range(values.dim()) if d != 1])
    return (highest <= 0).float().mean()


@contextlib.contextmanager
def measure(
    net: nn.Module,
    optimiser: torch.optim.Optimizer | None = None,
    when: Callable[[int], bool] = EVERY_STEP,
) -> Iterator[Readings]:
    """Read every layer of ``net`` in the training steps inside the ``with`` block.

    A step begins with a forward pass that records gradients; passes without them (evaluation)
    are not counted. All hooks are gone when the block ends, also through an exception. The
    readings copy norms only and draw no random numbers, so training gives the same bits.

    Args:
        net: the network, not wrapped (not under DistributedDataParallel or torch.compile).
        optimiser: its optimiser, for the field "update"; None leaves that field NaN.
        when: which steps to read, counted from 0; see :func:`every`.

    Yields:
        :class:`Readings`, complete for all steps but the current one.
    """
    meter = _Meter(net, when, optimiser)
    try:
        yield meter.readings
    finally:
        meter.finish()
        meter.remove()
