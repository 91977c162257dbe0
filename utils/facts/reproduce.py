"""Which numbers can a reader check? The cards of ``book/data/reproduce.yml``, read strictly.

A card names records and holds no number: its expected range, seeds, minutes and machine come from
the records, see :mod:`utils.chapters.reproduce`.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import ValidationInfo, field_validator

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
        claim: a popular sentence that the number decides, by its id; "" for none.
        scheduled: whether it is checked every week on a fresh machine.
    """

    id: Slug
    finding: Text
    page: Text
    value: Annotated[Text, known("values")]
    of: Text
    minus: str = ""
    claim: str = ""
    scheduled: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The records that it needs: one address, or two."""
        return (self.of, self.minus) if self.minus else (self.of,)

    @field_validator("page")
    @classmethod
    def is_a_page(cls, page: str) -> str:
        files = (places.ROOT / f"{page}{ending}" for ending in (".md", ".ipynb"))
        if not any(file.is_file() for file in files):
            raise ValueError(f"page {page!r} is no page of the book; write it without its ending")
        return page

    @field_validator("of", "minus")
    @classmethod
    def is_recorded(cls, address: str, info: ValidationInfo) -> str:
        if address and address not in info.context["records"]:
            raise ValueError(
                f"{info.field_name} {address!r} is no experiment with a name of its records, such "
                "as shortcut-control/resnet-14_fast"
            )
        return address

    @field_validator("claim")
    @classmethod
    def is_a_claim(cls, claim: str) -> str:
        if claim and claim not in current_claims().claims:
            raise ValueError(f"claim {claim!r} is not in claims.yml; mend it or leave it out")
        return claim


class Cards(CheckedFile, whole="cards", error=CardError):
    """The whole file."""

    cards: list[Card]

    def together(self) -> Iterator[str]:
        """Ids that stand twice."""
        yield from unique(self.cards, "the command needs an id of its own")


def read_cards(
    values: Collection[str], records: Collection[str], path: Path = DATA
) -> dict[str, Card]:
    """Read and check the cards: id -> card, in the order of the file.

    Args:
        values: what can be read from a record.
        records: the addresses that a card may name.
        path: the file.

    Raises:
        CardError: not YAML, or a card that is wrong; names file, card and fault.
    """
    found = read_checked(Cards, path, {"values": values, "records": records})
    return {card.id: card for card in found.cards}
