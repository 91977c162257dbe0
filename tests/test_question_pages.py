"""Questions in a real browser: answered by keyboard, announced, remembered, never run as code.

The pages are made here from ``tests/data/questions`` in the frame of a built page, so that they
hold every kind of question. Build the book first.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import (
    BUILD,
    DESKTOP_LIGHT,
    FOLDER,
    PHONE_DARK,
    VIEWS,
    Handler,
    View,
    becomes,
    settled,
    visit,
)
from playwright.sync_api import Browser, Locator, Page, expect
from test_site import AXE, SERIOUS

from utils.practice.bank import exam, load_bank
from utils.practice.rendered import render_bank, render_set
from utils.practice.rubric import covered

BANK = Path(__file__).parent / "data" / "questions"
FRAME = "book/glossary.html"  # a page with formulas and no question of its own
KEY = "resnet-measured:q:v1:"
DRAFT = "resnet-measured:text:v1:test-short"
TICKS = "resnet-measured:ticks:v1:test-short"
OTHER = "resnet-measured:card:v1:kept"
TYPED = json.loads((BANK.parent / "typed_numbers.json").read_text(encoding="utf-8"))
UNRELATED = (
    "Bread needs flour, water, salt and time. Knead the dough until it is smooth, and let it rest "
    "in a warm place for an hour. Then heat the oven, shape two loaves and bake them until the "
    "crust is brown. Serve with butter, and keep the rest in a cloth bag."
)
LINKS = (
    '<link rel="stylesheet" href="../_static/questions/questions.css"/>'
    '<script defer src="../_static/keep/progress.js"></script>'
    '<script defer src="../_static/questions/questions.js"></script></head>'
)
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


def questions(*kinds: str) -> list:
    """Questions of these kinds; all but cards for none."""
    return [q for q in load_bank(BANK) if q.kind != "card" and (not kinds or q.kind in kinds)]


def numbers() -> list:
    """A question for each typed number: its answer is what should be read."""
    (example,) = questions("numeric")
    made = []
    for place, (_, unit, value) in enumerate(TYPED):
        reach = abs(value or 0) * 1e-9
        answer = example.answer.model_copy(
            update={"value": value or 0.0, "relative": None, "tolerance": reach, "unit": unit}
        )
        made.append(example.model_copy(update={"id": f"n-{place}", "answer": answer, "near": []}))
    return made


def framed(markup: str) -> str:
    """A page of the book with other content."""
    page = (BUILD / FRAME).read_text(encoding="utf-8")
    start = page.index(">", page.index('<article class="bd-article"')) + 1
    end = page.rindex("</article>")
    body = f'<section><h1>Questions</h1><section id="s"><h2>Some</h2>{markup}</section></section>'
    return (page[:start] + body + page[end:]).replace("</head>", LINKS, 1)


@pytest.fixture(scope="module")
def site(home, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a small site: all kinds, the whole bank, an exam, open prompts."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "book").mkdir()
    (folder / "_static").symlink_to(BUILD / "_static")
    (folder / "404.html").write_text("missing", encoding="utf-8")
    ordinary = [q for q in questions() if q.kind != "short"]
    pages = {
        "all": render_set(questions(), "quick"),
        "bank": render_bank(ordinary),
        "exam": render_set(exam(BANK) + questions("multiple"), "exam", chapter_link=True),
        "explain": render_set(questions("short"), "explain"),
        "numbers": render_set(numbers(), "quick"),
    }
    for name, markup in pages.items():
        (folder / "book" / f"{name}.html").write_text(framed(markup), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{FOLDER}", folder
    server.shutdown()


@contextmanager
def opened(
    chromium: Browser, site, name: str, *, view: View = DESKTOP_LIGHT, script: str = "", **options
) -> Iterator[Page]:
    """One page of the small site in a fresh context."""
    size = {"width": view.width, "height": view.height}
    context = chromium.new_context(viewport=size, color_scheme=view.scheme, **options)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{site[0]}book/{name}.html", wait_until="load")
    try:
        yield page
    finally:
        context.close()


def ask(page: Page, name: str) -> Locator:
    return page.locator(f"#q-test-{name}")


def feedback(question: Locator) -> Locator:
    return question.locator(":scope > .q-feedback")


def focus_by_tab(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus; a pointer is never used."""
    for _ in range(300):
        settled(page)
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the element cannot be reached with Tab")


def choose(page: Page, question: Locator, value: int) -> None:
    """Choose a radio with Tab and the arrow keys, from the question's title."""
    radios = question.locator(".q-choices input")
    question.locator(".q-title").evaluate("node => { node.tabIndex = -1; node.focus(); }")
    settled(page)
    while not page.evaluate("document.activeElement.matches('.q-choices input')"):
        page.keyboard.press("Tab")
        settled(page)
    page.keyboard.press("Space")
    settled(page)
    for _ in range(radios.count()):
        settled(page)
        if radios.locator(f"xpath=self::*[@value='{value}']").is_checked():
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no key leads to choice {value}")


def stored(page: Page, name: str) -> dict:
    return json.loads(page.evaluate("key => localStorage.getItem(key)", f"{KEY}test-{name}"))


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
    """The table is that of tests/test_quiz.py."""
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


def answer_wrong(page: Page) -> None:
    ask(page, "single").locator('input[value="1"]').check()
    ask(page, "single").get_by_role("button", name="Check").press("Enter")


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
        expect(ask(page, "single").locator("mjx-container").first).to_be_visible()


@pytest.mark.parametrize("name", ["all", "bank", "exam", "explain"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.scheme}-{v.width}")
def test_pages_have_no_serious_barrier_and_fit(chromium, site, name: str, view: View):
    with visit(chromium, site[0], f"book/{name}.html", view) as seen:
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


def missed(page: Page, name: str) -> None:
    text = json.dumps({"n": 1, "right": 0, "last": False})
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [f"{KEY}test-{name}", text])


def test_a_draw_holds_what_was_missed_and_the_level_that_was_chosen(chromium, site):
    with opened(chromium, site, "bank") as page:
        missed(page, "label")
        page.get_by_role("combobox", name="Level").select_option("easy")
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator(".q-status")).to_have_text(
            "3 questions drawn, 1 of them missed before."
        )
        drawn = page.locator(".q-deck .q")
        assert set(drawn.evaluate_all("nodes => nodes.map(n => n.dataset.level)")) == {"easy"}
        assert page.evaluate("document.activeElement.textContent") == "Your 3 questions"
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator(".q")).to_have_count(len(questions()) - 1)


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
        expect(summary).to_contain_text(f"0 of {sum(counts.values())} right")
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
        expect(page.locator(".q-summary")).to_contain_text("1 of 2 right, 1 not answered.")
        assert page.evaluate("document.activeElement.className") == "q-summary"
        expect(feedback(ask(page, "multiple"))).to_contain_text("Not answered.")
        page.get_by_role("button", name="Start again").press("Enter")
        expect(feedback(ask(page, "single"))).to_have_text("")
        assert ask(page, "single").locator("input:checked").count() == 0


def ticked(question: Locator) -> list[bool]:
    return [tick.is_checked() for tick in question.locator(".q-rubric input").all()]


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
        expect(feedback(question)).to_contain_text("3 of 4 concepts.")
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
        expect(feedback(question)).to_contain_text("1 of 4 concepts.")
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
        expect(page.locator(".q-sure")).to_contain_text("the counts of “Explain it yourself” incl")
        expect(page.locator(".q-sure")).to_contain_text("Your texts there and your flashcards stay")
        if with_texts:
            page.get_by_role("checkbox", name="Remove my texts and ticks there too").press("Space")
        page.get_by_role("button", name="Yes, remove").press("Enter")
        said = "your texts and ticks" if with_texts else "Your texts and your flashcards are kept"
        expect(page.locator(".q-status")).to_contain_text(said)
        left = page.evaluate(
            "Object.keys(localStorage).filter(k => k.startsWith('resnet-measured:')).sort()"
        )
        assert left == ([OTHER] if with_texts else sorted([OTHER, DRAFT, TICKS]))


# The book's own pages ---------------------------------------------------------------------------


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


def answer_by_keyboard(page: Page, question) -> None:
    """Open the question's group if it is closed, answer, and check."""
    root = page.locator(f"#q-{question.id}")
    group = page.locator(f'.q-group[data-chapter="{question.chapter}"]')
    settled(page)
    if not group.evaluate("group => group.open"):
        group.locator(":scope > summary").focus()
        page.keyboard.press("Enter")
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
            past = page.locator(f"#q-{question.id} .q-past")
            expect(past).to_have_text("Last time: right (1 of 1).", use_inner_text=False)


def test_the_practice_page_holds_every_question_and_draws_from_a_file(home, chromium):
    asked = [q for q in load_bank() if q.kind not in ("card", "short")]
    with from_file(chromium, "practice") as page:
        assert len(asked) >= 200
        expect(page.locator(".q")).to_have_count(len(asked))
        page.get_by_role("button", name="Draw ten").press("Enter")
        expect(page.locator(".q-deck .q")).to_have_count(10)
