"""Every page at 400 %, a window of 320 by 256 pixels: nothing is lost, cut off or too small.

One visit a page also reads what holds at any size: headings, links, names, tables, what moves.
"""

from __future__ import annotations

from collections.abc import Callable

import barriers
import pytest
from browser import View, html_pages, settled, visit
from playwright.sync_api import Browser, Page

ZOOMED = View("light", 320, 256)
"""A window of 1280 by 1024 pixels at 400 %."""
BARE = "404.html"
READ_PAGES = [page for page in html_pages() if page != "index.html"]
"""Pages that stay open: the one at the root forwards to the start page at once."""

on_every_page = pytest.mark.parametrize("page_name", READ_PAGES)

READ = {
    "wider": barriers.WIDER, "small": barriers.TARGETS, "vague": barriers.VAGUE,
    "headings": barriers.HEADINGS, "misnamed": barriers.MISNAMED, "silent": barriers.SILENT,
    "media": barriers.MEDIA, "personal": barriers.PERSONAL, "headless": barriers.HEADLESS,
    "raster": barriers.RASTER, "endless": barriers.ENDLESS, "ordered": barriers.ORDERED,
    "same": barriers.SAME, "locked": barriers.LOCKED, "title": "document.title",
}  # fmt: skip
"""What is read of each page, as one script: a page is asked once."""

SPACED = {"wider": barriers.WIDER, "cut": barriers.CUT}
"""What is read again of a page whose text is set wider. What is cut off is read only then: it takes
as long as all the rest, and what is cut off in narrow text is cut off in wide text too."""


def together(scripts: dict[str, str]) -> str:
    """Several scripts as one."""
    return f"({{ {', '.join(f'{name}: {script}' for name, script in scripts.items())} }})"


@pytest.fixture(scope="module")
def zoomed(chromium: Browser, home: str) -> Callable[[str], dict]:
    """Return a function that visits a page once and remembers what it saw."""
    known: dict[str, dict] = {}

    def look(name: str) -> dict:
        if name not in known:
            with visit(chromium, home, name, ZOOMED) as seen:
                known[name] = seen.page.evaluate(together(READ))
                seen.page.evaluate(barriers.SPACED)
                settled(seen.page)
                known[name]["spaced"] = seen.page.evaluate(together(SPACED))
        return known[name]

    return look


@on_every_page
def test_at_400_per_cent_a_page_scrolls_in_one_direction(zoomed, page_name: str):
    assert zoomed(page_name)["wider"] <= 0


@on_every_page
def test_text_that_readers_set_wider_is_neither_cut_off_nor_wider_than_the_page(
    zoomed, page_name: str
):
    assert zoomed(page_name)["spaced"] == {"wider": 0, "cut": []}


@on_every_page
def test_each_target_has_24_pixels_or_room_around_it(zoomed, page_name: str):
    assert zoomed(page_name)["small"] == []


@on_every_page
def test_headings_leave_no_level_out(zoomed, page_name: str):
    assert zoomed(page_name)["headings"] == []


@on_every_page
def test_the_words_of_a_link_say_where_it_leads(zoomed, page_name: str):
    assert zoomed(page_name)["vague"] == []


@on_every_page
def test_a_name_holds_the_words_in_sight(zoomed, page_name: str):
    assert zoomed(page_name)["misnamed"] == []


@on_every_page
def test_what_answers_a_reader_has_a_place_that_is_spoken(zoomed, page_name: str):
    assert zoomed(page_name)["silent"] == []


@on_every_page
def test_a_table_has_heading_cells(zoomed, page_name: str):
    assert zoomed(page_name)["headless"] == []


@on_every_page
def test_a_page_has_neither_sound_nor_film_nor_a_foreign_frame(zoomed, page_name: str):
    assert zoomed(page_name)["media"] == []


@on_every_page
def test_no_page_shows_text_as_pixels(zoomed, page_name: str):
    assert zoomed(page_name)["raster"] == []


@on_every_page
def test_no_field_asks_who_the_reader_is(zoomed, page_name: str):
    assert zoomed(page_name)["personal"] == []


@on_every_page
def test_nothing_moves_by_itself_for_five_seconds(zoomed, page_name: str):
    assert zoomed(page_name)["endless"] == []


@on_every_page
def test_the_focus_follows_the_order_of_the_page(zoomed, page_name: str):
    assert zoomed(page_name)["ordered"] == 0


@on_every_page
def test_no_style_asks_how_the_screen_is_held(zoomed, page_name: str):
    assert zoomed(page_name)["locked"] == 0


def test_each_page_has_a_title_of_its_own(zoomed):
    titles = [zoomed(page)["title"] for page in READ_PAGES]
    assert len(set(titles)) == len(titles)
    assert all("ResNet, Measured" in title for title in titles)


def test_sidebar_and_foot_have_the_same_links_in_the_same_order_on_all_pages(zoomed):
    def links(page: str, where: str) -> list[str]:
        """The addresses without the page's own, which is "#" there."""
        return [text.rpartition(" ")[0] for text in zoomed(page)["same"][where]]

    pages = [page for page in READ_PAGES if page != BARE]
    for where in ("sidebar", "foot"):
        first = links(pages[0], where)
        assert len(first) > 2
        assert [page for page in pages if links(page, where) != first] == []


FAULTS = {
    "cut": '<div style="width: 60px; overflow: hidden; white-space: nowrap">long words here</div>',
    "small": '<button style="width: 15px; height: 15px; padding: 0">a</button>'
             '<button style="width: 15px; height: 15px; padding: 0">b</button>',
    "vague": '<main><a href="x">here</a></main>',
    "headings": "<main><h1>One</h1><h3>Three</h3></main>",
    "misnamed": '<button aria-label="Close">Open</button>',
    "silent": '<form class="q"><button>Answer</button></form>',
    "media": "<video></video>",
    "personal": '<input autocomplete="name">',
    "headless": "<main><table><tr><td>1<tr><td>2</table></main>",
    "raster": '<main><img src="a.png" alt="A word"></main>',
    "ordered": '<p tabindex="2">First.</p>',
    "wider": '<div style="width: 2000px">wide</div>',
    "locked": "<style>@media (orientation: portrait) { p { color: red } }</style>",
    "endless": "<style>@keyframes turn { to { rotate: 1turn } } p { animation: turn 1s infinite }"
               "</style><p>Turns.</p>",
}  # fmt: skip


RESTLESS = {
    "fades": ("p { transition: color 0.2s }", "<p>Fades.</p>"),
    "moves": ("@keyframes in { from { opacity: 0 } } p { animation: in 20s }", "<p>Moves.</p>"),
    "moves ::before": ("@keyframes in { from { opacity: 0 } } "
                       "p::before { content: 'a'; animation: in 20s }", "<p>Moves.</p>"),
    "glides": ("html { scroll-behavior: smooth }", "<p>Glides.</p>"),
    "runs": ("", "<script>document.body.animate({ opacity: [0, 1] }, 9e5)</script>"),
    "moves by itself": ("", "<svg><rect><animate attributeName='x' to='9' dur='9s'/></rect></svg>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", RESTLESS)
def test_what_still_moves_for_those_who_want_less_motion_is_found(page: Page, kind: str):
    style, body = RESTLESS[kind]
    page.set_content(
        f'<!doctype html><html lang="en"><title>Restless</title><style>{style}</style><body>{body}'
    )
    settled(page)
    found = page.evaluate(barriers.MOVING)
    assert any(fault.startswith(kind) for fault in found)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_planted_fault_is_found(page: Page, kind: str):
    page.set_content(f'<!doctype html><html lang="en"><title>Faults</title>{FAULTS[kind]}')
    settled(page)
    assert page.evaluate({**READ, **SPACED}[kind])
