"""The chapter on gradient norms as a page: its explorable in a browser."""

import re

import pytest
from browser import settled
from figure_checks import figure_address, fits_a_phone, paths_of, with_and_without_scripts, works
from gradient_chapter import module, states
from playwright.sync_api import Browser, Page, expect

from utils.explorables import gradient_norms as make_figure

# The figure to touch


figure_page = figure_address(make_figure)


def test_script_and_python_say_and_draw_the_same_in_every_state(page: Page, figure_page: str):
    page.goto(figure_page)
    settled(page)
    data = module().packed()
    chosen = states(data)
    found = page.evaluate(
        """(states) => {
          const data = JSON.parse(document.querySelector('[data-part="data"]').textContent);
          const { describe, heatPaths, limits } = window.explorables.gradientNorms;
          return states.map((state) => {
            const family = state.kind === 'plain' ? 'plain' : 'resnet';
            const name = `${family}-${state.depth}_${data.forms[state.form]}`;
            const range = limits(data, state);
            const chosen = data.quantities[state.quantity];
            const paths = heatPaths(data, chosen, data.series[name] || null, range);
            return [describe(data, state), paths];
          });
        }""",
        chosen,
    )
    from utils.explorables import gradient_norms_picture as picture

    assert len(chosen) > 210
    for state, (words, paths) in zip(chosen, found, strict=True):
        assert words == module().finding(data, **state)
        quantity = state["quantity"]
        low, high = picture.limits(data, quantity, state["depth"], state["form"])
        series = picture.series_of(data, state["depth"], state["form"], state["kind"])
        expected = picture.heat_paths(data, quantity, series, low, high)
        for drawn, path in zip(paths, expected, strict=True):
            assert re.sub(r"[\d.]+", "", drawn) == re.sub(r"[\d.]+", "", path)
            numbers = [[float(n) for n in re.findall(r"[\d.]+", p)] for p in (drawn, path)]
            assert numbers[0] == pytest.approx(numbers[1], abs=0.011)


def test_script_leaves_the_opening_state_as_python_drew_it(chromium: Browser, figure_page: str):
    seen = []
    for page in with_and_without_scripts(chromium, figure_page):
        seen.append(page.locator("svg text").all_text_contents() + paths_of(page))
        seen[-1].append(page.locator(".ex-finding").text_content())
    assert seen[0] == seen[1]
    assert "gradients grow towards the input" in seen[0][-1]


def test_keyboard_and_address_reach_every_control(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=n0,d2,c1,t9")
    finding = page.locator(".ex-finding")
    expect(finding).to_have_text(
        re.compile(r"^In ResNet-20 \(batch normalisation, He\), .* at step 10\.")
    )
    page.get_by_role("combobox", name="Network and start").select_option("3")
    expect(finding).to_have_text(
        re.compile(r"^In ResNet-20 \(no normalisation, PyTorch default\), .* at step 10\.")
    )
    page.get_by_role("slider", name="Depth").press("ArrowRight")
    expect(finding).to_have_text(
        re.compile(r"^In ResNet-32 \(no normalisation, PyTorch default\), .* at the first")
    )
    expect(page.get_by_role("slider", name="Training step")).to_be_disabled()
    page.get_by_role("checkbox", name="Shortcut").press("Space")
    page.get_by_role("slider", name="Depth").press("End")
    expect(finding).to_have_text(
        re.compile(r"^In plain-110 \(no normalisation, PyTorch default\), .* at the first")
    )
    expect(finding).to_contain_text("every gradient is exactly zero")
    expect(page).to_have_url(re.compile(r"#gradient-norms=q0,n3,c0,d6,t0$"))
    page.get_by_role("combobox", name="Quantity").select_option("2")
    expect(finding).to_contain_text("The worst layer is layer 109 of 110, where 80.0 % are dead.")
    expect(page.get_by_role("img", name="Share of dead channels")).to_have_count(2)
    page.get_by_role("combobox", name="Quantity").select_option("1")
    expect(finding).to_contain_text("responses shrink towards the output")
    expect(page).to_have_url(re.compile(r"#gradient-norms=q1,n3,c0,d6,t0$"))


def test_every_control_is_reached_with_the_tabulator(page: Page, figure_page: str):
    page.goto(figure_page)
    keys = []
    for _ in range(5):
        page.keyboard.press("Tab")
        settled(page)
        keys.append(page.evaluate("document.activeElement.dataset.key"))
    assert keys == ["q", "n", "c", "d", "t"]


def test_an_address_restores_the_quantity(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=q2,n0,c1,d5,t22")
    expect(page.locator(".ex-finding")).to_contain_text("In ResNet-56 (batch normalisation, He), ")
    expect(page.locator(".ex-finding")).to_contain_text(
        "of the channels of an average layer are dead on this batch"
    )
    expect(page.locator("[data-part=profile-title]")).to_have_text("Share of dead channels")
    expect(page.locator("[data-part=heat-low]")).to_have_text("0 %")


def test_without_a_quantity_an_older_address_shows_gradients(page: Page, figure_page: str):
    page.goto(f"{figure_page}#gradient-norms=n0,d5,c0,t4")
    expect(page.locator(".ex-finding")).to_contain_text(
        "In plain-56 (batch normalisation, He), gradients are about equal in all blocks at step 5."
    )
    expect(page.locator("[data-part=profile-title]")).to_have_text("Gradient norm of each layer")


@pytest.mark.parametrize("rest", ["q9,n99,d99,c9,t99", "nx,d,cNaN,t-4", "", "n1.5"])
def test_a_broken_address_leaves_a_figure_that_works(page: Page, figure_page: str, rest: str):
    page.goto(f"{figure_page}#gradient-norms={rest}")
    works(page.locator("figure"))


def test_a_phone_holds_the_figure(chromium: Browser, figure_page: str):
    fits_a_phone(chromium, figure_page)
