"""The winners of ImageNet's yearly challenge, from ``book/data/imagenet_depth.csv``.

Answers "how deep were they, and how often wrong?".
"""

from dataclasses import dataclass

from utils.facts.files import book_table
from utils.files.places import DATA

FILE = "imagenet_depth"
READS = (DATA / f"{FILE}.csv",)
RESIDUAL_SINCE = 2015


@dataclass(frozen=True)
class ChallengeEntry:
    """One entry to the classification task.

    Attributes:
        layers: weighted layers of its deepest network; None where there is none, or none is told.
        depth_note: what to say where ``layers`` is None.
        error_percent: top-5 error on the test set, with the challenge's own training images.
        models: networks averaged; None where the sources do not tell.
        with_more_data: the error in percent with further training images, as text, or empty.
        key: citation key.
        source: work and table that print the error.
    """

    year: int
    name: str
    drawn_as: str
    layers: int | None
    depth_note: str
    error_percent: float
    models: int | None
    with_more_data: str
    key: str
    source: str

    @property
    def kind(self) -> str:
        """Which of the book's kinds of network it is: "residual", "cnn" or "other"."""
        if self.year >= RESIDUAL_SINCE:
            return "residual"
        return "cnn" if self.layers else "other"


def read_entry(row: dict[str, str]) -> ChallengeEntry:
    """One row of the data file.

    Raises:
        ValueError: a cell that should be a number is none, or a depth that is neither told nor
            explained; names the entry.
    """
    place = f"{FILE}.csv, {row.get('entry')!r}"
    if bool(row["layers"]) == bool(row["depth_note"]):
        raise ValueError(f"{place}: give layers, or a depth_note that says why there are none")
    try:
        return ChallengeEntry(
            year=int(row["year"]),
            name=row["entry"],
            drawn_as=row["drawn_as"],
            layers=int(row["layers"]) if row["layers"] else None,
            depth_note=row["depth_note"],
            error_percent=float(row["top5_error_percent"]),
            models=int(row["models"]) if row["models"] else None,
            with_more_data=row["with_more_data"],
            key=row["key"],
            source=row["source"],
        )
    except ValueError as problem:
        raise ValueError(f"{place}: {problem}") from problem


def challenge_entries() -> list[ChallengeEntry]:
    """All entries, by year."""
    return [read_entry(row) for row in book_table(FILE)]
