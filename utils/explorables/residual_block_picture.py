"""Pictures of the explorable ``residual-block``: one block, and the signal after every block.

Pure drawing, in the opening state (all weights zero). The constants in px are handed to the
script, so that it moves the marks on the same scale that drew them.
"""

from __future__ import annotations

import math

import numpy as np

from utils.display.svg import Point, dots, element, grid, group, line, path, picture, text
from utils.miniatures.chains import MAX_BLOCKS, WIDTH
from utils.results.words import superscript

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
        path("", "ex-output ex-cut", "cut"),
    ]
    return picture(id_, label, parts, BOX)


def strip_picture(id_: str, norms: dict[str, list[float]]) -> str:
    """Norm after every block on a log scale, with and without the shortcut.

    Args:
        id_: name of this copy.
        norms: norms of input and block outputs, by chain (``residual``, ``plain``).
    """
    label = "Size of the signal after each block on a logarithmic scale, with and without shortcut"
    parts = [text(4, 14, "Size of the signal (norm) after each block", "start", "ex-name")]
    parts += _strip_grid()
    for chain, values in norms.items():
        points = [(_strip_x(block), _strip_y(norm)) for block, norm in enumerate(values)]
        parts.append(_strip_line(chain, points))
    return picture(id_, label, parts, BOX)


def _stack(blocks: str) -> str:
    cards = [
        element("rect", x=74 + 4 * layer, y=38 - 4 * layer, width=212, height=126, rx=6)
        for layer in (2, 1, 0)
    ]
    title = text(4, 14, f"{blocks} in a row", "start", "ex-name", "blocks")
    return title + group(cards, "ex-cards")


def _branch() -> str:
    size, top = LAYERS["size"], LAYERS["top"]
    layers = [
        group(
            [
                element("rect", x=left, y=top, width=size, height=size, rx=3),
                path("", "ex-positive", f"positive-{index}"),
                path("", "ex-negative", f"negative-{index}"),
                text(left + size / 2, top + size / 2 + 4, "all 0", class_="ex-all-zero"),
            ],
            "ex-layer",
        )
        for index, left in enumerate(LAYERS["left"])
    ]
    branch = [
        path(f"M82 {LINE_Y}H94M136 {LINE_Y}H176M218 {LINE_Y}H237", "ex-wire"),
        _arrow(93),
        _arrow(175),
        *layers,
        text(155, LINE_Y - 6, "ReLU", class_="ex-small"),
        text(156, top + size + 17, "branch F", class_="ex-name"),
    ]
    return "\n".join(
        [
            path(f"M62 {LINE_Y}H82", "ex-wire"),
            group(branch, "ex-branch"),
            group([path(f"M237 {LINE_Y}H302", "ex-wire"), _arrow(302)], "ex-after"),
            element("rect", class_="ex-pill", x=249, y=LINE_Y - 10, width=34, height=20, rx=10),
            text(266, LINE_Y + 4, "ReLU", class_="ex-small"),
        ]
    )


def _shortcut() -> str:
    parts = [
        path(f"M82 {LINE_Y}V74q0-12 12-12H225q12 0 12 12V{LINE_Y - 16}"),
        path(f"M237 {LINE_Y - 9}l-5.5-9h11z", "ex-tip"),
        element("circle", cx=237, cy=LINE_Y, r=9),
        path(f"M232 {LINE_Y}h10M237 {LINE_Y - 5}v10"),
        text(159, 56, "shortcut", class_="ex-name"),
    ]
    return group(parts, "ex-shortcut", "shortcut")


def _arrow(x: float) -> str:
    return path(f"M{x:g} {LINE_Y}l-7-4v8z", "ex-arrow")


def _bars(left: float, values: np.ndarray, mark: str) -> str:
    highest = BARS["base"] - BARS["top"]
    heights = [min(float(value) * BARS["unit"], highest) for value in values]
    rects = [
        element("rect", x=left + index * BARS["step"], y=BARS["base"] - height,
                width=BARS["width"], height=height)
        for index, height in enumerate(heights)
    ]  # fmt: skip
    return group(rects, f"ex-bars ex-{mark}", mark)


def _panel(left: float, name: str, norm: str) -> list[str]:
    right = left + BARS["step"] * WIDTH
    edge, anchor = (BOX[0], "end") if left > BOX[0] / 2 else (left - 2, "start")
    return [
        path(f"M{left - 2:g} {BARS['base']}H{right:g}", "ex-axis"),
        text(edge, BARS["base"] + 17, name, anchor, "ex-name"),
        text(edge, BARS["base"] + 33, f"norm {norm}", anchor, part=f"norm-{name[-1]}"),
    ]


def _strip_x(block: int) -> float:
    return STRIP["left"] + STRIP["step"] * block


def _strip_y(norm: float) -> float:
    if norm == 0:
        return STRIP["zero"]
    decades = max(-STRIP["decades"], min(STRIP["decades"], math.log10(norm)))
    return STRIP["one"] - STRIP["decade"] * decades


def _strip_grid() -> list[str]:
    norms = {f"10{superscript(power)}": 10.0**power for power in (8, 4, -4)}
    norms |= {"1": 1.0, "≤ 10⁻⁸": 1e-8, "0": 0.0}
    heights = [(words, _strip_y(norm)) for words, norm in norms.items()]
    left, below = STRIP["left"], STRIP["zero"] + 18
    return [
        grid(left, _strip_x(MAX_BLOCKS), heights),
        *[text(_strip_x(n), below, str(n), class_="ex-small") for n in (0, 6, 12, 18, 24)],
        text(left - 6, below, "block", "end", "ex-small"),
    ]


def _strip_line(chain: str, points: list[Point]) -> str:
    x, y = points[-1]
    label = {"residual": "with shortcut", "plain": "without shortcut"}[chain]
    marks = [
        path(line(points), part="line"),
        path(dots(points), "ex-dots", "dots"),
        text(x, y - 8, label, "end", part="label"),
    ]
    return group(marks, f"ex-chain ex-{chain}", chain)
