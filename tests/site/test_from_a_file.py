"""Each page opened from a file and printed in the dark: nothing is refused, lost or too pale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import barriers
import pytest
from browser import BUILD, DECKS, faults_of, html_pages, settled
from playwright.sync_api import Browser, Page, expect
from printed import Printed, contrast

READ_PAGES = [page for page in html_pages() if page != "index.html"]
"""Pages that stay open: the one at the root forwards to the start page at once."""

on_every_page = pytest.mark.parametrize("page", READ_PAGES)

FONT = "document.fonts.ready.then(() => document.fonts.check('1rem \"Source Sans 3\"'))"

FOLDED = """[...document.querySelectorAll(".bd-article :is(details, .admonition.toggle)")]
    .filter((box) => {
        while (box && getComputedStyle(box).display !== "none") box = box.parentElement;
        return !box;
    })
    .flatMap((box) => {
        const found = [];
        const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const inside = walker.currentNode.parentElement;
            if (!inside.closest(`.math, button, option, script, svg, [hidden], .keep,
                .q-notice`))
                found.push(walker.currentNode.textContent.replace(/\\s/g, ""));
        }
        return found;
    })
    .filter((text) => text.length > 15)"""
"""The pieces of text that stand in something that can be closed, without blanks. The solutions of
an exam that is not over are not among them: they are not there yet."""

COLOURS = """[...document.body.querySelectorAll("*")].map((element) => {
    if (!element.checkVisibility()) return "";
    const style = getComputedStyle(element);
    return [element.tagName, element.className, style.color, style.fill, style.stroke,
            style.backgroundColor, style.borderLeftColor, style.borderBottomColor].join(" ");
})"""
LIGHT = "document.documentElement.dataset.theme = 'light'"


@dataclass
class Opened:
    """What one visit and one print of a page showed."""

    refused: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    has_font: bool = False
    folded: list[str] = field(default_factory=list)
    theme: str = ""
    differing: list[tuple[str, str]] = field(default_factory=list)
    printed: Printed | None = None


def look(browser: Browser, page: str) -> Opened:
    """Visit a page as a file in the dark, and print it with all that is painted on it.

    The system asks for less motion, so that nothing is printed before its fade has ended.
    """
    opened = Opened()
    with browser.new_context(color_scheme="dark", reduced_motion="reduce") as context:
        seen = context.new_page()
        opened.refused = faults_of(seen)
        seen.goto((BUILD / page).as_uri(), wait_until="networkidle")
        settled(seen)
        opened.has_font = seen.evaluate(FONT)
        opened.theme = seen.evaluate("document.documentElement.dataset.theme ?? ''")
        opened.moving = seen.evaluate(barriers.MOVING)
        opened.printed = Printed(seen.pdf(print_background=True))
        opened.folded = seen.evaluate(FOLDED)  # after it: for the printer, a page unfolds all
        seen.emulate_media(media="print", color_scheme="dark", reduced_motion="reduce")
        settled(seen)
        dark = seen.evaluate(COLOURS)
        seen.evaluate(LIGHT)
        settled(seen)
        light = seen.evaluate(COLOURS)
        pairs = zip(dark, light, strict=True)
        opened.differing = [pair for pair in pairs if len(set(pair)) > 1]
    return opened


@pytest.fixture(scope="module")
def opened(chromium: Browser, home: str) -> Callable[[str], Opened]:
    """Return a function that opens and prints a page once."""
    known: dict[str, Opened] = {}

    def once(page: str) -> Opened:
        if page not in known:
            known[page] = look(chromium, page)
        return known[page]

    return once


@on_every_page
def test_a_page_from_a_file_asks_for_nothing_that_is_refused(opened, page):
    assert opened(page).refused == []
    assert opened(page).has_font or page == "404.html"


@on_every_page
def test_nothing_fades_slides_or_glides_for_those_who_want_less_motion(opened, page):
    assert opened(page).moving == []


@on_every_page
def test_printed_in_the_dark_every_text_can_be_read(opened, page):
    runs = opened(page).printed.runs
    assert runs and opened(page).theme in ("dark", "")
    assert [run for run in runs if run.contrast < run.needed] == []


@pytest.mark.parametrize("deck", DECKS)
def test_slides_and_notes_printed_in_the_dark_can_be_read(chromium: Browser, deck: str):
    with chromium.new_context(color_scheme="dark", reduced_motion="reduce") as context:
        seen = context.new_page()
        seen.goto(f"{(BUILD / deck).as_uri()}?print=notes")
        expect(seen.locator("html")).to_have_attribute("data-ready", "paged")
        settled(seen)
        runs = Printed(seen.pdf(prefer_css_page_size=True, print_background=True)).runs
    assert runs
    assert [run for run in runs if run.contrast < run.needed] == []


@on_every_page
def test_a_print_has_the_same_colours_in_both_themes(opened, page):
    assert opened(page).differing == []


def stands_in(text: str, paper: str) -> bool:
    """Whether a text was printed, in one piece or with the end of a page in it."""
    parts = range(1, len(text))
    return text in paper or any(text[:n] in paper and text[n:] in paper for n in parts)


@on_every_page
def test_what_is_folded_on_the_page_stands_open_on_paper(opened, page):
    paper = opened(page).printed.text
    assert [text for text in opened(page).folded if not stands_in(text, paper)] == []


def test_something_is_folded(opened):
    assert len(opened("notebooks/05_bottleneck.html").folded) > 50


def test_the_text_font_is_asked_for_early_from_a_server(chromium: Browser, home: str):
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.goto(home + "book/how_to_use.html")
        settled(seen)
        preload = seen.locator('head link[rel="preload"][as="font"]')
        address = preload.evaluate("(link) => link.href")
        assert address.startswith(f"{home}_static/fonts/source-sans-3")
        assert preload.evaluate("(link) => link.crossOrigin") == "anonymous"


DRAWN = """<!doctype html><style>p { margin: 1rem; } div { position: relative; }</style>
<p style="color: #777">grey</p>
<p style="color: #fff; background: #000">inverse</p>
<p style="color: #000; opacity: 0.4">faint</p>
<p style="color: #949494; font-size: 30px">large</p>
<svg width="300" height="60"><rect width="300" height="60" fill="#0072b2" />
  <circle cx="250" cy="30" r="25" fill="#fff" />
  <text x="5" y="35" fill="#003">drawn</text>
  <text x="238" y="35" fill="#003">round</text>
  <text x="80" y="35" fill="#fff" stroke="#fff" stroke-width="4">halo</text>
  <text x="80" y="35" fill="#000">halo</text></svg>
<svg width="80" height="40"><image width="80" height="40" preserveAspectRatio="none" href="PICTURE"
  /><text x="5" y="25" fill="#fff">left</text><text x="45" y="25" fill="#fff">right</text></svg>"""
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR42mNgYGD4"
    "//8/AAYBAv67yYXpAAAAAElFTkSuQmCC"
)
"""Two pixels, black and white."""


def test_the_reader_of_prints_knows_text_and_what_lies_under_it(page: Page):
    page.set_content(DRAWN.replace("PICTURE", PICTURE))
    settled(page)
    runs = {run.text.strip(): run for run in Printed(page.pdf(print_background=True)).runs}
    assert runs["grey"].contrast == pytest.approx(4.48, abs=0.02)
    assert runs["inverse"].contrast == pytest.approx(21)
    assert runs["faint"].colour == pytest.approx((0.6, 0.6, 0.6), abs=0.01)
    assert runs["large"].needed == 3 and runs["grey"].needed == 4.5
    assert runs["drawn"].ground == pytest.approx((0, 0x72 / 255, 0xB2 / 255), abs=0.01)
    assert runs["round"].ground == (1, 1, 1)
    assert runs["halo"].colour == (0, 0, 0)
    assert runs["left"].ground == (0, 0, 0) and runs["right"].ground == (1, 1, 1)


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast((1, 0, 0), (1, 1, 1)) == pytest.approx(4.0, abs=0.01)
