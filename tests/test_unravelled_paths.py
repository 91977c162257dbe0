"""Paths through a residual network: counted by hand, and the same in the figure to touch."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from browser import notebook_file, settled
from playwright.sync_api import Browser, Page, expect
from scipy.stats import binom

from utils.explorables import unravelled_paths
from utils.explorables.unravelled_paths import MAX_DELETED
from utils.miniatures.unravelled import (
    MAX_BLOCKS,
    count_paths,
    deleted_blocks,
    length_shares,
    list_paths,
    share_between,
    surviving_share,
    usual_lengths,
)
from utils.models.networks import cifar_architecture

STATES = [
    (n, k, c)
    for n, k, c in product(range(1, MAX_BLOCKS + 1), range(MAX_DELETED + 1), (True, False))
    if k <= n
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a page that holds the figure as a notebook shows it."""
    return notebook_file(tmp_path_factory, unravelled_paths()._repr_html_())


def finding(page: Page):
    return page.locator("#unravelled-paths-finding")


def test_three_blocks_have_the_eight_paths_of_veits_figure():
    assert list_paths(3) == [(), (1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)]
    assert count_paths(3) == 8
    assert length_shares(3) == [1 / 8, 3 / 8, 3 / 8, 1 / 8]


@pytest.mark.parametrize("blocks", [1, 2, 7, 12])
def test_listed_paths_have_the_counted_lengths(blocks):
    lengths = [len(path) for path in list_paths(blocks)]
    assert length_shares(blocks) == [lengths.count(k) / 2**blocks for k in range(blocks + 1)]


@pytest.mark.parametrize("blocks", [1, 9, 27, 54])
def test_lengths_follow_scipys_binomial_distribution(blocks):
    expected = binom(blocks, 0.5).pmf(np.arange(blocks + 1))
    np.testing.assert_allclose(length_shares(blocks), expected, rtol=1e-10)


def test_of_54_blocks_98_percent_of_the_paths_go_through_19_to_35():
    assert usual_lengths(54) == (19, 35)
    expected = binom(54, 0.5).cdf(35) - binom(54, 0.5).cdf(18)
    assert share_between(54, 19, 35) == pytest.approx(expected)
    assert round(100 * share_between(54, 19, 35), 1) == 98.0
    assert round(100 * share_between(54, 5, 17), 2) == 0.45


def test_each_deletion_halves_the_paths_and_cuts_a_plain_chain():
    assert [surviving_share(5, k) for k in range(4)] == [1, 1 / 2, 1 / 4, 1 / 8]
    assert [surviving_share(5, k, shortcuts=False) for k in range(3)] == [1, 0, 0]
    alive = [path for path in list_paths(5) if not set(path) & {2, 4}]
    assert len(alive) / 32 == surviving_share(5, 2)


def test_deleted_blocks_are_spread_and_never_repeat():
    assert deleted_blocks(6, 2) == [1, 4]
    for blocks, deleted, _ in STATES:
        chosen = deleted_blocks(blocks, deleted)
        assert len(set(chosen)) == deleted
        assert set(chosen) <= set(range(blocks))


def test_impossible_questions_say_what_is_wrong():
    with pytest.raises(ValueError, match="cannot delete 4 of 3"):
        surviving_share(3, 4)
    with pytest.raises(ValueError, match="length_shares"):
        list_paths(30)
    with pytest.raises(ValueError, match="-1 blocks"):
        count_paths(-1)


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


def test_script_leaves_the_opening_state_as_python_drew_it(chromium: Browser, address: str):
    texts, shapes = [], []
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        opened = context.new_page()
        opened.goto(address)
        expect(opened.locator(".ex-controls")).to_be_visible(visible=scripts)
        texts.append(opened.locator("svg text").all_text_contents())
        texts[-1].append(finding(opened).text_content())
        shapes.append(
            [
                [float(number) for number in re.findall(r"-?\d+\.?\d*", d)]
                for d in opened.locator("svg path").evaluate_all(
                    "(paths) => paths.map((path) => path.getAttribute('d'))"
                )
            ]
        )
        context.close()
    assert texts[0] == texts[1]
    assert texts[0][-1].startswith("54 blocks with shortcuts, 1 deleted: ")
    for scripted, still in zip(*shapes, strict=True):
        assert scripted == pytest.approx(still, abs=0.011)


def test_words_follow_the_state(page: Page, address: str):
    page.goto(f"{address}#unravelled-paths=n3,k1,c1")
    expect(finding(page)).to_have_text(
        "3 blocks with shortcuts, 1 deleted: 4 of 8 paths are left (50 %). Of these, all go "
        "through 0 to 2 blocks. Without shortcuts, no path would be left."
    )
    page.evaluate("location.hash = '#unravelled-paths=n54,k0,c1'")
    expect(finding(page)).to_contain_text("98.0 % go through 19 to 35 blocks")
    page.evaluate("location.hash = '#unravelled-paths=n54,k1,c0'")
    expect(finding(page)).to_contain_text("the only path is cut, no path is left")
    page.evaluate("location.hash = '#unravelled-paths=n4,k20,c1'")
    expect(finding(page)).to_contain_text("all deleted: one path is left of 16 (6.25 %)")
    expect(page.locator("[data-output=k]")).to_have_text("all 4")
    page.evaluate("location.hash = '#unravelled-paths=n9,k0,c0'")
    expect(finding(page)).to_contain_text("one path, and it goes through every block")


def test_number_of_drawn_blocks_is_the_number_said(page: Page, address: str):
    count = "(path) => (path.getAttribute('d').match(/M/g) || []).length"
    page.goto(f"{address}#unravelled-paths=n17,k5,c1")
    expect(finding(page)).to_contain_text("17 blocks with shortcuts, 5 deleted")
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
    expect(finding(page)).to_contain_text("53 blocks with shortcuts, 1 deleted")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(finding(page)).to_contain_text("only one goes through every block")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(finding(page)).to_contain_text("53 blocks without shortcuts")
    expect(page).to_have_url(re.compile(r"#unravelled-paths=n53,k0,c0$"))


def test_controls_have_names_and_values_for_screen_readers(page: Page, address: str):
    page.goto(address)
    expect(page.get_by_role("slider", name="Deleted blocks")).to_have_attribute(
        "aria-valuetext", "1"
    )
    blocks = page.get_by_role("slider", name="Blocks", exact=True)
    blocks.press("Home")
    expect(blocks).to_have_attribute("aria-valuetext", "1")


@pytest.mark.parametrize("rest", ["n99,k99,c7", "nNaN,k,cx", "", ",,,", "z1", "n0.5%00"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#unravelled-paths={rest}")
    expect(page.locator(".ex-controls")).to_be_visible()
    assert "NaN" not in page.locator(".explorable").inner_text()


def test_without_script_picture_and_caption_stand_and_controls_are_hidden(
    chromium: Browser, address: str
):
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address)
    expect(opened.locator("svg").first).to_be_visible()
    expect(opened.locator("figcaption")).to_contain_text("Arithmetic, no network")
    for control in opened.locator("input").all():
        expect(control).to_be_hidden()
    context.close()


def test_touch_targets_are_44_px_and_nothing_overflows_a_phone(chromium: Browser, address: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    opened = context.new_page()
    opened.goto(f"{address}#unravelled-paths=n54,k20,c1")
    settled(opened)
    for target in opened.locator("input[type=range], .ex-check label").all():
        assert target.bounding_box()["height"] >= 44
    edge = opened.locator(".explorable").bounding_box()
    for text in opened.locator("svg text").all():
        box = text.bounding_box()
        assert box["x"] >= edge["x"]
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]
    context.close()


@pytest.mark.parametrize("blocks", range(8))
def test_shares_of_paths_hold_from_no_block_to_all(blocks):
    shares = length_shares(blocks)
    assert sum(shares) == share_between(blocks, 0, blocks) == share_between(blocks, -3, 99) == 1
    for length, share in enumerate(shares):
        assert share_between(blocks, length, length) == share
        assert share_between(blocks, -1, length) == pytest.approx(sum(shares[: length + 1]))
    assert share_between(blocks, blocks + 1, 99) == share_between(blocks, 2, 1) == 0


def test_usual_lengths_stay_within_the_chain():
    # n / 2 and sqrt(n) by hand: 0, 0.5 and 1, 1 and 1.41, 2 and 2, 2.5 and 2.24, 8 and 4.
    expected = {0: (0, 0), 1: (0, 1), 2: (0, 2), 4: (0, 4), 5: (0, 5), 16: (4, 12)}
    assert {blocks: usual_lengths(blocks) for blocks in expected} == expected


def test_no_block_or_every_block_may_be_deleted():
    assert [surviving_share(3, k) for k in (0, 3)] == [1, 1 / 8]
    assert [surviving_share(3, k, shortcuts=False) for k in (0, 3)] == [1, 0]
    assert surviving_share(0, 0) == surviving_share(0, 0, shortcuts=False) == 1
    assert deleted_blocks(3, 3) == [0, 1, 2] and deleted_blocks(3, 0) == []
    with pytest.raises(ValueError, match="cannot delete -1 of 3 blocks"):
        surviving_share(3, -1)
    assert (count_paths(0), count_paths(3), count_paths(3, shortcuts=False)) == (1, 8, 1)
    assert len(list_paths(12)) == 4096 and list_paths(0) == [()]
    with pytest.raises(ValueError, match=r"13 blocks have 8,192 paths"):
        list_paths(13)


def test_the_most_blocks_are_those_of_the_papers_deepest_table_entry():
    assert sum(cifar_architecture(110).blocks) == MAX_BLOCKS
