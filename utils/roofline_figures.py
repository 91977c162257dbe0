"""What the record of one device says: each layer under its roofs, each block in its parts.

Answers "where did the time go, and did MACs predict it?". Reads the records that
:mod:`utils.roofline` writes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from utils.layers import FLOAT_BYTES, LayerCost, layer_costs
from utils.plots import COLOURS, TEXT, Published, figure, finish, publish
from utils.roofline import Device, chapter_blocks, layer_table
from utils.summaries import device_label
from utils.tables import table
from utils.timing import Timing

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
        ["device", "block", "convolutions alone", "normalisations alone", "whole block",
         "remainder", "ReLU and addition, at least"],
        rows,
        "Forward pass. Alone: sums of medians, each layer measured by itself. Remainder: whole "
        "block less both sums. Last column, not measured: bytes of ReLUs and addition over the "
        "measured bandwidth.",
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
        f"{roofs.ridge:.1f} operations a byte, from there the arithmetic roof is flat. Share of "
        f"its roof that each kind of layer reaches: {reached}.",
        caption=f"{device}, {batch} images of {record['size']} × {record['size']} positions, "
        f"float32. Lines: measured bandwidth and peak. Points: layers of all three blocks, each "
        "timed alone. Normalisations, which have no MACs, are drawn with one multiplication and "
        "one addition for each number.",
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
