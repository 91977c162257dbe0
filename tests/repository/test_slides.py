"""What a slide says and shows comes from the book's sources, and a fault names file and line."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from resnet_book.slides.markup import Shown, body_html, notes_html
from resnet_book.slides.page import check_minutes
from typed_numbers import from_nowhere

from utils.facts.paper import cell
from utils.facts.plan import Step
from utils.facts.slides import FOLDER, Slide, SlidesError
from utils.practice.bank import read_bank
from utils.practice.kinds.choices import Single

STEP = Step(session=1, number=2, steps=3, start=10, minutes=25)


def shown(body: str, notes: str = "Say it.", step: Step | None = STEP) -> Shown:
    return Shown(Slide(1, "A title", (1, 2), (), body, notes), step, "week_9.md, line 1")


def seen(body: str) -> BeautifulSoup:
    return BeautifulSoup(body_html(shown(body), 1), "html.parser")


def test_a_number_of_the_paper_is_filled_in_and_links_its_row():
    link = seen("It is {cell}`6/resnet-110/error`.").a
    assert link.text == f"{cell('6/resnet-110/error').text}\N{NO-BREAK SPACE}%"
    assert link["href"] == "../book/paper.html#paper-table-6-row-resnet-110"


def test_a_computed_value_has_the_wanted_form():
    assert seen("{value}`2*(9*16*16)+2*2*16|,`").text.strip() == f"{2 * 9 * 16 * 16 + 64:,}"


def test_items_with_a_plus_appear_one_by_one():
    assert len(seen("+ one\n+ two").select("li.fragment")) == 2
    assert not seen("- one\n- two").select("li.fragment")


def test_a_formula_is_mathml():
    assert seen("so $x + 1$").find("math") and seen("$$\nx + 1\n$$").find("math")


def test_an_activity_takes_its_part_of_the_minutes_of_the_plan():
    assert "12 of 25 minutes" in seen("```{activity} 12: Pairs\nSort.\n```").text
    assert "25 minutes" in seen("```{activity} Pairs\nSort.\n```").text


def test_activities_longer_than_their_step_are_refused():
    slides = [shown("```{activity} 12: Pairs\nSort.\n```") for _ in range(3)]
    for number, slide in enumerate(slides):
        body_html(slide, number)
    check_minutes(slides[:2], "week_9.md")
    with pytest.raises(SlidesError, match=r"step 1\.2 take 36 minutes, but the plan gives it 25"):
        check_minutes(slides, "week_9.md")


def test_a_poll_shows_every_option_and_keeps_the_answer_for_the_next_press():
    question = next(q for q in read_bank() if isinstance(q, Single))
    slide = shown(f"```{{poll}} {question.id}\n```")
    poll = BeautifulSoup(body_html(slide, 1), "html.parser")
    assert len(poll.select(".poll-options > li")) == len(question.options)
    (right,) = poll.select("li:has(.fragment)")
    letter = right.select_one(".poll-letter").text
    assert poll.select_one(".fragment .poll-answer").text.startswith(f"{letter}.")
    notes = BeautifulSoup(notes_html(slide), "html.parser")
    assert f"Answer: {letter}." in notes.text
    assert len(notes.select("li")) == len(question.options) - 1


def test_the_notes_say_at_which_minute_the_step_begins():
    slide = shown("")
    assert "Session 1, step 2 of 3: 25 minutes, from minute 10 to minute 35" in notes_html(slide)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{cell}`6/resnet-7/error`", r"\{cell\}`6/resnet-7/error`: .*resnet-20"),
        ("{page}`book/nowhere`", "no page is called 'book/nowhere'"),
        ("{words}`nothing:a.b`", "no module of words of a chapter 'nothing'"),
        ("{shout}`x`", "no role 'shout'; there are: cell"),
        ("```{poll} unknown\n```", "no question with options is called 'unknown'"),
        ("```{verdict} unknown\n```", "no claim is called 'unknown'"),
        ("```{explorable} unknown\n```", "no explorable is called 'unknown'; known: block-builder"),
        ("```{drawn} unknown\n```", "no figure is called 'unknown'"),
        ("```{drawing} unknown\n```", "no drawing 'unknown'"),
        ("```{figure} 99_none / A / 1\n```", "no notebook is called '99_none'"),
        ("```{figure} 03_degradation / Recap / 1\n```", "has 0 figures below the heading 'Recap'"),
        ("```{goals}\nbook/paper 99\n```", "book/paper has no goal 99"),
        ("```{film} x\n```", "no directive 'film'; there are: activity"),
    ],
)
def test_what_does_not_exist_is_refused_with_its_place(body, fault):
    with pytest.raises(SlidesError, match=rf"week_9\.md, line 1: .*{fault}"):
        body_html(shown(body), 1)


def test_an_activity_outside_the_sessions_is_refused():
    with pytest.raises(SlidesError, match="needs a step of the plan"):
        body_html(shown("```{activity} Pairs\nSort.\n```", step=None), 1)


def test_markup_of_others_is_shown_and_not_used():
    assert not seen("<script>alert(1)</script>").find("script")


INVENTED = {"10.5", "0.5"}
"""What the drawing ``ten-and-a-half`` shows, which the notes explain."""
PLACES = re.compile(r"\{step=[^}]*\}|sections? [*\d.]+( (to|and) [*\d.]+)*")
"""Steps of the plan and sections of the ResNet paper."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_no_number_of_a_deck_comes_from_nowhere(path: Path, tmp_path: Path):
    bare = tmp_path / path.name
    bare.write_text(PLACES.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert {number for number, _ in from_nowhere(bare)} <= INVENTED
