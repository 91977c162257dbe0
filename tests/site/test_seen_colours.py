"""Colours beyond text: controls, curves and icons stand out, also where a reader forces colours."""

from __future__ import annotations

import barriers
import pytest
from browser import DESKTOP_LIGHT, View, becomes, settled, visit
from drawn_text import PALE
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


DOTS = "data:image/svg+xml," + (
    "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'>"
    "<path d='M0 0h1v1H0z'/><path d='M1 0h1v1H1z' fill='white'/></svg>"
).replace("<", "%3C").replace(">", "%3E")
"""A black half and a white half."""
DRAWINGS = {
    "grey": ('<text fill="#999">grey</text>', True),
    "dark": ('<text fill="#666">dark</text>', False),
    "large": ('<text fill="#888" font-size="26">large</text>', False),
    "faint": ('<g opacity="0.5"><text>faint</text></g>', True),
    "on a bar": ('<rect x="-9" y="-30" width="99" height="60"/><text>bar</text>', True),
    "beside a bar": ('<rect x="60" y="-30" width="9" height="60"/><text>bar</text>', False),
    "under a clip": ('<clipPath id="c"><path d="M60 0h9v9z"/></clipPath><g clip-path="url(#c)">'
                     '<rect x="-9" y="-30" width="99" height="60"/></g><text>bar</text>', False),
    "on a thin line": ('<path d="M-9-5H99" stroke="#000"/><text>line</text>', False),
    "on a thick line": ('<path d="M-9-5H99" stroke="#000" stroke-width="30"/><text>line</text>',
                        True),
    "on a copy": ('<defs><path id="p" d="M-9-60H99v60H-9z"/></defs><use href="#p" y="30" '
                  'fill="#222"/><text>copy</text>', True),
    "on a pale copy": ('<defs><path id="p" d="M-9-60H99v60H-9z"/></defs><use href="#p" y="30" '
                       'fill="#222" fill-opacity="0.2"/><text>copy</text>', False),
    "halo": ('<rect x="-9" y="-30" width="99" height="60"/><text stroke="#fff" stroke-width="3">'
             'halo</text><text>halo</text>', False),
    "own halo": ('<rect x="-9" y="-30" width="99" height="60"/><text stroke="#fff" '
                 'stroke-width="3" paint-order="stroke">halo</text>', False),
    "on the black half": (f'<image href="{DOTS}" x="-10" y="-30" width="200" height="60" '
                          'preserveAspectRatio="none"/><text>half</text>', True),
    "on the white half": (f'<image href="{DOTS}" x="-10" y="-30" width="200" height="60" '
                          'preserveAspectRatio="none"/><text x="110">half</text>', False),
    "in a closed box": ("</g></svg><details><summary>More</summary><svg><g><text y='20' "
                        "fill='#999'>box</text></g></svg></details>", True),
}  # fmt: skip


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_pale_word_in_a_drawing_is_found(page: Page, kind: str):
    drawn, is_pale = DRAWINGS[kind]
    page.set_content(
        '<!doctype html><html lang="en"><title>Drawing</title><svg id="drawing" width="300" '
        f'height="80"><g transform="translate(20 40) scale(1.1)">{drawn}</g></svg>'
    )
    settled(page)
    assert bool(page.evaluate(PALE)) is is_pale


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
