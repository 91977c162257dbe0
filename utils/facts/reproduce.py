"""Which numbers can a reader check? The cards of ``book/data/reproduce.yml``, read strictly.

A card names records and holds no number: its expected range, seeds, minutes and machine come from
the records, see :mod:`utils.chapters.reproduce`.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from utils.facts.checked import (
    Checked,
    CheckedFile,
    FactsError,
    Slug,
    Text,
    known,
    read_checked,
    unique,
)
from utils.facts.claims import current_claims
from utils.files import places

DATA = places.DATA / "reproduce.yml"
CELL = re.compile(r"[\w]+/[\w.+-]+/\w+")
EQUAL, OTHER = "equal", "other"
"""Under ``against``: that there is no difference, and any other number than the recorded one."""


class CardError(FactsError):
    """The file of cards is malformed; the message names the card and the fault."""


class Card(Checked, noun="card"):
    """One number of the book and what makes it again.

    Attributes:
        id: what the command takes.
        finding: what the number says, in words and without the number.
        page: where the book shows it, without its ending: "notebooks/03_degradation".
        value: what is read from the records, a key of ``utils.chapters.reproduce.values.VALUES``.
        of: the records it is read from: folder of ``results/`` and name without seed.
        minus: records whose value is subtracted, seed by seed; "" for none.
        against: the nearest number that would contradict the finding, see
            :mod:`utils.chapters.reproduce.against`.
        shows: measured numbers in the text of the page that the card checks, each as the function
            that the text names: "turn" of ``<!--=turn.last-->``.
        claim: a popular sentence that the number decides, by its id; "" for none.
        scheduled: whether it is checked every week on a fresh machine.
    """

    id: Slug
    finding: Text
    page: Text
    value: Annotated[Text, known("values")]
    of: Text
    against: Text
    minus: str = ""
    shows: list[Text] = Field(default_factory=list)
    claim: str = ""
    scheduled: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The records that it needs: one address, or two."""
        return (self.of, self.minus) if self.minus else (self.of,)

    @field_validator("page")
    @classmethod
    def is_a_page(cls, page: str) -> str:
        return known_page(page)

    @field_validator("of", "minus")
    @classmethod
    def is_recorded(cls, address: str, info: ValidationInfo) -> str:
        if address and address not in info.context["records"]:
            raise ValueError(
                f"{info.field_name} {address!r} is no experiment with a name of its records, such "
                "as shortcut-control/resnet-14_fast"
            )
        return address

    @field_validator("against")
    @classmethod
    def is_a_limit(cls, against: str, info: ValidationInfo) -> str:
        named = against in (EQUAL, OTHER) or against in info.context["records"]
        if not named and not CELL.fullmatch(against):
            raise ValueError(
                f"against {against!r} is none of: {EQUAL}, {OTHER}, records such as "
                "shortcut-control/resnet-14_fast, a cell of the paper such as 6/resnet-20/error"
            )
        return against

    @field_validator("claim")
    @classmethod
    def is_a_claim(cls, claim: str) -> str:
        if claim and claim not in current_claims().claims:
            raise ValueError(f"claim {claim!r} is not in claims.yml; mend it or leave it out")
        return claim


class Unchecked(Checked, noun="page", named_by="page"):
    """Measured numbers that no card checks, and why.

    Attributes:
        page: where they are, without its ending.
        reason: why no card checks them, as a sentence.
        numbers: what they are, in words; "" for a page without such numbers.
        shows: the numbers, as in :class:`Card`; none for a page without such numbers.
        folders: folders of ``results/`` that hold nothing but such numbers.
    """

    page: Text
    reason: Text
    numbers: str = ""
    shows: list[Text] = Field(default_factory=list)
    folders: list[Text] = Field(default_factory=list)

    @field_validator("page")
    @classmethod
    def is_a_page(cls, page: str) -> str:
        return known_page(page)


class Cards(CheckedFile, error=CardError):
    """The whole file."""

    cards: list[Card]
    unchecked: list[Unchecked]

    def together(self) -> Iterator[str]:
        """Ids that stand twice, and numbers that are checked and said not to be."""
        for entry in self.unchecked:
            if bool(entry.numbers) != bool(entry.shows or entry.folders):
                yield (
                    f"page {entry.page}: name the numbers in words, and under shows or folders "
                    "which they are"
                )
            for card in self.cards:
                if card.page == entry.page and (both := set(card.shows) & set(entry.shows)):
                    yield f"card {card.id}: {', '.join(sorted(both))} is also under unchecked"
        yield from unique(self.cards, "the command needs an id of its own")


def known_page(page: str) -> str:
    """The page, if it is one of the book.

    Raises:
        ValueError: it is not; says how to write one.
    """
    files = (places.ROOT / f"{page}{ending}" for ending in (".md", ".ipynb"))
    if not any(file.is_file() for file in files):
        raise ValueError(f"page {page!r} is no page of the book; write it without its ending")
    return page


def read_cards(values: Collection[str], records: Collection[str], path: Path = DATA) -> Cards:
    """Read and check the cards and what they leave out, in the order of the file.

    Args:
        values: what can be read from a record.
        records: the addresses that a card may name.
        path: the file.

    Raises:
        CardError: not YAML, or a card that is wrong; names file, card and fault.
    """
    return read_checked(Cards, path, {"values": values, "records": records})
