"""Reads from a PDF that Chromium printed what stands on its pages, in which colour, and on what.

It knows the plain form of PDF that Chromium's printing writes: objects one after another, streams
deflated, colours as RGB. It is no general reader of PDF.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

Colour = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]

WHITE: Colour = (1.0, 1.0, 1.0)
BLACK: Colour = (0.0, 0.0, 0.0)
EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)
LARGE_PT, LARGE_BOLD_PT = 18.0, 14.0
TOKEN = re.compile(rb"<[0-9A-Fa-f]*>|/[^\s/<>\[\]]+|[^\s/<>\[\]]+|\[|\]")
CURVE = tuple(
    ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in (0.25, 0.5, 0.75, 1.0)
)
"""How much each of the four points of a curve weighs at the places where it is looked at."""


@dataclass(frozen=True)
class Run:
    """Text of one style on a printed page."""

    text: str
    page: int
    place: tuple[int, int]
    colour: Colour
    ground: Colour
    size_pt: float
    bold: bool

    @property
    def contrast(self) -> float:
        """The ratio of WCAG between text and ground."""
        return contrast(self.colour, self.ground)

    @property
    def needed(self) -> float:
        """The contrast that WCAG's level AA asks of text of this size."""
        large = self.size_pt >= (LARGE_BOLD_PT if self.bold else LARGE_PT)
        return 3.0 if large else 4.5


SIDES = (b"Width", b"Height")


@dataclass(frozen=True)
class Shape:
    """A filled area in the coordinates of the page, and what it hides of what lies under it."""

    outlines: list[list[Point]]
    clip: tuple[float, float, float, float]
    colour: Colour
    alpha: float

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """What it can cover at most: most shapes are far from most points."""
        return meet(self.clip, self.outlines)

    def covers(self, point: Point) -> bool:
        """Whether the point lies inside, by the even-odd rule."""
        x, y = point
        left, top, right, bottom = self.box
        if not (left <= x <= right and top <= y <= bottom):
            return False
        crossed = False
        for outline in self.outlines:
            for (x1, y1), (x2, y2) in pairwise([*outline, outline[0]]):
                if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                    crossed = not crossed
        return crossed

    def colour_at(self, point: Point) -> Colour:
        """Its one colour."""
        return self.colour

    def alpha_at(self, point: Point) -> float:
        """How much it hides."""
        return self.alpha


@dataclass(frozen=True)
class Picture:
    """Pixels, three bytes each from the top left, on the unit square under a matrix.

    The mask has one byte a pixel, 255 where nothing is seen through; it is empty where there is
    none.
    """

    matrix: Matrix
    clip: tuple[float, float, float, float]
    width: int
    pixels: bytes
    mask: bytes
    alpha: float

    def place(self, point: Point) -> Point:
        """The point in the unit square."""
        a, b, c, d, e, f = self.matrix
        x, y, area = point[0] - e, point[1] - f, a * d - b * c
        return (d * x - c * y) / area, (a * y - b * x) / area

    def covers(self, point: Point) -> bool:
        """Whether the point lies inside."""
        left, top, right, bottom = self.clip
        inside = left <= point[0] <= right and top <= point[1] <= bottom
        return inside and all(0 <= n < 1 for n in self.place(point))

    def pixel(self, point: Point) -> int:
        """The number of the pixel at a point."""
        x, y = self.place(point)
        height = len(self.pixels) // (3 * self.width)
        return min(int((1 - y) * height), height - 1) * self.width + int(x * self.width)

    def colour_at(self, point: Point) -> Colour:
        """The colour of the pixel at a point."""
        first = 3 * self.pixel(point)
        return tuple(value / 255 for value in self.pixels[first : first + 3])

    def alpha_at(self, point: Point) -> float:
        """How much the pixel at a point hides."""
        return self.alpha * (self.mask[self.pixel(point)] / 255 if self.mask else 1)


@dataclass
class State:
    """What the operators of a content stream change, kept by ``q`` and brought back by ``Q``."""

    matrix: Matrix
    clip: tuple[float, float, float, float] = EVERYWHERE
    colour: Colour = BLACK
    alpha: float = 1.0
    font: str = ""
    size: float = 0.0


@dataclass
class Canvas:
    """One page while it is read."""

    page: int
    shapes: list[Shape | Picture] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def ground(self, point: Point) -> Colour:
        """The colour that has been painted at a point so far."""
        seen: list[tuple[Colour, float]] = []
        for shape in reversed(self.shapes):
            if shape.covers(point):
                seen.append((shape.colour_at(point), shape.alpha_at(point)))
                if seen[-1][1] == 1:
                    break
        colour = WHITE
        for top, alpha in reversed(seen):
            colour = mix(top, colour, alpha)
        return colour


@dataclass(frozen=True)
class Font:
    """The characters of a font's glyphs, the hexadecimal digits of a glyph, and its weight."""

    table: dict[int, str]
    digits: int
    bold: bool

    def text(self, codes: bytes) -> str:
        """What a string of glyphs says."""
        glyphs = range(0, len(codes), self.digits)
        return "".join(self.table.get(int(codes[i : i + self.digits], 16), "?") for i in glyphs)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""

    def luminance(colour: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(top: Colour, under: Colour, alpha: float) -> Colour:
    """What is seen of a colour laid over another."""
    return tuple(alpha * t + (1 - alpha) * u for t, u in zip(top, under, strict=True))


def times(inner: Matrix, outer: Matrix) -> Matrix:
    """First ``inner``, then ``outer``."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def at(matrix: Matrix, x: float, y: float) -> Point:
    """A point under a matrix."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def meet(box: tuple, outlines: list[list[Point]]) -> tuple[float, float, float, float]:
    """The part of a box that the outlines' own box covers."""
    xs, ys = zip(*(point for outline in outlines for point in outline), strict=True)
    return max(box[0], min(xs)), max(box[1], min(ys)), min(box[2], max(xs)), min(box[3], max(ys))


class Printed:
    """A printed file: its runs of text with their colours and what lies under them."""

    def __init__(self, data: bytes) -> None:
        found = re.findall(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", data, re.DOTALL)
        self.objects = {int(number): body for number, body in found}
        self.pages = [o for _, o in sorted(self.objects.items()) if b"/Type /Page\n" in o]
        if not self.pages:
            raise ValueError("no page found: this reader knows only what Chromium prints")
        self.fonts: dict[int, Font] = {}
        self.runs = [run for number in range(len(self.pages)) for run in self._read_page(number)]

    @property
    def text(self) -> str:
        """All text without blanks, in the order in which it was drawn."""
        return "".join("".join(run.text.split()) for run in self.runs)

    def _read_page(self, number: int) -> list[Run]:
        page = self.pages[number]
        canvas = Canvas(number + 1)
        content = int(re.search(rb"/Contents (\d+)", page)[1])
        self._draw(self._stream(content), page, State((1, 0, 0, 1, 0, 0)), canvas)
        # A halo is the same text at the same place, drawn before: the text that is read comes last.
        return list({(run.text, run.place): run for run in canvas.runs}.values())

    def _stream(self, number: int) -> bytes:
        head, _, body = self.objects[number].partition(b"stream\n")
        body = body[: body.rindex(b"\nendstream")]
        return zlib.decompress(body) if b"/FlateDecode" in head else body

    def _named(self, owner: bytes, kind: str, name: str) -> int:
        """The number of the object that a resource's name stands for."""
        resources = re.search(rb"/Resources (\d+) 0 R", owner)
        text = self.objects[int(resources[1])] if resources else owner.partition(b"stream\n")[0]
        entries = re.search(rb"/%s <<(.*?)>>" % kind.encode(), text, re.DOTALL)[1]
        return int(re.search(rb"/%s (\d+) 0 R" % name.encode(), entries)[1])

    def _font(self, number: int) -> Font:
        """What the glyphs of a font mean."""
        if number not in self.fonts:
            font = self.objects[number]
            link = re.search(rb"/ToUnicode (\d+)", font)
            table = dict(characters(self._stream(int(link[1])))) if link else {}
            digits = 4 if b"/Subtype /Type0" in font else 2
            self.fonts[number] = Font(table, digits, b"Bold" in font or b"Black" in font)
        return self.fonts[number]

    def _draw(self, content: bytes, owner: bytes, state: State, canvas: Canvas) -> None:
        kept: list[State] = []
        waiting: list[bytes] = []
        path: list[list[Point]] = []
        clips = False
        line: Matrix = (1, 0, 0, 1, 0, 0)
        glyphs: list[tuple[Point, bytes]] = []
        for token in TOKEN.findall(content):
            if token[0] in b"0123456789-+.</[]":
                waiting.append(token)
                continue
            operands, waiting = waiting, []
            match token:
                case b"q":
                    kept.append(replace(state))
                case b"Q":
                    state = kept.pop()
                case b"cm":
                    state.matrix = times(tuple(map(float, operands)), state.matrix)
                case b"rg":
                    state.colour = tuple(map(float, operands))
                case b"gs":
                    number = self._named(owner, "ExtGState", operands[0][1:].decode())
                    alpha = re.search(rb"/ca ([\d.]+)", self.objects[number])
                    state.alpha = float(alpha[1]) if alpha else state.alpha
                case b"re" | b"m" | b"l" | b"c":
                    trace(path, token, list(map(float, operands)), state.matrix)
                case b"W" | b"W*":
                    clips = True
                case b"f" | b"f*" | b"n" | b"S":
                    if clips and path:
                        state.clip = meet(state.clip, path)
                    if token in (b"f", b"f*") and path:
                        canvas.shapes.append(Shape(path, state.clip, state.colour, state.alpha))
                    path, clips = [], False
                case b"BT":
                    glyphs = []
                case b"Tf":
                    state.font, state.size = operands[0][1:].decode(), float(operands[1])
                case b"Tm":
                    line = tuple(map(float, operands))
                case b"Td":
                    line = times((1, 0, 0, 1, *map(float, operands)), line)
                case b"Tj":
                    inside = at(line, state.size * 0.25, state.size * 0.3)
                    glyphs.append((at(state.matrix, *inside), operands[-1].strip(b"<>")))
                case b"ET":
                    canvas.runs.extend(self._runs(glyphs, line, owner, state, canvas))
                case b"Do":
                    self._draw_object(operands[0][1:].decode(), owner, state, canvas)

    def _runs(
        self, glyphs: list, line: Matrix, owner: bytes, state: State, canvas: Canvas
    ) -> Iterator[Run]:
        """The text between BT and ET, at its worst place, where it is seen at all."""
        left, top, right, bottom = state.clip
        seen = [g for g in glyphs if left <= g[0][0] <= right and top <= g[0][1] <= bottom]
        if not seen:
            return
        font = self._font(self._named(owner, "Font", state.font))
        text = "".join(font.text(codes) for _, codes in seen)
        if not text.strip():
            return
        a, b, *_ = times(line, state.matrix)
        grounds = {canvas.ground(point) for point, _ in {seen[0], seen[len(seen) // 2], seen[-1]}}
        colours = [(mix(state.colour, ground, state.alpha), ground) for ground in grounds]
        colour, ground = min(colours, key=lambda pair: contrast(*pair))
        place = round(seen[0][0][0]), round(seen[0][0][1])
        size_pt = state.size * (a * a + b * b) ** 0.5
        yield Run(text, canvas.page, place, colour, ground, size_pt, font.bold)

    def _pictures(self, number: int, head: bytes, state: State) -> Iterator[Picture]:
        """The picture of an object; one that is not of three bytes a pixel is passed over."""
        width, height = (int(re.search(rb"/%s (\d+)" % side, head)[1]) for side in SIDES)
        pixels, link = self._stream(number), re.search(rb"/SMask (\d+)", head)
        mask = self._stream(int(link[1])) if link else b""
        if len(pixels) == 3 * width * height and len(mask) in (0, width * height):
            yield Picture(state.matrix, state.clip, width, pixels, mask, state.alpha)

    def _draw_object(self, name: str, owner: bytes, state: State, canvas: Canvas) -> None:
        """Draw a picture, or a group of operators as if they stood in the page."""
        number = self._named(owner, "XObject", name)
        group = self.objects[number]
        head = group.partition(b"stream\n")[0]
        if b"/Subtype /Form" not in head:
            canvas.shapes.extend(self._pictures(number, head, state))
            return
        inner = replace(state)
        if own := re.search(rb"/Matrix \[([^\]]*)\]", group):
            inner.matrix = times(tuple(map(float, own[1].split())), state.matrix)
        before = len(canvas.runs), len(canvas.shapes)
        self._draw(self._stream(number), group, inner, canvas)
        if state.alpha < 1:
            fade(canvas, before, state.alpha)


def fade(canvas: Canvas, before: tuple[int, int], alpha: float) -> None:
    """Lay what a group has drawn over the page as thinly as the group is."""
    runs, shapes = before
    canvas.runs[runs:] = [
        replace(run, colour=mix(run.colour, run.ground, alpha)) for run in canvas.runs[runs:]
    ]
    canvas.shapes[shapes:] = [replace(s, alpha=s.alpha * alpha) for s in canvas.shapes[shapes:]]


def trace(path: list[list[Point]], token: bytes, n: list[float], matrix: Matrix) -> None:
    """Add a step of drawing to the outlines of a path."""
    if token == b"re":
        x, y, w, h = n
        corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        path.append([at(matrix, *corner) for corner in corners])
    elif token == b"m":
        path.append([at(matrix, *n)])
    elif token == b"l":
        path[-1].append(at(matrix, *n))
    else:
        (x0, y0), (x1, y1) = path[-1][-1], at(matrix, *n[:2])
        (x2, y2), (x3, y3) = at(matrix, *n[2:4]), at(matrix, *n[4:])
        path[-1].extend(
            (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
            for a, b, c, d in CURVE
        )


def characters(table: bytes) -> Iterator[tuple[int, str]]:
    """Glyph and text of each line of a font's table of characters."""

    def text(code: bytes) -> str:
        return bytes.fromhex(code.decode()).decode("utf-16-be", "replace")

    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, code in re.findall(rb"<(\w+)> <(\w+)>", block):
            yield int(glyph, 16), text(code)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, code in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                yield int(first, 16) + step, chr(ord(text(code)[-1]) + step)
