"""The winners of ImageNet's yearly challenge, from ``book/data/imagenet_depth.csv``.

Answers "how deep were they, and how often wrong?".
"""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from utils.facts.checked import Checked, CheckedFile, Number, Text, Whole, check
from utils.facts.files import book_table
from utils.files.places import DATA

FILE = "imagenet_depth"
READS = (DATA / f"{FILE}.csv",)
RESIDUAL_SINCE = 2015


Count = Annotated[Whole | None, BeforeValidator(lambda cell: cell or None)]
"""A whole number, or None for an empty cell."""


class ChallengeEntry(Checked, named_by="entry"):
    """One entry to the classification task.

    Attributes:
        layers: weighted layers of its deepest network; None where there is none, or none is told.
        depth_note: what to say where ``layers`` is None.
        error_percent: top-5 error on the test set, with the challenge's own training images.
        models: networks combined; None where the sources do not tell.
        with_more_data: the error in percent with further training images, as text, or empty.
        key: citation key.
        source: work and table that print the error.
    """

    year: Whole
    name: Text = Field(alias="entry")
    drawn_as: Text
    layers: Count
    depth_note: str
    error_percent: Number = Field(alias="top5_error_percent")
    models: Count
    with_more_data: str
    key: Text
    source: Text

    @model_validator(mode="after")
    def layers_or_a_reason(self) -> Self:
        if bool(self.layers) == bool(self.depth_note):
            raise ValueError("give layers, or a depth_note that says why there are none")
        return self

    @property
    def kind(self) -> str:
        """Which of the book's kinds of network it is: "residual", "cnn" or "other"."""
        if self.year >= RESIDUAL_SINCE:
            return "residual"
        return "cnn" if self.layers else "other"


class Challenge(CheckedFile, whole="entries"):
    """The whole file."""

    entries: list[ChallengeEntry]


def challenge_entries() -> list[ChallengeEntry]:
    """All entries, by year.

    Raises:
        FactsError: a cell that should be a number is none, or a depth that is neither told nor
            explained; names the entry.
    """
    return check(Challenge, book_table(FILE), f"{FILE}.csv").entries
