"""What multiply-accumulates predict of a layer's time, and what the roofs of a device do.

Answers "is this layer slow because it computes, or because it waits for memory?". Two numbers of
a device are measured: how fast it multiplies matrices (peak) and how fast it reads and writes
(bandwidth). A layer cannot be faster than either allows (Williams et al. 2009).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from utils.data.checked import need_floats
from utils.models.blocks import BasicBlock, Block, Bottleneck
from utils.models.checked import explained, need_network
from utils.probes.layers import FLOAT_BYTES, LayerCost, layer_costs
from utils.probes.timing import Timing, synchronise, time_in_turns

SIZE = 56
BATCH = 8
MATRIX = 1024
STREAM = 2**25


@dataclass(frozen=True)
class Device:
    """The two roofs of a device.

    Attributes:
        peak: floating-point operations a second in a matrix product, float32 unless said otherwise.
        bandwidth: bytes a second, read plus written, when a large array is copied.
    """

    peak: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """Operations for each byte from which on arithmetic limits, not memory."""
        return self.peak / self.bandwidth

    def least_seconds(self, cost: LayerCost, batch: int) -> float:
        """The time that neither roof lets a layer fall below."""
        arithmetic = 2 * batch * cost.macs / self.peak
        return max(arithmetic, cost.traffic(batch) / self.bandwidth)

    def limit(self, cost: LayerCost, batch: int) -> str:
        """Which roof a layer is under: "arithmetic" or "memory"."""
        return "arithmetic" if cost.intensity(batch) >= self.ridge else "memory"


def chapter_blocks() -> dict[str, tuple[Block, int]]:
    """The two blocks of figure 5 of He et al. (2016a), and a basic block of the outer width.

    The third one is the block of conv4_x in ResNet-18 and ResNet-34 (Table 1), there on maps of
    14 × 14.

    Returns:
        Name -> (block, channels of its input).
    """
    return {
        "two 3×3 at 64": (BasicBlock(64, 64, 1, "A"), 64),
        "bottleneck 256-64-256": (Bottleneck(256, 64, 1, "A"), 256),
        "two 3×3 at 256": (BasicBlock(256, 256, 1, "A"), 256),
    }


def measure_device(
    device: torch.device | str = "cpu",
    matrix: int = MATRIX,
    stream: int = STREAM,
    repeats: int = 10,
    dtype: torch.dtype = torch.float32,
) -> Device:
    """Measure both roofs: the fastest of ``repeats`` calls, since a roof is the best a device does.

    Args:
        device: where.
        matrix: side of the square matrices.
        stream: float32 numbers of the copied array; it should not fit into any cache.
        repeats: timed calls of each.
        dtype: of the matrices.
    """
    a, b = (torch.rand(matrix, matrix, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(a)
    source = torch.rand(stream, device=device)
    target = torch.empty_like(source)
    multiply = fastest(lambda: torch.mm(a, b, out=product), device, repeats)
    copy = fastest(lambda: target.copy_(source), device, repeats)
    return Device(2 * matrix**3 / multiply, 2 * FLOAT_BYTES * stream / copy)


def fastest(call: Callable[[], object], device: torch.device | str, repeats: int) -> float:
    """Seconds of the fastest of ``repeats`` calls, after one that is not timed."""
    device = torch.device(device)
    seconds = []
    for _ in range(repeats + 1):
        synchronise(device)
        started = time.perf_counter()
        call()
        synchronise(device)
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def in_inference(module: nn.Module, x: Tensor) -> Callable[[], Tensor]:
    """One forward pass without gradients as a call without arguments.

    Raises:
        TypeError: no module, or no tensor.
        ValueError: whole numbers; called: an input that the module does not take.
    """
    need_network(module, "module")
    need_floats(x, "x")
    module.eval()

    @torch.inference_mode()
    def call() -> Tensor:
        with explained(module, x):
            return module(x)

    return call


def in_training(module: nn.Module, x: Tensor) -> Callable[[], None]:
    """One forward and backward pass as a call without arguments.

    Raises:
        TypeError: no module, or no tensor.
        ValueError: whole numbers; called: an input that the module does not take.
    """
    need_network(module, "module")
    need_floats(x, "x")
    module.train()
    x = x.clone().requires_grad_()

    def call() -> None:
        module.zero_grad(set_to_none=True)
        x.grad = None
        with explained(module, x):
            out = module(x)
        out.sum().backward()

    return call


def time_blocks(
    size: int = SIZE,
    batch: int = BATCH,
    device: torch.device | str = "cpu",
    rounds: int = 10,
    training: bool = False,
) -> dict[str, Timing]:
    """Seconds of each block of :func:`chapter_blocks`, in turns.

    Args:
        size: height and width of the maps.
        batch: images at once.
        device: where.
        rounds: timed calls of each.
        training: forward and backward instead of forward alone.
    """
    prepare = in_training if training else in_inference
    calls = {}
    for name, (block, channels) in chapter_blocks().items():
        x = torch.rand(batch, channels, size, size, device=device)
        calls[name] = prepare(block.to(device), x)
    return time_in_turns(calls, device, rounds=rounds)


def time_layers(
    names: Iterable[str] | None = None,
    size: int = SIZE,
    batch: int = BATCH,
    device: torch.device | str = "cpu",
    rounds: int = 10,
) -> dict[str, tuple[LayerCost, Timing]]:
    """Seconds of every convolution and normalisation of the blocks, each alone, in turns.

    Args:
        names: of :func:`chapter_blocks`; default: all.
        size: height and width of the maps.
        batch: images at once.
        device: where.
        rounds: timed calls of each.

    Raises:
        ValueError: a name is not one of these blocks.
    """
    blocks = chapter_blocks()
    names = list(names or blocks)
    if unknown := [name for name in names if name not in blocks]:
        raise ValueError(f"no block {unknown[0]!r}; there are: {', '.join(blocks)}")
    calls, costs = {}, {}
    for name in names:
        block, channels = blocks[name]
        block.to(device)
        for cost in layer_costs(block, size, channels):
            label = f"{name}, {cost.name}"
            x = torch.rand(batch, *cost.in_shape, device=device)
            calls[label] = in_inference(block.get_submodule(cost.name), x)
            costs[label] = cost
    timings = time_in_turns(calls, device, rounds=rounds)
    return {label: (costs[label], timings[label]) for label in costs}


def activation_bytes(costs: Iterable[LayerCost]) -> int:
    """Bytes that the backward pass keeps of one image: inputs of every layer, float32.

    ReLUs work in place here, so their outputs are the next layers' inputs.
    """
    counts = [torch.Size(cost.in_shape).numel() for cost in costs]
    return FLOAT_BYTES * sum(counts)
