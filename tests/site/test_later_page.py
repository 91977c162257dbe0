"""Pages of thousands of elements are drawn as short ones, and nothing of them is lost."""

import re

import pytest
from browser import BUILD, becomes, elements, html_pages, watched
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect
from pygments.styles import get_style_by_name
from pygments.token import Keyword
from resnet_book.pages.code import STYLES

PRACTICE, MEASURED = "book/practice.html", "book/measured.html"
BOXES = {PRACTICE: ("details.q-group", "article.q"), MEASURED: ("details.book-records", "dl")}
"""A page -> its closed boxes, and what they hold."""
MOST = 4_000
LONGER = {
    "notebooks/01_residual_math.html": 5_850,
    "notebooks/02_simplecnn_vs_resnet.html": 5_200,
    "notebooks/04_gradient_norms.html": 6_600,
    "notebooks/06_inside_a_resnet.html": 5_200,
    "notebooks/08_time_to_accuracy.html": 4_300,
}
"""Elements of a page before anything is opened, at most."""

on_both = pytest.mark.parametrize("page", BOXES)


@pytest.mark.parametrize("page", html_pages())
def test_a_page_has_few_elements_before_something_is_opened(page: str):
    assert elements(page) <= LONGER.get(page, MOST)


NEVER_IDLE = "window.requestIdleCallback = () => {}"


@on_both
def test_a_box_is_filled_when_it_is_opened_and_no_other_is(chromium: Browser, home: str, page: str):
    boxes, inside = BOXES[page]
    with watched(chromium) as seen:
        seen.add_init_script(NEVER_IDLE)
        seen.goto(home + page)
        expect(seen.locator(f"{boxes} > noscript")).not_to_have_count(0)
        expect(seen.locator(f"{boxes} {inside}")).to_have_count(0)
        seen.locator(f"{boxes} > summary").first.click()
        expect(seen.locator(f"{boxes}[open] {inside}:visible")).not_to_have_count(0)
        expect(seen.locator(f"{boxes}:not([open]) {inside}")).to_have_count(0)


@pytest.mark.parametrize("idle", ["", "delete window.requestIdleCallback"])
@on_both
def test_the_rest_follows_for_the_browsers_search_and_for_saved_pages(
    chromium: Browser, home: str, page: str, idle: str
):
    boxes, inside = BOXES[page]
    with watched(chromium) as seen:
        seen.add_init_script(idle)
        seen.goto(home + page)
        expect(seen.locator("noscript.later")).to_have_count(0)
        for box in seen.locator(boxes).all():
            expect(box.locator(inside)).not_to_have_count(0)
        expect(seen.locator(f"{boxes}[open]")).to_have_count(0)


@on_both
def test_a_box_that_was_opened_before_the_script_came_is_filled(
    chromium: Browser, home: str, page: str
):
    boxes, inside = BOXES[page]
    with watched(chromium) as seen:
        seen.add_init_script(NEVER_IDLE)
        held: list = []
        seen.route("**/pages/later.js*", lambda route: held.append(route))
        seen.goto(home + page, wait_until="commit")
        seen.locator(f"{boxes} > summary").first.click()
        expect(seen.locator(f"{boxes}[open]")).to_have_count(1)
        held[0].continue_()
        expect(seen.locator(f"{boxes}[open] {inside}:visible")).not_to_have_count(0)


def test_code_that_was_kept_has_its_button_to_copy(page: Page, home: str):
    page.goto(home + PRACTICE)
    expect(page.locator("noscript.later")).to_have_count(0)
    codes = page.locator("article.q div.highlight pre")
    expect(codes).not_to_have_count(0)
    expect(page.locator("article.q .copybtn")).to_have_count(codes.count())


@pytest.mark.parametrize("missing", ["pages/later.js", "common.js"])
@on_both
def test_without_one_of_the_scripts_a_box_still_has_its_content(
    chromium: Browser, home: str, page: str, missing: str
):
    boxes, inside = BOXES[page]
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.route(f"**/{missing}*", lambda route: route.abort())
        seen.goto(home + page)
        seen.locator(f"{boxes} > summary").first.click()
        expect(seen.locator(f"{boxes}[open] {inside}:visible")).not_to_have_count(0)


def last_of_the_first_group() -> str:
    """A question with many others above it in its group."""
    text = (BUILD / PRACTICE).read_text(encoding="utf-8")
    group = BeautifulSoup(text, "html.parser").select_one("details.q-group")
    return group.select("article.q")[-1]["id"]


@pytest.mark.parametrize("begins", ["", "#%", "#nothing-has-this-name"])
def test_an_address_leads_to_a_question_that_was_kept(page: Page, home: str, begins: str):
    page.add_init_script(NEVER_IDLE)
    name = last_of_the_first_group()
    kept = page.locator(f'noscript[data-q="{name.removeprefix("q-")}"]')
    if begins:
        page.goto(f"{home}{PRACTICE}{begins}")
        expect(kept).to_have_count(1)
        page.evaluate("(name) => { location.hash = name }", name)
    else:
        page.goto(f"{home}{PRACTICE}#{name}")
    expect(page.locator(f"#{name}")).to_be_in_viewport()
    expect(kept).to_have_count(0)


def test_a_question_that_was_kept_is_answered_and_comes_back(page: Page, home: str):
    name = last_of_the_first_group()
    question = page.locator(f"#{name}")
    page.goto(f"{home}{PRACTICE}#{name}")
    question.locator("input").first.check()
    question.get_by_role("button", name="Check").click()
    expect(question.locator(".q-past")).to_contain_text("Last time")
    page.reload()
    expect(question.locator("input").first).to_be_checked()
    expect(question.locator(".q-past")).to_contain_text("Last time")
    expect(question.locator(".q-feedback")).not_to_be_empty()


def test_without_its_script_the_practice_page_still_draws(chromium: Browser, home: str):
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.route("**/pages/later.js*", lambda route: route.abort())
        seen.goto(home + PRACTICE)
        seen.get_by_role("button", name="Draw ten").click()
        expect(seen.locator(".q-deck .q")).to_have_count(10)


def test_a_question_that_is_opened_while_a_script_is_on_its_way_can_be_answered(
    chromium: Browser, home: str
):
    with watched(chromium) as seen:
        seen.add_init_script(NEVER_IDLE)
        held: list = []
        seen.route("**/questions/question.js*", lambda route: held.append(route))
        seen.goto(home + PRACTICE, wait_until="commit")
        expect(seen.locator("details.q-group > noscript")).not_to_have_count(0)
        becomes(lambda: seen.evaluate("Boolean(window.ResNetQuestions?.found)"), True)
        seen.locator("details.q-group > summary").first.click()
        expect(seen.locator("details.q-group[open] article.q")).not_to_have_count(0)
        held[0].continue_()
        opened = seen.locator("details.q-group[open] article.q").first
        expect(opened.get_by_role("button", name="Check")).to_be_visible()


def test_code_has_the_two_styles_for_which_it_was_given_few_tags():
    css = (BUILD / "_static" / "pygments.css").read_text(encoding="utf-8")
    for scheme, name in zip(("light", "dark"), STYLES, strict=True):
        rule = rf'data-theme="{scheme}"\] \.highlight \.k {{ color: #(\w+)'
        (colour,) = re.findall(rule, css)
        assert colour.lower() == get_style_by_name(name).style_for_token(Keyword)["color"].lower()
