"""The keyboard alone: the focus can be seen on its way, it comes out again, what opens closes.

What single parts do with keys stands in the tests of these parts.
"""

from __future__ import annotations

import barriers
import pytest
from browser import DESKTOP_LIGHT, View, becomes, settled, stays, visit
from playwright.sync_api import Browser, Page, expect

PHONE = View("dark", 390, 844)
ZOOMED = View("light", 320, 256)
MOST_STOPS = 600


def calm(page: Page) -> None:
    """Stop smooth scrolling and fades, so that a stop is where it will be."""
    page.emulate_media(reduced_motion="reduce")
    settled(page)


def stops(page: Page, key: str) -> list[dict]:
    """Press a key until the focus has left the page, and tell of each stop.

    Raises:
        AssertionError: the focus did not come out.
    """
    calm(page)
    found: list[dict] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        last = found[-1]["at"] if found else None
        stop = becomes(
            lambda: [page.evaluate(barriers.FOCUSED)],
            lambda now, last=last: (now[0] and now[0]["at"]) != last,
        )[0]
        if stop is None:
            return found
        found.append(stop)
    raise AssertionError(f"the focus is still on the page, at {found[-1]['place']}")


@pytest.mark.parametrize(
    ("name", "view", "key", "least"),
    [
        ("notebooks/05_bottleneck.html", View("light", 1280, 720), "Shift+Tab", 100),
        ("book/playground.html", ZOOMED, "Tab", 50),
        ("book/claims.html", View("dark", 1280, 720), "Tab", 100),
    ],
)
def test_the_focus_is_seen_and_marked_on_its_whole_way_and_comes_out(
    chromium: Browser, home: str, name: str, view: View, key: str, least: int
):
    with visit(chromium, home, name, view) as seen:
        found = stops(seen.page, key)
    assert len(found) > least
    assert [stop["place"] for stop in found if not stop["seen"]] == []
    assert [stop["place"] for stop in found if not stop["outlined"]] == []


@pytest.mark.parametrize(
    ("style", "seen", "outlined"),
    [
        ("", True, True),
        ("outline: none", True, False),
        ("opacity: 0", False, False),
        ("position: absolute; left: -5000px", False, True),
        ("position: absolute; top: 0; z-index: -1", False, True),
    ],
)
def test_a_stop_that_is_hidden_or_not_marked_is_found(
    page: Page, style: str, seen: bool, outlined: bool
):
    page.set_content(
        '<!doctype html><html lang="en"><title>Stops</title><style>a { outline: 2px solid }</style>'
        '<header style="position: fixed; inset: 0 0 auto; height: 9em; background: #fff">x</header>'
        f'<p style="margin-top: 200px"><a href="#x" style="{style}">A link</a></p>'
    )
    page.keyboard.press("Tab")
    stop = becomes(lambda: page.evaluate(barriers.FOCUSED), bool)
    assert (stop["seen"], stop["outlined"]) == (seen, outlined)


def test_the_first_stop_skips_to_the_text(chromium: Browser, home: str):
    with visit(chromium, home, "book/claims.html", DESKTOP_LIGHT) as seen:
        calm(seen.page)
        seen.page.keyboard.press("Tab")
        skip = seen.page.get_by_role("link", name="Skip to main content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Tab")
        becomes(lambda: seen.page.evaluate("!!document.activeElement.closest('main')"), True)


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_a_list_at_the_side_takes_the_focus_says_that_it_is_open_and_closes(
    chromium: Browser, home: str, side: str
):
    with visit(chromium, home, "book/cards.html", PHONE) as seen:
        calm(seen.page)
        button = seen.page.locator(f"button.{side}-toggle:visible").first
        expect(button).to_have_attribute("aria-expanded", "false")
        button.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(seen.page.locator(f".bd-sidebar-{side} a:focus")).to_be_in_viewport()
        seen.page.keyboard.press("Escape")
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(button).to_be_focused()


def test_on_a_wide_page_the_list_of_pages_is_there_until_it_is_put_away(
    chromium: Browser, home: str
):
    with visit(chromium, home, "book/cards.html", DESKTOP_LIGHT) as seen:
        button = seen.page.locator("button.primary-toggle:visible").first
        expect(button).to_have_attribute("aria-expanded", "true")
        button.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(seen.page.locator(".bd-sidebar-primary")).to_be_hidden()


def test_the_hint_of_a_button_goes_with_escape(chromium: Browser, home: str):
    with visit(chromium, home, "book/cards.html", DESKTOP_LIGHT) as seen:
        seen.page.locator(".theme-switch-button:visible").first.hover()
        expect(seen.page.get_by_role("tooltip")).to_be_visible()
        seen.page.keyboard.press("Escape")
        expect(seen.page.get_by_role("tooltip")).to_have_count(0)


def test_that_code_was_copied_is_spoken(chromium: Browser, home: str):
    with visit(chromium, home, "book/after.html", DESKTOP_LIGHT) as seen:
        button = seen.page.locator(".copybtn").first
        button.focus()
        button.press("Enter")
        said = seen.page.locator("main > p[role='status']")
        expect(said).to_have_text("Copied!")


CONTROLS = "main select, main input:not([type='file'], [type='number'], [type='radio'])"


@pytest.mark.parametrize("name", ["book/playground.html", "book/cards.html", "book/timeline.html"])
def test_a_changed_control_keeps_the_focus_and_the_page(chromium: Browser, home: str, name: str):
    with visit(chromium, home, name, DESKTOP_LIGHT) as seen:
        calm(seen.page)
        address = seen.page.url
        controls = [one for one in seen.page.query_selector_all(CONTROLS) if one.is_visible()]
        assert controls
        kinds = [one.get_attribute("type") for one in controls]
        for control, kind in list(zip(controls, kinds, strict=True))[:6]:
            control.focus()
            control.press(" " if kind == "checkbox" else "ArrowDown")
            becomes(lambda c=control: c.evaluate("e => e === document.activeElement"), True)
        stays(seen.page, lambda: seen.page.url.partition("#")[0], address, 0.1)


def test_a_surface_turns_by_a_click_without_a_drag(chromium: Browser, home: str):
    with visit(chromium, home, "notebooks/09_loss_surfaces.html", DESKTOP_LIGHT) as seen:
        calm(seen.page)
        slider = seen.page.locator(".explorable [data-key='t']").first
        slider.scroll_into_view_if_needed()
        before = slider.input_value()
        box = slider.bounding_box()
        seen.page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
        becomes(slider.input_value, lambda value: value != before)


def test_letters_and_digits_do_nothing_while_no_card_has_the_focus(chromium: Browser, home: str):
    with visit(chromium, home, "book/cards.html", DESKTOP_LIGHT) as seen:
        calm(seen.page)
        seen.page.get_by_role("button", name="Study now").click()
        box = seen.page.locator(".fc-box")
        expect(box).to_be_visible()
        seen.page.evaluate("document.activeElement.blur()")
        before = becomes(box.inner_text, bool)
        for key in "1234jks ":
            seen.page.keyboard.press(key)
        stays(seen.page, box.inner_text, before, 0.2)
