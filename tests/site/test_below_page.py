"""What lies below the window is drawn after the rest, and the reader loses nothing by it."""

import pytest
from browser import becomes, settled, watched
from playwright.sync_api import Browser, Page, expect

PAGES = ("book/measured.html", "notebooks/01_residual_math.html")
"""Long pages: one of prose and boxes, one of code."""
NEVER_IDLE = "window.requestIdleCallback = () => {}"
IDLE_UNTIL_BUSY = """window.requestIdleCallback = ((idle) => (then) =>
    window.busy || idle.call(window, then))(window.requestIdleCallback)"""
SECTIONS = ".bd-article > section > section"
DRAWN = f"""[...document.querySelectorAll("{SECTIONS}")].map((section) =>
    section.lastElementChild.checkVisibility({{ contentVisibilityAuto: true }}))"""
"""Of each section whether the browser draws it."""
HEIGHT = "document.documentElement.scrollHeight"
PLACE = f"""Math.round([...document.querySelectorAll("{SECTIONS}")].at(-2)
    .getBoundingClientRect().top)"""
"""Where the last section but one begins, in pixels below the top of the window."""
LAST_BUT_ONE = f"{SECTIONS}:nth-last-of-type(2)"
SCROLL = "(section) => section.scrollIntoView()"
COLOURS = ".theme-switch-button:visible"
PRESS = "(button) => button.click()"
"""Without a pointer, which would scroll to the button."""
NEAR_PX = 200
TO_THE_END = "document.documentElement.scrollHeight - innerHeight - scrollY"
"""Pixels that are left below the window."""
WAITING = "html[data-below]"

on_each = pytest.mark.parametrize("name", PAGES)


def whole(page: Page) -> bool:
    return all(page.evaluate(DRAWN))


def read(page: Page, address: str) -> Page:
    """Open a page and wait until all of it was drawn."""
    page.goto(address)
    return settled(page)


@on_each
def test_a_page_is_there_before_its_end_is_drawn(page: Page, home: str, name: str):
    page.add_init_script(NEVER_IDLE)
    page.goto(home + name)
    drawn = becomes(lambda: page.evaluate(DRAWN), any)
    assert drawn[0] and not any(drawn[-3:])


@on_each
def test_the_end_follows_when_the_browser_is_idle(page: Page, home: str, name: str):
    read(page, home + name)
    expect(page.locator(WAITING)).to_have_count(0)
    assert whole(page)


@on_each
def test_what_was_drawn_once_keeps_its_height(page: Page, home: str, name: str):
    page.add_init_script(IDLE_UNTIL_BUSY)
    height = read(page, home + name).evaluate(HEIGHT)
    page.evaluate("window.busy = true")
    page.locator(COLOURS).first.evaluate(PRESS)
    becomes(lambda: whole(page), False)
    assert page.evaluate(HEIGHT) == height


@on_each
def test_an_address_leads_into_what_would_be_drawn_later(page: Page, home: str, name: str):
    page.add_init_script(NEVER_IDLE)
    page.goto(home + name)
    anchor = becomes(lambda: page.locator(LAST_BUT_ONE).get_attribute("id"), bool)
    page.goto("about:blank")
    page.goto(f"{home}{name}#{anchor}")
    becomes(lambda: whole(page), True)
    becomes(lambda: 0 <= page.evaluate(PLACE) < NEAR_PX, True)


def test_who_goes_to_the_end_before_it_is_drawn_arrives_there(page: Page, home: str):
    page.add_init_script(NEVER_IDLE)
    page.goto(home + PAGES[1])
    becomes(lambda: whole(page), False)
    page.keyboard.press("End")
    becomes(lambda: whole(page), True)
    becomes(lambda: page.evaluate(TO_THE_END) <= 1, True)


def test_after_a_reload_the_reader_is_where_she_was(page: Page, home: str):
    read(page, home + PAGES[1]).locator(LAST_BUT_ONE).evaluate(SCROLL)
    place = settled(page).evaluate(PLACE)
    page.reload()
    becomes(lambda: abs(page.evaluate(PLACE) - place) <= 2, True)
    assert whole(settled(page))


def test_a_change_of_colours_waits_for_nothing_below_and_moves_nothing(page: Page, home: str):
    page.add_init_script(IDLE_UNTIL_BUSY)
    read(page, home + PAGES[1]).locator(LAST_BUT_ONE).evaluate(SCROLL)
    place = settled(page).evaluate(PLACE)
    page.evaluate("window.busy = true")
    page.locator(COLOURS).first.evaluate(PRESS)
    becomes(lambda: page.evaluate(DRAWN)[0], False)
    assert abs(page.evaluate(PLACE) - place) <= 2


def test_after_a_change_of_colours_all_is_drawn_again(page: Page, home: str):
    read(page, home + PAGES[1]).locator(COLOURS).first.evaluate(PRESS)
    expect(page.locator(WAITING)).to_have_count(0)
    assert whole(page)


def test_paper_shows_what_was_not_drawn_yet(page: Page, home: str):
    page.add_init_script(NEVER_IDLE)
    page.goto(home + PAGES[1])
    becomes(lambda: whole(page), False)
    page.emulate_media(media="print")
    becomes(lambda: whole(page), True)


def test_without_scripts_nothing_waits(chromium: Browser, home: str):
    with watched(chromium, java_script_enabled=False) as page:
        page.goto(home + PAGES[1])
        expect(page.locator(WAITING)).to_have_count(0)
        becomes(lambda: whole(page), True)
