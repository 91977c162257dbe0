"""The built pages: minutes, next links, pictures with words."""

import re
from functools import cache

import pytest
from browser import BUILD, ROOT
from bs4 import BeautifulSoup, Tag
from page_words import NEXT, PAGES, nameless_pictures, next_links, stated_minutes, toc, words

from utils.facts.goals import load_chapters

DESCRIPTION_LIMIT = 160


on_every_page = pytest.mark.parametrize("page", PAGES)


@cache
def built(page: str) -> BeautifulSoup:
    """A built page, parsed once for all tests."""
    return BeautifulSoup((BUILD / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def article(page: str) -> Tag:
    """The part of a page that its readers came for."""
    return built(page).select_one("article.bd-article")


@on_every_page
def test_page_has_a_short_description(home, page):
    text = built(page).select_one('meta[name="description"]')["content"]
    assert 30 <= len(text) <= DESCRIPTION_LIMIT


@on_every_page
def test_page_says_once_how_long_it_takes(home, page):
    minutes = stated_minutes(article(page))
    if page == "book/index":
        assert not minutes, "the start page is to look at; its cards have minutes of their own"
        return
    assert len(minutes) == 1, f"{page} states {minutes} minutes"
    assert 1 <= minutes[0] <= 90


@on_every_page
def test_page_says_what_to_read_next(home, page):
    links = next_links(article(page))
    within = [link.split("#")[0] for link in links if "://" not in link]
    assert [link for link in within if link], f'{page} needs "{NEXT}" with a link to a page'
    for link in filter(None, within):
        assert ((BUILD / page).parent / link).is_file()


@on_every_page
def test_every_picture_has_words(home, page):
    assert not nameless_pictures(article(page))


@pytest.mark.parametrize("page", toc()["Chapters"])
def test_a_chapters_goals_and_minutes_are_those_of_the_data(home, page):
    chapters = load_chapters()
    assert page in chapters, f"add {page} to book/data/goals.yml"
    assert stated_minutes(article(page)) == [chapters[page].minutes]
    box = article(page).select_one("div.admonition.tip")
    shown = [words(item) for item in box.find_all("li")]
    plain = [re.sub(r"\{\w+\}`([^`<]+?)(?: <[^`>]*>)?`", r"\1", g) for g in chapters[page].goals]
    assert [re.sub(r"\W", "", item) for item in shown] == [re.sub(r"\W", "", g) for g in plain]


def test_start_page_and_teachers_see_every_chapter(home):
    for page in ("book/index", "book/teachers"):
        links = {link["href"].split("#")[0] for link in article(page).select("a[href]")}
        for chapter in load_chapters():
            target = ROOT / f"{chapter}.html"
            assert any((ROOT / "book" / link).resolve() == target for link in links)


def test_ways_into_the_book_state_the_minutes_of_the_chapter_they_lead_to(home):
    chapters = load_chapters()
    cards = article("book/index").select(".book-paths .sd-card")
    assert len(cards) == 3
    for card in cards:
        target = (ROOT / "book" / card.select_one("a[href]")["href"]).resolve()
        page = target.relative_to(ROOT.resolve()).with_suffix("").as_posix()
        assert f"{chapters[page].minutes} minutes" in words(card.select_one(".book-minutes"))


def test_start_page_states_the_minutes_of_all_chapters_together(home):
    total = sum(chapter.minutes for chapter in load_chapters().values())
    assert f"together take {total} minutes" in words(article("book/index"))
