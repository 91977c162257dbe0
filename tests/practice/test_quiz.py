"""Questions in a running notebook: judged as on the page, stored as the page's form."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import ipywidgets
import pytest

from utils.practice.bank import load_bank, quick_check
from utils.practice.kinds import QuestionError
from utils.practice.kinds.numeric import parse_number
from utils.practice.markdown import label, plain
from utils.practice.rendered import render_set
from utils.practice.widgets import WIDGET_VIEW, QuickCheck, practise

BANK = Path(__file__).parents[1] / "given" / "questions"
BY_ID = {question.id.removeprefix("test-"): question for question in load_bank(BANK)}
ASKED = [question for name, question in BY_ID.items() if name not in ("short", "card")]
LABELS = BY_ID["label"].labels
TYPED = json.loads((BANK.parent / "typed_numbers.json").read_text(encoding="utf-8"))
OPTIONS = [
    pytest.param(item.text, id=f"{question.id}-{place}")
    for question in load_bank()
    for place, item in enumerate(getattr(question, "options", []))
]


@pytest.mark.parametrize(("text", "unit", "number"), TYPED)
def test_numbers_are_read_as_people_type_them(text, unit, number):
    assert parse_number(text, unit) == (None if number is None else pytest.approx(number))


@pytest.mark.parametrize(
    ("name", "answer", "right", "words"),
    [
        ("single", [0], True, "Overfitting would lower it"),
        ("single", [1], False, "claims.html#claim-overfitting"),
        ("multiple", [0, 1], True, "new channels"),
        ("multiple", [0], False, "One right answer is not ticked."),
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
        ("short", "It is added unchanged; a residual. Nets degrade.", False, "3 of 4 concepts"),
        ("short", BY_ID["short"].model, True, "4 of 4 concepts"),
        ("label", LABELS, True, "5 of 5"),
        ("label", LABELS | {"A": LABELS["B"]}, False, "4 of 5"),
    ],
)
def test_answers_are_judged(name, answer, right, words):
    verdict = BY_ID[name].judge(answer)
    assert verdict.right is right and words in verdict.says


@pytest.mark.parametrize(
    ("name", "answer"),
    [("single", []), ("numeric", "?"), ("order", [0, None]), ("output-typed", " "), ("label", {})],
)
def test_no_answer_is_not_judged(name, answer):
    assert BY_ID[name].judge(answer) is None


def controls(box: ipywidgets.Widget, kind: type) -> list:
    """Every control of a kind below a box."""
    found = [box] if isinstance(box, kind) else []
    return found + [c for child in getattr(box, "children", ()) for c in controls(child, kind)]


def test_widgets_answer_a_click():
    box = QuickCheck([BY_ID["single"]]).box
    (radios,) = controls(box, ipywidgets.RadioButtons)
    check, hint, show = controls(box, ipywidgets.Button)
    feedback = controls(box, ipywidgets.HTMLMath)[-1]
    check.click()
    assert "Answer first." in feedback.value
    radios.value = 1
    check.click()
    assert "Not right yet." in feedback.value and 'role="status"' in feedback.value
    radios.value = 0
    check.click()
    assert "Right." in feedback.value
    hint.click()
    assert "Look at Figure 1." in feedback.value and 'role="status"' in feedback.value
    show.click()
    assert "Step by step" in feedback.value


def said(name: str, answer: object) -> str:
    return BY_ID[name].judge(answer).says


def test_what_is_said_to_an_answer_is_said_in_these_words():
    assert said("numeric", "1") == "<p>Your number is too small.</p>"
    assert said("numeric", "1e9") == "<p>Your number is too large.</p>"
    assert said("order", [0, 2, 1, 3]) == "<p>Look at place 2.</p>"
    assert said("output-typed", "6") == "<p>Python prints something else.</p>"
    assert said("multiple", [0]).endswith("<p>One right answer is not ticked.</p>")
    assert said("label", LABELS) == f"<p>{len(LABELS)} of {len(LABELS)} places are right.</p>"
    one = dict.fromkeys(LABELS, "") | dict([next(iter(LABELS.items()))])
    assert said("label", one) == f"<p>1 of {len(LABELS)} places is right.</p>"
    for name, answer in (("numeric", "269722"), ("order", [0, 1, 2, 3]), ("output-typed", "8")):
        assert said(name, answer) == ""


def only(box: ipywidgets.Widget, kind: type) -> ipywidgets.Widget:
    (found,) = controls(box, kind)
    return found


def test_an_empty_box_says_what_belongs_into_it():
    def placeholder(question: object, kind: type) -> str:
        return only(QuickCheck([question]).box, kind).placeholder

    numeric = BY_ID["numeric"]
    bare = numeric.model_copy(update={"answer": numeric.answer.model_copy(update={"unit": ""})})
    assert placeholder(numeric, ipywidgets.Text) == "parameters"
    assert placeholder(bare, ipywidgets.Text) == "a number"
    assert placeholder(BY_ID["output-typed"], ipywidgets.Textarea) == "the output"
    assert placeholder(BY_ID["short"], ipywidgets.Textarea) == "three to six sentences"


def test_choices_begin_unmade_and_what_is_chosen_is_judged():
    def answered(name: str) -> str:
        controls(boxes[name], ipywidgets.Button)[0].click()
        return controls(boxes[name], ipywidgets.HTMLMath)[-1].value

    names = ("single", "multiple", "order", "label", "output", "bug")
    boxes = {name: QuickCheck([BY_ID[name]]).box for name in names}
    assert all("Answer first." in answered(name) for name in names)
    for name in ("single", "output", "bug"):
        radios = only(boxes[name], ipywidgets.RadioButtons)
        right = next(n for n, option in enumerate(BY_ID[name].options) if option.correct)
        assert radios.value is None and {place for _, place in radios.options} >= {right}
        radios.value = right
    ticks = controls(boxes["multiple"], ipywidgets.Checkbox)
    texts = {label(option.text): option.correct for option in BY_ID["multiple"].options}
    assert sorted(tick.description for tick in ticks) == sorted(texts)
    for tick in ticks:
        tick.value = texts[tick.description]
    places = controls(boxes["order"], ipywidgets.Dropdown)
    steps = [label(step.text) for step in BY_ID["order"].options]
    assert [place.description for place in places] == [f"Place {n}" for n in (1, 2, 3, 4)]
    for number, place in enumerate(places):
        assert place.options[0] == ("", None) and place.value is None
        assert sorted(text for text, _ in place.options[1:]) == sorted(steps)
        place.label = steps[number]
    letters = controls(boxes["label"], ipywidgets.Dropdown)
    assert [letter.description for letter in letters] == sorted(LABELS)
    for letter in letters:
        assert letter.options == ("", *sorted(LABELS.values(), key=str.lower))
        letter.value = LABELS[letter.description]
    for name in names:
        said = answered(name)
        assert "Right." in said or "5 of 5 places" in said


def test_code_is_shown_where_it_is_asked_about_and_questions_are_counted_from_one():
    box = QuickCheck(ASKED).box
    for number, (question, child) in enumerate(zip(ASKED, box.children, strict=True), start=1):
        shown = controls(child, ipywidgets.HTMLMath)[0].value
        assert shown.startswith(f"<h4>Question {number}</h4>")
        assert ("<pre" in shown) is (question.kind in ("output", "bug"))
    repaired = QuickCheck([BY_ID["bug"]]).box
    controls(repaired, ipywidgets.Button)[-1].click()
    assert "zeros_like" in controls(repaired, ipywidgets.HTMLMath)[-1].value


def test_every_kind_has_widgets_and_a_solution():
    box = QuickCheck(ASKED).box
    assert len(box.children) == len(ASKED)
    for child in box.children:
        check, _, show = controls(child, ipywidgets.Button)
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


@pytest.mark.parametrize("text", OPTIONS)
def test_code_in_options_survives_and_formulas_become_text(text):
    shown = plain(text)
    for code in re.findall(r"```\w*\n(.*?)```|`([^`]+)`", text, re.DOTALL):
        assert "".join(code).strip("\n") in shown
    rest = re.sub(r"```.*?```|`[^`]+`", "", text, flags=re.DOTALL)
    if not set("`$*_[\\") & set(rest):
        assert shown == re.sub(r"```\w*\n|```|`", "", text).strip()
    elif "`" not in text:
        assert not set("$\\{}`") & set(shown), shown
    assert "\n" not in label(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`out = x * out`", "out = x * out"),
        ("`16 * 16` and `8 * 8`", "16 * 16 and 8 * 8"),
        (
            "`nn.Sequential(*blocks)`, *not* `[False, True]`",
            "nn.Sequential(*blocks), not [False, True]",
        ),
        ("`net.requires_grad_(False)`", "net.requires_grad_(False)"),
        (r"$\mathrm{ReLU}(F(x) \cdot x)$", "ReLU(F(x) · x)"),
        (r"$2^{10} \approx \frac{a}{b}$", "2¹⁰ ≈ (a)/(b)"),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_labels_show_what_markdown_means(text, shown):
    assert plain(text) == shown


def test_practice_offers_every_question_of_a_chapter_one_at_a_time():
    asked = [q for q in load_bank() if q.kind != "card"]
    bank = practise("book/paper", "hard")
    expected = [q.id for q in asked if q.chapter == "book/paper" and q.level == "hard"]
    assert [q.id for q in bank.questions] == expected and len(expected) > 3
    (pick,) = [c for c in controls(bank.box, ipywidgets.Dropdown) if c.description == "Question"]
    assert len(pick.options) == len(expected)
    following = controls(bank.box, ipywidgets.Button)[0]
    seen = []
    for _ in expected:
        place = bank.box.children[1].children[0]
        seen.append(controls(place, ipywidgets.HTMLMath)[0].value)
        following.click()
    assert len(set(seen)) == len(expected) and pick.value == 0


def test_practice_without_arguments_offers_the_whole_bank(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    expected = [q.id for q in load_bank() if q.kind != "card"]
    assert [q.id for q in practise().questions] == expected


def test_an_explanation_shows_its_model_answer():
    box = QuickCheck([BY_ID["short"]]).box
    check, _, show = controls(box, ipywidgets.Button)
    check.click()
    assert "Answer first." in controls(box, ipywidgets.HTMLMath)[-1].value
    show.click()
    assert "The input takes a shortcut" in controls(box, ipywidgets.HTMLMath)[-1].value


def test_a_practice_that_finds_nothing_says_what_there_is():
    with pytest.raises(QuestionError, match=r"chapters: .*book/paper.*levels: easy, medium, hard"):
        practise("book/papers")


def test_a_chapter_without_questions_is_named():
    with pytest.raises(QuestionError, match="book/after has no question"):
        quick_check("book/after", BANK)
