"""Every kind of question has the control that fits it, and the control gives the answer."""

from __future__ import annotations

from pathlib import Path

import ipywidgets
import pytest

from utils.practice.bank import load_bank
from utils.practice.widgets import Practice, QuickCheck

BANK = Path(__file__).parents[1] / "given" / "questions"
BY_ID = {q.id.removeprefix("test-"): q for q in load_bank(BANK)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("single", ipywidgets.RadioButtons), ("multiple", ipywidgets.VBox),
     ("numeric", ipywidgets.Text), ("order", ipywidgets.VBox), ("label", ipywidgets.VBox),
     ("output", ipywidgets.RadioButtons), ("output-typed", ipywidgets.Textarea),
     ("bug", ipywidgets.RadioButtons), ("short", ipywidgets.Textarea)],
)  # fmt: skip
def test_each_kind_has_its_control(name, kind):
    control, read = BY_ID[name].widget(ipywidgets)
    assert type(control) is kind
    assert BY_ID[name].judge(read()) is None  # nothing is answered yet


@pytest.mark.parametrize("name", ["single", "output", "bug"])
def test_a_radio_button_gives_the_place_of_its_option(name):
    question = BY_ID[name]
    control, read = question.widget(ipywidgets)
    assert read() == []
    for _, place in control.options:
        control.value = place
        assert read() == [place]
        assert question.judge(read()).right is question.options[place].correct
    assert sorted(place for _, place in control.options) == list(range(len(question.options)))


def test_ticks_give_the_places_of_their_options():
    question = BY_ID["multiple"]
    control, read = question.widget(ipywidgets)
    assert len(control.children) == len(question.options)
    assert not any(tick.value for tick in control.children)
    for tick in control.children:
        tick.value = True
    assert sorted(read()) == list(range(len(question.options)))


def test_typed_answers_are_read_as_they_stand():
    for name, text in (("numeric", "269,722"), ("output-typed", "8"), ("short", "It is added.")):
        control, read = BY_ID[name].widget(ipywidgets)
        control.value = text
        assert read() == text
    assert BY_ID["short"].widget(ipywidgets)[0].placeholder == "three to six sentences"
    assert BY_ID["output-typed"].widget(ipywidgets)[0].placeholder == "the output"


def test_steps_are_put_in_places_and_names_on_letters():
    question = BY_ID["order"]
    control, read = question.widget(ipywidgets)
    count = len(question.options)
    assert [line.description for line in control.children] == [
        f"Place {number}" for number in range(1, count + 1)
    ]
    assert read() == [None] * count
    for place, line in enumerate(control.children):
        line.value = place
    assert read() == list(range(count)) and question.judge(read()).right

    question = BY_ID["label"]
    control, read = question.widget(ipywidgets)
    picture, *boxes = control.children
    assert "<svg" in picture.value and [box.description for box in boxes] == sorted(question.labels)
    assert set(read().values()) == {""}
    for box in boxes:
        assert box.options[0] == "" and set(box.options[1:]) == set(question.labels.values())
        box.value = question.labels[box.description]
    assert question.judge(read()).right


def test_practice_begins_with_the_first_question_and_goes_round():
    asked = [BY_ID["single"], BY_ID["numeric"]]
    (head, place) = Practice(asked).box.children
    pick, following = head.children
    names = [f"{n}: test-{q.kind} ({q.level})" for n, q in enumerate(asked, 1)]
    assert [name for name, _ in pick.options] == names
    first = place.children[0]
    assert "Question 1" in first.children[0].value
    following.click()
    assert pick.value == 1 and "Question 2" in place.children[0].children[0].value
    following.click()
    assert pick.value == 0 and place.children[0] is first


def test_a_quick_check_numbers_its_questions_from_one():
    boxes = QuickCheck([BY_ID["single"], BY_ID["order"]]).box.children
    assert ["Question 1" in boxes[0].children[0].value,
            "Question 2" in boxes[1].children[0].value] == [True, True]  # fmt: skip
