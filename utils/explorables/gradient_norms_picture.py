"""Pictures of the explorable ``gradient-norms``: a profile over layers, a heat map over steps.

Pure drawing, in the opening state. The constants in px are handed to the script, so that it moves
the marks on the same scale that drew them.
"""

from __future__ import annotations

import math

from utils.display.svg import (
    bar,
    dots,
    grid,
    group,
    line,
    path,
    picture,
    px,
    text,
)
from utils.models.starts import Start
from utils.results.labels import short_label
from utils.results.words import opening, superscript

GEOMETRY = {
    "left": 52, "right": 352, "top": 26, "bottom": 176,
    "box": [360, 226], "colours": 9, "legend": 208, "gap": 7, "many": 30, "hatch": 8,
    "named": [1, 5, 11, 26, 51, 100, 200],
}  # fmt: skip
"""Edges of both plots, size of the box, number of heat colours, y of the legend,
gap before a label, points from which a line has no dots, distance of the hatching, named steps."""
LABEL_LINES = {"plain": 12, "residual": 28}
LEFT, RIGHT, TOP, BOTTOM = (GEOMETRY[edge] for edge in ("left", "right", "top", "bottom"))


def series_of(data: dict, depth: int, form: int, kind: str) -> dict | None:
    """Recorded steps and rows of one network, or None."""
    return data["series"].get(f"{Start(depth, kind).model}_{data['forms'][form]}")


def limits(data: dict, quantity: int, depth: int, form: int) -> tuple[int, int]:
    """Units that hold all values of both networks at all steps.

    A unit is a decade of a logarithmic quantity, of which there are at least two, or ten per cent
    of a share, which begins at zero.
    """
    chosen = data["quantities"][quantity]
    values = [
        value
        for kind in ("plain", "residual")
        if (series := series_of(data, depth, form, kind))
        for row in series[chosen["field"]]
        for value in row
        if value is not None and value != data["zero"]
    ]
    low = math.floor(min(values) / chosen["perUnit"]) if chosen["isLog"] else 0
    high = math.ceil(max(values) / chosen["perUnit"])
    return low, max(high, low + (2 if chosen["isLog"] else 1))


def profile_picture(
    id_: str, data: dict, quantity: int, depth: int, form: int, kind: str, step: int
) -> str:
    """One quantity of every layer at one step, for the plain and the residual network."""
    chosen = data["quantities"][quantity]
    low, high = limits(data, quantity, depth, form)
    parts = [
        text(4, 14, chosen["profile"], "start", "ex-name", "profile-title"),
        group([_grid(chosen, low, high)], part="grid"),
        group(_stages(depth), part="stages"),
    ]
    for name in ("plain", "residual"):
        series = series_of(data, depth, form, name)
        row = series[chosen["field"]][min(step, len(series["steps"]) - 1)] if series else []
        parts.append(_line(name, row, data, chosen, low, high))
    parts.append(text(RIGHT, BOTTOM + 34, "layer", "end"))
    return picture(id_, chosen["line"], parts, GEOMETRY["box"], part="profile")


def heat_picture(
    id_: str, data: dict, quantity: int, depth: int, form: int, kind: str, step: int
) -> str:
    """Layers against measured steps, coloured by the quantity."""
    chosen = data["quantities"][quantity]
    low, high = limits(data, quantity, depth, form)
    series = series_of(data, depth, form, kind)
    title = f"{opening(short_label(Start(depth, kind).model))} through training"
    parts = [
        text(4, 14, title, "start", "ex-name", "heat-title"),
        path(_hatch(), "ex-hatch"),
        *[
            path(cells, f"ex-h{colour}", f"heat-{colour}")
            for colour, cells in enumerate(heat_paths(data, quantity, series, low, high))
        ],
        path(f"M{LEFT} {TOP}H{RIGHT}V{BOTTOM}H{LEFT}z", "ex-edge"),
        path(now_path(series, step), "ex-now", "now"),
        text(LEFT - GEOMETRY["gap"], TOP + 10, "input", "end", "ex-small"),
        text(LEFT - GEOMETRY["gap"], BOTTOM, "output", "end", "ex-small"),
        group(_step_labels(series), part="steps"),
        *_legend(chosen, low, high),
    ]
    return picture(id_, chosen["heat"], parts, GEOMETRY["box"], part="heat")


def _hatch() -> str:
    """Slanted lines across the map; they show where no colour lies."""
    lines = []
    for x in range(LEFT - (BOTTOM - TOP), RIGHT, GEOMETRY["hatch"]):
        begin, end = max(x, LEFT), min(x + BOTTOM - TOP, RIGHT)
        lines.append(f"M{begin} {BOTTOM - (begin - x)}L{end} {BOTTOM - (end - x)}")
    return "".join(lines)


def heat_paths(data: dict, quantity: int, series: dict | None, low: int, high: int) -> list[str]:
    """One path a colour: columns are steps, rows layers, equal neighbours in a column joined."""
    colours = GEOMETRY["colours"]
    paths = [""] * colours
    if series is None:
        return paths
    width = (RIGHT - LEFT) / len(series["steps"])
    chosen = data["quantities"][quantity]
    for column, row in enumerate(series[chosen["field"]]):
        height = (BOTTOM - TOP) / len(row)
        bins = [colour_of(value, data, chosen, low, high) for value in row]
        start = 0
        for layer in range(1, len(bins) + 1):
            if layer < len(bins) and bins[layer] == bins[start]:
                continue
            if bins[start] is not None:
                x, y = LEFT + column * width, TOP + start * height
                paths[bins[start]] += bar(x, y, width, (layer - start) * height)
            start = layer
    return paths


def colour_of(value: int | None, data: dict, chosen: dict, low: int, high: int) -> int | None:
    """Number of the heat colour, None where nothing is or a logarithm's value is zero."""
    if value is None or value == data["zero"]:
        return None
    share = (value / chosen["perUnit"] - low) / (high - low)
    return min(GEOMETRY["colours"] - 1, math.floor(share * GEOMETRY["colours"]))


def now_path(series: dict | None, step: int) -> str:
    """Outline of the chosen step's column."""
    if series is None or len(series["steps"]) < 2:
        return ""
    width = (RIGHT - LEFT) / len(series["steps"])
    x = LEFT + min(step, len(series["steps"]) - 1) * width
    return bar(x, TOP - 3, width, BOTTOM - TOP + 6)


def _y(value: float, low: int, high: int) -> float:
    return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)


def _x(layer: int, count: int) -> float:
    return LEFT + (layer + 0.5) / count * (RIGHT - LEFT)


def _line(name: str, row: list, data: dict, chosen: dict, low: int, high: int) -> str:
    points = [
        (_x(layer, len(row)), _y(value / chosen["perUnit"], low, high))
        for layer, value in enumerate(row)
        if value is not None and value != data["zero"]
    ]
    y = TOP + LABEL_LINES[name]
    marks = [
        path(line(points), part="line"),
        path(dots(points) if len(points) < GEOMETRY["many"] else "", "ex-dots", "dots"),
        path(f"M{RIGHT - 78} {y - 4}h14"),
        text(RIGHT - 60, y, name, "start"),
    ]
    return group(marks, f"ex-chain ex-{name}", name)


def _grid(chosen: dict, low: int, high: int) -> str:
    units = range(low, high + 1, math.ceil((high - low) / 5))
    heights = [(tick(chosen, unit), _y(unit, low, high)) for unit in units]
    return grid(LEFT, RIGHT, heights, GEOMETRY["gap"])


def _stages(depth: int) -> list[str]:
    blocks = (depth - 2) // 3
    parts = []
    for stage, pixels in enumerate((32, 16, 8)):
        begin, end = 1 + stage * blocks, 1 + (stage + 1) * blocks
        middle = (_x(begin, depth) + _x(end - 1, depth)) / 2
        label = f"{pixels} px" if stage else "32 px maps"
        parts.append(text(middle, BOTTOM + 16, label, class_="ex-small"))
        if stage:
            x = (_x(begin, depth) + _x(begin - 1, depth)) / 2
            parts.append(path(f"M{px(x)} {TOP}V{BOTTOM}", "ex-stage"))
    return parts


def _step_labels(series: dict | None) -> list[str]:
    if series is None:
        return []
    width = (RIGHT - LEFT) / len(series["steps"])
    parts = [
        text(LEFT + (column + 0.5) * width, BOTTOM + 16, str(step + 1), class_="ex-small")
        for column, step in enumerate(series["steps"])
        if step + 1 in GEOMETRY["named"]
    ]
    return [*parts, text(LEFT - GEOMETRY["gap"], BOTTOM + 16, "step", "end", "ex-small")]


def _legend(chosen: dict, low: int, high: int) -> list[str]:
    y, width, gap = GEOMETRY["legend"], 16, GEOMETRY["gap"]
    left = LEFT + 68
    right = left + GEOMETRY["colours"] * width
    return [
        *[
            path(bar(left + colour * width, y, width, 10), f"ex-h{colour}")
            for colour in range(GEOMETRY["colours"])
        ],
        text(left - gap, y + 10, tick(chosen, low), "end", "ex-small", "heat-low"),
        text(right + gap, y + 10, tick(chosen, high), "start", "ex-small", "heat-high"),
    ]


def tick(chosen: dict, unit: int) -> str:
    """A place on the scale in words: a power of ten, or per cent."""
    if not chosen["isLog"]:
        return f"{10 * unit} %"
    return "1" if unit == 0 else f"10{superscript(unit)}"
