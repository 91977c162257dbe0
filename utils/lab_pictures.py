"""The little pictures of the lesion lab, drawn by code from polygons and ellipses.

Answers "what can the network look at, without a photograph?". Each picture is a list of shapes on
a unit square, painted on a fine grid and averaged down to 32x32, so that it is the same pixels on
every machine. None of them is a CIFAR-10 image, nor traced from one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

SIZE = 32
FINE = 8
"""Points of the fine grid for each pixel and direction."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Polygon:
    """A filled polygon: colour "#rrggbb" and corners (x, y), y downwards."""

    colour: str
    corners: tuple[Point, ...]

    def covers(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which points lie inside, by the even-odd rule."""
        inside = np.zeros(x.shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(
            self.corners, self.corners[1:] + self.corners[:1], strict=True
        ):
            if y0 != y1:
                crosses = (y0 > y) != (y1 > y)
                inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        return inside


@dataclass(frozen=True)
class Ellipse:
    """A filled ellipse: colour "#rrggbb", middle and half axes."""

    colour: str
    middle: Point
    axes: Point

    def covers(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which points lie inside."""
        across = (x - self.middle[0]) / self.axes[0]
        down = (y - self.middle[1]) / self.axes[1]
        return across**2 + down**2 <= 1


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes:
        drawn: the class of CIFAR-10 that it is meant to show.
        alt: what is to be seen, in a few words.
        top: colour of the upper edge; the ground runs evenly from there to ``bottom``.
        bottom: colour of the lower edge.
        shapes: painted one over the other.
    """

    drawn: str
    alt: str
    top: str
    bottom: str
    shapes: tuple[Polygon | Ellipse, ...]


def colour(code: str) -> np.ndarray:
    """RGB float (3,) from 0 to 255 of "#rrggbb"."""
    return np.array([int(code[start : start + 2], 16) for start in (1, 3, 5)], dtype=float)


def paint(picture: Picture) -> np.ndarray:
    """The pixels of a picture: uint8 (32, 32, 3), each the mean of its part of the fine grid."""
    steps = (np.arange(SIZE * FINE) + 0.5) / (SIZE * FINE)
    x, y = np.meshgrid(steps, steps)
    fine = colour(picture.top) + y[..., None] * (colour(picture.bottom) - colour(picture.top))
    for shape in picture.shapes:
        fine[shape.covers(x, y)] = colour(shape.colour)
    coarse = fine.reshape(SIZE, FINE, SIZE, FINE, 3).mean((1, 3))
    return np.floor(coarse + 0.5).astype(np.uint8)


def to_png(pixels: np.ndarray) -> bytes:
    """A picture uint8 (H, W, 3) as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def box(code: str, left: float, top: float, right: float, bottom: float) -> Polygon:
    """An upright rectangle."""
    return Polygon(code, ((left, top), (right, top), (right, bottom), (left, bottom)))


PICTURES: dict[str, Picture] = {
"ship": Picture("ship","a ship at sea","#a9c9e8","#dfe9f2",(
  box("#2f5f8a",0,.62,1,1), box("#3b6f9c",0,.62,1,.68), box("#274f75",0,.85,1,1),
  Polygon("#8c2b22",((.08,.55),(.94,.55),(.84,.74),(.18,.74))),
  Polygon("#f4f4f4",((.06,.50),(.96,.50),(.93,.57),(.09,.57))),
  box("#f7f7f7",.30,.36,.72,.51), box("#dadada",.36,.28,.62,.37),
  box("#30363c",.34,.40,.68,.43), box("#c8452f",.46,.16,.55,.29), box("#20242a",.46,.13,.55,.17),
  box("#555c63",.80,.25,.815,.5), 
)),
"airplane": Picture("airplane","an airliner in flight","#6fa6dc","#c3dcf2",(
  Polygon("#9aa4ad",((.50,.50),(.66,.50),(.44,.82),(.36,.82))),
  Polygon("#b9c2ca",((.52,.46),(.64,.46),(.50,.22),(.44,.22))),
  Polygon("#f2f4f6",((.08,.50),(.14,.44),(.86,.42),(.95,.47),(.93,.52),(.80,.56),(.16,.55))),
  Polygon("#c9d0d6",((.10,.53),(.93,.51),(.80,.56),(.16,.55))),
  Polygon("#d5dbe0",((.08,.48),(.20,.45),(.12,.26),(.04,.26))),
  box("#3f4b57",.25,.475,.82,.49), Ellipse("#6b757e",(.50,.62),(.05,.03)),
)),
"automobile": Picture("automobile","a red car on a road","#b9c4cc","#d6d9da",(
  box("#8d9499",0,.66,1,1), box("#7c8388",0,.80,1,1),
  Polygon("#3b3f44",((.08,.76),(.92,.76),(.92,.80),(.08,.80))),
  Polygon("#c0201c",((.05,.50),(.22,.47),(.33,.30),(.68,.30),(.82,.48),(.95,.53),(.95,.72),(.05,.72))),
  Polygon("#2a3a48",((.27,.47),(.36,.34),(.49,.34),(.49,.47))),
  Polygon("#2a3a48",((.53,.47),(.53,.34),(.66,.34),(.76,.47))),
  box("#8c1513",.05,.66,.95,.72),
  Ellipse("#16181a",(.25,.72),(.10,.10)), Ellipse("#16181a",(.76,.72),(.10,.10)),
  Ellipse("#b9bdc0",(.25,.72),(.045,.045)), Ellipse("#b9bdc0",(.76,.72),(.045,.045)),
  box("#f4e6a0",.90,.55,.95,.59),
)),
"horse": Picture("horse","a brown horse on a meadow","#bcd7ea","#d9e6da",(
  box("#6f9a45",0,.66,1,1), box("#4f7a3a",0,.60,1,.68),
  Ellipse("#7a4a26",(.48,.50),(.26,.14)), Ellipse("#6d4020",(.27,.47),(.11,.13)),
  Polygon("#7a4a26",((.60,.50),(.66,.26),(.76,.18),(.80,.26),(.76,.46),(.70,.56))),
  Polygon("#7a4a26",((.70,.18),(.80,.16),(.95,.34),(.90,.40),(.76,.32))),
  Polygon("#2e1a0e",((.60,.42),(.66,.22),(.74,.14),(.72,.26),(.66,.42))),
  Polygon("#6d4020",((.24,.52),(.33,.52),(.31,.90),(.25,.90))), Polygon("#58331a",((.34,.58),(.41,.58),(.40,.88),(.35,.88))),
  Polygon("#6d4020",((.62,.54),(.71,.54),(.69,.90),(.64,.90))), Polygon("#58331a",((.54,.58),(.61,.58),(.60,.88),(.55,.88))),
  Polygon("#2e1a0e",((.18,.42),(.22,.40),(.20,.72),(.13,.74))),
)),
"frog": Picture("frog","a green frog on sand","#b7a27c","#a08a63",(
  Ellipse("#7c6a4a",(.50,.84),(.40,.08)),
  Ellipse("#4d7a2a",(.24,.66),(.17,.16)), Ellipse("#4d7a2a",(.76,.66),(.17,.16)),
  Ellipse("#5f9433",(.50,.58),(.29,.26)), Ellipse("#b9c987",(.50,.72),(.20,.13)),
  Ellipse("#5f9433",(.50,.40),(.25,.16)),
  Ellipse("#5f9433",(.33,.27),(.09,.09)), Ellipse("#5f9433",(.67,.27),(.09,.09)),
  Ellipse("#141a10",(.33,.27),(.05,.05)), Ellipse("#141a10",(.67,.27),(.05,.05)),
  box("#33521c",.33,.46,.67,.48),
  Ellipse("#4d7a2a",(.30,.84),(.12,.05)), Ellipse("#4d7a2a",(.70,.84),(.12,.05)),
)),
"cat": Picture("cat","a face of a ginger cat","#c9c2b8","#a89f94",(
  Polygon("#b8763a",((.20,.45),(.22,.12),(.45,.30))), Polygon("#b8763a",((.80,.45),(.78,.12),(.55,.30))),
  Polygon("#d9a48a",((.25,.36),(.26,.20),(.37,.29))), Polygon("#d9a48a",((.75,.36),(.74,.20),(.63,.29))),
  Ellipse("#b8763a",(.50,1.0),(.34,.26)), Ellipse("#c4834a",(.50,.52),(.33,.30)),
  Ellipse("#efe6da",(.50,.66),(.17,.14)), box("#94592a",.48,.24,.52,.36), box("#94592a",.38,.26,.41,.36), box("#94592a",.59,.26,.62,.36),
  Ellipse("#d7d96a",(.36,.48),(.075,.06)), Ellipse("#d7d96a",(.64,.48),(.075,.06)),
  Ellipse("#10120c",(.36,.48),(.03,.055)), Ellipse("#10120c",(.64,.48),(.03,.055)),
  Polygon("#b3605a",((.46,.59),(.54,.59),(.50,.64))), box("#6d4a3a",.495,.64,.505,.70),
)),
}
"""Name in addresses -> drawing, in the order of the page."""
