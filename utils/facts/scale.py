"""The layers of five networks, from LeNet-5 to ResNet-152, for a drawing to one scale.

Answers "how much deeper did networks become?" from ``book/data/networks_to_scale.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass

from utils.facts.files import book_table
from utils.files.places import DATA

FILE = "networks_to_scale"
READS = (DATA / f"{FILE}.csv",)


@dataclass(frozen=True)
class DrawnNetwork:
    """One network, layer by layer.

    Attributes:
        year: of its first public version.
        kind: a colour of the book's figures, "cnn" or "residual".
        channels: output channels or units of each weighted layer, from input to output.
        key: citation key.
        source: place in that work.
    """

    name: str
    year: int
    kind: str
    channels: tuple[int, ...]
    key: str
    source: str

    @property
    def layers(self) -> int:
        """Its weighted layers."""
        return len(self.channels)


def networks_to_scale() -> list[DrawnNetwork]:
    """The networks in the order of the file.

    Raises:
        ValueError: a cell that should hold numbers does not; names the network.
    """
    rows: dict[str, list[dict[str, str]]] = {}
    for row in book_table(FILE):
        rows.setdefault(row["network"], []).append(row)
    return [read_network(name, parts) for name, parts in rows.items()]


def read_network(name: str, rows: list[dict[str, str]]) -> DrawnNetwork:
    """All rows of one network.

    Raises:
        ValueError: a cell that should hold numbers does not.
    """
    first = rows[0]
    try:
        channels = [
            int(number)
            for row in rows
            for _ in range(int(row["times"]))
            for number in row["channels"].split()
        ]
        year = int(first["year"])
    except ValueError as problem:
        raise ValueError(f"{FILE}.csv, {name!r}: {problem}") from problem
    return DrawnNetwork(name, year, first["kind"], tuple(channels), first["key"], first["source"])
