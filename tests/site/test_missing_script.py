"""A page with any one of its scripts missing: its text is whole, and its formulas can be read.

Each script is kept from one page that asks for it, so a few pages stand for all.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html import unescape

import pytest
from browser import BUILD, html_pages, settled
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page, Route, expect
from resnet_book.pages.formulas import with_mathml

from utils.display.formulas import mathml

FIRST = ("notebooks/04_gradient_norms.html", "book/after.html", "book/claims.html")
"""Pages with most kinds of content, to be asked before others."""

SCRIPT = re.compile(r'<script\b[^>]*?\ssrc="([^"?]+)')

TEX = re.compile(r"\\[(\[]|\\[a-z]{2,}")

BLOCKS = """[...document.querySelectorAll(".bd-article :is(p, li, td, pre, h2, h3, figcaption)")]
    .filter((block) => block.checkVisibility()
        && !block.closest("[data-explorable], [data-timeline-legend], form, .play-without"))
    .map((block) => {
        const copy = block.cloneNode(true);
        copy.querySelectorAll(".math, button, svg, .q-notice").forEach((part) => part.remove());
        return copy.textContent.replace(/\\s+/g, " ").trim();
    })"""
"""The text of all that is visible, without formulas, controls, and the word that the playground
needs scripts, which is right only where it does not run."""

SHOWN = """[...document.querySelectorAll(".bd-article .math")]
    .filter((formula) => formula.checkVisibility())
    .map((formula) => [formula.innerText, formula.getBoundingClientRect().width])"""


def scripts(page: str) -> list[str]:
    """The files of the site that a page asks for as scripts."""
    found = SCRIPT.findall((BUILD / page).read_text(encoding="utf-8"))
    names = [(BUILD / page).parent.joinpath(src).resolve().relative_to(BUILD) for src in found]
    return [name.as_posix() for name in names]


@cache
def places() -> dict[str, str]:
    """Each script of the site with one page that asks for it."""
    pages = [page for page in html_pages() if page not in ("index.html", "404.html")]
    chosen: dict[str, str] = {}
    for page in sorted(pages, key=lambda page: page not in FIRST):
        for script in scripts(page):
            chosen.setdefault(script, page)
    return chosen


@pytest.fixture(scope="module")
def without_scripts(chromium: Browser, home: str):
    """Return a function that gives what a page shows to readers without scripts."""
    known: dict[str, set[str]] = {}

    def look(page: str) -> set[str]:
        if page not in known:
            with chromium.new_context(java_script_enabled=False) as context:
                seen = context.new_page()
                seen.goto(home + page, wait_until="load")
                expect(seen.locator("main h1:visible").first).to_be_visible()
                known[page] = set(seen.evaluate(BLOCKS))
        return known[page]

    return look


def missing(seen: Page, script: str) -> None:
    """Keep one script from a page."""

    def answer(route: Route) -> None:
        if route.request.url.partition("?")[0].endswith(script):
            route.abort()
        else:
            route.continue_()

    seen.route("**/*.js*", answer)


@pytest.mark.parametrize("script", sorted(places()))
def test_with_one_script_missing_text_is_whole_and_formulas_are_read(
    chromium: Browser, without_scripts, home: str, script: str
):
    page = places()[script]
    with chromium.new_context() as context:
        seen = context.new_page()
        missing(seen, script)
        seen.goto(home + page, wait_until="networkidle")
        settled(seen)
        shown = set(seen.evaluate(BLOCKS))
        formulas = seen.evaluate(SHOWN)
    assert {text for text in without_scripts(page) - shown if text} == set()
    assert [text for text, width in formulas if TEX.search(text) or width < 1] == []


@pytest.mark.parametrize("page", FIRST)
def test_formulas_are_read_without_any_script(chromium: Browser, home: str, page: str):
    with chromium.new_context(java_script_enabled=False) as context:
        seen = context.new_page()
        seen.goto(home + page, wait_until="load")
        expect(seen.locator("main h1:visible").first).to_be_visible()
        formulas = seen.evaluate(SHOWN)
    assert formulas
    assert [text for text, width in formulas if TEX.search(text) or width < 1] == []


@pytest.mark.parametrize("page", FIRST)
def test_formulas_are_drawn_with_the_font_that_the_pages_carry(
    chromium: Browser, home: str, page: str
):
    """Without a mathematical font a browser draws brackets and sums in the size of letters."""
    with chromium.new_context() as context:
        seen = context.new_page()
        seen.goto(home + page)
        settled(seen)
        loaded = "[...document.fonts].find((font) => font.family.includes('Math')).status"
        assert seen.evaluate(loaded) == "loaded"


def italic(letter: str) -> str:
    """The letter that a browser draws for a variable."""
    name = re.sub(r"(LATIN|GREEK|LETTER) ", "", unicodedata.name(letter))
    try:
        return unicodedata.lookup(f"MATHEMATICAL ITALIC {name}")
    except KeyError:  # h has a name of its own, and a script letter stays as it is
        return {"h": "\N{PLANCK CONSTANT}"}.get(letter, letter)


def test_every_sign_of_a_formula_is_in_the_font():
    font = set(map(chr, TTFont(BUILD / "_static/fonts/stix-two-math.woff").getBestCmap()))
    pages = "".join((BUILD / page).read_text(encoding="utf-8") for page in html_pages())
    formulas = " ".join(re.findall(r"<math.*?</math>", pages, re.DOTALL))
    variables = set(re.findall(r"<mi>([^\W\d_])</mi>", formulas))
    assert len(variables) > 30
    assert set(unescape(re.sub(r"<[^>]*>|\n", "", formulas))) - font == set()
    assert {letter for letter in variables if italic(letter) not in font} == set()


@pytest.mark.parametrize(
    ("tex", "form"),
    [
        (r"\(a &lt; b\)", '<math alttext="a &lt; b"><mi>a</mi><mo>&lt;</mo><mi>b</mi></math>'),
        (r"\(\tfrac12\)", "<mn>1</mn><mn>2</mn></mfrac>"),
        (r"\(\dots\)", "<mi>…</mi>"),
        (r"\(\dots\)", r'alttext="\dots"'),
    ],
)
def test_the_tex_of_a_formula_gives_way_to_mathml(tex, form):
    made = with_mathml(f'<span class="math notranslate nohighlight">{tex}</span>', "page")
    assert tex not in made and form in made


def test_a_sign_in_an_index_has_no_room_on_its_sides():
    made = mathml("x_{l+1} + y", block=False)
    assert re.findall("<mo.*?</mo>", made) == ['<mo lspace="0" rspace="0">+</mo>', "<mo>+</mo>"]


def test_a_numbered_formula_keeps_its_number_outside():
    number = '<span class="eqno">(1)<a class="headerlink" href="#e">#</a></span>'
    made = with_mathml(
        f'<div class="math notranslate nohighlight" id="e">\n{number}\\[x\\]</div>', "page"
    )
    assert number + '<math display="block" alttext="x">' in made
