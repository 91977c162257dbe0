"""What would contradict the finding of a card.

Answers "which number is the nearest one with which the finding would be wrong?". A card names it
under ``against``, in one of four ways:

- ``equal``: no difference, or for numbers that are compared by their ratio, a ratio of 1;
- records, such as ``shortcut-control/resnet-14_fast``: a network for which the finding does not
  hold. The limit is the mean of the same value over its seeds;
- a cell of the ResNet paper, such as ``6/resnet-20/error``, as an accuracy;
- ``other``: the finding is that the number comes out again, so any other number contradicts it.
"""

from __future__ import annotations

from utils.chapters.reproduce.parts import part_of
from utils.chapters.reproduce.values import Value
from utils.facts.paper import cell
from utils.facts.reproduce import CELL, EQUAL, OTHER, Card
from utils.results.tolerance import centre


def limit_of(card: Card, value: Value) -> float | None:
    """The nearest number that contradicts the finding; None if every other number does."""
    if card.against == OTHER:
        return None
    if card.against == EQUAL:
        return 1.0 if value.by_factor else 0.0
    if CELL.fullmatch(card.against):
        return 100 - float(cell(card.against).number)
    records = part_of(card.against, value.part).recorded()
    found = {seed: each for record in records for seed, each in value.read(record).items()}
    return centre(found.values(), value.by_factor)
