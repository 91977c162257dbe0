"""What a reader has answered: kept, shared between tabs, drawn from, explained, reset."""

from __future__ import annotations

import json

import pytest
from browser import (
    becomes,
)
from playwright.sync_api import Locator, Page, expect
from question_site import KEY, answer_wrong, ask, feedback, opened, questions, stored


@pytest.fixture
def site(question_site):
    return question_site


DRAFT = "resnet-measured:text:v1:test-short"
TICKS = "resnet-measured:ticks:v1:test-short"
OTHER = "resnet-measured:card:v1:kept"
DAMAGED = (
    "{",
    "null",
    "[]",
    "true",
    '"x"',
    '{"n": -1, "right": 0, "last": true}',
    '{"n": 1, "right": 2, "last": true}',
)
NO_STORAGE = """Object.defineProperty(window, "localStorage", {get() {
    throw new DOMException("off", "SecurityError"); }});"""
FULL_STORAGE = """Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError"); };"""


def test_a_reload_keeps_what_was_answered(chromium, site):
    with opened(chromium, site, "all") as page:
        answer_wrong(page)
        page.reload(wait_until="load")
        expect(ask(page, "single").locator(".q-past")).to_have_text("Last time: wrong (0 of 1).")


def test_two_tabs_add_up_and_see_each_other(chromium, site):
    with opened(chromium, site, "all") as page:
        other = page.context.new_page()
        other.goto(f"{site[0]}book/all.html", wait_until="load")
        answer_wrong(page)
        expect(ask(other, "single").locator(".q-past")).to_contain_text("(0 of 1)")
        ask(other, "single").locator('input[value="0"]').check()
        ask(other, "single").get_by_role("button", name="Check").press("Enter")
        ask(other, "output-typed").get_by_role("textbox").fill("8")
        ask(other, "output-typed").get_by_role("button", name="Check").press("Enter")
        ask(page, "multiple").locator('input[value="2"]').check()
        ask(page, "multiple").get_by_role("button", name="Check").press("Enter")
        becomes(lambda: stored(page, "single"), {"n": 2, "right": 1, "last": True})
        becomes(lambda: stored(page, "output-typed")["right"], 1)
        becomes(lambda: stored(page, "multiple")["n"], 1)


@pytest.mark.parametrize(
    ("script", "words"),
    [(NO_STORAGE, "does not let this page store"), (FULL_STORAGE, "cannot store more")],
)
def test_without_room_to_store_the_page_says_so_and_goes_on(chromium, site, script, words):
    with opened(chromium, site, "all", script=script) as page:
        answer_wrong(page)
        expect(feedback(ask(page, "single"))).to_contain_text("overfitting")
        expect(page.locator(".q-notice").first).to_contain_text(words)
        expect(ask(page, "single").locator(".q-past")).to_have_text("Last time: wrong (0 of 1).")


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_entry_is_told_and_loses_only_itself(chromium, site, damage: str):
    good = json.dumps({"n": 3, "right": 2, "last": True})
    with opened(chromium, site, "all") as page:
        for key, text in ((f"{KEY}test-single", damage), (f"{KEY}test-label", good), (OTHER, "x")):
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page.reload(wait_until="load")
        expect(page.locator(".q-notice").first).to_contain_text("damaged")
        expect(ask(page, "single").locator(".q-past")).to_have_text("")
        expect(ask(page, "label").locator(".q-past")).to_contain_text("(2 of 3)")
        answer_wrong(page)
        becomes(lambda: stored(page, "single"), {"n": 1, "right": 0, "last": False})
        assert page.evaluate("key => localStorage.getItem(key)", OTHER) == "x"


def missed(page: Page, name: str) -> None:
    text = json.dumps({"n": 1, "right": 0, "last": False})
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [f"{KEY}test-{name}", text])


def test_a_draw_holds_what_was_missed_and_the_level_that_was_chosen(chromium, site):
    with opened(chromium, site, "bank") as page:
        missed(page, "label")
        page.get_by_role("combobox", name="Level").select_option("easy")
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator(".q-status")).to_have_text(
            "3 questions have been drawn. Your last answer to 1 of them was wrong."
        )
        drawn = page.locator(".q-deck .q")
        assert set(drawn.evaluate_all("nodes => nodes.map(n => n.dataset.level)")) == {"easy"}
        assert page.evaluate("document.activeElement.textContent") == "Your 3 questions"
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator("[data-q]")).to_have_count(len(questions()) - 1)


def test_progress_by_chapter_grows_and_is_reset_only_after_asking(chromium, site):
    with opened(chromium, site, "bank") as page:
        page.evaluate("key => localStorage.setItem(key, 'x')", OTHER)
        row = page.locator('.q-progress [data-chapter="book/paper"]')
        page.locator('.q-group[data-chapter="book/paper"] > summary').press("Enter")
        answer_wrong(page)
        expect(row.locator(".q-tried")).to_have_text("1")
        expect(row.locator(".q-right")).to_have_text("0")
        page.get_by_role("button", name="Reset progress").press("Enter")
        page.get_by_role("button", name="No, keep").press("Enter")
        expect(page.get_by_role("button", name="No, keep")).to_be_hidden()
        assert stored(page, "single")["n"] == 1
        page.get_by_role("button", name="Reset progress").press("Enter")
        page.get_by_role("button", name="Yes, remove").press("Enter")
        expect(row.locator(".q-tried")).to_have_text("0")
        left = page.evaluate(
            "Object.keys(localStorage).filter(k => k.startsWith('resnet-measured:'))"
        )
        assert left == [OTHER]


def test_the_diagnostic_recommends_the_chapters_of_wrong_answers(chromium, site):
    with opened(chromium, site, "bank") as page:
        page.get_by_role("button", name="Diagnostic").press("Enter")
        expect(page.locator(".q-deck .q").first).to_be_visible()
        counts: dict[str, int] = {}
        for chapter in page.locator(".q-deck .q").evaluate_all(
            "n => n.map(q => q.dataset.chapter)"
        ):
            counts[chapter] = counts.get(chapter, 0) + 1
        assert set(counts) == {q.chapter for q in questions() if q.kind != "short"}
        assert max(counts.values()) <= 2
        page.get_by_role("button", name="Finish").press("Enter")
        summary = page.locator(".q-summary")
        expect(summary).to_contain_text(f"0 of {sum(counts.values())} answers are right")
        expect(summary).to_contain_text("Read these chapters first:")
        links = summary.get_by_role("link").evaluate_all("n => n.map(a => a.getAttribute('href'))")
        assert set(links) == {f"../{chapter}.html" for chapter in counts}


def test_the_exam_shows_nothing_before_it_is_finished(chromium, site):
    with opened(chromium, site, "exam") as page:
        expect(page.locator(".q-check:visible, .q > details:visible")).to_have_count(0)
        ask(page, "single").locator('input[value="0"]').check()
        ask(page, "single").locator('input[value="0"]').press("Enter")
        expect(feedback(ask(page, "single"))).to_have_text("")
        page.get_by_role("button", name="Finish").press("Enter")
        expect(page.locator(".q-summary")).to_contain_text(
            "1 of 2 answers is right, and 1 question is not answered."
        )
        assert page.evaluate("document.activeElement.className") == "q-summary"
        expect(feedback(ask(page, "multiple"))).to_contain_text("You did not answer this question.")
        page.get_by_role("button", name="Start again").press("Enter")
        expect(feedback(ask(page, "single"))).to_have_text("")
        assert ask(page, "single").locator("input:checked").count() == 0


def ticked(question: Locator) -> list[bool]:
    return [tick.is_checked() for tick in question.locator(".q-rubric input").all()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nothing of the kind.", "No concept is ticked, because the search has found no words"),
        ("Its input is added.", "1 of 4 concepts is ticked, because your text has words that go "
         "with it."),
        ("Its input is added to the branch, so the layers learn the residual.",
         "2 of 4 concepts are ticked, because your text has words that go with them."),
    ],
)  # fmt: skip
def test_suggested_ticks_are_explained_for_none_one_and_several(chromium, site, text, words):
    with opened(chromium, site, "explain") as page:
        question = ask(page, "short")
        question.get_by_role("textbox").fill(text)
        question.get_by_role("button", name="Suggest ticks").press("Enter")
        expect(feedback(question)).to_contain_text(words)


def test_an_explanation_is_counted_against_its_rubric(chromium, site):
    with opened(chromium, site, "explain") as page:
        question = ask(page, "short")
        box = question.get_by_role("textbox")
        box.fill("Its input is ADDED to the branch, so the layers learn the residual. Summary: no.")
        question.get_by_role("button", name="Suggest ticks").press("Enter")
        ticks = question.locator(".q-rubric input")
        becomes(lambda: ticked(question), [False, True, True, False])
        ticks.first.press("Space")
        ticks.nth(2).press("Space")
        ticks.nth(2).press("Space")
        question.get_by_role("button", name="Count the concepts").press("Enter")
        expect(feedback(question)).to_contain_text("Your text covers 3 of 4 concepts.")
        expect(feedback(question)).to_contain_text("Degradation")
        expect(feedback(question).get_by_role("link")).to_have_count(1)
        expect(question.get_by_text("The input takes a shortcut")).to_be_visible()
        page.reload(wait_until="load")
        expect(ask(page, "short").get_by_role("textbox")).to_have_value(
            "Its input is ADDED to the branch, so the layers learn the residual. Summary: no."
        )
        becomes(lambda: ticked(question), [True, True, True, False])
        expect(question.locator(".q-past")).to_have_text("Last count: 3 of 4 concepts.")


def write(page: Page, text: str) -> None:
    ask(page, "short").get_by_role("textbox").fill(text)


def written(page: Page) -> Locator:
    return ask(page, "short").get_by_role("textbox")


def kept(page: Page, key: str) -> str:
    return page.evaluate("key => localStorage.getItem(key)", key)


def test_two_tabs_share_a_text_its_ticks_and_its_count(chromium, site):
    with opened(chromium, site, "explain") as page:
        other = page.context.new_page()
        other.goto(f"{site[0]}book/explain.html", wait_until="load")
        write(page, "One text.")
        expect(written(other)).to_have_value("One text.")
        write(other, "One text, longer.")
        expect(written(page)).to_have_value("One text, longer.")
        ask(page, "short").locator(".q-rubric summary").press("Enter")
        ask(page, "short").locator(".q-rubric input").nth(1).press("Space")
        ask(page, "short").get_by_role("button", name="Count the concepts").press("Enter")
        expect(ask(other, "short").locator(".q-past")).to_have_text("Last count: 1 of 4 concepts.")
        assert ask(other, "short").locator(".q-rubric input").nth(1).is_checked()
        write(other, "")
        expect(written(page)).to_have_value("")


def test_a_text_written_in_two_tabs_at_once_keeps_both_versions(chromium, site):
    with opened(chromium, site, "explain") as page:
        other = page.context.new_page()
        other.goto(f"{site[0]}book/explain.html", wait_until="load")
        # A page gets no storage event of its own changes: this tab does not know the new text.
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [DRAFT, "Theirs."])
        write(page, "Mine.")
        expect(written(page)).to_have_value("Mine.\n\n[other version]\nTheirs.")
        expect(feedback(ask(page, "short"))).to_contain_text("Both versions are kept")
        expect(written(other)).to_have_value("Mine.\n\n[other version]\nTheirs.")
        assert kept(page, DRAFT) == "Mine.\n\n[other version]\nTheirs."


def test_tabs_that_wrote_at_once_agree_on_one_text(chromium, site):
    """Each tab hears that the other one wrote over the empty text, as when both wrote at once."""
    event = """([key, text]) => dispatchEvent(
        new StorageEvent("storage", {key, oldValue: null, newValue: text}))"""
    ends = []
    for mine, theirs in (("First.", "Second."), ("Second.", "First.")):
        with opened(chromium, site, "explain") as page:
            write(page, mine)
            page.evaluate(event, [DRAFT, theirs])
            ends.append(becomes(written(page).input_value, lambda text: "other version" in text))
            becomes(lambda: kept(page, DRAFT), ends[-1])
    assert ends == ["First.\n\n[other version]\nSecond."] * 2


@pytest.mark.parametrize(
    ("script", "words"),
    [(NO_STORAGE, "does not let this page store"), (FULL_STORAGE, "cannot store more")],
)
def test_explaining_goes_on_without_room_to_store(chromium, site, script, words):
    with opened(chromium, site, "explain", script=script) as page:
        write(page, "Its input is added to the branch.")
        expect(page.locator(".q-notice").first).to_contain_text(words)
        question = ask(page, "short")
        question.get_by_role("button", name="Suggest ticks").press("Enter")
        question.get_by_role("button", name="Count the concepts").press("Enter")
        expect(feedback(question)).to_contain_text("Your text covers 1 of 4 concepts.")
        expect(question.locator(".q-past")).to_have_text("Last count: 1 of 4 concepts.")
        expect(written(page)).to_have_value("Its input is added to the branch.")


@pytest.mark.parametrize("damage", ["{", "null", "[9]", '["0"]', '{"0": true}', "[-1]"])
def test_damaged_ticks_are_told_and_lose_no_text(chromium, site, damage: str):
    good = json.dumps({"n": 1, "right": 0, "last": False, "covered": 2})
    with opened(chromium, site, "explain") as page:
        for key, text in ((TICKS, damage), (DRAFT, "My text."), (f"{KEY}test-short", good)):
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page.reload(wait_until="load")
        expect(page.locator(".q-notice").first).to_contain_text("damaged")
        expect(written(page)).to_have_value("My text.")
        expect(ask(page, "short").locator(".q-past")).to_have_text("Last count: 2 of 4 concepts.")
        assert ask(page, "short").locator(".q-rubric input:checked").count() == 0


@pytest.mark.parametrize("covered", ["9", "-1", '"3"'])
def test_a_damaged_count_is_told_and_loses_no_text(chromium, site, covered: str):
    result = f'{{"n": 1, "right": 0, "last": false, "covered": {covered}}}'
    with opened(chromium, site, "explain") as page:
        for key, text in ((f"{KEY}test-short", result), (DRAFT, "My text."), (TICKS, "[0]")):
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page.reload(wait_until="load")
        expect(page.locator(".q-notice").first).to_contain_text("damaged")
        expect(written(page)).to_have_value("My text.")
        expect(ask(page, "short").locator(".q-past")).to_have_text("")
        assert ask(page, "short").locator(".q-rubric input:checked").count() == 1


@pytest.mark.parametrize("with_texts", [False, True])
def test_a_reset_leaves_texts_unless_their_removal_is_ticked(chromium, site, with_texts: bool):
    result = json.dumps({"n": 1, "right": 0, "last": False, "covered": 1})
    stored_here = {DRAFT: "My essay.", TICKS: "[0]", f"{KEY}test-short": result, OTHER: "x"}
    with opened(chromium, site, "bank") as page:
        for key, text in stored_here.items():
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page.get_by_role("button", name="Reset progress").press("Enter")
        expect(page.locator(".q-sure")).to_contain_text(
            "including the counts of “Explain it yourself”."
        )
        expect(page.locator(".q-sure")).to_contain_text("Your texts there and your flashcards stay")
        if with_texts:
            page.get_by_role("checkbox", name="Remove my texts and ticks there too").press("Space")
        page.get_by_role("button", name="Yes, remove").press("Enter")
        said = (
            "your texts and ticks"
            if with_texts
            else "Your texts and your progress with flashcards have been kept"
        )
        expect(page.locator(".q-status")).to_contain_text(said)
        left = page.evaluate(
            "Object.keys(localStorage).filter(k => k.startsWith('resnet-measured:')).sort()"
        )
        assert left == ([OTHER] if with_texts else sorted([OTHER, DRAFT, TICKS]))
