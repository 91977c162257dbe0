"""The start page: what is seen first, and the way back to where a reader left off."""

import json
import re

import pytest
from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, becomes, settled, stays, visit
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from utils.facts.claims import current_claims
from utils.facts.goals import load_chapters
from utils.practice.bank import load_bank
from utils.results.totals import totals

START = "book/index.html"
CHAPTER = "book/after.html"
KEY = "resnet-measured-place:v1"
LEFT_OFF = ".book-left-off"


def stored(page: Page) -> dict:
    return json.loads(page.evaluate("key => localStorage.getItem(key)", KEY))


def top(page: Page, selector: str) -> float:
    """Pixels from the top of the page."""
    return page.locator(selector).first.evaluate("e => e.getBoundingClientRect().top + scrollY")


def test_a_phone_shows_the_first_thing_to_touch_without_scrolling(chromium: Browser, home: str):
    with visit(chromium, home, START, PHONE_DARK) as seen:
        assert top(seen.page, ".explorable input") < PHONE_DARK.height - 48
        assert top(seen.page, ".book-first .book-figure") > top(seen.page, ".explorable input")


def test_the_finding_stands_beside_the_block_on_a_wide_window(chromium: Browser, home: str):
    with visit(chromium, home, START, DESKTOP_LIGHT) as seen:
        block = seen.page.locator(".book-first .explorable").bounding_box()
        finding = seen.page.locator(".book-first .book-figure").bounding_box()
        assert finding["x"] > block["x"] + block["width"]
        assert abs(finding["y"] - block["y"]) < 60
        assert finding["width"] > 280
        ways = seen.page.locator(".book-paths .sd-card")
        expect(ways).to_have_count(3)
        assert len({round(way.bounding_box()["y"]) for way in ways.all()}) == 1
        assert ways.locator("svg[role=img][aria-label]").count() == 3


def test_the_figures_are_those_of_the_sources():
    page = BeautifulSoup((BUILD / START).read_text(encoding="utf-8"), "html.parser")
    shown = [int(dd.text.replace(",", "")) for dd in page.select(".book-figures dd")]
    measured = totals()
    counted = [measured.trainings, round(measured.hours), len(load_bank())]
    assert shown == [*counted, len(current_claims().claims)]


def read_on(page: Page, pixels: int) -> None:
    """Turn the wheel until that much of the page has passed."""
    settled(page)  # one turn of millions of pixels would end where the page ended before
    page.mouse.move(600, 400)
    page.mouse.wheel(0, pixels)
    becomes(lambda: page.evaluate("scrollY"), lambda place: place > 0)


def test_a_reader_comes_back_to_the_section_she_left(page: Page, home: str):
    page.goto(home + START)
    expect(page.locator(LEFT_OFF)).to_be_hidden()
    page.goto(home + CHAPTER)
    section = page.locator(".bd-article section[id] > h2").nth(2)
    name = becomes(lambda: section.evaluate("e => e.parentElement.id"), bool)
    below = becomes(lambda: section.bounding_box()["y"], lambda place: place > 200)
    read_on(page, round(below) - 100)
    becomes(lambda: section.bounding_box()["y"], lambda place: place < 200)
    page.goto(home + START)
    link = page.locator(f"{LEFT_OFF} a")
    expect(link).to_be_visible()
    expect(link).to_have_text(re.compile("^After ResNet: .+"))
    link.click()
    page.wait_for_url(f"{home}{CHAPTER}#{name}")


def test_who_has_finished_a_chapter_goes_on_with_the_next(page: Page, home: str):
    page.goto(home + "book/claims.html")
    read_on(page, 10_000_000)
    following = page.locator("a.right-next .prev-next-title").inner_text()
    page.goto(home + START)
    link = page.locator(f"{LEFT_OFF} a")
    expect(link).to_have_text(following)
    expect(link).to_have_attribute("href", "after.html")


@pytest.mark.parametrize(
    "address", [CHAPTER, f"{CHAPTER}#airbench", "book/references.html#references"]
)
def test_a_glance_and_a_page_without_goals_change_nothing(page: Page, home: str, address: str):
    page.goto(home + address)
    if "references" in address:
        read_on(page, 3000)
    page.goto(home + START)
    stays(page, page.locator(LEFT_OFF).is_visible, False)


def test_the_place_is_no_progress_that_a_file_would_have_to_save(page: Page, home: str):
    page.goto(home + CHAPTER)
    read_on(page, 3000)
    page.goto(home + START)
    expect(page.locator(LEFT_OFF)).to_be_visible()
    assert stored(page)["page"] == "book/after"
    assert page.evaluate("localStorage.getItem('resnet-measured-file:v1:unsaved')") is None


@pytest.mark.parametrize(
    "text",
    [
        "{", "null", "[]", '"book/after"', "7",
        '{"page": "https://example.org", "title": "a"}',
        '{"page": "__proto__", "title": "a"}',
        '{"page": "book/after"}',
        '{"page": {"toString": "x"}, "title": "a"}',
        '{"page": "book/after", "title": "  "}',
        '{"page": "book/after", "title": 7, "heading": {}}',
    ],
)  # fmt: skip
def test_a_stored_place_that_is_none_leaves_the_line_hidden(page: Page, home: str, text: str):
    page.goto(home + START)
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
    page.reload()
    stays(page, page.locator(LEFT_OFF).is_visible, False, 0.2)


def test_what_was_stored_is_shown_as_words_and_leads_within_the_book(page: Page, home: str):
    page.goto(home + START)
    hostile = {
        "page": "book/after",
        "title": "<img src=x>",
        "section": '" onclick="',
        "heading": "",
    }
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, json.dumps(hostile)])
    page.reload()
    link = page.locator(f"{LEFT_OFF} a")
    expect(link).to_have_text("<img src=x>")
    assert link.get_attribute("href") == "after.html"
    assert page.locator(f"{LEFT_OFF} img").count() == 0


def test_every_page_with_goals_remembers_and_no_other_does():
    pages = {
        page.relative_to(BUILD).with_suffix("").as_posix()
        for page in BUILD.rglob("*.html")
        if "keep/place.js" in page.read_text(encoding="utf-8")
    }
    assert pages == {*load_chapters(), "book/index"}
