"""Questions on a page: answered by keyboard, judged, read without a script."""

from __future__ import annotations

import pytest
from browser import (
    PHONE_DARK,
    VIEWS,
    View,
    becomes,
    settled,
    visit,
)
from playwright.sync_api import expect
from question_site import (
    KEY,
    TYPED,
    answer_wrong,
    ask,
    choose,
    feedback,
    focus_by_tab,
    opened,
    questions,
    stored,
)
from test_site import AXE, SERIOUS


@pytest.fixture
def site(question_site):
    return question_site


def test_a_wrong_then_a_right_answer_by_keyboard_only(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "single")
        choose(page, question, 1)
        focus_by_tab(page, question.get_by_role("button", name="Check"))
        page.keyboard.press("Enter")
        expect(feedback(question)).to_contain_text("Not right yet.")
        expect(feedback(question)).to_contain_text("That would be overfitting.")
        link = feedback(question).get_by_role("link")
        expect(link).to_have_attribute("href", "../book/claims.html#claim-overfitting")
        choose(page, question, 0)
        page.keyboard.press("Enter")
        expect(feedback(question)).to_contain_text("Right. Overfitting would lower it.")
        becomes(lambda: stored(page, "single"), {"n": 2, "right": 1, "last": True})


def test_feedback_stands_in_a_live_region_that_is_there_before(chromium, site):
    with opened(chromium, site, "all") as page:
        regions = page.locator(".q > .q-feedback")
        expect(regions).to_have_count(len(questions()))
        for region in regions.all():
            expect(region).to_have_attribute("role", "status")
            expect(region).to_have_text("")


def test_an_unanswered_question_asks_for_an_answer_and_counts_nothing(chromium, site):
    with opened(chromium, site, "all") as page:
        asked = page.locator('.q:not([data-kind="short"])')
        expect(asked).to_have_count(sum(question.kind != "short" for question in questions()))
        for question in asked.all():
            question.get_by_role("button", name="Check").press("Enter")
            expect(feedback(question)).to_contain_text("first")
        settled(page)
        assert page.evaluate(f"Object.keys(localStorage).filter(k => k.startsWith('{KEY}'))") == []


def test_several_answers_must_all_be_ticked(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "multiple")
        check = question.get_by_role("button", name="Check")
        question.locator('input[value="0"]').press("Space")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("One right answer is not ticked.")
        question.locator('input[value="1"]').press("Space")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("Right.")
        question.locator('input[value="2"]').press("Space")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("That is option B.")
        becomes(lambda: stored(page, "multiple"), {"n": 3, "right": 1, "last": False})


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("269722", "Right."),
        ("269,722", "Right."),
        ("2.7e5", "Right."),
        ("272,474", "Right."),
        ("300000", "too large"),
        ("-3", "too small"),
        ("many", "Type a number first"),
    ],
)
def test_numbers_are_judged_within_their_tolerance(chromium, site, typed: str, words: str):
    # 1 % of 269,722 is 2,697; so 272,474 is off by 2,752 and only its own feedback may answer.
    words = "option B" if typed == "272,474" else words
    with opened(chromium, site, "all") as page:
        question = ask(page, "numeric")
        question.get_by_role("textbox").fill(typed)
        question.get_by_role("textbox").press("Enter")
        expect(feedback(question)).to_contain_text(words)


def test_the_page_reads_numbers_as_the_notebook_does(chromium, site):
    """The table is that of tests/practice/test_quiz.py."""
    with opened(chromium, site, "numbers") as page:
        for place, (text, _, value) in enumerate(TYPED):
            question = page.locator(f"#q-n-{place}")
            question.get_by_role("textbox").fill(text)
            question.get_by_role("textbox").press("Enter")
            wanted = "Type a number first" if value is None else "Right."
            expect(feedback(question), repr((text, value))).to_contain_text(wanted)


def test_a_question_about_per_cent_says_what_it_expects(chromium, site):
    wanted = {"%": "in per cent, such as 27", "points": "counted in points and without %"}
    with opened(chromium, site, "numbers") as page:
        for unit, words in wanted.items():
            place = [entry[1] for entry in TYPED].index(unit)
            question = page.locator(f"#q-n-{place}")
            question.get_by_role("button", name="Check").press("Enter")
            expect(feedback(question)).to_contain_text(words)


def test_steps_are_put_in_order_with_buttons_that_keep_the_focus(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "order")
        steps = question.locator(".q-steps > li")
        settled(page)
        for wanted in range(steps.count()):
            for _ in range(steps.count()):
                places = steps.evaluate_all("items => items.map(i => Number(i.dataset.step))")
                if places[wanted] == wanted:
                    break
                button = steps.nth(places.index(wanted)).get_by_role("button", name="Move up")
                button.press("Enter")
                expect(feedback(question)).to_contain_text("now ")
                assert page.evaluate("document.activeElement.closest('.q-steps') !== null")
        question.get_by_role("button", name="Check").press("Enter")
        expect(feedback(question)).to_contain_text("Right.")


def test_a_typed_output_is_compared_with_the_real_one(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "output-typed")
        box, check = question.get_by_role("textbox"), question.get_by_role("button", name="Check")
        box.fill("6")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("differs")
        box.fill(" 8\n")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("Right.")


@pytest.mark.parametrize("name", ["output", "bug"])
def test_code_questions_show_their_code_and_judge(chromium, site, name: str):
    with opened(chromium, site, "all") as page:
        question = ask(page, name)
        expect(question.locator(".q-prompt pre")).to_contain_text("import torch")
        choose(page, question, 0)
        page.keyboard.press("Enter")
        expect(feedback(question)).to_contain_text("Right.")


def test_places_of_a_drawing_take_their_names(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "label")
        labels = next(q for q in questions("label")).labels
        for letter, name in labels.items():
            question.get_by_label(f"Place {letter}").select_option(name)
        question.get_by_label("Place A").select_option(labels["B"])
        check = question.get_by_role("button", name="Check")
        check.press("Enter")
        expect(feedback(question)).to_contain_text("4 of 5 places are right.")
        question.get_by_label("Place A").select_option(labels["A"])
        check.press("Enter")
        expect(feedback(question)).to_contain_text("Right.")


def test_shuffling_changes_the_order_and_never_what_is_right(chromium, site):
    with opened(chromium, site, "all") as page:
        question = ask(page, "single")
        values = question.locator(".q-choices input")
        seen = set()
        for _ in range(25):
            question.get_by_role("button", name="Shuffle choices").press("Enter")
            settled(page)
            seen.add(tuple(values.evaluate_all("nodes => nodes.map(n => n.value)")))
        assert len(seen) > 1
        question.locator(".q-choices li", has_text="A higher one.").locator("input").check()
        question.get_by_role("button", name="Check").press("Enter")
        expect(feedback(question)).to_contain_text("Right.")


def test_markup_in_the_bank_is_shown_and_never_run(chromium, site):
    with opened(chromium, site, "all") as page:
        expect(ask(page, "single").locator(".q-choices")).to_contain_text("<script>document.title")
        ask(page, "single").locator('input[value="2"]').check()
        ask(page, "single").get_by_role("button", name="Check").press("Enter")
        expect(feedback(ask(page, "single"))).to_contain_text("<b>No</b> markup")
        assert page.title() != "run"
        assert page.locator(".q-set :is(script, .q-says b)").count() == 0


def test_formulas_are_set(chromium, site):
    with opened(chromium, site, "all") as page:
        expect(ask(page, "single").locator(".math > math").first).to_be_visible()


@pytest.mark.parametrize("name", ["all", "bank", "exam", "explain"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.scheme}-{v.width}")
def test_pages_have_no_serious_barrier_and_fit(chromium, site, name: str, view: View):
    with visit(chromium, site[0], f"book/{name}.html", view) as seen:
        seen.page.evaluate("window.ResNetLater?.unfold(document)")
        seen.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        if name != "explain":
            settled(seen.page)
            for button in seen.page.locator(".q-check:visible").all()[:3]:
                button.press("Enter")
        settled(seen.page)
        assert seen.overflow_px() <= 0
        assert not seen.errors
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
        settled(seen.page)
        assert not seen.page.evaluate(SERIOUS)


def test_everything_can_be_read_without_a_script(chromium, site):
    with opened(chromium, site, "bank", java_script_enabled=False, view=PHONE_DARK) as page:
        expect(page.locator(".q")).to_have_count(len(questions()) - 1)
        for group in page.locator(".q-group").all():
            group.locator(":scope > summary").click()
            expect(group).to_have_attribute("open", "")
        for question in page.locator(".q").all():
            solution = question.locator(".q-solution")
            solution.locator("summary").click()
            expect(solution.locator("ol, pre").first).to_be_visible()
        expect(page.locator(".q-set button")).to_have_count(0)
        expect(page.locator(".q-tools")).to_be_hidden()


def test_printing_opens_hints_and_solutions(chromium, site):
    with opened(chromium, site, "all") as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(page.locator(".q-set details:not([open])")).to_have_count(0)
        page.emulate_media(media="print")
        expect(page.locator(".q-buttons").first).to_be_hidden()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(page.locator(".q-set details[open]")).to_have_count(0)


def test_pages_work_from_a_file(chromium, site):
    context = chromium.new_context()
    page = context.new_page()
    page.goto((site[1] / "book" / "all.html").as_uri(), wait_until="load")
    answer_wrong(page)
    expect(feedback(ask(page, "single"))).to_contain_text("overfitting")
    page.reload(wait_until="load")
    expect(ask(page, "single").locator(".q-past")).to_contain_text("(0 of 1)")
    context.close()
