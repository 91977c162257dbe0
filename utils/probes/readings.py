"""Read a network's layers while it trains, without touching what it learns.

Answers "how large are gradients, activations and updates, layer by layer?". :func:`measure` is a
context manager around any training loop; :mod:`utils.record.gradient_norms` records with it.
"""

import contextlib
import math
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.modules.batchnorm import _NormBase

from utils.data.checked import need_floats
from utils.machine.devices import is_apple, widened
from utils.models.blocks import ChannelAffine
from utils.models.checked import need_network
from utils.probes.followers import Takers, is_taken_only_by, relu_behind, takers_of
from utils.probes.strangers import need_measurable, need_plain_normalisation

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
before ReLU or addition (He et al. 2016a, figure 7). That is the output of a normalisation which
takes the layer's output and is alone in taking it; otherwise, as where a pre-activation block adds,
the layer's own output. Which of them it is is seen in the forward pass, whatever the modules'
names, and stands in ``Readings.responses``. The *following ReLU* is the one that the response meets
at once or behind one addition."""


SAFE = (1e-15, 1e15)
"""Norms whose squares float32 holds with all its digits."""


NORMALISATIONS = (_NormBase, nn.GroupNorm, nn.LayerNorm, ChannelAffine)
"""Modules behind which a response is read: batch and instance normalisation of every kind, the
normalisations of groups and layers, and what this book puts in their place."""


def measured_layers(net: nn.Module) -> dict[str, nn.Module]:
    """Every convolution and linear layer of a network by its name, in order of definition.

    Raises:
        TypeError: not a network.
    """
    need_network(net)
    return {
        name: module
        for name, module in net.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    }


def every(interval: int) -> Callable[[int], bool]:
    """Measure step 0 and every ``interval``-th after it."""
    return lambda step: step % interval == 0


EVERY_STEP = every(1)


@dataclass
class Readings:
    """What :func:`measure` collects.

    Attributes:
        layers: names of the layers, input first.
        responses: for each layer that has run the module whose output was read as its response:
            its normalisation, or itself.
        steps: the measured steps, counted from 0.
        rows: for each measured step a float64 Tensor (fields, layers) on the CPU, NaN where
            nothing was read.
    """

    layers: list[str]
    responses: dict[str, str] = field(default_factory=dict)
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


@dataclass(frozen=True)
class _Seen:
    """What one module handed on in this pass, and the hook that waits for its gradient."""

    module: str
    node: Node | None
    mean: Tensor
    sd: Tensor
    handle: torch.utils.hooks.RemovableHandle | None


@dataclass
class _Pass:
    """One measured forward pass.

    Attributes:
        fresh: by the identity of a layer's output the layer, the output and its version: an
            operation in place, such as a ReLU, gives the same tensor another version.
        own: the outputs of layers, by layer.
        normalised: what normalisations made of them, by layer.
        nodes: for each layer the operation that made its output.
    """

    fresh: dict[int, tuple[int, weakref.ref, int]] = field(default_factory=dict)
    own: dict[int, _Seen] = field(default_factory=dict)
    normalised: dict[int, list[_Seen]] = field(default_factory=dict)
    nodes: dict[int, Node | None] = field(default_factory=dict)


class _Meter:
    """State between the hooks of one :func:`measure`."""

    def __init__(
        self, net: nn.Module, when: Callable[[int], bool], optimiser: torch.optim.Optimizer | None
    ) -> None:
        layers = measured_layers(net)
        need_measurable(net, layers, optimiser, when)
        self.names = list(layers)
        self.weights = [layer.weight for layer in layers.values()]
        self.when = when
        self.readings = Readings(self.names)
        self.step = -1
        self.open: _Pass | None = None  # a forward pass that is measured
        self.row: dict[str, list[Tensor]] | None = None  # this step is measured
        self.before: list[Tensor] = []
        self.tensor_handles: list[torch.utils.hooks.RemovableHandle] = []
        self.handles = [net.register_forward_pre_hook(self._begin)]
        for index, layer in enumerate(layers.values()):
            self._attach(index, layer)
        for name, module in net.named_modules():
            if isinstance(module, NORMALISATIONS):
                self._attach_normalisation(name, module)
        self.handles.append(net.register_forward_hook(self._end))
        if optimiser is not None:
            self.handles.append(optimiser.register_step_pre_hook(self._keep_weights))
            self.handles.append(optimiser.register_step_post_hook(self._read_updates))

    def _attach(self, index: int, layer: nn.Module) -> None:
        name, weight = self.names[index], self.weights[index]

        def read_layer(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            if self.open is None:
                return
            if index in self.open.nodes:
                raise ValueError(
                    f"{name} runs more than once in a forward pass, and its runs cannot be told "
                    "apart; measure a network in which every layer runs once"
                )
            self.open.nodes[index] = output.grad_fn
            self.open.fresh[id(output)] = (index, weakref.ref(output), output._version)
            if self.readings.responses.get(name, name) == name:
                self.open.own[index] = self._see(index, name, output)

        def read_weight_gradient(weight: Tensor) -> None:
            self._write("weight_gradient", index, norm(weight.grad))
            self._write("weight", index, norm(weight.detach()))

        self.handles.append(layer.register_forward_hook(read_layer))
        if weight.requires_grad:
            handle = weight.register_post_accumulate_grad_hook(read_weight_gradient)
            self.handles.append(handle)

    def _attach_normalisation(self, name: str, module: nn.Module) -> None:
        def read_normalised(_module: nn.Module, inputs: tuple, output: Tensor) -> None:
            if self.open is None or not inputs:
                return
            index, layer, version = self.open.fresh.get(id(inputs[0]), (0, _nothing, 0))
            if layer() is not inputs[0] or inputs[0]._version != version:
                return
            need_plain_normalisation(name, _module, output.grad_fn)
            if self.readings.responses.get(self.names[index]) != self.names[index]:
                seen = self._see(index, name, output)
                self.open.normalised.setdefault(index, []).append(seen)

        self.handles.append(module.register_forward_hook(read_normalised))

    def _see(self, index: int, module: str, output: Tensor) -> _Seen:
        def read_gradient(gradient: Tensor) -> None:
            self._write("response_gradient", index, norm(gradient))

        values = output.detach()
        mean = widened(values.mean(dtype=torch.float32))
        square = norm(values) ** 2 / values.numel()
        sd = (square - mean**2).clamp_min(0).sqrt()
        handle = output.register_hook(read_gradient) if output.requires_grad else None
        if handle is not None:
            self.tensor_handles.append(handle)
        return _Seen(module, output.grad_fn, mean, sd, handle)

    def _end(self, _net: nn.Module, _inputs: tuple, outputs: object) -> None:
        """Choose each layer's response, now that it is known what took which output."""
        if self.open is None:
            return
        takers = takers_of(outputs)
        if not takers:
            raise ValueError(
                f"the network returns a {type(outputs).__name__} in which no tensor is found, so "
                "nothing shows what took which output; return a tensor, a tuple or a dictionary"
            )
        for index in self.open.nodes:
            response = self._choose(index, takers)
            if response is None:
                continue
            self.readings.responses[self.names[index]] = response.module
            self._write("mean", index, response.mean)
            self._write("sd", index, response.sd)
            relu = relu_behind(takers, response.node)
            if relu is not None:
                self._write("dead", index, dead_share(relu._saved_result.detach()))
        self.open = None

    def _choose(self, index: int, takers: Takers) -> _Seen | None:
        own, normalised = self.open.own.get(index), self.open.normalised.get(index, [])
        node = self.open.nodes[index]
        alone = (seen for seen in normalised if is_taken_only_by(takers, node, seen.node))
        chosen = next(alone, own)
        for seen in (own, *normalised):
            if seen is not None and seen is not chosen and seen.handle is not None:
                seen.handle.remove()
        if chosen is None:
            # In this pass the normalisation of the passes before did not get the output, or was
            # not alone; nothing was read from the layer itself. The next pass reads both.
            self.readings.responses.pop(self.names[index], None)
        return chosen

    def _begin(self, _net: nn.Module, _inputs: tuple) -> None:
        self.open = None
        if not torch.is_grad_enabled():
            return
        self.finish()
        self.step += 1
        if self.when(self.step):
            self.open = _Pass()
            self.row = {name: [torch.tensor(math.nan)] * len(self.names) for name in FIELDS}

    def _write(self, name: str, index: int, value: Tensor) -> None:
        if self.row is not None:
            self.row[name][index] = value

    def _keep_weights(self, *_: object) -> None:
        if self.row is not None:
            self.before = [weight.detach().clone() for weight in self.weights]

    def _read_updates(self, *_: object) -> None:
        if self.row is None or not self.before:
            return
        for index, (weight, old) in enumerate(zip(self.weights, self.before, strict=True)):
            self._write("update", index, norm(weight.detach() - old) / norm(old))
        self.before = []

    def finish(self) -> None:
        """Move the open row to the readings, and let go of the graph."""
        self.open = None
        for handle in self.tensor_handles:
            handle.remove()
        self.tensor_handles.clear()
        if self.row is None:
            return
        device = self.weights[0].device  # collected there: one copy a step, not one a number
        if is_apple(device):
            device = torch.device("cpu")
        rows = [torch.stack([widened(v.to(device)) for v in self.row[f]]) for f in FIELDS]
        self.readings.steps.append(self.step)
        self.readings.rows.append(torch.stack(rows).cpu())
        self.row = None

    def remove(self) -> None:
        """Take every hook away."""
        for handle in self.handles:
            handle.remove()


def _nothing() -> None:
    """Stands for a tensor that is gone."""


def norm(values: Tensor) -> Tensor:
    """2-norm in float64. In float32 the squares of a gradient of 1e-24 are zero, and so is their
    sum; only where the squares are safe is the faster arithmetic used. The norm of 16-bit numbers
    would come as one of them, with three digits.
    """
    if values.device.type == "cpu" and values.element_size() > 2:
        quick = torch.linalg.vector_norm(values)
        if SAFE[0] < quick < SAFE[1]:
            return widened(quick)
    return torch.linalg.vector_norm(widened(values))


def dead_share(values: Tensor) -> Tensor:
    """Share of channels of (N, C) or (N, C, H, W) that are positive nowhere.

    Raises:
        TypeError: not a tensor.
        ValueError: whole numbers, or a tensor without an axis of channels.
    """
    need_floats(values, "values")
    if values.dim() < 2:
        raise ValueError(
            f"values have the shape {tuple(values.shape)}, without an axis of channels; "
            "give (N, C) or (N, C, H, W)"
        )
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

    Raises:
        TypeError: no network, optimiser or function of the step.
        ValueError: a network that cannot be read truthfully: wrapped, without convolution and
            linear layer, with weights that are computed from others, or moved by another
            network's optimiser; inside the block: a layer runs more than once in a measured
            forward pass, or a normalisation activates too.

    Yields:
        :class:`Readings`, complete for all steps but the current one.
    """
    meter = _Meter(net, when, optimiser)
    try:
        yield meter.readings
    finally:
        meter.finish()
        meter.remove()
