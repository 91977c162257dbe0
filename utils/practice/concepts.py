"""The concept inventory: what does a class believe about residual networks?

Comes in: ``book/data/concepts.yml``. Goes out: items, which are questions with one answer, so that
everything that takes questions of the bank takes them too. They stay outside the bank: whoever
practises never meets an item before it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from utils.facts.checked import Text
from utils.files.places import DATA
from utils.practice.bank import common_faults, read_file
from utils.practice.kinds import QuestionError
from utils.practice.kinds.choices import Option, Single

CONCEPTS = DATA / "concepts.yml"
TITLE = "Concept inventory"
"""What the items are called together, for example as a category in a course."""
LETTERS = "ABCD"
CLAIM = "book/claims#claim-"
PREFIX = "ci-"


class Item(Single):
    """One item. Its options stand in the printed order, and nothing is said before it is marked.

    Attributes:
        concept: what it is about, in a few words.
    """

    concept: Text
    level: Literal["medium"] = "medium"
    hint: Text = "There is no hint. Choose what you believe."
    solution: list[Text] = Field([])

    @field_validator("options")
    @classmethod
    def one_for_each_letter(cls, options: list[Option]) -> list[Option]:
        if len(options) != len(LETTERS):
            raise ValueError(f"an item has {len(LETTERS)} options, not {len(options)}")
        return options

    def mistakes_above_easy(self) -> Item:
        """The feedback of the wrong options names the mistakes."""
        return self

    @property
    def letter(self) -> str:
        """The letter of the right option."""
        return next(letter for letter, o in zip(LETTERS, self.options, strict=True) if o.correct)

    @property
    def claims(self) -> list[str]:
        """The claims that its wrong options believe, each once, by the ids of the claims."""
        seen = [o.see for o in self.options if not o.correct and o.see]
        return list(dict.fromkeys(s.removeprefix(CLAIM) for s in seen if s.startswith(CLAIM)))


def unfair(items: list[Item]) -> Iterator[str]:
    """What would let somebody guess who knows nothing about networks."""
    for item in items:
        name = f"{item.place}, question {item.id}"
        lengths = {o.correct: len(o.text) for o in sorted(item.options, key=lambda o: len(o.text))}
        if lengths[True] > lengths[False]:
            yield f"{name}: the right option is the longest; shorten it, or lengthen another one"
        if not item.id.startswith(PREFIX):
            yield f"{name}: its id begins with {PREFIX}, or it could be one of the bank"
    places = Counter(item.letter for item in items)
    if len({places[letter] for letter in LETTERS}) > 1:
        counts = ", ".join(f"{letter} {places[letter]}" for letter in LETTERS)
        yield f"the right options are not spread evenly over the letters: {counts}"


def read_concepts(path: Path = CONCEPTS) -> tuple[Item, ...]:
    """The items in their order.

    Raises:
        QuestionError: names every fault.
    """
    items, faults = read_file(path, {"single": Item})
    faults += [*common_faults(items), *([] if faults else unfair(items))]
    if faults:
        raise QuestionError("\n".join(faults))
    return tuple(items)


@cache
def load_concepts() -> tuple[Item, ...]:
    """:func:`read_concepts` of the book's own file, remembered."""
    return read_concepts()


def key_of(items: tuple[Item, ...]) -> str:
    """The letters of the right options in the order of the items, such as "BCAD"."""
    return "".join(item.letter for item in items)
