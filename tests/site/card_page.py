"""A page of flashcards at a fixed time, and how a test studies it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from browser import DESKTOP_LIGHT, View
from playwright.sync_api import Browser, BrowserContext, Page

from utils.practice.flashcards import load_cards

PAGE = "book/cards.html"
PREFIX = "resnet-measured:card:v1:"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARDS = load_cards()
FIRST, SECOND, THIRD = (card.id for card in CARDS[:3])


def entry(**changes: object) -> dict[str, object]:
    """What the browser stores about a card that was reviewed three days before, due at noon."""
    fields = {"due": "2026-03-02T12:00:00.000Z", "last_review": "2026-02-27T12:00:00.000Z",
              "first": "2026-02-27T11:50:00.000Z", "stability": 3.0, "difficulty": 5.0,
              "elapsed_days": 0, "scheduled_days": 3, "learning_steps": 0, "reps": 2, "lapses": 0,
              "state": 2}  # fmt: skip
    return {**fields, **changes}


@contextmanager
def opened(
    browser: Browser, address: str, *, view: View = DESKTOP_LIGHT, before: str = ""
) -> Iterator[BrowserContext]:
    """A browser with a still clock and, if wanted, a script that runs before each page."""
    size = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=size, color_scheme=view.scheme, timezone_id="UTC")
    context.set_default_timeout(15_000)
    if before:
        context.add_init_script(before)
    # Before there is a page: its first document has the still clock then, whatever runs first.
    context.clock.set_fixed_time(NOON)
    page = context.new_page()
    page.goto(address)
    page.locator(".fc-counts, .fc-due").first.wait_for()
    try:
        yield context
    finally:
        context.close()


@pytest.fixture
def cards_page(chromium: Browser, home: str) -> Iterator[Page]:
    """The page of cards in a browser that knows none of them."""
    with opened(chromium, home + PAGE) as context:
        yield context.pages[0]


def stored(page: Page) -> dict[str, str]:
    """What the browser remembers about cards, by id."""
    every = page.evaluate("({...localStorage})")
    return {key.removeprefix(PREFIX): v for key, v in every.items() if key.startswith(PREFIX)}


def keep(page: Page, cards: dict[str, object]) -> None:
    """Put entries into the browser and load the page again."""
    for id_, value in cards.items():
        text = value if isinstance(value, str) else json.dumps(value)
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [PREFIX + id_, text])
    page.reload()
    page.locator(".fc-counts, .fc-due").first.wait_for()


def said(page: Page):
    return page.locator('.fc-say[role="status"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def counts(page: Page) -> tuple[int, ...]:
    """Cards to review, being learned, new."""
    text = page.locator(".fc-counts").inner_text()
    return tuple(
        map(int, re.search(r"(\d+) to review, (\d+) being learned, (\d+) new", text).groups())
    )
