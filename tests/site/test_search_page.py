"""The search of the built book."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browser import BUILD, DESKTOP_LIGHT, visit
from playwright.sync_api import Browser, Locator, Page, expect

from utils.practice.bank import load_bank
from utils.practice.flashcards import load_cards

OWNED = ("constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "isPrototypeOf")
"""Words that every object of JavaScript owns."""
DENIED = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { configurable: true, get() {
    throw new DOMException("denied", "SecurityError");
  } });
}"""
FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError");
};"""


def found(chromium: Browser, home: str, words: str, before: str = "") -> tuple[int, list[str]]:
    """How many pages the search says and shows, with the errors that it made."""
    with visit(chromium, home, "search.html", DESKTOP_LIGHT) as seen:
        if before:
            seen.page.add_init_script(before)
        seen.page.goto(f"{home}search.html?q={words}")
        summary = seen.page.locator(".search-summary")
        expect(summary).to_contain_text(re.compile("finished|did not match"), timeout=20_000)
        count = re.search(r"found (\d+) page", summary.inner_text())
        number = int(count[1]) if count else 0
        expect(seen.page.locator("#search-results ul.search > li")).to_have_count(number)
        return number, seen.errors


@pytest.mark.parametrize("word", OWNED)
def test_a_word_that_objects_own_is_searched_like_any_other(chromium, home, word: str):
    assert found(chromium, home, word)[1] == []


def test_a_page_that_speaks_of_a_constructor_is_found(chromium: Browser, home: str):
    """Its word stands in the index then, beside what the index's object owns."""
    with visit(chromium, home, "search.html", DESKTOP_LIGHT) as seen:
        index = (BUILD / "searchindex.js").read_text(encoding="utf-8")
        pages = json.loads(re.search(r'"terms": \{.*?"shortcut": (\[[^]]*\])', index)[1])
        spoken = index.replace('"terms": {', f'"terms": {{"constructor": {pages[:2]}, ', 1)
        seen.page.route("**/searchindex.js*", lambda route: route.fulfill(body=spoken))
        for words in ("constructor", "shortcut constructor"):
            seen.page.goto(f"{home}search.html?q={words}")
            expect(seen.page.locator(".search-summary")).to_contain_text("found 2 page")
        assert seen.errors == []


@pytest.mark.parametrize("absent", ["constructor", "zyxwvut", "Zyxwvut"])
def test_a_word_on_no_page_leaves_what_the_others_find_and_is_named(
    chromium: Browser, home: str, absent: str
):
    """Said twice, a word finds pages by their text alone, and no heading that is the query."""
    alone, errors = found(chromium, home, "shortcut shortcut")
    assert alone > 3 and errors == []
    with visit(chromium, home, "search.html", DESKTOP_LIGHT) as seen:
        seen.page.goto(f"{home}search.html?q={absent} shortcut")
        summary = seen.page.locator(".search-summary")
        expect(summary).to_contain_text(f"found {alone} page")
        expect(summary).to_contain_text(f"No page has the word “{absent}”")
        assert seen.errors == []


def test_words_that_stand_nowhere_find_nothing(chromium: Browser, home: str):
    assert found(chromium, home, "zyxwvut vwxyz") == (0, [])


def test_words_of_the_index_are_all_wanted_on_a_page(chromium: Browser, home: str):
    both = found(chromium, home, "shortcut zyxwvut bottleneck")[0]
    assert 0 < both == found(chromium, home, "shortcut bottleneck")[0]
    assert both < found(chromium, home, "shortcut")[0]


@pytest.mark.parametrize("state", [DENIED, FULL], ids=["denied", "full"])
def test_search_needs_no_storage(chromium: Browser, home: str, state: str):
    number, errors = found(chromium, home, "shortcut", state)
    assert errors == [] and number == found(chromium, home, "shortcut")[0] > 0


@pytest.mark.parametrize("state", [DENIED, FULL], ids=["denied", "full"])
def test_a_page_found_by_search_opens_without_storage(chromium: Browser, home: str, state: str):
    with visit(chromium, home, "search.html", DESKTOP_LIGHT) as seen:
        seen.page.add_init_script(state)
        seen.page.goto(f"{home}book/index.html?highlight=shortcut")
        expect(seen.page.locator("article h1")).to_be_visible()
        assert seen.errors == []


# Questions and cards ------------------------------------------------------------------------------

ONE_BY_ONE = [
    ("question", "highway gate", "book/practice.html#q-"),
    ("question to explain", "blog writes vanishing", "book/explain.html#q-"),
    ("flashcard", "which problem residual networks made for", "book/cards.html#card-"),
    ("page", "without javascript choose questions checked", "book/practice.html"),
]


@contextmanager
def entries(chromium: Browser, home: str, words: str) -> Iterator[tuple[Page, Locator]]:
    """The search page, with the list of questions and cards that it finds."""
    with visit(chromium, home, "search.html", DESKTOP_LIGHT) as seen:
        seen.page.goto(f"{home}search.html?q={words}")
        yield seen.page, seen.page.locator(".search-asked li")
        assert seen.errors == []


@pytest.mark.parametrize(("kind", "words", "address"), ONE_BY_ONE)
def test_a_question_or_card_is_found_and_its_link_shows_it(
    chromium: Browser, home: str, kind: str, words: str, address: str
):
    with entries(chromium, home, words) as (page, found):
        link = found.filter(has_text=re.compile(rf"\({kind}\)$")).first.locator("a")
        expect(link).to_have_attribute("href", re.compile(rf"^{address}"))
        href = link.get_attribute("href")
        anchor = href.partition("#")[2]
        link.click()
        expect(page).to_have_url(f"{home}{href}")
        expect(page.locator(f'[id="{anchor}"]' if anchor else "article h1")).to_be_in_viewport()
        if kind == "flashcard":
            expect(page.locator(f'[id="{anchor}"] .fc-back')).to_be_visible()


def test_every_question_prompt_and_card_is_an_entry_once():
    written = (BUILD / "searchasked.js").read_text(encoding="utf-8")
    index = json.loads(written.removeprefix("window.ResNetAsked = ").removesuffix(";\n"))
    anchors = [anchor for _, _, anchor, _ in index["entries"] if anchor]
    bank = load_bank()
    cards = {card.id for card in load_cards()}
    asked = {f"q-{question.id}" for question in bank if question.id not in cards}
    assert len(anchors) == len(set(anchors))
    assert {anchor for anchor in anchors if anchor.startswith("q-")} == asked
    assert {anchor for anchor in anchors if not anchor.startswith("q-")} == cards
    assert all(prompt for prompt, *_ in index["entries"])


def test_what_asks_the_words_comes_before_what_only_says_them(chromium: Browser, home: str):
    with entries(chromium, home, "gradient vanish") as (_, found):
        expect(found).to_have_count(8)
        for line in found.all()[:3]:
            expect(line).to_contain_text(re.compile("gradient.*vanish|vanish.*gradient", re.I))


def test_a_long_list_of_entries_unfolds_and_the_focus_goes_on(chromium: Browser, home: str):
    with entries(chromium, home, "shortcut") as (page, found):
        more = page.locator(".search-asked button")
        expect(more).to_have_text(re.compile(r"^Show all \d+$"))
        number = int(more.inner_text().split()[-1])
        expect(found).to_have_count(8)
        more.click()
        expect(found).to_have_count(number)
        expect(found.nth(8).locator("a")).to_be_focused()


def test_words_of_no_entry_show_no_list(chromium: Browser, home: str):
    with entries(chromium, home, "zyxwvut") as (page, found):
        expect(page.locator(".search-summary")).to_contain_text("did not match")
        expect(found).to_have_count(0)
