"""The block builder on a page: its script agrees with Python for blocks of any sizes."""

from __future__ import annotations

import re

import pytest
from block_specs import random_specs
from browser import settled, stays
from figure_checks import figure_address, fits_a_phone, with_and_without_scripts
from playwright.sync_api import Browser, Page, expect

from utils.explorables import block_builder
from utils.miniatures.bottleneck import BlockSpec, describe

address = figure_address(block_builder)


def finding(page: Page):
    return page.locator("#block-builder-finding")


def test_script_and_python_say_the_same_of_a_thousand_blocks(page: Page, address: str):
    page.goto(address)
    settled(page)
    specs = random_specs(1000, seed=4)
    found = page.evaluate(
        """(specs) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          return specs.map((sizes) => window.explorables.blockBuilder.describe(data, sizes));
        }""",
        [spec.sizes for spec in specs],
    )
    assert len(set(specs)) >= 500
    assert [describe(spec) for spec in specs] == found
    assert {words["state"] for words in found} == {"fits", "plain", "error"}


def test_opening_state_is_as_python_drew_it_and_stands_without_script(
    chromium: Browser, address: str
):
    texts, controls = [], []
    words = "one image of 56 × 56 positions"
    for page in with_and_without_scripts(chromium, address, caption=words):
        parts = page.locator("svg text, td, pre, .ex-sees, .ex-finding")
        texts.append(parts.all_text_contents())
        controls.append(page.locator("select:visible").count())
        expect(page.locator("svg")).to_be_visible()
    assert texts[0] == texts[1]
    assert controls == [6, 0]


def test_keyboard_breaks_the_block_and_repairs_it_and_the_address_follows(page: Page, address: str):
    page.goto(address)
    page.get_by_role("combobox", name="Stride").focus()
    page.keyboard.press("ArrowDown")
    expect(finding(page)).to_contain_text("tensor a (28) must match the size of tensor b (56)")
    expect(page.locator("[data-part=sign]")).to_have_text("≠")
    page.get_by_role("combobox", name="Shortcut").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(finding(page)).to_contain_text("It fits")
    expect(page.locator("[data-part=sign]")).to_have_text("+")
    expect(page).to_have_url(re.compile(r"#block-builder=i256,o256,s2,w64,g1,c3$"))


def test_address_restores_the_state_and_ignores_what_is_no_choice(page: Page, address: str):
    page.goto(f"{address}#block-builder=i64,o256,s1,w128,g32,c3")
    expect(finding(page)).to_have_text(describe(BlockSpec(64, 256, 1, 128, 32, 3))["finding"])
    page.evaluate("location.hash = '#block-builder=i7,o999,sNaN,w128,g32,c9'")
    stays(page, finding(page).text_content, describe(BlockSpec(64, 256, 1, 128, 32, 3))["finding"])


def test_screen_readers_hear_names_and_the_finding(page: Page, address: str):
    page.goto(address)
    for name in ("Channels in", "Channels out", "Stride", "Width of the 3×3", "Groups", "Shortcut"):
        expect(page.get_by_role("combobox", name=name, exact=True)).to_have_count(1)
    expect(finding(page)).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("img")).to_have_attribute("aria-describedby", "block-builder-finding")


def test_touch_targets_are_44_px_and_nothing_overflows_a_phone(chromium: Browser, address: str):
    state = f"{address}#block-builder=i2048,o2048,s2,w512,g64,c4"
    fits_a_phone(chromium, state, marks="svg text:visible, td:visible")


MOVING = """(figure) => [figure, ...figure.querySelectorAll('*')].filter((node) => {
  const style = getComputedStyle(node);
  const times = `${style.transitionDuration},${style.animationDuration}`.split(',');
  return times.some((time) => parseFloat(time) > 0);
}).map((node) => node.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_only_the_shortcut_fades_and_not_where_motion_is_unwanted(
    page: Page, address: str, motion: str
):
    page.emulate_media(reduced_motion=motion)
    page.goto(address)
    settled(page)
    calm = motion == "reduce"
    moving = page.locator("figure").evaluate(MOVING)
    assert len(moving) == (0 if calm else 1)
    assert all('data-part="shortcut"' in node for node in moving)
    # Choose, and look in the same task: a fade would still be under way.
    running, opacity = page.evaluate(
        """() => {
          const shortcut = document.querySelector('select[data-key="c"]');
          shortcut.value = '0';
          for (const name of ['input', 'change']) {
            shortcut.dispatchEvent(new Event(name, { bubbles: true }));
          }
          const drawn = document.querySelector('[data-part="shortcut"]');
          const opacity = getComputedStyle(drawn).opacity;
          return [document.getAnimations().length, opacity];
        }"""
    )
    assert running == (0 if calm else 1)
    assert opacity == ("0" if calm else "1")
    expect(page.locator("[data-part=shortcut]")).to_have_css("opacity", "0")


def test_with_motion_unwanted_every_control_acts_at_once(page: Page, address: str):
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    settled(page)
    # The spoken finding waits until the reader has stopped choosing; what is seen does not.
    shown = "[...document.querySelectorAll('svg, table, pre')].map((node) => node.outerHTML)"
    for key, value in {"s": "2", "i": "64", "o": "128", "w": "128", "g": "32", "c": "3"}.items():
        before = page.evaluate(shown)
        running = page.evaluate(
            """([key, value]) => {
              const control = document.querySelector(`select[data-key="${key}"]`);
              control.value = value;
              for (const name of ['input', 'change']) {
                control.dispatchEvent(new Event(name, { bubbles: true }));
              }
              return document.getAnimations().length;
            }""",
            [key, value],
        )
        after = page.evaluate(shown)
        assert running == 0
        assert after != before
        stays(page, lambda: page.evaluate(shown), after, seconds=0.3)
