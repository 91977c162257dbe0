"""What a reader types or chooses is there after a reload, and is never replaced by something older.

Build the book first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browser import becomes, stays, watched
from playwright.sync_api import Browser, Locator, Page, Route, expect
from test_progress_file import PERSIST

from utils.practice.bank import exam, load_bank

EXAM = exam()
OPEN = [question for question in load_bank() if question.kind == "short"]
PUT = "([key, text]) => localStorage.setItem(key, text)"
DRAFT = "resnet-measured:text:v1:"
CHAPTER = "book/residual_networks.html"
BACK = ".q-resumed"


def ask(page: Page, id_: str) -> Locator:
    return page.locator(f"#q-{id_}")


def option(page: Page, question, *, right: bool) -> Locator:
    """The first option of a question that is right, or wrong."""
    place = next(p for p, o in enumerate(question.options) if bool(o.correct) is right)
    return ask(page, question.id).locator(f'.q-choices input[value="{place}"]')


def kept(page: Page) -> list[str]:
    """Names of the answers that the browser holds."""
    prefix = "resnet-measured:answer:v1:"
    keys = page.evaluate("Object.keys(localStorage)")
    return sorted(key.removeprefix(prefix) for key in keys if key.startswith(prefix))


# The exam ----------------------------------------------------------------------------------------


def test_twenty_answers_of_the_exam_survive_a_reload_and_leave_when_asked(page: Page, home: str):
    chosen = [question for question in EXAM if question.options and question.kind != "order"]
    page.goto(home + "book/exam.html")
    for question in chosen:
        option(page, question, right=True).check()
    becomes(lambda: kept(page), sorted(f"exam:{question.id}" for question in chosen))
    page.reload()
    expect(page.locator(BACK)).to_contain_text(f"Your {len(chosen)} answers of ")
    for question in chosen:
        expect(option(page, question, right=True)).to_be_checked()
        expect(ask(page, question.id).locator(".q-feedback")).to_have_text("")
    again = page.get_by_role("button", name="Start again")
    again.press("Enter")
    page.get_by_role("button", name="Really remove these answers?").press("Enter")
    expect(page.locator(BACK)).to_have_count(0)
    expect(page.locator(".q-choices input:checked")).to_have_count(0)
    assert kept(page) == []
    page.reload()
    expect(page.get_by_role("button", name="Finish and see the results")).to_be_visible()
    expect(page.locator(".q-choices input:checked")).to_have_count(0)


def test_results_of_the_exam_survive_a_reload_and_count_once(page: Page, home: str):
    first, second = [q for q in EXAM if q.kind == "single"][:2]
    page.goto(home + "book/exam.html")
    option(page, first, right=True).check()
    option(page, second, right=False).check()
    page.get_by_role("button", name="Finish").press("Enter")
    words = f"1 of {len(EXAM)} answers is right, and {len(EXAM) - 2} questions are not answered."
    expect(page.locator(".q-summary")).to_contain_text(words)
    option(page, second, right=True).check()
    page.reload()
    expect(page.locator(".q-summary")).to_contain_text(words)
    expect(option(page, second, right=False)).to_be_checked()
    expect(ask(page, first.id).locator(".q-feedback")).to_contain_text("Right.")
    result = json.loads(page.evaluate(f"localStorage['resnet-measured:q:v1:{first.id}']"))
    assert result == {"n": 1, "right": 1, "last": True}


# Quick checks and practice -----------------------------------------------------------------------


def quick(kind: str):
    """A question of this kind that the chapter in plain words asks itself."""
    return next(
        q
        for q in load_bank()
        if q.kind == kind and q.quick and q.chapter == CHAPTER.removesuffix(".html")
    )


def test_a_quick_check_is_as_it_was_after_leaving_the_page(page: Page, home: str):
    number, single = quick("numeric"), quick("single")
    page.goto(home + CHAPTER)
    box = ask(page, number.id).get_by_role("textbox")
    box.fill("12,5")
    option(page, single, right=False).check()
    ask(page, single.id).get_by_role("button", name="Check").press("Enter")
    page.goto(home + "book/exam.html")
    page.goto(home + CHAPTER)
    expect(box).to_have_value("12,5")
    expect(ask(page, number.id).locator(".q-feedback")).to_have_text("")
    expect(option(page, single, right=False)).to_be_checked()
    feedback = ask(page, single.id).locator(".q-feedback")
    expect(feedback).to_contain_text("Not right yet.")
    expect(feedback).to_have_attribute("aria-live", "off")
    expect(ask(page, single.id).locator(".q-past")).to_have_text("Last time: wrong (0 of 1).")
    option(page, single, right=True).check()
    ask(page, single.id).get_by_role("button", name="Check").press("Enter")
    expect(feedback).to_contain_text("Right.")
    assert feedback.get_attribute("aria-live") is None
    box.fill("")
    page.reload()
    expect(page.locator(BACK)).to_contain_text("Your answer of ")
    assert kept(page) == [f"quick:{single.id}"]


def place_of_steps(root: Locator) -> list[str]:
    return root.locator(".q-steps > li").evaluate_all("all => all.map(li => li.dataset.step)")


def test_a_draw_and_its_answers_of_every_kind_come_back(page: Page, home: str):
    bank = [q for q in load_bank() if q.kind not in ("card", "short")]
    kinds = ("single", "multiple", "numeric", "order", "label")
    drawn = {kind: next(q for q in bank if q.kind == kind) for kind in kinds}
    sitting = {"draw": "ten", "ids": [q.id for q in drawn.values()], "done": False,
               "at": "2026-03-02T12:00:00.000Z"}  # fmt: skip
    page.goto(home + "book/practice.html")
    page.evaluate(PUT, ["resnet-measured:sitting:v1:practice", json.dumps(sitting)])
    page.reload()
    expect(page.locator(".q-status")).to_contain_text("that you drew on 2 March, with your answers")
    expect(page.locator(".q-deck .q")).to_have_count(len(kinds))
    option(page, drawn["multiple"], right=True).check()
    ask(page, drawn["numeric"].id).get_by_role("textbox").fill("7")
    steps = ask(page, drawn["order"].id)
    expect(steps.locator(".q-steps")).to_be_visible()
    before = place_of_steps(steps)
    steps.get_by_role("button", name="Move down").first.press("Enter")
    order = becomes(lambda: place_of_steps(steps), lambda found: found != before)
    letter, name = next(iter(drawn["label"].labels.items()))
    label = ask(page, drawn["label"].id).get_by_label(f"Place {letter}")
    label.select_option(name)
    page.reload()
    expect(option(page, drawn["multiple"], right=True)).to_be_checked()
    expect(ask(page, drawn["numeric"].id).get_by_role("textbox")).to_have_value("7")
    expect(label).to_have_value(name)
    assert place_of_steps(steps) == order
    page.get_by_role("button", name="Draw ten").press("Enter")
    expect(page.locator(".q-deck .q")).to_have_count(10)
    names = page.locator(".q-deck .q").evaluate_all("all => all.map(q => q.dataset.q)")
    page.reload()
    expect(page.locator(".q-deck .q")).to_have_count(10)
    assert page.locator(".q-deck .q").evaluate_all("a => a.map(q => q.dataset.q)") == names


@pytest.mark.parametrize(
    "text", ["{", "null", '{"values": [1], "checked": false}', '{"values": "x"}']
)
def test_a_damaged_answer_is_told_and_loses_only_itself(page: Page, home: str, text: str):
    single, number = quick("single"), quick("numeric")
    good = json.dumps({"values": ["9"], "checked": False, "at": "2026-03-02T12:00:00.000Z"})
    page.goto(home + CHAPTER)
    page.evaluate(PUT, [f"resnet-measured:answer:v1:quick:{single.id}", text])
    page.evaluate(PUT, [f"resnet-measured:answer:v1:quick:{number.id}", good])
    page.reload()
    expect(page.locator(".q-notice").first).to_contain_text("damaged")
    expect(ask(page, number.id).get_by_role("textbox")).to_have_value("9")
    expect(page.locator(".q-choices input:checked")).to_have_count(0)


# A script that comes late ------------------------------------------------------------------------


@contextmanager
def late(
    chromium: Browser, address: str, before: dict[str, str]
) -> Iterator[tuple[Page, list[Route]]]:
    """A page whose script waits, in a browser that holds some entries."""
    waiting: list[Route] = []
    with watched(chromium) as page:
        page.goto(address, wait_until="load")
        for key, text in before.items():
            page.evaluate(PUT, [key, text])
        page.route("**/questions/*.js*", lambda route: waiting.append(route))
        page.reload(wait_until="commit")
        yield page, waiting


def let_come(page: Page, waiting: list[Route]) -> None:
    """The script arrives."""
    for route in waiting:
        route.continue_()
    page.unroute("**/questions/*.js*")
    page.locator(".q-set button").first.wait_for(state="attached")


def test_a_text_written_before_the_script_stays_and_the_older_one_is_offered(
    chromium: Browser, home: str
):
    id_ = OPEN[0].id
    with late(chromium, home + "book/explain.html", {DRAFT + id_: "An older text."}) as (
        page,
        held,
    ):
        box = ask(page, id_).get_by_role("textbox")
        box.fill("What I write now")
        let_come(page, held)
        expect(ask(page, id_).locator(".q-older")).to_contain_text("You have an older text")
        expect(box).to_have_value("What I write now")
        box.press("End")
        page.keyboard.type(", and more.")
        page.reload()
        expect(box).to_have_value("What I write now, and more.")
        ask(page, id_).get_by_role("button", name="Add it below my text").press("Enter")
        both = "What I write now, and more.\n\nAn older text."
        expect(box).to_have_value(both)
        page.reload()
        expect(box).to_have_value(both)
        expect(ask(page, id_).locator(".q-older")).to_be_hidden()


def test_an_older_text_goes_when_it_is_not_wanted(chromium: Browser, home: str):
    id_ = OPEN[0].id
    with late(chromium, home + "book/explain.html", {DRAFT + id_: "An older text."}) as (
        page,
        held,
    ):
        ask(page, id_).get_by_role("textbox").fill("New.")
        ask(page, id_).locator(".q-rubric summary").press("Enter")
        ask(page, id_).locator(".q-rubric input").nth(2).check()
        let_come(page, held)
        expect(ask(page, id_).locator(".q-rubric input").nth(2)).to_be_checked()
        ask(page, id_).get_by_role("button", name="Delete the older text").press("Enter")
        page.reload()
        expect(ask(page, id_).get_by_role("textbox")).to_have_value("New.")
        expect(ask(page, id_).locator(".q-older")).to_be_hidden()
        expect(ask(page, id_).locator(".q-rubric input").nth(2)).to_be_checked()


@pytest.mark.parametrize("address", [CHAPTER, "book/exam.html"])
def test_an_answer_given_before_the_script_wins_over_an_older_one(
    chromium: Browser, home: str, address: str
):
    single = quick("single") if address == CHAPTER else next(q for q in EXAM if q.kind == "single")
    mode = "quick" if address == CHAPTER else "exam"
    older = {"values": [], "checked": True, "at": "2026-03-02T12:00:00.000Z"}
    older["values"] = [str(next(p for p, o in enumerate(single.options) if not o.correct))]
    key = f"resnet-measured:answer:v1:{mode}:{single.id}"
    with late(chromium, home + address, {key: json.dumps(older)}) as (page, held):
        option(page, single, right=True).check()
        let_come(page, held)
        expect(option(page, single, right=True)).to_be_checked()
        page.reload()
        expect(option(page, single, right=True)).to_be_checked()
        expect(page.locator(BACK)).to_contain_text(re.compile("Your answer of "))


# Storage that lasts -----------------------------------------------------------------------------

ASKED = "localStorage.getItem('test-asked')"


@pytest.mark.parametrize("name", ["quick check", "practice", "exam"])
def test_the_first_answer_that_is_kept_asks_the_browser_to_keep_it(page: Page, home: str, name):
    question = next(q for q in EXAM if q.kind == "single") if name == "exam" else quick("single")
    address = CHAPTER if name == "quick check" else f"book/{name}.html"
    page.add_init_script(PERSIST)
    page.goto(f"{home}{address}#q-{question.id}")
    stays(page, lambda: page.evaluate(ASKED), None)
    option(page, question, right=False).check()
    page.wait_for_function(f"{ASKED} === 'x'")
    page.reload()
    option(page, question, right=True).check()
    stays(page, lambda: page.evaluate(ASKED), "x")


def test_a_ticked_concept_asks_the_browser_to_keep_it(page: Page, home: str):
    page.add_init_script(PERSIST)
    page.goto(f"{home}book/explain.html#q-{OPEN[0].id}")
    stays(page, lambda: page.evaluate(ASKED), None)
    ask(page, OPEN[0].id).get_by_text("The four concepts", exact=True).click()
    ask(page, OPEN[0].id).locator(".q-rubric input").first.check()
    page.wait_for_function(f"{ASKED} === 'x'")
