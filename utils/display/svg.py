"""Marks of the pictures, written down as SVG.

Answers "how does a mark become markup?". Places in px come in; elements go out, their words
escaped. A number has at most two decimals and is rounded as ``px`` of ``explorables.js`` rounds it,
so that a script that draws the same mark writes the same text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape

Point = tuple[float, float]


def px(value: float) -> str:
    """At most two decimals, as JavaScript's toFixed rounds: ties go away from zero."""
    rounded = Decimal(float(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded.normalize() + 0:f}"


# Elements


def element(name: str, content: str | None = None, /, **attributes: object) -> str:
    """One element.

    Args:
        name: as in "rect".
        content: markup inside; None for an element without any.
        attributes: ``class_`` stands for class, ``aria_label`` for aria-label and ``part`` for
            data-part, the name under which a script finds it. None leaves one out.
    """
    marks = ""
    for key, value in attributes.items():
        if value is not None:
            attribute = "data-part" if key == "part" else key.rstrip("_").replace("_", "-")
            shown = px(value) if isinstance(value, float) else escape(str(value))
            marks += f' {attribute}="{shown}"'
    return f"<{name}{marks}/>" if content is None else f"<{name}{marks}>{content}</{name}>"


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "middle",
    class_: str | None = None,
    part: str | None = None,
    **attributes: object,
) -> str:
    """Words at a point; ``anchor`` is the place of the point along them: start, middle, end."""
    place = {"x": float(x), "y": float(y), "text_anchor": anchor}
    return element("text", escape(words), **place, class_=class_, part=part, **attributes)


def path(d: str, class_: str | None = None, part: str | None = None, **attributes: object) -> str:
    """A path through path data."""
    return element("path", class_=class_, part=part, **attributes, d=d)


def group(parts: Iterable[str], class_: str | None = None, part: str | None = None) -> str:
    """Marks that belong together."""
    return element("g", "".join(parts), class_=class_, part=part)


def picture(
    id_: str, label: str, parts: Sequence[str], box: Sequence[float], **attributes: object
) -> str:
    """A picture of a box (width, height) whose words are its label and the figure's finding."""
    named = {"role": "img", "aria_label": label, "aria_describedby": f"{id_}-finding"}
    inner = "\n".join(["", *parts, ""])
    return element("svg", inner, viewBox=f"0 0 {box[0]} {box[1]}", **named, **attributes)


def grid(left: float, right: float, heights: Iterable[tuple[str, float]], gap: float = 6) -> str:
    """A line across at each height, with its words on the left."""
    return "".join(
        path(f"M{px(left)} {px(y)}H{px(right)}", "ex-grid")
        + text(left - gap, y + 4, words, "end", "ex-small")
        for words, y in heights
    )


# Path data


def corners(points: Iterable[Point]) -> list[str]:
    """Each point as path data has it: "12 3.5"."""
    return [f"{px(x)} {px(y)}" for x, y in points]


def line(points: Iterable[Point]) -> str:
    """A line through points; nothing without any."""
    return "M" + "L".join(found) if (found := corners(points)) else ""


def dots(points: Iterable[Point]) -> str:
    """A dot at each point: a path of no length, drawn with round ends."""
    return "".join(f"M{point}h0" for point in corners(points))


def bar(left: float, top: float, width: float, height: float) -> str:
    """An upright rectangle."""
    wide = px(width)
    return f"M{px(left)} {px(top)}h{wide}v{px(height)}h{px(-width)}z"


def chain(
    places: Sequence[Point],
    gone: Collection[int],
    *,
    pitch: float,
    size: float,
    rise: float,
    cut: bool = False,
) -> dict[str, str]:
    """Wire, shortcut arcs, kept and switched-off blocks of a row of blocks.

    Args:
        places: of each block, the left end of its piece of the wire.
        gone: places in that list of the blocks that are switched off.
        pitch: length of a block's piece of the wire.
        size: side of a block.
        rise: how far the handles of an arc lie above the wire.
        cut: the wire ends at a block that is switched off.
    """
    shapes = {"wire": "", "arcs": "", "kept": "", "gone": ""}
    for index, (x, y) in enumerate(places):
        edge = x + pitch / 2 - size / 2
        shapes["gone" if index in gone else "kept"] += bar(edge, y - size / 2, size, size)
        left, right, top = px(x), f"{px(x + pitch)} ", px(y - rise)
        start, end = f"M{left} {px(y)}", right + px(y)
        shapes["arcs"] += f"{start}C{left} {top} {right}{top} {end}"
        if not (cut and index in gone):
            shapes["wire"] += f"{start}H{px(x + pitch)}"
    return shapes
