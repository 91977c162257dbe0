"""The two pictures of the unravelled paths, in their opening state.

All lengths are user units of a 360-unit-wide view box. ``CHAIN`` and ``HISTOGRAM`` are handed to
the script, so that it draws on the same scale.
"""

from __future__ import annotations

from collections.abc import Sequence

from utils.display.svg import bar, chain, path, picture, px, text
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
    label = (
        "A row of blocks on a wire, an arc for the shortcut over each, and removed blocks hollow"
    )
    title, left = f"{words['blocks']}, {words['deleted']} removed", words["left"]
    parts = [
        text(4, 14, title, "start", "ex-name", "title"),
        *[path(d, f"ex-{name}", name) for name, d in chain_shapes(blocks, deleted).items()],
        text(4, 142, f"paths: {words['paths']}", "start", part="paths"),
        text(4, 166, f"left: {left} ({words['share']})", "start", "ex-name", "left"),
    ]
    return picture(id_, label, parts, BOX)


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
        text(4, 14, title, "start", "ex-name", "usual"),
        path(range_shape(usual), "ex-range", "range"),
        path(bar_shape(shares, highest), "ex-bars-left", "bars"),
        path(outline_shape(before, highest), "ex-before", "before"),
        path(f"M{px(left)} {base}H{px(right)}", "ex-axis"),
        *[text(_x(n), base + 17, str(n), class_="ex-small") for n in (0, 9, 18, 27, 36, 45, 54)],
        text(_x(27), base + 37, "blocks on the path", class_="ex-small"),
    ]
    return picture(id_, label, parts, BOX)


def chain_shapes(blocks: int, deleted: int) -> dict[str, str]:
    """Path data of wire, arcs, kept and deleted blocks."""
    pitch = CHAIN["width"] / min(blocks, CHAIN["row"])
    last_row = (blocks - 1) // CHAIN["row"]
    rows = [divmod(index, CHAIN["row"]) for index in range(blocks)]
    places = [
        (CHAIN["left"] + place * pitch, CHAIN["middle"] + CHAIN["space"] * (row - last_row / 2))
        for row, place in rows
    ]
    return chain(
        places,
        deleted_blocks(blocks, deleted),
        pitch=pitch,
        size=min(CHAIN["size"], CHAIN["fill"] * pitch),
        rise=min(CHAIN["space"], 1.2 * pitch),
        cut=True,
    )


def bar_shape(shares: Sequence[float], highest: float) -> str:
    """Path data of one bar for each share."""
    width, base = HISTOGRAM["bar"], HISTOGRAM["base"]
    heights = [_height(share, highest) for share in shares]
    return "".join(bar(_x(n) - width / 2, base - h, width, h) for n, h in enumerate(heights))


def outline_shape(shares: Sequence[float], highest: float) -> str:
    """Path data of a line over the tops of the bars."""
    reach, base = HISTOGRAM["step"] / 2, HISTOGRAM["base"]
    line = f"M{px(_x(0) - reach)} {base}"
    for length, share in enumerate(shares):
        line += f"V{px(base - _height(share, highest))}H{px(_x(length) + reach)}"
    return f"{line}V{base}"


def range_shape(usual: tuple[int, int]) -> str:
    """Path data of the bracket over the usual lengths."""
    reach, y = HISTOGRAM["step"] / 2, HISTOGRAM["top"] - 16
    left, right = px(_x(usual[0]) - reach), px(_x(usual[1]) + reach)
    return f"M{left} {y + 6}V{y}H{right}V{y + 6}"


def _height(share: float, highest: float) -> float:
    return share / highest * (HISTOGRAM["base"] - HISTOGRAM["top"])


def _x(length: float) -> float:
    return HISTOGRAM["left"] + HISTOGRAM["step"] * length
