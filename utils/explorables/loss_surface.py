"""Loss surfaces of a plain and a residual network, to turn and compare.

Everything drawn is read from the recorded measurements by
``utils.chapters.loss_surfaces.recorded``. This module packs the records and draws the opening state
as a still picture; ``utils/explorables/loss-surface.js`` turns it.
"""

from __future__ import annotations

import math

from utils.chapters.loss_surfaces.recorded import Shape, pair_finding, recorded_pairs
from utils.explorables.figure import Opening, explorable, select, slider
from utils.explorables.loss_surface_picture import GEOMETRY, mesh_picture
from utils.files.records import ResultError

PER_DECADE = 100
LOW, HIGH = -1, 2
"""Powers of ten between which losses are drawn; what lies outside is cut off."""
TURN, TILT = 30, 36
KINDS = ("plain", "residual")

TITLE = "At 14 layers, the residual network's surface bends down at fewer points in each seed"
INVITATION = (
    "Try: drag a surface sideways, or move the sliders. Both surfaces turn together. Look at them "
    "from above. Then choose another seed and see what stays the same."
)
CAPTION = (
    "Each picture shows the training loss around a trained network, along two random directions "
    "with filter normalisation. Both networks of a pair use the same random draws. Height and "
    "colour are the loss on a logarithmic scale from 0.1 to 100, and values outside are cut off. "
    "At an edge of the square, every filter has been moved by its own length. A surface bends "
    "down at a point if it curves like the top of a hill in at least one direction of the plane. "
    "The space of all weights has as many dimensions as there are weights, and the picture shows "
    "two directions of this space. So hollows and ridges along other directions are not in the "
    "picture. The networks of 14 layers are trained on CIFAR-10, and those of 56 layers on "
    "CIFAR-10 at 16 pixels."
)


@explorable(TITLE, INVITATION)
def loss_surface(id_: str) -> Opening:
    """A pair of networks to choose, a turn and a tilt.

    Raises:
        utils.files.records.ResultError: no pair is recorded yet; says which command does it.
    """
    data = packed()
    pair = data["pairs"][0]
    pictures = [
        mesh_picture(id_, kind, pair["names"][n], pair["losses"][n], data, TURN, TILT)
        for n, kind in enumerate(KINDS)
    ]
    labels = {number: pair["label"] for number, pair in enumerate(data["pairs"])}
    return Opening(
        controls=[
            select(id_, "p", "Networks", labels, value=0),
            slider(id_, "t", "Turn", low=0, high=357, step=3, value=TURN, shown=f"{TURN}°"),
            slider(id_, "e", "Tilt", low=9, high=90, step=3, value=TILT, shown=f"{TILT}°"),
        ],
        pictures=pictures,
        finding=pair["finding"],
        caption=CAPTION,
        data=data,
    )


def packed() -> dict:
    """Everything the script draws.

    Raises:
        utils.files.records.ResultError: no pair is recorded.
    """
    pairs = recorded_pairs()
    if not pairs:
        raise ResultError(
            "no pair of surfaces is recorded; make one with: "
            "python -m utils.record.measure surfaces"
        )
    return {
        "pairs": [_pair(plain, residual) for plain, residual in pairs],
        "places": [round(place, 6) for place in pairs[0][0].places],
        "perDecade": PER_DECADE,
        "low": LOW,
        "high": HIGH,
        "geometry": GEOMETRY,
    }


def _pair(plain: Shape, residual: Shape) -> dict:
    depth = plain.task.model.partition("-")[2]
    return {
        "label": f"{depth} layers, seed {plain.task.seeds[0]}",
        "names": [shape.task.model for shape in (plain, residual)],
        "losses": [quantised(shape) for shape in (plain, residual)],
        "finding": pair_finding(plain, residual),
    }


def quantised(shape: Shape) -> list[list[int]]:
    """Logarithms of the losses as whole numbers, cut off at the ends of the drawn range."""
    low, high = LOW * PER_DECADE, HIGH * PER_DECADE
    return [
        [
            min(high, max(low, round(PER_DECADE * math.log10(loss))))
            if 0 < loss < math.inf
            else high
            for loss in row
        ]
        for row in shape.loss.tolist()
    ]
