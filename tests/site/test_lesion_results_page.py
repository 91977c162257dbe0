"""Lesions on the page: the explorable shows what is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import settled, watched
from figure_checks import figure_address, fits_a_phone, paths_of, with_and_without_scripts, works
from playwright.sync_api import Browser, Page, expect

from utils.explorables import block_lesions
from utils.explorables.block_lesions import finding, packed, states

# The figure to touch --------------------------------------------------------------------------


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with watched(chromium, reduced_motion="reduce") as fresh:
        yield fresh


figure_page = figure_address(block_lesions)


def test_script_and_python_say_the_same_in_every_state(page: Page, figure_page: str):
    page.goto(figure_page)
    settled(page)
    data = packed()
    wanted = states(data)
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          return states.map(([network, gone]) =>
            window.explorables.blockLesions.describe(data, network, gone));
        }""",
        wanted,
    )
    assert len(wanted) >= 640
    assert found == [finding(data, network, set(gone)) for network, gone in wanted]


def test_opening_state_is_as_python_drew_it_and_stands_without_script(
    chromium: Browser, figure_page: str
):
    drawn = []
    for page in with_and_without_scripts(chromium, figure_page):
        drawn.append([page.locator("svg text").all_text_contents(), paths_of(page),
                      page.locator(".ex-finding").text_content()])  # fmt: skip
    assert drawn[0] == drawn[1]
    assert "without block 4" in drawn[0][2]


def test_keyboard_switches_blocks_and_the_address_keeps_them(page: Page, figure_page: str):
    page.goto(figure_page)
    box = page.get_by_role("checkbox", name="Block 1")
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator(".ex-finding")).to_contain_text("without blocks 1 and 4")
    expect(page).to_have_url(re.compile(r"#block-lesions=n1,10,21,31,40,51,61"))


def test_a_network_shows_as_many_boxes_as_it_has_blocks(page: Page, figure_page: str):
    page.goto(figure_page)
    expect(page.get_by_role("checkbox")).to_have_count(6)
    page.get_by_role("combobox", name="Network").select_option(label="ResNet-20")
    expect(page.get_by_role("checkbox")).to_have_count(9)
    page.get_by_role("checkbox", name="Block 9").uncheck()
    expect(page.locator(".ex-finding")).to_contain_text("ResNet-20 without blocks 4 and 9")


@pytest.mark.parametrize("rest", ["n9,15,2x", "n-1", ",,", "n1.5"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, figure_page: str, rest: str):
    page.goto(f"{figure_page}#block-lesions={rest}")
    expect(page.locator(".ex-finding")).to_contain_text("has a test error of")
    works(page.locator("figure"))


def test_boxes_are_44_px_for_fingers_and_nothing_overflows_a_phone(
    chromium: Browser, figure_page: str
):
    fits_a_phone(chromium, f"{figure_page}#block-lesions=n2,11")
