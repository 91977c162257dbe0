"""Build a bottleneck block: six sizes, its drawing, its counts, its code, PyTorch's objection.

Draws the opening state as a still picture. The words come from ``utils.miniatures.bottleneck``,
whose sentences and code the script gets as templates; ``utils/explorables/block-builder.js`` fills
them.
"""

from __future__ import annotations

from html import escape

from utils.display.svg import element, group, path, picture, text
from utils.explorables.figure import Opening, explorable, select
from utils.miniatures.bottleneck import LAYERS, SHORTCUTS, BlockSpec, describe, templates

OPENING = BlockSpec()
CHANNELS = (16, 32, 64, 128, 256, 512, 1024, 2048)
WIDTHS = (16, 32, 64, 128, 256, 512)
GROUPS = (1, 2, 4, 8, 16, 32, 64)
STRIDES = (1, 2)

TITLE = "Six sizes of a bottleneck block: which of them must agree?"
INVITATION = (
    "Try: set the stride to 2 and read what PyTorch says. Then repair it. "
    "If you divide the 3×3 into groups, which two sizes must fit each other?"
)
CAPTION = (
    "The input is one image of 56 × 56 positions, and each shape is written as channels × height "
    "× width. Every convolution is followed by batch normalisation and, except for the last one, "
    "by a ReLU. The counts include the parameters of the normalisations, but not their work. The "
    "3×3 convolution has the stride, as in torchvision. Groups divide it as in ResNeXt, so each "
    "group of its outputs reads one group of its inputs. In the code, PadShortcut is the book's "
    "name for the shortcut of option A."
)
ROWS = {"1": "1×1 reduces", "2": "3×3 works", "3": "1×1 restores", "s": "shortcut", "all": "block"}
BOX = (360, 420)
LEFT, WIDE, MIDDLE = 8, 184, 100
RIGHT, RIGHT_WIDE, RIGHT_MIDDLE = 218, 136, 286
PLUS_Y = 312


@explorable(TITLE, INVITATION)
def block_builder(id_: str) -> Opening:
    """A block with channels, stride, width, groups and shortcut to choose."""
    words = describe(OPENING)
    return Opening(
        controls=_controls(id_),
        pictures=[_picture(id_, words), _panel(words)],
        finding=words["finding"],
        caption=CAPTION,
        data=templates(),
        marks='data-chain="residual" data-state="fits"',
    )


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


def _layer(y: float, words: dict[str, str], layer: str) -> str:
    box = element("rect", x=LEFT, y=y, width=WIDE, height=40, rx=4)
    return group([box, *_named(MIDDLE, y, words, layer)], "ex-layer")


def _named(x: float, y: float, words: dict[str, str], layer: str) -> list[str]:
    """The one or two lines of words in a box whose upper edge is at y."""
    first, second = f"box-{layer}", f"box-{layer}b"
    if second not in words:
        return [text(x, y + 25, words[first], class_="ex-name", part=first)]
    return [
        text(x, y + 17, words[first], class_="ex-name", part=first),
        text(x, y + 33, words[second], part=second),
    ]


def _wire(start: float, end: float) -> str:
    return path(f"M{MIDDLE} {start}V{end - 4}", "ex-wire") + path(
        f"M{MIDDLE} {end}l-4-7h8z", "ex-arrow"
    )


def _shape(x: float, y: float, words: dict[str, str], place: str) -> str:
    part = f"shape-{place}"
    return text(x, y, words[part], class_="ex-small ex-shape", part=part)


def _picture(id_: str, words: dict[str, str]) -> str:
    label = (
        "A bottleneck block from top to bottom: input, 1×1 convolution, 3×3 convolution, 1×1 "
        "convolution, addition, ReLU, output; the shortcut runs on the right. A shape is "
        "written at every arrow"
    )
    parts = [text(MIDDLE, 14, f"x: {words['shape-x']}", class_="ex-name", part="shape-x")]
    parts.append(_wire(20, 46))
    for layer, y, end in (("1", 46, 126), ("2", 126, 206), ("3", 206, PLUS_Y - 11)):
        parts += [_layer(y, words, layer), _wire(y + 40, end)]
        parts.append(_shape(MIDDLE + 48, y + 64, words, layer))
    parts += [
        _shortcut(words),
        _wire(PLUS_Y + 11, 344),
        element("rect", class_="ex-pill", x=MIDDLE - 24, y=344, width=48, height=24, rx=12),
        text(MIDDLE, 361, "ReLU"),
        _wire(368, 396),
        text(MIDDLE, 412, f"y: {words['shape-y']}", class_="ex-name", part="shape-y"),
    ]
    return picture(id_, label, parts, BOX)


def _shortcut(words: dict[str, str]) -> str:
    line = (
        f"M{MIDDLE} 29H{RIGHT_MIDDLE - 12}q12 0 12 12V126"
        f"M{RIGHT_MIDDLE} 166V{PLUS_Y - 12}q0 12-12 12H{MIDDLE + 18}"
    )
    parts = [
        path(line),
        path(f"M{MIDDLE + 11} {PLUS_Y}l9-5.5v11z", "ex-tip"),
        element("rect", x=RIGHT, y=126, width=RIGHT_WIDE, height=40, rx=4),
        *_named(RIGHT_MIDDLE, 126, words, "s"),
        _shape(RIGHT_MIDDLE - 58, PLUS_Y - 18, words, "s"),
        element("circle", cx=MIDDLE, cy=PLUS_Y, r=11),
        text(MIDDLE, PLUS_Y + 5, words["sign"], class_="ex-name", part="sign"),
    ]
    return group(parts, "ex-shortcut", "shortcut")


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
