"""The two pictures of the unravelled paths, in their opening state.

All lengths are user units of a 360-unit-wide view box. ``CHAIN`` and ``HISTOGRAM`` are handed to
the script, so that it draws on the same scale.
"""

from __future__ import annotations

from collections.abc import Sequence

from utils.explorables.figure import drawing
from utils.miniatures.unravelled import MAX_BLOCKS, deleted_blocks

BOX = (360, 190)
CHAIN = {"left": 8, "width": 344, "row": 18, "middle": 82, "space": 32, "size": 22, "fill": 0.68}
"""Chain: left edge, total width, blocks in a row at most, y of the middle row, px from row to row,
largest block, block per pitch."""
HISTOGRAM = {"left": 14, "step": 6.1, "bar": 4.7, "base": 140, "top": 46}
"""Histogram: x of length 0, px per length, width of a bar, y of share 0, y of the highest bar."""


def chain_picture(id_: str, blocks: int, deleted: int, words: dict[str, str]) -> str:
    """Blocks in a row with an arc over each, and the number of paths before and after.

    Args:
        id_: name of this copy.
        blocks: number of blocks.
        deleted: how many of them are deleted.
        words: ``blocks``, ``deleted``, ``paths``, ``left`` and ``share`` as text.
    """
    label = "A row of blocks on a wire, a shortcut arc over each; deleted blocks are hollow"
    shapes = chain_shapes(blocks, deleted)
    parts = [
        _text(4, 14, f"{words['blocks']}, {words['deleted']} deleted", part="title", name=True),
        f'<path class="ex-wire" data-part="wire" d="{shapes["wire"]}"/>',
        f'<path class="ex-arcs" data-part="arcs" d="{shapes["arcs"]}"/>',
        f'<path class="ex-kept" data-part="kept" d="{shapes["kept"]}"/>',
        f'<path class="ex-gone" data-part="gone" d="{shapes["gone"]}"/>',
        _text(4, 142, f"paths: {words['paths']}", part="paths"),
        _text(4, 166, f"left: {words['left']} ({words['share']})", part="left", name=True),
    ]
    return drawing(id_, label, parts, BOX)


def histogram(
    id_: str,
    shares: Sequence[float],
    before: Sequence[float],
    usual: tuple[int, int],
    words: dict[str, str],
) -> str:
    """Share of the paths by length: bars for those left, an outline for all.

    Args:
        id_: name of this copy.
        shares: share of the remaining paths of length 0, 1, ...
        before: the same before the deletion.
        usual: shortest and longest of the usual lengths.
        words: ``usual``, ``low`` and ``high`` as text.
    """
    label = "Histogram of the number of blocks on a path, after the deletion and before it"
    highest = max(*shares, *before)
    left = _x(0) - HISTOGRAM["step"] / 2
    right = _x(MAX_BLOCKS) + HISTOGRAM["step"] / 2
    base = HISTOGRAM["base"]
    title = f"{words['usual']} of them: {words['low']} to {words['high']} blocks"
    parts = [
        _text(4, 14, title, part="usual", name=True),
        f'<path class="ex-range" data-part="range" d="{range_shape(usual)}"/>',
        f'<path class="ex-bars-left" data-part="bars" d="{bar_shape(shares, highest)}"/>',
        f'<path class="ex-before" data-part="before" d="{outline_shape(before, highest)}"/>',
        f'<path class="ex-axis" d="M{left:g} {base}H{right:g}"/>',
    ]
    for length in (0, 9, 18, 27, 36, 45, 54):
        parts.append(_text(_x(length), base + 17, str(length), anchor="middle", small=True))
    parts.append(_text(_x(27), base + 37, "blocks on the path", anchor="middle", small=True))
    return drawing(id_, label, parts, BOX)


def chain_shapes(blocks: int, deleted: int) -> dict[str, str]:
    """Path data of wire, arcs, kept and deleted blocks."""
    pitch = CHAIN["width"] / min(blocks, CHAIN["row"])
    size = min(CHAIN["size"], CHAIN["fill"] * pitch)
    rise = min(CHAIN["space"], 1.2 * pitch)
    last_row = (blocks - 1) // CHAIN["row"]
    gone = set(deleted_blocks(blocks, deleted))
    shapes = {"wire": "", "arcs": "", "kept": "", "gone": ""}
    for index in range(blocks):
        row, place = divmod(index, CHAIN["row"])
        line = CHAIN["middle"] + CHAIN["space"] * (row - last_row / 2)
        left = CHAIN["left"] + place * pitch
        right, edge = left + pitch, left + pitch / 2 - size / 2
        square = f"M{edge:.2f} {line - size / 2:.2f}h{size:.2f}v{size:.2f}h{-size:.2f}z"
        shapes["gone" if index in gone else "kept"] += square
        shapes["arcs"] += (
            f"M{left:.2f} {line:g}C{left:.2f} {line - rise:.2f} "
            f"{right:.2f} {line - rise:.2f} {right:.2f} {line:g}"
        )
        if index not in gone:
            shapes["wire"] += f"M{left:.2f} {line:g}H{right:.2f}"
    return shapes


def bar_shape(shares: Sequence[float], highest: float) -> str:
    """Path data of one bar for each share."""
    bars = ""
    for length, share in enumerate(shares):
        height = _height(share, highest)
        left = _x(length) - HISTOGRAM["bar"] / 2
        bars += f"M{left:.2f} {HISTOGRAM['base']}v{-height:.2f}h{HISTOGRAM['bar']}v{height:.2f}z"
    return bars


def outline_shape(shares: Sequence[float], highest: float) -> str:
    """Path data of a line over the tops of the bars."""
    line = f"M{_x(0) - HISTOGRAM['step'] / 2:.2f} {HISTOGRAM['base']}"
    for length, share in enumerate(shares):
        right = _x(length) + HISTOGRAM["step"] / 2
        line += f"V{HISTOGRAM['base'] - _height(share, highest):.2f}H{right:.2f}"
    return line + f"V{HISTOGRAM['base']}"


def range_shape(usual: tuple[int, int]) -> str:
    """Path data of the bracket over the usual lengths."""
    low, high = (_x(length) for length in usual)
    reach, y = HISTOGRAM["step"] / 2, HISTOGRAM["top"] - 16
    return f"M{low - reach:.2f} {y + 6}V{y}H{high + reach:.2f}V{y + 6}"


def _height(share: float, highest: float) -> float:
    return share / highest * (HISTOGRAM["base"] - HISTOGRAM["top"])


def _x(length: float) -> float:
    return HISTOGRAM["left"] + HISTOGRAM["step"] * length


def _text(
    x: float,
    y: float,
    content: str,
    *,
    anchor: str = "start",
    part: str = "",
    name: bool = False,
    small: bool = False,
) -> str:
    marks = f' data-part="{part}"' if part else ""
    marks += ' class="ex-name"' if name else ' class="ex-small"' if small else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{marks}>{content}</text>'
