"""Where an error stands in a picture of errors, from 0 to 100 %.

What the explorables ``depth_gap`` and ``depth_curves`` share. Errors are kept in whole parts of a
percent, so that Python, records and pages round alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from utils.display import svg
from utils.display.svg import grid, px, text

MARKS = (0, 25, 50, 75, 100)
"""Per cent that have a line across."""


def mean(parts: Sequence[int]) -> int:
    """Mean over seeds in the same whole parts of a percent, halves rounded up."""
    return (2 * sum(parts) + len(parts)) // (2 * len(parts))


def shown(parts: int, digits: int = 1) -> str:
    """Whole parts of a percent as a number: 214 is "21.4", and with two digits "2.14"."""
    whole, rest = divmod(parts, 10**digits)
    return f"{whole}.{rest:0{digits}}"


@dataclass(frozen=True)
class ErrorPlot:
    """Places of a picture with columns at equal distances, in px.

    Attributes:
        left: where the first column begins.
        columns: how many there are.
        parts: how many parts of a percent an error counts: 10 or 100.
        width, top, height: of all columns.
    """

    left: int
    columns: int
    parts: int
    width: int = 268
    top: int = 26
    height: int = 220

    @property
    def right(self) -> int:
        """Where the last column ends."""
        return self.left + self.width

    def place(self, column: int, error: float) -> svg.Point:
        """Where an error stands in a column, counted from 0."""
        x = self.left + self.width * (column + 0.5) / self.columns
        return x, self.top + self.height * (1 - error / (100 * self.parts))

    def places(self, errors: Iterable[float]) -> list[svg.Point]:
        """Where an error for each column stands."""
        return [self.place(column, error) for column, error in enumerate(errors)]

    def line(self, errors: Iterable[float]) -> str:
        """Path through an error for each column."""
        return svg.line(self.places(errors))

    def dots(self, column: int, errors: Iterable[float]) -> str:
        """A dot for each error of a column."""
        return svg.dots(self.place(column, error) for error in errors)

    def upright(self, column: int) -> str:
        """Path of a line from top to bottom through a column."""
        x, _ = self.place(column, 0)
        return f"M{px(x)} {self.top}v{self.height}"

    def frame(self, title: str, words: dict[int, int], below: str) -> list[str]:
        """Title, lines across, and numbers under columns: number -> column."""
        bottom = self.top + self.height
        marks = [(str(percent), self.top + self.height * (1 - percent / 100)) for percent in MARKS]
        return [
            text(4, 14, title, "start", "ex-name"),
            grid(self.left, self.right, marks),
            *[
                text(self.place(column, 0)[0], bottom + 17, str(number), class_="ex-small")
                for number, column in words.items()
            ],
            text(self.left + self.width / 2, bottom + 40, below),
        ]
