"""Loss surfaces on the page: the explorable turns what is recorded."""

from __future__ import annotations

import re

import pytest
from browser import settled
from figure_checks import (
    figure_address,
    fits_a_phone,
    on_a_phone,
    paths_of,
    with_and_without_scripts,
    works,
)
from playwright.sync_api import Browser, Page, expect

from utils.chapters.loss_surfaces.recorded import recorded_pairs
from utils.explorables import loss_surface
from utils.explorables.loss_surface import KINDS, TILT, TURN, packed
from utils.explorables.loss_surface_picture import cells

PAIRS = recorded_pairs()


# The figure to touch


address = figure_address(loss_surface)


def numbers(outline: str) -> list[float]:
    return [float(value) for value in re.findall(r"-?\d+\.?\d*", outline)]


def test_script_and_python_draw_the_same_mesh(page: Page, address: str):
    page.goto(address)
    settled(page)
    states = [(0, 90), (30, 36), (141, 9), (357, 60)]
    data = packed()
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          const { cells } = window.explorables.lossSurface;
          return states.map(([t, e]) => cells(data, data.pairs[0].losses[1], { t, e }));
        }""",
        states,
    )
    for (turn, tilt), drawn in zip(states, found, strict=True):
        expected = cells(data["pairs"][0]["losses"][1], data, turn, tilt)
        assert [cell["colour"] for cell in drawn] == [colour for _, colour in expected]
        for cell, (outline, _) in zip(drawn, expected, strict=True):
            assert numbers(cell["outline"]) == pytest.approx(numbers(outline), abs=0.11)


def test_the_still_picture_needs_no_script_and_the_script_leaves_it_as_it_is(
    chromium: Browser, address: str
):
    texts, outlines = [], []
    for page in with_and_without_scripts(chromium, address):
        texts.append(page.locator("svg text").all_text_contents())
        texts[-1].append(page.locator(".ex-finding").text_content())
        outlines.append(paths_of(page, "[data-part=plain] .ex-mesh path"))
    assert texts[0] == texts[1]
    assert len(outlines[0]) == len(outlines[1]) == 400
    for one, other in zip(*outlines, strict=True):
        assert numbers(one) == pytest.approx(numbers(other), abs=0.11)


def test_the_finding_has_the_recorded_numbers_and_follows_the_choice(page: Page, address: str):
    page.goto(address)
    for number, (plain, residual) in enumerate(PAIRS):
        page.get_by_label("Networks").select_option(str(number))
        words = page.locator("#loss-surface-finding")
        expect(words).to_contain_text(f"Seed {plain.task.seeds[0]}.")
        expect(words).to_contain_text(f"bends down at {plain.bending():.0%} of the points")
        expect(words).to_contain_text(f"bends down at {residual.bending():.0%} of the points")
        expect(page.locator("[data-part=plain] [data-part=name]")).to_have_text(plain.task.model)


def test_keyboard_turns_and_the_address_keeps_the_state(page: Page, address: str):
    page.goto(address)
    settled(page)
    before = page.locator("[data-part=residual] .ex-mesh path").first.get_attribute("d")
    page.get_by_role("slider", name="Turn").press("ArrowRight")
    expect(page.locator("[data-output=t]")).to_have_text(f"{TURN + 3}°")
    page.get_by_role("slider", name="Tilt").press("End")
    expect(page.locator("[data-output=e]")).to_have_text("90°")
    assert page.locator("[data-part=residual] .ex-mesh path").first.get_attribute("d") != before
    expect(page).to_have_url(re.compile(rf"#loss-surface=p0,t{TURN + 3},e90$"))
    page.evaluate("location.hash = '#loss-surface=p0,t60,e45'")
    expect(page.locator("[data-output=t]")).to_have_text("60°")


@pytest.mark.parametrize("rest", ["p99,t999,e-5", "pNaN,t,ex", "", ",,,"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#loss-surface={rest}")
    works(page.locator("figure"))


def test_a_drag_turns_both_surfaces(page: Page, address: str):
    page.goto(address)
    settled(page)
    other = page.locator("[data-part=residual] .ex-mesh path").first
    before = other.get_attribute("d")
    page.locator("[data-part=plain]").scroll_into_view_if_needed()
    box = page.locator("[data-part=plain]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 20, steps=4)
    page.mouse.up()
    # 0.6 degrees a px, in steps of 3: 18 to the right, 12 down.
    expect(page.locator("[data-output=t]")).to_have_text(f"{TURN + 18}°")
    expect(page.locator("[data-output=e]")).to_have_text(f"{TILT + 12}°")
    assert other.get_attribute("d") != before


def test_it_fits_a_phone_and_a_vertical_swipe_scrolls(chromium: Browser, address: str):
    for tilt in (9, 36, 90):
        state = f"{address}#loss-surface=p0,t45,e{tilt}"
        fits_a_phone(chromium, state, marks="svg text, .ex-floor")
    with on_a_phone(chromium, address) as page:
        for kind in KINDS:
            expect(page.locator(f"svg[data-part={kind}]")).to_have_css("touch-action", "pan-y")
