"""What multiply-accumulates predict of a layer's time, and what the roofs of a device do.

Answers "is this layer slow because it computes, or because it waits for memory?". Two numbers of
a device are measured: how fast it multiplies matrices (peak) and how fast it reads and writes
(bandwidth). A layer cannot be faster than either allows (Williams et al. 2009).

``python -m utils.roofline`` measures the blocks of the chapter and writes
``results/bench-blocks/DEVICE.json``.
"""

import argparse
import datetime
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from utils.bench import slug
from utils.blocks import BasicBlock, Block, Bottleneck
from utils.counting import count_parameters
from utils.devices import DEVICES, named_device
from utils.distributed import Workers
from utils.layers import FLOAT_BYTES, LayerCost, layer_costs, weighted
from utils.plots import Published
from utils.record import COMMIT, describe_machine, device_name
from utils.results import RESULTS, parse_json, write_record
from utils.tables import table
from utils.timing import Timing, synchronise, time_in_turns

FOLDER = RESULTS / "bench-blocks"
KIND = "measurement"
FIELDS = ("kind", "machine", "device", "size", "batch_size", "blocks", "layers")
SIZE = 56
BATCH = 8
MATRIX = 1024
STREAM = 2**25
COMMAND = "python -m utils.roofline"


@dataclass(frozen=True)
class Device:
    """The two roofs of a device.

    Attributes:
        peak: floating-point operations a second in a float32 matrix product.
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
    """The two blocks of figure 5 of He et al. (2016), and a basic block of the outer width.

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
) -> Device:
    """Measure both roofs: the fastest of ``repeats`` calls, since a roof is the best a device does.

    Args:
        device: where.
        matrix: side of the square float32 matrices.
        stream: float32 numbers of the copied array; it should not fit into any cache.
        repeats: timed calls of each.
    """
    a, b = (torch.rand(matrix, matrix, device=device) for _ in range(2))
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
    """One forward pass without gradients as a call without arguments."""
    module.eval()

    @torch.inference_mode()
    def call() -> Tensor:
        return module(x)

    return call


def in_training(module: nn.Module, x: Tensor) -> Callable[[], None]:
    """One forward and backward pass as a call without arguments."""
    module.train()
    x = x.clone().requires_grad_()

    def call() -> None:
        module.zero_grad(set_to_none=True)
        x.grad = None
        module(x).sum().backward()

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
    """
    blocks = chapter_blocks()
    calls, costs = {}, {}
    for name in names or blocks:
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


def block_table(size: int = SIZE) -> Published:
    """What the blocks cost by arithmetic alone."""
    rows = []
    for name, (block, channels) in chapter_blocks().items():
        costs = layer_costs(block, size, channels)
        rows.append(
            [
                name,
                f"{count_parameters(block):,}",
                f"{sum(cost.macs for cost in costs) / 1e6:.1f} million",
                f"{activation_bytes(costs) / 2**20:.1f} MiB",
                f"{sum(cost.traffic() for cost in weighted(costs)) / 2**20:.1f} MiB",
            ]
        )
    return table(
        ["block", "parameters", "MACs", "kept for backward", "convolutions move"],
        rows,
        f"One image of {size} × {size} positions in float32, identity shortcut. Kept: inputs of "
        "convolutions and normalisations. Moved: input, weights and output once for each "
        "convolution.",
    )


def timing_table(timings: dict[str, Timing], batch: int, size: int = SIZE) -> Published:
    """Measured times of the blocks beside their MACs."""
    blocks = chapter_blocks()
    macs = {
        name: sum(cost.macs for cost in layer_costs(blocks[name][0], size, blocks[name][1]))
        for name in timings
    }
    first = next(iter(timings))
    rows = []
    for name, timing in timings.items():
        rate = 2 * batch * macs[name] / timing.median
        rows.append(
            [
                name,
                f"{macs[name] / macs[first]:.2f}",
                f"{timing.median / timings[first].median:.2f}",
                f"{1e3 * timing.median:.2f} ms",
                f"{1e3 * timing.lower:.2f} to {1e3 * timing.upper:.2f} ms",
                f"{rate / 1e9:,.0f}",
            ]
        )
    return table(
        ["block", "MACs, times the first", "time, times the first", "median", "middle half",
         "GFLOP/s"],
        rows,
        f"Measured in turns, {batch} images of {size} × {size} positions, float32.",
    )  # fmt: skip


def layer_table(
    timed: dict[str, tuple[LayerCost, Timing]], roofs: Device, batch: int, device: str = ""
) -> Published:
    """Measured time of each layer beside the least that the roofs allow.

    Args:
        timed: name -> cost and seconds.
        roofs: of the device that took them.
        batch: images at once.
        device: its name for the caption.
    """
    rows = []
    for label, (cost, timing) in timed.items():
        least = roofs.least_seconds(cost, batch)
        rows.append(
            [
                label,
                f"{cost.intensity(batch):.1f}",
                roofs.limit(cost, batch),
                f"{1e3 * least:.2f} ms",
                f"{1e3 * timing.median:.2f} ms",
                f"{least / timing.median:.0%}",
                f"{2 * batch * cost.macs / timing.median / 1e9:,.0f}" if cost.macs else "no MACs",
            ]
        )
    peak, bandwidth = f"{roofs.peak / 1e9:,.0f} GFLOP/s", f"{roofs.bandwidth / 1e9:,.0f} GB/s"
    named = f"{device}, " if device else ""
    return table(
        ["layer", "operations a byte", "limited by", "roof", "measured", "of the roof",
         "GFLOP/s"],
        rows,
        f"{named}{batch} images. Measured peak {peak}, bandwidth {bandwidth}: the ridge is at "
        f"{roofs.ridge:.1f} operations a byte. Maps that stay in a cache can beat the memory roof.",
    )  # fmt: skip


def measure(
    device: torch.device | str,
    size: int = SIZE,
    batch: int = BATCH,
    rounds: int = 10,
    matrix: int = MATRIX,
    stream: int = STREAM,
) -> dict:
    """Everything a record keeps of one device, apart from its description."""
    roofs = measure_device(device, matrix, stream, repeats=max(2, rounds))
    blocks = {
        mode: time_blocks(size, batch, device, rounds, training=mode == "training")
        for mode in ("inference", "training")
    }
    layers = time_layers(None, size, batch, device, rounds)
    return {
        "kind": KIND,
        "device": asdict(roofs),
        "size": size,
        "batch_size": batch,
        "blocks": {
            mode: {name: asdict(timing) for name, timing in timings.items()}
            for mode, timings in blocks.items()
        },
        "layers": {label: asdict(timing) for label, (_, timing) in layers.items()},
    }


def record_file(machine: dict) -> Path:
    """One file a device, threads included, since they change the answer."""
    threads = f"-{machine['threads']}-threads" if machine["device_type"] == "cpu" else ""
    return FOLDER / f"{slug(machine['device'])}{threads}.json"


def load_records() -> list[dict]:
    """Every recorded device, by name of file.

    Raises:
        utils.results.ResultError: a file is no such record; says what to do.
    """
    return [parse_json(path, FIELDS, KIND) for path in sorted(FOLDER.glob("*.json"))]


def recorded_table(records: Sequence[dict] | None = None) -> Published | str:
    """Recorded block times of all devices, or the sentence that there are none.

    Args:
        records: default: those of :func:`load_records`.
    """
    from utils.summaries import device_label

    records = load_records() if records is None else records
    if not records:
        return f"No device has been recorded yet. On a quiet machine, `{COMMAND}` records one."
    rows = []
    for record in records:
        for mode, found in record["blocks"].items():
            timings = {name: found[name] for name in chapter_blocks() if name in found}
            first = next(iter(timings.values()))["median"]
            for name, timing in timings.items():
                rows.append(
                    [
                        device_label(record["machine"]),
                        mode,
                        name,
                        f"{1e3 * timing['median']:.2f} ms",
                        f"{timing['median'] / first:.2f}",
                    ]
                )
    sizes = {f"{r['batch_size']} images of {r['size']} × {r['size']} positions" for r in records}
    return table(
        ["device", "pass", "block", "median", "times the first"],
        rows,
        f"Recorded devices: {'; '.join(sorted(sizes))}, float32, medians of calls in turns.",
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--device", choices=DEVICES, help="default: CUDA if present, else the CPU")
    parser.add_argument("--rounds", type=int, default=30, help="timed calls of each contestant")
    parser.add_argument("--size", type=int, default=SIZE, help="height and width of the maps")
    parser.add_argument("--batch", type=int, default=BATCH, help="images at once")
    parser.add_argument("--matrix", type=int, default=MATRIX, help="side of the peak's matrices")
    parser.add_argument("--stream", type=int, default=STREAM, help="numbers of the copied array")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    if options.rounds < 2:
        parser.error("a median with quartiles needs at least 2 rounds")
    try:
        device = named_device(options.device)
    except ValueError as error:
        parser.error(str(error))
    sizes = (options.size, options.batch, options.rounds, options.matrix, options.stream)
    measured = measure(device, *sizes)
    roofs = Device(**measured["device"])
    print(
        f"{device_name(device)}, {torch.get_num_threads()} threads: peak "
        f"{roofs.peak / 1e9:,.0f} GFLOP/s, bandwidth {roofs.bandwidth / 1e9:,.0f} GB/s"
    )
    for mode, timings in measured["blocks"].items():
        for name, timing in timings.items():
            print(f"{mode:10s} {name:24s} {1e3 * timing['median']:9.2f} ms")
    if not options.no_write:
        record = {
            **measured,
            "machine": describe_machine(Workers(0, 1, device), "fp32"),
            "git_commit": COMMIT,
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        path = record_file(record["machine"])
        write_record(path, record)
        print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
