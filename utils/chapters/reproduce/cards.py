"""A card with its records: what is expected, and what repeating it takes.

Answers "where should my number fall?".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from utils.chapters.reproduce.parts import Measured, Part, addresses, part_of
from utils.chapters.reproduce.values import VALUES, Seeds, Value
from utils.facts import reproduce as facts
from utils.facts.reproduce import Card
from utils.results.labels import device_label
from utils.results.spread import seed_by_seed
from utils.results.tolerance import Band, expected
from utils.results.words import counted


class ReproduceError(ValueError):
    """A card, a seed or a record of the reader cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Checkable:
    """A card, ready to be asked.

    Attributes:
        card: what the file of cards says.
        value: what is read from its records.
        parts: the records it needs: those of ``of``, then those of ``minus``.
    """

    card: Card
    value: Value
    parts: tuple[Part, ...]

    @property
    def apart(self) -> bool:
        """Whether its number is a difference."""
        return len(self.parts) > 1

    @cached_property
    def recorded(self) -> Seeds:
        """The book's own values: seed -> value."""
        return self.values([part.recorded() for part in self.parts])

    def values(self, records: Sequence[Sequence[dict]]) -> Seeds:
        """The number of each seed that all parts have.

        Args:
            records: of each part.

        Raises:
            ReproduceError: no seed is in all parts.
        """
        found = [
            {seed: value for record in of_part for seed, value in self.value.read(record).items()}
            for of_part in records
        ]
        shared = sorted(set.intersection(*(set(values) for values in found)))
        if not shared:
            raise ReproduceError(
                f"no seed is in the records of both {' and '.join(self.card.parts)}; "
                "a difference needs both with the same seed"
            )
        first, *rest = ({seed: values[seed] for seed in shared} for values in found)
        return seed_by_seed(rest[0], first) if rest else first

    def band(self, new: int) -> Band:
        """Where the mean of so many new seeds should fall."""
        value = self.value
        return expected(self.recorded.values(), new, value.rounding, value.by_factor)

    @property
    def seeds(self) -> tuple[int, ...]:
        """With which it is repeated: all of a measurement, the first one of anything else."""
        every = tuple(self.recorded)
        return every if isinstance(self.parts[0], Measured) else every[:1]

    @property
    def minutes(self) -> float | None:
        """What the repetition took on our machine; None where nothing is trained or measured."""
        found = [part.minutes() for part in self.parts]
        return None if None in found else sum(found)

    @property
    def effort(self) -> str:
        """What a repetition took when it was recorded: seeds, minutes and machines."""
        seeds = counted(len(self.seeds), "seed", "seeds")
        if self.minutes is None:
            return f"{seeds}, nothing is trained"
        timed = (record for part in self.parts for record in part.timed())
        machines = dict.fromkeys(device_label(record["machine"]) for record in timed)
        minutes = counted(math.ceil(self.minutes), "minute", "minutes")
        return f"{seeds}, {minutes} ({'; '.join(machines)})"

    def told(self, value: float) -> str:
        """One of its values with its unit."""
        return self.value.told(value, self.apart)

    def range(self, band: Band) -> str:
        """What is expected, in words: "1.11 to 1.78 points"."""
        if band.low == band.high:
            return f"exactly {self.told(band.middle)}"
        return f"{self.value.figure(band.low, self.apart)} to {self.told(band.high)}"


@cache
def _checkables(changed: int) -> dict[str, Checkable]:
    cards = facts.read_cards(VALUES, addresses())
    return {name: checkable(card) for name, card in cards.items()}


def checkables() -> Mapping[str, Checkable]:
    """All cards by id, read anew when their file has changed.

    Raises:
        utils.facts.reproduce.CardError: the file is malformed.
    """
    return _checkables(facts.DATA.stat().st_mtime_ns)


def checkable(card: Card) -> Checkable:
    """A card with its value and its parts."""
    value = VALUES[card.value]
    return Checkable(card, value, tuple(part_of(each, value.part) for each in card.parts))


def card_named(name: str) -> Checkable:
    """The card of an id.

    Raises:
        ReproduceError: there is none; names those that there are.
    """
    known = checkables()
    if name not in known:
        raise ReproduceError(f"no card is called {name!r}; choose from {', '.join(known)}")
    return known[name]
