"""Pictures of the explorable ``gradient-norms``: a profile over layers, a heat map over steps.

Pure drawing, in the opening state. The constants in px are handed to the script, so that it moves
the marks on the same scale that drew them.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from utils.results.words import superscript

GEOMETRY = {
    "left": 52, "right": 352, "top": 26, "bottom": 176,
    "box": [360, 226], "colours": 9, "legend": 208, "gap": 7, "many": 30, "hatch": 8,
    "named": [1, 5, 11, 26, 51, 100, 200],
}  # fmt: skip
"""Edges of both plots, size of the box, number of heat colours, y of the legend,
gap before a label, points from which a line has no dots, distance of the hatching, named steps."""
LABEL_LINES = {"plain": 12, "residual": 28}


def series_of(data: dict, depth: int, form: int, kind: str) -> dict | None:
    """Recorded steps and rows of one network, or None."""
    family = "plain" if kind == "plain" else "resnet"
    return data["series"].get(f"{family}-{depth}_{data['forms'][form]}")


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
        _text(4, 14, chosen["profile"], "start", class_="ex-name", data_part="profile-title"),
        f'<g data-part="grid">{_grid(chosen, low, high)}</g>',
        f'<g data-part="stages">{_stages(depth)}</g>',
    ]
    for name in ("plain", "residual"):
        series = series_of(data, depth, form, name)
        row = series[chosen["field"]][min(step, len(series["steps"]) - 1)] if series else []
        parts.append(_line(name, row, data, chosen, low, high))
    parts.append(_text(GEOMETRY["right"], GEOMETRY["bottom"] + 34, "layer", "end"))
    return _svg(id_, "profile", chosen["line"], parts)


def heat_picture(
    id_: str, data: dict, quantity: int, depth: int, form: int, kind: str, step: int
) -> str:
    """Layers against measured steps, coloured by the quantity."""
    chosen = data["quantities"][quantity]
    low, high = limits(data, quantity, depth, form)
    series = series_of(data, depth, form, kind)
    title = f"{'Plain' if kind == 'plain' else 'ResNet'}-{depth} through training"
    left, right = GEOMETRY["left"], GEOMETRY["right"]
    top, bottom = GEOMETRY["top"], GEOMETRY["bottom"]
    cells = heat_paths(data, quantity, series, low, high)
    parts = [
        _text(4, 14, title, "start", class_="ex-name", data_part="heat-title"),
        f'<path class="ex-hatch" d="{_hatch()}"/>',
        *[
            f'<path class="ex-h{colour}" data-part="heat-{colour}" d="{cells[colour]}"/>'
            for colour in range(GEOMETRY["colours"])
        ],
        f'<path class="ex-edge" d="M{left} {top}H{right}V{bottom}H{left}z"/>',
        f'<path class="ex-now" data-part="now" d="{now_path(series, step)}"/>',
        _text(left - GEOMETRY["gap"], top + 10, "input", "end", class_="ex-small"),
        _text(left - GEOMETRY["gap"], bottom, "output", "end", class_="ex-small"),
        f'<g data-part="steps">{_step_labels(series)}</g>',
        *_legend(chosen, low, high),
    ]
    return _svg(id_, "heat", chosen["heat"], parts)


def _hatch() -> str:
    """Slanted lines across the map; they show where no colour lies."""
    left, right = GEOMETRY["left"], GEOMETRY["right"]
    top, bottom = GEOMETRY["top"], GEOMETRY["bottom"]
    lines = []
    for x in range(left - (bottom - top), right, GEOMETRY["hatch"]):
        begin, end = max(x, left), min(x + bottom - top, right)
        lines.append(f"M{begin} {bottom - (begin - x)}L{end} {bottom - (end - x)}")
    return "".join(lines)


def heat_paths(data: dict, quantity: int, series: dict | None, low: int, high: int) -> list[str]:
    """One path a colour: columns are steps, rows layers, equal neighbours in a column joined."""
    colours = GEOMETRY["colours"]
    paths = [""] * colours
    if series is None:
        return paths
    width = (GEOMETRY["right"] - GEOMETRY["left"]) / len(series["steps"])
    chosen = data["quantities"][quantity]
    for column, row in enumerate(series[chosen["field"]]):
        height = (GEOMETRY["bottom"] - GEOMETRY["top"]) / len(row)
        bins = [colour_of(value, data, chosen, low, high) for value in row]
        start = 0
        for layer in range(1, len(bins) + 1):
            if layer < len(bins) and bins[layer] == bins[start]:
                continue
            if bins[start] is not None:
                x = GEOMETRY["left"] + column * width
                y = GEOMETRY["top"] + start * height
                wide, tall = _px(width), _px((layer - start) * height)
                paths[bins[start]] += f"M{_px(x)} {_px(y)}h{wide}v{tall}h-{wide}z"
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
    width = (GEOMETRY["right"] - GEOMETRY["left"]) / len(series["steps"])
    x = GEOMETRY["left"] + min(step, len(series["steps"]) - 1) * width
    top, bottom = GEOMETRY["top"], GEOMETRY["bottom"]
    return f"M{_px(x)} {top - 3}h{_px(width)}V{bottom + 3}h-{_px(width)}z"


def _px(value: float) -> str:
    """Two decimals, as JavaScript's toFixed writes them: ties go away from zero."""
    return str(Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP))


def tenth(value: float) -> str:
    """One decimal, as JavaScript's toFixed writes it."""
    return str(Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _y(value: float, low: int, high: int) -> float:
    share = (value - low) / (high - low)
    return GEOMETRY["bottom"] - share * (GEOMETRY["bottom"] - GEOMETRY["top"])


def _x(layer: int, count: int) -> float:
    return GEOMETRY["left"] + (layer + 0.5) / count * (GEOMETRY["right"] - GEOMETRY["left"])


def _line(name: str, row: list, data: dict, chosen: dict, low: int, high: int) -> str:
    points = [
        f"{_px(_x(layer, len(row)))} {_px(_y(value / chosen['perUnit'], low, high))}"
        for layer, value in enumerate(row)
        if value is not None and value != data["zero"]
    ]
    line = "M" + "L".join(points) if points else ""
    dots = "".join(f"M{point}h0" for point in points) if len(points) < GEOMETRY["many"] else ""
    y = GEOMETRY["top"] + LABEL_LINES[name]
    right = GEOMETRY["right"]
    return (
        f'<g class="ex-chain ex-{name}" data-part="{name}"><path data-part="line" d="{line}"/>'
        f'<path class="ex-dots" data-part="dots" d="{dots}"/>'
        f'<path d="M{right - 78} {y - 4}h14"/>{_text(right - 60, y, name, "start")}</g>'
    )


def _grid(chosen: dict, low: int, high: int) -> str:
    step, left = math.ceil((high - low) / 5), GEOMETRY["left"]
    parts = []
    for decade in range(low, high + 1, step):
        y = _y(decade, low, high)
        line = f"M{left} {_px(y)}H{GEOMETRY['right']}"
        parts.append(f'<path class="ex-grid" d="{line}"/>')
        words = tick(chosen, decade)
        parts.append(_text(left - GEOMETRY["gap"], y + 4, words, "end", class_="ex-small"))
    return "".join(parts)


def _stages(depth: int) -> str:
    blocks = (depth - 2) // 3
    parts = []
    for stage, pixels in enumerate((32, 16, 8)):
        begin, end = 1 + stage * blocks, 1 + (stage + 1) * blocks
        middle = (_x(begin, depth) + _x(end - 1, depth)) / 2
        label = f"{pixels} px" if stage else "32 px maps"
        parts.append(_text(middle, GEOMETRY["bottom"] + 16, label, class_="ex-small"))
        if stage:
            x = (_x(begin, depth) + _x(begin - 1, depth)) / 2
            parts.append(
                f'<path class="ex-stage" d="M{_px(x)} {GEOMETRY["top"]}V{GEOMETRY["bottom"]}"/>'
            )
    return "".join(parts)


def _step_labels(series: dict | None) -> str:
    if series is None:
        return ""
    count = len(series["steps"])
    width = (GEOMETRY["right"] - GEOMETRY["left"]) / count
    parts = []
    for column, number in enumerate(series["steps"]):
        if number + 1 in GEOMETRY["named"]:
            x = GEOMETRY["left"] + (column + 0.5) * width
            parts.append(_text(x, GEOMETRY["bottom"] + 16, str(number + 1), class_="ex-small"))
    parts.append(
        _text(GEOMETRY["left"] - GEOMETRY["gap"], GEOMETRY["bottom"] + 16, "step", "end",
              class_="ex-small")
    )  # fmt: skip
    return "".join(parts)


def _legend(chosen: dict, low: int, high: int) -> list[str]:
    y, width = GEOMETRY["legend"], 16
    left = GEOMETRY["left"] + 68
    right = left + GEOMETRY["colours"] * width
    boxes = "".join(
        f'<rect class="ex-h{colour}" x="{left + colour * width}" y="{y}" width="{width}"'
        ' height="10"/>'
        for colour in range(GEOMETRY["colours"])
    )
    return [
        boxes,
        _text(left - GEOMETRY["gap"], y + 10, tick(chosen, low), "end", class_="ex-small",
              data_part="heat-low"),
        _text(right + GEOMETRY["gap"], y + 10, tick(chosen, high), "start",
              class_="ex-small", data_part="heat-high"),
    ]  # fmt: skip


def tick(chosen: dict, unit: int) -> str:
    """A place on the scale in words: a power of ten, or per cent."""
    if not chosen["isLog"]:
        return f"{10 * unit} %"
    return "1" if unit == 0 else f"10{superscript(unit)}"


def _text(x: float, y: float, content: str, anchor: str = "middle", **attributes: str) -> str:
    extra = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{value}"' for name, value in attributes.items()
    )
    return f'<text x="{_px(x)}" y="{_px(y)}" text-anchor="{anchor}"{extra}>{content}</text>'


def _svg(id_: str, part: str, label: str, parts: list[str]) -> str:
    width, height = GEOMETRY["box"]
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" data-part="{part}"'
        f' aria-describedby="{id_}-finding">\n' + "\n".join(parts) + "\n</svg>"
    )
