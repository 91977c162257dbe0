"""The site as one ZIP: unpacked into any folder and opened from there, its pages work.

It is packed as ``make release`` packs it. The folder has a blank and an umlaut in its name, which
an address writes in another way.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from browser import BUILD, becomes, faults_of, settled
from playground_visits import SMALL, STATE, button, steps
from playwright.sync_api import Browser, Page, expect

from utils.facts.edition import load_edition
from utils.files.packed import TOP, ZIP, pack
from utils.practice.bank import exam

FOLDER = "Bücher und Hefte"
LOAD_MS = 120_000
Opener = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, as somebody has unpacked it."""
    folder = tmp_path_factory.mktemp("release")
    pack(BUILD, folder / ZIP, load_edition().released)
    with zipfile.ZipFile(folder / ZIP) as archive:
        archive.extractall(folder / FOLDER)
    (folder / ZIP).unlink()
    return folder / FOLDER / TOP


@pytest.fixture
def opened(chromium: Browser, home: str, unpacked: Path) -> Opener:
    """Return what opens a page of the folder, or one that forwards to another at once.

    A request or a script that fails fails the test.
    """

    @contextmanager
    def open_page(name: str, forwards: str = "") -> Iterator[Page]:
        path, mark, rest = name.partition("#" if "#" in name else "?")
        with chromium.new_context() as context:
            page = context.new_page()
            faults = faults_of(page)
            page.goto(f"{(unpacked / path).as_uri()}{mark}{rest}")
            if forwards:
                page.wait_for_url(f"**/{forwards}")
            settled(page)
            yield page
            assert faults == []

    return open_page


def test_the_start_page_leads_to_the_next(opened: Opener):
    with opened("index.html", forwards="book/index.html") as page:
        page.locator(".bd-sidebar-primary nav a", has_text="How to use this book").first.evaluate(
            "link => link.click()"
        )
        expect(page.locator("article h1")).to_contain_text("How to use this book")


def test_search_finds_a_page_and_opens_it(opened: Opener):
    with opened("search.html?q=shortcut") as page:
        hit = page.locator("#search-results li a").first
        expect(page.locator("#search-results ul.search > li")).not_to_have_count(0)
        hit.click()
        expect(page.locator("article h1")).to_be_visible()
        expect(page.locator("article")).to_contain_text("shortcut")


def test_an_answer_of_the_exam_is_judged(opened: Opener):
    question = next(one for one in exam() if one.kind == "single")
    right = next(place for place, one in enumerate(question.options) if one.correct)
    with opened("book/exam.html") as page:
        asked = page.locator(f"#q-{question.id}")
        asked.locator(f'.q-choices input[value="{right}"]').check()
        page.get_by_role("button", name="Finish").press("Enter")
        expect(page.locator(".q-summary")).to_contain_text("answers is right")
        expect(asked.locator(".q-feedback")).to_contain_text("Right.")


def test_a_card_is_studied_and_remembered(opened: Opener):
    with opened("book/cards.html") as page:
        page.get_by_role("button", name="Study now").click()
        page.keyboard.press("Space")
        expect(page.locator(".fc-answer")).to_be_visible()
        page.keyboard.press("4")
        kept = "Object.keys(localStorage).filter((key) => key.includes(':card:')).length"
        becomes(lambda: page.evaluate(kept), 1)


def test_the_lab_runs_and_shows_what_was_recorded(opened: Opener):
    with opened("book/lesion_lab.html#lab=cat,111111111") as page:
        page.locator(".lab-load").click()
        expect(page.locator(".lab-finding")).to_contain_text("answers cat", timeout=LOAD_MS)
        table = page.locator("#what-each-lesion-does table")
        expect(table).to_contain_text("3 % (deer)")


def test_the_playground_trains(opened: Opener):
    with opened(f"book/playground.html#play={SMALL}") as page:
        becomes(lambda: page.evaluate(STATE), lambda shot: shot is not None)
        button(page, "Fast").click()
        button(page, "Train").click()
        becomes(lambda: steps(page), lambda count: count >= 5, 60)
