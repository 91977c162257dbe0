"""Answers to questions of the bank, as a reader of an exported item would send them.

What is right, and what is told, comes from the questions themselves and from ``judge``, which the
book's pages follow, never from the exported file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple
from xml.etree.ElementTree import Element

from bank_questions import ALL
from qti_judged import Answers, Item12, Item21, Judged, said_in_html

from utils.practice.kinds import Question, Task
from utils.practice.kinds.choices import Choices
from utils.practice.kinds.label import Label
from utils.practice.kinds.numeric import Numeric
from utils.practice.kinds.order import Order


class Try(NamedTuple):
    """An answer, whether it is right, and texts that have to be among what is told."""

    answers: Answers
    right: bool
    told: list[str]


def choices(question: Choices, response: str, names: list[str]) -> Iterator[Try]:
    """Every single option, or every set of options, by the identities that they have in a file."""
    places = range(len(question.options))
    for count in range(1, len(places) + 1 if question.several else 2):
        for chosen in combinations(places, count):
            told = [said_in_html(question.options[place].says()) for place in chosen]
            answer = [names[place] for place in chosen]
            right = question.judge(chosen).right
            yield Try({response: answer if question.several else answer[0]}, right, told)


def numbers(question: Numeric, response: str) -> Iterator[Try]:
    """The answer, the ends of the tolerance, what lies outside, and typical mistakes."""
    asked = question.answer
    near = {one.value: said_in_html(one.says()) for one in question.near}
    beyond = 1.01 * asked.reach + 1e-6 * max(1, abs(asked.value))
    for number in (
        *(asked.value + share * asked.reach for share in (0, 0.99, -0.99)),
        *(asked.value + side * beyond for side in (1, -1)),
        *near,
    ):
        right = question.judge(repr(number)).right
        yield Try({response: number}, right, [] if right else [near.get(number, "")])


def orders(question: Order) -> Iterator[tuple[list[int], bool]]:
    """The right order, its reverse, and each exchange of two neighbours."""
    places = list(range(len(question.options)))
    yield places, question.judge(places).right
    yield places[::-1], question.judge(places[::-1]).right
    for at in places[1:]:
        changed = [*places[: at - 1], at, at - 1, *places[at + 1 :]]
        yield changed, question.judge(changed).right


def named_places(question: Label) -> Iterator[tuple[dict[str, str], bool]]:
    """The right names of all places, and for each place every other name."""
    right = dict(question.labels)
    yield right, question.judge(right).right
    for letter in right:
        for name in question.names:
            if name != right[letter]:
                changed = {**right, letter: name}
                yield changed, question.judge(changed).right


def answered(
    kind: str,
    made: Callable[[Question], Element],
    tries: Callable[[Question, Element], list[Try]],
    reader: type[Item12] | type[Item21],
) -> Iterator[tuple[Question, Element, list[tuple[Try, Judged]]]]:
    """Every question of a kind, its item, and what a reader of the format says to each try.

    A task has right and wrong answers, and the source is told once to each.
    """
    asked = [question for question in ALL if question.kind == kind]
    assert asked
    for question in asked:
        root = made(question)
        judged = [(one, reader(root).answer(one.answers)) for one in tries(question, root)]
        verdicts = {one.right for one, _ in judged}
        assert verdicts == ({True, False} if isinstance(question, Task) else set()), question.id
        for _, said in judged:
            assert "".join(said.told).count("Source:") == 1, question.id
        yield question, root, judged
