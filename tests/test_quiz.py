"""Questions in a running notebook: judged as on the page, stored as the page's form."""

from __future__ import annotations

import sys
from pathlib import Path

import ipywidgets
import pytest

from utils.question_markup import render_set
from utils.questions import QuestionError, load_bank, quick_check
from utils.quiz import WIDGET_VIEW, QuickCheck, judge, parse_number, plain

BANK = Path(__file__).parent / "data" / "questions"
BY_ID = {question.id.removeprefix("test-"): question for question in load_bank(BANK)}
ASKED = [question for name, question in BY_ID.items() if name not in ("short", "card")]
LABELS = BY_ID["label"].labels


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("269,722", 269722),
        ("6,97", 6.97),
        ("0.27", 0.27),
        (" 71 % ", 71),
        ("2.7e5", 270000),
        ("\N{MINUS SIGN}3", -3),
        ("many", None),
        ("", None),
        ("1-2", None),
    ],
)
def test_numbers_are_read_as_people_type_them(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("name", "answer", "right", "words"),
    [
        ("single", [0], True, "Overfitting would lower it"),
        ("single", [1], False, "claims.html#claim-overfitting"),
        ("multiple", [0, 1], True, "new channels"),
        ("multiple", [0], False, "not ticked: 1"),
        ("multiple", [0, 1, 2], False, "option B"),
        ("numeric", "269,722", True, ""),
        ("numeric", "272474", False, "projections of option B"),
        ("numeric", "1", False, "too small"),
        ("order", [0, 1, 2, 3], True, ""),
        ("order", [0, 2, 1, 3], False, "place 2"),
        ("output", [0], True, "add up"),
        ("output-typed", "8 \n", True, ""),
        ("output-typed", "6", False, "something else"),
        ("bug", [1], False, "four pixels"),
        ("label", LABELS, True, "5 of 5"),
        ("label", LABELS | {"A": LABELS["B"]}, False, "4 of 5"),
    ],
)
def test_answers_are_judged(name, answer, right, words):
    verdict = judge(BY_ID[name], answer)
    assert verdict.right is right and words in verdict.says


@pytest.mark.parametrize(
    ("name", "answer"),
    [("single", []), ("numeric", "?"), ("order", [0, None]), ("output-typed", " "), ("label", {})],
)
def test_no_answer_is_not_judged(name, answer):
    assert judge(BY_ID[name], answer) is None


def controls(box: ipywidgets.Widget, kind: type) -> list:
    """Every control of a kind below a box."""
    found = [box] if isinstance(box, kind) else []
    return found + [c for child in getattr(box, "children", ()) for c in controls(child, kind)]


def test_widgets_answer_a_click():
    box = QuickCheck([BY_ID["single"]]).box
    (radios,) = controls(box, ipywidgets.RadioButtons)
    check, show = controls(box, ipywidgets.Button)
    feedback = controls(box, ipywidgets.HTMLMath)[-1]
    check.click()
    assert "Answer first." in feedback.value
    radios.value = 1
    check.click()
    assert "Not right yet." in feedback.value and 'role="status"' in feedback.value
    radios.value = 0
    check.click()
    assert "Right." in feedback.value
    show.click()
    assert "Step by step" in feedback.value


def test_every_kind_has_widgets_and_a_solution():
    box = QuickCheck(ASKED).box
    assert len(box.children) == len(ASKED)
    for child in box.children:
        check, show = controls(child, ipywidgets.Button)
        check.click()
        show.click()
        assert "Step by step" in controls(child, ipywidgets.HTMLMath)[-1].value


def test_what_is_stored_holds_widgets_and_the_pages_form():
    quiz = QuickCheck(ASKED)
    stored = quiz._repr_mimebundle_()
    assert stored["text/html"] == render_set(ASKED, "quick")
    assert stored[WIDGET_VIEW]["model_id"] == quiz.box.model_id


def test_without_ipywidgets_the_form_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    stored = QuickCheck(ASKED)._repr_mimebundle_()
    assert set(stored) == {"text/plain", "text/html"}


def test_marks_of_markdown_leave_labels():
    assert plain("the **first** `ReLU` of [the block](x.md)") == "the first ReLU of the block"


def test_a_chapter_without_questions_is_named():
    with pytest.raises(QuestionError, match="book/after has no question"):
        quick_check("book/after", BANK)
