"""Five networks drawn to one scale, a box for each weighted layer.

Answers "what does a network of 152 layers look like beside one of 8?". The layers are those of
:mod:`utils.facts.scale`.
"""

import math

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from utils.display.figures import COLOURS, TEXT, figure
from utils.display.published import Published, publish
from utils.facts.bibliography import name
from utils.facts.scale import DrawnNetwork, networks_to_scale

BOX, GAP = 0.74, 0.26
"""Height of a box and of what separates two, in layers."""

COLUMN = 74.0
"""Width of a column, in roots of channels: a box of 4,096 channels is 64 wide."""

NAMES_AT = 5.0
"""Where a name begins above its column, in layers."""


def box(left: float, top: float, width: float) -> list[tuple[float, float]]:
    """The corners of a layer, in its column's middle."""
    start = left + (COLUMN - width) / 2
    return [
        (start, top),
        (start + width, top),
        (start + width, top + BOX),
        (start, top + BOX),
    ]


def draw_network(axes: Axes, left: float, network: DrawnNetwork) -> None:
    """One network from top to bottom, with its name above."""
    boxes = [
        box(left, place * (BOX + GAP), math.sqrt(channels))
        for place, channels in enumerate(network.channels)
    ]
    axes.add_collection(
        PolyCollection(boxes, facecolor=COLOURS[network.first.kind], edgecolor="none")
    )
    middle = left + COLUMN / 2
    style = {"ha": "center", "va": "bottom", "color": TEXT}
    axes.text(middle, -NAMES_AT, network.name, size=9, **style)
    axes.text(middle, -1.5, f"{network.first.year}: {network.layers}", size=9, **style)


def scale_figure() -> Published:
    """The networks side by side, the input at the top."""
    networks = networks_to_scale()
    made, (axes,) = figure(figsize=(4.0, 6.6))
    for place, network in enumerate(networks):
        draw_network(axes, place * COLUMN, network)
    deepest = max(network.layers for network in networks)
    axes.set(xlim=(0, len(networks) * COLUMN), ylim=(deepest, -NAMES_AT - 4))
    axes.set_position((0, 0, 1, 1))
    axes.set_axis_off()
    return publish(made, scale_alt(networks), scale_caption(networks))


def scale_alt(networks: list[DrawnNetwork]) -> str:
    """The finding in words."""
    counts = ", ".join(f"{network.name} {network.layers}" for network in networks)
    return (
        "Five columns of boxes, one box for each weighted layer. Four of the columns end within "
        f"the first seventh of the picture, and ResNet-152 fills its whole height: {counts}."
    )


def scale_caption(networks: list[DrawnNetwork]) -> str:
    """What is drawn, and from which tables."""
    firsts = [network.first for network in networks]
    sources = "; ".join(f"{each.network}: {name(each.key)}, {each.source}" for each in firsts)
    return (
        "Five networks to one scale, with the input at the top. Each box is a layer with weights, "
        "and a box of twice the width has four times as many channels. Above each column: the "
        "year of the first public version and the number of layers. In GoogLeNet, layers that "
        f"work side by side are one box. Sources: {sources}."
    )


SCALE_FIGURES = {"networks-to-scale": scale_figure}
