"""What holds of every figure on a page, by the page's address."""

from __future__ import annotations

from collections.abc import Iterator

from browser import settled
from playwright.sync_api import Browser, Page, expect


def with_and_without_scripts(
    chromium: Browser, address: str, figure: str = "figure"
) -> Iterator[Page]:
    """A figure's page with its script, then without any; controls are there with it alone."""
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(address)
        expect(page.locator(f"{figure} .ex-controls")).to_be_visible(visible=scripts)
        yield page
        context.close()


def paths_of(page: Page, selector: str = "svg path") -> list[str]:
    """Path data, as the page draws it."""
    return page.locator(selector).evaluate_all("(all) => all.map((one) => one.getAttribute('d'))")


def is_the_same_without_a_script(chromium: Browser, address: str) -> None:
    """The still picture and its finding stand there before any script."""
    shown = [
        page.locator("svg text, .ex-finding").all_text_contents()
        for page in with_and_without_scripts(chromium, address)
    ]
    assert shown[0] == shown[1]


def fits_a_phone(chromium: Browser, address: str) -> None:
    """Every mark stays within the figure, and the slider can be met by a finger."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(address)
    settled(page)
    edge = page.locator("figure").bounding_box()
    for mark in page.locator("svg text").all():
        box = mark.bounding_box()
        assert box["x"] >= edge["x"]
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    assert page.get_by_role("slider").bounding_box()["height"] >= 44
    context.close()
