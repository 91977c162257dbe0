"""Progress with the flashcards: kept in the browser, saved to a file, loaded from one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import becomes, settled
from card_page import FIRST, PAGE, SECOND, THIRD, counts, entry, keep, opened, press, said, stored
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def page(cards_page: Page) -> Page:
    return cards_page


def saved_file(cards: dict[str, object], **changes: object) -> bytes:
    """A file as the page saves it."""
    data = {"format": "resnet-measured-cards", "version": 1, "saved": "2026-03-01T08:00:00.000Z"}
    return json.dumps({**data, "cards": cards, **changes}).encode()


def told(page: Page):
    """What the panel for saving and loading says."""
    return page.locator('.keep-say[role="status"]')


OFF = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("denied", "SecurityError"); } })"""
FILL = """() => { let text = "x".repeat(1 << 20);
    while (text) { try { localStorage.setItem("filler" + localStorage.length, text); }
    catch { text = text.slice(0, text.length >> 1); } } }"""


def test_disabled_storage_is_told_and_the_session_goes_on(chromium: Browser, home: str):
    with opened(chromium, home + PAGE, before=OFF) as context:
        page = context.pages[0]
        expect(page.get_by_role("alert")).to_contain_text("does not let this page store anything")
        page.get_by_role("button", name="Study now").click()
        press(page, "Space", "4", "Space", "4")
        becomes(lambda: counts(page), (0, 0, 8))


def test_full_storage_is_told_and_the_session_goes_on(page: Page):
    keep(page, {SECOND: entry()})
    page.evaluate(FILL)
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4")
    expect(page.get_by_role("alert")).to_contain_text("storage is full")
    assert counts(page)[2] == 9
    assert SECOND in stored(page), "what was stored before is gone"


@pytest.mark.parametrize(
    "broken",
    ["{broken", "null", "[]", '"text"', json.dumps(entry(stability=-1)),
     json.dumps(entry(due="soon")), json.dumps(entry(state=7)), json.dumps({"due": "2026"})],
)  # fmt: skip
def test_damaged_entry_loses_itself_only(page: Page, broken: str):
    keep(page, {FIRST: broken, SECOND: entry(), THIRD: entry()})
    expect(page.get_by_role("alert")).to_contain_text("stored about 1 card is damaged")
    assert counts(page) == (2, 0, 10)
    assert stored(page)[FIRST] == broken, "nothing is thrown away before the card is answered"
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "4", "Space", "4", "Space", "4")
    expect(page.get_by_role("alert")).to_have_text("")
    assert json.loads(stored(page)[FIRST])["reps"] == 1


def test_clock_that_was_set_back_breaks_nothing(page: Page):
    later = entry(last_review="2026-03-09T12:00:00.000Z", due="2026-03-01T12:00:00.000Z")
    keep(page, {FIRST: later})
    page.get_by_role("button", name="Study now").click()
    press(page, "Space", "3")
    expect(said(page)).to_contain_text("Good: that card comes back in")


def load_file(page: Page, content: bytes) -> None:
    """Choose a file in the page."""
    page.locator(".keep").evaluate("(box) => { box.open = true; }")
    name = {"name": "cards.json", "mimeType": "application/json", "buffer": content}
    page.locator("#keep-file").set_input_files(name)


def test_progress_travels_in_a_file_to_another_browser(chromium: Browser, home: str):
    with opened(chromium, home + PAGE) as context:
        page = context.pages[0]
        page.get_by_role("button", name="Study now").click()
        press(page, "Space", "4", "Space", "3")
        before = becomes(lambda: stored(page), lambda found: len(found) == 2)
        page.locator(".keep summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save to a file").click()
        content = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == "resnet-measured-progress.json"
    with opened(chromium, home + PAGE) as context:
        page = context.pages[0]
        load_file(page, content)
        expect(told(page)).to_have_text("Loaded 2 cards.")
        after = stored(page)
        assert {i: json.loads(t) for i, t in after.items()} == {
            i: json.loads(t) for i, t in before.items()
        }


def test_later_review_wins_when_a_file_is_loaded(page: Page):
    newer = entry(last_review="2026-03-01T12:00:00.000Z", reps=9)
    keep(page, {FIRST: newer, SECOND: entry()})
    file = {FIRST: entry(), SECOND: newer, THIRD: entry()}
    load_file(page, saved_file(file))
    expect(told(page)).to_contain_text("Loaded 2 cards. 1 card was not changed, because the one")
    reps = {id_: json.loads(text)["reps"] for id_, text in stored(page).items()}
    assert reps == {FIRST: 9, SECOND: 9, THIRD: 2}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is damaged, or it is not a JSON file"),
        (b"\x89PNG\r\n", "it is damaged, or it is not a JSON file"),
        (saved_file({FIRST: entry()})[:-20], "it is damaged, or it is not a JSON file"),
        (b"null", "it was not saved by this book"),
        (b'{"cards": {}}', "it was not saved by this book"),
        (saved_file({}, format="other"), "it was not saved by this book"),
        (saved_file({}, version=2), "it has version 2, but this page reads only version 1"),
        (saved_file([]), "its list of cards is missing"),
        (saved_file({"No id": entry()}), "cannot be the name of a card"),
        (
            b'{"format":"resnet-measured-cards","version":1,"cards":{"__proto__":{}}}',
            "cannot be the name",
        ),
        (saved_file({FIRST: entry(), THIRD: entry(reps="many")}), f"{THIRD} is damaged (reps)"),
        (saved_file({FIRST: entry(difficulty=11)}), f"{FIRST} is damaged (difficulty)"),
        (saved_file({FIRST: entry(last_review=None)}), f"{FIRST} is damaged (last_review)"),
    ],
)
def test_damaged_or_foreign_file_is_refused_and_loses_nothing(page: Page, content, reason: str):
    keep(page, {SECOND: entry()})
    before = stored(page)
    load_file(page, content)
    expect(told(page)).to_contain_text("The file was refused:")
    expect(told(page)).to_contain_text(reason)
    expect(told(page)).to_contain_text("Nothing was changed.")
    assert stored(page) == before


def test_file_that_does_not_fit_is_refused_and_loses_nothing(page: Page):
    keep(page, {SECOND: entry()})
    page.evaluate(FILL)
    settled(page)
    before = stored(page)
    load_file(page, saved_file({f"a{number}": entry() for number in range(50)}))
    expect(told(page)).to_contain_text("storage has no room for it. Nothing was changed.")
    assert stored(page) == before


def test_progress_is_deleted_only_when_asked_twice(page: Page):
    keep(page, {FIRST: entry(), "retired-card": entry()})
    page.evaluate("localStorage.setItem('resnet-measured:q:v1:other', '{}')")
    page.locator(".keep summary").click()
    page.get_by_role("button", name="Delete progress with cards").click()
    expect(page.get_by_role("button", name="Really delete all")).to_be_visible()
    assert len(stored(page)) == 2
    page.get_by_role("button", name="Really delete all progress with cards?").click()
    expect(told(page)).to_contain_text("Your progress with cards has been deleted")
    assert not stored(page)
    assert page.evaluate("localStorage.getItem('resnet-measured:q:v1:other')") == "{}"
