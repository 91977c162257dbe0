"""Colours beyond text: controls, curves and icons stand out, also where a reader forces colours."""

from __future__ import annotations

import barriers
import pytest
from browser import DESKTOP_LIGHT, View, becomes, settled, visit
from playwright.sync_api import Browser, Page, expect

PAGES = ("book/index.html", "book/playground.html", "book/cards.html", "book/claims.html",
         "book/practice.html", "search.html")  # fmt: skip
"""Each kind of control of the book is on one of these."""


@pytest.mark.parametrize("name", PAGES)
def test_controls_and_curves_stand_out_in_both_themes(chromium: Browser, home: str, name: str):
    with visit(chromium, home, name, DESKTOP_LIGHT) as seen:
        for scheme in ("light", "dark"):
            seen.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(seen.page.locator("html")).to_have_attribute("data-theme", scheme)
            settled(seen.page)
            assert seen.page.evaluate(barriers.FAINT) == []
            assert seen.page.evaluate(barriers.GRAPHIC) == []


@pytest.mark.parametrize(
    ("field", "is_faint"),
    [
        ('<input style="border: 1px solid #ddd; background: #fff">', True),
        ('<input style="border: 1px solid #777; background: #fff">', False),
        ('<button style="border: 0; color: #ccc; background: #fff">Pale</button>', True),
        ('<button style="border: 0; color: #555; background: #fff">Dark</button>', False),
    ],
)
def test_a_field_or_button_that_is_too_pale_is_found(page: Page, field: str, is_faint: bool):
    page.set_content(
        f'<!doctype html><html lang="en"><title>Pale</title><main class="bd-main">{field}'
    )
    settled(page)
    assert bool(page.evaluate(barriers.FAINT)) is is_faint


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["notebooks/03_degradation.html", "book/playground.html"])
def test_icons_and_strips_are_there_where_a_reader_forces_colours(
    chromium: Browser, home: str, name: str, scheme: str
):
    with visit(chromium, home, name, View(scheme, 1280, 900)) as seen:
        seen.page.emulate_media(color_scheme=scheme, forced_colors="active")
        settled(seen.page)
        assert seen.page.evaluate(barriers.LOST_ICONS) == []
        for scale in seen.page.locator(".play-scale").all():
            assert "gradient" in scale.evaluate("e => getComputedStyle(e).backgroundImage")


def test_an_icon_that_forced_colours_take_away_is_found(page: Page):
    page.emulate_media(forced_colors="active")
    page.set_content(
        '<!doctype html><html lang="en"><title>Icon</title><i style="display: block; width: 1em; '
        "height: 1em; background: #000; mask: url('data:image/svg+xml,<svg/>')\"></i>"
    )
    settled(page)
    assert len(page.evaluate(barriers.LOST_ICONS)) == 1


def test_no_strip_flashes_three_times_a_second_while_networks_train(chromium: Browser, home: str):
    with visit(chromium, home, "book/playground.html", DESKTOP_LIGHT) as seen:
        seen.page.locator(".play-go").click()
        expect(seen.page.locator(".play-cells i[style]").first).to_be_visible()
        watched = becomes(lambda: seen.page.evaluate(barriers.FLASHES, 2), lambda w: w[0] > 10)
    assert watched[1] <= 3


def test_a_cell_that_flashes_is_found(page: Page):
    page.set_content(
        '<!doctype html><html lang="en"><title>Flash</title><style>@keyframes flash { from { '
        "background: #000 } to { background: #777 } } .play-cells i { animation: flash 50ms "
        'steps(2, jump-none) infinite alternate }</style><p class="play-cells"><i>x</i></p>'
    )
    becomes(lambda: page.evaluate(barriers.FLASHES, 1)[1], lambda flashes: flashes > 3)
