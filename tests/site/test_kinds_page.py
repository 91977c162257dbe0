"""The page judges every answer as Python does: one verdict for each kind, on every question."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from question_site import TYPED
from question_site import numbers as typed_numbers
from test_scripts_alone import STATIC, add, serve, watched

from utils.practice.bank import load_bank
from utils.practice.kinds import KINDS, Card
from utils.practice.rendered import render_set

GIVEN = Path(__file__).parents[1] / "given" / "questions"
ASKED = [q for q in (*load_bank(), *load_bank(GIVEN)) if not isinstance(q, Card)] + typed_numbers()
BY_ID = {question.id: question for question in ASKED}
UNSAID = ["", " ", "\n \t"]
Values = list[str]
"""An answer as a browser keeps it."""


# Answers, the right one first ---------------------------------------------------------------------


def chosen(question: Any) -> list[Values]:
    """Every choice of options."""
    right = [str(place) for place, option in enumerate(question.options) if option.correct]
    places = [str(place) for place in range(len(question.options))]
    counts = range(len(places) + 1)
    return [right, *(list(c) for n in counts for c in itertools.combinations(places, n))]


def numbers(question: Any) -> list[Values]:
    """Numbers at the tolerance, a little inside and outside of it, written in many ways."""
    answer = question.answer
    slack = 1e-9 * max(1, abs(answer.value))  # what rounding is forgiven
    targets = [answer.value, *(near.value for near in question.near)]
    steps = [answer.reach, 0.5 * answer.reach, 0.99 * answer.reach, 1.01 * answer.reach + 2 * slack]
    steps += [answer.reach + 0.5 * slack, answer.reach + 2 * slack, 3 * answer.reach + 1, 1e9]
    found = [target + sign * step for target in targets for step in steps for sign in (1, -1)]
    texts = [f(number) for number in (*targets, *found) for f in (repr, "{:,}".format)]
    texts += [f"{number:.6f}".replace(".", ",") for number in targets]
    texts += [f"{number!r}{sign}" for number in targets for sign in ("%", " %", "x", " 1", "e0")]
    texts += [text.replace("-", "\N{MINUS SIGN}") for text in (repr(-answer.value), "-1e-3")]
    typed = [text for text, _, _ in TYPED]
    return [[text] for text in (*texts, *typed, *UNSAID, "NaN", "1e999", "0x10", "1_000", "1,,5")]


def orders(question: Any) -> list[Values]:
    """Every order of few steps; of many the right one with two of them exchanged; gaps."""
    right = [str(place) for place in range(len(question.options))]
    exchanged = [
        [{a: b, b: a}.get(step, step) for step in right]
        for a, b in itertools.combinations(right, 2)
    ]
    all_orders = itertools.permutations(right) if len(right) < 5 else [right[::-1]]
    gaps = [["" if step == gap else step for step in right] for gap in right]
    return [right, *exchanged, *map(list, all_orders), *gaps, [], [right[0], *right[:-1]]]


def outputs(question: Any) -> list[Values]:
    """Choices where there are some, or typed lines with more, fewer and other blanks."""
    if question.options:
        return chosen(question)
    right = question.output
    same = [f"\n{right} \n\n", right.replace("\n", "  \r\n")]
    other = [
        f"{right}\n1",
        right[:-1],
        f"{right[0]} {right[1:]}x",
        right.replace("\n", "\n ") + "0",
    ]
    return [[text] for text in (right, *same, *other, *UNSAID)]


def named(question: Any) -> list[Values]:
    """The names, two of them exchanged, one left out, one for all, none."""
    right = [question.labels[letter] for letter in sorted(question.labels)]
    exchanged = [[*right[:n], *right[n : n + 2][::-1], *right[n + 2 :]] for n in range(len(right))]
    gaps = [[*right[:n], "", *right[n + 1 :]] for n in range(len(right))]
    return [right, *exchanged, *gaps, [right[0]] * len(right), [""] * len(right)]


def explained(question: Any) -> list[Values]:
    """The model answer, its sentences, every phrase, phrases that nearly cover everything."""
    phrases = [concept.phrases for concept in question.rubric]
    some = [". ".join(chosen) for chosen in itertools.product(*(p[:2] for p in phrases))]
    parts = [*question.model.split(". "), *itertools.chain(*phrases), *some]
    parts += [". ".join(phrase[0] for phrase in phrases[:3]), question.model.upper()]
    parts += [question.model.replace(" ", "\u0301 "), question.model.replace(" ", "_")]
    return [[text] for text in (question.model, *parts, *UNSAID)]


CASES = {
    "single": chosen, "multiple": chosen, "bug": chosen, "numeric": numbers, "order": orders,
    "output": outputs, "label": named, "short": explained,
}  # fmt: skip


def in_python(question: Any, values: Values) -> bool | None:
    """The verdict of the class of the question."""
    if question.kind == "label":
        answer: Any = dict(zip(sorted(question.labels), values, strict=True))
    elif getattr(question, "options", None):
        answer = [int(value) if value else None for value in values]
    else:
        (answer,) = values
    verdict = question.judge(answer)
    return verdict and verdict.right


IN_THE_PAGE = """(cases) => ResNetQuestions.found.map(({ root, answer }) => {
  const verdict = (values) => answer.judge(values)?.right ?? null;
  return [root.dataset.q, cases[root.dataset.q].map((values) => {
    root.querySelector("form").reset();
    answer.clear?.();
    answer.put(values);
    return [verdict(values), answer.values(), verdict(answer.values())];
  })];
})"""


@pytest.fixture(scope="module")
def judged(chromium: Browser) -> dict[str, list[tuple[Values, list]]]:
    """By question, each answer and what the page makes of it: verdict, what the form holds of it
    when it is put back, and the verdict on that."""
    cases = {question.id: CASES[question.kind](question) for question in ASKED}
    with watched(chromium) as page:
        serve(page, render_set(ASKED, "quick"))
        add(page, *(STATIC / "questions" / f"{name}.js" for name in ("kept", "kinds")))
        found = dict(page.evaluate(IN_THE_PAGE, cases))
        kinds = page.evaluate("Object.keys(ResNetQuestions.KINDS)")
    assert set(kinds) == set(CASES) == set(KINDS) - {"card"}
    return {id_: list(zip(cases[id_], found[id_], strict=True)) for id_ in BY_ID}


@pytest.mark.parametrize("kind", CASES)
def test_page_and_python_give_the_same_verdict_on_every_answer(judged, kind: str):
    asked = [question for question in ASKED if question.kind == kind]
    seen = set()
    for question in asked:
        for values, (in_page, _, _) in judged[question.id]:
            expected = in_python(question, values)
            assert in_page is expected, f"{question.id}: {values}"
            seen.add(expected)
    assert asked and seen == {True, False, None}


@pytest.mark.parametrize("kind", CASES)
def test_what_a_form_holds_of_a_kept_answer_is_judged_alike(judged, kind: str):
    for question in (question for question in ASKED if question.kind == kind):
        for values, (_, held, in_page) in judged[question.id]:
            assert in_page is in_python(question, held), f"{question.id}: {values} as {held}"
        right, (in_page, held, again) = judged[question.id][0]
        assert in_page is True and again is True, question.id
        assert sorted(held) == sorted(right)


def test_a_number_is_right_up_to_its_tolerance_in_both(judged):
    for question in (question for question in ASKED if question.kind == "numeric"):
        value, reach = question.answer.value, question.answer.reach
        by_text = {text: verdict for (text,), (verdict, _, _) in judged[question.id]}
        inside, outside = (repr(value + step) for step in (reach, 3 * reach + 1))
        assert (by_text[inside], by_text[outside]) == (True, False), question.id
