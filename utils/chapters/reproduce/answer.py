"""What a repetition says: within or outside, by how much, and what to do next.

Answers "does my number agree with the book's, and where do I send it?".
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from utils.chapters.reproduce.cards import Checkable, ReproduceError
from utils.chapters.reproduce.values import Seeds
from utils.facts.confirmations import KIND, SCHEMA
from utils.notebook.frame import repository_address
from utils.results.labels import device_label
from utils.results.spread import spread
from utils.results.tolerance import Band, centre
from utils.results.words import counted, listed, number

FORM = "reproduction-card.yml"
"""The form of the repository that takes what the command writes."""
WITHIN, OUTSIDE, UNDECIDED = "within", "outside", "undecided"
"""The answers. The last one is for fewer seeds than the card has: the number is in the range, but
this range also holds numbers that contradict the finding."""
LINE = 88


@dataclass(frozen=True)
class Answer:
    """One repetition of a card.

    Attributes:
        checked: the card.
        values: seed -> value of the reader.
        value: the reader's number: the mean over the seeds.
        records: behind the values.
    """

    checked: Checkable
    values: Seeds
    value: float
    records: tuple[dict, ...]

    @cached_property
    def band(self) -> Band:
        """What was expected of so many seeds."""
        return self.checked.band(len(self.values))

    @property
    def word(self) -> str:
        """The answer in one word."""
        return word_of(self.checked, len(self.values), self.value)

    def distance(self) -> str:
        """The answer in a sentence, with the distance."""
        return verdict(self.checked, self.band, self.value)

    def meaning(self) -> str:
        """What the number says of the finding."""
        checked = self.checked
        if self.word == UNDECIDED:
            return (
                f"With {seeds_told(len(self.values))} this range also holds numbers that "
                "contradict the finding, so your number does not decide. Give "
                f"{seeds_told(len(checked.seeds))}: --seeds {' '.join(map(str, checked.seeds))}."
            )
        if not checked.supports(self.value):
            return "Your number contradicts the finding."
        also = " too, although the size is another one" if self.word == OUTSIDE else ""
        return f"The finding holds with your number{also}."

    def confirmation(self) -> dict:
        """What the reader sends: the fields of :class:`utils.facts.confirmations.Confirmation`."""
        first = self.records[0]
        return {
            "schema": SCHEMA,
            "kind": KIND,
            "card": self.checked.card.id,
            "answer": self.word,
            "values": {str(seed): value for seed, value in self.values.items()},
            "hashes": [record["hash"] for record in self.records],
            "machine": first["machine"],
            "git_commit": first["git_commit"],
            "finished": max(record["finished"] for record in self.records),
        }

    def told(self) -> str:
        """All of it, for the terminal."""
        checked, band = self.checked, self.band
        seeds = listed(str(seed) for seed in self.values)
        before = seeds_told(len(checked.recorded))
        lines = [
            f"Card: {checked.card.id}",
            checked.card.finding,
            "",
            f"Number:    {checked.value.name}, {' minus '.join(checked.card.parts)}",
            f"Your run:  seed{'s' * (len(self.values) > 1)} {seeds} on "
            f"{device_label(self.records[0]['machine'])}",
            f"Recorded:  {checked.told(band.middle)} over {before}",
            f"Expected:  {checked.range(band)}",
            f"Contrary:  {checked.contradiction()}",
            f"Yours:     {checked.told(self.value)}",
            "",
            *textwrap.wrap(f"{self.word.upper()}: {self.distance()} {self.meaning()}", LINE),
        ]
        if self.word == OUTSIDE:
            lines += ["", *textwrap.wrap(self.advice(), LINE)]
        return "\n".join(lines)

    def advice(self) -> str:
        """What to do with a number outside."""
        checked = self.checked
        if not spread(checked.recorded.values()).sd > 0:
            return (
                "No seed is drawn for this number, so a difference has a cause. See with "
                "git status whether your copy has changes, and send the file below in any case."
            )
        fresh = max((*self.values, *checked.recorded)) + 1
        others = " ".join(str(fresh + more) for more in range(checked.enough))
        which = "another seed" if checked.enough == 1 else "other seeds"
        return (
            f"One honest repetition in about twenty falls outside by chance. So try {which}: "
            f"--seeds {others}. If that number is outside too, compare versions and settings with "
            "those of the records on the page “How this book is measured”. Send the file below in "
            "any case: a number outside is as welcome as one within."
        )


def word_of(checked: Checkable, seeds: int, value: float) -> str:
    """The answer in one word for a number that is a mean over so many seeds."""
    if not checked.band(seeds).holds(value):
        return OUTSIDE
    return WITHIN if checked.decides(seeds) else UNDECIDED


def verdict(checked: Checkable, band: Band, value: float) -> str:
    """How far a number is from what was recorded, in a sentence."""
    if band.low == band.high and band.holds(value):
        return "your number is exactly the recorded one."
    if band.by_factor:
        away = f"{band.distance(value):.2f} times the recorded number"
    else:
        away = f"{_points(checked, abs(band.distance(value)))} from the recorded mean"
    if band.holds(value):
        return f"your number is {away}, which is inside the expected range."
    end = "below its lower end" if value < band.low else "above its upper end"
    beyond = band.beyond(value)
    told = f"a factor of {beyond:.2f}" if band.by_factor else _points(checked, beyond)
    return f"your number is {away}. It leaves the expected range by {told}, {end}."


def _points(checked: Checkable, distance: float) -> str:
    return f"{distance:,.{checked.value.digits}f}{checked.value.apart}"


def seeds_told(count: int) -> str:
    """How many seeds: "one seed", "ten seeds"."""
    return counted(count, "seed", "seeds")


def answer(checked: Checkable, records: Sequence[Sequence[dict]]) -> Answer:
    """The answer that the records of each part give.

    Raises:
        ReproduceError: the records are damaged, of several machines, or share no seed.
    """
    every = tuple(record for of_part in records for record in of_part)
    machines = list(dict.fromkeys(device_label(record["machine"]) for record in every))
    if len(machines) > 1:
        raise ReproduceError(
            f"the records are from {number(len(machines))} machines, {listed(machines)}; "
            "give those of one"
        )
    try:
        values = checked.values(records)
        value = centre(values.values(), checked.value.by_factor)
    except ReproduceError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ReproduceError(
            f"a record of {' or '.join(checked.card.parts)} cannot be read ({error}); make it again"
        ) from error
    return Answer(checked, values, value, every)


def form_address() -> str:
    """Where a reader sends the file that the command writes."""
    return f"{repository_address()}/issues/new?template={FORM}"
