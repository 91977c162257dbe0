"""The layers of five networks, from LeNet-5 to ResNet-152, for a drawing to one scale.

Answers "how much deeper did networks become?" from ``book/data/networks_to_scale.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from utils.facts.checked import Checked, CheckedFile, Text, Whole, check
from utils.facts.files import book_table
from utils.files.places import DATA

FILE = "networks_to_scale"
READS = (DATA / f"{FILE}.csv",)
EMPTY = {"too_short": "{field} must hold at least one number"}


Size = Annotated[Whole, Field(gt=0)]


class Layers(Checked, named_by="network", told=EMPTY):
    """One row: layers that stand ``times`` times in a row in their network.

    Attributes:
        year: of the network's first public version.
        kind: a colour of the book's figures.
        channels: output channels or units of each of the layers, in order.
        key: citation key.
        source: place in that work.
    """

    network: Text
    year: Size
    kind: Literal["cnn", "residual"]
    times: Size
    channels: Annotated[list[Size], BeforeValidator(str.split), Field(min_length=1)]
    key: Text
    source: Text


class Rows(CheckedFile, whole="entries"):
    """The whole file."""

    entries: list[Layers]


@dataclass(frozen=True)
class DrawnNetwork:
    """One network, layer by layer.

    Attributes:
        channels: output channels or units of each weighted layer, from input to output.
        first: its first row, which names year, kind and source.
    """

    name: str
    channels: tuple[int, ...]
    first: Layers

    @property
    def layers(self) -> int:
        """Its weighted layers."""
        return len(self.channels)


def networks_to_scale() -> list[DrawnNetwork]:
    """The networks in the order of the file, in which the rows of one stand together.

    Raises:
        FactsError: a cell is empty or is not the number it should be; names the network.
    """
    rows = check(Rows, book_table(FILE), f"{FILE}.csv").entries
    return [put_together(list(parts)) for _, parts in groupby(rows, lambda row: row.network)]


def put_together(rows: list[Layers]) -> DrawnNetwork:
    """A network from its rows."""
    channels = tuple(number for row in rows for number in row.channels * row.times)
    return DrawnNetwork(rows[0].network, channels, rows[0])
