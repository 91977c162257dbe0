"""What the record of one device says: each layer under its roofs, each block in its parts.

Answers "where did the time go, and did MACs predict it?". Reads the records that
:mod:`utils.record.roofline` writes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from utils.display.figures import COLOURS, TEXT, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table
from utils.models.counting import count_parameters
from utils.probes.layers import FLOAT_BYTES, LayerCost, layer_costs, weighted
from utils.probes.roofline import (
    SIZE,
    Device,
    activation_bytes,
    chapter_blocks,
)
from utils.probes.timing import Timing
from utils.record.roofline import COMMAND, load_records
from utils.results.labels import device_label

KINDS = {
    "3×3 convolution": ("o", "residual"),
    "1×1 convolution": ("s", "other"),
    "normalisation": ("^", "cnn"),
}
"""Kind of layer -> marker and colour."""

NORM_OPERATIONS = 2
"""In evaluation mode a normalisation multiplies each number once and adds to it once."""


def recorded_layers(record: dict) -> dict[str, tuple[LayerCost, Timing]]:
    """Cost and recorded time of every layer, named "BLOCK, LAYER"."""
    found = {}
    for name, (block, channels) in chapter_blocks().items():
        for cost in layer_costs(block, record["size"], channels):
            label = f"{name}, {cost.name}"
            found[label] = (cost, Timing(**record["layers"][label]))
    return found


def kind_of(cost: LayerCost) -> str:
    """A key of :data:`KINDS`. With a window of 3×3 every pair of channels has nine weights."""
    if not cost.macs:
        return "normalisation"
    pairs = cost.in_shape[0] * cost.out_shape[0]
    return "3×3 convolution" if cost.parameters == 9 * pairs else "1×1 convolution"


def operations(cost: LayerCost, batch: int) -> int:
    """Floating-point operations of one layer; a MAC is two."""
    return batch * (2 * cost.macs or NORM_OPERATIONS * cost.outputs)


def share_of_roof(cost: LayerCost, timing: Timing, roofs: Device, batch: int) -> float:
    """The least time that the roofs allow over the time it took."""
    return roofs.least_seconds(cost, batch) / timing.median


def elementwise_bytes(costs: Iterable[LayerCost], batch: int = 1) -> int:
    """Bytes that a block's ReLUs and its addition have to move in float32, each number once.

    A ReLU in place reads and writes its map. The addition reads two maps and writes one. Neither
    is among the layers that are timed alone.

    Args:
        costs: layers of one block with an identity shortcut, in order; a normalisation is last.
        batch: images at once.
    """
    norms = [cost.outputs for cost in costs if not cost.macs]
    relus = 2 * sum(norms)
    addition = 3 * norms[-1]
    return FLOAT_BYTES * batch * (relus + addition)


@dataclass(frozen=True)
class BlockParts:
    """Seconds of one block's forward pass, and of its layers alone.

    Attributes:
        convolutions: sum of medians, each measured alone.
        normalisations: likewise.
        whole: median of the whole block.
        elementwise: what ReLUs and addition take at the least, by the measured bandwidth.
    """

    convolutions: float
    normalisations: float
    whole: float
    elementwise: float

    @property
    def remainder(self) -> float:
        """What the block takes beyond its layers measured alone."""
        return self.whole - self.convolutions - self.normalisations


def block_parts(record: dict) -> dict[str, BlockParts]:
    """The parts of every block of a record, by name of block."""
    batch, bandwidth = record["batch_size"], record["device"]["bandwidth"]
    parts = {}
    for name, (block, channels) in chapter_blocks().items():
        costs = layer_costs(block, record["size"], channels)
        seconds = {c: record["layers"][f"{name}, {c.name}"]["median"] for c in costs}
        parts[name] = BlockParts(
            sum(s for cost, s in seconds.items() if cost.macs),
            sum(s for cost, s in seconds.items() if not cost.macs),
            record["blocks"]["inference"][name]["median"],
            elementwise_bytes(costs, batch) / bandwidth,
        )
    return parts


def recorded_layer_table(record: dict) -> Published:
    """Every layer of a record beside its roof."""
    roofs, batch = Device(**record["device"]), record["batch_size"]
    return layer_table(recorded_layers(record), roofs, batch, device_label(record["machine"]))


def parts_table(records: Sequence[dict]) -> Published:
    """Where the forward pass of each block goes, on every recorded device."""
    rows = []
    for record in records:
        for name, parts in block_parts(record).items():
            seconds = (
                parts.convolutions,
                parts.normalisations,
                parts.whole,
                parts.remainder,
                parts.elementwise,
            )
            times = [f"{1e3 * value:.1f} ms" for value in seconds]
            rows.append([device_label(record["machine"]), name, *times])
    return table(
        ["device", "block", "sum of convolutions", "sum of normalisations", "whole block",
         "remainder", "least time of ReLUs and addition (computed)"],
        rows,
        "Times of the forward pass. Each layer was timed by itself, and the median times of the "
        "layers were added up. The remainder is the time of the whole block minus both sums. The "
        "last column is computed and not measured: it is the number of bytes that the ReLUs and "
        "the addition of a block move, divided by the measured bandwidth.",
    )  # fmt: skip


def roofline_figure(record: dict) -> Published:
    """Measured rate of every layer against its intensity, under the measured roofs."""
    roofs, batch = Device(**record["device"]), record["batch_size"]
    layers = recorded_layers(record)
    made, (axes,) = figure(figsize=(4.8, 3.9))
    draw_roofs(axes, roofs)
    shares: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind, (marker, colour) in KINDS.items():
        chosen = [(cost, timing) for cost, timing in layers.values() if kind_of(cost) == kind]
        x = [operations(cost, batch) / cost.traffic(batch) for cost, _ in chosen]
        y = [operations(cost, batch) / timing.median / 1e9 for cost, timing in chosen]
        shares[kind] = [share_of_roof(cost, timing, roofs, batch) for cost, timing in chosen]
        style = {"color": COLOURS[colour], "markersize": 7, "markeredgecolor": TEXT}
        axes.plot(x, y, marker, label=kind, alpha=0.85, markeredgewidth=0.6, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    highest = 10 ** math.ceil(math.log10(4 * roofs.peak / 1e9))
    finish(axes, "Layers and the roofs of the device", "operations for each byte", "GFLOP/s",
           xlim=(0.1, 2000), ylim=(highest / 1e3, highest))  # fmt: skip
    axes.legend(loc="lower right", labelcolor=TEXT, frameon=False, fontsize=9.5)
    device = device_label(record["machine"])
    reached = "; ".join(f"{kind} {spread_of(found)}" for kind, found in shares.items())
    return publish(
        made,
        alt=f"Roofline of {device}, both axes logarithmic. The memory roof rises up to "
        f"{roofs.ridge:.1f} operations a byte, and from there on the arithmetic roof is flat. "
        f"Each kind of layer reaches this share of its roof: {reached}.",
        caption=f"{device}, {batch} images of {record['size']} × {record['size']} positions, "
        "float32. The rising line is the measured bandwidth, and the flat line is the measured "
        "peak. The dotted line marks the ridge, where the two lines meet. The points are the "
        "layers of all three blocks, each timed by itself. Normalisations have no MACs in "
        "our count. Only to give them a place in this figure, we count one multiplication and "
        "one addition for each number of their output.",
    )


def draw_roofs(axes: Axes, roofs: Device) -> None:
    """The bound on the rate, its corner, and the measured value on each part."""
    x = np.array([0.01, roofs.ridge, 1e5])
    axes.plot(x, np.minimum(roofs.peak, roofs.bandwidth * x) / 1e9, color=TEXT, linewidth=1.5)
    axes.axvline(roofs.ridge, color=TEXT, linewidth=0.8, linestyle=":")
    left = {"ha": "right", "va": "bottom", "fontsize": 9.5, "color": TEXT}
    middle = roofs.ridge / 3
    axes.text(middle, roofs.bandwidth * middle / 1e9, f"{roofs.bandwidth / 1e9:,.0f} GB/s ", **left)
    right = {**left, "ha": "left"}
    axes.text(roofs.ridge * 1.3, roofs.peak / 1e9, f"{roofs.peak / 1e9:,.0f} GFLOP/s", **right)


def spread_of(shares: Sequence[float]) -> str:
    """The lowest and the highest share in percent."""
    return f"{min(shares):.0%} to {max(shares):.0%}"


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
        ["block", "parameters", "MACs", "kept for the backward pass", "moved by convolutions"],
        rows,
        f"Counted for one image with maps of {size} × {size} positions, in float32, which takes "
        "four bytes for each number. The shortcut is the identity. For the backward pass, the "
        "inputs of all convolutions and normalisations are kept. Each convolution reads its input "
        "and its weights once and writes its output once.",
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
        ["block", "MACs, relative to the first block", "time, relative to the first block",
         "median time", "middle half of the times", "GFLOP/s"],
        rows,
        f"Time of the forward pass of each block, for {batch} images of {size} × {size} positions "
        "in float32. The blocks were timed in turns. Half of the measured times of a block are in "
        "the range that the table calls the middle half. The column GFLOP/s says how many billion "
        "operations the block does in a second, where a MAC counts as two operations.",
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
        ["layer", "operations a byte", "limited by", "least time", "measured time",
         "share of the roof", "GFLOP/s"],
        rows,
        f"{named}{batch} images. The measured peak is {peak} and the measured bandwidth is "
        f"{bandwidth}, so the ridge is at {roofs.ridge:.1f} operations a byte. The least time is "
        "the shortest time that this peak and this bandwidth (the two roofs) allow. The share of "
        "the roof is the least time divided by the measured time. The bandwidth was measured "
        "with an array that is too large for a cache. So if the maps of a layer stay in a cache, "
        "the measured time can be shorter than the least time.",
    )  # fmt: skip


def recorded_table(records: Sequence[dict] | None = None) -> Published | str:
    """Recorded block times of all devices, or the sentence that there are none.

    Args:
        records: default: those of :func:`load_records`.
    """
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
        ["device", "pass", "block", "median time", "relative to the first block"],
        rows,
        f"Times from the book's records, for {' or '.join(sorted(sizes))}, in float32. Inference "
        "is the forward pass alone, and training is the forward and the backward pass together. "
        "The blocks were timed in turns.",
    )
