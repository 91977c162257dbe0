"""The longest courses on the page: the explorable shows what is recorded."""

import re

import pytest
from figure_checks import figure_address, fits_a_phone, is_the_same_without_a_script, works
from playwright.sync_api import Browser, Page, expect

from utils.explorables import depth_curves
from utils.explorables.depth_curves import (
    at,
    band,
    finding,
    label_height,
    line,
    packed,
    plot,
    states,
)
from utils.record.experiments import HALF_SIZE

# The figure to touch


address = figure_address(depth_curves)


def numbers(text: str) -> list[float]:
    return [float(value) for value in re.findall(r"\d+\.?\d*", text)]


def test_script_and_python_agree_in_every_state(page: Page, address: str):
    page.goto(address)
    data = packed()
    for images, epoch in states(data):
        page.evaluate(f"location.hash = '#depth-curves=i{images},e{epoch}'")
        expect(page.locator("#depth-curves-finding")).to_have_text(finding(data, images, epoch))
        if epoch not in (1, 13):
            continue
        for kind, depths in enumerate(data["errors"][images]):
            now = page.locator(f"[data-part=now-{kind}]").get_attribute("d")
            x, _ = plot(data["epochs"]).place(epoch - 1, 0)
            assert numbers(now)[0] == pytest.approx(x, abs=0.11)
            for index, seeds in enumerate(depths):
                for part, attribute, drawn in (
                    ("line", "d", line(seeds)),
                    ("dots", "d", plot(data["epochs"]).dots(epoch - 1, at(seeds, epoch))),
                    ("band", "points", band(seeds)),
                    ("name", "y", str(label_height(data, images, kind, index))),
                ):
                    found = page.locator(f"[data-part={part}-{kind}-{index}]")
                    outline = found.get_attribute(attribute)
                    assert numbers(outline) == pytest.approx(numbers(drawn), abs=0.11), part


def test_the_still_picture_needs_no_script(chromium: Browser, address: str):
    is_the_same_without_a_script(chromium, address)


def test_keyboard_moves_the_epoch_and_the_address_follows(page: Page, address: str):
    page.goto(address)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-output=e]")).to_have_text(str(HALF_SIZE.epochs - 1))
    page.get_by_role("combobox").select_option("1")
    expect(page).to_have_url(re.compile(rf"#depth-curves=i1,e{HALF_SIZE.epochs - 1}$"))


@pytest.mark.parametrize("rest", ["i9,e99", "iNaN,e", "", ",,,", "i0,e0"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, address: str, rest: str):
    page.goto(f"{address}#depth-curves={rest}")
    works(page.locator("figure"))


def test_it_fits_a_phone(chromium: Browser, address: str):
    fits_a_phone(chromium, address)
