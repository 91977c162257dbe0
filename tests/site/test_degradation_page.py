"""Depth and gap on the page: what the explorables of the chapter on degradation do."""

import re

import pytest
from figure_checks import figure_address, fits_a_phone, is_the_same_without_a_script, works
from playwright.sync_api import Browser, Page, expect

from utils.explorables import depth_gap
from utils.explorables.depth_gap import PLOT, finding, packed, states
from utils.explorables.error_plot import mean

# The figure to touch


address = figure_address(depth_gap)


def test_script_and_python_agree_in_every_state(page: Page, address: str):
    page.goto(address)
    data = packed()
    for budget, images, depth in states(data):
        page.evaluate(f"location.hash = '#depth-gap=b{budget},i{images},d{depth}'")
        expect(page.locator("#depth-gap-finding")).to_have_text(
            finding(data, budget, images, depth)
        )
        for kind, errors in zip(("plain", "resnet"), data["errors"][budget][images], strict=True):
            for part, drawn in (
                ("line", PLOT.line([mean(each) for each in errors])),
                ("dots", PLOT.dots(depth, errors[depth])),
            ):
                outline = page.locator(f"[data-part={kind}-{part}]").get_attribute("d")
                found, wanted = (
                    [float(value) for value in re.findall(r"\d+\.?\d*", text)]
                    for text in (outline, drawn)
                )
                assert found == pytest.approx(wanted, abs=0.11)


def test_the_still_picture_needs_no_script(chromium: Browser, address: str):
    is_the_same_without_a_script(chromium, address)


def test_keyboard_moves_the_depth_and_the_address_follows(page: Page, address: str):
    page.goto(address)
    page.get_by_label("Training").select_option("0")
    page.get_by_role("slider", name="Depth").press("End")
    expect(page.locator("[data-output=d]")).to_have_text("110 layers")
    expect(page).to_have_url(re.compile(r"#depth-gap=b0,i0,d6$"))


@pytest.mark.parametrize("rest", ["b9,i9,d99", "bNaN,i,dx", "", ",,,"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#depth-gap={rest}")
    works(page.locator("figure"))


def test_it_fits_a_phone(chromium: Browser, address: str):
    fits_a_phone(chromium, address)
