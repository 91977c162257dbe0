"""Chromium as a printing press: it sets the pages, and a second pass fills in their numbers.

A browser knows on which page a place is only after it has printed. So the document is printed,
the numbers are read from the PDF and written into the document, until they are those of the print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from book.tools.pdf.files import Pdf, PrintError, with_titles
from book.tools.pdf.tags import with_tags
from utils.notebook.stills import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTH_PX, HEIGHT_PX = 627, 926
"""Of the text on a page, in CSS pixels: A4 without the margins of ``print.css``."""
MOST_PASSES = 5

FIT = """([width, height]) => {
    const tables = [...document.querySelectorAll(".bd-article table")];
    const rooms = tables.map((table) => table.parentElement.clientWidth);
    for (const size of [8.8, 8.2, 7.6, 7, 6.4]) {
        const wide = tables.filter((table, i) => table.offsetWidth > rooms[i]);
        for (const table of wide) {
            table.classList.add("print-narrow");
            table.style.fontSize = `${size}pt`;
        }
    }
    const long = ".bd-article :is(table, figure, .admonition, .q, .sd-card, .fc, .claim, pre)";
    const boxes = [...document.querySelectorAll(long)].map((box) => [box, box.offsetHeight]);
    for (const [box, tall] of boxes) {
        const share = box.matches("figure") ? 0.97 : box.matches(".q, .claim") ? 0.5 : 0.45;
        if (tall > height * share) box.classList.add("print-long");
        else if (box.tagName === "PRE" && tall < height * 0.15) box.classList.add("print-short");
    }
    for (const code of document.querySelectorAll(".bd-article pre"))
        if (code.textContent.split("\\n").some((line) => line.length > 92))
            code.style.fontSize = "7.4pt";
    const left = [];
    const shown = ".bd-article :is(table, figure, pre, div.math, img, svg)";
    for (const box of document.querySelectorAll(shown)) {
        const end = Math.round(box.getBoundingClientRect().right);
        const place = `${box.closest("[id]")?.id}: ${box.tagName}`;
        if (end > width + 2) left.push(`${place} ends at ${end} px`);
    }
    return left;
}"""
"""Shrinks the tables that are too wide, lets long things break, and names what still sticks out."""

FILL = """(pages) => [...document.querySelectorAll(".print-page[data-of]")].map((place) => {
    const number = pages[place.dataset.of];
    if (number !== undefined) place.textContent = String(number);
    return place.dataset.of;
})"""
"""Writes the numbers that are known, and gives the names of all places that are asked for."""


HEADINGS = """[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .map((one) => one.textContent.replace(/\\s+/g, " ").trim()).filter((text) => text)"""


@contextmanager
def press() -> Iterator[Browser]:
    """This machine's Chromium.

    Raises:
        PrintError: there is none, or nothing to drive it with; says what to do.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as problem:
        raise PrintError(
            "PDFs are printed with Chromium and Playwright: run make check once, which installs "
            "Playwright, or leave the PDFs out with --without-pdf"
        ) from problem
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as problem:
            raise PrintError(
                "PDFs are printed with Chromium, which this machine does not have: install it, run "
                "playwright install chromium, or leave the PDFs out with --without-pdf"
            ) from problem
        try:
            yield browser
        finally:
            browser.close()


def print_document(browser: Browser, path: Path) -> bytes:
    """The PDF of a document, with the right number wherever it names a page.

    Each pass opens the document anew: a page that Chromium prints again may break elsewhere,
    although nothing in it has changed.

    Raises:
        PrintError: something is wider than the page, or the numbers never settle.
    """
    numbers: dict[str, int] = {}
    for _ in range(MOST_PASSES):
        data, asked, titles = one_pass(browser, path, numbers)
        places = Pdf(data).places
        if lost := sorted(asked - places.keys()):
            raise PrintError(f"no page has the places {', '.join(lost[:5])}")
        now = {name: places[name] for name in asked}
        if now == numbers:
            return with_tags(with_titles(data, titles))
        numbers = now
    raise PrintError("the numbers of the pages do not settle")


def one_pass(
    browser: Browser, path: Path, numbers: Mapping[str, int]
) -> tuple[bytes, set[str], list[str]]:
    """Print once, with these numbers; gives the PDF, the places asked for, and the headings."""
    page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
    page.set_default_timeout(300_000)
    try:
        page.emulate_media(media="print", color_scheme="light", reduced_motion="reduce")
        page.goto(path.as_uri(), wait_until="load")
        page.evaluate("document.fonts.ready.then(() => true)")
        asked = set(page.evaluate(FILL, dict(numbers)))
        if cut := page.evaluate(FIT, [WIDTH_PX, HEIGHT_PX]):
            raise PrintError("wider than the page:\n" + "\n".join(cut[:20]))
        data = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        return data, asked, page.evaluate(HEADINGS)
    finally:
        page.close()
