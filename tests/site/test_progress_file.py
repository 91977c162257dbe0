"""One file holds all that a reader has done: saved, loaded, joined with what is newer, never run.

Build the book first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import PHONE_DARK, settled, watched
from playwright.sync_api import Browser, Page, expect
from test_cards_page import entry
from test_site import AXE, SERIOUS

OURS = "resnet-measured:"
PUT = "([key, text]) => localStorage.setItem(key, text)"
PAGES = ("cards", "practice", "exam", "explain")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EARLIER, LATER = "2026-03-01T12:00:00.000Z", "2026-03-02T12:00:00.000Z"


def answer(value: str, at: str) -> dict[str, object]:
    return {"values": [value], "checked": False, "at": at}


def sitting(at: str) -> dict[str, object]:
    return {"draw": "ten", "ids": ["a"], "done": False, "at": at}


PROGRESS = {
    "cards": {"card-a": entry()},
    "results": {"question-a": {"n": 2, "right": 1, "last": True, "covered": 3}},
    "answers": {"exam:question-a": answer("1", EARLIER), "quick:b": answer("12,5", EARLIER)},
    "sittings": {"practice": sitting(EARLIER)},
    "texts": {"essay": "<img src=x onerror='window.run=1'> & “my” text\n\nIt goes on."},
    "older": {"essay": "An older text."},
    "ticks": {"essay": [0, 2]},
    "settings": {"new-a-day": "7"},
}
PREFIXES = {
    "cards": "card:v1:",
    "results": "q:v1:",
    "answers": "answer:v1:",
    "sittings": "sitting:v1:",
    "texts": "text:v1:",
    "older": "older:v1:",
    "ticks": "ticks:v1:",
    "settings": "cards:v1:",
}


def file_of(sections: dict[str, object] | None = None, **changes: object) -> dict[str, object]:
    """The content of a saved file; sections that are not named are empty."""
    empty = {kind: {} for kind in PREFIXES}
    head = {"format": "resnet-measured", "version": 1, "saved": EARLIER}
    return {**head, **empty, **(sections or {}), **changes}


def keys_of(sections: dict[str, dict[str, object]]) -> dict[str, str]:
    """The entries of the sections as a browser stores them."""
    return {
        f"{OURS}{PREFIXES[kind]}{name}": value if isinstance(value, str) else json.dumps(value)
        for kind, table in sections.items()
        for name, value in table.items()
    }


def stored(page: Page) -> dict[str, object]:
    """What the browser holds, read as JSON where it is."""
    every = page.evaluate("({...localStorage})")
    plain = tuple(f"{OURS}{PREFIXES[kind]}" for kind in ("texts", "older", "settings"))
    return {
        key: text if key.startswith(plain) else json.loads(text)
        for key, text in every.items()
        if key.startswith(OURS)
    }


def fill(page: Page, entries: dict[str, str]) -> None:
    for key, text in entries.items():
        page.evaluate(PUT, [key, text])


def load(page: Page, content: object) -> None:
    """Choose a file with this content."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    page.locator(".keep").evaluate("box => { box.open = true; }")
    file = {"name": "progress.json", "mimeType": "application/json", "buffer": text}
    page.locator("#keep-file").set_input_files(file)


def said(page: Page):
    return page.locator('.keep-say[role="status"]')


@pytest.fixture
def cards(chromium: Browser, home: str) -> Iterator[Page]:
    """The page of cards in a browser that holds nothing."""
    with watched(chromium) as page:
        page.clock.set_fixed_time(NOW)
        page.goto(home + "book/cards.html")
        yield page


def test_all_progress_travels_in_one_file(chromium: Browser, home: str, cards: Page):
    fill(cards, {**keys_of(PROGRESS), f"{OURS}q:v1:broken": "{"})
    cards.reload()
    cards.locator(".keep summary").press("Enter")
    with cards.expect_download() as download:
        cards.get_by_role("button", name="Save to a file").press("Enter")
    content = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert content == {**file_of(PROGRESS), "saved": "2026-03-10T12:00:00.000Z"}
    expect(said(cards)).to_contain_text("1 card, 1 result, 2 answers, 1 set of questions, 1 text,")
    with watched(chromium) as page:
        page.goto(home + "book/explain.html")
        load(page, content)
        expect(said(page)).to_contain_text("Loaded 1 card, 1 result, 2 answers")
        assert stored(page) == {
            f"{OURS}{PREFIXES[kind]}{name}": value
            for kind, table in PROGRESS.items()
            for name, value in table.items()
        }
        assert page.evaluate("window.run") is None
        load(page, content)
        expect(said(page)).to_contain_text("Loaded nothing new. 1 card, 1 result, 2 answers")


def test_nothing_newer_is_lost_by_loading(cards: Page):
    newer = entry(last_review="2026-03-05T12:00:00.000Z", reps=9)
    mine = {
        "cards": {"newer-here": newer, "newer-there": entry()},
        "results": {"more-here": {"n": 5, "right": 1, "last": False}},
        "answers": {"exam:here": answer("mine", LATER), "exam:there": answer("old", EARLIER)},
        "sittings": {"practice": sitting(LATER)},
        "texts": {"mine": "Mine alone.", "both": "Mine.", "longer": "A text, and its end."},
        "settings": {"new-a-day": "3"},
    }
    theirs = {
        "cards": {"newer-here": entry(), "newer-there": newer, "not-here": entry()},
        "results": {"more-here": {"n": 4, "right": 4, "last": True}},
        "answers": {"exam:here": answer("old", EARLIER), "exam:there": answer("theirs", LATER)},
        "sittings": {"practice": sitting(EARLIER)},
        "texts": {"both": "Theirs.", "longer": "A text", "theirs": "Theirs alone."},
        "settings": {"new-a-day": "20"},
    }
    fill(cards, keys_of(mine))
    cards.reload()
    load(cards, file_of(theirs))
    expect(said(cards)).to_contain_text("Loaded 2 cards, 1 answer and 2 texts.")
    expect(said(cards)).to_contain_text(
        "were not changed, because those in this browser are as new or newer"
    )
    held = stored(cards)

    def at(kind: str, name: str) -> object:
        return held[f"{OURS}{PREFIXES[kind]}{name}"]

    assert at("cards", "newer-here")["reps"] == at("cards", "newer-there")["reps"] == 9
    assert at("cards", "not-here")["reps"] == 2
    assert at("results", "more-here") == mine["results"]["more-here"]
    assert at("answers", "exam:here")["values"] == ["mine"]
    assert at("answers", "exam:there")["values"] == ["theirs"]
    assert at("sittings", "practice")["at"] == LATER
    assert at("texts", "mine") == "Mine alone." and at("texts", "theirs") == "Theirs alone."
    assert at("texts", "both") == "Mine.\n\n[other version]\nTheirs."
    assert at("texts", "longer") == "A text, and its end."
    assert at("settings", "new-a-day") == "3"


REFUSED = [
    (b"{", "it is damaged, or it is not a JSON file"),
    (b"[]", "it was not saved by this book"),
    (file_of(format="other"), "it was not saved by this book"),
    (file_of(version=2), "it has version 2, but this page reads only version 1"),
    (file_of(run="alert(1)"), "it has a part “run”, which this page does not know"),
    (file_of(texts=None), "its list of texts is missing"),
    (file_of({"texts": {"__proto__ ": "x"}}), "cannot be the name of a text"),
    (file_of({"texts": {"essay": 1}}), "the entry of essay is damaged"),
    (file_of({"texts": {"essay": "x" * 1_000_001}}), "the entry of essay is damaged"),
    (file_of({"ticks": {"essay": [4]}}), "the entry of essay is damaged"),
    (file_of({"ticks": {"essay": [0, 0, 0, 0, 0]}}), "the entry of essay is damaged"),
    (file_of({"results": {"a": {"n": 1, "right": 2, "last": True}}}), "the entry of a is damaged"),
    (file_of({"results": {"a": {"n": 0, "right": 0, "last": True}}}), "is damaged (n)"),
    (file_of({"results": {"a": {"n": 1, "right": 1, "last": 1}}}), "is damaged (last)"),
    (file_of({"answers": {"a": answer("1", LATER)}}), "“a” cannot be the name of an answer"),
    (
        file_of({"answers": {"lab:a": answer("1", LATER)}}),
        "“lab:a” cannot be the name of an answer",
    ),
    (file_of({"answers": {"exam:a": answer("1", "soon")}}), "is damaged (at)"),
    (
        file_of({"answers": {"exam:a": {**answer("1", LATER), "values": [1]}}}),
        "is damaged (values)",
    ),
    (file_of({"sittings": {"exam": {**sitting(LATER), "ids": ["A b"]}}}), "is damaged (ids)"),
    (file_of({"sittings": {"exam": {**sitting(LATER), "draw": "all"}}}), "is damaged (draw)"),
    (file_of({"sittings": {"quick": sitting(LATER)}}), "cannot be the name of a set of questions"),
    (file_of({"settings": {"new-a-day": "many"}}), "the entry of new-a-day is damaged"),
    (file_of({"settings": {"theme": "dark"}}), "“theme” cannot be the name of a setting"),
]


def test_a_file_with_one_fault_is_refused_as_a_whole(cards: Page):
    fill(cards, keys_of({"texts": {"essay": "Mine."}}))
    cards.reload()
    settled(cards)
    before = stored(cards)
    for content, reason in REFUSED:
        good = {**content, "cards": {"card-a": entry()}} if isinstance(content, dict) else content
        load(cards, good)
        expect(said(cards)).to_contain_text(reason)
        expect(said(cards)).to_contain_text("Nothing was changed.")
        assert stored(cards) == before, reason


def test_a_file_that_the_flashcards_saved_before_is_still_read(cards: Page):
    old = {"format": "resnet-measured-cards", "version": 1, "saved": EARLIER,
           "cards": {"card-a": entry()}}  # fmt: skip
    load(cards, old)
    expect(said(cards)).to_have_text("Loaded 1 card.")
    assert stored(cards) == {f"{OURS}card:v1:card-a": entry()}


def test_a_loaded_text_and_answer_are_on_show_at_once(page: Page, home: str):
    page.goto(home + "book/exam.html")
    settled(page)
    box = page.locator('.q[data-kind="single"]').first
    name, value = box.get_attribute("data-q"), "0"
    load(page, file_of({"answers": {f"exam:{name}": answer(value, LATER)}}))
    expect(box.locator(f'.q-choices input[value="{value}"]')).to_be_checked()


# The reminder and the promise --------------------------------------------------------------------


def put_off(page: Page, address: str, days: float) -> None:
    """Open a page this many days after the progress began."""
    page.clock.set_fixed_time(NOW + timedelta(days=days))
    page.goto(address)


def test_unsaved_progress_is_mentioned_after_five_days_and_not_again_for_five(
    page: Page, home: str
):
    address = home + "book/cards.html"
    reminder = page.locator(".keep-reminder")
    put_off(page, address, 0)
    page.evaluate("ResNetStore.set('resnet-measured:text:v1:essay', 'A text.')")
    put_off(page, address, 4.9)
    expect(page.locator(".keep summary")).to_be_visible()
    expect(reminder).to_be_hidden()
    put_off(page, address, 6.1)
    expect(reminder).to_contain_text(
        "Your progress of the last 6 days is stored in this browser only."
    )
    reminder.get_by_role("button", name="Not now").press("Enter")
    expect(reminder).to_be_hidden()
    expect(page.locator(".keep summary")).to_be_focused()
    put_off(page, address, 10)
    expect(page.locator(".keep summary")).to_be_visible()
    expect(reminder).to_be_hidden()
    put_off(page, address, 12)
    with page.expect_download():
        reminder.get_by_role("button", name="Save to a file now").press("Enter")
    expect(reminder).to_be_hidden()
    expect(page.locator(".keep-last")).to_have_text("Last saved to a file on 22 March 2026.")
    put_off(page, address, 40)
    expect(page.locator(".keep summary")).to_be_visible()
    expect(reminder).to_be_hidden()


PERSIST = """Object.assign(navigator.storage.__proto__, {
    persisted: async () => localStorage.getItem("test-asked") !== null,
    persist: async () => {
        localStorage.setItem("test-asked", "x" + (localStorage.getItem("test-asked") ?? ""));
    } });"""


def test_the_browser_is_asked_once_to_keep_what_is_stored(page: Page, home: str):
    page.add_init_script(PERSIST)
    page.goto(home + "book/cards.html")
    expect(page.locator(".keep")).to_contain_text("Safari does so when you have not come back")
    assert page.evaluate("localStorage.getItem('test-asked')") is None
    page.get_by_role("button", name="Study now").press("Enter")
    for key in ("Space", "4", "Space", "4"):
        page.keyboard.press(key)
    page.wait_for_function("localStorage.getItem('test-asked') !== null")
    page.goto(home + "book/explain.html")
    page.get_by_role("textbox", name="Your explanation").first.fill("A text.")
    expect(page.locator(".keep")).to_contain_text("Your browser has agreed to keep it")
    assert page.evaluate("localStorage.getItem('test-asked')") == "x"


@pytest.mark.parametrize("name", PAGES)
def test_saving_and_loading_have_no_barrier_on_a_phone(chromium: Browser, home: str, name: str):
    size = {"width": PHONE_DARK.width, "height": PHONE_DARK.height}
    with watched(chromium, viewport=size, color_scheme=PHONE_DARK.scheme) as page:
        page.goto(home + f"book/{name}.html")
        page.evaluate(PUT, ["resnet-measured-file:v1:unsaved", "2026-01-01T12:00:00.000Z"])
        page.evaluate(PUT, [f"{OURS}text:v1:a", "A text."])
        page.reload()
        page.locator(".keep > summary").press("Enter")
        expect(page.locator(".keep-reminder")).to_be_visible()
        low = "all => all.filter(b => b.offsetParent && b.offsetHeight < 40).length"
        assert (
            page.eval_on_selector_all(".keep button, .keep input, .keep-reminder button", low) == 0
        )
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.evaluate(AXE.read_text(encoding="utf-8"))
        settled(page)
        assert not page.evaluate(SERIOUS)
