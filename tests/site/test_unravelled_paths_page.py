"""The unravelled network on the page: the script agrees with Python in every state."""

from __future__ import annotations

import re

import pytest
from browser import settled
from figure_checks import figure_address, fits_a_phone, paths_of, with_and_without_scripts, works
from playwright.sync_api import Browser, Page, expect
from unravelled_states import STATES

from utils.explorables import unravelled_paths
from utils.miniatures.unravelled import (
    deleted_blocks,
    length_shares,
    share_between,
    surviving_share,
    usual_lengths,
)

address = figure_address(unravelled_paths)


def finding(page: Page):
    return page.locator("#unravelled-paths-finding")


def test_script_and_python_agree_in_every_state(page: Page, address: str):
    page.goto(address)
    settled(page)
    found = page.evaluate(
        """(states) => {
          const p = window.explorables.unravelledPaths;
          return states.map(([n, k, c]) => {
            const usual = p.usualLengths(n - k);
            return { shares: p.lengthShares(n - k), usual, between: p.shareBetween(n - k, ...usual),
                     left: p.survivingShare(n, k, c), gone: p.deletedBlocks(n, k) };
          });
        }""",
        STATES,
    )
    assert len(STATES) > 1500
    for (blocks, deleted, shortcuts), seen in zip(STATES, found, strict=True):
        left = blocks - deleted
        assert seen["shares"] == length_shares(left)
        assert tuple(seen["usual"]) == usual_lengths(left)
        assert seen["between"] == pytest.approx(share_between(left, *usual_lengths(left)))
        assert seen["left"] == surviving_share(blocks, deleted, shortcuts=shortcuts)
        assert seen["gone"] == deleted_blocks(blocks, deleted)


def test_opening_state_is_as_python_drew_it_and_stands_without_script(
    chromium: Browser, address: str
):
    texts, shapes = [], []
    words = "The figure is arithmetic and needs no network."
    for page in with_and_without_scripts(chromium, address, caption=words):
        texts.append(page.locator("svg text").all_text_contents())
        texts[-1].append(finding(page).text_content())
        shapes.append(
            [[float(number) for number in re.findall(r"-?\d+\.?\d*", d)] for d in paths_of(page)]
        )
    assert texts[0] == texts[1]
    assert texts[0][-1].startswith("54 blocks with shortcuts, 1 removed: ")
    for scripted, still in zip(*shapes, strict=True):
        assert scripted == pytest.approx(still, abs=0.011)


def test_words_follow_the_state(page: Page, address: str):
    page.goto(f"{address}#unravelled-paths=n3,k1,c1")
    expect(finding(page)).to_have_text(
        "3 blocks with shortcuts, 1 removed: 50 % of the 8 paths are left, which is 4. Of these, "
        "all go through 0 to 2 blocks. Without shortcuts, no path would be left."
    )
    page.evaluate("location.hash = '#unravelled-paths=n54,k0,c1'")
    expect(finding(page)).to_contain_text("98.0 % go through 19 to 35 blocks")
    page.evaluate("location.hash = '#unravelled-paths=n54,k1,c0'")
    expect(finding(page)).to_contain_text("the only path is cut, so no path is left")
    page.evaluate("location.hash = '#unravelled-paths=n4,k20,c1'")
    expect(finding(page)).to_contain_text("all removed: one path is left of 16 (6.25 %)")
    expect(page.locator("[data-output=k]")).to_have_text("all 4")
    page.evaluate("location.hash = '#unravelled-paths=n9,k0,c0'")
    expect(finding(page)).to_contain_text(
        "only one path through 9 blocks without shortcuts, and it goes through every block"
    )


def test_number_of_drawn_blocks_is_the_number_said(page: Page, address: str):
    count = "(path) => (path.getAttribute('d').match(/M/g) || []).length"
    page.goto(f"{address}#unravelled-paths=n17,k5,c1")
    expect(finding(page)).to_contain_text("17 blocks with shortcuts, 5 removed")
    settled(page)
    assert page.locator("[data-part=kept]").evaluate(count) == 12
    assert page.locator("[data-part=gone]").evaluate(count) == 5
    assert page.locator("[data-part=arcs]").evaluate(count) == 17
    assert page.locator("[data-part=bars]").evaluate(count) == 13


def test_arcs_disappear_with_the_shortcuts(page: Page, address: str):
    page.goto(address)
    expect(page.locator("[data-part=arcs]")).to_have_css("visibility", "visible")
    page.get_by_role("checkbox", name="Shortcuts").uncheck()
    expect(page.locator("[data-part=arcs]")).to_have_css("visibility", "hidden")


def test_keyboard_moves_every_control_and_the_address_follows(page: Page, address: str):
    page.goto(address)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(finding(page)).to_contain_text("53 blocks with shortcuts, 1 removed")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(finding(page)).to_contain_text("only one goes through every block")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(finding(page)).to_contain_text("53 blocks without shortcuts")
    expect(page).to_have_url(re.compile(r"#unravelled-paths=n53,k0,c0$"))


def test_controls_have_names_and_values_for_screen_readers(page: Page, address: str):
    page.goto(address)
    expect(page.get_by_role("slider", name="Removed blocks")).to_have_attribute(
        "aria-valuetext", "1"
    )
    blocks = page.get_by_role("slider", name="Blocks", exact=True)
    blocks.press("Home")
    expect(blocks).to_have_attribute("aria-valuetext", "1")


@pytest.mark.parametrize("rest", ["n99,k99,c7", "nNaN,k,cx", "", ",,,", "z1", "n0.5%00"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#unravelled-paths={rest}")
    works(page.locator("figure"))


def test_touch_targets_are_44_px_and_nothing_overflows_a_phone(chromium: Browser, address: str):
    fits_a_phone(chromium, f"{address}#unravelled-paths=n54,k20,c1")
