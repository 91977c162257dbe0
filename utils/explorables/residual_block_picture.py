"""Pictures of the explorable ``residual-block``: one block, and the signal after every block.

Pure drawing, in the opening state (all weights zero). The constants in px are handed to the
script, so that it moves the marks on the same scale that drew them.
"""

from __future__ import annotations

import math

import numpy as np

from utils.explorables.figure import drawing
from utils.miniatures.chains import MAX_BLOCKS, WIDTH

BOX = (360, 204)
LINE_Y = 113
BARS = {"x": 6, "y": 304, "step": 6.5, "width": 5, "base": 150, "unit": 30, "top": 36}
"""Bar panels: left edges of input and output, then px; ``unit`` is px per 1.0 of the signal."""
LAYERS = {"left": [94, 176], "top": 92, "size": 42, "full": 2.0}
"""The two weight layers; a weight of ``full`` fills its cell."""
STRIP = {"left": 46, "step": 12.25, "one": 96, "decade": 7.5, "decades": 8, "zero": 176}
"""Strip: x of block 0, px per block, y of norm 1, px per decade, decades shown, y of exact zero."""


def block_picture(id_: str, x: np.ndarray, y: np.ndarray, words: dict[str, str]) -> str:
    """One block with its input and the output of the whole chain as bars.

    Args:
        id_: name of this copy.
        x: input, float (width,).
        y: output of the last block, float (width,).
        words: ``blocks``, ``in`` and ``out`` as text.
    """
    label = (
        "A residual block: eight bars of input x, a branch F of two weight layers with a ReLU "
        "between them, a shortcut past the branch to an addition, a ReLU, eight bars of output y"
    )
    parts = [
        *_panel(BARS["x"], "input x", words["in"]),
        _bars(BARS["x"], x, "input"),
        _stack(words["blocks"]),
        _branch(),
        _shortcut(),
        *_panel(BARS["y"], "output y", words["out"]),
        _bars(BARS["y"], y, "output"),
        _bars(BARS["y"], x, "ghost"),
        '<path class="ex-output ex-cut" data-part="cut" d=""/>',
    ]
    return drawing(id_, label, parts, BOX)


def strip_picture(id_: str, norms: dict[str, list[float]]) -> str:
    """Norm after every block on a log scale, with and without the shortcut.

    Args:
        id_: name of this copy.
        norms: norms of input and block outputs, by chain (``residual``, ``plain``).
    """
    label = "Size of the signal after each block on a logarithmic scale, with and without shortcut"
    parts = [_text(4, 14, "Size of the signal (norm) after each block", "start", class_="ex-name")]
    parts += _strip_grid()
    for chain, values in norms.items():
        points = [(_strip_x(block), _strip_y(norm)) for block, norm in enumerate(values)]
        parts.append(_strip_line(chain, points))
    return drawing(id_, label, parts, BOX)


def _stack(blocks: str) -> str:
    cards = "".join(
        f'<rect x="{74 + 4 * layer}" y="{38 - 4 * layer}" width="212" height="126" rx="6"/>'
        for layer in (2, 1, 0)
    )
    title = _text(4, 14, f"{blocks} in a row", "start", data_part="blocks", class_="ex-name")
    return f'{title}<g class="ex-cards">{cards}</g>'


def _branch() -> str:
    size, top = LAYERS["size"], LAYERS["top"]
    layers = "".join(
        f'<g class="ex-layer"><rect x="{left}" y="{top}" width="{size}" height="{size}" rx="3"/>'
        f'<path class="ex-positive" data-part="positive-{index}" d=""/>'
        f'<path class="ex-negative" data-part="negative-{index}" d=""/>'
        + _text(left + size / 2, top + size / 2 + 4, "all 0", class_="ex-all-zero")
        + "</g>"
        for index, left in enumerate(LAYERS["left"])
    )
    return "\n".join(
        [
            f'<path class="ex-wire" d="M62 {LINE_Y}H82"/>',
            '<g class="ex-branch">',
            f'<path class="ex-wire" d="M82 {LINE_Y}H94M136 {LINE_Y}H176M218 {LINE_Y}H237"/>',
            _arrow(93),
            _arrow(175),
            layers,
            _text(155, LINE_Y - 6, "ReLU", class_="ex-small"),
            _text(156, LAYERS["top"] + size + 17, "branch F", class_="ex-name"),
            "</g>",
            f'<g class="ex-after"><path class="ex-wire" d="M237 {LINE_Y}H302"/>',
            _arrow(302),
            "</g>",
            f'<rect class="ex-pill" x="249" y="{LINE_Y - 10}" width="34" height="20" rx="10"/>',
            _text(266, LINE_Y + 4, "ReLU", class_="ex-small"),
        ]
    )


def _shortcut() -> str:
    return (
        '<g class="ex-shortcut" data-part="shortcut">'
        f'<path d="M82 {LINE_Y}V74q0-12 12-12H225q12 0 12 12V{LINE_Y - 16}"/>'
        f'<path class="ex-tip" d="M237 {LINE_Y - 9}l-5.5-9h11z"/>'
        f'<circle cx="237" cy="{LINE_Y}" r="9"/>'
        f'<path d="M232 {LINE_Y}h10M237 {LINE_Y - 5}v10"/>'
        + _text(159, 56, "shortcut", class_="ex-name")
        + "</g>"
    )


def _arrow(x: float) -> str:
    return f'<path class="ex-arrow" d="M{x:g} {LINE_Y}l-7-4v8z"/>'


def _text(x: float, y: float, content: str, anchor: str = "middle", **attributes: str) -> str:
    extra = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{value}"' for name, value in attributes.items()
    )
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{extra}>{content}</text>'


def _bars(left: float, values: np.ndarray, mark: str) -> str:
    rects = []
    for index, value in enumerate(values):
        height = min(float(value) * BARS["unit"], BARS["base"] - BARS["top"])
        rects.append(
            f'<rect x="{left + index * BARS["step"]:g}" y="{BARS["base"] - height:.2f}"'
            f' width="{BARS["width"]}" height="{height:.2f}"/>'
        )
    return f'<g class="ex-bars ex-{mark}" data-part="{mark}">{"".join(rects)}</g>'


def _panel(left: float, name: str, norm: str) -> list[str]:
    right = left + BARS["step"] * WIDTH
    edge, anchor = (BOX[0], "end") if left > BOX[0] / 2 else (left - 2, "start")
    return [
        f'<path class="ex-axis" d="M{left - 2:g} {BARS["base"]}H{right:g}"/>',
        _text(edge, BARS["base"] + 17, name, anchor, class_="ex-name"),
        _text(edge, BARS["base"] + 33, f"norm {norm}", anchor, data_part=f"norm-{name[-1]}"),
    ]


def _strip_x(block: int) -> float:
    return STRIP["left"] + STRIP["step"] * block


def _strip_y(norm: float) -> float:
    if norm == 0:
        return STRIP["zero"]
    decades = max(-STRIP["decades"], min(STRIP["decades"], math.log10(norm)))
    return STRIP["one"] - STRIP["decade"] * decades


def _strip_grid() -> list[str]:
    right = _strip_x(MAX_BLOCKS)
    ticks = [(10.0**power, f"10{_superscript(power)}") for power in (8, 4, -4)]
    ticks += [(1.0, "1"), (1e-8, "≤ 10⁻⁸"), (0.0, "0")]
    parts = []
    for norm, label in ticks:
        y = _strip_y(norm)
        parts.append(f'<path class="ex-grid" d="M{STRIP["left"]} {y:g}H{right:g}"/>')
        parts.append(_text(STRIP["left"] - 6, y + 4, label, "end", class_="ex-small"))
    for block in (0, 6, 12, 18, 24):
        parts.append(_text(_strip_x(block), STRIP["zero"] + 18, str(block), class_="ex-small"))
    parts.append(_text(STRIP["left"] - 6, STRIP["zero"] + 18, "block", "end", class_="ex-small"))
    return parts


def _superscript(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _strip_line(chain: str, points: list[tuple[float, float]]) -> str:
    line = "M" + "L".join(f"{x:g} {y:.2f}" for x, y in points)
    dots = "".join(f"M{x:g} {y:.2f}h0" for x, y in points)
    x, y = points[-1]
    label = {"residual": "with shortcut", "plain": "without shortcut"}[chain]
    return (
        f'<g class="ex-chain ex-{chain}" data-part="{chain}"><path data-part="line" d="{line}"/>'
        f'<path class="ex-dots" data-part="dots" d="{dots}"/>'
        + _text(x, y - 8, label, "end", data_part="label")
        + "</g>"
    )
