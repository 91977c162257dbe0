"""The blocks that came after 2015, side by side and drawn in one notation.

Answers "what did each of them change?". Every block is a list of parts from top to bottom, and
one function draws all lists, so that two pictures differ only where two blocks do.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from utils.display import svg
from utils.display.figures import page_colour
from utils.display.published import Published

WIDTH = 164
BRANCH, SHORTCUT = 70, 142
"""Where the branch and the shortcut run, in px from the left."""
TOP = 38
GAP = 7


@dataclass(frozen=True)
class Part:
    """One thing that the signal meets.

    Attributes:
        kind: "conv" (a box, or several when ``groups`` is above 1), "small" (normalisation or
            activation), "gate" (a factor for each channel), "add" or "join".
        text: what is written in it.
        width: of a box, in px; it stands for the number of channels.
        groups: into how many pieces the box is cut.
    """

    kind: str
    text: str = ""
    width: int = 62
    groups: int = 1

    @property
    def height(self) -> int:
        """In px."""
        return {"conv": 22, "small": 16, "gate": 74}.get(self.kind, 20)


def conv(text: str, width: int = 62, groups: int = 1) -> Part:
    """A convolution or another layer with weights."""
    return Part("conv", text, width, groups)


def small(text: str) -> Part:
    """Normalisation, activation or both."""
    return Part("small", text, 66)


ADD, JOIN, GATE = Part("add", "+"), Part("join", "[ , ]"), Part("gate")

FAMILY: dict[str, tuple[Part, ...]] = {
    "Basic, 2015": (
        conv("3×3"), small("BN, ReLU"), conv("3×3"), small("BN"), ADD, small("ReLU"),
    ),
    "Pre-activation": (small("BN, ReLU"), conv("3×3"), small("BN, ReLU"), conv("3×3"), ADD),
    "Wide": (small("BN, ReLU"), conv("3×3", 116), small("BN, ReLU"), conv("3×3", 116), ADD),
    "ResNeXt": (
        conv("1×1", 62), small("BN, ReLU"), conv("3×3", 62, 6), small("BN, ReLU"),
        conv("1×1", 116), small("BN"), ADD, small("ReLU"),
    ),
    "Dense": (small("BN, ReLU"), conv("1×1", 62), small("BN, ReLU"), conv("3×3", 32), JOIN),
    "Squeeze-and-Excitation": (conv("layers F", 74), GATE, ADD, small("ReLU")),
    "ConvNeXt": (
        conv("7×7", 40, 6), small("LN"), conv("1×1", 116), small("GELU"), conv("1×1", 40), ADD,
    ),
    "Transformer, pre-LN": (
        small("LN"), conv("attention", 74), ADD, small("LN"), conv("two layers", 74), ADD,
    ),
}  # fmt: skip
"""Name on the page -> its parts, from input to output."""

ALT = (
    "Eight blocks in one notation. The basic block of 2015 has a ReLU after the addition; "
    "pre-activation, wide, ConvNeXt and pre-LN transformer blocks have nothing there. The dense "
    "block joins its new channels to its input instead of adding."
)
CAPTION = (
    "The family: one block of each kind of network, to be read from top to bottom. Blue is the "
    "shortcut, + is an addition, and [ , ] puts channels side by side. A box is a layer with "
    "weights, and its width stands for the number of channels (not to scale). If a box is cut into "
    "pieces, each piece works on one group of channels only. BN and LN are batch and layer "
    "normalisation. In Squeeze-and-Excitation the means of the channels go through two small "
    "layers and become factors s between 0 and 1."
)


def family_figure() -> Published:
    """All blocks in one figure: four beside one another, or two on a phone."""
    panels = "\n".join(
        f'<div style="flex:1 1 9.2rem;max-width:12rem">{panel(name, parts)}</div>'
        for name, parts in FAMILY.items()
    )
    markup = (
        f'<figure class="book-figure"><div role="img" aria-label="{html.escape(ALT)}" '
        'style="display:flex;flex-wrap:wrap;gap:1.6rem 0.8rem;justify-content:center">\n'
        f"{panels}\n</div>\n<figcaption>{html.escape(CAPTION)}</figcaption></figure>"
    )
    return Published(markup, ALT)


def panel(name: str, parts: Sequence[Part]) -> str:
    """One block as inline SVG in the colour of the page's text."""
    lines, y, opened = "", TOP, TOP - 6
    shapes = [words(WIDTH / 2, 14, name, 13 if len(name) < 20 else 12, font_weight=700)]
    start = 22
    for part in parts:
        lines += f"M{BRANCH} {start}V{y}"
        shapes += DRAWN_AS[part.kind](part, y)
        if part.kind in ("add", "join"):
            at = y + part.height / 2
            shapes.append(shortcut(opened, at, BRANCH + (10 if part.kind == "add" else 20)))
            opened = y + part.height + 5
        start = y + part.height
        y = start + (14 if part.kind in ("add", "join") else GAP)
    lines += f"M{BRANCH} {start}V{y + 4}m-4-7 4 7 4-7"
    inner = "\n".join(["", svg.path(lines), *shapes, ""])
    return svg.element(
        "svg", inner, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {y + 8}",
        fill="none", stroke="currentColor", stroke_width=1.5, stroke_linejoin="round",
        aria_hidden="true", focusable="false",
    )  # fmt: skip


def words(x: float, y: float, text: str, size: float = 12, **attributes: object) -> str:
    """Centred text."""
    return svg.text(x, y, text, font_size=size, stroke="none", **attributes)


def shortcut(top: float, bottom: float, end: float) -> str:
    """The blue line past a branch, with its arrow into the addition."""
    way = f"M{BRANCH} {svg.px(top)}H{SHORTCUT}V{svg.px(bottom)}H{end + 2}m6-4-6 4 6 4"
    return svg.path(way, style=f"stroke:{page_colour('residual')}", stroke_width=2.5)


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> str:
    """An upright rectangle."""
    return svg.element("rect", x=float(x), y=y, width=float(width), height=height, **attributes)


def circle(y: float, radius: float) -> str:
    """A circle on the branch."""
    return svg.element("circle", cx=BRANCH, cy=float(y), r=radius)


def box(part: Part, y: float) -> list[str]:
    """A layer with weights, in as many pieces as it has groups."""
    left, piece = BRANCH - part.width / 2, part.width / part.groups
    shapes = [
        rect(left + piece * place, y, piece, part.height, rx=3 if part.groups == 1 else 0)
        for place in range(part.groups)
    ]
    return [*shapes, words(BRANCH if part.groups == 1 else left - 16, y + 15.5, part.text)]


def pill(part: Part, y: float) -> list[str]:
    """Normalisation or activation."""
    left = BRANCH - part.width / 2
    dashed = rect(left, y, part.width, 16, rx=8, stroke_dasharray="3 2")
    return [dashed, words(BRANCH, y + 12, part.text, 11)]


def addition(part: Part, y: float) -> list[str]:
    """The circle where branch and shortcut meet."""
    return [circle(y + 10, 10), words(BRANCH, y + 15, part.text, 15)]


def joining(part: Part, y: float) -> list[str]:
    """The square where channels are put side by side."""
    return [rect(BRANCH - 20, y, 40, 20), words(BRANCH, y + 14.5, part.text, 13)]


def gate(part: Part, y: float) -> list[str]:
    """The detour of Squeeze-and-Excitation: channel means, two small layers, a factor each."""
    side, meet = 28, y + part.height - 9
    return [
        svg.path(
            f"M{BRANCH} {y}V{meet - 9}M{BRANCH} {y + 3}H{side}v6m0 16v6m0 20V{meet}"
            f"H{BRANCH - 11}m-6-4 6 4-6 4"
        ),
        rect(side - 24, y + 9, 48, 16, rx=8, stroke_dasharray="3 2"),
        rect(side - 24, y + 31, 48, 20, rx=3),
        words(side, y + 21, "mean", 11),
        words(side, y + 45, "2 layers", 11),
        words(side + 14, meet - 4, "s", 12),
        circle(meet, 9),
        words(BRANCH, meet + 4.5, "×", 14),
    ]


DRAWN_AS = {"conv": box, "small": pill, "gate": gate, "add": addition, "join": joining}
