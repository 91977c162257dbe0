"""A card with its records: what is expected, and what repeating it takes.

Answers "where should my number fall, and how many seeds does an answer take?".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from utils.chapters.reproduce.against import limit_of
from utils.chapters.reproduce.parts import Part, addresses, part_of
from utils.chapters.reproduce.values import VALUES, Seeds, Value
from utils.facts import reproduce as facts
from utils.facts.reproduce import Card, Unchecked
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

    @cached_property
    def limit(self) -> float | None:
        """The nearest number that contradicts the finding; None if every other number does."""
        return limit_of(self.card, self.value)

    def supports(self, value: float) -> bool:
        """Whether the finding holds with a number, expected or not.

        It does on that side of the limit on which the recorded mean is.
        """
        if self.limit is None:
            return self.band(1).holds(value)
        above = self.band(1).middle > self.limit
        return value > self.limit if above else value < self.limit

    def decides(self, new: int) -> bool:
        """Whether a number within the range of so many seeds confirms the finding."""
        band = self.band(new)
        return self.supports(band.low) and self.supports(band.high)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """With which it is repeated: all of one record, else as few as decide the finding."""
        every = tuple(self.recorded)
        return every if self.parts[0].whole else every[: self.enough]

    @cached_property
    def enough(self) -> int:
        """How many seeds decide the finding at least, and never more than were recorded."""
        recorded = len(self.recorded)
        return next((count for count in range(1, recorded) if self.decides(count)), recorded)

    @property
    def minutes(self) -> float | None:
        """What the repetition took on our machine; None where nothing is trained or measured."""
        found = [part.minutes() for part in self.parts]
        if None in found:
            return None
        return sum(found) * (1 if self.parts[0].whole else len(self.seeds))

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

    def contradiction(self) -> str:
        """Which numbers contradict the finding, in words: "0.00 points or less"."""
        if self.limit is None:
            return f"any other number{' than these' * (self.value.rounding > 0)}"
        more = "less" if self.band(1).middle > self.limit else "more"
        return f"{self.told(self.limit)} or {more}"

    def range(self, band: Band) -> str:
        """What is expected, in words: "1.11 to 1.78 points"."""
        if band.low == band.high:
            return f"exactly {self.told(band.middle)}"
        return f"{self.value.figure(band.low, self.apart)} to {self.told(band.high)}"


@cache
def _file(changed: int) -> tuple[dict[str, Checkable], tuple[Unchecked, ...]]:
    found = facts.read_cards(VALUES, addresses())
    return {card.id: checkable(card) for card in found.cards}, tuple(found.unchecked)


def unchecked() -> tuple[Unchecked, ...]:
    """The measured numbers that no card checks, with the reasons.

    Raises:
        utils.facts.reproduce.CardError: the file is malformed.
    """
    return _file(facts.DATA.stat().st_mtime_ns)[1]


def checkables() -> Mapping[str, Checkable]:
    """All cards by id, read anew when their file has changed.

    Raises:
        utils.facts.reproduce.CardError: the file is malformed.
    """
    return _file(facts.DATA.stat().st_mtime_ns)[0]


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
