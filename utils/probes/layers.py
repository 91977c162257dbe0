"""A network layer by layer: shapes, parameters, work, traffic, receptive field.

Answers "which layer costs what, and how much of the image does it see?". Counting happens on the
meta device: no arithmetic is done, and the net is left as it was.
"""

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from utils.models.blocks import Block, need_block
from utils.models.checked import explained, need_network
from utils.models.counting import sketched
from utils.models.networks import ResNet
from utils.models.surgery import block_names
from utils.probes.strangers import need_countable

FLOAT_BYTES = 4
COUNTED = (nn.Conv2d, nn.Linear)
NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm)
SHORTCUT_NAMES = frozenset({"downsample", "shortcut"})
"""What modules on a shortcut connection are called: here and in torchvision, and elsewhere."""


@dataclass(frozen=True)
class LayerCost:
    """One layer with a weight, for one image.

    Attributes:
        name: the layer's path in the network, ``layer1.0.conv2``.
        in_shape: shape of its input without the batch, (C, H, W) or (C,).
        out_shape: shape of its output without the batch.
        parameters: its own trainable values.
        macs: multiply-accumulates; 0 for normalisation, which the paper's Table 1 leaves out.
        on_shortcut: whether it stands on a shortcut connection, by :data:`SHORTCUT_NAMES`.
    """

    name: str
    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    parameters: int
    macs: int
    on_shortcut: bool

    @property
    def outputs(self) -> int:
        """Numbers in its output for one image."""
        return math.prod(self.out_shape)

    def traffic(self, batch: int = 1) -> int:
        """Bytes read and written once each in float32: input, weights, output.

        The least that a layer can move if nothing of it is in a cache before.
        """
        maps = math.prod(self.in_shape) + self.outputs
        return FLOAT_BYTES * (batch * maps + self.parameters)

    def intensity(self, batch: int = 1) -> float:
        """Floating-point operations for each byte of :meth:`traffic`; a MAC is two."""
        return 2 * batch * self.macs / self.traffic(batch)


def macs_of(layer: nn.Module, out_shape: tuple[int, ...]) -> int:
    """MACs of one layer for one image, from its output shape without the batch.

    A linear layer may be applied at many places: its output is (..., out_features).

    Raises:
        TypeError: not a module.
    """
    need_network(layer, "layer")
    if isinstance(layer, nn.Conv2d):
        height, width = layer.kernel_size
        inputs = height * width * layer.in_channels // layer.groups
        return math.prod(out_shape) * inputs
    if isinstance(layer, nn.Linear):
        return math.prod(out_shape) * layer.in_features
    return 0


def layer_costs(net: nn.Module, size: int, channels: int = 3) -> list[LayerCost]:
    """Every convolution, linear layer and normalisation, in the order they run.

    Args:
        net: maps float (N, ``channels``, ``size``, ``size``) to anything.
        size: height and width of the input.
        channels: of the input.

    Raises:
        TypeError: not a network.
        ValueError: a layer that runs more than once, whose weights would be counted as often; a
            layer of a kind that is not counted; another number of channels or size than the
            network takes, or a forward pass that asks for values.
    """
    need_countable(net)
    twin, image = sketched(net, size, channels)
    costs: list[LayerCost] = []

    def record(name: str):
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if any(cost.name == name for cost in costs):
                raise ValueError(
                    f"{name} runs more than once in a forward pass, and its weights would be "
                    "counted as often; take count_macs and count_parameters of utils.models"
                )
            out_shape = tuple(output.shape[1:])
            costs.append(
                LayerCost(
                    name,
                    tuple(inputs[0].shape[1:]),
                    out_shape,
                    sum(p.numel() for p in layer.parameters()),
                    macs_of(layer, out_shape),
                    not SHORTCUT_NAMES.isdisjoint(name.split(".")),
                )
            )

        return hook

    for name, layer in twin.named_modules():
        if isinstance(layer, COUNTED + NORMS):
            layer.register_forward_hook(record(name))
    with torch.no_grad(), explained(twin, image):
        twin(image)
    return costs


def weighted(costs: Iterable[LayerCost]) -> list[LayerCost]:
    """Convolutions and linear layers only: what the paper calls layers."""
    return [cost for cost in costs if cost.macs]


def differing_layers(
    left: list[LayerCost], right: list[LayerCost]
) -> list[tuple[LayerCost, LayerCost]]:
    """Layers of the same name with different MACs, in order.

    Raises:
        ValueError: the two lists do not name the same layers.
    """
    if [a.name for a in left] != [b.name for b in right]:
        raise ValueError("the networks have different layers; compare two of the same depth")
    return [(a, b) for a, b in zip(left, right, strict=True) if a.macs != b.macs]


@dataclass(frozen=True)
class Field:
    """What one output of a chain of windows sees.

    Attributes:
        pixels: width and height of the window of input pixels.
        step: input pixels from one output to the next.
    """

    pixels: int = 1
    step: int = 1

    def after(self, kernel: int, stride: int) -> "Field":
        """The field behind one more window of ``kernel`` outputs, moved by ``stride``."""
        return Field(self.pixels + (kernel - 1) * self.step, self.step * stride)


def receptive_field(windows: Iterable[tuple[int, int]], start: Field | None = None) -> Field:
    """Field of a chain of (kernel, stride) pairs, in the order they run.

    Each window widens the field by (kernel - 1) steps; each stride multiplies the step
    (Araujo et al. 2019).
    """
    field = start or Field()
    for kernel, stride in windows:
        field = field.after(kernel, stride)
    return field


def block_windows(block: Block) -> list[tuple[int, int]]:
    """Kernels and strides of a block's branch, in order.

    The shortcut is left out: its window lies inside the branch's.

    Raises:
        TypeError: not a block of :mod:`utils.models.blocks`.
    """
    need_block(block)
    convolutions = [layer.convolution for layer in block.layers()]
    return [(layer.kernel_size[0], layer.stride[0]) for layer in convolutions]


def stage_fields(net: ResNet) -> dict[str, Field]:
    """Receptive field on the input image behind the stem and behind each stage.

    Raises:
        TypeError: not a network.
        ValueError: a network whose blocks cannot be found.
    """
    block_names(net)
    stem = [(net.conv1.kernel_size[0], net.conv1.stride[0])]
    if isinstance(net.maxpool, nn.MaxPool2d):
        stem.append((int(net.maxpool.kernel_size), int(net.maxpool.stride)))
    fields = {"stem": receptive_field(stem)}
    field = fields["stem"]
    for name in net.stages:
        for block in net.get_submodule(name):
            field = receptive_field(block_windows(block), field)
        fields[name] = field
    return fields


def gradient_support(net: ResNet, size: int, stage: str) -> int:
    """Width in pixels of what the middle output of a stage depends on, by backpropagation.

    Every weight of a copy is set to a positive number, so that nothing cancels and no ReLU is
    off. An image smaller than the receptive field cuts the answer off.

    Args:
        net: network to ask.
        size: height and width of the image.
        stage: name in ``net.stages``.

    Raises:
        TypeError: not a network.
        ValueError: a network whose blocks cannot be found, or no such stage.
    """
    block_names(net)
    if stage not in net.stages:
        raise ValueError(f"no stage {stage!r}; this network has {', '.join(net.stages)}")
    twin = copy.deepcopy(net).cpu().double().eval()
    for layer in twin.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
    seen: list[Tensor] = []
    handle = twin.get_submodule(stage).register_forward_hook(lambda *call: seen.append(call[2]))
    image = torch.rand(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    with_average_pooling(twin)(image)
    handle.remove()
    middle = seen[0].shape[-1] // 2
    seen[0][0, :, middle, middle].sum().backward()
    columns = image.grad[0].abs().sum((0, 1)).nonzero().flatten()
    return int(columns[-1] - columns[0]) + 1


def with_average_pooling(net: ResNet) -> ResNet:
    """Put average pooling in the place of maximum pooling, in place.

    A maximum hands its gradient to one pixel alone, an average to every pixel of the window.

    Raises:
        TypeError: not a network.
        ValueError: a network whose blocks cannot be found.
    """
    block_names(net)
    pool = net.maxpool
    if isinstance(pool, nn.MaxPool2d):
        net.maxpool = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding)
    return net
