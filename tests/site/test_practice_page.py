"""The book's own practice pages, with every question of the bank."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from browser import (
    BUILD,
    settled,
)
from playwright.sync_api import Browser, Locator, Page, expect
from question_site import choose, feedback, focus_by_tab

from utils.practice.bank import load_bank
from utils.practice.rubric import covered

UNRELATED = (
    "Bread needs flour, water, salt and time. Knead the dough until it is smooth, and let it rest "
    "in a warm place for an hour. Then heat the oven, shape two loaves and bake them until the "
    "crust is brown. Serve with butter, and keep the rest in a cloth bag."
)


@contextmanager
def from_file(chromium: Browser, name: str) -> Iterator[Page]:
    """A page of the built book, opened as a file."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto((BUILD / "book" / f"{name}.html").as_uri(), wait_until="load")
    yield page
    context.close()


def suggested(page: Page, id_: str, text: str) -> list[int]:
    """The concepts that the page ticks for a text."""
    question = page.locator(f"#q-{id_}")
    question.get_by_role("textbox").fill(text)
    question.get_by_role("button", name="Suggest ticks").press("Enter")
    settled(page)
    return question.locator(".q-rubric input").evaluate_all(
        "inputs => inputs.flatMap((input, place) => input.checked ? [place] : [])"
    )


OPEN = [question for question in load_bank() if question.kind == "short"]


def test_a_model_answer_gets_all_ticks_and_an_unrelated_text_none(home, chromium):
    with from_file(chromium, "explain") as page:
        assert len(OPEN) >= 12
        expect(page.locator(".q-short")).to_have_count(len(OPEN))
        for question in OPEN:
            assert suggested(page, question.id, question.model) == [0, 1, 2, 3], question.id
            assert suggested(page, question.id, UNRELATED) == [], question.id
            box = page.locator(f"#q-{question.id}").get_by_role("textbox")
            box.fill(" ")
            settled(page)
            for tick in page.locator(f"#q-{question.id} .q-rubric input:checked").all():
                tick.uncheck()
            assert suggested(page, question.id, "") == [], question.id


def test_a_phrase_of_a_concept_ticks_it_as_in_the_notebook(home, chromium):
    with from_file(chromium, "explain") as page:
        for question in OPEN:
            keys = [concept.keys for concept in question.rubric]
            for place, concept in enumerate(question.rubric):
                for phrase in concept.phrases:
                    found = suggested(page, question.id, phrase)
                    assert place in found, f"{question.id}: {phrase}"
                    assert found == covered(keys, phrase), f"{question.id}: {phrase}"


def first_of(kind: str):
    """A question of the bank that the practice page holds."""
    return next(question for question in load_bank() if question.kind == kind)


def type_answer(page: Page, root: Locator, question) -> None:
    """Answer a question by Tab, arrows, space and typing alone."""
    if question.kind == "numeric":
        focus_by_tab(page, root.get_by_role("textbox"))
        page.keyboard.type(f"{question.answer.value!r}")
    elif question.kind == "multiple":
        for place, option in enumerate(question.options):
            if option.correct:
                focus_by_tab(page, root.locator(f'.q-choices input[value="{place}"]'))
                page.keyboard.press("Space")
    elif question.kind == "label":
        for letter, name in question.labels.items():
            select = root.get_by_label(f"Place {letter}")
            focus_by_tab(page, select)
            settled(page)
            for _ in range(select.locator("option").count()):
                settled(page)
                if select.input_value() != name:
                    page.keyboard.press("ArrowDown")
    elif question.kind == "bug":
        right = next(place for place, option in enumerate(question.options) if option.correct)
        choose(page, root, right)
    elif question.kind == "order":
        steps = root.locator(".q-steps > li")
        settled(page)
        for wanted in range(steps.count()):
            while (now := places_of(steps).index(wanted)) > wanted:
                focus_by_tab(page, steps.nth(now).get_by_role("button", name="Move up"))
                page.keyboard.press("Space")
                settled(page)


def places_of(steps: Locator) -> list[int]:
    return steps.evaluate_all("items => items.map(item => Number(item.dataset.step))")


def open_group(page: Page, question) -> None:
    """Open the question's group if it is closed."""
    group = page.locator(f'.q-group[data-chapter="{question.chapter}"]')
    settled(page)
    if not group.evaluate("group => group.open"):
        group.locator(":scope > summary").focus()
        page.keyboard.press("Enter")


def answer_by_keyboard(page: Page, question) -> None:
    """Find the question, answer, and check."""
    root = page.locator(f"#q-{question.id}")
    open_group(page, question)
    root.locator(".q-title").evaluate("node => { node.tabIndex = -1; node.focus(); }")
    type_answer(page, root, question)
    focus_by_tab(page, root.get_by_role("button", name="Check"))
    page.keyboard.press("Enter")
    expect(feedback(root)).to_contain_text("Right.")


def test_the_practice_page_is_answered_from_a_file_by_keyboard_alone(home, chromium):
    answered = [first_of(kind) for kind in ("multiple", "numeric", "label", "bug", "order")]
    with from_file(chromium, "practice") as page:
        for question in answered:
            answer_by_keyboard(page, question)
        page.reload(wait_until="load")
        for question in answered:
            open_group(page, question)
            past = page.locator(f"#q-{question.id} .q-past")
            expect(past).to_have_text("Last time: right (1 of 1).", use_inner_text=False)


def test_the_practice_page_holds_every_question_and_draws_from_a_file(home, chromium):
    asked = [q for q in load_bank() if q.kind not in ("card", "short")]
    with from_file(chromium, "practice") as page:
        assert len(asked) >= 200
        expect(page.locator(".q-group > [data-q]")).to_have_count(len(asked))
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator(".q-deck .q")).to_have_count(10)
