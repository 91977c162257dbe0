"""Build a bottleneck block: six sizes, its drawing, its counts, its code, PyTorch's objection.

Draws the opening state as a still picture. The words come from ``utils.miniatures.bottleneck``,
whose sentences and code the script gets as templates; ``utils/explorables/block-builder.js`` fills
them.
"""

from __future__ import annotations

from html import escape

from utils.explorables.figure import Explorable, figure_id, frame, select
from utils.miniatures.bottleneck import LAYERS, SHORTCUTS, BlockSpec, describe, templates

NAME = "block-builder"
OPENING = BlockSpec()
CHANNELS = (16, 32, 64, 128, 256, 512, 1024, 2048)
WIDTHS = (16, 32, 64, 128, 256, 512)
GROUPS = (1, 2, 4, 8, 16, 32, 64)
STRIDES = (1, 2)

TITLE = "Six sizes of a bottleneck block: which of them must agree?"
INVITATION = (
    "Try: set the stride to 2 and read what PyTorch says. Then repair it. "
    "Which two sizes does a 3×3 with groups tie together?"
)
CAPTION = (
    "One image of 56 × 56 positions comes in; shapes are channels × height × width. Every "
    "convolution is followed by batch normalisation and, but for the last, by a ReLU; their "
    "parameters are counted, their work is not. The 3×3 takes the stride, as in torchvision. "
    "Groups are those of ResNeXt. PadShortcut is this book's module for option A."
)
ROWS = {"1": "1×1 reduces", "2": "3×3 works", "3": "1×1 restores", "s": "shortcut", "all": "block"}
BOX = (360, 420)
LEFT, WIDE, MIDDLE = 8, 184, 100
RIGHT, RIGHT_WIDE, RIGHT_MIDDLE = 218, 136, 286
PLUS_Y = 312


def block_builder(key: str = "") -> Explorable:
    """A block with channels, stride, width, groups and shortcut to choose.

    Args:
        key: tells a second copy on the same page from the first, in ids and in the address.
    """
    id_ = figure_id(NAME, key)
    words = describe(OPENING)
    markup = frame(
        NAME,
        id_,
        title=TITLE,
        invitation=INVITATION,
        controls=_controls(id_),
        pictures=[_picture(id_, words), _panel(words)],
        finding=words["finding"],
        caption=CAPTION,
        data=templates(),
        marks='data-chain="residual" data-state="fits"',
    )
    return Explorable(NAME, markup, TITLE)


def _controls(id_: str) -> list[str]:
    def numbers(values: tuple[int, ...]) -> dict[int, str]:
        return {value: str(value) for value in values}

    return [
        select(id_, "i", "Channels in", numbers(CHANNELS), value=OPENING.i),
        select(id_, "o", "Channels out", numbers(CHANNELS), value=OPENING.o),
        select(id_, "s", "Stride", numbers(STRIDES), value=OPENING.s),
        select(id_, "w", "Width of the 3×3", numbers(WIDTHS), value=OPENING.w),
        select(id_, "g", "Groups", numbers(GROUPS), value=OPENING.g),
        select(id_, "c", "Shortcut", SHORTCUTS, value=OPENING.c),
    ]


def _text(x: float, y: float, words: str, part: str = "", class_: str = "") -> str:
    marks = f' data-part="{part}"' if part else ""
    marks += f' class="{class_}"' if class_ else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{marks}>{escape(words)}</text>'


def _layer(y: float, words: dict[str, str], part: str) -> list[str]:
    second = f"{part}b"
    offset = 17 if second in words else 25
    parts = [f'<g class="ex-layer"><rect x="{LEFT}" y="{y}" width="{WIDE}" height="40" rx="4"/>']
    parts.append(_text(MIDDLE, y + offset, words[part], part, "ex-name"))
    if second in words:
        parts.append(_text(MIDDLE, y + 33, words[second], second))
    return [*parts, "</g>"]


def _wire(start: float, end: float) -> str:
    return (
        f'<path class="ex-wire" d="M{MIDDLE} {start}V{end - 4}"/>'
        f'<path class="ex-arrow" d="M{MIDDLE} {end}l-4-7h8z"/>'
    )


def _picture(id_: str, words: dict[str, str]) -> str:
    label = (
        "A bottleneck block from top to bottom: input, 1×1 convolution, 3×3 convolution, 1×1 "
        "convolution, addition, ReLU, output; the shortcut runs on the right. Shapes stand at "
        "every arrow"
    )
    parts = [
        _text(MIDDLE, 14, f"x: {words['shape-x']}", "shape-x", "ex-name"),
        _wire(20, 46),
        *_layer(46, words, "box-1"),
        _wire(86, 126),
        _text(MIDDLE + 48, 110, words["shape-1"], "shape-1", "ex-small ex-shape"),
        *_layer(126, words, "box-2"),
        _wire(166, 206),
        _text(MIDDLE + 48, 190, words["shape-2"], "shape-2", "ex-small ex-shape"),
        *_layer(206, words, "box-3"),
        _wire(246, PLUS_Y - 11),
        _text(MIDDLE + 48, 270, words["shape-3"], "shape-3", "ex-small ex-shape"),
        *_shortcut(words),
        _wire(PLUS_Y + 11, 344),
        f'<rect class="ex-pill" x="{MIDDLE - 24}" y="344" width="48" height="24" rx="12"/>',
        _text(MIDDLE, 361, "ReLU"),
        _wire(368, 396),
        _text(MIDDLE, 412, f"y: {words['shape-y']}", "shape-y", "ex-name"),
    ]
    return (
        f'<svg viewBox="0 0 {BOX[0]} {BOX[1]}" role="img" aria-label="{label}"'
        f' aria-describedby="{id_}-finding">\n' + "\n".join(parts) + "\n</svg>"
    )


def _shortcut(words: dict[str, str]) -> list[str]:
    return [
        '<g class="ex-shortcut" data-part="shortcut">',
        f'<path d="M{MIDDLE} 29H{RIGHT_MIDDLE - 12}q12 0 12 12V126'
        f'M{RIGHT_MIDDLE} 166V{PLUS_Y - 12}q0 12-12 12H{MIDDLE + 18}"/>',
        f'<path class="ex-tip" d="M{MIDDLE + 11} {PLUS_Y}l9-5.5v11z"/>',
        f'<rect x="{RIGHT}" y="126" width="{RIGHT_WIDE}" height="40" rx="4"/>',
        _text(RIGHT_MIDDLE, 143, words["box-s"], "box-s", "ex-name"),
        _text(RIGHT_MIDDLE, 159, words["box-sb"], "box-sb"),
        _text(RIGHT_MIDDLE - 58, PLUS_Y - 18, words["shape-s"], "shape-s", "ex-small ex-shape"),
        f'<circle cx="{MIDDLE}" cy="{PLUS_Y}" r="11"/>',
        _text(MIDDLE, PLUS_Y + 5, words["sign"], "sign", "ex-name"),
        "</g>",
    ]


def _panel(words: dict[str, str]) -> str:
    rows = []
    for layer in LAYERS:
        cells = "".join(
            f'<td data-part="{kind}-{layer}">{words[f"{kind}-{layer}"]}</td>'
            for kind in ("parameters", "macs")
        )
        rows.append(f'<tr><th scope="row">{ROWS[layer]}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{t}</th>' for t in ("layer", "parameters", "million MACs"))
    return (
        f'<div class="ex-panel"><table class="ex-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        f'<p class="ex-sees" data-part="sees">{escape(words["sees"])}</p>'
        '<pre class="ex-code" tabindex="0" role="region" aria-label="The block in PyTorch"'
        f' data-part="code">{escape(words["code"], quote=False)}</pre></div>'
    )
