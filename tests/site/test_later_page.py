"""Pages of thousands of elements are drawn as short ones, and nothing of them is lost."""

import re

import pytest
from browser import BUILD, html_pages, watched
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
    "notebooks/01_residual_math.html": 6_500,
    "notebooks/02_simplecnn_vs_resnet.html": 6_000,
    "notebooks/04_gradient_norms.html": 7_000,
    "notebooks/05_bottleneck.html": 4_300,
    "notebooks/06_inside_a_resnet.html": 5_700,
    "notebooks/07_code_clinic.html": 4_300,
    "notebooks/09_loss_surfaces.html": 4_300,
}
"""Elements of a page before anything is opened, at most."""

on_both = pytest.mark.parametrize("page", BOXES)


@pytest.mark.parametrize("page", html_pages())
def test_a_page_has_few_elements_before_something_is_opened(page: str):
    text = (BUILD / page).read_text(encoding="utf-8")
    drawn = re.sub(r"<noscript.*?</noscript>", "", text, flags=re.DOTALL)
    assert len(BeautifulSoup(drawn, "html.parser").find_all(True)) <= LONGER.get(page, MOST)


@on_both
def test_a_box_is_filled_when_it_is_opened_and_no_other_is(chromium: Browser, home: str, page: str):
    boxes, inside = BOXES[page]
    with watched(chromium) as seen:
        seen.goto(home + page)
        expect(seen.locator(f"{boxes} > noscript")).not_to_have_count(0)
        expect(seen.locator(f"{boxes} {inside}")).to_have_count(0)
        seen.locator(f"{boxes} > summary").first.click()
        expect(seen.locator(f"{boxes}[open] {inside}:visible")).not_to_have_count(0)
        expect(seen.locator(f"{boxes}:not([open]) {inside}")).to_have_count(0)


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


def test_an_address_leads_to_a_question_that_was_kept(page: Page, home: str):
    name = last_of_the_first_group()
    page.goto(f"{home}{PRACTICE}#{name}")
    expect(page.locator(f"#{name}")).to_be_in_viewport()
    page.goto(f"{home}{PRACTICE}#nothing-has-this-name")
    expect(page.locator(f"#{name}")).to_be_attached()
    other = page.locator("noscript[data-q]").last.get_attribute("data-q")
    page.evaluate("(name) => { location.hash = name }", f"q-{other}")
    expect(page.locator(f"#q-{other}")).to_be_in_viewport()


def test_a_question_that_was_kept_is_answered_and_comes_back(page: Page, home: str):
    name = last_of_the_first_group()
    page.goto(f"{home}{PRACTICE}#{name}")
    question = page.locator(f"#{name}")
    question.get_by_role("button", name="Check").click()
    expect(question.locator(".q-feedback")).not_to_be_empty()


def test_code_has_the_two_styles_for_which_it_was_given_few_tags():
    css = (BUILD / "_static" / "pygments.css").read_text(encoding="utf-8")
    for scheme, name in zip(("light", "dark"), STYLES, strict=True):
        rule = rf'data-theme="{scheme}"\] \.highlight \.k {{ color: #(\w+)'
        (colour,) = re.findall(rule, css)
        assert colour.lower() == get_style_by_name(name).style_for_token(Keyword)["color"].lower()


BLOCKING = {"keep/store.js", "pages/theme.js", "documentation_options.js"}
"""Small scripts of the head that must run before a page is drawn."""


@pytest.mark.parametrize("page", html_pages())
def test_no_script_of_the_theme_keeps_a_page_from_being_drawn(page: str):
    """The page of the search has scripts in its text that use those of its head at once."""
    head = BeautifulSoup((BUILD / page).read_text(encoding="utf-8"), "html.parser").head
    waits = [tag["src"] for tag in head.select("script[src]:not([defer])")]
    names = {src.partition("?")[0].rpartition("_static/")[2] for src in waits}
    assert names <= BLOCKING or page == "search.html"
