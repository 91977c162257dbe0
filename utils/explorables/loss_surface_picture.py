"""Picture of the explorable ``loss-surface``: a mesh of four-sided cells, seen at an angle.

Pure drawing. The constants in px are handed to the script, so that it turns the mesh on the same
scale that drew it; ``utils/explorables/loss-surface.js`` is the twin.
"""

from __future__ import annotations

import math

from utils.display.svg import bar, group, picture, text
from utils.display.svg import path as drawn_path

GEOMETRY = {
    "box": [360, 352], "middle": [180, 166], "ground": 104, "height": 148, "colours": 9,
    "pin": 1.08, "label": 1.3, "legend": [72, 326, 24, 9],
}  # fmt: skip
"""Size of the box, the point that the mesh turns about, px of one unit on the ground and of the
whole height, number of colours, height of the pin's head, distance of the directions' names, and
of the legend left edge, top, width of a colour and height."""


def project(a: float, b: float, h: float, turn: float, tilt: float) -> tuple[float, float]:
    """Where a point stands in the picture, in px.

    Args:
        a, b: place on the ground, in units of the directions.
        h: height, from 0 to 1.
        turn: degrees about the vertical.
        tilt: degrees from which it is looked down at; 90 from above.
    """
    g, t, e = GEOMETRY, math.radians(turn), math.radians(tilt)
    depth = a * math.sin(t) + b * math.cos(t)
    x = g["middle"][0] + g["ground"] * (a * math.cos(t) - b * math.sin(t))
    base = g["middle"][1] + g["height"] / 2 * math.cos(e)
    return x, base - g["ground"] * depth * math.sin(e) - g["height"] * h * math.cos(e)


def height(value: int, data: dict) -> float:
    """Height from 0 to 1 of a stored loss; what lies outside of the range is cut off."""
    share = (value / data["perDecade"] - data["low"]) / (data["high"] - data["low"])
    return min(1.0, max(0.0, share))


def cells(values: list[list[int]], data: dict, turn: float, tilt: float) -> list[tuple[str, int]]:
    """Outline and colour of every cell of the mesh, the farthest first."""
    places, t = data["places"], math.radians(turn)
    found = []
    for i in range(len(places) - 1):
        for j in range(len(places) - 1):
            corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
            heights = [height(values[row][column], data) for row, column in corners]
            points = [
                project(places[column], places[row], h, turn, tilt)
                for (row, column), h in zip(corners, heights, strict=True)
            ]
            a = (places[j] + places[j + 1]) / 2
            b = (places[i] + places[i + 1]) / 2
            depth = round(1e6 * (a * math.sin(t) + b * math.cos(t)))
            count = GEOMETRY["colours"]
            colour = min(count - 1, math.floor(sum(heights) / 4 * count))
            found.append((-depth, path(points) + "z", colour))
    found.sort(key=lambda cell: cell[0])
    return [(outline, colour) for _, outline, colour in found]


def path(points: list[tuple[float, float]]) -> str:
    """A line through points, one decimal each: there are many."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def mesh_picture(
    id_: str, kind: str, name: str, values: list[list[int]], data: dict, turn: float, tilt: float
) -> str:
    """One surface in a state.

    Args:
        id_: of this copy of the figure.
        kind: "plain" or "residual".
        name: of the network.
        values: stored losses, the first direction along the rows' entries.
        data: what the script gets.
        turn, tilt: degrees.
    """
    label = f"Loss surface of {name} as a mesh. The sentence below the picture gives its numbers"
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    floor = path([project(a, b, 0, turn, tilt) for a, b in corners]) + "z"
    mesh = [
        drawn_path(outline, f"ex-h{colour}") for outline, colour in cells(values, data, turn, tilt)
    ]
    far, middle = GEOMETRY["label"], len(values) // 2
    first, second = project(0, -far, 0, turn, tilt), project(-far, 0, 0, turn, tilt)
    top = project(0, 0, GEOMETRY["pin"], turn, tilt)
    pin = path([project(0, 0, height(values[middle][middle], data), turn, tilt), top])
    parts = [
        text(4, 14, name, "start", "ex-name", "name"),
        drawn_path(floor, "ex-floor", "floor"),
        group(mesh, "ex-mesh", "mesh"),
        drawn_path(pin, "ex-pin", "pin"),
        text(*top, "trained network", class_="ex-shape", part="top"),
        text(*first, "direction 1", class_="ex-small ex-shape", part="first"),
        text(*second, "direction 2", class_="ex-small ex-shape", part="second"),
        *_legend(data),
    ]
    return picture(id_, label, parts, GEOMETRY["box"], class_="ex-turning", part=kind)


def _legend(data: dict) -> list[str]:
    left, top, width, tall = GEOMETRY["legend"]
    count = GEOMETRY["colours"]
    parts = [
        drawn_path(bar(left + colour * width, top, width, tall), f"ex-h{colour}")
        for colour in range(count)
    ]
    for decade in range(data["low"], data["high"] + 1):
        share = (decade - data["low"]) / (data["high"] - data["low"])
        x = left + share * count * width
        parts.append(text(x, top + tall + 13, f"{10.0**decade:g}", class_="ex-small"))
    return [*parts, text(left - 6, top + tall, "loss", "end", "ex-small")]
